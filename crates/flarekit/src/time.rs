//! Points in time as X.509 and the artifacts write them: whole seconds, UTC.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use der::DateTime;

/// Seconds in a day.
const DAY: u64 = 24 * 60 * 60;

/// The last second that X.509 can express: 9999-12-31T23:59:59Z (RFC 5280 section 4.1.2.5).
const LAST: u64 = 253_402_300_799;

/// A second in UTC, from 1970 to 9999. The clock itself belongs to the program, which hands it in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp(u64);

impl Timestamp {
    /// The given number of seconds after 1970-01-01T00:00:00Z, cut off at the end of the year 9999.
    #[must_use]
    pub fn from_unix(seconds: u64) -> Self {
        Self(seconds.min(LAST))
    }

    /// Reads the notation of the artifacts, `YYYY-MM-DDTHH:MM:SSZ`.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let date = DateTime::from_str(text).ok()?;
        Some(Self::from_unix(date.unix_duration().as_secs()))
    }

    /// Seconds after 1970-01-01T00:00:00Z.
    #[must_use]
    pub fn to_unix(self) -> u64 {
        self.0
    }

    /// So many days later, or `None` beyond the year 9999.
    #[must_use]
    pub fn plus_days(self, days: u32) -> Option<Self> {
        let seconds = self.0.checked_add(u64::from(days).checked_mul(DAY)?)?;
        (seconds <= LAST).then_some(Self(seconds))
    }

    /// So many seconds earlier.
    #[must_use]
    pub fn minus_seconds(self, seconds: u64) -> Self {
        Self(self.0.saturating_sub(seconds))
    }

    /// The time as an ASN.1 date. Every value of this type has one.
    pub(crate) fn to_der(self) -> der::Result<DateTime> {
        DateTime::from_unix_duration(Duration::from_secs(self.0))
    }
}

/// `YYYY-MM-DDTHH:MM:SSZ`, the notation of the artifacts.
impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.to_der() {
            Ok(date) => write!(f, "{date}"),
            Err(_) => write!(f, "@{}", self.0),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Timestamp;

    #[test]
    fn prints_the_notation_of_the_artifacts() {
        assert_eq!(Timestamp::from_unix(0).to_string(), "1970-01-01T00:00:00Z");
        assert_eq!(Timestamp::from_unix(1_795_416_539).to_string(), "2026-11-23T06:48:59Z");
        assert_eq!(Timestamp::from_unix(u64::MAX).to_string(), "9999-12-31T23:59:59Z");
    }

    #[test]
    fn ends_with_the_year_9999() {
        let now = Timestamp::from_unix(1_795_416_539);
        assert_eq!(now.plus_days(1095).unwrap().to_string(), "2029-11-22T06:48:59Z");
        assert_eq!(now.plus_days(u32::MAX), None);
    }
}
