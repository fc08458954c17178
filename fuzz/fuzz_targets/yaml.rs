//! Any YAML, in both dialects: the work is bounded, and what is written reads back equal.
#![no_main]

use flarekit::yaml::{self, Dialect, MAX_BYTES, MAX_DEPTH, MAX_NODES};
use flarekit_fuzz::{accepted, same, size};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let archived = accepted(yaml::parse(data, Dialect::Archive), data);
    let local = accepted(yaml::parse(data, Dialect::Local), data);
    if let Some(archived) = archived {
        assert_eq!(local.as_ref(), Some(&archived), "the dialects read different values");
    }
    let Some(node) = local else { return };
    let (nodes, depth) = size(&node);
    assert!(nodes <= MAX_NODES && depth <= MAX_DEPTH);
    let text = yaml::write(&node);
    // Expanded aliases may be more than a reader takes.
    if text.len() <= MAX_BYTES {
        let again = yaml::parse(text.as_bytes(), Dialect::Archive).unwrap();
        assert!(same(&again, &node), "{text:?}");
        assert_eq!(yaml::write(&again), text);
    }
});
