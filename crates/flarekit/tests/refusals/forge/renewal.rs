//! The block `renewal` of a request, made and altered.

use flarekit::pki::{PrivateKey, sha256};

use super::der::Der;
use super::{RequestForge, Signatures, pem, unpem, x509};
use crate::case::place;
use crate::forge::zip::Zip;
use crate::machine::valid;

/// What the signature's message begins with.
pub const DOMAIN: &str = "flarekit renewal 1";

/// A request for the certificate that comes after the participant's valid one. It has the same key.
pub struct RenewalForge {
    pub request: RequestForge,
    /// The certificate that vouches, in PEM.
    pub certificate: Vec<u8>,
    pub signatures: Signatures,
}

impl RenewalForge {
    /// `id` is the vector's, where signatures may be found.
    pub fn of(name: &'static str, id: &str) -> Self {
        let committed = std::fs::read(place(id).join(format!("{name}/{name}.request.zip")));
        let signatures = Signatures::known(&[], &committed.unwrap_or_default());
        Self { request: RequestForge::of(name), certificate: certificate_of(name), signatures }
    }

    /// Alters the certificate, which a CA then signs.
    pub fn leaf_signed(&mut self, key: &PrivateKey, change: impl FnOnce(&mut Der)) {
        let mut certificate = unpem(&self.certificate);
        change(&mut certificate);
        x509::sign(&mut certificate, key);
        self.certificate = pem("CERTIFICATE", &certificate.encode());
    }

    /// What is to be signed: the text, a zero byte, and the values with their lengths.
    pub fn message(&self, domain: &str) -> Vec<u8> {
        let json: serde_json::Value =
            serde_json::from_str(&self.request.zip.text("request.json")).unwrap();
        let digest = |key: &str| {
            let digits = json[key].as_str().unwrap();
            let pairs = (0..digits.len()).step_by(2);
            pairs.map(|at| u8::from_str_radix(&digits[at..at + 2], 16).unwrap()).collect()
        };
        let values: [Vec<u8>; 4] = [
            json["request_id"].as_str().unwrap().as_bytes().to_vec(),
            digest("csr_sha256"),
            digest("site_yaml_sha256"),
            sha256(&unpem(&self.certificate).encode()).to_vec(),
        ];
        let mut message = [domain.as_bytes(), &[0]].concat();
        for value in values {
            message.extend((value.len() as u64).to_be_bytes());
            message.extend(value);
        }
        message
    }

    /// Signs the request as it is now, and puts the block into it.
    pub fn sign(&mut self, key: &PrivateKey) {
        let signature = self.signatures.sign(key, &self.message(DOMAIN));
        self.put(&signature);
    }

    /// Puts the block with this signature into the request.
    pub fn put(&mut self, signature: &str) {
        let certificate = String::from_utf8(self.certificate.clone()).unwrap();
        self.request.zip.json("request.json", |json| {
            json["renewal"] =
                serde_json::json!({ "certificate": certificate, "signature": signature });
        });
    }
}

/// A participant's valid certificate.
pub fn certificate_of(name: &str) -> Vec<u8> {
    let certificate = format!("{name}.crt");
    let members = ["signed.json", "signed.json.sig", "site.yaml", &certificate, "rootCA.pem"];
    let zip = Zip::open(&valid(&format!("{name}/{name}.signed.zip")), &members);
    zip.get(&certificate).to_vec()
}
