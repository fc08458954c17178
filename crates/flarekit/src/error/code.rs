//! The published list of codes.

super::names! {
    /// What a program can react to. The names are the reference's wherever it has one for the same
    /// situation, so that scripts written for it keep working.
    Code {
        /// Wrong usage, or an input file that is malformed, inconsistent or unsafe.
        InvalidArgs = "INVALID_ARGS",
        /// A participant's name with unsafe characters, empty or too long.
        InvalidName = "INVALID_NAME",
        /// A project's name that breaks the rules.
        InvalidProjectName = "INVALID_PROJECT_NAME",
        /// The CA directory already holds a CA.
        CaAlreadyExists = "CA_ALREADY_EXISTS",
        /// The CA directory already holds a CA of this deploy version.
        CaVersionAlreadyExists = "CA_VERSION_ALREADY_EXISTS",
        /// A file of the CA directory is missing.
        CaNotFound = "CA_NOT_FOUND",
        /// The root certificate or its key is unreadable or unusable.
        CaLoadFailed = "CA_LOAD_FAILED",
        /// The CA's key does not belong to its certificate.
        CaKeyMismatch = "CA_KEY_MISMATCH",
        /// An existing package root holds an unreadable root certificate.
        RootcaLoadFailed = "ROOTCA_LOAD_FAILED",
        /// A key or a root certificate could not be made.
        CertGenerationFailed = "CERT_GENERATION_FAILED",
        /// A certificate signing request could not be made.
        CsrGenerationFailed = "CSR_GENERATION_FAILED",
        /// The root may not or cannot sign.
        CertSigningFailed = "CERT_SIGNING_FAILED",
        /// An output path cannot be written.
        OutputDirNotWritable = "OUTPUT_DIR_NOT_WRITABLE",
        /// A request's private key exists.
        KeyAlreadyExists = "KEY_ALREADY_EXISTS",
        /// A request zip or a signed zip exists.
        CertAlreadyExists = "CERT_ALREADY_EXISTS",
        /// The request zip does not exist.
        RequestZipNotFound = "REQUEST_ZIP_NOT_FOUND",
        /// The signed zip does not exist.
        SignedZipNotFound = "SIGNED_ZIP_NOT_FOUND",
        /// The request belongs to another project than the CA.
        ProjectCaMismatch = "PROJECT_CA_MISMATCH",
        /// The request belongs to another project than the profile.
        ProjectProfileMismatch = "PROJECT_PROFILE_MISMATCH",
        /// A server request is not named like the profile's server host.
        ServerNameHostMismatch = "SERVER_NAME_HOST_MISMATCH",
        /// A client or user asks for the name of a server, or a server for that of a client.
        NameReserved = "NAME_RESERVED",
        /// A participant of this name has a valid certificate of this CA.
        IdentityAlreadyIssued = "IDENTITY_ALREADY_ISSUED",
        /// Another participant has a valid certificate of this CA for this key.
        KeyAlreadyIssued = "KEY_ALREADY_ISSUED",
        /// A request's renewal block does not vouch for it.
        RenewalInvalid = "RENEWAL_INVALID",
        /// Another request had this request id.
        RequestIdReused = "REQUEST_ID_REUSED",
        /// The key in a request is that of a certificate that was revoked.
        KeyRevoked = "KEY_REVOKED",
        /// A request that was denied cannot be approved.
        RequestAlreadyDenied = "REQUEST_ALREADY_DENIED",
        /// A request whose certificate was replaced cannot be approved again.
        RequestAlreadyReplaced = "REQUEST_ALREADY_REPLACED",
        /// A request that was approved cannot be denied.
        RequestAlreadyApproved = "REQUEST_ALREADY_APPROVED",
        /// The CA has issued no such certificate that could be revoked.
        CertificateNotFound = "CERTIFICATE_NOT_FOUND",
        /// A participant has several certificates that could be revoked.
        CertificateAmbiguous = "CERTIFICATE_AMBIGUOUS",
        /// The policy does not allow what the request asks for.
        PolicyDenied = "POLICY_DENIED",
        /// The request is another one than the one whose digest was given.
        RequestDigestMismatch = "REQUEST_DIGEST_MISMATCH",
        /// The question whether to sign was answered with no.
        ReviewDeclined = "REVIEW_DECLINED",
        /// The ledger or a file changed while the question whether to sign was open.
        ReviewOutdated = "REVIEW_OUTDATED",
        /// The CA's ledger is damaged, was changed, or is of another CA or version.
        LedgerInvalid = "LEDGER_INVALID",
        /// The CA directory has no ledger.
        LedgerNotFound = "LEDGER_NOT_FOUND",
        /// A certificate signing request is malformed or proves no possession of its key.
        InvalidCsr = "INVALID_CSR",
        /// A request's key is too weak.
        WeakKey = "WEAK_KEY",
        /// A key is of a kind or size that the runtime does not work with.
        UnsupportedKey = "UNSUPPORTED_KEY",
        /// A fingerprint is in no accepted notation.
        InvalidRootcaFingerprint = "INVALID_ROOTCA_FINGERPRINT",
        /// Two fingerprints that must be equal differ.
        RootcaFingerprintMismatch = "ROOTCA_FINGERPRINT_MISMATCH",
        /// A signed zip cannot be read, or is malformed, unsigned or altered.
        InvalidSignedZip = "INVALID_SIGNED_ZIP",
        /// What came back is a denied zip. With `DENIAL_NOT_VERIFIED`, anyone could have made it; without,
        /// the Project Admin denied the request.
        RequestDenied = "REQUEST_DENIED",
        /// The parts of a signed zip disagree about whose it is.
        SignedZipIdentityConflict = "SIGNED_ZIP_IDENTITY_CONFLICT",
        /// A certificate names no known participant type.
        CertTypeUnknown = "CERT_TYPE_UNKNOWN",
        /// A certificate was not issued by the enclosed root.
        CertChainInvalid = "CERT_CHAIN_INVALID",
        /// A certificate is no longer valid.
        CertExpired = "CERT_EXPIRED",
        /// A certificate is not valid yet.
        CertNotYetValid = "CERT_NOT_YET_VALID",
        /// The request folder was not found.
        RequestDirNotFound = "REQUEST_DIR_NOT_FOUND",
        /// The request folder lacks its key or its metadata.
        RequestDirIncomplete = "REQUEST_DIR_INCOMPLETE",
        /// The request folder is of another request.
        RequestDirMismatch = "REQUEST_DIR_MISMATCH",
        /// The request folder's metadata cannot be read.
        RequestMetadataInvalid = "REQUEST_METADATA_INVALID",
        /// The request folder's metadata is not this approval's.
        RequestMetadataMismatch = "REQUEST_METADATA_MISMATCH",
        /// The local participant definition is missing or malformed.
        LocalSiteInvalid = "LOCAL_SITE_INVALID",
        /// The local participant definition is of another identity.
        LocalSiteMismatch = "LOCAL_SITE_MISMATCH",
        /// The local participant definition needs centralized provisioning.
        LocalSiteUnsupportedFeature = "LOCAL_SITE_UNSUPPORTED_FEATURE",
        /// The participant's private key is missing.
        KeyNotFound = "KEY_NOT_FOUND",
        /// The participant's private key is unreadable.
        KeyInvalid = "KEY_INVALID",
        /// The participant's private key does not belong to the certificate.
        KeyCertMismatch = "KEY_CERT_MISMATCH",
        /// The participant's kit exists.
        OutputDirExists = "OUTPUT_DIR_EXISTS",
        /// A builder of the site failed, or cannot be run on this machine.
        BuildFailed = "BUILD_FAILED",
        /// A check of `verify` failed.
        VerifyFailed = "VERIFY_FAILED",
        /// A defect of this program.
        InternalError = "INTERNAL_ERROR",
    }
}
