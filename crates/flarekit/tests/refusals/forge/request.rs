//! A request zip, altered.

use flarekit::pki::sha256_hex;

use super::der::Der;
use super::zip::Zip;
use super::{key_of, pem, unpem, x509};
use crate::machine::valid;

/// The valid request zip of a participant, to be altered.
pub struct RequestForge {
    pub name: &'static str,
    pub zip: Zip,
}

impl RequestForge {
    pub fn of(name: &'static str) -> Self {
        let zip = valid(&format!("{name}/{name}.request.zip"));
        Self { name, zip: Zip::open(&zip, &["request.json", "site.yaml", &format!("{name}.csr")]) }
    }

    pub fn csr_name(&self) -> String {
        format!("{}.csr", self.name)
    }

    /// Alters the CSR and leaves its signature as it was.
    pub fn csr(&mut self, change: impl FnOnce(&mut Der)) {
        let name = self.csr_name();
        let mut csr = unpem(self.zip.get(&name));
        change(&mut csr);
        self.zip.set(&name, pem("CERTIFICATE REQUEST", &csr.encode()));
    }

    /// Alters the CSR, which its maker then signs.
    pub fn csr_signed(&mut self, change: impl FnOnce(&mut Der)) {
        let key = key_of(self.name);
        self.csr(|csr| {
            change(csr);
            x509::sign(csr, key);
        });
    }

    /// Makes the hashes of the members fit.
    pub fn fit(&mut self) {
        let csr = sha256_hex(self.zip.get(&self.csr_name()));
        let site = sha256_hex(self.zip.get("site.yaml"));
        self.zip.json("request.json", |json| {
            json["csr_sha256"] = csr.into();
            json["site_yaml_sha256"] = site.into();
        });
    }
}
