//! What `docs/security.md` says about the number of faults that are tried.

use crate::Stage;
use crate::refusals::REFUSALS;
use crate::scenarios::ALL;

/// The number at the end of the row of the page that begins so.
fn said(row: &str) -> usize {
    let page = include_str!("../../../../docs/security.md");
    let line = page.lines().find(|line| line.starts_with(row)).unwrap();
    let number = line.split('|').nth_back(1).unwrap();
    number.trim().replace(',', "").parse().unwrap()
}

/// File systems differ by a point or two; the page may not claim more than is done.
#[test]
fn the_page_on_security_counts_the_faults() {
    let points: usize =
        ALL.iter().map(|scenario| Stage::new(scenario).points(scenario).len()).sum();
    for (row, tried) in [
        ("| killed at each change of the disk", points),
        ("| each change of the disk refused", points * REFUSALS.len()),
        ("| each change of the disk interrupted", points),
    ] {
        assert!((tried - tried / 10..=tried).contains(&said(row)), "{row}: {tried}");
    }
}
