//! What a policy says about a request.

use std::fmt;

use super::{Pattern, Policy, Rule, Section, section_name};
use crate::approval::{AdmittedRequest, CandidateRequest, VerifiedRequest};
use crate::error::{Code, Error};
use crate::identity::Kind;
use crate::pki::AltName;

/// Patterns and host names that a message names; the others are counted.
const NAMED: usize = 3;

/// What is asked for: a request, and the names that its certificate would have.
#[derive(Debug, Clone, Copy)]
pub struct Asked<'a> {
    request: &'a VerifiedRequest,
    alt_names: &'a [AltName],
}

impl<'a> From<&'a AdmittedRequest> for Asked<'a> {
    fn from(admitted: &'a AdmittedRequest) -> Self {
        Self { request: admitted.request(), alt_names: admitted.alt_names() }
    }
}

impl<'a> From<&'a CandidateRequest> for Asked<'a> {
    fn from(candidate: &'a CandidateRequest) -> Self {
        Self { request: candidate.request(), alt_names: candidate.alt_names() }
    }
}

/// Which rule denies a request, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Denial {
    /// The rule: `client.orgs`; or the section that is missing, `client`.
    pub rule: String,
    /// The line on which the rule begins; none where a section is missing.
    pub line: Option<usize>,
    /// What is not allowed, and what is.
    pub why: String,
}

impl fmt::Display for Denial {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.line {
            Some(line) => write!(f, "{} (line {line}): {}", self.rule, self.why),
            None => write!(f, "{}: {}", self.rule, self.why),
        }
    }
}

impl Policy {
    /// Allows the request, or says which rules deny it.
    ///
    /// # Errors
    /// [`Code::PolicyDenied`].
    pub fn judge<'a>(&self, asked: impl Into<Asked<'a>>, valid_days: u32) -> Result<(), Error> {
        let asked = asked.into();
        let denials = self.denials(asked, valid_days);
        if denials.is_empty() {
            return Ok(());
        }
        let identity = &asked.request.metadata().identity;
        let denials: Vec<String> = denials.iter().map(ToString::to_string).collect();
        Err(Error::new(
            Code::PolicyDenied,
            format!(
                "{} denies '{}' ({}): {}",
                self.place(),
                identity.name,
                identity.cert_type,
                denials.join("; ")
            ),
        ))
    }

    /// Every rule that denies the request; none if it is allowed.
    #[must_use]
    pub fn denials<'a>(&self, asked: impl Into<Asked<'a>>, valid_days: u32) -> Vec<Denial> {
        let asked = asked.into();
        let kind = asked.request.metadata().identity.cert_type.kind();
        match self.section(kind) {
            Some(section) => section.denials(kind, asked, valid_days),
            None => vec![Denial {
                rule: section_name(kind).to_owned(),
                line: None,
                why: format!("the policy has no section '{}'", section_name(kind)),
            }],
        }
    }
}

impl Section {
    fn denials(&self, kind: Kind, asked: Asked<'_>, valid_days: u32) -> Vec<Denial> {
        let identity = &asked.request.metadata().identity;
        let (org, name) = (identity.org.as_str(), identity.name.as_str());
        let mut judgement = Judgement { section: section_name(kind), denials: Vec::new() };

        let says = &self.orgs.says;
        let allowed = says.iter().any(|pattern| pattern.matches(org));
        judgement.expect(allowed, "orgs", &self.orgs, || {
            format!("the organisation '{org}' is not among {}", listed(says))
        });
        let says = &self.names.says;
        let allowed = says.iter().any(|pattern| pattern.matches(name));
        judgement.expect(allowed, "names", &self.names, || {
            format!("the name '{name}' is not among {}", listed(says))
        });
        if let Some(rule) = &self.roles {
            let role = identity.cert_type.as_str();
            judgement.expect(rule.says.contains(&role), "roles", rule, || {
                format!("the role '{role}' is not among {}", listed(&quoted(&rule.says)))
            });
        }
        if let Some(rule) = &self.sans {
            let others: Vec<&AltName> =
                asked.alt_names.iter().filter(|name| !allows(&rule.says, name)).collect();
            judgement.expect(others.is_empty(), "sans", rule, || {
                format!("not among {}: {}", listed(&rule.says), listed(&others))
            });
        }
        if let Some(rule) = &self.key_bits {
            let bits = asked.request.public_key().bits();
            let allowed = rule.says.iter().any(|allowed| usize::try_from(*allowed) == Ok(bits));
            judgement.expect(allowed, "key_bits", rule, || {
                format!("the key has {bits} bits, which is not among {}", listed(&rule.says))
            });
        }
        let most = self.max_valid_days.says;
        judgement.expect(valid_days <= most, "max_valid_days", &self.max_valid_days, || {
            format!(
                "the certificate would be valid for {valid_days} days, but at most {most} are \
                     allowed"
            )
        });
        judgement.denials
    }
}

/// What has been found to be against a request.
struct Judgement {
    section: &'static str,
    denials: Vec<Denial>,
}

impl Judgement {
    fn expect<T>(
        &mut self,
        allowed: bool,
        key: &str,
        rule: &Rule<T>,
        why: impl FnOnce() -> String,
    ) {
        if !allowed {
            let rule_name = format!("{}.{key}", self.section);
            self.denials.push(Denial { rule: rule_name, line: Some(rule.at.line), why: why() });
        }
    }
}

/// Letters of host names count in no case (RFC 4343).
fn allows(patterns: &[Pattern], name: &AltName) -> bool {
    let text = name.to_string();
    patterns.iter().any(|pattern| pattern.matches_in_any_case(&text))
}

fn quoted(names: &[&str]) -> Vec<String> {
    names.iter().map(|name| format!("'{name}'")).collect()
}

/// The first of them, and how many more there are.
fn listed<T: fmt::Display>(items: &[T]) -> String {
    let named: Vec<String> = items.iter().take(NAMED).map(ToString::to_string).collect();
    match items.len().saturating_sub(NAMED) {
        _ if items.is_empty() => "an empty list".to_owned(),
        0 => named.join(", "),
        more => format!("{} and {more} more", named.join(", ")),
    }
}
