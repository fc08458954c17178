//! What a plain scalar means in YAML 1.1, exactly as PyYAML's `SafeLoader` decides it.
//!
//! Each pattern below is one of the regular expressions in PyYAML's `resolver.py`, quoted where it
//! is matched. A scalar that matches one but has no value (`2020-13-01`, `0x_`) makes PyYAML fail,
//! and is refused here.

use super::ScalarKind;

/// Digits of a whole number that every Python reads, however it is set up: no interpreter may limit
/// them to fewer (`sys.int_info.str_digits_check_threshold`).
const MAX_DIGITS: usize = 640;

/// Parts of a number in base 60. PyYAML fails on a float of more than about 170, and no one who
/// means a time writes more than three.
const MAX_PARTS: usize = 100;

/// What a plain scalar is, or why PyYAML could not read it.
pub(super) fn resolve(text: &str) -> Result<ScalarKind, &'static str> {
    match text {
        "" | "~" | "null" | "Null" | "NULL" => return Ok(ScalarKind::Null),
        "yes" | "Yes" | "YES" | "true" | "True" | "TRUE" | "on" | "On" | "ON" => {
            return Ok(ScalarKind::Bool(true));
        }
        "no" | "No" | "NO" | "false" | "False" | "FALSE" | "off" | "Off" | "OFF" => {
            return Ok(ScalarKind::Bool(false));
        }
        "=" | "<<" => return Err("is reserved in YAML 1.1 and has no value"),
        _ => {}
    }
    let (sign, digits) = split_sign(text);
    if is_integer(digits) {
        return integer_is_readable(digits).map(|()| ScalarKind::Int);
    }
    if is_float(sign, digits) {
        let parts = digits.split(':').count();
        return if parts > MAX_PARTS { Err(TOO_LONG) } else { Ok(ScalarKind::Float) };
    }
    match Timestamp::matched(text) {
        Some(time) if time.exists() => Ok(ScalarKind::Timestamp),
        Some(_) => Err("is written like a date or a time that does not exist"),
        None => Ok(ScalarKind::Text),
    }
}

const TOO_LONG: &str = "is too long a number";

/// The value of a scalar that [`resolve`] found to be a whole number, if it fits.
pub(super) fn integer(text: &str) -> Option<i64> {
    let (sign, digits) = split_sign(text);
    let digits = digits.replace('_', "");
    let value = if let Some(binary) = digits.strip_prefix("0b") {
        i128::from_str_radix(binary, 2).ok()?
    } else if let Some(hexadecimal) = digits.strip_prefix("0x") {
        i128::from_str_radix(hexadecimal, 16).ok()?
    } else if digits.starts_with('0') {
        i128::from_str_radix(&digits, 8).ok()?
    } else {
        digits.split(':').try_fold(0_i128, |sum, part| {
            sum.checked_mul(60)?.checked_add(part.parse::<i128>().ok()?)
        })?
    };
    i64::try_from(if sign == Some('-') { -value } else { value }).ok()
}

fn split_sign(text: &str) -> (Option<char>, &str) {
    match text.chars().next() {
        Some(sign @ ('+' | '-')) => (Some(sign), text.get(1..).unwrap_or_default()),
        _ => (None, text),
    }
}

/// `[-+]?` and one of `0b[0-1_]+`, `0[0-7_]+`, `0|[1-9][0-9_]*`, `0x[0-9a-fA-F_]+`,
/// `[1-9][0-9_]*(?::[0-5]?[0-9])+`.
fn is_integer(digits: &str) -> bool {
    let all = |text: &str, accepted: fn(u8) -> bool| {
        !text.is_empty() && text.bytes().all(|byte| byte == b'_' || accepted(byte))
    };
    if let Some(rest) = digits.strip_prefix("0b") {
        return all(rest, |byte| matches!(byte, b'0' | b'1'));
    }
    if let Some(rest) = digits.strip_prefix("0x") {
        return all(rest, |byte| byte.is_ascii_hexdigit());
    }
    if let Some(rest) = digits.strip_prefix('0') {
        return rest.is_empty() || all(rest, |byte| matches!(byte, b'0'..=b'7'));
    }
    let mut parts = digits.split(':');
    parts.next().is_some_and(starts_a_number) && parts.all(is_sexagesimal)
}

fn integer_is_readable(digits: &str) -> Result<(), &'static str> {
    let bare = digits.replace('_', "");
    if bare == "0b" || bare == "0x" {
        return Err("is written like a number without digits");
    }
    if bare.len() > MAX_DIGITS || bare.split(':').count() > MAX_PARTS {
        return Err(TOO_LONG);
    }
    Ok(())
}

