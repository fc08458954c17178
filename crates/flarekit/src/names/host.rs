//! Host names and addresses.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use super::shown;
use super::spelling::{self, LETTERS};
use crate::error::{Defect, Reason};
use crate::pki::AltName;

/// The longest DNS name in text form (RFC 1035 section 2.3.4: 255 octets on the wire).
const DNS_NAME: usize = 253;
/// The longest label of a DNS name (RFC 1035 section 2.3.4).
const DNS_LABEL: usize = 63;

/// What a server certificate can be valid for: a DNS name or an address.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Host {
    /// A DNS name, as it was written.
    Dns(String),
    /// An address.
    Ip(IpAddr),
}

impl Host {
    /// Parses a DNS name (RFC 1123 section 2.1), an IPv4 or an IPv6 address.
    ///
    /// [`Reason::HostName`] where it is neither; a name whose last label is a number, decimal or
    /// hexadecimal, must be an IPv4 address, because programs read it as one (RFC 3696 section 2;
    /// WHATWG URL, "ends in a number"). [`Reason::HostAddress`] for an address
    /// that no host can have: unspecified, multicast or broadcast.
    pub fn parse(text: &str) -> Result<Self, Defect> {
        if let Ok(address) = text.parse::<Ipv6Addr>() {
            return usable(IpAddr::V6(address), text);
        }
        if let Ok(address) = text.parse::<Ipv4Addr>() {
            return usable(IpAddr::V4(address), text);
        }
        let refuse =
            |what: &str| Err(Defect::new(Reason::HostName, format!("{} {what}", shown(text))));
        if text.is_empty() {
            return refuse("is empty: a host name or an address is needed");
        }
        if text.len() > DNS_NAME {
            return refuse("is longer than the 253 characters of a DNS name");
        }
        if text.contains("://") {
            return refuse("is a URL, but only the host name in it belongs here");
        }
        if has_port(text) {
            return refuse("has a port after the host name, which belongs elsewhere");
        }
        let accepted = |c: char| c.is_ascii_alphanumeric() || "-.".contains(c);
        if let Some(found) = spelling::first_refused(text, accepted) {
            return refuse(&format!(
                "is not a host name: it has {found}, but only {LETTERS}, digits, '-' and '.' are \
                 accepted"
            ));
        }
        let label_is_good = |label: &str| {
            !label.is_empty()
                && label.len() <= DNS_LABEL
                && !label.starts_with('-')
                && !label.ends_with('-')
        };
        if !text.split('.').all(label_is_good) {
            return refuse(
                "is not a host name: labels of letters, digits and inner '-', at most 63 \
                 characters each, joined by dots",
            );
        }
        let last = text.rsplit('.').next().unwrap_or(text);
        if is_number(last) {
            return refuse(
                "ends in a number, so programs read it as an IPv4 address, but is not four decimal \
                 numbers joined by dots",
            );
        }
        Ok(Self::Dns(text.to_owned()))
    }

    /// Whether this is a DNS name without a dot other than `localhost`: whoever is asked decides
    /// what such a name means.
    #[must_use]
    pub fn is_single_label(&self) -> bool {
        matches!(self, Self::Dns(name) if !name.contains('.') && !name.eq_ignore_ascii_case("localhost"))
    }

    /// Whether both mean one host: DNS names without regard to case (RFC 4343).
    #[must_use]
    pub fn is_same_host(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Dns(one), Self::Dns(two)) => one.eq_ignore_ascii_case(two),
            _ => self == other,
        }
    }
}

impl From<&Host> for AltName {
    fn from(host: &Host) -> Self {
        match host {
            Host::Dns(name) => Self::Dns(name.clone()),
            Host::Ip(address) => Self::Ip(*address),
        }
    }
}

impl fmt::Display for Host {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Dns(name) => f.write_str(name),
            Self::Ip(address) => write!(f, "{address}"),
        }
    }
}

/// Whether a host is followed by a port, as in `server.example.org:8002` and `[::1]:8002`.
fn has_port(text: &str) -> bool {
    let Some((host, port)) = text.rsplit_once(':') else { return false };
    let bracketed = host.starts_with('[') && host.ends_with(']');
    let digits = !port.is_empty() && port.bytes().all(|b| b.is_ascii_digit());
    digits && !host.is_empty() && (bracketed || !host.contains(':'))
}

/// Whether resolvers read a label as a number: `1`, `017`, `0x7f`, and `0x`, which they take for 0.
fn is_number(label: &str) -> bool {
    let hexadecimal = label.strip_prefix("0x").or_else(|| label.strip_prefix("0X"));
    match hexadecimal {
        Some(digits) => digits.bytes().all(|b| b.is_ascii_hexdigit()),
        None => label.bytes().all(|b| b.is_ascii_digit()),
    }
}

