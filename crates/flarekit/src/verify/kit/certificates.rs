//! A kit's key and certificates: whether they belong together, to the configuration, and to today.

use super::super::{Checks, check_dates};
use super::KitFolder;
use super::configuration::{Configuration, credentials};
use crate::ca::leaf_profile;
use crate::error::{Defect, Reason};
use crate::identity::{CertType, Kind};
use crate::names::{common_name, shown};
use crate::pki::{Certificate, PrivateKey, Signer};
use crate::time::Timestamp;

/// What could be read of them.
pub(super) struct Credentials {
    pub root: Option<Certificate>,
    pub leaf: Option<Certificate>,
    pub key: Option<PrivateKey>,
}

impl Credentials {
    /// Reads the three; what is there and cannot be understood has failed.
    pub fn read(checks: &mut Checks, folder: &KitFolder) -> Self {
        let (certificate, key) = credentials(folder.kind);
        let mut read = |name: &str, check: &'static str| {
            let file = folder.startup(name)?;
            Certificate::from_pem(&file.bytes)
                .map_err(|defect| checks.failed(check, defect.within(name)))
                .ok()
        };
        let root = read("rootCA.pem", "root");
        let leaf = read(certificate, "certificate");
        let key = folder.key.as_ref().and_then(|(pem, _)| {
            PrivateKey::from_pem(pem, None)
                .map_err(|defect| checks.failed("key", defect.within(key)))
                .ok()
        });
        Self { root, leaf, key }
    }

    /// The root may sign, it signed the certificate, the key is the certificate's, and all of it is
    /// valid now.
    pub fn check(&self, checks: &mut Checks, kind: Kind, now: Timestamp) {
        if let Some(root) = &self.root {
            match root.verify_root() {
                Err(defect) => checks.failed("root", defect),
                Ok(()) => checks.ok("root", "a CA's certificate, signed by itself"),
            }
            if !root.names_itself() {
                checks.warning(
                    "root",
                    "the root certificate names another issuer than itself: under the tcp and \
                     http schemes, connections can fail",
                );
            }
        }
        if let (Some(leaf), Some(root)) = (&self.leaf, &self.root) {
            match leaf.verify_issued_by(root).and_then(|()| check_profile(leaf, kind)) {
                Err(defect) => checks.failed("chain", defect),
                Ok(()) => checks.ok("chain", "the root certificate signed the participant's"),
            }
        }
        if let (Some(leaf), Some(key)) = (&self.leaf, &self.key) {
            check_key(checks, leaf, key);
        }
        let named = [("certificate", &self.leaf), ("root certificate", &self.root)];
        let certificates: Vec<_> = named
            .into_iter()
            .filter_map(|(what, certificate)| Some((what, certificate.as_ref()?)))
            .collect();
        check_dates(checks, &certificates, now);
    }

    /// The certificate is of the participant that the configuration names, in the same project.
    pub fn check_identity(&self, checks: &mut Checks, kind: Kind, configuration: &Configuration) {
        let Some(leaf) = &self.leaf else { return };
        let subject = leaf.subject();
        let mut defects = Vec::new();
        let mut differs = |what: &str, certificate: &str, configured: &str| {
            if certificate != configured {
                let message = format!(
                    "the {what} is {} in the certificate, but {} in the configuration",
                    shown(certificate),
                    shown(configured)
                );
                defects.push(Defect::new(Reason::KitIdentity, message));
            }
        };
        differs("name", &subject.common_name, common_name(&configuration.name));
        if let Some(root) = &self.root {
            differs("project", &root.subject().common_name, &configuration.project);
        }
        let cert_type = subject.unstructured_name.as_deref().unwrap_or_default();
        let found = CertType::parse(cert_type).map(CertType::kind);
        if found.as_ref() != Ok(&kind) {
            let message = format!(
                "the certificate is of the type {}, which a {kind}'s kit cannot have",
                shown(cert_type)
            );
            defects.push(Defect::new(Reason::KitIdentity, message));
        }
        checks.outcome(
            "identity",
            defects,
            format!(
                "certificate and configuration name {} of {}",
                configuration.name, configuration.project
            ),
        );
    }
}

fn check_profile(leaf: &Certificate, kind: Kind) -> Result<(), Defect> {
    let any_of_kind = CertType::ALL.iter().find(|cert_type| cert_type.kind() == kind);
    any_of_kind.map_or(Ok(()), |cert_type| leaf.verify_leaf_profile(leaf_profile(*cert_type)))
}

fn check_key(checks: &mut Checks, leaf: &Certificate, key: &PrivateKey) {
    if key.public_key() != leaf.public_key() {
        let message = "the private key does not belong to the certificate";
        checks.failed("key", Defect::new(Reason::KeyMismatch, message));
        return;
    }
    match leaf.public_key().require_participant_key() {
        Err(defect) => checks.failed("key", defect),
        Ok(()) => checks.ok("key", "the private key belongs to the certificate"),
    }
}