/// `[-+]?[0-9][0-9_]*\.[0-9_]*(?:[eE][-+][0-9]+)?`, `\.[0-9][0-9_]*(?:[eE][-+][0-9]+)?`,
/// `[-+]?[0-9][0-9_]*(?::[0-5]?[0-9])+\.[0-9_]*`, `[-+]?\.(?:inf|Inf|INF)`, `\.(?:nan|NaN|NAN)`.
fn is_float(sign: Option<char>, digits: &str) -> bool {
    if matches!(digits, ".inf" | ".Inf" | ".INF") {
        return true;
    }
    if matches!(digits, ".nan" | ".NaN" | ".NAN") {
        return sign.is_none();
    }
    let Some((whole, rest)) = digits.split_once('.') else { return false };
    let (fraction, exponent) = match rest.split_once(['e', 'E']) {
        Some((fraction, exponent)) => (fraction, Some(exponent)),
        None => (rest, None),
    };
    let exponent_fits = exponent.is_none_or(|exponent| {
        let (sign, digits) = split_sign(exponent);
        sign.is_some() && !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit())
    });
    if !exponent_fits || !fraction.bytes().all(is_digit_or_underscore) {
        return false;
    }
    if whole.is_empty() {
        return sign.is_none() && fraction.bytes().next().is_some_and(|b| b.is_ascii_digit());
    }
    let mut parts = whole.split(':');
    let first = parts.next().unwrap_or_default();
    let starts = first.bytes().next().is_some_and(|b| b.is_ascii_digit())
        && first.bytes().all(is_digit_or_underscore);
    if whole.contains(':') {
        starts && exponent.is_none() && parts.all(is_sexagesimal)
    } else {
        starts
    }
}

/// `[1-9][0-9_]*`.
fn starts_a_number(part: &str) -> bool {
    part.bytes().next().is_some_and(|byte| matches!(byte, b'1'..=b'9'))
        && part.bytes().all(is_digit_or_underscore)
}

/// `[0-5]?[0-9]`.
fn is_sexagesimal(part: &str) -> bool {
    match part.as_bytes() {
        [ones] => ones.is_ascii_digit(),
        [tens, ones] => matches!(tens, b'0'..=b'5') && ones.is_ascii_digit(),
        _ => false,
    }
}

fn is_digit_or_underscore(byte: u8) -> bool {
    byte == b'_' || byte.is_ascii_digit()
}

/// A date, perhaps with a time and a zone.
struct Timestamp {
    year: u32,
    month: u32,
    day: u32,
    hour: u32,
    minute: u32,
    second: u32,
    zone_minutes: u32,
}

impl Timestamp {
    /// `[0-9]{4}-[0-9]{2}-[0-9]{2}`, or `[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}` with a time:
    /// `(?:[Tt]|[ \t]+)[0-9]{1,2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]*)?` and perhaps a zone:
    /// `[ \t]*(?:Z|[-+][0-9]{1,2}(?::[0-9]{2})?)`.
    fn matched(text: &str) -> Option<Self> {
        let mut at = Cursor(text);
        let (year, month) = (at.digits(4, 4)?, at.after('-')?.digits(1, 2)?);
        let day = at.after('-')?.digits(1, 2)?;
        let mut time = Self { year, month, day, hour: 0, minute: 0, second: 0, zone_minutes: 0 };
        if at.0.is_empty() {
            return (text.len() == "2020-01-01".len()).then_some(time);
        }
        if at.after('T').is_none() && at.after('t').is_none() && at.blanks() == 0 {
            return None;
        }
        time.hour = at.digits(1, 2)?;
        time.minute = at.after(':')?.digits(2, 2)?;
        time.second = at.after(':')?.digits(2, 2)?;
        if at.after('.').is_some() {
            at.0 = at.0.trim_start_matches(|c: char| c.is_ascii_digit());
        }
        if at.0.is_empty() {
            return Some(time);
        }
        at.blanks();
        if at.after('Z').is_none() {
            if at.after('+').is_none() && at.after('-').is_none() {
                return None;
            }
            time.zone_minutes = at.digits(1, 2)? * 60;
            if at.after(':').is_some() {
                time.zone_minutes += at.digits(2, 2)?;
            }
        }
        at.0.is_empty().then_some(time)
    }

    /// Whether Python's `datetime` can hold it: years from 1, no leap seconds, zones within a day.
    fn exists(&self) -> bool {
        let leap = self.year.is_multiple_of(4)
            && (!self.year.is_multiple_of(100) || self.year.is_multiple_of(400));
        let days = match self.month {
            2 if leap => 29,
            2 => 28,
            4 | 6 | 9 | 11 => 30,
            1..=12 => 31,
            _ => 0,
        };
        self.year >= 1
            && (1..=days).contains(&self.day)
            && self.hour < 24
            && self.minute < 60
            && self.second < 60
            && self.zone_minutes < 24 * 60
    }
}

/// What is left to match.
struct Cursor<'a>(&'a str);

impl Cursor<'_> {
    fn digits(&mut self, least: usize, most: usize) -> Option<u32> {
        let count = self.0.bytes().take(most).take_while(u8::is_ascii_digit).count();
        let (digits, rest) = self.0.split_at_checked(count)?;
        self.0 = rest;
        if count < least { None } else { digits.parse().ok() }
    }

    fn after(&mut self, expected: char) -> Option<&mut Self> {
        self.0 = self.0.strip_prefix(expected)?;
        Some(self)
    }

    fn blanks(&mut self) -> usize {
        let rest = self.0.trim_start_matches([' ', '\t']);
        let count = self.0.len() - rest.len();
        self.0 = rest;
        count
    }
}
