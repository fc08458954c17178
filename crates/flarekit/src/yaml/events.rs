//! The events of a YAML text, refused where `libyaml-safer` and PyYAML could disagree.
//!
//! The two parsers agree on nearly everything. The differences, found by comparing them over
//! generated texts, are tabs between tokens (only PyYAML refuses them), `?` inside a plain scalar
//! in `[ ]` or `{ }`, a comment right behind a block's `|` or `>`, unusual line breaks, and a block
//! scalar on a last line that does not end.

use libyaml_safer::{Encoding, MappingStyle, ScalarStyle, SequenceStyle};
use libyaml_safer::{Event as RawEvent, EventData, Mark as RawMark, Parser};

use super::contain::contained;
use super::node::Mark;
use super::slips;
use crate::error::{Defect, Reason};

/// What the message says of a tab.
pub(super) const TAB: &str = "found a tab where YAML accepts only spaces";

/// How often "%TAG", which begins a directive for tags, may stand in a text. None is accepted as a
/// directive, but elsewhere it means nothing. The parser compares each directive with all before it,
/// and tells of the first when it has them all.
const MOST_TAGS: usize = 100;

/// One event, at its place.
pub(super) struct Event {
    pub at: Mark,
    pub anchor: Option<String>,
    pub kind: EventKind,
}

/// What an event says. Tags are refused, the stream's own events are left out.
pub(super) enum EventKind {
    DocumentStart,
    DocumentEnd,
    StreamEnd,
    Alias,
    Scalar {
        text: String,
        plain: bool,
    },
    SequenceStart,
    MappingStart,
    /// The end of a sequence or a mapping.
    End,
}

/// Reads events out of a text.
pub(super) struct Events<'a> {
    text: &'a str,
    parser: Parser<&'a [u8]>,
    /// Length of the text as it was given, without the line break that [`Ended`] added.
    given: usize,
    /// Up to here the text has been checked for tabs between tokens.
    checked: usize,
    /// Whether each collection that is open is in `[ ]` or `{ }`.
    open: Vec<bool>,
}

/// A text with a line break at its end, as our parser needs it: it panics on a block scalar or an
/// escape that the end of the text cuts off.
pub(super) struct Ended {
    text: String,
    /// Length without the line break that was added.
    given: usize,
}

impl Ended {
    /// Adds the line break where there is none.
    pub(super) fn new(text: &str) -> Self {
        // PyYAML skips a byte order mark at the very beginning, and only there.
        let mut text = text.strip_prefix('\u{feff}').unwrap_or(text).to_owned();
        let given = text.len();
        if !text.ends_with(['\n', '\r']) {
            text.push('\n');
        }
        Self { text, given }
    }
}

impl<'a> Events<'a> {
    /// Begins at the beginning.
    pub(super) fn new(ended: &'a Ended) -> Result<Self, Defect> {
        let Ended { text, given } = ended;
        check_characters(text)?;
        check_tags(text)?;
        let mut parser = Parser::new();
        // Left to guess, the parser takes some texts' first letter for a byte order mark.
        parser.set_encoding(Encoding::Utf8);
        parser.set_input(text.as_bytes());
        Ok(Self { text, parser, given: *given, checked: 0, open: Vec::new() })
    }

    /// The next event.
    pub(super) fn next(&mut self) -> Result<Event, Defect> {
        loop {
            let raw = contained(|| self.parser.parse())
                .ok_or_else(|| syntax("the text is not YAML"))?
                .map_err(|error| syntax(slips::words(&error, self.text)))?;
            if let Some(event) = self.event(raw)? {
                return Ok(event);
            }
        }
    }

    fn event(&mut self, raw: RawEvent) -> Result<Option<Event>, Defect> {
        let at = mark(raw.start_mark);
        let (kind, anchor, tag) = match raw.data {
            EventData::StreamStart { .. } => return Ok(None),
            EventData::DocumentStart { tag_directives, .. } => {
                let tag = tag_directives.into_iter().next().map(|directive| directive.handle);
                (EventKind::DocumentStart, None, tag)
            }
            EventData::DocumentEnd { .. } => (EventKind::DocumentEnd, None, None),
            EventData::StreamEnd => {
                self.check_gap(self.text.len())?;
                (EventKind::StreamEnd, None, None)
            }
            EventData::Alias { anchor } => (EventKind::Alias, Some(anchor), None),
            EventData::Scalar { anchor, tag, value, style, .. } => {
                let span = (index(raw.start_mark), index(raw.end_mark));
                let text = self.scalar(value, style, span, at)?;
                let plain = style == ScalarStyle::Plain;
                (EventKind::Scalar { text, plain }, anchor, tag)
            }
            EventData::SequenceStart { anchor, tag, style, .. } => {
                self.open.push(style == SequenceStyle::Flow);
                (EventKind::SequenceStart, anchor, tag)
            }
            EventData::MappingStart { anchor, tag, style, .. } => {
                self.open.push(style == MappingStyle::Flow);
                (EventKind::MappingStart, anchor, tag)
            }
            EventData::SequenceEnd | EventData::MappingEnd => {
                self.open.pop();
                (EventKind::End, None, None)
            }
        };
        if tag.is_some() {
            let message = format!("{at}: found a tag ('!'); no tags are accepted");
            return Err(Defect::new(Reason::YamlTag, message));
        }
        Ok(Some(Event { at, anchor, kind }))
    }

