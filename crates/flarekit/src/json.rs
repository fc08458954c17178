//! JSON objects, read strictly: no key twice, nothing after the object, bounded size, depth and
//! number of values.

use std::fmt;

use serde::Serialize;
use serde::de::{DeserializeSeed, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Number, Value};

use crate::error::{Defect, Reason};
use crate::names::shown;
use crate::time::Timestamp;

/// Bytes of one document. The artifacts' records have less than 4 KiB.
pub const MAX_BYTES: usize = 1024 * 1024;

/// Objects and arrays inside one another. The artifacts' records need 2.
pub const MAX_DEPTH: usize = 32;

/// Values of all kinds together, those of unknown fields included. An artifact has less than 40. A
/// list takes two bytes of text and some hundred of memory, so that the size alone bounds little.
pub const MAX_NODES: usize = 10_000;

/// The least number that 64 bits may not hold exactly, 2^63. Beyond it our parser makes a whole
/// number a float, which is another value than Python reads. No artifact has such a number.
const TOO_LARGE: f64 = 9_223_372_036_854_775_808.0;

/// Reads the one object in `bytes`.
///
/// # Errors
///
/// A `Json…` reason, or [`Reason::FieldType`] if it is not an object.
pub fn parse(bytes: &[u8]) -> Result<Map<String, Value>, Defect> {
    parse_counting(bytes, MAX_BYTES, &mut Nodes::most(MAX_NODES))
}

/// The same of a file of the user's own, which may have so many bytes, and as many values as they
/// hold.
pub(crate) fn parse_own(bytes: &[u8], most: usize) -> Result<Map<String, Value>, Defect> {
    parse_counting(bytes, most, &mut Nodes::most(usize::MAX))
}

/// Reads, and counts the values.
fn parse_counting(
    bytes: &[u8],
    most: usize,
    nodes: &mut Nodes,
) -> Result<Map<String, Value>, Defect> {
    if bytes.len() > most {
        let found = bytes.len();
        let message = format!("the JSON has {found} bytes, more than the limit of {most}");
        return Err(Defect::new(Reason::JsonTooLarge, message));
    }
    let text = std::str::from_utf8(bytes).map_err(|error| {
        let message = format!("byte {} of the JSON is not UTF-8", error.valid_up_to() + 1);
        Defect::new(Reason::JsonNotUtf8, message)
    })?;
    let mut refused = None;
    let mut reader = serde_json::Deserializer::from_str(text);
    let read = Strict { depth: 0, nodes, refused: &mut refused }
        .deserialize(&mut reader)
        .and_then(|value| reader.end().map(|()| value));
    match (refused, read) {
        (Some(defect), Err(error)) => Err(defect.within(format!("line {}", error.line()))),
        (_, Err(error)) => Err(Defect::new(Reason::JsonSyntax, error.to_string())),
        (_, Ok(Value::Object(object))) => Ok(object),
        (_, Ok(other)) => {
            let message = format!("expected a JSON object, found {}", type_name(&other));
            Err(Defect::new(Reason::FieldType, message))
        }
    }
}

/// The object that a `json!({…})` literal makes; anything else makes an empty one.
#[must_use]
pub fn object_of(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(object) => object,
        _ => Map::new(),
    }
}

/// Writes an object as the reference does: two spaces a level, no line break at the end.
#[must_use]
#[expect(clippy::expect_used, reason = "keys are texts and no value refuses, so it cannot fail")]
pub fn write(object: &impl Serialize) -> String {
    serde_json::to_string_pretty(object).expect("an artifact's object is JSON")
}

/// The object as a map, to be looked through or added to.
pub(crate) fn to_map(object: &impl Serialize) -> Map<String, Value> {
    serde_json::to_value(object).map(object_of).unwrap_or_default()
}

/// The text of a field that must be there and not be empty.
///
/// # Errors
///
/// [`Reason::FieldMissing`] or [`Reason::FieldType`].
pub fn text<'a>(object: &'a Map<String, Value>, field: &str) -> Result<&'a str, Defect> {
    optional_text(object, field)?.filter(|text| !text.is_empty()).ok_or_else(|| missing(field))
}

/// The text of a field that may be missing or null.
///
/// # Errors
///
/// [`Reason::FieldType`].
pub fn optional_text<'a>(
    object: &'a Map<String, Value>,
    field: &str,
) -> Result<Option<&'a str>, Defect> {
    match object.get(field) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) => Ok(Some(text)),
        Some(other) => Err(wrong_type(field, "text", other)),
    }
}

