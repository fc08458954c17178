//! Advice for single reasons, where it says more than that of the code.

use flarekit::error::{Code, Reason};

/// The advice for this reason under this code, if there is any of its own.
pub fn hint(code: Code, reason: Reason) -> Option<&'static str> {
    match code {
        // These codes cover files that the user can open and correct, and archives that came from
        // somebody else.
        Code::InvalidArgs => of_input(reason).or_else(|| of_request_zip(reason)),
        Code::LocalSiteInvalid if reason == Reason::LocalSiteMissing => Some(
            "Restore site.yaml in the request folder: it is a copy of the participant definition.",
        ),
        Code::LocalSiteInvalid => of_input(reason),
        Code::InvalidName => of_input(reason),
        Code::RequestDirNotFound if reason == Reason::RequestDirGiven => {
            Some("Check the path of --request-dir: it is the folder that 'cert request' made.")
        }
        Code::CaLoadFailed => of_ca_key(reason),
        Code::CertSigningFailed => of_root(reason),
        Code::UnsupportedKey if reason == Reason::RootKeyUnsupported => Some(
            "The root's key must be RSA of 2048 to 4096 bits. Make a new CA with 'cert init'; \
             every participant must then request and package again.",
        ),
        Code::RootcaFingerprintMismatch => of_fingerprints(reason),
        Code::InvalidSignedZip if reason == Reason::KeyMaterialInArchive => of_request_zip(reason),
        Code::InvalidSignedZip
            if matches!(
                reason,
                Reason::FileUnreadable | Reason::NotAPlainFile | Reason::FileTooLarge
            ) =>
        {
            of_input(reason)
        }
        _ => None,
    }
}

/// A CA key that is protected by a passphrase.
fn of_ca_key(reason: Reason) -> Option<&'static str> {
    match reason {
        Reason::KeyEncrypted => Some(
            "Give the passphrase with --passphrase-file or in FLAREKIT_CA_PASSPHRASE, or run the \
             command in a terminal, where you are asked for it.",
        ),
        Reason::KeyPassphrase => {
            Some("Check the passphrase: its file's first line counts, without the line break.")
        }
        _ => None,
    }
}

/// What the user typed or wrote.
fn of_input(reason: Reason) -> Option<&'static str> {
    Some(match reason {
        Reason::Usage => "Run the command with --help to see how it is used, with examples.",
        Reason::FileNotFound => {
            "Check the path. A relative path starts in the directory where you run the command."
        }
        Reason::FileUnreadable => "Check that you may read the file.",
        Reason::NotAPlainFile => "Give the file itself, not a link or a directory.",
        Reason::NotADirectory => "Give a directory, not a file or a link.",
        Reason::YamlNotUtf8 => "Save the file as UTF-8 in your editor.",
        Reason::YamlSyntax => {
            "Look at the line named and the one before it: indent with spaces, not tabs, and put a \
             space after each colon."
        }
        Reason::YamlAlias => {
            "Write the value out in each place, without '&', '*' and '<<'. In a request zip, the \
             requester does so and requests again."
        }
        Reason::YamlTag => "Remove the word that begins with '!'.",
        Reason::YamlDuplicateKey => "Keep one of the two lines and remove the other.",
        Reason::YamlKeyNotText => "Put quotes around the key.",
        Reason::YamlDocuments => "Keep one document in the file, without further '---' lines.",
        Reason::YamlScalar | Reason::FieldType => {
            "Put text in quotes: YAML reads words such as no and on, and digits, as other values."
        }
        Reason::FieldMissing => "Add the field, spelled and indented as in the documentation.",
        Reason::FieldNotAccepted => "Remove the field.",
        Reason::NotOneParticipant => {
            "Write one file for each participant, with one entry under 'participants'."
        }
        Reason::NameDevice => "Choose another name: Windows cannot make a folder with this one.",
        Reason::OrgName => "Use letters, digits and '_' only, for example hospital_alpha.",
        Reason::HostName | Reason::HostAddress => {
            "Give a DNS name such as server1.hospital-central.org or an address such as 10.0.1.50."
        }
        Reason::Port => "Give a whole number from 1 to 65535, without quotes.",
        Reason::ListeningHost | Reason::UnsupportedParticipant | Reason::UnsupportedBuilder => {
            "Remove it, or provision the whole project centrally with 'nvflare provision'."
        }
        Reason::CustomCaCert => "Check the path in custom_ca_cert and that you may read the file.",
        _ => return None,
    })
}

/// What is wrong with an archive that a requester sent.
fn of_request_zip(reason: Reason) -> Option<&'static str> {
    Some(match reason {
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
        | Reason::ZipChecksum
        | Reason::ZipMemberMissing
        | Reason::ZipMemberUnexpected
        | Reason::JsonNotUtf8
        | Reason::JsonTooLarge
        | Reason::JsonSyntax
        | Reason::JsonDuplicateKey
        | Reason::CsrHashMismatch
        | Reason::SiteHashMismatch
        | Reason::PublicKeyHashMismatch
        | Reason::SiteIdentityMismatch
        | Reason::CsrIdentityMismatch
        | Reason::KindTypeMismatch
        | Reason::FileNameMismatch => {
            "Do not approve this file. Ask the requester to send the zip again exactly as \
             'cert request' made it."
        }
        _ => return None,
    })
}

/// Why a root certificate cannot sign.
fn of_root(reason: Reason) -> Option<&'static str> {
    Some(match reason {
        Reason::RootExpired => {
            "Make a new CA with 'cert init --force' and a new --deploy-version. Every participant \
             must then request and package again."
        }
        Reason::RootNotYetValid => "Check the clock and the time zone of this machine.",
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
