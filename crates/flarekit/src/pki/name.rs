//! Distinguished names (RFC 5280 section 4.1.2.4) of the one shape that this workflow uses.

use std::fmt;

use const_oid::ObjectIdentifier;
use const_oid::db::rfc4519::{CN, O};
use der::asn1::{AnyRef, Ia5StringRef, PrintableStringRef, Utf8StringRef};
use der::{Decode, Sequence, Tag, Tagged};

use super::asn1;
use crate::error::{Defect, Reason};
use crate::names::escaped;

/// PKCS#9 (RFC 2985 section 5.4.3). The runtime reads a participant's type or role from it.
const UNSTRUCTURED_NAME: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.9.2");

/// X.520 upper bound of a common name and of an organisation's name, in characters (RFC 5280
/// appendix A.1).
const UPPER_BOUND: usize = 64;

/// PKCS#9 upper bound of an unstructured name (RFC 2985 appendix A).
const UNSTRUCTURED_UPPER_BOUND: usize = 255;

/// The subject of a request or a certificate. Nothing else may be in it, so that an identity has
/// one place and no second meaning.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DistinguishedName {
    /// The project's or the participant's name (CN).
    pub common_name: String,
    /// The organisation (O).
    pub organization: Option<String>,
    /// The participant's type or role (unstructuredName).
    pub unstructured_name: Option<String>,
}

impl DistinguishedName {
    /// Encodes CN, O, unstructuredName in this order, each as UTF8String, as the reference does.
    pub(super) fn to_der(&self) -> Result<Vec<u8>, Defect> {
        let values = [
            (CN, Some(&self.common_name)),
            (O, self.organization.as_ref()),
            (UNSTRUCTURED_NAME, self.unstructured_name.as_ref()),
        ];
        let mut sets = Vec::new();
        for (kind, value) in values {
            let Some(value) = value else { continue };
            check_length(kind, value)?;
            let text = Utf8StringRef::new(value).map_err(|e| asn1::malformed("subject", e))?;
            let attribute = asn1::write(&Attribute { kind, value: AnyRef::from(text) }, "subject")?;
            sets.extend(asn1::wrap(Tag::Set, &attribute, "subject")?);
        }
        asn1::wrap(Tag::Sequence, &sets, "subject")
    }

    /// Reads a name with exactly one CN, at most one O and one unstructuredName, in any order.
    pub(super) fn from_der(der: &[u8]) -> Result<Self, Defect> {
        let sets: Vec<AnyRef<'_>> =
            Vec::from_der(der).map_err(|error| asn1::malformed("subject", error))?;
        let (mut common_name, mut organization, mut unstructured_name) = (None, None, None);
        for set in sets {
            if set.tag() != Tag::Set {
                return Err(Defect::new(Reason::DerMalformed, "the subject is malformed"));
            }
            // Reading one attribute to the end of its set refuses sets of several.
            let attribute = Attribute::from_der(set.value()).map_err(|_| {
                Defect::new(Reason::SubjectMalformed, "the subject has a set of several attributes")
            })?;
            let slot = match attribute.kind {
                CN => &mut common_name,
                O => &mut organization,
                UNSTRUCTURED_NAME => &mut unstructured_name,
                other => {
                    return Err(Defect::new(
                        Reason::SubjectMalformed,
                        format!(
                            "the subject has the attribute {other}, \
                             expected only CN, O and unstructuredName"
                        ),
                    ));
                }
            };
            let value = text(attribute.kind, attribute.value)?;
            check_length(attribute.kind, &value)?;
            if slot.replace(value).is_some() {
                return Err(Defect::new(
                    Reason::SubjectMalformed,
                    format!("the subject has the attribute {} twice", label(attribute.kind)),
                ));
            }
        }
        let common_name = common_name
            .ok_or_else(|| Defect::new(Reason::SubjectMalformed, "the subject has no CN"))?;
        Ok(Self { common_name, organization, unstructured_name })
    }
}

/// `CN=hospital-a, O=hospital_alpha, unstructuredName=client`, safe to show: a certificate may have
/// any characters in its names, and none of them begins another attribute here.
impl fmt::Display for DistinguishedName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "CN={}", quoted(&self.common_name))?;
        if let Some(organization) = &self.organization {
            write!(f, ", O={}", quoted(organization))?;
        }
        if let Some(name) = &self.unstructured_name {
            write!(f, ", unstructuredName={}", quoted(name))?;
        }
        Ok(())
    }
}

