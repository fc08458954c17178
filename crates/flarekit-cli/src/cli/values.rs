//! How single values of options are read. The messages follow the name of the option.

use clap::builder::{PossibleValue, PossibleValuesParser, TypedValueParser};

use flarekit::ca::ledger::{Order, State};
use flarekit::identity::Kind;
use flarekit::names::{DeployVersion, Remark, RootOrg};
use flarekit::pki::RevocationReason;

use crate::output::Format;

/// For how many days a participant's certificate is valid where nobody says it, as the reference has
/// it.
pub const USUAL_DAYS: u32 = 1095;
/// The same as an option's default.
pub const VALID_DAYS: &str = "1095";

/// One of the names for an output format that an option accepts.
pub fn format(names: &'static [&'static str]) -> impl TypedValueParser<Value = Format> {
    PossibleValuesParser::new(names).map(|name| Format::named(&name))
}

/// A number of days.
pub fn days(text: &str) -> Result<u32, String> {
    match text.trim().parse() {
        Ok(days) if days > 0 => Ok(days),
        _ => Err("needs a plain number of days, 1 or more, for example 365".to_owned()),
    }
}

/// How long to wait, in seconds. Nobody waits longer than an hour.
pub fn timeout(text: &str) -> Result<u32, String> {
    match text.trim().parse() {
        Ok(seconds) if (1..=3600).contains(&seconds) => Ok(seconds),
        _ => Err("needs a whole number of seconds from 1 to 3600".to_owned()),
    }
}

/// A number of seconds, as Python reads one.
pub fn seconds(text: &str) -> Result<f64, String> {
    text.trim().parse().map_err(|_| "needs a number".to_owned())
}

/// A span of time in days: `30d`, `8w`, or a number of days.
pub fn span(text: &str) -> Result<u32, String> {
    let text = text.trim();
    let (number, unit) = match text.strip_suffix('w') {
        Some(weeks) => (weeks, 7),
        None => (text.strip_suffix('d').unwrap_or(text), 1),
    };
    let days = number.parse::<u32>().ok().and_then(|number| number.checked_mul(unit));
    days.ok_or_else(|| "needs a number of days or weeks, for example 30d or 8w".to_owned())
}

/// The state of a certificate.
pub fn state() -> impl TypedValueParser<Value = State> {
    one_of(State::ALL, State::as_str)
}

/// A kind of participant. The `type` that it has in a definition is understood, too.
pub fn kind() -> impl TypedValueParser<Value = Kind> {
    const ALL: [Kind; 3] = [Kind::Site, Kind::Server, Kind::User];
    let known = ALL.map(|kind| PossibleValue::new(kind.as_str()).alias(kind.participant_type()));
    PossibleValuesParser::new(known).try_map(|text| {
        let is = |kind: &Kind| text == kind.as_str() || text == kind.participant_type();
        ALL.into_iter().find(is).ok_or("is unknown")
    })
}

/// The order of a list.
pub fn order() -> impl TypedValueParser<Value = Order> {
    one_of(&[Order::Name, Order::End], Order::as_str)
}

/// The organisation of a root certificate.
pub fn root_org(text: &str) -> Result<RootOrg, String> {
    RootOrg::parse(text).map_err(|_| "needs 1 to 64 characters on one line".to_owned())
}

/// A reason or a note.
pub fn remark(text: &str) -> Result<Remark, String> {
    Remark::parse(text).map_err(|defect| format!("needs a line of plain text: {defect}"))
}

/// The reason of a revocation.
pub fn revocation_reason() -> impl TypedValueParser<Value = RevocationReason> {
    one_of(RevocationReason::ALL, RevocationReason::as_str)
}

/// One of some values, by its name.
fn one_of<T>(all: &'static [T], name: fn(T) -> &'static str) -> impl TypedValueParser<Value = T>
where
    T: Copy + Send + Sync,
{
    PossibleValuesParser::new(all.iter().map(|value| name(*value))).try_map(move |text| {
        all.iter().copied().find(|value| name(*value) == text).ok_or("is unknown")
    })
}

/// A deploy version.
pub fn deploy_version(text: &str) -> Result<DeployVersion, String> {
    DeployVersion::parse(text)
        .map_err(|_| "needs exactly two digits, for example 00 or 01".to_owned())
}

#[cfg(test)]
mod tests {
    use super::{USUAL_DAYS, VALID_DAYS, days, deploy_version, span, timeout};

    #[test]
    fn days_are_positive_and_whole() {
        assert_eq!(days("1"), Ok(1));
        assert_eq!(days("4294967295"), Ok(u32::MAX));
        for wrong in ["0", "-1", "1.5", "", "4294967296", "ten"] {
            assert!(days(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn the_usual_days_are_the_default() {
        assert_eq!(days(VALID_DAYS), Ok(USUAL_DAYS));
    }

    #[test]
    fn waiting_takes_a_second_to_an_hour() {
        assert_eq!((timeout("1"), timeout("3600")), (Ok(1), Ok(3600)));
        for wrong in ["0", "3601", "-1", "0.5", ""] {
            assert!(timeout(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_span_is_in_days_or_weeks() {
        for (text, days) in [("30d", 30), ("8w", 56), ("7", 7), (" 0d ", 0)] {
            assert_eq!(span(text), Ok(days), "{text}");
        }
        for wrong in ["", "d", "-1d", "1.5d", "30 days", "4294967295w", "1m"] {
            assert!(span(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_deploy_version_is_two_ascii_digits() {
        assert!(deploy_version("07").is_ok());
        for wrong in ["0", "007", "1a", "", "\u{660}\u{661}", "\u{660}", "+1"] {
            assert!(deploy_version(wrong).is_err(), "{wrong}");
        }
    }
}
