//! Alterations of a PEM file that leave the bytes in the block as they are.

use flarekit::error::Reason::PemMalformed;

use super::edits::Edit;

/// A blank line in the middle of the block.
pub fn blank_line() -> Edit {
    Edit::new("blank-line", "a blank line inside the PEM block", PemMalformed, |pem| {
        let middle = pem[..pem.len() / 2].rfind('\n').unwrap();
        format!("{}\n{}", &pem[..middle], &pem[middle..])
    })
}

/// What at least one reader of a kit does not read.
pub fn unreadable() -> Vec<Edit> {
    vec![
        blank_line(),
        Edit::new("blank-last-line", "a blank line before the END line", PemMalformed, |pem| {
            pem.replace("\n-----END", "\n\n-----END")
        }),
        Edit::new("space-before", "a space before the PEM block", PemMalformed, |pem| {
            format!(" {pem}")
        }),
        Edit::new("space-before-end", "a space before the END line", PemMalformed, |pem| {
            pem.replace("\n-----END", "\n -----END")
        }),
    ]
}

/// More than one PEM block.
pub fn more() -> Vec<Edit> {
    vec![
        Edit::new("twice", "two PEM blocks", PemMalformed, |pem| pem.repeat(2)),
        Edit::new("text-before", "text before the PEM block", PemMalformed, |pem| {
            format!("PEM:\n{pem}")
        }),
        Edit::new("text-after", "text after the PEM block", PemMalformed, |pem| {
            format!("{pem}bye\n")
        }),
    ]
}