/// The time of a field that may be missing or null.
///
/// # Errors
///
/// [`Reason::FieldType`], [`Reason::FieldValue`].
pub fn optional_time(
    object: &Map<String, Value>,
    field: &str,
) -> Result<Option<Timestamp>, Defect> {
    let Some(text) = optional_text(object, field)? else { return Ok(None) };
    let at = Timestamp::parse(text).ok_or_else(|| {
        Defect::new(Reason::FieldValue, format!("{field} {} is not a time", shown(text)))
    })?;
    Ok(Some(at))
}

/// The whole number of a field that must be there.
///
/// # Errors
///
/// [`Reason::FieldMissing`] or [`Reason::FieldType`].
pub fn integer(object: &Map<String, Value>, field: &str) -> Result<i64, Defect> {
    let value = present(object, field)?;
    value.as_i64().ok_or_else(|| wrong_type(field, "a whole number", value))
}

/// The object of a field that must be there.
///
/// # Errors
///
/// [`Reason::FieldMissing`] or [`Reason::FieldType`].
pub fn object<'a>(
    object: &'a Map<String, Value>,
    field: &str,
) -> Result<&'a Map<String, Value>, Defect> {
    let value = present(object, field)?;
    value.as_object().ok_or_else(|| wrong_type(field, "an object", value))
}

fn present<'a>(object: &'a Map<String, Value>, field: &str) -> Result<&'a Value, Defect> {
    object.get(field).filter(|value| !value.is_null()).ok_or_else(|| missing(field))
}

fn missing(field: &str) -> Defect {
    Defect::new(Reason::FieldMissing, format!("the field '{field}' is missing or empty"))
}

fn wrong_type(field: &str, expected: &str, found: &Value) -> Defect {
    let message = format!("'{field}' must be {expected}, but is {}", type_name(found));
    Defect::new(Reason::FieldType, message)
}

fn type_name(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "true or false",
        Value::Number(number) if number.is_f64() => "a number",
        Value::Number(_) => "a whole number",
        Value::String(_) => "text",
        Value::Array(_) => "a list",
        Value::Object(_) => "an object",
    }
}

/// The values that were read, also when it ended in a refusal.
struct Nodes {
    read: usize,
    most: usize,
}

impl Nodes {
    fn most(most: usize) -> Self {
        Self { read: 0, most }
    }
}

/// Reads any value. `serde_json` alone keeps the last of two equal keys and says nothing.
struct Strict<'a> {
    depth: usize,
    nodes: &'a mut Nodes,
    /// What is refused although it is JSON.
    refused: &'a mut Option<Defect>,
}

impl Strict<'_> {
    fn deeper<E: serde::de::Error>(&mut self) -> Result<Strict<'_>, E> {
        let depth = self.depth + 1;
        if depth > MAX_DEPTH {
            let message = format!("objects and lists are nested deeper than {MAX_DEPTH}");
            return Err(self.refuse(Reason::JsonTooDeep, message));
        }
        Ok(Strict { depth, nodes: self.nodes, refused: self.refused })
    }

    /// Keeps the defect, which the parser's own error has no room for.
    fn refuse<E: serde::de::Error>(&mut self, reason: Reason, message: String) -> E {
        let error = E::custom(&message);
        *self.refused = Some(Defect::new(reason, message));
        error
    }
}

impl<'de> DeserializeSeed<'de> for Strict<'_> {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(mut self, deserializer: D) -> Result<Value, D::Error> {
        // Before the value is read and takes memory.
        if self.nodes.read == self.nodes.most {
            let message = format!("the JSON has more than {} values", self.nodes.most);
            return Err(self.refuse(Reason::JsonTooLarge, message));
        }
        self.nodes.read += 1;
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Strict<'_> {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_f64<E: serde::de::Error>(mut self, value: f64) -> Result<Value, E> {
        if value.abs() >= TOO_LARGE {
            return Err(self.refuse(Reason::JsonNumber, "a number exceeds 64 bits".to_owned()));
        }
        Number::from_f64(value).map(Value::Number).ok_or_else(|| E::custom("not a finite number"))
    }

    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_seq<A: SeqAccess<'de>>(mut self, mut items: A) -> Result<Value, A::Error> {
        let mut array = Vec::new();
        while let Some(item) = items.next_element_seed(self.deeper()?)? {
            array.push(item);
        }
        Ok(Value::Array(array))
    }

    fn visit_map<A: MapAccess<'de>>(mut self, mut pairs: A) -> Result<Value, A::Error> {
        let mut object = Map::new();
        while let Some(key) = pairs.next_key::<String>()? {
            if object.contains_key(&key) {
                let message = format!("the key {} stands twice", shown(&key));
                return Err(self.refuse(Reason::JsonDuplicateKey, message));
            }
            let value = pairs.next_value_seed(self.deeper()?)?;
            object.insert(key, value);
        }
        Ok(Value::Object(object))
    }
}

