//! The names of a federation, parsed once at the door. A value of one of these types is safe as a
//! file name, in a certificate and in a shell script, and none can stand in for another.

mod host;
mod participant;
mod remark;
mod root_org;
mod spelling;

pub use host::{Host, HostName};
pub use participant::ParticipantName;
pub use remark::Remark;
pub use root_org::RootOrg;

use std::fmt;

use crate::error::{Defect, Reason};
use spelling::LETTERS;

/// X.520 upper bound of common names and organisation names (`ub-common-name`,
/// `ub-organization-name`, RFC 5280 appendix A.1), in characters.
pub const X520_UPPER_BOUND: usize = 64;

/// What a certificate's CN holds of a name: its first 64 characters. Names are ASCII.
pub(crate) fn common_name(name: &str) -> &str {
    name.get(..X520_UPPER_BOUND).unwrap_or(name)
}

/// So many characters of a text are shown.
const SHOWN: usize = 80;

/// Shows text from an input file in a message: quoted, control characters escaped, bounded. A file
/// that was named by mistake may be a private key, and messages end up in logs.
pub(crate) fn shown(text: &str) -> String {
    if text.contains("PRIVATE KEY") {
        return "the text of a private key".to_owned();
    }
    let text = without_key_material(text);
    let mut short: String = text.chars().take(SHOWN).collect();
    if text.chars().count() > SHOWN {
        short.push('…');
    }
    format!("'{}'", escaped(&short))
}

/// Cuts short what may be a line of a key in base64. A digest in hexadecimal digits is none. Of a long
/// text comes more than is shown, but not all.
fn without_key_material(text: &str) -> String {
    /// PEM has lines of 64 characters (RFC 7468 section 2), other texts have them of 76.
    const RUN: usize = 48;
    const KEPT: usize = 8;
    let is_base64 = |c: char| c.is_ascii_alphanumeric() || "+/=".contains(c);
    let mut out = String::new();
    for part in text.split_inclusive(|c| !is_base64(c)) {
        // A character has four bytes at most.
        if out.len() > 4 * SHOWN {
            break;
        }
        let run = part.strip_suffix(|c| !is_base64(c)).unwrap_or(part);
        if run.len() < RUN || run.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            out.push_str(part);
            continue;
        }
        out.extend(run.chars().take(KEPT));
        out.push('…');
        out.push_str(part.get(run.len()..).unwrap_or_default());
    }
    out
}

/// The same text without anything that a terminal would obey or not show.
pub(crate) fn escaped(text: &str) -> String {
    text.escape_debug().to_string().replace("\\'", "'")
}

/// The name of a federation: `[A-Za-z0-9][A-Za-z0-9._-]*`, at most 64 characters.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct ProjectName(String);

impl ProjectName {
    /// Parses a project name. Every defect has [`Reason::ProjectName`].
    pub fn parse(text: &str) -> Result<Self, Defect> {
        let refuse = |what: &str| {
            Err(Defect::new(
                Reason::ProjectName,
                format!("the project name {} {what}", shown(text)),
            ))
        };
        if text.is_empty() {
            return refuse("is empty");
        }
        if text.chars().count() > X520_UPPER_BOUND {
            return refuse("is longer than 64 characters");
        }
        let accepted = |c: char| c.is_ascii_alphanumeric() || "._-".contains(c);
        let suggestion = || spelling::suggested(spelling::nearest(text, "._-", "_"), Self::parse);
        if let Some(found) = spelling::first_refused(text, accepted) {
            return refuse(&format!(
                "has {found}, but only {LETTERS}, digits, '.', '_' and '-' are accepted{}",
                suggestion()
            ));
        }
        if !text.starts_with(|c: char| c.is_ascii_alphanumeric()) {
            return refuse(&format!("must start with a letter or digit{}", suggestion()));
        }
        if is_windows_device(text) {
            return refuse("is a name that Windows reserves for a device");
        }
        Ok(Self(text.to_owned()))
    }

