//! Fingerprints and digests: the digits that are printed are those that were read.
#![no_main]

use flarekit::digest::Digest;
use flarekit::fingerprint::Fingerprint;
use flarekit_fuzz::accepted;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    if let Some(fingerprint) = accepted(Fingerprint::parse(text), text.as_bytes()) {
        let printed = fingerprint.to_string();
        assert_eq!(Fingerprint::parse(&printed).unwrap(), fingerprint);
        let digits = printed.trim_start_matches("SHA256").replace(':', "").to_lowercase();
        let read = text.to_lowercase().replace(':', "");
        assert!(read.trim().ends_with(&digits), "{text:?} is not {printed}");
    }
    let any_case = accepted(Digest::parse_any_case(text), text.as_bytes());
    if let Some(digest) = accepted(Digest::parse(text), text.as_bytes()) {
        assert_eq!(digest.to_string(), text);
        assert_eq!(any_case, Some(digest));
    }
});
