//! The names of participants.

use std::fmt;

use super::spelling::{self, LETTERS};
use super::{HostName, X520_UPPER_BOUND, common_name, is_windows_device, shown};
use crate::error::{Defect, Reason};
use crate::identity::CertType;

/// What every NVFlare runtime calls the server, whatever its certificate says
/// (`nvflare.fuel.common.fqn.FQN.ROOT_SERVER`).
const ROOT_SERVER: &str = "server";
/// The longest server name: with `.request.zip` appended it still fits a file name of 255 bytes.
const SERVER_NAME: usize = 243;

/// The name of a site, server or user, valid for its certificate type.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct ParticipantName(String);

impl ParticipantName {
    /// Parses a name for a participant of the given type.
    ///
    /// Defects of any name: [`Reason::NameEmpty`], [`Reason::NameTooLong`], [`Reason::NameUnsafe`],
    /// [`Reason::NameDevice`]. A name that is safe but wrong for the type, such as a user who is
    /// not an e-mail address: [`Reason::NameWrongForType`].
    pub fn parse(text: &str, cert_type: CertType) -> Result<Self, Defect> {
        let limit = if cert_type == CertType::Server { SERVER_NAME } else { X520_UPPER_BOUND };
        let refuse = |reason: Reason, what: String| {
            Err(Defect::new(reason, format!("the participant name {} {what}", shown(text))))
        };
        if text.trim().is_empty() {
            return refuse(Reason::NameEmpty, "is empty".to_owned());
        }
        if text.chars().count() > limit {
            return refuse(Reason::NameTooLong, format!("is longer than {limit} characters"));
        }
        let accepted = |c: char| c.is_ascii_alphanumeric() || "._@-".contains(c);
        if let Some(found) = spelling::first_refused(text, accepted) {
            return refuse(Reason::NameUnsafe, with_character(&found, text, cert_type));
        }
        if !text.starts_with(|c: char| c.is_ascii_alphanumeric()) {
            let what = "must start with a letter or digit";
            return refuse(Reason::NameUnsafe, format!("{what}{}", suggestion(text, cert_type)));
        }
        if is_windows_device(text) {
            return refuse(
                Reason::NameDevice,
                "is a name that Windows reserves for a device".to_owned(),
            );
        }
        if let Err(rule) = fits_type(text, cert_type) {
            return refuse(Reason::NameWrongForType, rule);
        }
        Ok(Self(text.to_owned()))
    }

    /// The whole name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The name as a certificate's CN holds it: the first 64 characters (only a server's name can
    /// be longer; its SAN has all of it).
    #[must_use]
    pub fn common_name(&self) -> &str {
        common_name(&self.0)
    }

    /// Whether both would be one name where case does not count: a host, or a folder on Windows
    /// and macOS.
    #[must_use]
    pub fn is_same_when_folded(&self, other: &str) -> bool {
        self.0.eq_ignore_ascii_case(other)
    }
}

impl fmt::Display for ParticipantName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// What is wrong with a name that has such a character.
fn with_character(found: &str, text: &str, cert_type: CertType) -> String {
    let rule = match cert_type {
        CertType::Client => format!("a client's name has only {LETTERS}, digits, '_' and '-'"),
        CertType::Server => {
            format!("a server's name is its host name, of {LETTERS}, digits, '-' and '.'")
        }
        CertType::OrgAdmin | CertType::Lead | CertType::Member => format!(
            "a user's name is an e-mail address, of {LETTERS}, digits, '.', '_', '-' and one '@'"
        ),
    };
    format!("has {found}, but {rule}{}", suggestion(text, cert_type))
}

/// What the name could be: a client's can be chosen freely, the others are as they are.
fn suggestion(text: &str, cert_type: CertType) -> String {
    let nearest = match cert_type {
        CertType::Client => spelling::nearest(text, "_-", "-"),
        _ => None,
    };
    spelling::suggested(nearest, |name| ParticipantName::parse(name, cert_type))
}

/// The rule of the type that the name breaks, if any.
fn fits_type(text: &str, cert_type: CertType) -> Result<(), String> {
    match cert_type {
        CertType::Client => {
            if text.eq_ignore_ascii_case(ROOT_SERVER) {
                return Err("does not suit a client: so NVFlare calls the server".to_owned());
            }
            let accepted = |c: char| c.is_ascii_alphanumeric() || "_-".contains(c);
            match spelling::first_refused(text, accepted) {
                Some(found) => Err(with_character(&found, text, cert_type)),
                None => Ok(()),
            }
        }
        CertType::Server => HostName::parse(text)
            .map(|_| ())
            .map_err(|defect| format!("does not suit a server: {}", defect.message)),
        CertType::OrgAdmin | CertType::Lead | CertType::Member => {
            if is_email(text) {
                return Ok(());
            }
            Err("does not suit a user: an e-mail address is needed, as in alice@example.org"
                .to_owned())
        }
    }
}

