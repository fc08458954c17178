//! The published list of reasons: one a defect.

super::names! {
    /// The finer name of a defect, where a [`Code`](super::Code) covers several.
    Reason {
        /// The command line could not be understood.
        Usage = "USAGE",
        /// A question cannot be asked without a terminal.
        NoTerminal = "NO_TERMINAL",
        /// Several requests were named, and no directory for their signed zips.
        OutDirNeeded = "OUT_DIR_NEEDED",
        /// The command belongs to the reference's program.
        CommandOfNvflare = "COMMAND_OF_NVFLARE",
        /// A certificate would last beyond the year 9999.
        ValidDays = "VALID_DAYS",
        /// A file that was named does not exist.
        FileNotFound = "FILE_NOT_FOUND",
        /// A file exists but cannot be read.
        FileUnreadable = "FILE_UNREADABLE",
        /// A path is a symbolic link, a directory or a device where a plain file is expected.
        NotAPlainFile = "NOT_A_PLAIN_FILE",
        /// A path is a file or a symbolic link, or is named like a zip, where a directory is expected.
        NotADirectory = "NOT_A_DIRECTORY",
        /// A folder belongs to another participant's request, or is a CA directory, or a request folder
        /// where a CA is to be made.
        FolderInUse = "FOLDER_IN_USE",
        /// A folder that holds a private key, the definition or a program in it, or a folder above the
        /// programs in it belongs to another user.
        FolderOfAnotherUser = "FOLDER_OF_ANOTHER_USER",
        /// Other users may write in a folder that holds a private key, in the definition or a program
        /// in it, or in a folder above the programs in it.
        FolderOpenToOthers = "FOLDER_OPEN_TO_OTHERS",
        /// A command that was putting files into a folder was interrupted, and is not finished: the
        /// folder was changed by hand since, may not be written, is only looked at, or is to be
        /// finished by another user's command.
        FolderUnfinished = "FOLDER_UNFINISHED",
        /// A folder that would be replaced, or the one that it is in, has a mode without the right to
        /// write for its owner.
        FolderNotWritable = "FOLDER_NOT_WRITABLE",
        /// A path leads over a symbolic link that another user put where everybody may write.
        LinkOfAnotherUser = "LINK_OF_ANOTHER_USER",
        /// A kit that would be replaced is running.
        KitRunning = "KIT_RUNNING",
        /// What would be replaced is not a signed zip.
        NotASignedZip = "NOT_A_SIGNED_ZIP",
        /// What would be replaced is not a denied zip.
        NotADeniedZip = "NOT_A_DENIED_ZIP",
        /// A file that was named, or would be replaced, is not a revocation list, or not a list of
        /// serial numbers.
        NotARevocationList = "NOT_A_REVOCATION_LIST",
        /// A folder is of a newer certificate than the one to be renewed.
        NewerCertificate = "NEWER_CERTIFICATE",
        /// The revocation list that would be replaced is newer.
        NewerRevocationList = "NEWER_REVOCATION_LIST",
        /// A file exceeds its limit.
        FileTooLarge = "FILE_TOO_LARGE",
        /// Another process, perhaps another user's, kept something locked that was waited for.
        Locked = "LOCKED",
        /// What would be moved or replaced is a mount point, or on another file system than its new
        /// place.
        MountInTheWay = "MOUNT_IN_THE_WAY",
        /// This process, or the machine, has as many files open as it may.
        TooManyOpenFiles = "TOO_MANY_OPEN_FILES",
        /// The system refused to write.
        WriteFailed = "WRITE_FAILED",

        /// The YAML is not UTF-8.
        YamlNotUtf8 = "YAML_NOT_UTF8",
        /// The YAML is larger than its limit.
        YamlTooLarge = "YAML_TOO_LARGE",
        /// The YAML is nested deeper than its limit.
        YamlTooDeep = "YAML_TOO_DEEP",
        /// The YAML has more nodes than its limit, aliases expanded.
        YamlTooManyNodes = "YAML_TOO_MANY_NODES",
        /// The text is not YAML.
        YamlSyntax = "YAML_SYNTAX",
        /// The YAML has an anchor, an alias or a merge key where none is accepted, or merges several
        /// values of which programs choose different ones.
        YamlAlias = "YAML_ALIAS",
        /// The YAML has an explicit tag.
        YamlTag = "YAML_TAG",
        /// A key stands twice in one YAML mapping.
        YamlDuplicateKey = "YAML_DUPLICATE_KEY",
        /// A YAML mapping's key is not text.
        YamlKeyNotText = "YAML_KEY_NOT_TEXT",
        /// The YAML holds no document, or more than one.
        YamlDocuments = "YAML_DOCUMENTS",
        /// A YAML scalar has no value that the reference could read.
        YamlScalar = "YAML_SCALAR",

        /// The JSON is not UTF-8.
        JsonNotUtf8 = "JSON_NOT_UTF8",
        /// The JSON is larger than its limit, or has more values.
        JsonTooLarge = "JSON_TOO_LARGE",
        /// The JSON is nested deeper than its limit.
        JsonTooDeep = "JSON_TOO_DEEP",
        /// A JSON number has more than 64 bits.
        JsonNumber = "JSON_NUMBER",
        /// The text is not JSON.
        JsonSyntax = "JSON_SYNTAX",
        /// A key stands twice in one JSON object.
        JsonDuplicateKey = "JSON_DUPLICATE_KEY",

        /// A required field is missing.
        FieldMissing = "FIELD_MISSING",
        /// A field's value is of the wrong type.
        FieldType = "FIELD_TYPE",
        /// A field's value is not among the accepted ones.
        FieldValue = "FIELD_VALUE",
        /// A field that is not accepted here.
        FieldNotAccepted = "FIELD_NOT_ACCEPTED",
        /// The definition does not have exactly one participant.
        NotOneParticipant = "NOT_ONE_PARTICIPANT",

        /// A participant definition stands where a project profile is expected.
        NotAProfile = "NOT_A_PROFILE",
        /// A project profile stands where a participant definition is expected.
        NotADefinition = "NOT_A_DEFINITION",

        /// A name is empty.
        NameEmpty = "NAME_EMPTY",
        /// A name is longer than its limit.
        NameTooLong = "NAME_TOO_LONG",
        /// A name has a character that is not safe in a file name.
        NameUnsafe = "NAME_UNSAFE",
        /// A name does not fit its participant's type.
        NameWrongForType = "NAME_WRONG_FOR_TYPE",
        /// A name that Windows reserves for a device.
        NameDevice = "NAME_DEVICE",
        /// A project's name breaks the rules.
        ProjectName = "PROJECT_NAME",
        /// An organisation's name breaks the rules.
        OrgName = "ORG_NAME",
        /// A reason or a note is empty, too long, or more than one line of plain text.
        Remark = "REMARK",
        /// A host is neither a DNS name nor an address.
        HostName = "HOST_NAME",
        /// An address that no host can have.
        HostAddress = "HOST_ADDRESS",
        /// A port is not a whole number from 1 to 65535.
        Port = "PORT",
        /// A deploy version is not two digits.
        DeployVersion = "DEPLOY_VERSION",
        /// A request id is not a UUID.
        RequestId = "REQUEST_ID",
        /// A fingerprint is not SHA-256 in an accepted notation.
        FingerprintFormat = "FINGERPRINT_FORMAT",
        /// A digest is not SHA-256 in an accepted notation.
        DigestFormat = "DIGEST_FORMAT",
        /// A line in a list of digests has no digest, or does not say whose request it is of; or there
        /// is no line.
        DigestListLine = "DIGEST_LIST_LINE",
        /// The list of digests has this request, as that of another participant.
        DigestOfAnother = "DIGEST_OF_ANOTHER",

        /// A pattern in a policy has no meaning.
        PolicyPattern = "POLICY_PATTERN",

        /// The archive's structure is damaged or ambiguous.
        ZipMalformed = "ZIP_MALFORMED",
        /// The archive is larger than its limit.
        ZipTooLarge = "ZIP_TOO_LARGE",
        /// The archive has more members than its limit.
        ZipTooManyMembers = "ZIP_TOO_MANY_MEMBERS",
        /// A member's name is not a plain, safe file name.
        ZipMemberName = "ZIP_MEMBER_NAME",
        /// Two members have one name, or names that differ only in case.
        ZipDuplicateMember = "ZIP_DUPLICATE_MEMBER",
        /// A member is a directory, a link or a device.
        ZipMemberNotAFile = "ZIP_MEMBER_NOT_A_FILE",
        /// A member, or all together, would inflate beyond the limit.
        ZipMemberTooLarge = "ZIP_MEMBER_TOO_LARGE",
        /// A member declares more bytes than its compressed data can hold.
        ZipRatio = "ZIP_RATIO",
        /// A member is compressed with another method than stored or deflate.
        ZipCompression = "ZIP_COMPRESSION",
        /// A member is encrypted.
        ZipEncrypted = "ZIP_ENCRYPTED",
        /// A member's local header and the central directory disagree.
        ZipHeaderMismatch = "ZIP_HEADER_MISMATCH",
        /// A member's content does not match its checksum or size.
        ZipChecksum = "ZIP_CHECKSUM",
        /// A member that must be there is missing.
        ZipMemberMissing = "ZIP_MEMBER_MISSING",
        /// A member that may not be there.
        ZipMemberUnexpected = "ZIP_MEMBER_UNEXPECTED",
        /// A member holds a private key.
        KeyMaterialInArchive = "KEY_MATERIAL_IN_ARCHIVE",

        /// The file is not one PEM block and nothing else, or one that OpenSSL or NVFlare does not read.
        PemMalformed = "PEM_MALFORMED",
        /// The PEM block is of another kind.
        PemLabel = "PEM_LABEL",
        /// The DER inside a PEM block is not well-formed.
        DerMalformed = "DER_MALFORMED",
        /// A signature does not verify.
        SignatureInvalid = "SIGNATURE_INVALID",
        /// A certificate's subject lacks an attribute or repeats one.
        SubjectMalformed = "SUBJECT_MALFORMED",
        /// A certificate's extensions are not those of its type.
        CertificateProfile = "CERTIFICATE_PROFILE",
        /// A root certificate may not sign certificates.
        RootNotACa = "ROOT_NOT_A_CA",
        /// The root certificate's own signature does not verify.
        RootNotSelfSigned = "ROOT_NOT_SELF_SIGNED",
        /// The root certificate is not valid yet.
        RootNotYetValid = "ROOT_NOT_YET_VALID",
        /// The root certificate is no longer valid.
        RootExpired = "ROOT_EXPIRED",
        /// A certificate's issuer is not the root's subject.
        IssuerMismatch = "ISSUER_MISMATCH",
        /// A key is not RSA.
        KeyNotRsa = "KEY_NOT_RSA",
        /// An RSA key's size is not accepted.
        KeySize = "KEY_SIZE",
        /// A participant's RSA key has another public exponent than 65537.
        KeyExponent = "KEY_EXPONENT",
        /// A private key is encrypted and no passphrase was given.
        KeyEncrypted = "KEY_ENCRYPTED",
        /// A private key is encrypted in a way of OpenSSL's before PBES2, which is not read.
        KeyOldEncryption = "KEY_OLD_ENCRYPTION",
        /// A private key is encrypted so that opening it takes more work than is accepted.
        KeyCostly = "KEY_COSTLY",
        /// A private key's passphrase is wrong.
        KeyPassphrase = "KEY_PASSPHRASE",
        /// The root certificate may not sign revocation lists.
        RootSignsNoCrl = "ROOT_SIGNS_NO_CRL",
        /// A revocation list is of another version, or has a critical extension.
        CrlUnsupported = "CRL_UNSUPPORTED",
        /// The root's key is of a kind or size that is not supported.
        RootKeyUnsupported = "ROOT_KEY_UNSUPPORTED",
        /// The cryptographic library or the system's source of randomness failed.
        CryptoFailed = "CRYPTO_FAILED",

        /// A request zip stands where a signed zip is expected, or the other way round.
        WrongArtifact = "WRONG_ARTIFACT",
        /// An artifact is of another kind or of an unknown schema version.
        ArtifactUnsupported = "ARTIFACT_UNSUPPORTED",
        /// The CSR is not the one that the metadata names.
        CsrHashMismatch = "CSR_HASH_MISMATCH",
        /// The site.yaml is not the one that the metadata names.
        SiteHashMismatch = "SITE_HASH_MISMATCH",
        /// The public key is not the one that the metadata names.
        PublicKeyHashMismatch = "PUBLIC_KEY_HASH_MISMATCH",
        /// The certificate is not the one that the metadata names.
        CertificateHashMismatch = "CERTIFICATE_HASH_MISMATCH",
        /// The root certificate is not the one that the metadata names.
        RootcaHashMismatch = "ROOTCA_HASH_MISMATCH",
        /// The site.yaml names another identity than the metadata.
        SiteIdentityMismatch = "SITE_IDENTITY_MISMATCH",
        /// The CSR names another identity than the metadata.
        CsrIdentityMismatch = "CSR_IDENTITY_MISMATCH",
        /// The certificate names another identity than the metadata.
        CertificateIdentityMismatch = "CERTIFICATE_IDENTITY_MISMATCH",
        /// The metadata names another serial number or end than the certificate has.
        CertificateFactsMismatch = "CERTIFICATE_FACTS_MISMATCH",
        /// The root certificate's CN is not the project.
        RootProjectMismatch = "ROOT_PROJECT_MISMATCH",
        /// Kind, type and role do not fit together.
        KindTypeMismatch = "KIND_TYPE_MISMATCH",
        /// File names in the metadata are not those of the archive.
        FileNameMismatch = "FILE_NAME_MISMATCH",
        /// A listener certificate needs centralized provisioning.
        ListeningHost = "LISTENING_HOST",
        /// A relay or another participant that this workflow does not provision.
        UnsupportedParticipant = "UNSUPPORTED_PARTICIPANT",
        /// A builder that this workflow cannot run.
        UnsupportedBuilder = "UNSUPPORTED_BUILDER",
        /// A participant other than the server carries the server's name.
        ServerNameTaken = "SERVER_NAME_TAKEN",
        /// A server would be reached under a name that a client or user has a certificate for.
        HostNameIssued = "HOST_NAME_ISSUED",
        /// Another request of the same run is of this name or key, and comes first.
        LaterRequest = "LATER_REQUEST",
        /// A name differs only in the case of its letters from one that has a certificate.
        CaseClash = "CASE_CLASH",

        /// The file in the ledger's place is not a ledger.
        LedgerNotALedger = "LEDGER_NOT_A_LEDGER",
        /// There is no ledger, but a file that SQLite had beside one.
        LedgerRemains = "LEDGER_REMAINS",
        /// The ledger's file has several names (hard links).
        LedgerLinked = "LEDGER_LINKED",
        /// The ledger was written by a newer version of this program.
        LedgerNewer = "LEDGER_NEWER",
        /// The ledger is of another CA.
        LedgerOfAnotherCa = "LEDGER_OF_ANOTHER_CA",
        /// The ledger's tables are not as they should be.
        LedgerSchema = "LEDGER_SCHEMA",
        /// The ledger's file is damaged.
        LedgerDamaged = "LEDGER_DAMAGED",
        /// An entry of the ledger is not as it was written.
        LedgerEntryChanged = "LEDGER_ENTRY_CHANGED",
        /// Entries of the ledger are missing, or are not those that followed.
        LedgerChainBroken = "LEDGER_CHAIN_BROKEN",
        /// A checkpoint of the ledger does not fit its entries, or its signature is not the CA's.
        LedgerCheckpoint = "LEDGER_CHECKPOINT",
        /// The system does not let the ledger be opened or written.
        LedgerNotWritable = "LEDGER_NOT_WRITABLE",
        /// The disk takes nothing more. SQLite makes files beside the ledger also to read it.
        LedgerNoRoom = "LEDGER_NO_ROOM",
        /// Another command had the ledger for too long.
        LedgerBusy = "LEDGER_BUSY",

        /// The certificate to be renewed is another participant's.
        RenewalIdentity = "RENEWAL_IDENTITY",
        /// The certificate to be renewed was replaced already.
        RenewalReplaced = "RENEWAL_REPLACED",
        /// The certificate to be renewed was revoked.
        RenewalRevoked = "RENEWAL_REVOKED",
        /// The request folder has no certificate that could be renewed.
        RenewalWithoutCertificate = "RENEWAL_WITHOUT_CERTIFICATE",

        /// The fingerprint given is not that of the enclosed root.
        ExpectedFingerprint = "EXPECTED_FINGERPRINT",
        /// The fingerprint in the signed metadata is not that of the enclosed root.
        SignedFingerprint = "SIGNED_FINGERPRINT",
        /// The fingerprint in ca.json is not that of rootCA.pem.
        RecordedFingerprint = "RECORDED_FINGERPRINT",
        /// The package root was made by another root CA.
        PackageRootFingerprint = "PACKAGE_ROOT_FINGERPRINT",
        /// No fingerprint was given to compare with the root in a denied zip: anyone could have made it.
        DenialNotVerified = "DENIAL_NOT_VERIFIED",
        /// There is no folder where `--request-dir` says.
        RequestDirGiven = "REQUEST_DIR_GIVEN",
        /// The folder given with `--request-dir` is a symbolic link.
        RequestDirLink = "REQUEST_DIR_LINK",
        /// The folder given with `--request-dir` has no private key or no request.json.
        RequestDirFilesMissing = "REQUEST_DIR_FILES_MISSING",
        /// The folder given with `--request-dir` is of another request.
        RequestDirOtherRequest = "REQUEST_DIR_OTHER_REQUEST",
        /// The request.json in the folder given with `--request-dir` is malformed.
        RequestDirMalformed = "REQUEST_DIR_MALFORMED",
        /// No folder was given and none was found.
        RequestDirSearched = "REQUEST_DIR_SEARCHED",
        /// The local participant definition is missing.
        LocalSiteMissing = "LOCAL_SITE_MISSING",
        /// `custom_ca_cert` cannot be read.
        CustomCaCert = "CUSTOM_CA_CERT",

        /// There is no Python to run a builder with.
        PythonNotFound = "PYTHON_NOT_FOUND",
        /// The Python to run a builder with ended at once.
        PythonUnusable = "PYTHON_UNUSABLE",
        /// The Python to run a builder with has no NVFlare.
        NvflareNotFound = "NVFLARE_NOT_FOUND",
        /// The NVFlare to run a builder with is of another version.
        NvflareUnsupported = "NVFLARE_UNSUPPORTED",
        /// A builder's class or program is not there.
        BuilderNotFound = "BUILDER_NOT_FOUND",
        /// A builder's class is no builder, or refuses its arguments.
        BuilderUnusable = "BUILDER_UNUSABLE",
        /// A builder ended with an error.
        BuilderFailed = "BUILDER_FAILED",
        /// What the builders left is no kit that may be installed.
        BuilderResult = "BUILDER_RESULT",
        /// What was named is nothing that can be inspected or verified.
        UnknownArtifact = "UNKNOWN_ARTIFACT",
        /// What was named can be inspected, and is neither a startup kit nor a zip.
        NotForVerify = "NOT_FOR_VERIFY",
        /// A ledger was named where other commands read the CA directory.
        LedgerFile = "LEDGER_FILE",
        /// A file was named that says something only in its folder.
        PartOfAFolder = "PART_OF_A_FOLDER",
        /// A startup kit lacks a file that NVFlare needs.
        KitFileMissing = "KIT_FILE_MISSING",
        /// The permissions of a kit let other users in.
        KitMode = "KIT_MODE",
        /// A kit's certificate names another participant than its configuration.
        KitIdentity = "KIT_IDENTITY",
        /// A private key does not belong to the certificate or request beside it.
        KeyMismatch = "KEY_MISMATCH",
        /// A server's certificate is not for the host in its configuration.
        KitEndpoint = "KIT_ENDPOINT",
        /// A certificate is no longer valid.
        CertificateExpired = "CERTIFICATE_EXPIRED",
        /// A certificate is not valid yet.
        CertificateNotYetValid = "CERTIFICATE_NOT_YET_VALID",
        /// A certificate is on the revocation list.
        CertificateRevoked = "CERTIFICATE_REVOKED",
        /// A revocation list was not signed by the root CA of the kit.
        CrlOfAnotherCa = "CRL_OF_ANOTHER_CA",
        /// A revocation list is not valid yet, or no longer.
        CrlNotCurrent = "CRL_NOT_CURRENT",
        /// The server's name leads to no address.
        ServerNotResolved = "SERVER_NOT_RESOLVED",
        /// Nothing listens at the server's port.
        ServerRefused = "SERVER_REFUSED",
        /// The server did not answer in time.
        ServerTimedOut = "SERVER_TIMED_OUT",
        /// The network does not lead to the server.
        ServerUnreachable = "SERVER_UNREACHABLE",
        /// What answers does not speak TLS.
        ServerNotTls = "SERVER_NOT_TLS",
        /// The TLS handshake failed in another way.
        ServerHandshakeFailed = "SERVER_HANDSHAKE_FAILED",
        /// The server's certificate is for other hosts.
        ServerWrongHost = "SERVER_WRONG_HOST",
        /// The server's certificate was issued by another root.
        ServerOtherRoot = "SERVER_OTHER_ROOT",
        /// The server's certificate is no longer valid.
        ServerCertificateExpired = "SERVER_CERTIFICATE_EXPIRED",
        /// The server's certificate is not valid yet, by this machine's clock.
        ServerCertificateNotYetValid = "SERVER_CERTIFICATE_NOT_YET_VALID",
        /// The server's certificate is of another server than the kit names.
        ServerIdentity = "SERVER_IDENTITY",
        /// The server does not accept the client's certificate, or misses it.
        ServerRejectedCertificate = "SERVER_REJECTED_CERTIFICATE",
    }
}
