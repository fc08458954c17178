//! Changing archives the way another program, or an attacker with or without the CA's key, would.

use std::collections::BTreeMap;

use flarekit::archive::{self, Limits};
use flarekit::pki::{Certificate, PrivateKey, Signer, encode_base64, sha256_hex};
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

    /// An archive that our own writer would refuse to make: stored, one member after the other
    /// (PKWARE's APPNOTE.TXT 6.3.10, sections 4.3.7, 4.3.12 and 4.3.16).
    pub fn zip(&self) -> Vec<u8> {
        let (mut zip, mut directory) = (Vec::new(), Vec::new());
        for (name, bytes) in &self.0 {
            let at = u32::try_from(zip.len()).unwrap();
            let size = u32::try_from(bytes.len()).unwrap().to_le_bytes();
            let name_size = u16::try_from(name.len()).unwrap().to_le_bytes();
            // Version, flags, method, time and date.
            let common = [20, 0, 0, 0, 0, 0, 0, 0, 0x21, 0x50];
            let crc = crc32(bytes).to_le_bytes();
            zip.extend([b"PK\x03\x04".as_slice(), &common, &crc, &size, &size].concat());
            zip.extend([&name_size[..], &[0, 0], name.as_bytes(), bytes].concat());
            directory.extend([b"PK\x01\x02".as_slice(), &[20, 3], &common, &crc].concat());
            directory.extend([&size[..], &size, &name_size, &[0; 8]].concat());
            directory.extend((0o100_600_u32 << 16).to_le_bytes());
            directory.extend([&at.to_le_bytes()[..], name.as_bytes()].concat());
        }
        let at = u32::try_from(zip.len()).unwrap().to_le_bytes();
        let size = u32::try_from(directory.len()).unwrap().to_le_bytes();
        let count = u16::try_from(self.0.len()).unwrap().to_le_bytes();
        let end = [&b"PK\x05\x06\0\0\0\0"[..], &count, &count, &size, &at, &[0, 0]];
        [zip, directory, end.concat()].concat()
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

    /// Makes what `signed.json` says about the other members fit again.
    pub fn fit_signed(&mut self) {
        if let Ok(certificate) = Certificate::from_pem(&self.0[&self.member(".crt")]) {
            self.edit_json("signed.json", |json| {
                json["certificate"]["serial"] = certificate.serial().into();
                json["certificate"]["valid_until"] = certificate.not_after().to_string().into();
            });
        }
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

/// CRC-32 as zip has it (APPNOTE.TXT section 4.4.7).
fn crc32(bytes: &[u8]) -> u32 {
    let step = |crc: u32, _| if crc & 1 == 1 { (crc >> 1) ^ 0xedb8_8320 } else { crc >> 1 };
    !bytes.iter().fold(!0, |crc, byte| (0..8).fold(crc ^ u32::from(*byte), step))
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
