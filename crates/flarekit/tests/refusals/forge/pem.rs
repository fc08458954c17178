//! PEM, without the checks of the library's own reader.

use flarekit::pki::{decode_base64, encode_base64};

use super::der::Der;

pub fn pem(label: &str, der: &[u8]) -> Vec<u8> {
    let body = encode_base64(der).unwrap();
    let lines: Vec<&str> =
        body.as_bytes().chunks(64).map(|line| std::str::from_utf8(line).unwrap()).collect();
    format!("-----BEGIN {label}-----\n{}\n-----END {label}-----\n", lines.join("\n")).into_bytes()
}

pub fn unpem(pem: &[u8]) -> Der {
    let text = std::str::from_utf8(pem).unwrap();
    let body: String = text.lines().filter(|line| !line.starts_with("-----")).collect();
    Der::parse(&decode_base64(body.as_bytes()).unwrap())
}