    /// The name as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// The name of an organisation: `[A-Za-z0-9_]+`, at most 64 characters.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Org(String);

impl Org {
    /// Parses an organisation's name. A defect has [`Reason::OrgName`] and suggests a valid form.
    pub fn parse(text: &str) -> Result<Self, Defect> {
        let accepted = |c: char| c.is_ascii_alphanumeric() || c == '_';
        let what = match spelling::first_refused(text, accepted) {
            Some(found) => {
                format!("has {found}, but only {LETTERS}, digits and '_' are accepted")
            }
            None if (1..=X520_UPPER_BOUND).contains(&text.len()) => {
                return Ok(Self(text.to_owned()));
            }
            None => "must be of 1 to 64 characters".to_owned(),
        };
        let suggestion = spelling::suggested(suggest_org(text), Self::parse);
        Err(Defect::new(Reason::OrgName, format!("org {} {what}{suggestion}", shown(text))))
    }

    /// The name as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// The nearest form that may be valid: everything that is not accepted becomes one `_`.
fn suggest_org(text: &str) -> Option<String> {
    spelling::nearest(text, "", "_").map(|form| form.chars().take(X520_UPPER_BOUND).collect())
}

/// A TCP port, 1 to 65535.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Port(u16);

impl Port {
    /// Accepts 1 to 65535; [`Reason::Port`] otherwise.
    pub fn new(number: i64) -> Result<Self, Defect> {
        match u16::try_from(number) {
            Ok(port) if port > 0 => Ok(Self(port)),
            _ => Err(Defect::new(
                Reason::Port,
                format!("{number} is not a port: it must be a whole number from 1 to 65535"),
            )),
        }
    }

    /// The number.
    #[must_use]
    pub fn get(self) -> u16 {
        self.0
    }
}

/// The generation of a deployment: two digits, as in `prod_00`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeployVersion(String);

impl DeployVersion {
    /// Parses two ASCII digits; [`Reason::DeployVersion`] otherwise.
    pub fn parse(text: &str) -> Result<Self, Defect> {
        if text.len() == 2 && text.bytes().all(|b| b.is_ascii_digit()) {
            return Ok(Self(text.to_owned()));
        }
        Err(Defect::new(
            Reason::DeployVersion,
            format!("deploy version {} must be exactly two digits, as in 00", shown(text)),
        ))
    }

    /// The two digits.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// `00`: what an artifact without a deploy version means.
impl Default for DeployVersion {
    fn default() -> Self {
        Self("00".to_owned())
    }
}

/// The identifier of one request: a UUID as 32 hexadecimal digits, or with dashes.
///
/// The text is kept as written, because the reference compares it as text; two ids are equal when
/// their digits are.
#[derive(Debug, Clone)]
pub struct RequestId(String);

impl RequestId {
    /// Parses a request id; [`Reason::RequestId`] otherwise.
    pub fn parse(text: &str) -> Result<Self, Defect> {
        let groups: Vec<usize> = text.split('-').map(str::len).collect();
        let well_grouped = matches!(groups.as_slice(), [32] | [8, 4, 4, 4, 12]);
        if well_grouped && text.bytes().all(|b| b.is_ascii_hexdigit() || b == b'-') {
            return Ok(Self(text.to_owned()));
        }
        Err(Defect::new(
            Reason::RequestId,
            format!("request_id {} is not a UUID of 32 hexadecimal digits", shown(text)),
        ))
    }

    /// A version 4 UUID (RFC 9562 section 5.4) from 16 random bytes.
    #[must_use]
    pub fn from_random(mut bytes: [u8; 16]) -> Self {
        bytes[6] = (bytes[6] & 0x0f) | 0x40;
        bytes[8] = (bytes[8] & 0x3f) | 0x80;
        Self(bytes.iter().map(|byte| format!("{byte:02x}")).collect())
    }

