//! A denied zip, altered.

use flarekit::pki::{PrivateKey, sha256_hex};

use super::der::Der;
use super::zip::Zip;
use super::{Signatures, ca_key, fingerprint, pem, unpem};
use crate::case::place;
use crate::generate::DENIED_ZIP;
use crate::machine::valid;

/// The valid denial of the site's request, to be altered.
pub struct DeniedForge {
    pub zip: Zip,
    pub signatures: Signatures,
}

impl DeniedForge {
    /// `id` is the vector's, where signatures may be found.
    pub fn of(id: &str) -> Self {
        let committed = std::fs::read(place(id).join(DENIED_ZIP)).unwrap_or_default();
        let members = ["denied.json", "denied.json.sig", "rootCA.pem"];
        let zip = Zip::open(&valid(DENIED_ZIP), &members);
        let signatures = Signatures::known(zip.get("denied.json.sig"), &committed);
        Self { zip, signatures }
    }

    /// Alters the root and leaves its signature as it was.
    pub fn root(&mut self, change: impl FnOnce(&mut Der)) {
        let mut root = unpem(self.zip.get("rootCA.pem"));
        change(&mut root);
        self.zip.set("rootCA.pem", pem("CERTIFICATE", &root.encode()));
    }

    /// Makes the root's hash fit.
    pub fn fit(&mut self) {
        let root = sha256_hex(self.zip.get("rootCA.pem"));
        self.zip.json("denied.json", |json| json["hashes"]["rootca_sha256"] = root.into());
    }

    /// Names the enclosed root's fingerprint.
    pub fn fit_fingerprint(&mut self) {
        let fingerprint = fingerprint(self.zip.get("rootCA.pem"));
        self.zip.json("denied.json", |json| {
            json["ca_info"]["rootCA_fingerprint"] = fingerprint.into();
        });
    }

    /// The project's CA signs `denied.json` as it is now.
    pub fn sign(&mut self) {
        self.sign_with(ca_key());
    }

    pub fn sign_with(&mut self, key: &PrivateKey) {
        let signature = self.signatures.sign(key, self.zip.get("denied.json"));
        self.zip.set("denied.json.sig", signature);
    }
}
