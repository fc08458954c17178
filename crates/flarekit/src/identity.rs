//! Who a participant is: the part of a definition that the Project Admin approves.

use std::fmt;

use crate::error::{Defect, Reason};
use crate::names::{Org, ParticipantName, ProjectName, shown};
use crate::pki::DistinguishedName;

/// What a certificate says its holder may be. For users it is their role.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum CertType {
    /// A site that trains.
    Client,
    /// The server of the federation.
    Server,
    /// A user who administers an organisation's sites.
    OrgAdmin,
    /// A user who submits jobs.
    Lead,
    /// A user who looks on.
    Member,
}

/// The kind of participant that a request is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    /// A client site.
    Site,
    /// The server.
    Server,
    /// A person.
    User,
}

impl CertType {
    /// Every type.
    pub const ALL: &[CertType] =
        &[Self::Client, Self::Server, Self::OrgAdmin, Self::Lead, Self::Member];

    /// Parses `client`, `server`, `org_admin`, `lead` or `member`.
    pub fn parse(text: &str) -> Result<Self, Defect> {
        Self::ALL.iter().copied().find(|known| known.as_str() == text).ok_or_else(|| {
            Defect::new(
                Reason::FieldValue,
                format!(
                    "type {} is not one of client, server, org_admin, lead, member",
                    shown(text)
                ),
            )
        })
    }

    /// Parses a user's role as a definition may write it: `org_admin`, `org-admin`, `lead`,
    /// `member`.
    pub fn parse_role(text: &str) -> Result<Self, Defect> {
        match text.trim() {
            "org_admin" | "org-admin" => Ok(Self::OrgAdmin),
            "lead" => Ok(Self::Lead),
            "member" => Ok(Self::Member),
            _ => Err(Defect::new(
                Reason::FieldValue,
                format!("role {} is not one of org_admin, lead, member", shown(text)),
            )),
        }
    }

    /// The name in artifacts and certificates.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Client => "client",
            Self::Server => "server",
            Self::OrgAdmin => "org_admin",
            Self::Lead => "lead",
            Self::Member => "member",
        }
    }

    /// The kind of participant that holds this type of certificate.
    #[must_use]
    pub fn kind(self) -> Kind {
        match self {
            Self::Client => Kind::Site,
            Self::Server => Kind::Server,
            Self::OrgAdmin | Self::Lead | Self::Member => Kind::User,
        }
    }

    /// The role that the certificate gives, which only users have.
    #[must_use]
    pub fn role(self) -> Option<&'static str> {
        (self.kind() == Kind::User).then(|| self.as_str())
    }
}

impl Kind {
    /// The name in artifacts.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Site => "site",
            Self::Server => "server",
            Self::User => "user",
        }
    }

    /// The `type` of a participant definition.
    #[must_use]
    pub fn participant_type(self) -> &'static str {
        match self {
            Self::Site => "client",
            Self::Server => "server",
            Self::User => "admin",
        }
    }
}

impl fmt::Display for CertType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// One participant of one federation. Two identities are equal when every part is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Identity {
    /// The federation.
    pub project: ProjectName,
    /// The participant's name in it.
    pub name: ParticipantName,
    /// The organisation that the participant belongs to.
    pub org: Org,
    /// What its certificate says.
    pub cert_type: CertType,
}

impl Identity {
    /// The subject of the participant's request and certificate.
    #[must_use]
    pub fn subject(&self) -> DistinguishedName {
        DistinguishedName {
            common_name: self.name.common_name().to_owned(),
            organization: Some(self.org.as_str().to_owned()),
            unstructured_name: Some(self.cert_type.as_str().to_owned()),
        }
    }

    /// The first attribute of a subject that is not this identity's: its name, what was found, and
    /// what belongs there.
    #[must_use]
    pub fn differs_from(
        &self,
        subject: &DistinguishedName,
    ) -> Option<(&'static str, String, &str)> {
        let cert_type = subject.unstructured_name.as_deref();
        [
            ("unstructuredName", cert_type, self.cert_type.as_str()),
            ("CN", Some(subject.common_name.as_str()), self.name.common_name()),
            ("O", subject.organization.as_deref(), self.org.as_str()),
        ]
        .into_iter()
        .find(|(_, found, expected)| *found != Some(expected))
        .map(|(attribute, found, expected)| {
            (attribute, found.map_or_else(|| "missing".to_owned(), shown), expected)
        })
    }

    /// The first part in which the two differ, with both values, for messages: as a definition names
    /// it.
    #[must_use]
    pub fn first_difference(&self, other: &Self) -> Option<(&'static str, String, String)> {
        let (mine, theirs) = (self.cert_type, other.cert_type);
        let pairs = [
            ("project", self.project.as_str(), other.project.as_str()),
            ("name", self.name.as_str(), other.name.as_str()),
            ("org", self.org.as_str(), other.org.as_str()),
            ("type", mine.kind().participant_type(), theirs.kind().participant_type()),
            ("role", mine.as_str(), theirs.as_str()),
        ];
        pairs
            .into_iter()
            .find(|(_, mine, theirs)| mine != theirs)
            .map(|(field, mine, theirs)| (field, mine.to_owned(), theirs.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The role of a user is in its certificate's type, and in `role` of its definition.
    #[test]
    fn a_difference_is_named_as_in_the_definition() {
        let identity = |cert_type| Identity {
            project: ProjectName::parse("demo").unwrap(),
            name: ParticipantName::parse("alice@x.org", CertType::Lead).unwrap(),
            org: Org::parse("x").unwrap(),
            cert_type,
        };
        let lead = identity(CertType::Lead);
        let differs = |other| {
            let (field, mine, theirs) = lead.first_difference(&identity(other))?;
            Some(format!("{field} {mine} {theirs}"))
        };
        assert_eq!(differs(CertType::Member).as_deref(), Some("role lead member"));
        assert_eq!(differs(CertType::Client).as_deref(), Some("type admin client"));
        assert_eq!(differs(CertType::Lead), None);
    }

    #[test]
    fn types_kinds_and_roles_fit_together() {
        for cert_type in CertType::ALL {
            assert_eq!(CertType::parse(cert_type.as_str()).unwrap(), *cert_type);
            assert_eq!(cert_type.role().is_some(), cert_type.kind() == Kind::User);
        }
        assert_eq!(CertType::parse_role("org-admin").unwrap(), CertType::OrgAdmin);
        assert!(CertType::parse_role("project_admin").is_err());
        assert!(CertType::parse("admin").is_err());
    }
}
