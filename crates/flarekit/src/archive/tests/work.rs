//! What a refusal costs, counted.

use super::make::{Raw, zip};
use crate::archive::read::{Work, read_counting};
use crate::archive::{Limits, MAX_RATIO};
use crate::error::Reason;

fn refused(members: &[Raw], reason: Reason) -> Work {
    let mut work = Work::default();
    let defect = read_counting(&zip(members), &Limits::ARTIFACT, &mut work).unwrap_err();
    assert_eq!(defect.reason, reason, "{defect}");
    work
}

fn zeros(name: &str, size: u64) -> Raw {
    Raw::deflated(name, &vec![0; usize::try_from(size).unwrap()])
}

#[test]
fn as_much_as_is_accepted_is_inflated() {
    let Limits { members, member_bytes, total_bytes, .. } = Limits::ARTIFACT;
    let full = total_bytes / member_bytes;
    let all: Vec<Raw> = (0..members as u64)
        .map(|n| zeros(&format!("m{n}"), if n < full { member_bytes } else { 0 }))
        .collect();
    let mut work = Work::default();
    read_counting(&zip(&all), &Limits::ARTIFACT, &mut work).unwrap();
    assert_eq!(work, Work { members, inflated: total_bytes, searched: total_bytes });
}

/// Nothing is looked at more than twice, whatever seems to begin a key: not even one line that seems
/// to begin one everywhere, or many lines that do.
#[test]
fn what_seems_to_begin_a_key_is_searched_in_one_pass() {
    let Limits { member_bytes, total_bytes, .. } = Limits::ARTIFACT;
    let size = usize::try_from(member_bytes).unwrap();
    for part in ["-----BEGIN ", "-----BEGIN \n", "-----BEGIN PRIVATE KE", "-----BEGIN", "-"] {
        let content = part.as_bytes().iter().copied().cycle().take(size).collect::<Vec<u8>>();
        let all: Vec<Raw> = (0..total_bytes / member_bytes)
            .map(|n| Raw::deflated(&format!("m{n}"), &content))
            .collect();
        let mut work = Work::default();
        read_counting(&zip(&all), &Limits::ARTIFACT, &mut work).unwrap();
        let passes = total_bytes..=2 * total_bytes;
        assert!(passes.contains(&work.searched), "{part:?}: {} bytes", work.searched);
    }
}

#[test]
fn what_the_headers_give_away_is_not_inflated() {
    let Limits { members, member_bytes, deflated_bytes, .. } = Limits::ARTIFACT;
    let too_many: Vec<Raw> = (0..=members).map(|n| zeros(&format!("m{n}"), 1)).collect();
    assert_eq!(refused(&too_many, Reason::ZipTooManyMembers), Work::default());
    let listed: Vec<Raw> = (0..20_000).map(|n| Raw::stored(&format!("m{n}"), b"")).collect();
    assert_eq!(refused(&listed, Reason::ZipTooManyMembers), Work::default());

    let small = || zeros("a", 1000);
    let too_large = refused(&[small(), zeros("b", member_bytes + 1)], Reason::ZipMemberTooLarge);
    assert_eq!(too_large, Work { members: 2, ..Work::default() });
    let together: Vec<Raw> = (0..5).map(|n| zeros(&format!("m{n}"), member_bytes)).collect();
    let too_large = refused(&together, Reason::ZipMemberTooLarge);
    assert_eq!(too_large, Work { members: 5, ..Work::default() });

    // Deflated data costs by its own length, too: its blocks may hold nothing.
    let packed_size = u32::try_from(deflated_bytes).unwrap() + 1;
    let empty = Raw { data: vec![0; packed_size as usize], packed_size, ..zeros("c", 0) };
    let too_large = refused(&[small(), empty], Reason::ZipMemberTooLarge);
    assert_eq!(too_large, Work { members: 2, ..Work::default() });

    let beyond = |size: u64| Raw { size: u32::try_from(size).unwrap(), ..small() };
    let packed = u64::from(small().packed_size);
    let impossible = refused(&[beyond(packed * MAX_RATIO + 1)], Reason::ZipRatio);
    assert_eq!(impossible, Work { members: 1, ..Work::default() });
    let possible = refused(&[beyond(packed * MAX_RATIO)], Reason::ZipChecksum);
    assert_eq!(possible, Work { members: 1, inflated: 1000, searched: 0 });
}

#[test]
fn a_lie_is_inflated_by_one_byte_more_than_it_declares() {
    let bomb = Raw { size: 80_000, ..zeros("bomb", 64 << 20) };
    assert_eq!(
        refused(&[bomb], Reason::ZipChecksum),
        Work { members: 1, inflated: 80_001, searched: 0 }
    );
}

/// The bound is that of deflate itself: nothing that it writes is refused for its ratio.
#[test]
fn the_densest_data_is_below_the_ratio() {
    let densest = zeros("zeros", Limits::ARTIFACT.member_bytes);
    let ratio = u64::from(densest.size) / u64::from(densest.packed_size);
    assert!((900..MAX_RATIO).contains(&ratio), "{ratio}");
}
