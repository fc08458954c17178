//! A request zip, as the Project Admin gets it from a stranger.
#![no_main]

use flarekit::approval::UnverifiedRequest;
use flarekit::definition::Site;
use flarekit::digest::Digest;
use flarekit::request::RequestMetadata;
use flarekit_fuzz::{admitted, check_message, mutate, zip};
use libfuzzer_sys::{fuzz_mutator, fuzz_target};

fuzz_mutator!(|data: &mut [u8], size: usize, max_size: usize, seed: u32| {
    mutate::structured(data, size, max_size, seed, zip::change)
});

fuzz_target!(|data: &[u8]| {
    let Some(request) = admitted(UnverifiedRequest::read(data, "a.request.zip"), data) else {
        return;
    };
    let Some(request) = admitted(request.verify(), data) else { return };
    let metadata = request.metadata();
    assert_eq!(request.zip_sha256(), Digest::of(data));
    assert_eq!(request.site().identity, metadata.identity);
    let key = request.public_key();
    assert!(key.is_rsa() && key.bits() == 2048);
    assert_eq!(metadata.public_key_sha256, Digest::of(key.spki_der()));
    for warning in request.warnings() {
        check_message(&warning.message, data);
    }
    let written = flarekit::json::write(metadata);
    assert_eq!(&RequestMetadata::parse(written.as_bytes()).unwrap(), metadata);
    let copy = Site::parse_archived(request.site().to_yaml().as_bytes()).unwrap();
    assert_eq!(copy.identity, metadata.identity);
    assert_eq!(copy.host_names, request.site().host_names);
});
