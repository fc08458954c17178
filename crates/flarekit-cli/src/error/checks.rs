//! Advice for checks of `verify` that failed.

use flarekit::error::Reason;

use super::reasons::of_input;

/// The advice for a check that failed for this reason, if there is any of its own.
pub fn hint(reason: Reason) -> Option<&'static str> {
    Some(match reason {
        Reason::KitFileMissing => {
            "Run 'package' again with --force. The kit that is there is kept in a backup."
        }
        Reason::CertificateRevoked => {
            "Do not start this kit. If you are to take part, make a new request with 'cert request \
             --force', which makes a new key."
        }
        Reason::CrlOfAnotherCa => {
            "Ask the Project Admin for the list of this project, as 'cert crl' makes it, and compare \
             rootca_fingerprint_sha256: list and kit must be of the same CA."
        }
        Reason::CrlNotCurrent => {
            "Ask the Project Admin for the current list, as 'cert crl' makes it."
        }
        Reason::KitMode => {
            "Set the permissions that the message names, with chmod. If others could reach the \
             private key, make a new request with 'cert request --force'."
        }
        Reason::ExpectedFingerprint => {
            "Do not start this kit. Call the Project Admin and compare rootca_fingerprint_sha256."
        }
        Reason::PemMalformed => {
            "The file that the message names was changed. Run 'package' again with --force."
        }
        Reason::KitIdentity | Reason::KitEndpoint | Reason::FileNameMismatch => {
            "The files are of different kits, or were changed. Run 'package' again with --force."
        }
        Reason::KeyMismatch => {
            "Restore the key from the request folder that this certificate was approved for, or \
             run 'package' again with --force."
        }
        Reason::KeyEncrypted => {
            "Decrypt the key with 'openssl rsa': NVFlare reads only keys without a passphrase."
        }
        Reason::SignatureInvalid | Reason::IssuerMismatch | Reason::CertificateProfile => {
            "Certificate and root do not belong together. Run 'package' again with --force, from \
             the project's signed zip."
        }
        Reason::JsonSyntax
        | Reason::JsonNotUtf8
        | Reason::JsonDuplicateKey
        | Reason::FieldMissing
        | Reason::FieldType
        | Reason::FieldValue => {
            "Correct the file under local that the message names; one under startup comes back with \
             'package --force'."
        }
        Reason::NotAPlainFile | Reason::FileUnreadable | Reason::FileTooLarge => {
            return of_input(reason);
        }
        Reason::CertificateExpired => {
            "Make a new request and have it approved. If the dates look right, check this \
             machine's clock."
        }
        Reason::CertificateNotYetValid => "Check the clock and the time zone of this machine.",
        Reason::ServerNotResolved => {
            "Check the network and the name server of this machine, and ask the server's admin \
             whether the host name is right."
        }
        Reason::ServerRefused => {
            "Ask the server's admin whether the server is running, and on which port."
        }
        Reason::ServerTimedOut | Reason::ServerUnreachable => {
            "Check the network and the firewalls on both sides: the connection must be let out \
             here and in at the server."
        }
        Reason::ServerNotTls => {
            "Ask the server's admin whether this is NVFlare's port and whether its \
             connection_security is that of the project."
        }
        Reason::ServerWrongHost => {
            "The server's admin makes a new request with this host under host_names, or you \
             connect to a host that the certificate names."
        }
        Reason::ServerOtherRoot => {
            "Do not start this kit. Kit and server are of different CAs, or another server is \
             answering: compare rootca_fingerprint_sha256 with the server's admin."
        }
        Reason::ServerCertificateExpired => {
            "The server's admin needs a new certificate. If the dates look right, check this \
             machine's clock."
        }
        Reason::ServerCertificateNotYetValid => {
            "Check the clock and the time zone of this machine; it seems to be behind the Project \
             Admin's."
        }
        Reason::ServerIdentity => {
            "Check the address: another participant of the project is answering there."
        }
        Reason::ServerRejectedCertificate => {
            "Ask the server's admin whether the server is of the same CA and has the project's \
             connection_security."
        }
        Reason::ServerHandshakeFailed => {
            "Ask the server's admin what the server's log says about this connection."
        }
        _ => return None,
    })
}
