//! Advice for single reasons, where it says more than that of the code.

use flarekit::error::{Code, Error, Origin, Reason};

/// The advice for this error, if there is any of its own.
pub fn hint(error: &Error) -> Option<&'static str> {
    let reason = error.reason()?;
    if let Some(advice) = super::disk::hint(reason) {
        return Some(advice);
    }
    match (error.origin(), error.code()) {
        (Origin::RequestZip, Code::InvalidArgs | Code::InvalidName | Code::InvalidProjectName) => {
            Some(of_request_zip(reason))
        }
        (Origin::CaDirectory, Code::InvalidArgs) => {
            Some("Restore ca.json from the backup of this CA directory.")
        }
        (Origin::DeniedZip, Code::RootcaFingerprintMismatch) => Some(
            "Do not act on this denied zip: the CA in it is not the one that you expect, so somebody \
             else may have made it. Call the Project Admin, compare rootca_fingerprint_sha256, and \
             ask whether your request was denied.",
        ),
        (Origin::DeniedZip, Code::InvalidSignedZip) if reason != Reason::KeyMaterialInArchive => {
            Some(
                "Do not act on this denied zip. Call the Project Admin, ask whether your request was \
                 denied, and have the zip sent again, unopened.",
            )
        }
        (_, code) => of_code(code, reason),
    }
}

fn of_code(code: Code, reason: Reason) -> Option<&'static str> {
    if let Some(advice) = super::folders::hint(reason) {
        return Some(advice);
    }
    match code {
        Code::InvalidArgs | Code::InvalidName => of_input(reason),
        Code::LocalSiteInvalid if reason == Reason::LocalSiteMissing => Some(
            "Restore site.yaml in the request folder: it is a copy of the participant definition.",
        ),
        Code::LocalSiteInvalid => of_input(reason),
        Code::OutputDirNotWritable if reason == Reason::NotADirectory => of_input(reason),
        Code::LedgerInvalid if reason == Reason::FileUnreadable => Some(
            "Check that you may read the ledger. If it belongs to another user, run this as \
                 that user ('sudo -u NAME'), or give all files of the CA to one user with 'sudo \
                 chown'.",
        ),
        Code::OutputDirNotWritable | Code::LedgerInvalid | Code::NameReserved => of_ledger(reason),
        Code::IdentityAlreadyIssued if reason == Reason::CaseClash => Some(
            "Find out by telephone whether the holder of that certificate made this request. If not, \
             do not approve it: somebody else asks for nearly this name. If so, ask for the name in use \
             or for another one; --replace lets the new name take the place of the old one.",
        ),
        Code::IdentityAlreadyIssued | Code::KeyAlreadyIssued if reason == Reason::LaterRequest => {
            Some(
                "Find out which of the two requests counts. Take the other one out of the run, or \
                 approve the one that counts alone.",
            )
        }
        Code::RenewalInvalid => of_renewal(reason),
        Code::CertExpired | Code::KeyCertMismatch | Code::RequestDirIncomplete => {
            of_held_certificate(reason)
        }
        Code::CertAlreadyExists => of_taken(reason),
        Code::OutputDirExists if reason == Reason::KitRunning => Some(
            "Stop it first with startup/stop_fl.sh in that kit, and run this again after about 15 \
             seconds. If the process is another kit's, remove daemon_pid.fl from this one.",
        ),
        Code::CaNotFound if reason == Reason::NotADirectory => {
            Some("Give the CA directory itself, as 'cert init' made it, not a file in it.")
        }
        Code::CertificateNotFound => {
            Some("Give the file of a participant's certificate that this CA issued.")
        }
        Code::RequestDigestMismatch => Some(
            "Do not approve it: it is exactly the file in the list, but asks for another name than the \
             list says. Ask whoever gave you the list. If only the name in it is mistyped, correct \
             that line; else somebody uses one participant's place to ask for another's name.",
        ),
        Code::RequestDenied if reason == Reason::DenialNotVerified => Some(
            "Do not take this for the Project Admin's answer yet. Ask the Project Admin for \
             rootca_fingerprint_sha256, by telephone or another way than the zip came, and run this \
             again with --fingerprint.",
        ),
        Code::RequestDenied if reason == Reason::RequestDirSearched => Some(
            "Run this on the machine that made the request, or name its folder with --request-dir. \
             If you made no such request, tell the Project Admin: somebody asked in your name.",
        ),
        Code::RequestDenied => Some(
            "It is not this request that was denied. Tell the Project Admin: somebody may have \
             asked in your name, or your request was exchanged on its way.",
        ),
        Code::RequestDirNotFound | Code::RequestDirMismatch => of_request_dir(reason),
        Code::CaLoadFailed => super::keys::of_ca(reason),
        Code::CertSigningFailed => of_root(reason),
        Code::KeyInvalid => super::keys::of_participant(reason),
        Code::RootcaFingerprintMismatch => of_fingerprints(reason),
        Code::InvalidSignedZip => of_signed_zip(reason),
        Code::BuildFailed => of_builders(reason),
        Code::VerifyFailed => super::checks::hint(reason),
        _ => None,
    }
}