    /// The id as it was written.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The id in the one form by which equal ids are found: 32 lower-case digits.
    #[must_use]
    pub fn to_plain(&self) -> Self {
        Self(self.digits().map(char::from).collect())
    }

    fn digits(&self) -> impl Iterator<Item = u8> + '_ {
        self.0.bytes().filter(|b| *b != b'-').map(|b| b.to_ascii_lowercase())
    }
}

impl PartialEq for RequestId {
    fn eq(&self, other: &Self) -> bool {
        self.digits().eq(other.digits())
    }
}

impl Eq for RequestId {}

macro_rules! display_as_str {
    ($($type:ty),+) => {
        $(impl fmt::Display for $type {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(self.as_str())
            }
        })+
    };
}
display_as_str!(ProjectName, Org, DeployVersion, RequestId);

impl fmt::Display for Port {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)
    }
}

/// Whether Windows would open a device instead of a file of this name: the part before the first
/// dot counts, in any case ("Naming Files, Paths, and Namespaces", Windows documentation). Kits are
/// copied to such machines.
fn is_windows_device(name: &str) -> bool {
    let stem = name.split('.').next().unwrap_or(name).to_ascii_uppercase();
    let numbered = |prefix: &str| {
        stem.strip_prefix(prefix)
            .is_some_and(|rest| rest.len() == 1 && rest.bytes().all(|digit| digit.is_ascii_digit()))
    };
    matches!(stem.as_str(), "CON" | "PRN" | "AUX" | "NUL") || numbered("COM") || numbered("LPT")
}

#[cfg(test)]
mod tests {
    use std::net::IpAddr;

    use super::*;
    use crate::identity::CertType;
    use proptest::prelude::*;

    #[test]
    fn no_message_shows_a_private_key() {
        let defect = ProjectName::parse("-----BEGIN RSA PRIVATE KEY-----\nMIIE").unwrap_err();
        assert!(!defect.message.contains("MIIE"), "{}", defect.message);
        assert_eq!(shown(&"x.".repeat(100)), format!("'{}…'", "x.".repeat(40)));
        let line = format!("{}/", "MIIEowIBAAKCAQEA".repeat(3));
        let defect = Org::parse(&line).unwrap_err();
        assert!(!defect.message.contains(&line[..9]), "{defect}");
    }

    /// A line of a key that stands where a word is expected.
    #[test]
    fn no_message_shows_a_line_of_a_key() {
        let line = "MIIEowIBAAKCAQEAz4nr2rCnFZ5Gx3KBQBjBjjQfQRrfpdgpbJdXfECgYBov899y";
        for (text, expected) in [
            (line.to_owned(), "'MIIEowIB…'".to_owned()),
            (format!("a word\n{line}\n{line}"), "'a word\\nMIIEowIB…\\nMIIEowIB…'".to_owned()),
            (line[..48].to_owned(), "'MIIEowIB…'".to_owned()),
            (line[..47].to_owned(), format!("'{}'", &line[..47])),
            ("0aF".repeat(20), format!("'{}'", "0aF".repeat(20))),
        ] {
            assert_eq!(shown(&text), expected);
        }
    }

    #[test]
    fn project_names() {
        for good in ["hospital_federation", "a", "0.1-x", &"p".repeat(64)] {
            assert!(ProjectName::parse(good).is_ok(), "{good}");
        }
        for bad in ["", " ", "a b", ".a", "-a", "a/b", "a\n", "é", "NUL", &"p".repeat(65)] {
            assert_eq!(ProjectName::parse(bad).unwrap_err().reason, Reason::ProjectName, "{bad}");
        }
        let message = ProjectName::parse("Föderation 1").unwrap_err().message;
        assert!(
            message.contains("has 'ö' as character 2, but only the letters A to Z"),
            "{message}"
        );
        assert!(message.ends_with("; 'Foederation_1' would be accepted"), "{message}");
    }