/// A value with a backslash before what would end it or be lost (RFC 4514 section 2.4); what a terminal
/// would obey stands there as in Rust.
fn quoted(value: &str) -> String {
    let mut quoted = String::new();
    if value.starts_with([' ', '#']) {
        quoted.push('\\');
    }
    for c in escaped(value).chars() {
        if "+,;<>".contains(c) {
            quoted.push('\\');
        }
        quoted.push(c);
    }
    if value.len() > 1 && value.ends_with(' ') {
        quoted.insert(quoted.len() - 1, '\\');
    }
    quoted
}

/// `AttributeTypeAndValue` (RFC 5280 section 4.1.2.4).
#[derive(Sequence)]
struct Attribute<'a> {
    kind: ObjectIdentifier,
    value: AnyRef<'a>,
}

fn text(kind: ObjectIdentifier, value: AnyRef<'_>) -> Result<String, Defect> {
    let text = match value.tag() {
        Tag::Utf8String => value.decode_as::<Utf8StringRef<'_>>().map(|s| s.as_str().to_owned()),
        Tag::PrintableString => {
            value.decode_as::<PrintableStringRef<'_>>().map(|s| s.as_str().to_owned())
        }
        // PKCS9String allows it (RFC 2985 section 5.4.3), and OpenSSL writes it.
        Tag::Ia5String if kind == UNSTRUCTURED_NAME => {
            value.decode_as::<Ia5StringRef<'_>>().map(|s| s.as_str().to_owned())
        }
        other => {
            return Err(Defect::new(
                Reason::SubjectMalformed,
                format!("the subject's {} is a {other}, expected UTF8String", label(kind)),
            ));
        }
    };
    text.map_err(|error| asn1::malformed("subject", error))
}

fn check_length(kind: ObjectIdentifier, value: &str) -> Result<(), Defect> {
    let limit = if kind == UNSTRUCTURED_NAME { UNSTRUCTURED_UPPER_BOUND } else { UPPER_BOUND };
    let length = value.chars().count();
    if (1..=limit).contains(&length) {
        return Ok(());
    }
    Err(Defect::new(
        Reason::SubjectMalformed,
        format!("the subject's {} has {length} characters, expected 1 to {limit}", label(kind)),
    ))
}

fn label(kind: ObjectIdentifier) -> &'static str {
    match kind {
        CN => "CN",
        O => "O",
        _ => "unstructuredName",
    }
}

#[cfg(test)]
mod tests {
    use super::DistinguishedName;
    use crate::error::Reason;

    /// CN=a as UTF8String and as PrintableString, O=b, OU=c.
    const CN_UTF8: &[u8] = &[0x31, 10, 0x30, 8, 6, 3, 0x55, 4, 3, 0x0c, 1, b'a'];
    const CN_PRINTABLE: &[u8] = &[0x31, 10, 0x30, 8, 6, 3, 0x55, 4, 3, 0x13, 1, b'a'];
    const CN_TELETEX: &[u8] = &[0x31, 10, 0x30, 8, 6, 3, 0x55, 4, 3, 0x14, 1, b'a'];
    const O_UTF8: &[u8] = &[0x31, 10, 0x30, 8, 6, 3, 0x55, 4, 10, 0x0c, 1, b'b'];
    const OU_UTF8: &[u8] = &[0x31, 10, 0x30, 8, 6, 3, 0x55, 4, 11, 0x0c, 1, b'c'];
    const CN_AND_O: &[u8] = &[
        0x31, 20, 0x30, 8, 6, 3, 0x55, 4, 3, 0x0c, 1, b'a', 0x30, 8, 6, 3, 0x55, 4, 10, 0x0c, 1,
        b'b',
    ];

    fn read(sets: &[&[u8]]) -> Result<DistinguishedName, Reason> {
        let content = sets.concat();
        let mut der = vec![0x30, u8::try_from(content.len()).unwrap()];
        der.extend(content);
        DistinguishedName::from_der(&der).map_err(|defect| defect.reason)
    }

    fn name(cn: &str, o: Option<&str>, unstructured: Option<&str>) -> DistinguishedName {
        DistinguishedName {
            common_name: cn.into(),
            organization: o.map(Into::into),
            unstructured_name: unstructured.map(Into::into),
        }
    }

    #[test]
    fn reads_what_it_writes() {
        for name in [
            name("hospital-a", Some("hospital_alpha"), Some("client")),
            name("hospital_federation", None, None),
            name("Universit\u{e4}t", Some("o"), None),
            name("x", None, Some("lead")),
        ] {
            assert_eq!(DistinguishedName::from_der(&name.to_der().unwrap()).unwrap(), name);
        }
    }

