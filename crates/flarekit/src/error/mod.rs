//! What went wrong, as facts: a published [`Code`], a finer [`Reason`], and where it was found.
//!
//! The library states what it found and what it expected. Exit statuses and advice belong to the
//! program, which has one table for them. Reading rooms (names, YAML, JSON, archives, PEM) report a
//! [`Defect`], because the same defect means different things in a request and in an approval;
//! the stage that reads the bytes turns it into an [`Error`] with [`Defect::code`].

mod code;
mod reason;

pub use code::Code;
pub use reason::Reason;

use std::fmt;
use std::path::Path;

/// A defect in some bytes or text, not yet tied to the artifact in which it was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Defect {
    /// The stable name of the defect.
    pub reason: Reason,
    /// What was found and what was expected.
    pub message: String,
}

impl Defect {
    /// States a defect.
    pub fn new(reason: Reason, message: impl Into<String>) -> Self {
        Self { reason, message: message.into() }
    }

    /// Puts a place ("hospital-a.yaml", "signed.json in hospital-a.signed.zip") before the message.
    #[must_use]
    pub fn within(mut self, place: impl fmt::Display) -> Self {
        self.message = format!("{place}: {}", self.message);
        self
    }

    /// Gives the defect the code of the artifact it was found in.
    #[must_use]
    pub fn code(self, code: Code) -> Error {
        Error::because(code, self.reason, self.message)
    }
}

impl fmt::Display for Defect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Defect {}

/// A refusal: the operation did not happen and nothing was changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Error {
    code: Code,
    reason: Option<Reason>,
    message: String,
    origin: Origin,
}

/// Whose file the defect is in: who can mend it depends on that.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Origin {
    /// What the user typed or wrote, or the state of the machine.
    #[default]
    User,
    /// The request zip that somebody sent.
    RequestZip,
    /// The CA directory.
    CaDirectory,
    /// A zip that is to be a denied one.
    DeniedZip,
}

impl Error {
    /// A refusal whose code says everything that a program needs to know.
    pub fn new(code: Code, message: impl Into<String>) -> Self {
        Self { code, reason: None, message: message.into(), origin: Origin::User }
    }

    /// A refusal with the finer reason.
    pub fn because(code: Code, reason: Reason, message: impl Into<String>) -> Self {
        Self { code, reason: Some(reason), message: message.into(), origin: Origin::User }
    }

    /// Puts a place before the message.
    #[must_use]
    pub fn within(mut self, place: impl fmt::Display) -> Self {
        self.message = format!("{place}: {}", self.message);
        self
    }

    /// Puts something more behind the message.
    #[must_use]
    pub(crate) fn with(mut self, more: impl fmt::Display) -> Self {
        self.message = format!("{}; {more}", self.message);
        self
    }

    /// Says whose file the defect is in.
    #[must_use]
    pub fn of(mut self, origin: Origin) -> Self {
        self.origin = origin;
        self
    }

    /// Whose file the defect is in.
    #[must_use]
    pub fn origin(&self) -> Origin {
        self.origin
    }

    /// The published code.
    #[must_use]
    pub fn code(&self) -> Code {
        self.code
    }

    /// The finer reason, where the code covers several defects.
    #[must_use]
    pub fn reason(&self) -> Option<Reason> {
        self.reason
    }

    /// What was found, where, and what was expected.
    #[must_use]
    pub fn message(&self) -> &str {
        &self.message
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.message)
    }
}

impl std::error::Error for Error {}

/// Something the user should know although the operation succeeded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Warning {
    /// The stable name of the situation.
    pub code: WarningCode,
    /// What was found and what follows from it.
    pub message: String,
}

impl Warning {
    /// States a warning.
    pub fn new(code: WarningCode, message: impl Into<String>) -> Self {
        Self { code, message: message.into() }
    }

    /// Puts a place before the message.
    #[must_use]
    pub fn within(mut self, place: impl fmt::Display) -> Self {
        self.message = format!("{place}: {}", self.message);
        self
    }

    /// A private key's file mode lets other users in.
    pub(crate) fn readable_key(path: &Path, mode: u32) -> Self {
        Self::new(
            WarningCode::KeyReadableByOthers,
            format!(
                "{} has mode {:04o}: other users of this machine can reach the private key; \
                 'chmod 600' takes that from them, if the file system keeps modes",
                path.display(),
                mode & 0o7777
            ),
        )
    }

    /// Somebody else can exchange what is in a folder with a private key.
    pub(crate) fn writable_folder(path: &Path, who: impl fmt::Display) -> Self {
        Self::new(
            WarningCode::FolderWritableByOthers,
            format!("{} holds a private key: {who}", path.display()),
        )
    }
}

macro_rules! names {
    ($(#[$meta:meta])* $type:ident {
        $($(#[doc = $doc:literal])+ $variant:ident = $name:literal,)+
    }) => {
        $(#[$meta])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum $type { $($(#[doc = $doc])+ $variant,)+ }

        impl $type {
            /// Every value, in the order of the published list.
            pub const ALL: &[$type] = &[$($type::$variant),+];

            /// The published name.
            #[must_use]
            pub fn as_str(self) -> &'static str {
                match self { $($type::$variant => $name,)+ }
            }

            /// The sentence that says what it stands for.
            #[must_use]
            pub fn meaning(self) -> &'static str {
                match self { $($type::$variant => concat!($($doc),+).trim_ascii(),)+ }
            }
        }

        impl std::fmt::Display for $type {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(self.as_str())
            }
        }
    };
}
use names;

