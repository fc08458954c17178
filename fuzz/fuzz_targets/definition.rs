//! A participant definition: the copy for the archive and the one that stays both mean the same
//! as the original, and only listed fields are in the first.
#![no_main]

use flarekit::archive::contains_private_key;
use flarekit::definition::{Definition, Site};
use flarekit::error::Code;
use flarekit::yaml::MAX_BYTES;
use flarekit_fuzz::{accepted, admitted, check_message};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let _ = accepted(Site::parse_archived(data), data);
    let Some(definition) = accepted(Definition::parse(data), data) else { return };
    let site = &definition.site;
    for warning in definition.warnings("a.yaml") {
        check_message(&warning.message, data);
    }
    for field in &site.unapproved_fields().named {
        check_message(field, data);
    }
    let _ = admitted(definition.refuse_unsupported(Code::InvalidArgs), data);

    let copy = site.to_yaml();
    assert!(!contains_private_key(copy.as_bytes()));
    let archived = Site::parse_archived(copy.as_bytes()).unwrap();
    assert_eq!(archived.identity, site.identity);
    assert_eq!(archived.host_names, site.host_names);
    assert_eq!(archived.default_host, site.default_host);
    assert!(archived.unapproved_fields().count == 0 && archived.forbidden_fields().is_empty());
    assert_eq!(archived.to_yaml(), copy);

    let kept = definition.to_local_yaml();
    // Expanded aliases may be more than a reader takes.
    if kept.len() <= MAX_BYTES {
        let again = Definition::parse(kept.as_bytes()).unwrap();
        assert_eq!(again.site.to_yaml(), copy);
        assert_eq!(again.site.unapproved_fields(), site.unapproved_fields());
        assert_eq!(again.to_local_yaml(), kept);
        assert_eq!(again.local.connect_to, definition.local.connect_to);
        assert_eq!(again.local.capacity, definition.local.capacity);
    }
});
