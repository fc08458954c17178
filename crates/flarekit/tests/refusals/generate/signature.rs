//! The signature over `signed.json`.

use flarekit::error::Code::InvalidSignedZip;
use flarekit::error::Reason::SignatureInvalid;
use flarekit::pki::{Signer as _, encode_base64};

use super::signed_case;
use crate::case::Case;
use crate::forge::{SignedForge, ca_key, key_of, other_ca_key};
use crate::machine::SITE;

pub fn cases() -> Vec<Case> {
    let invalid = (InvalidSignedZip, SignatureInvalid);
    let text = |name: &str, what: &str, change: &dyn Fn(&str) -> String| {
        signed_case(
            SITE,
            &format!("signature-{name}"),
            &format!("the signature {what}"),
            invalid,
            |forge| {
                let altered = change(&forge.zip.text("signed.json.sig"));
                forge.zip.set("signed.json.sig", altered);
            },
        )
    };
    let bytes = |name: &str, what: &str, change: &dyn Fn(&SignedForge) -> String| {
        signed_case(
            SITE,
            &format!("signature-{name}"),
            &format!("the signature {what}"),
            invalid,
            |forge| {
                let made = change(forge);
                forge.zip.set("signed.json.sig", made);
            },
        )
    };
    let json = |forge: &SignedForge| forge.zip.get("signed.json").to_vec();
    vec![
        text("altered", "has another first letter", &|text| {
            format!("{}{}", if text.starts_with('A') { 'B' } else { 'A' }, &text[1..])
        }),
        text("cut", "lacks its last four letters", &|text| text[..340].to_owned()),
        text("cut-to-a-byte", "is one byte", &|_| "AA==".to_owned()),
        text("longer", "has four more letters", &|text| {
            format!("{}AAAA", text.trim_end_matches('='))
        }),
        text("twice", "stands twice", &|text| format!("{text}{text}")),
        text("zeros", "is all zeros", &|_| format!("{}==", "A".repeat(342))),
        text("line-break", "ends with a line break", &|text| format!("{text}\n")),
        text("carriage-return", "ends with CR and LF", &|text| format!("{text}\r\n")),
        text("space", "begins with a space", &|text| format!(" {text}")),
        text("wrapped", "is wrapped at 76 columns", &|text| {
            format!("{}\n{}", &text[..76], &text[76..])
        }),
        text("without-padding", "has no padding", &|text| text.trim_end_matches('=').to_owned()),
        text("with-more-padding", "has more padding", &|text| format!("{text}=")),
        text("last-bits", "has bits that stand for nothing", &|text| {
            // The last letter before "==" carries four bits of nothing.
            let (head, last) = text.trim_end_matches('=').split_at(341);
            let next = char::from(last.as_bytes()[0] + 1);
            format!("{head}{next}==")
        }),
        text("base64-of-urls", "is base64 with '-' and '_'", &|text| {
            text.replace('+', "-").replace('/', "_")
        }),
        text("quoted", "stands in quotes", &|text| format!("\"{text}\"")),
        text("pem", "is a PEM block", &|text| {
            format!("-----BEGIN SIGNATURE-----\n{text}\n-----END SIGNATURE-----")
        }),
        bytes("by-the-participant", "is by the participant's key", &|forge| {
            forge.signatures.sign(key_of(SITE), &json(forge))
        }),
        bytes("by-another-ca", "is by another CA", &|forge| {
            forge.signatures.sign(other_ca_key(), &json(forge))
        }),
        bytes("pkcs1", "is RSASSA-PKCS1-v1_5", &|forge| {
            encode_base64(&ca_key().sign_certificate(&json(forge)).unwrap()).unwrap()
        }),
        bytes("short-salt", "has a salt of 32 bytes", &|forge| {
            forge.signatures.sign_with_short_salt(ca_key(), &json(forge))
        }),
        bytes("over-the-site", "is over site.yaml", &|forge| {
            forge.signatures.sign(ca_key(), forge.zip.get("site.yaml"))
        }),
        bytes("over-nothing", "is over no bytes", &|forge| forge.signatures.sign(ca_key(), b"")),
        bytes("over-other-spacing", "is over the same JSON on one line", &|forge| {
            let value: serde_json::Value = serde_json::from_slice(&json(forge)).unwrap();
            forge.signatures.sign(ca_key(), value.to_string().as_bytes())
        }),
        signed_case(
            SITE,
            "signature-is-raw-bytes",
            "the signature is not base64",
            invalid,
            |forge| {
                let text = forge.zip.text("signed.json.sig");
                forge
                    .zip
                    .set("signed.json.sig", flarekit::pki::decode_base64(text.as_bytes()).unwrap());
            },
        ),
    ]
}