/// `[A-Za-z0-9._%+-]+@[A-Za-z0-9.-]+\.[A-Za-z]{2,}`, the form that the reference accepts.
fn is_email(text: &str) -> bool {
    let Some((local, domain)) = text.split_once('@') else { return false };
    let Some((subdomain, top)) = domain.rsplit_once('.') else { return false };
    let all = |part: &str, extra: &[u8]| {
        !part.is_empty() && part.bytes().all(|b| b.is_ascii_alphanumeric() || extra.contains(&b))
    };
    all(local, b"._%+-")
        && all(subdomain, b".-")
        && top.len() >= 2
        && top.bytes().all(|b| b.is_ascii_alphabetic())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn reason(text: &str, cert_type: CertType) -> Reason {
        ParticipantName::parse(text, cert_type).unwrap_err().reason
    }

    #[test]
    fn each_type_has_its_form() {
        for (name, cert_type) in [
            ("hospital-a", CertType::Client),
            ("12345", CertType::Client),
            ("server-1", CertType::Client),
            ("server", CertType::Server),
            ("alice@hospital-alpha.org", CertType::Lead),
            ("server1.hospital-central.org", CertType::Server),
            ("localhost", CertType::Server),
            ("10.0.1.50", CertType::Server),
        ] {
            assert!(ParticipantName::parse(name, cert_type).is_ok(), "{name}");
        }
        for (name, cert_type) in [
            ("hospital.a", CertType::Client),
            ("a@b.org", CertType::Client),
            ("server", CertType::Client),
            ("Server", CertType::Client),
            ("alice", CertType::Member),
            ("a@b@c.org", CertType::Member),
            ("a@b.o1", CertType::Member),
            ("a_b", CertType::Server),
            ("999.999.1.1", CertType::Server),
        ] {
            assert_eq!(reason(name, cert_type), Reason::NameWrongForType, "{name}");
        }
    }

    #[test]
    fn unsafe_names_are_refused_for_every_type() {
        for cert_type in CertType::ALL {
            assert_eq!(reason("", *cert_type), Reason::NameEmpty);
            assert_eq!(reason(" ", *cert_type), Reason::NameEmpty);
            for bad in ["../x", ".x", "-x", "a b", "a\n", "a%b@c.org", "a+b@c.org", "ä", "a/b"] {
                assert_eq!(reason(bad, *cert_type), Reason::NameUnsafe, "{bad}");
            }
            assert_eq!(reason("CON", *cert_type), Reason::NameDevice);
            assert_eq!(reason(&"x".repeat(244), *cert_type), Reason::NameTooLong);
        }
        assert_eq!(reason(&"x".repeat(65), CertType::Client), Reason::NameTooLong);
    }

    #[test]
    fn the_message_names_the_character_and_what_would_do() {
        let client = CertType::Client;
        for (text, cert_type, words) in [
            ("M\u{fc}ller", client, "has '\u{fc}' as character 2, but a client's name has only"),
            ("M\u{fc}ller", client, "; 'Mueller' would be accepted"),
            ("Mu\u{308}ller", client, "; 'Mueller' would be accepted"),
            ("hospital a", client, "has a space as character 9"),
            ("hospital a", client, "; 'hospital-a' would be accepted"),
            ("hospital.a", client, "; 'hospital-a' would be accepted"),
            ("-a_b", client, "must start with a letter or digit; 'a_b' would be accepted"),
            ("'hospital-a'", client, "a quotation mark as character 1"),
            ("a.org:8002", CertType::Server, "has ':' as character 6, but a server's name is its"),
            (
                "\u{fc}@x.org",
                CertType::Lead,
                "has '\u{fc}' as character 1, but a user's name is an",
            ),
        ] {
            let message = ParticipantName::parse(text, cert_type).unwrap_err().message;
            assert!(message.contains(words), "{message}");
        }
    }

    /// No letter is lost on the way, and nobody is told to take a name that would be refused.
    #[test]
    fn what_has_no_good_form_gets_no_suggestion() {
        for (text, cert_type) in [
            ("H\u{f4}pital", CertType::Client),
            ("Ho\u{302}pital", CertType::Client),
            ("server!", CertType::Client),
            ("CON!", CertType::Client),
            ("!", CertType::Client),
            ("a b.org", CertType::Server),
            ("a b@x.org", CertType::Lead),
        ] {
            let message = ParticipantName::parse(text, cert_type).unwrap_err().message;
            assert!(!message.contains("would be accepted"), "{message}");
        }
    }

    #[test]
    fn a_long_server_name_has_a_short_common_name() {
        let long = format!("{}.example.org", ["abcdefghij"; 8].join("."));
        let name = ParticipantName::parse(&long, CertType::Server).unwrap();
        assert_eq!(name.common_name(), &long[..64]);
        assert_eq!(name.as_str(), long);
    }
}
