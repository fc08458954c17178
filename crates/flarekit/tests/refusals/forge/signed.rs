//! A signed zip, altered.

use flarekit::fingerprint::Fingerprint;
use flarekit::pki::{PrivateKey, sha256, sha256_hex};

use super::der::Der;
use super::zip::Zip;
use super::{Signatures, ca_key, pem, unpem, x509};
use crate::case::place;
use crate::machine::valid;

/// The valid signed zip of a participant, to be altered.
pub struct SignedForge {
    pub name: &'static str,
    pub zip: Zip,
    pub signatures: Signatures,
}

impl SignedForge {
    /// `id` is the vector's, where signatures may be found.
    pub fn of(name: &'static str, id: &str) -> Self {
        let file = format!("{name}/{name}.signed.zip");
        let committed = std::fs::read(place(id).join(&file)).unwrap_or_default();
        let certificate = format!("{name}.crt");
        let members = ["signed.json", "signed.json.sig", "site.yaml", &certificate, "rootCA.pem"];
        let zip = Zip::open(&valid(&file), &members);
        let signatures = Signatures::known(zip.get("signed.json.sig"), &committed);
        Self { name, zip, signatures }
    }

    pub fn leaf_name(&self) -> String {
        format!("{}.crt", self.name)
    }

    /// Alters the participant's certificate and leaves its signature as it was.
    pub fn leaf(&mut self, change: impl FnOnce(&mut Der)) {
        let name = self.leaf_name();
        self.certificate(&name, change);
    }

    /// Alters the participant's certificate, which a CA then signs.
    pub fn leaf_signed(&mut self, key: &PrivateKey, change: impl FnOnce(&mut Der)) {
        self.leaf(|leaf| {
            change(leaf);
            x509::sign(leaf, key);
        });
    }

    /// Alters the root and leaves its signature as it was.
    pub fn root(&mut self, change: impl FnOnce(&mut Der)) {
        self.certificate("rootCA.pem", change);
    }

    fn certificate(&mut self, member: &str, change: impl FnOnce(&mut Der)) {
        let mut certificate = unpem(self.zip.get(member));
        change(&mut certificate);
        self.zip.set(member, pem("CERTIFICATE", &certificate.encode()));
    }

    /// Makes the hashes of the members fit.
    pub fn fit(&mut self) {
        let site = sha256_hex(self.zip.get("site.yaml"));
        let leaf = sha256_hex(self.zip.get(&self.leaf_name()));
        let root = sha256_hex(self.zip.get("rootCA.pem"));
        self.zip.json("signed.json", |json| {
            json["hashes"]["site_yaml_sha256"] = site.into();
            json["hashes"]["certificate_sha256"] = leaf.into();
            json["hashes"]["rootca_sha256"] = root.into();
        });
    }

    /// Repeats the certificate's serial number and end, where they are written as usual.
    pub fn fit_facts(&mut self) {
        let mut leaf = unpem(self.zip.get(&self.leaf_name()));
        let Der::Tree(_, fields) = leaf.at(&[0]) else { return };
        let versioned = matches!(fields.first(), Some(Der::Tree(0xa0, _)));
        let [serial, _, _, validity] = &fields[usize::from(versioned)..][..4] else { return };
        let digits: String =
            serial.clone().content().iter().map(|byte| format!("{byte:02x}")).collect();
        let digits = digits.trim_start_matches('0');
        let end = validity.clone().at(&[1]).content().clone();
        let end = String::from_utf8(end).unwrap();
        self.zip.json("signed.json", |json| {
            json["certificate"]["serial"] =
                format!("0x{}", if digits.is_empty() { "0" } else { digits }).into();
            let pairs: Vec<&str> = (0..6).filter_map(|n| end.get(2 * n..2 * n + 2)).collect();
            if let (13, [year, month, day, hour, minute, second]) = (end.len(), &pairs[..]) {
                json["certificate"]["valid_until"] =
                    format!("20{year}-{month}-{day}T{hour}:{minute}:{second}Z").into();
            }
        });
    }

    /// Names the enclosed root's fingerprint.
    pub fn fit_fingerprint(&mut self) {
        let fingerprint = fingerprint(self.zip.get("rootCA.pem"));
        self.zip.json("signed.json", |json| {
            json["ca_info"]["rootCA_fingerprint"] = fingerprint.into();
        });
    }

    /// The project's CA signs `signed.json` as it is now.
    pub fn sign(&mut self) {
        self.sign_with(ca_key());
    }

    pub fn sign_with(&mut self, key: &PrivateKey) {
        let signature = self.signatures.sign(key, self.zip.get("signed.json"));
        self.zip.set("signed.json.sig", signature);
    }
}

/// A certificate's fingerprint, as the artifacts write it.
pub fn fingerprint(pem: &[u8]) -> String {
    Fingerprint::from_digest(sha256(&unpem(pem).encode())).to_string()
}