names! {
    /// The published list of warnings.
    WarningCode {
        /// `package` was run without an out-of-band fingerprint.
        FingerprintNotVerified = "FINGERPRINT_NOT_VERIFIED",
        /// The server demands more than the project's default gives its clients.
        ConnectionSecurityMismatch = "CONNECTION_SECURITY_MISMATCH",
        /// A certificate ends sooner than asked, because its root does.
        ValidityClipped = "VALIDITY_CLIPPED",
        /// A single-label host name is in a server certificate.
        SingleLabelHost = "SINGLE_LABEL_HOST",
        /// A field outside the allow-list was in a request; it was not signed.
        FieldDropped = "FIELD_DROPPED",
        /// A record under `~/.nvflare` could not be written.
        AuditNotWritten = "AUDIT_NOT_WRITTEN",
        /// The signed copies could not be put into the request folder.
        RequestFolderNotUpdated = "REQUEST_FOLDER_NOT_UPDATED",
        /// Other users of the machine can read a private key, or its passphrase.
        KeyReadableByOthers = "KEY_READABLE_BY_OTHERS",
        /// A file with a passphrase was named for a CA key that is not encrypted.
        PassphraseNotNeeded = "PASSPHRASE_NOT_NEEDED",
        /// Somebody else can, or could, exchange what is in a folder that holds a private key.
        FolderWritableByOthers = "FOLDER_WRITABLE_BY_OTHERS",
        /// The output file's name does not end in `.signed.zip`.
        UnusualFileName = "UNUSUAL_FILE_NAME",
        /// The root certificate names another issuer than itself, as some of the reference's do.
        RootNamesAnotherIssuer = "ROOT_NAMES_ANOTHER_ISSUER",
        /// This very request was approved before, or another one with its key.
        AlreadyApproved = "ALREADY_APPROVED",
        /// No request matches some of the digests that are expected.
        ExpectedRequestMissing = "EXPECTED_REQUEST_MISSING",
        /// Zips in a directory of requests are not named like requests.
        RequestsPassedOver = "REQUESTS_PASSED_OVER",
        /// This very request was denied before.
        AlreadyDenied = "ALREADY_DENIED",
        /// This certificate was revoked before.
        AlreadyRevoked = "ALREADY_REVOKED",
        /// Another certificate has the key of one that was revoked because of its key: it was revoked,
        /// too.
        SameKeyRevoked = "SAME_KEY_REVOKED",
        /// Another certificate has the key of one that was revoked, and is not revoked.
        SameKeyInUse = "SAME_KEY_IN_USE",
        /// A revoked certificate works until it ends, wherever nobody asks the revocation list.
        RevocationNotEnforced = "REVOCATION_NOT_ENFORCED",
        /// An earlier certificate counts as replaced; it works until it ends.
        CertificateReplaced = "CERTIFICATE_REPLACED",
        /// The profile's server has no valid certificate, and another server has one.
        OtherServer = "OTHER_SERVER",
        /// The last certificate of this name was revoked, or was of another organisation or type.
        IdentityChanged = "IDENTITY_CHANGED",
        /// The ledger does not know the certificate whose key signed the request.
        RenewedUnknown = "RENEWED_UNKNOWN",
        /// The definition was made from a certificate, which does not hold all of it.
        DefinitionFromCertificate = "DEFINITION_FROM_CERTIFICATE",
        /// A certificate ends soon.
        CertificateEndsSoon = "CERTIFICATE_ENDS_SOON",
        /// A record under `~/.nvflare` could not be taken into a new ledger.
        RecordNotImported = "RECORD_NOT_IMPORTED",
        /// There is no ledger: nothing was approved yet, or it was removed.
        LedgerMissing = "LEDGER_MISSING",
        /// The last entries of the ledger are not under a signature yet.
        LedgerUnsignedEntries = "LEDGER_UNSIGNED_ENTRIES",
        /// What was there before was moved into a backup.
        BackedUp = "BACKED_UP",
        /// The kit that was replaced had a newer certificate.
        OlderCertificate = "OLDER_CERTIFICATE",
        /// Files that a site changed in its kit were carried over into the new one.
        LocalFilesKept = "LOCAL_FILES_KEPT",
        /// Files of an older kit's `local` are not in the new one: another user could have put them
        /// there, `local` was a link, or that kit was not in its place any more.
        LocalFilesLeft = "LOCAL_FILES_LEFT",
        /// Files or folders of a kit could not be given the group that they had in the old one, and what
        /// it could do is closed.
        GroupNotKept = "GROUP_NOT_KEPT",
        /// A field that means nothing here, perhaps a misspelt one.
        UnknownField = "UNKNOWN_FIELD",
        /// The profile lacks what `cert approve` will need.
        ProfileIncomplete = "PROFILE_INCOMPLETE",
        /// A `builders:` block stays on this machine.
        BuildersStayLocal = "BUILDERS_STAY_LOCAL",
        /// A builder of the site has something to say.
        BuilderMessage = "BUILDER_MESSAGE",
        /// `connect_to` names another host than the approved server.
        ConnectToUnknownHost = "CONNECT_TO_UNKNOWN_HOST",
    }
}

#[cfg(test)]
mod tests {
    use super::{Code, Reason, WarningCode};
    use std::collections::HashSet;

    #[test]
    fn published_names_are_unique_and_shouting() {
        let mut seen = HashSet::new();
        let codes = Code::ALL.iter().map(|c| c.as_str());
        let reasons = Reason::ALL.iter().map(|r| r.as_str());
        let warnings = WarningCode::ALL.iter().map(|w| w.as_str());
        for name in codes.chain(reasons).chain(warnings) {
            assert!(seen.insert(name), "{name} is published twice");
            assert!(name.chars().all(|c| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_'));
        }
    }
}
