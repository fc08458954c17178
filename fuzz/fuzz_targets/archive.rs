//! Any zip archive: what is read is within the limits, and written again it reads back equal.
#![no_main]

use flarekit::archive::{self, Limits, contains_private_key};
use flarekit::error::Reason;
use flarekit_fuzz::{accepted, mutate, zip};
use libfuzzer_sys::{fuzz_mutator, fuzz_target};

fuzz_mutator!(|data: &mut [u8], size: usize, max_size: usize, seed: u32| {
    mutate::structured(data, size, max_size, seed, zip::change)
});

fuzz_target!(|data: &[u8]| {
    let limits = Limits::ARTIFACT;
    let Some(members) = accepted(archive::read(data, &limits), data) else { return };
    let list: Vec<(&str, &[u8])> =
        members.names().map(|name| (name, members.get(name).unwrap())).collect();
    assert!(list.len() <= limits.members);
    let total: u64 = list.iter().map(|(_, bytes)| bytes.len() as u64).sum();
    assert!(total <= limits.total_bytes);
    for (name, bytes) in &list {
        assert!(bytes.len() as u64 <= limits.member_bytes);
        assert!(!contains_private_key(bytes) && !name.to_lowercase().ends_with(".key"));
        assert!(name.starts_with(|first: char| first.is_ascii_alphanumeric()));
        assert!(!name.contains(['/', '\\', '\0', ':']));
    }
    match archive::write(&list) {
        Ok(written) => assert_eq!(archive::read(&written, &limits).unwrap(), members),
        // Deflated it was within the limit, and stored it is not.
        Err(defect) => {
            assert_eq!(defect.reason, Reason::ZipTooLarge);
            assert!(total > limits.archive_bytes / 2, "{total}");
        }
    }
    assert!(members.expect_exactly(&members.names().collect::<Vec<_>>()).is_ok());
});