/// What does not give way, also not to `--force`.
fn of_taken(reason: Reason) -> Option<&'static str> {
    Some(match reason {
        Reason::NotARevocationList => {
            "Choose another place with --out and --serials, or remove the file yourself."
        }
        Reason::NewerRevocationList => {
            "If the clock was wrong, wait, or remove the file. If the ledger was restored from a \
             backup, revoke again what it does not know any more; then remove the file."
        }
        Reason::NewerCertificate => {
            "Renew the newer one: name the kit that is in use, or that folder, with --renew, and \
             add --force."
        }
        Reason::NotASignedZip | Reason::NotADeniedZip => {
            "Choose another --out, or remove the file yourself if you do not need it."
        }
        Reason::NotAPlainFile => {
            "Give the name of a file with --out. 'cert approve' puts signed zips into a folder with \
             --out-dir."
        }
        _ => return None,
    })
}

/// What the ledger has against it, or what is the matter with the ledger.
fn of_ledger(reason: Reason) -> Option<&'static str> {
    Some(match reason {
        Reason::LedgerNotWritable => {
            "Check permissions and free space of the CA directory. Without an entry in the ledger \
             nothing is signed. If a file of the ledger belongs to another user, run this as that \
             user ('sudo -u NAME'), or give all files of the CA to one user with 'sudo chown'."
        }
        Reason::LedgerNoRoom => {
            "Make room on the disk of the CA directory, or in your quota: the ledger needs some also \
             to be read. Without an entry in the ledger nothing is signed."
        }
        Reason::LedgerBusy => "Wait until the other command has ended, and run this one again.",
        Reason::LedgerRemains => {
            "Put back the ledger.db that was there. If it is lost, move ledger.db-wal, ledger.db-shm \
             and ledger.db-journal away first, and then restore ledger.db from a backup."
        }
        Reason::LedgerLinked => {
            "Of a CA only one directory may be used. In the one that was used last, make the ledger a \
             file of its own ('cp -p ledger.db new', then 'mv new ledger.db'), and type 'audit verify'. \
             Make other copies anew with 'cp -a'."
        }
        Reason::LedgerNewer => "Use the newer flarekit that wrote it.",
        Reason::LedgerOfAnotherCa => {
            "rootCA.pem or ledger.db was exchanged. Restore both from one backup before you \
             approve anything."
        }
        Reason::HostNameIssued => {
            "Do not use this host name for the server: take it out of the server's host_names, or \
             out of the profile. The client keeps its certificate until it ends."
        }
        _ => return None,
    })
}