    #[test]
    fn an_invalid_org_gets_a_suggested_form() {
        assert!(Org::parse("hospital_alpha").is_ok());
        let defect = Org::parse("St. Mary's Hospital").unwrap_err();
        assert!(defect.message.contains("'St_Mary_s_Hospital'"), "{}", defect.message);
        let defect = Org::parse("Klinik Süd").unwrap_err();
        assert!(defect.message.contains("'Klinik_Sued'"), "{}", defect.message);
        assert!(!Org::parse("Hôpital").unwrap_err().message.contains("would be"));
        assert!(defect.message.contains("has a space as character 7, but only"), "{defect}");
        for bad in ["", "orga\n", "a b", "klinik-süd", &"o".repeat(65)] {
            assert_eq!(Org::parse(bad).unwrap_err().reason, Reason::OrgName, "{bad}");
        }
    }

    #[test]
    fn request_ids_are_equal_by_their_digits() {
        let plain = RequestId::parse("beb8ddfb18454a4294bd0ed60ae2e320").unwrap();
        let dashed = RequestId::parse("BEB8DDFB-1845-4A42-94BD-0ED60AE2E320").unwrap();
        assert_eq!(plain, dashed);
        for bad in ["", "beb8", "beb8ddfb18454a4294bd0ed60ae2e32g", "../../../../../etc/passwd\n\n"]
        {
            assert!(RequestId::parse(bad).is_err(), "{bad}");
        }
        let made = RequestId::from_random([0xff; 16]);
        assert_eq!(made.as_str(), "ffffffffffff4fffbfffffffffffffff");
    }

    #[test]
    fn ports_and_deploy_versions() {
        assert_eq!(Port::new(8002).unwrap().get(), 8002);
        for bad in [0, -1, 65536, i64::MAX] {
            assert!(Port::new(bad).is_err());
        }
        assert_eq!(DeployVersion::default().as_str(), "00");
        for bad in ["", "0", "000", "٠٠", "a0", "0\n"] {
            assert!(DeployVersion::parse(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn windows_devices() {
        for device in ["CON", "con", "nul.txt", "Com1", "lpt9.x.y"] {
            assert!(is_windows_device(device), "{device}");
        }
        for plain in ["console", "com", "com10", "hospital-a", "icon"] {
            assert!(!is_windows_device(plain), "{plain}");
        }
    }

    proptest! {
        #[test]
        fn a_host_is_printed_as_it_is_read(text in "[a-z0-9:.-]{1,12}", v4: [u8; 4], v6: [u8; 16]) {
            let addresses = [IpAddr::from(v4).to_string(), IpAddr::from(v6).to_string()];
            for text in addresses.iter().chain([&text]) {
                if let Ok(host) = Host::parse(text) {
                    prop_assert_eq!(Host::parse(&host.to_string()), Ok(host));
                }
            }
        }

        #[test]
        fn an_accepted_participants_name_is_a_safe_file_name(text in "[a-zA-Z0-9._@/ -]{1,20}") {
            for cert_type in CertType::ALL {
                if let Ok(name) = ParticipantName::parse(&text, *cert_type) {
                    prop_assert_eq!(name.as_str(), &text);
                    prop_assert!(!text.contains(['/', ' ']) && !text.starts_with(['.', '-']));
                }
            }
        }

        #[test]
        fn an_accepted_project_name_is_a_safe_file_name(text in "\\PC{0,70}") {
            if let Ok(name) = ProjectName::parse(&text) {
                prop_assert!(!name.as_str().contains(['/', '\\', '\0', '\n', ' ']));
                prop_assert!(!name.as_str().starts_with('.'));
            }
        }

        #[test]
        fn a_suggested_org_is_accepted(text in ".{0,90}") {
            if let Some(valid) = suggest_org(&text) {
                prop_assert!(Org::parse(&valid).is_ok());
            }
        }
    }
}
