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
    assert_eq!(work, Work { members, inflated: total_bytes });
}

#[test]
fn what_the_headers_give_away_is_not_inflated() {
    let Limits { members, member_bytes, .. } = Limits::ARTIFACT;
    let too_many: Vec<Raw> = (0..=members).map(|n| zeros(&format!("m{n}"), 1)).collect();
    assert_eq!(refused(&too_many, Reason::ZipTooManyMembers), Work::default());
    let listed: Vec<Raw> = (0..20_000).map(|n| Raw::stored(&format!("m{n}"), b"")).collect();
    assert_eq!(refused(&listed, Reason::ZipTooManyMembers), Work::default());

    let small = || zeros("a", 1000);
    let too_large = refused(&[small(), zeros("b", member_bytes + 1)], Reason::ZipMemberTooLarge);
    assert_eq!(too_large, Work { members: 2, inflated: 0 });
    let together: Vec<Raw> = (0..5).map(|n| zeros(&format!("m{n}"), member_bytes)).collect();
    let too_large = refused(&together, Reason::ZipMemberTooLarge);
    assert_eq!(too_large, Work { members: 5, inflated: 0 });

    let beyond = |size: u64| Raw { size: u32::try_from(size).unwrap(), ..small() };
    let packed = u64::from(small().packed_size);
    let impossible = refused(&[beyond(packed * MAX_RATIO + 1)], Reason::ZipRatio);
    assert_eq!(impossible, Work { members: 1, inflated: 0 });
    let possible = refused(&[beyond(packed * MAX_RATIO)], Reason::ZipChecksum);
    assert_eq!(possible, Work { members: 1, inflated: 1000 });
}

#[test]
fn a_lie_is_inflated_by_one_byte_more_than_it_declares() {
    let bomb = Raw { size: 80_000, ..zeros("bomb", 64 << 20) };
    assert_eq!(refused(&[bomb], Reason::ZipChecksum), Work { members: 1, inflated: 80_001 });
}

/// The bound is that of deflate itself: nothing that it writes is refused for its ratio.
#[test]
fn the_densest_data_is_below_the_ratio() {
    let densest = zeros("zeros", Limits::ARTIFACT.member_bytes);
    let ratio = u64::from(densest.size) / u64::from(densest.packed_size);
    assert!((900..MAX_RATIO).contains(&ratio), "{ratio}");
}