/// A certificate that cannot vouch for a request any more.
fn of_renewal(reason: Reason) -> Option<&'static str> {
    Some(match reason {
        Reason::CertificateExpired => {
            "Ask the requester for an ordinary request ('cert request --force --participant FILE'): a \
             certificate that has ended cannot be renewed."
        }
        Reason::RenewalReplaced => {
            "Ask the requester to make the request with the newest kit. If nobody there knows of a \
             newer one, somebody else has a certificate of this name: find out who."
        }
        Reason::RenewalRevoked => {
            "Do not approve this request: somebody uses a key that was given up. The participant \
             needs an ordinary request with a new key."
        }
        Reason::IssuerMismatch => {
            "The certificate is of another CA, perhaps of the one that this one replaced. Ask the \
             requester for an ordinary request ('cert request --participant')."
        }
        _ => return None,
    })
}

/// A certificate that its holder wants to have renewed.
fn of_held_certificate(reason: Reason) -> Option<&'static str> {
    match reason {
        Reason::CertificateExpired => Some(
            "It can no longer be renewed. Make an ordinary request with 'cert request --participant \
             FILE', and with --force where the folder of the earlier one is in the way. If the date \
             looks right, check this machine's clock.",
        ),
        Reason::KeyMismatch => Some(
            "Give the kit that is in use, or the request folder that it was made from, with \
             --renew.",
        ),
        Reason::RenewalWithoutCertificate => Some(
            "'package' puts the certificate there, if it may write into the folder. Give the \
             startup kit with --renew instead.",
        ),
        _ => None,
    }
}

/// The folder given with `--request-dir`.
fn of_request_dir(reason: Reason) -> Option<&'static str> {
    match reason {
        Reason::RequestDirGiven => {
            Some("Check the path of --request-dir: it is the folder that 'cert request' made.")
        }
        Reason::RequestDirLink => Some("Give the folder that the link leads to."),
        Reason::RequestDirMalformed => {
            Some("Restore request.json in that folder; it is also in the request zip.")
        }
        _ => None,
    }
}

/// What is wrong with an archive that the Project Admin sent.
fn of_signed_zip(reason: Reason) -> Option<&'static str> {
    match reason {
        Reason::KeyMaterialInArchive => Some(
            "A private key must not be sent, so this one is no longer secret. Tell the Project \
             Admin and make a new request with 'cert request --force'.",
        ),
        Reason::WrongArtifact => {
            Some("Send this zip to the Project Admin, and package the signed zip that comes back.")
        }
        Reason::ZipMalformed => Some(
            "Check that this is the signed zip (<name>.signed.zip). If so, ask the Project Admin to \
             send it again, unopened.",
        ),
        Reason::NotAPlainFile => Some(
            "Give the signed zip itself (<name>.signed.zip), not a link, and not the folder that it \
             is in.",
        ),
        Reason::FileUnreadable | Reason::FileTooLarge => of_input(reason),
        _ => None,
    }
}

/// Why builders cannot be run, or came to no kit.
fn of_builders(reason: Reason) -> Option<&'static str> {
    Some(match reason {
        Reason::PythonNotFound => {
            "Name the Python that has NVFlare with --python, for example --python \
             ~/nvflare/bin/python."
        }
        Reason::PythonUnusable => {
            "Give a Python 3.10 to 3.14 with --python. What it printed stands above this message."
        }
        Reason::NvflareNotFound | Reason::NvflareUnsupported => {
            "Name a Python that has NVFlare 2.9 with --python, or install it: python3 -m pip \
             install 'nvflare~=2.9.0'."
        }
        Reason::BuilderResult => {
            "Correct the builder so that it leaves this as it should be, or remove it from \
             site.yaml in the request folder."
        }
        _ => return None,
    })
}

