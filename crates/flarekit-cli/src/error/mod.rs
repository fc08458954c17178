//! From what went wrong to what the user sees: the exit status and the advice.
//!
//! This is the one table of the program. The library says what it found; here, and nowhere else,
//! stands what to do about it.

mod checks;
mod codes;
mod disk;
mod folders;
mod keys;
#[cfg(test)]
mod page;
mod reasons;
pub mod usage;

use flarekit::error::{Code, Error, Reason};

use crate::output::Report;

/// A command that did not succeed.
#[derive(Debug)]
pub struct Failure {
    /// What was found and what was expected.
    pub error: Error,
    /// How the command is used, when the command line could not be understood.
    pub usage: Option<Usage>,
    /// What the command found out all the same.
    pub report: Option<Box<Report>>,
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self { error, usage: None, report: None }
    }
}

/// How a command is used.
#[derive(Debug)]
pub struct Usage {
    /// The usage line.
    pub line: String,
    /// What can stand where something else was found.
    pub choices: Vec<String>,
    /// The whole help, when no command was named.
    pub help: Option<String>,
}

/// The exit status of an error.
pub fn exit_status(error: &Error) -> u8 {
    match (error.code(), error.reason()) {
        // A folder that was named wrongly is wrong input; one that was looked for is missing.
        (Code::RequestDirNotFound, Some(Reason::RequestDirGiven)) => 4,
        (Code::LocalSiteInvalid, Some(Reason::LocalSiteMissing)) => 1,
        (code, _) => codes::row(code).0,
    }
}

/// What to do about an error: the advice for its reason, where that is more specific, else for its
/// code.
pub fn hint(error: &Error) -> &'static str {
    reasons::hint(error).unwrap_or_else(|| codes::row(error.code()).1)
}

#[cfg(test)]
mod tests {
    use super::{codes, exit_status, hint};
    use flarekit::error::{Code, Error, Origin, Reason};

    #[test]
    fn every_code_has_an_exit_status_and_advice() {
        for code in Code::ALL {
            let (status, advice) = codes::row(*code);
            assert!([1, 4, 5, 130].contains(&status), "{code}");
            assert!(advice.ends_with('.') && advice.len() > 10, "{code}: {advice}");
            for reason in Reason::ALL {
                for origin in
                    [Origin::User, Origin::RequestZip, Origin::CaDirectory, Origin::DeniedZip]
                {
                    let special = hint(&Error::because(*code, *reason, "").of(origin));
                    assert!(special.ends_with('.') && special.len() > 10, "{code} {reason}");
                }
            }
        }
    }

    #[test]
    fn a_status_can_depend_on_the_reason() {
        let status = |code, reason| exit_status(&Error::because(code, reason, ""));
        assert_eq!(status(Code::RequestDirNotFound, Reason::RequestDirGiven), 4);
        assert_eq!(status(Code::RequestDirNotFound, Reason::RequestDirSearched), 1);
        assert_eq!(status(Code::LocalSiteInvalid, Reason::LocalSiteMissing), 1);
        assert_eq!(status(Code::LocalSiteInvalid, Reason::YamlSyntax), 4);
        assert_eq!(exit_status(&Error::new(Code::InternalError, "")), 5);
    }

    /// The request that is made anew finds the folder of the one before.
    #[test]
    fn advice_to_make_a_request_anew_can_be_followed() {
        let ended = Error::because(Code::CertExpired, Reason::CertificateExpired, "");
        let exists = Error::new(Code::CertAlreadyExists, "");
        for advice in [hint(&ended), hint(&exists)] {
            assert!(advice.contains("--force"), "{advice}");
        }
        assert!(hint(&exists).contains("if it is the right one"));
    }

    #[test]
    fn advice_depends_on_the_reason_where_that_helps() {
        let advice = |code, reason| hint(&Error::because(code, reason, ""));
        let general = hint(&Error::new(Code::InvalidSignedZip, ""));
        assert_eq!(advice(Code::InvalidSignedZip, Reason::YamlSyntax), general);
        assert_ne!(advice(Code::InvalidArgs, Reason::YamlSyntax), general);
        assert!(advice(Code::InvalidArgs, Reason::Usage).contains("--help"));
        let yaml = Error::because(Code::InvalidArgs, Reason::YamlSyntax, "");
        assert!(hint(&yaml.clone().of(Origin::RequestZip)).starts_with("Do not approve"));
        assert!(hint(&yaml.of(Origin::CaDirectory)).contains("ca.json"));
    }
}