fn usable(address: IpAddr, text: &str) -> Result<Host, Defect> {
    let broadcast = matches!(address, IpAddr::V4(v4) if v4.is_broadcast());
    if matches!(address, IpAddr::V6(v6) if v6.to_ipv4_mapped().is_some()) {
        return Err(Defect::new(
            Reason::HostAddress,
            format!("{} is an IPv4 address in the form of IPv6; write it as IPv4", shown(text)),
        ));
    }
    if address.is_unspecified() || address.is_multicast() || broadcast {
        return Err(Defect::new(
            Reason::HostAddress,
            format!(
                "{} is an unspecified, multicast or broadcast address: no host has it",
                shown(text)
            ),
        ));
    }
    Ok(Host::Ip(address))
}

/// The host of an endpoint: a DNS name or an IPv4 address. The runtime writes it as `host:port`,
/// in which an IPv6 address has no place.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct HostName {
    host: Host,
    text: String,
}

impl HostName {
    /// Parses a DNS name or an IPv4 address; [`Reason::HostName`] or [`Reason::HostAddress`].
    pub fn parse(text: &str) -> Result<Self, Defect> {
        match Host::parse(text)? {
            Host::Ip(IpAddr::V6(_)) => Err(Defect::new(
                Reason::HostName,
                format!(
                    "{} is an IPv6 address; NVFlare 2.9 connects to a DNS name or an IPv4 address",
                    shown(text)
                ),
            )),
            host => Ok(Self { host, text: text.to_owned() }),
        }
    }

    /// The host as it was written.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The host as a certificate names it.
    #[must_use]
    pub fn host(&self) -> &Host {
        &self.host
    }
}

impl fmt::Display for HostName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_addresses() {
        for good in [
            "localhost",
            "server1.hospital-central.org",
            "10.0.1.50",
            "a.b",
            "x1",
            "0x7g",
            "1x7f",
            "0x7f.example.org",
            "127.1.example.org",
            "a.0xyz",
            "a.1b",
        ] {
            assert!(HostName::parse(good).is_ok(), "{good}");
        }
        assert_eq!(Host::parse("2001:db8::1").unwrap().to_string(), "2001:db8::1");
        assert_eq!(HostName::parse("::1").unwrap_err().reason, Reason::HostName);
    }

    #[test]
    fn what_is_neither_is_refused() {
        for bad in [
            "",
            "a b",
            "-a",
            "a-",
            "a..b",
            ".a",
            "a.",
            "a_b",
            "999.999.1.1",
            "1.2.3",
            "12345",
            "a\n",
        ] {
            assert_eq!(Host::parse(bad).unwrap_err().reason, Reason::HostName, "{bad}");
        }
        for number in [
            "0x7f000001",
            "0X7F000001",
            "0x",
            "017700000001",
            "2130706433",
            "127.1",
            "127.0.1",
            "127.0.0.0x1",
            "0x7f.0.0.1",
            "010.0.0.1",
            "1.2.3.4.5",
            "server.0xff",
            "server.example.7",
        ] {
            let defect = Host::parse(number).unwrap_err();
            assert_eq!(defect.reason, Reason::HostName, "{number}");
            assert!(defect.message.contains("ends in a number"), "{number}: {}", defect.message);
        }
        for bad in [&"a".repeat(64), &["a"; 128].join(".")] {
            assert!(Host::parse(bad).is_err());
        }
    }

    #[test]
    fn the_message_says_what_is_wrong_with_a_host() {
        for (text, words) in [
            ("a.example.org:8002", "has a port after the host name"),
            ("10.0.0.1:8002", "has a port after the host name"),
            ("[2001:db8::1]:8002", "has a port after the host name"),
            ("https://a.example.org:8002/x", "is a URL"),
            (
                "a_b.example.org",
                "it has '_' as character 2, but only the letters A to Z and a to z",
            ),
            ("s\u{fc}d.example.org", "it has '\u{fc}' as character 2"),
            ("a:b:1", "it has ':' as character 2"),
            ("a.org:", "it has ':' as character 6"),
            ("a..b", "labels of letters"),
        ] {
            let message = Host::parse(text).unwrap_err().message;
            assert!(message.contains(words), "{message}");
        }
    }

    #[test]
    fn addresses_that_no_host_has() {
        for bad in ["::ffff:10.0.0.1", "0.0.0.0", "::", "224.0.0.1", "ff02::1", "255.255.255.255"] {
            assert_eq!(Host::parse(bad).unwrap_err().reason, Reason::HostAddress, "{bad}");
        }
    }

    #[test]
    fn single_labels() {
        assert!(Host::parse("server").unwrap().is_single_label());
        assert!(!Host::parse("localhost").unwrap().is_single_label());
        assert!(!Host::parse("a.example.org").unwrap().is_single_label());
        assert!(Host::parse("A.x.org").unwrap().is_same_host(&Host::parse("a.X.org").unwrap()));
    }
}
