//! Looking over what others made or what lay around: a startup kit or a zip, check by check.
//!
//! The stages refuse at the first defect, because nothing may be done with a bad input. Here
//! nothing is done, so every check is made that can be, and each says what it found: an
//! [`Outcome`] and a sentence. Nothing is written, and nothing that is shown is a proof for a later
//! stage.

mod connection;
mod kit;
mod zip;

pub(crate) use kit::{CONFIGURATIONS, KitHolder};
pub use kit::{CheckedKit, check_kit, read_revocation_list};
pub use zip::{check_denied_zip, check_request_zip, check_signed_zip};

use crate::error::{Defect, Error, Reason};
use crate::pki::Certificate;
use crate::time::Timestamp;

/// A certificate that ends within so many days is worth a warning.
const SOON: u32 = 30;

/// What came of a check.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// It is as it should be.
    Ok,
    /// It works, and yet somebody should look at it.
    Warning,
    /// It is not as it must be.
    Failed,
    /// It was not checked; the message says why.
    Skipped,
}

impl Outcome {
    /// The word in answers.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Warning => "warning",
            Self::Failed => "failed",
            Self::Skipped => "skipped",
        }
    }
}

/// One check.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Check {
    /// What was looked at: "key", "chain".
    pub name: &'static str,
    /// What came of it.
    pub outcome: Outcome,
    /// The published name of what is wrong, where the check failed and has one.
    pub reason: Option<Reason>,
    /// What was found.
    pub message: String,
}

/// The checks made so far, in order.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Checks(Vec<Check>);

impl Checks {
    /// Every check.
    #[must_use]
    pub fn all(&self) -> &[Check] {
        &self.0
    }

    /// Those with this outcome.
    pub fn with(&self, outcome: Outcome) -> impl Iterator<Item = &Check> {
        self.0.iter().filter(move |check| check.outcome == outcome)
    }

    /// Adds the checks of another look.
    pub fn append(&mut self, later: Checks) {
        self.0.extend(later.0);
    }

    pub(crate) fn ok(&mut self, name: &'static str, message: impl Into<String>) {
        self.add(name, Outcome::Ok, None, message.into());
    }

    pub(crate) fn warning(&mut self, name: &'static str, message: impl Into<String>) {
        self.add(name, Outcome::Warning, None, message.into());
    }

    pub(crate) fn skipped(&mut self, name: &'static str, message: impl Into<String>) {
        self.add(name, Outcome::Skipped, None, message.into());
    }

    pub(crate) fn failed(&mut self, name: &'static str, defect: Defect) {
        self.add(name, Outcome::Failed, Some(defect.reason), defect.message);
    }

    /// A stage's refusal.
    pub(crate) fn refused(&mut self, name: &'static str, error: &Error) {
        self.add(name, Outcome::Failed, error.reason(), error.message().to_owned());
    }

    /// `ok` with this message, or every defect that was found.
    pub(crate) fn outcome(
        &mut self,
        name: &'static str,
        defects: Vec<Defect>,
        good: impl Into<String>,
    ) {
        if defects.is_empty() {
            self.ok(name, good);
        }
        for defect in defects {
            self.failed(name, defect);
        }
    }

    fn add(&mut self, name: &'static str, outcome: Outcome, reason: Option<Reason>, text: String) {
        self.0.push(Check { name, outcome, reason, message: text });
    }
}

/// Whether the certificates are valid now, and stay so for a while.
pub(crate) fn check_dates(
    checks: &mut Checks,
    certificates: &[(&str, &Certificate)],
    now: Timestamp,
) {
    const NAME: &str = "dates";
    let mut good = Vec::new();
    for (what, certificate) in certificates {
        let (first, last) = (certificate.not_before(), certificate.not_after());
        let failed = |reason, when: String| {
            Defect::new(reason, format!("the {what} {when}; it is {now} here"))
        };
        if now < first {
            let when = format!("is valid only from {first}");
            checks.failed(NAME, failed(Reason::CertificateNotYetValid, when));
        } else if now > last {
            let when = format!("was valid until {last}");
            checks.failed(NAME, failed(Reason::CertificateExpired, when));
        } else if now.plus_days(SOON).is_some_and(|soon| soon > last) {
            let days = (last.to_unix() - now.to_unix()) / (24 * 60 * 60);
            let next = if *what == "certificate" { ": renew it" } else { "" };
            checks.warning(NAME, format!("the {what} ends {last}, in {days} days{next}"));
        } else {
            good.push(format!("the {what} is valid until {last}"));
        }
    }
    if !good.is_empty() {
        checks.ok(NAME, good.join(", "));
    }
}

#[cfg(test)]
mod tests {
    use super::{Checks, Outcome, check_dates};
    use crate::error::Reason;
    use crate::pki::Certificate;
    use crate::time::Timestamp;

    #[test]
    fn dates_are_checked_on_both_ends_and_a_month_ahead() {
        let pem = include_bytes!("../../tests/vectors/valid/reference-2.9.0/hospital-a.crt");
        let certificate = Certificate::from_pem(pem).unwrap();
        let (first, last) = (certificate.not_before().to_unix(), certificate.not_after().to_unix());
        let day = 24 * 60 * 60;
        for (now, outcome, reason) in [
            (first - 1, Outcome::Failed, Some(Reason::CertificateNotYetValid)),
            (first, Outcome::Ok, None),
            (last - 30 * day, Outcome::Ok, None),
            (last - 30 * day + 1, Outcome::Warning, None),
            (last, Outcome::Warning, None),
            (last + 1, Outcome::Failed, Some(Reason::CertificateExpired)),
        ] {
            let mut checks = Checks::default();
            let now = Timestamp::from_unix(now);
            check_dates(&mut checks, &[("certificate", &certificate)], now);
            let [check] = checks.all() else { panic!("{checks:?}") };
            assert_eq!((check.outcome, check.reason), (outcome, reason), "{now}: {check:?}");
        }
    }
}