/// What the user typed or wrote.
pub(super) fn of_input(reason: Reason) -> Option<&'static str> {
    Some(match reason {
        Reason::OutDirNeeded => "Add --out-dir DIR, or approve one request zip at a time.",
        Reason::Usage => "Run the command with --help to see how it is used, with examples.",
        Reason::NoTerminal => {
            "Run the command in a terminal. In a script, leave --review out, and give --expect-digest \
             or --policy."
        }
        Reason::DigestFormat => {
            "Give request_digest or request_zip_sha256 as 'cert request' printed it, with all its \
             digits. If it is empty, a shell variable may be unset."
        }
        Reason::DigestListLine => {
            "Begin each line with a digest, and let the participant's name or its request zip follow, \
             as 'sha256sum hospital-a.request.zip' prints it."
        }
        Reason::PolicyPattern => {
            "Write the value as it stands in requests, with '*' for any characters and '?' for one."
        }
        Reason::FileNotFound => {
            "Check the path. A relative path starts in the directory where you run the command."
        }
        Reason::FileUnreadable => "Check that you may read the file.",
        Reason::NotAPlainFile => "Give the file itself, not a link or a directory.",
        Reason::NotADirectory => "Give a directory, not a file or a link.",
        Reason::YamlNotUtf8 => "Save the file as UTF-8 in your editor.",
        Reason::YamlSyntax => {
            "Look at the line named and the one before it: indent with spaces, not tabs, put a space \
             after each colon, and quotes around a value that begins with '*', '&' or '@'."
        }
        Reason::YamlAlias => {
            "Write the value out in each place, without '&', '*' and '<<'. A value that begins with \
             one of them needs quotes around it."
        }
        Reason::YamlTag => "Remove the word that begins with '!'.",
        Reason::YamlDuplicateKey => "Keep one of the two lines and remove the other.",
        Reason::YamlKeyNotText => "Put quotes around the key.",
        Reason::YamlDocuments => {
            "Write what belongs into the file if it is empty, and no second document behind a '---' \
             line."
        }
        Reason::YamlScalar | Reason::FieldType => {
            "Write it in the form that the message names. YAML reads words such as no and on, and \
             digits, as text only with quotes around them."
        }
        Reason::FieldMissing => {
            "Correct the field that the message names, or add it if it is not there, spelled and \
             indented as in the documentation."
        }
        Reason::FieldNotAccepted => "Remove the field, or correct its name.",
        Reason::NotOneParticipant => {
            "Write one file for each participant, with one entry under 'participants'."
        }
        Reason::NameDevice => "Choose another name: Windows cannot make a folder with this one.",
        Reason::RenewalIdentity => {
            "Renew a certificate with its own participant's definition, or without --participant. \
             Another name, org, type or role needs an ordinary request."
        }
        Reason::OrgName => {
            "Use the letters A to Z and a to z, digits and '_' only, for example hospital_alpha."
        }
        Reason::HostName | Reason::HostAddress => {
            "Give a DNS name such as server1.hospital-central.org or an address such as 10.0.1.50, \
             without a port: the server's ports are fed_learn_port and admin_port in the project \
             profile, and connect_to has 'host' and 'port'."
        }
        Reason::Port => "Give a whole number from 1 to 65535, without quotes.",
        Reason::ListeningHost | Reason::UnsupportedParticipant | Reason::UnsupportedBuilder => {
            "Remove it, or provision the whole project centrally with 'nvflare provision'."
        }
        Reason::ValidDays => "Give fewer days.",
        Reason::CommandOfNvflare => {
            "Call the nvflare program of NVIDIA FLARE by its full path, or rename the link."
        }
        Reason::ServerNameTaken => {
            "Do not use this signed zip. Ask the Project Admin to approve another name."
        }
        Reason::BuilderNotFound => {
            "Check the name. Python looks for classes in its own packages and in PYTHONPATH; \
             programs are looked for on the PATH or, with a '/', from the request folder."
        }
        Reason::BuilderUnusable => {
            "Check the class and its 'args': it must be derived from nvflare.lighter.spec.Builder."
        }
        Reason::KeyMaterialInArchive => {
            "A private key must not be sent, so this one is no longer secret. Delete the zip; the \
             participant makes a new request with 'cert request --force'."
        }
        Reason::ZipMalformed
        | Reason::ZipTooLarge
        | Reason::ZipTooManyMembers
        | Reason::ZipMemberName
        | Reason::ZipDuplicateMember
        | Reason::ZipMemberNotAFile
        | Reason::ZipMemberTooLarge
        | Reason::ZipCompression
        | Reason::ZipEncrypted
        | Reason::ZipHeaderMismatch
        | Reason::ZipRatio
        | Reason::ZipChecksum => "Have the file sent again, unopened, and do not use this one.",
        Reason::WrongArtifact => "Leave --fingerprint out, or give the signed zip.",
        Reason::UnknownArtifact => {
            "Check the path. Of a file that should be one of these, have it sent again; of a kit, \
             give the folder that has a startup folder in it."
        }
        Reason::NotForVerify => {
            "Give a zip or a startup kit, the folder that has a startup folder in it. 'inspect' \
             shows other things."
        }
        Reason::LedgerFile => {
            "Give the CA directory that it is in: 'audit verify' proves the ledger, 'cert list' \
             shows what was issued."
        }
        Reason::PartOfAFolder => {
            "Give the CA directory, the request folder or the startup kit that the file is part of."
        }
        Reason::NotAProfile => {
            "Give the project profile, which the Project Admin wrote: it has scheme, \
             connection_security and server. A definition is for 'cert request --participant'."
        }
        Reason::NotADefinition => {
            "Give the participant's definition, with name, type and org under 'participants'. The \
             project profile is for --profile of 'cert init' and 'cert approve'."
        }
        Reason::NotARevocationList => {
            "Give the list that 'cert crl' wrote, crl.pem or crl.der. The serial numbers beside it \
             are for other programs."
        }
        Reason::CrlUnsupported => {
            "Ask the Project Admin for the current list, as 'cert crl' makes it."
        }
        Reason::CustomCaCert => "Check the path in custom_ca_cert and that you may read the file.",
        _ => return None,
    })
}

