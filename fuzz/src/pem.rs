//! Mutations of what is inside a PEM block.

use flarekit::pki::{Certificate, Csr, decode_base64, encode_base64};

use crate::der;
use crate::mutate::Dice;
use crate::vectors;

/// Changes what is in a PEM block. A certificate or a request is mostly signed anew: a request by
/// its own key, a certificate by the key of `root` or, for a root itself, by its own.
#[must_use]
pub fn change(pem: &[u8], root: Option<&[u8]>, dice: &mut Dice) -> Option<Vec<u8>> {
    let (label, body) = read(pem)?;
    let changed = der::change(&body, dice);
    let as_it_is = write(label, &changed)?;
    if dice.one_in(4) {
        return Some(as_it_is);
    }
    let read_root = |pem: &[u8]| Certificate::from_pem(pem).ok();
    let own = || Some(Csr::from_pem(&as_it_is).ok()?.public_key().sha256_hex());
    let issuer = root
        .and_then(read_root)
        .or_else(|| read_root(&as_it_is).filter(Certificate::is_ca))
        .map(|root| root.public_key().sha256_hex())
        .or_else(own);
    let signer = issuer.and_then(|key| vectors::signer(&key));
    match signer.and_then(|signer| der::sealed(&changed, signer)) {
        Some(signed) => write(label, &signed),
        None => Some(as_it_is),
    }
}

/// Label and content of the first block.
fn read(pem: &[u8]) -> Option<(&str, Vec<u8>)> {
    let text = std::str::from_utf8(pem).ok()?;
    let (label, rest) = text.split_once("-----BEGIN ")?.1.split_once("-----")?;
    let (body, _) = rest.split_once("-----END ")?;
    let line: String = body.split_ascii_whitespace().collect();
    Some((label, decode_base64(line.as_bytes()).ok()?))
}

fn write(label: &str, der: &[u8]) -> Option<Vec<u8>> {
    let line = encode_base64(der).ok()?;
    let mut pem = format!("-----BEGIN {label}-----\n");
    for piece in line.as_bytes().chunks(64) {
        pem.extend(piece.iter().map(|byte| char::from(*byte)));
        pem.push('\n');
    }
    pem.push_str(&format!("-----END {label}-----\n"));
    Some(pem.into_bytes())
}