    #[test]
    fn reads_any_order_and_printable_text() {
        assert_eq!(read(&[CN_PRINTABLE]), Ok(name("a", None, None)));
        assert_eq!(read(&[O_UTF8, CN_UTF8]), Ok(name("a", Some("b"), None)));
    }

    #[test]
    fn refuses_every_other_shape() {
        for sets in [
            &[][..],
            &[O_UTF8],
            &[CN_UTF8, CN_UTF8],
            &[CN_UTF8, O_UTF8, O_UTF8],
            &[CN_UTF8, OU_UTF8],
            &[CN_TELETEX],
            &[CN_AND_O],
        ] {
            assert_eq!(read(sets), Err(Reason::SubjectMalformed), "{sets:?}");
        }
        assert_eq!(read(&[&[2, 1, 0]]), Err(Reason::DerMalformed));
    }

    /// A set of one attribute with a text of one letter.
    fn attribute(oid: &[u8], tag: u8, letter: u8) -> Vec<u8> {
        let length = |of: usize| u8::try_from(of).unwrap();
        let kind = [&[6, length(oid.len())], oid].concat();
        let content = [kind.as_slice(), &[tag, 1, letter]].concat();
        [&[0x31, length(content.len() + 2), 0x30, length(content.len())], &content[..]].concat()
    }

    /// PKCS#9's string may be an IA5String (RFC 2985 section 5.4.3), X.520's may not.
    #[test]
    fn only_an_unstructured_name_may_be_an_ia5_string() {
        const IA5: u8 = 0x16;
        const UTF8: u8 = 0x0c;
        let unstructured = [0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 9, 2];
        let expected = name("a", None, Some("u"));
        for tag in [UTF8, IA5] {
            assert_eq!(
                read(&[CN_UTF8, &attribute(&unstructured, tag, b'u')]),
                Ok(expected.clone())
            );
        }
        let damaged = attribute(&unstructured, IA5, 0xff);
        assert_eq!(read(&[CN_UTF8, &damaged]), Err(Reason::DerMalformed));
        let cn = attribute(&[0x55, 4, 3], IA5, b'a');
        assert_eq!(read(&[&cn]), Err(Reason::SubjectMalformed));
        let o = attribute(&[0x55, 4, 10], IA5, b'b');
        assert_eq!(read(&[CN_UTF8, &o]), Err(Reason::SubjectMalformed));
    }

    #[test]
    fn attributes_are_called_by_their_names() {
        for (name, attribute) in [
            (name("", None, None), "CN"),
            (name("a", Some(""), None), "O"),
            (name("a", None, Some("")), "unstructuredName"),
        ] {
            let message = name.to_der().unwrap_err().message;
            assert!(message.starts_with(&format!("the subject's {attribute} has 0 ")), "{message}");
        }
    }

    #[test]
    fn is_shown_without_what_a_terminal_would_obey() {
        let name = name("a", Some("St. Mary's \u{1b}[2J\u{202e}"), Some("\r"));
        let expected = r"CN=a, O=St. Mary's \u{1b}[2J\u{202e}, unstructuredName=\r";
        assert_eq!(name.to_string(), expected);
    }

    /// The examples of RFC 4514 section 4, and what else it escapes.
    #[test]
    fn a_value_does_not_pass_for_another_attribute() {
        for (cn, shown) in [
            ("a, O=b", r"a\, O=b"),
            (r#"James "Jim" Smith, III"#, r#"James \"Jim\" Smith\, III"#),
            (r"a\, O=b", r"a\\\, O=b"),
            ("a+b;c<d>e", r"a\+b\;c\<d\>e"),
            ("#1", r"\#1"),
            (" a ", r"\ a\ "),
            (" ", r"\ "),
            ("a#=b c", "a#=b c"),
        ] {
            assert_eq!(name(cn, None, None).to_string(), format!("CN={shown}"));
            let shown = format!("CN=x, O={shown}, unstructuredName={shown}");
            assert_eq!(name("x", Some(cn), Some(cn)).to_string(), shown);
        }
    }

    #[test]
    fn keeps_the_upper_bounds() {
        let longest = "u".repeat(255);
        assert!(name(&"\u{e9}".repeat(64), None, Some(&longest)).to_der().is_ok());
        for name in [
            name(&"x".repeat(65), None, None),
            name("", None, None),
            name("x", Some(""), None),
            name("x", Some(&"o".repeat(65)), None),
            name("x", None, Some(&"u".repeat(256))),
        ] {
            assert_eq!(name.to_der().unwrap_err().reason, Reason::SubjectMalformed);
        }
    }
}
