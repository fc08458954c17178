//! Any JSON: what is written reads back equal, and another reader sees the same.
#![no_main]

use flarekit::json;
use flarekit_fuzz::accepted;
use libfuzzer_sys::fuzz_target;
use serde_json::Value;

fuzz_target!(|data: &[u8]| {
    let Some(object) = accepted(json::parse(data), data) else { return };
    assert!(depth(&Value::Object(object.clone())) <= json::MAX_DEPTH + 1);
    let plain: Value = serde_json::from_slice(data).unwrap();
    assert_eq!(plain, Value::Object(object.clone()));
    let text = json::write(&object);
    assert_eq!(json::parse(text.as_bytes()).unwrap(), object);
    let _ = accepted(json::text(&object, "name"), data);
    let _ = accepted(json::integer(&object, "name"), data);
    let _ = accepted(json::object(&object, "name"), data);
});

fn depth(value: &Value) -> usize {
    1 + match value {
        Value::Array(items) => items.iter().map(depth).max().unwrap_or(0),
        Value::Object(object) => object.values().map(depth).max().unwrap_or(0),
        _ => 0,
    }
}