    /// The scalar's text, once its source is found to mean the same to PyYAML.
    fn scalar(
        &mut self,
        mut value: String,
        style: ScalarStyle,
        (start, end): (usize, usize),
        at: Mark,
    ) -> Result<String, Defect> {
        if start == end {
            return Ok(value);
        }
        self.check_gap(start)?;
        match style {
            ScalarStyle::Literal | ScalarStyle::Folded => {
                let source = self.text.get(start..end).unwrap_or_default();
                let header = source.lines().next().unwrap_or_default();
                self.check_gap(start + header.len())?;
                let before = header.split_once('#').map(|(before, _)| before);
                if before.is_some_and(|before| !before.ends_with(' ')) {
                    return Err(syntax(format!(
                        "{at}: a comment begins without a space before it"
                    )));
                }
                if end > self.given {
                    self.undo_added_break(&mut value, at)?;
                }
            }
            ScalarStyle::SingleQuoted | ScalarStyle::DoubleQuoted => {}
            _ => {
                let source = self.text.get(start..end).unwrap_or_default();
                if let Some(offset) = source.find('\t') {
                    return Err(self.tab(start + offset));
                }
                if self.open.contains(&true) && value.contains('?') {
                    let message = format!(
                        "{at}: a text with a question mark stands unquoted inside [ ] or {{ }}"
                    );
                    return Err(syntax(message));
                }
            }
        }
        self.checked = self.checked.max(end);
        Ok(value)
    }

    /// A block scalar that reaches the end of a text without a last line break has none either.
    fn undo_added_break(&self, value: &mut String, at: Mark) -> Result<(), Defect> {
        let given = self.text.get(..self.given).unwrap_or_default();
        let last = given.rsplit(['\n', '\r']).next().unwrap_or_default();
        if last.trim().is_empty() {
            let message = format!("{at}: the block's last line has only spaces and does not end");
            return Err(syntax(message));
        }
        if value.ends_with('\n') {
            value.pop();
        }
        Ok(())
    }

    /// Refuses a tab outside quotes, blocks and comments between the last checked place and `end`.
    fn check_gap(&mut self, end: usize) -> Result<(), Defect> {
        let gap = self.text.get(self.checked..end).unwrap_or_default();
        let mut comment = false;
        for (offset, character) in gap.char_indices() {
            match character {
                '\n' | '\r' => comment = false,
                '#' => comment = true,
                '\t' if !comment => return Err(self.tab(self.checked + offset)),
                _ => {}
            }
        }
        self.checked = self.checked.max(end);
        Ok(())
    }

    fn tab(&self, offset: usize) -> Defect {
        let at = place(self.text, offset);
        syntax(format!("{at}: {TAB}"))
    }
}

/// Refuses characters that PyYAML refuses, and the line breaks beyond ASCII, which few editors show
/// and which the two parsers fold differently.
fn check_characters(text: &str) -> Result<(), Defect> {
    let refused = |character: char| match character {
        '\t' | '\n' | '\r' | ' '..='~' => false,
        '\u{2028}' | '\u{2029}' | '\u{feff}' | '\u{fffe}' | '\u{ffff}' => true,
        _ => character < '\u{a0}',
    };
    let Some((offset, character)) = text.char_indices().find(|(_, c)| refused(*c)) else {
        return Ok(());
    };
    let at = place(text, offset);
    let code = u32::from(character);
    Err(syntax(format!("{at}: the character U+{code:04X} must be written as an escape")))
}

/// Refuses what could be more directives for tags than the parser should compare.
fn check_tags(text: &str) -> Result<(), Defect> {
    let Some((offset, _)) = text.match_indices("%TAG").nth(MOST_TAGS) else { return Ok(()) };
    let at = place(text, offset);
    let message = format!("{at}: '%TAG' stands here more than {MOST_TAGS} times");
    Err(Defect::new(Reason::YamlTag, message))
}

fn syntax(message: impl Into<String>) -> Defect {
    Defect::new(Reason::YamlSyntax, message)
}

/// Line and column of a byte offset.
fn place(text: &str, offset: usize) -> Mark {
    let before = text.get(..offset).unwrap_or_default().replace("\r\n", "\n");
    let mut lines = before.split(['\n', '\r']).rev();
    let column = lines.next().unwrap_or_default().chars().count() + 1;
    Mark { line: lines.count() + 1, column }
}

pub(super) fn mark(at: RawMark) -> Mark {
    let from = |number: u64| usize::try_from(number).unwrap_or(usize::MAX).saturating_add(1);
    Mark { line: from(at.line), column: from(at.column) }
}

fn index(at: RawMark) -> usize {
    usize::try_from(at.index).unwrap_or(usize::MAX)
}