#[cfg(test)]
mod tests {
    use proptest::collection::{hash_map, vec};
    use proptest::prelude::*;
    use serde_json::{Map, Value};

    use super::{
        MAX_BYTES, MAX_DEPTH, MAX_NODES, Nodes, integer, object, optional_text, parse,
        parse_counting, parse_own, text, write,
    };
    use crate::error::Reason;

    #[test]
    fn an_object_is_read_and_written_as_the_reference_writes_it() {
        let json =
            "{\n  \"b\": \"é\",\n  \"a\": {\n    \"n\": 1\n  },\n  \"e\": [],\n  \"o\": {}\n}";
        assert_eq!(write(&parse(json.as_bytes()).unwrap()), json);
        assert_eq!(write(&parse(br#"{"b":"\u00e9","a":{"n":1},"e":[],"o":{}}"#).unwrap()), json);
    }

    #[test]
    fn every_defect_has_its_reason() {
        let deep = |depth| format!("{{\"a\":{}{}}}", "[".repeat(depth), "]".repeat(depth));
        assert!(parse(deep(MAX_DEPTH - 1).as_bytes()).is_ok());
        let too_deep = deep(MAX_DEPTH);
        let cases: [(&[u8], Reason); 22] = [
            (b"", Reason::JsonSyntax),
            (b"{", Reason::JsonSyntax),
            (b"{} {}", Reason::JsonSyntax),
            (b"{}x", Reason::JsonSyntax),
            (b"\xef\xbb\xbf{}", Reason::JsonSyntax),
            (b"{\"a\":NaN}", Reason::JsonSyntax),
            (b"{\"a\":Infinity}", Reason::JsonSyntax),
            (b"{\"a\":1e999}", Reason::JsonSyntax),
            (b"{\"a\":\"\\ud800\"}", Reason::JsonSyntax),
            (b"{\"a\":1,}", Reason::JsonSyntax),
            (too_deep.as_bytes(), Reason::JsonTooDeep),
            (&[b'['; 100_000], Reason::JsonTooDeep),
            (b"{\"a\":18446744073709551616}", Reason::JsonNumber),
            (b"{\"a\":-9223372036854775809}", Reason::JsonNumber),
            (b"{\"a\":[100000000000000000000000000]}", Reason::JsonNumber),
            (b"{\"a\":1e19}", Reason::JsonNumber),
            (b"{\"a\":01}", Reason::JsonSyntax),
            (b"{\"a\":\"\xff\"}", Reason::JsonNotUtf8),
            (b"{\"a\":1,\"a\":1}", Reason::JsonDuplicateKey),
            (b"{\"x\":[{\"a\":1,\"\\u0061\":2}]}", Reason::JsonDuplicateKey),
            (b"[]", Reason::FieldType),
            (&[b' '; MAX_BYTES + 1], Reason::JsonTooLarge),
        ];
        for (bytes, reason) in cases {
            let shown = String::from_utf8_lossy(&bytes[..bytes.len().min(40)]);
            assert_eq!(parse(bytes).unwrap_err().reason, reason, "{shown}");
        }
        let twice = parse(b"{\n\"a\": 1,\n\"a\": 2}").unwrap_err();
        assert_eq!(twice.message, "line 3: the key 'a' stands twice");
        let huge = parse(b"{\n\"a\": 18446744073709551616}").unwrap_err();
        assert_eq!(huge.message, "line 2: a number exceeds 64 bits");
    }

    /// A megabyte of the smallest values is as harmful as its bytes are harmless.
    #[test]
    fn no_more_values_are_read_than_are_accepted() {
        let many = |value: &str, count: usize| {
            format!("{{\n\"x\": [{}]}}", vec![value; count].join(",")).into_bytes()
        };
        // The object and its list count, too.
        let most = MAX_NODES - 2;
        assert!(parse(&many("0", most)).is_ok());
        let defect = parse(&many("0", most + 1)).unwrap_err();
        assert_eq!(defect.reason, Reason::JsonTooLarge);
        assert_eq!(defect.message, "line 2: the JSON has more than 10000 values");
        assert!(parse_own(&many("0", most + 1), MAX_BYTES).is_ok());

        let nested = format!("{}{}", "[".repeat(29), "]".repeat(29));
        for value in ["0", "[]", "{\"\":1}", "\"\"", &nested] {
            let content = many(value, MAX_BYTES / (value.len() + 1) - 10);
            let mut nodes = Nodes::most(MAX_NODES);
            let defect = parse_counting(&content, MAX_BYTES, &mut nodes).unwrap_err();
            assert_eq!((defect.reason, nodes.read), (Reason::JsonTooLarge, MAX_NODES), "{value}");
        }
    }

    #[test]
    fn numbers_of_64_bits_are_kept_exactly() {
        let json = br#"{"a":18446744073709551615,"b":-9223372036854775808,"c":0.5,"d":1e18}"#;
        let object = parse(json).unwrap();
        assert_eq!(object["a"].as_u64(), Some(u64::MAX));
        assert_eq!(object["b"].as_i64(), Some(i64::MIN));
        assert_eq!((object["c"].as_f64(), object["d"].as_f64()), (Some(0.5), Some(1e18)));
    }

    #[test]
    fn fields_are_typed() {
        let json = parse(br#"{"t": "x", "e": "", "n": null, "i": 3, "f": 3.0, "o": {}}"#).unwrap();
        assert_eq!(text(&json, "t").unwrap(), "x");
        for field in ["e", "n", "absent"] {
            assert_eq!(text(&json, field).unwrap_err().reason, Reason::FieldMissing);
        }
        let wrong = text(&json, "i").unwrap_err();
        assert_eq!(wrong.reason, Reason::FieldType);
        assert_eq!(wrong.message, "'i' must be text, but is a whole number");
        assert_eq!(optional_text(&json, "n"), Ok(None));
        assert_eq!(optional_text(&json, "e"), Ok(Some("")));
        assert_eq!(integer(&json, "i"), Ok(3));
        assert_eq!(integer(&json, "f").unwrap_err().reason, Reason::FieldType);
        assert_eq!(integer(&json, "n").unwrap_err().reason, Reason::FieldMissing);
        assert!(object(&json, "o").unwrap().is_empty());
        assert_eq!(object(&json, "t").unwrap_err().reason, Reason::FieldType);
    }

    /// Any value.
    fn any_value() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<i64>().prop_map(Value::from),
            any::<u64>().prop_map(Value::from),
            (-1e18..1e18).prop_map(Value::from),
            any::<String>().prop_map(Value::from),
        ];
        leaf.prop_recursive(4, 40, 5, |inner| {
            prop_oneof![
                vec(inner.clone(), 0..5).prop_map(Value::from),
                any_object(inner).prop_map(Value::from),
            ]
        })
    }

    fn any_object(
        value: impl Strategy<Value = Value>,
    ) -> impl Strategy<Value = Map<String, Value>> {
        hash_map(any::<String>(), value, 0..5).prop_map(|pairs| pairs.into_iter().collect())
    }

    proptest! {
        #[test]
        fn what_is_written_is_read_back(object in any_object(any_value())) {
            prop_assert_eq!(parse(write(&object).as_bytes()), Ok(object));
        }

        #[test]
        fn a_number_is_read_as_the_nearest_there_is(digits in "[1-9][0-9]{0,17}\\.[0-9]{20,70}") {
            let object = parse(format!("{{\"a\":{digits}}}").as_bytes()).unwrap();
            prop_assert_eq!(object["a"].as_f64(), digits.parse().ok());
        }

        #[test]
        fn any_bytes_are_read_or_refused(text in "[{}\\[\\]:,\"\\\\u0-9a-e+. \t\n-]{0,60}", bytes: Vec<u8>) {
            let _ = parse(text.as_bytes());
            let _ = parse(&bytes);
        }
    }
}
