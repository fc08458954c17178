//! Mutations of DER that keep the lengths right, and signatures over what was mutated.

use flarekit::pki::Signer;

use crate::mutate::{Dice, mutated};

const BIT_STRING: u8 = 0x03;
const OCTET_STRING: u8 = 0x04;
const SEQUENCE: u8 = 0x30;
const CONSTRUCTED: u8 = 0x20;

/// Changes one value in the tree, each as likely as another, and writes the lengths around it anew.
#[must_use]
pub fn change(der: &[u8], dice: &mut Dice) -> Vec<u8> {
    let mut at = dice.below(count(der));
    change_at(der, &mut at, dice)
}

/// Changes the value that `at` others precede.
fn change_at(der: &[u8], at: &mut usize, dice: &mut Dice) -> Vec<u8> {
    let Some(values) = split(der).filter(|values| !values.is_empty()) else {
        return mutated(der);
    };
    let mut changed = Vec::new();
    for (tag, content) in values {
        let inside = if nested(tag, content) { count(content) } else { 0 };
        let value = match at.checked_sub(1) {
            None => change_value(tag, content, dice),
            Some(before) if before < inside => {
                *at = before;
                wrap(tag, &change_at(content, at, dice))
            }
            Some(_) => wrap(tag, content),
        };
        // Once the value was met, everything after it is out of reach.
        *at = at.checked_sub(1 + inside).unwrap_or(usize::MAX);
        changed.extend(value);
    }
    changed
}

/// The value with another content or tag, twice, or not at all.
fn change_value(tag: u8, content: &[u8], dice: &mut Dice) -> Vec<u8> {
    match dice.below(16) {
        0 => Vec::new(),
        1 => wrap(tag, content).repeat(2),
        2 => wrap(u8::try_from(dice.below(256)).unwrap_or(tag), content),
        _ => wrap(tag, &mutated(content)),
    }
}

/// How many values there are, those inside others included.
fn count(der: &[u8]) -> usize {
    let values = split(der).unwrap_or_default();
    let inside =
        |(tag, content): &(u8, &[u8])| 1 + if nested(*tag, content) { count(content) } else { 0 };
    values.iter().map(inside).sum()
}

/// Whether a value consists of values. Extensions stand in octet strings.
fn nested(tag: u8, content: &[u8]) -> bool {
    (tag & CONSTRUCTED != 0 || tag == OCTET_STRING) && split(content).is_some()
}

/// Signs a certificate or a request anew: body, algorithm, signature (RFC 5280 section 4.1).
#[must_use]
pub fn sealed(der: &[u8], signer: &dyn Signer) -> Option<Vec<u8>> {
    let outer = split(der)?;
    let [(SEQUENCE, content)] = outer[..] else { return None };
    let parts = split(content)?;
    let [body, algorithm, _] = parts[..] else { return None };
    let body = wrap(body.0, body.1);
    let signature = [vec![0], signer.sign_certificate(&body).ok()?].concat();
    let parts = [body, wrap(algorithm.0, algorithm.1), wrap(BIT_STRING, &signature)];
    Some(wrap(SEQUENCE, &parts.concat()))
}

/// The values that the bytes consist of: tag and content of each.
fn split(mut bytes: &[u8]) -> Option<Vec<(u8, &[u8])>> {
    let mut values = Vec::new();
    while let [tag, first, rest @ ..] = bytes {
        let (length, rest) = match first {
            0..=0x7f => (usize::from(*first), rest),
            0x81..=0x84 => {
                let (digits, rest) = rest.split_at_checked(usize::from(first - 0x80))?;
                (digits.iter().fold(0, |sum, digit| sum << 8 | usize::from(*digit)), rest)
            }
            _ => return None,
        };
        let (content, rest) = rest.split_at_checked(length)?;
        values.push((*tag, content));
        bytes = rest;
    }
    bytes.is_empty().then_some(values)
}

fn wrap(tag: u8, content: &[u8]) -> Vec<u8> {
    let digits: Vec<u8> =
        content.len().to_be_bytes().into_iter().skip_while(|digit| *digit == 0).collect();
    let mut value = vec![tag];
    match digits[..] {
        [] => value.push(0),
        [short @ 0..=0x7f] => value.push(short),
        _ => {
            value.push(0x80 | u8::try_from(digits.len()).unwrap_or(0x7f));
            value.extend(digits);
        }
    }
    value.extend(content);
    value
}
