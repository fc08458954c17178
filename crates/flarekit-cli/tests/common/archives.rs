//! Changing archives the way another program, or an attacker with or without the CA's key, would.

use std::collections::BTreeMap;

use flarekit::archive::{self, Limits};
use flarekit::pki::{PrivateKey, Signer, encode_base64, sha256_hex};
use serde_json::Value;

use super::Machine;

/// The members of an archive by name.
pub struct Members(pub BTreeMap<String, Vec<u8>>);

impl Members {
    pub fn of(zip: &[u8]) -> Self {
        let members = archive::read(zip, &Limits::ARTIFACT).unwrap();
        let all =
            members.names().map(|name| (name.to_owned(), members.get(name).unwrap().to_vec()));
        Self(all.collect())
    }

    pub fn zip(&self) -> Vec<u8> {
        let list: Vec<(&str, &[u8])> =
            self.0.iter().map(|(name, bytes)| (name.as_str(), bytes.as_slice())).collect();
        archive::write(&list).unwrap()
    }

    pub fn names(&self) -> Vec<&str> {
        self.0.keys().map(String::as_str).collect()
    }

    pub fn text(&self, name: &str) -> String {
        String::from_utf8(self.0[name].clone()).unwrap()
    }

    pub fn json(&self, name: &str) -> Value {
        serde_json::from_slice(&self.0[name]).unwrap()
    }

    pub fn set(&mut self, name: &str, bytes: impl AsRef<[u8]>) {
        self.0.insert(name.to_owned(), bytes.as_ref().to_vec());
    }

    /// Replaces text in a member, which must hold it.
    pub fn edit(&mut self, name: &str, from: &str, to: &str) {
        let text = self.text(name);
        assert!(text.contains(from), "{name} holds no {from}: {text}");
        self.set(name, text.replace(from, to));
    }

    /// Changes a JSON member.
    pub fn edit_json(&mut self, name: &str, change: impl FnOnce(&mut Value)) {
        let mut value = self.json(name);
        change(&mut value);
        self.set(name, serde_json::to_vec_pretty(&value).unwrap());
    }

    fn member(&self, ending: &str) -> String {
        self.names().into_iter().find(|name| name.ends_with(ending)).unwrap().to_owned()
    }

    /// Makes the hashes in `request.json` fit again.
    pub fn fit_request(&mut self) {
        let csr = sha256_hex(&self.0[&self.member(".csr")]);
        let site = sha256_hex(&self.0["site.yaml"]);
        self.edit_json("request.json", |json| {
            json["csr_sha256"] = csr.into();
            json["site_yaml_sha256"] = site.into();
        });
    }

    /// Makes the hashes in `signed.json` fit again.
    pub fn fit_signed(&mut self) {
        let site = sha256_hex(&self.0["site.yaml"]);
        let certificate = sha256_hex(&self.0[&self.member(".crt")]);
        let root = sha256_hex(&self.0["rootCA.pem"]);
        self.edit_json("signed.json", |json| {
            json["hashes"]["site_yaml_sha256"] = site.into();
            json["hashes"]["certificate_sha256"] = certificate.into();
            json["hashes"]["rootca_sha256"] = root.into();
        });
    }

    /// Signs `signed.json` as it is now.
    pub fn sign(&mut self, key_pem: &[u8]) {
        let key = PrivateKey::from_pem(key_pem, None).unwrap();
        let signature = key.sign_content(&self.0["signed.json"]).unwrap();
        self.set("signed.json.sig", encode_base64(&signature).unwrap());
    }
}

/// Changes an archive on a machine.
pub fn rezip(machine: &Machine, path: &str, change: impl FnOnce(&mut Members)) {
    let mut members = Members::of(&machine.read(path));
    change(&mut members);
    machine.write(path, members.zip());
}

/// Changes a request zip as a requester could: its hashes fit.
pub fn request_again(machine: &Machine, path: &str, change: impl FnOnce(&mut Members)) {
    rezip(machine, path, |members| {
        change(members);
        members.fit_request();
    });
}

/// Changes a signed zip as only the holder of `ca/rootCA.key` could: hashes and signature fit.
pub fn sign_again(machine: &Machine, path: &str, change: impl FnOnce(&mut Members)) {
    rezip(machine, path, |members| {
        change(members);
        members.fit_signed();
        members.sign(&machine.read("ca/rootCA.key"));
    });
}
