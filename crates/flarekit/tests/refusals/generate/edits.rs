//! Alterations of a text, whatever it belongs to.

use std::collections::HashSet;

use flarekit::error::Reason;

/// One alteration of a text, and the reason for which it must be refused.
pub struct Edit {
    pub name: String,
    pub what: String,
    pub reason: Reason,
    change: Box<dyn Fn(&str) -> String>,
}

impl Edit {
    pub fn new(
        name: impl Into<String>,
        what: impl Into<String>,
        reason: Reason,
        change: impl Fn(&str) -> String + 'static,
    ) -> Self {
        Self { name: name.into(), what: what.into(), reason, change: Box::new(change) }
    }

    /// The altered text, which must be another one.
    pub fn apply(&self, text: &str) -> String {
        let altered = (self.change)(text);
        assert_ne!(altered, text, "{}", self.name);
        altered
    }
}

/// The first alteration of each reason. One reader reads a kind of text wherever it is, so one
/// place shows all that it refuses, and the others that it is asked.
pub fn one_a_reason(mut edits: Vec<Edit>) -> Vec<Edit> {
    let mut seen = HashSet::new();
    edits.retain(|edit| seen.insert(edit.reason));
    edits
}

/// The line that holds some text, which must be one, replaced by others or by none.
pub fn line(text: &str, holds: &str, instead: &str) -> String {
    assert_eq!(text.lines().filter(|line| line.contains(holds)).count(), 1, "{holds} in {text}");
    let lines = text
        .lines()
        .map(|line| if line.contains(holds) { instead.to_owned() } else { format!("{line}\n") });
    lines.collect()
}