/// What is wrong with a request zip. The approver can only refuse it.
fn of_request_zip(reason: Reason) -> &'static str {
    match reason {
        Reason::KeyMaterialInArchive => {
            "A private key must not be sent, so this one is no longer secret. Delete the zip; the \
             participant makes a new request with 'cert request --force'."
        }
        Reason::WrongArtifact => {
            "Give the request zip (<name>.request.zip) that the requester sent. A signed zip or a \
             denied zip is the answer to it."
        }
        Reason::ZipMalformed => {
            "Check that this is the request zip (<name>.request.zip). If so, do not approve it: ask \
             the requester to send it again exactly as 'cert request' made it."
        }
        _ => {
            "Do not approve this file. Ask the requester to send the zip again exactly as \
             'cert request' made it, or to correct the definition and make a new request."
        }
    }
}

/// Why a root certificate cannot sign.
fn of_root(reason: Reason) -> Option<&'static str> {
    Some(match reason {
        Reason::RootExpired => {
            "Make a new CA with 'cert init --force' and a new --deploy-version. Every participant \
             must then request and package again."
        }
        Reason::RootNotYetValid => "Check the clock and the time zone of this machine.",
        Reason::RootKeyUnsupported => super::keys::ROOT_KEY,
        Reason::RootSignsNoCrl => {
            "With this CA there is no list. Only a new CA, as 'cert init' makes it, can sign one; the \
             ledger and 'cert list' say what was revoked."
        }
        Reason::RootNotACa | Reason::RootNotSelfSigned => {
            "Restore the rootCA.pem that 'cert init' made."
        }
        _ => return None,
    })
}

/// Which two fingerprints differ.
fn of_fingerprints(reason: Reason) -> Option<&'static str> {
    Some(match reason {
        Reason::RecordedFingerprint => {
            "rootCA.pem or ca.json was replaced. Restore both from one backup before you approve \
             anything."
        }
        Reason::PackageRootFingerprint => {
            "Kits of another CA are in that directory. Package into another --workspace, or ask \
             the Project Admin whether the new CA should have another deploy version."
        }
        _ => return None,
    })
}
