//! What would be signed, and how it differs from before, for whoever decides about it.

use super::CertAuthority;
use super::ledger::{LatestCertificate, Standing};
use crate::approval::AdmittedRequest;
use crate::connection::Connection;
use crate::digest::Digest;
use crate::error::{Error, Warning};
use crate::names::escaped;
use crate::time::Timestamp;

/// What signing a request would come to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Review {
    /// The serial number, if a certificate that was issued before would be sent again. A new one is
    /// drawn when it is signed.
    pub serial: Option<String>,
    /// The certificate's first second.
    pub not_before: Timestamp,
    /// Its last second.
    pub not_after: Timestamp,
    /// What differs from the certificate that this name got last. None if it never had one.
    pub differences: Option<Vec<Difference>>,
    /// What the approver should know.
    pub warnings: Vec<Warning>,
}

/// Something that is not as it was.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    /// What.
    pub what: &'static str,
    /// How it was; none where the ledger does not know it.
    pub before: Option<String>,
    /// How it would be.
    pub now: String,
}

impl CertAuthority {
    /// Looks ahead at what [`sign`](Self::sign) would do, and does nothing.
    pub fn review(
        &self,
        admitted: &AdmittedRequest,
        standing: &Standing,
        valid_days: u32,
        now: Timestamp,
    ) -> Result<Review, Error> {
        self.check_root_validity(now)?;
        let mut warnings = [admitted.warnings(), standing.warnings()].concat();
        let (serial, not_before, not_after) = match standing.again() {
            Some(earlier) => {
                let certificate = self.issued_before(admitted, earlier)?;
                (Some(certificate.serial()), certificate.not_before(), certificate.not_after())
            }
            None => {
                let (validity, clipped) = self.leaf_validity(valid_days, now);
                warnings.extend(clipped);
                (None, validity.not_before, validity.not_after)
            }
        };
        let differences =
            standing.latest().map(|latest| differences(latest, admitted, (not_before, not_after)));
        Ok(Review { serial, not_before, not_after, differences, warnings })
    }
}

fn differences(
    latest: &LatestCertificate,
    admitted: &AdmittedRequest,
    (not_before, not_after): (Timestamp, Timestamp),
) -> Vec<Difference> {
    let (record, asked) = (&latest.entry.record, admitted.request().metadata());
    let names: Vec<String> = admitted.alt_names().iter().map(ToString::to_string).collect();
    let digest = |digest: Option<Digest>| digest.map(|digest| digest.to_string());
    let text = |text: &String| Some(escaped(text));
    let time = |time: Option<Timestamp>| time.map(|time| time.to_string());
    let rows = [
        ("name", text(&record.name), asked.identity.name.as_str().to_owned()),
        ("org", text(&record.org), asked.identity.org.as_str().to_owned()),
        (
            "cert_type",
            Some(record.cert_type.as_str().to_owned()),
            asked.identity.cert_type.as_str().to_owned(),
        ),
        ("public_key_sha256", digest(record.public_key), asked.public_key_sha256.to_string()),
        ("subject_alt_names", record.alt_names.as_ref().and_then(text), names.join(", ")),
        ("not_before", time(record.not_before), not_before.to_string()),
        ("valid_until", time(record.not_after), not_after.to_string()),
        ("connection", latest.connection.as_ref().map(described), described(admitted.connection())),
    ];
    rows.into_iter()
        .filter(|(_, before, now)| before.as_ref() != Some(now))
        .map(|(what, before, now)| Difference { what, before, now })
        .collect()
}

fn described(connection: &Connection) -> String {
    format!(
        "{}, admin_port {}, {}",
        connection.endpoint_url(),
        connection.server.admin_port.get(),
        connection.security.as_str()
    )
}
