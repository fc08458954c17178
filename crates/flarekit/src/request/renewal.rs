//! The block `renewal` of `request.json`: the holder of a certificate asks for the next one, and
//! signs that with the certificate's key.
//!
//! The signature is RSASSA-PSS, as that of `signed.json`, over the text `flarekit renewal 1`, a zero
//! byte and four values in the encoding of the ledger's hashes: the request id as `request.json` has
//! it, the digests of the CSR and of `site.yaml`, and that of the current certificate's DER. So it
//! holds for this key, this participant, these host names and this request, and for no other; and
//! because the certificate names its CA, for no other project.

use serde::ser::SerializeMap as _;
use serde::{Serialize, Serializer};
use serde_json::{Map, Value};

use super::RequestMetadata;
use crate::digest::Digest;
use crate::encoding::Encoding;
use crate::error::{Code, Defect, Error, Reason};
use crate::json;
use crate::names::shown;
use crate::pki::{AltName, Certificate, Signer, decode_base64, encode_base64};

/// What separates this message from every other that a participant's key signs.
const DOMAIN: &[u8] = b"flarekit renewal 1\0";
/// The two keys of the block, and no others: nothing stands in it that nobody checked.
const FIELDS: [&str; 2] = ["certificate", "signature"];
/// Longest signature, in characters of base64: that of an RSA key of 8192 bits has 1368.
const SIGNATURE: usize = 1368;
/// Longest certificate in PEM: as much as a certificate's file may have.
const CERTIFICATE: u64 = crate::pki::FILE_LIMIT;

/// The block, well-formed. Whether it vouches for its request is seen when the request is verified.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Renewal {
    certificate: Certificate,
    pem: String,
    signature: String,
}

impl Serialize for Renewal {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(2))?;
        map.serialize_entry("certificate", &self.pem)?;
        map.serialize_entry("signature", &self.signature)?;
        map.end()
    }
}

impl Renewal {
    /// Signs that this request is for the certificate that comes after `certificate`.
    pub(super) fn sign(
        request: &RequestMetadata,
        certificate: Certificate,
        signer: &dyn Signer,
    ) -> Result<Self, Defect> {
        let signature = signer.sign_content(&message(request, &certificate))?;
        Ok(Self { pem: certificate.to_pem()?, signature: encode_base64(&signature)?, certificate })
    }

    /// Reads the block, if there is one.
    pub(super) fn read(request: &Map<String, Value>) -> Result<Option<Self>, Defect> {
        const NAME: &str = "renewal";
        if !request.contains_key(NAME) {
            return Ok(None);
        }
        let block = json::object(request, NAME)?;
        Self::parse(block).map(Some).map_err(|defect| defect.within(format!("'{NAME}'")))
    }

    fn parse(block: &Map<String, Value>) -> Result<Self, Defect> {
        if let Some(other) = block.keys().find(|key| !FIELDS.contains(&key.as_str())) {
            let message =
                format!("there is a field {}, which nothing gives a meaning", shown(other));
            return Err(Defect::new(Reason::FieldNotAccepted, message));
        }
        let [pem, signature] = FIELDS.map(|field| json::text(block, field));
        let (pem, signature) = (pem?, signature?);
        for (field, text, limit) in
            [("certificate", pem, CERTIFICATE), ("signature", signature, SIGNATURE as u64)]
        {
            if text.len() as u64 > limit {
                let found = text.len();
                let message = format!("'{field}' has {found} bytes, at most {limit} are accepted");
                return Err(Defect::new(Reason::FieldValue, message));
            }
        }
        let certificate = Certificate::from_pem(pem.as_bytes())
            .map_err(|defect| defect.within("'certificate'"))?;
        decode_base64(signature.as_bytes()).map_err(|defect| defect.within("'signature'"))?;
        Ok(Self { certificate, pem: pem.to_owned(), signature: signature.to_owned() })
    }

    /// The certificate that is to be followed by a new one.
    #[must_use]
    pub fn certificate(&self) -> &Certificate {
        &self.certificate
    }

    /// Believes the block if the certificate is of the participant who asks, and its key signed
    /// exactly this request. Whose the certificate is beyond its own words, and whether it still
    /// counts, only its CA can tell.
    pub(crate) fn verify(&self, request: &RequestMetadata) -> Result<(), Error> {
        check_holder(&self.certificate, request).map_err(refused)?;
        decode_base64(self.signature.as_bytes())
            .and_then(|signature| {
                let message = message(request, &self.certificate);
                self.certificate.public_key().verify_content(&message, &signature)
            })
            .map_err(|defect| {
                refused(defect.within(format!(
                    "the key of certificate {} did not sign this request",
                    self.certificate.serial()
                )))
            })
    }
}

/// A block that does not vouch for its request.
pub(crate) fn refused(defect: Defect) -> Error {
    defect.within("the request's renewal block").code(Code::RenewalInvalid)
}

/// A participant may renew its own certificate only, and may become nobody else by it.
fn check_holder(certificate: &Certificate, request: &RequestMetadata) -> Result<(), Defect> {
    let identity = &request.identity;
    let serial = certificate.serial();
    let refuse = |what: String| {
        Err(Defect::new(Reason::RenewalIdentity, format!("in certificate {serial}, {what}")))
    };
    if let Some((attribute, found, expected)) = identity.differs_from(certificate.subject()) {
        return refuse(format!("{attribute} is {found}, but the request says '{expected}'"));
    }
    // The CN holds the beginning of a long name only.
    let name = identity.name.as_str();
    let is_named = certificate.alt_names().iter().any(|known| match known {
        AltName::Dns(known) => known == name,
        AltName::Ip(known) => known.to_string() == name,
    });
    if is_named { Ok(()) } else { refuse(format!("'{name}' is none of the names")) }
}

fn message(request: &RequestMetadata, certificate: &Certificate) -> Vec<u8> {
    let mut bytes = Encoding::new(DOMAIN);
    bytes.value(Some(request.request_id.as_str()));
    for digest in [request.csr_sha256, request.site_yaml_sha256] {
        bytes.value(Some(digest.as_bytes()));
    }
    bytes.value(Some(Digest::of(certificate.der()).as_bytes()));
    bytes.finish()
}

#[cfg(test)]
mod tests {
    use super::{CERTIFICATE, Map, Renewal, SIGNATURE, Value};
    use crate::error::Reason;
    use crate::pki::testing::REFERENCE_SITE;

    #[test]
    fn the_longest_texts_are_read_and_longer_ones_are_not() {
        let pem = std::str::from_utf8(REFERENCE_SITE).unwrap();
        let blank = usize::try_from(CERTIFICATE).unwrap() - pem.len();
        let read = |blank: usize, signature: usize| {
            let texts = [
                ("certificate", format!("{pem}{}", "\n".repeat(blank))),
                ("signature", "A".repeat(signature)),
            ];
            let block: Map<String, Value> =
                texts.map(|(key, text)| (key.to_owned(), Value::from(text))).into_iter().collect();
            Renewal::parse(&block).map_err(|defect| (defect.reason, defect.message))
        };
        assert!(read(blank, SIGNATURE).is_ok());
        for (blank, signature, expected) in [
            (blank + 1, SIGNATURE, "'certificate' has 65537 bytes, at most 65536 are accepted"),
            (blank, SIGNATURE + 4, "'signature' has 1372 bytes, at most 1368 are accepted"),
        ] {
            let refused = read(blank, signature).unwrap_err();
            assert_eq!(refused, (Reason::FieldValue, expected.to_owned()));
        }
    }
}
