//! Builds the tree out of the events, within the limits.

use std::collections::HashMap;

use super::events::{Ended, Event, EventKind, Events};
use super::merge::{Merged, Overriding};
use super::node::{Mark, Node, Scalar, ScalarKind, Value};
use super::resolve::resolve;
use super::{Dialect, MAX_BYTES, MAX_DEPTH, MAX_NODES};
use crate::error::{Defect, Reason};
use crate::names::shown;

/// Reads the one document in `text`.
pub(super) fn compose(text: &str, dialect: Dialect) -> Result<Node, Defect> {
    compose_counting(text, dialect, &mut Size::default())
}

/// Reads, and counts the work.
pub(super) fn compose_counting(
    text: &str,
    dialect: Dialect,
    spent: &mut Size,
) -> Result<Node, Defect> {
    let text = Ended::new(text);
    let events = Events::new(&text)?;
    let (anchors, overriding) = Default::default();
    Composer { events, dialect, anchors, overriding, spent, depth: 0 }.document()
}

struct Composer<'a> {
    events: Events<'a>,
    dialect: Dialect,
    /// What each anchor names; `None` while its node is being read.
    anchors: HashMap<String, Option<Node>>,
    overriding: Overriding,
    spent: &'a mut Size,
    depth: usize,
}

/// What a tree costs. Text counts too: ten thousand aliases to one long text are as harmful as ten
/// thousand nodes are harmless.
#[derive(Debug, Default)]
pub(super) struct Size {
    pub(super) nodes: usize,
    pub(super) bytes: usize,
}

impl Composer<'_> {
    fn document(&mut self) -> Result<Node, Defect> {
        let one = |message: &str| Err(Defect::new(Reason::YamlDocuments, message));
        let first = self.events.next()?;
        if !matches!(first.kind, EventKind::DocumentStart) {
            return one("the YAML is empty");
        }
        let event = self.events.next()?;
        let empty =
            matches!(&event.kind, EventKind::Scalar { text, plain: true } if text.is_empty());
        let root = self.node(event)?;
        self.events.next()?;
        let last = self.events.next()?;
        if !matches!(last.kind, EventKind::StreamEnd) {
            return one(&format!("{}: a second document begins; one is accepted", last.at));
        }
        if empty { one("the YAML is empty") } else { Ok(root) }
    }

    /// The node that begins with `event`.
    fn node(&mut self, event: Event) -> Result<Node, Defect> {
        let at = event.at;
        if let EventKind::Alias = event.kind {
            return self.alias(event);
        }
        let anchor = self.anchor(event.anchor, at)?;
        let bytes = match &event.kind {
            EventKind::Scalar { text, .. } => text.len(),
            _ => 0,
        };
        self.spent.add(&Size { nodes: 1, bytes }, at)?;
        let value = match event.kind {
            EventKind::Scalar { text, plain } => Value::Scalar(Self::scalar(text, plain, at)?),
            EventKind::SequenceStart => {
                self.nested(at, |composer| composer.sequence().map(Value::Sequence))?
            }
            _ => self.nested(at, |composer| composer.mapping(at).map(Value::Mapping))?,
        };
        let node = Node { at, value };
        if let Some(name) = anchor {
            self.anchors.insert(name, Some(node.clone()));
        }
        Ok(node)
    }

    fn nested<T>(
        &mut self,
        at: Mark,
        read: impl FnOnce(&mut Self) -> Result<T, Defect>,
    ) -> Result<T, Defect> {
        self.depth += 1;
        check_depth(self.depth, at)?;
        let read = read(self)?;
        self.depth -= 1;
        Ok(read)
    }

    fn scalar(text: String, plain: bool, at: Mark) -> Result<Scalar, Defect> {
        if !plain {
            return Ok(Scalar { text, kind: ScalarKind::Text });
        }
        match resolve(&text) {
            Ok(kind) => Ok(Scalar { text, kind }),
            Err(why) => {
                let message = format!("{at}: {} {why}; in quotes it would be text", shown(&text));
                Err(Defect::new(Reason::YamlScalar, message))
            }
        }
    }

    fn sequence(&mut self) -> Result<Vec<Node>, Defect> {
        let mut items = Vec::new();
        loop {
            let event = self.events.next()?;
            if let EventKind::End = event.kind {
                return Ok(items);
            }
            items.push(self.node(event)?);
        }
    }

    fn mapping(&mut self, start: Mark) -> Result<Vec<(Node, Node)>, Defect> {
        let mut own = Vec::new();
        let mut merged: Option<(Mark, Merged)> = None;
        let mut seen = HashMap::new();
        loop {
            let event = self.events.next()?;
            let at = event.at;
            match &event.kind {
                EventKind::End => break,
                EventKind::Scalar { text, plain: true } if text == "<<" => {
                    if let Some((first, _)) = &merged {
                        return Err(duplicate("<<", *first, at));
                    }
                    merged = Some((at, self.merge(event)?));
                }
                _ => {
                    let key = self.node(event)?;
                    let name = key.as_text().ok_or_else(|| not_text(&key, at))?.to_owned();
                    if let Some(first) = seen.get(&name) {
                        return Err(duplicate(&name, *first, at));
                    }
                    seen.insert(name, at);
                    let value = self.events.next()?;
                    own.push((key, self.node(value)?));
                }
            }
        }
        match merged {
            Some((at, merged)) => merged.beneath(own, start, at, &mut self.overriding),
            None => Ok(own),
        }
    }

    /// What a merge key brings in: a mapping, or all mappings of a list.
    fn merge(&mut self, key: Event) -> Result<Merged, Defect> {
        let at = key.at;
        if self.dialect == Dialect::Archive {
            return Err(alias(at, "found a merge key ('<<'); none is accepted here"));
        }
        if key.anchor.is_some() {
            return Err(alias(at, "found an anchor on a merge key ('<<')"));
        }
        let value = self.events.next()?;
        let value_at = value.at;
        let node = self.node(value)?;
        let mappings = match node.value {
            Value::Sequence(items) => items,
            _ => vec![node],
        };
        let mut merged = Merged::default();
        for mapping in mappings {
            merged
                .add(mapping, &self.overriding)
                .ok_or_else(|| alias(value_at, "a merge key ('<<') takes mappings only"))?;
        }
        Ok(merged)
    }

    /// Takes note of a node's anchor.
    fn anchor(&mut self, anchor: Option<String>, at: Mark) -> Result<Option<String>, Defect> {
        let Some(name) = anchor else { return Ok(None) };
        let name_shown = shown(&name);
        if self.dialect == Dialect::Archive {
            return Err(alias(
                at,
                &format!("found the anchor {name_shown}; none is accepted here"),
            ));
        }
        if self.anchors.insert(name.clone(), None).is_some() {
            return Err(alias(at, &format!("the anchor {name_shown} is set a second time")));
        }
        Ok(Some(name))
    }

    /// A copy of what an alias stands for.
    fn alias(&mut self, event: Event) -> Result<Node, Defect> {
        let (at, name) = (event.at, event.anchor.unwrap_or_default());
        let name_shown = shown(&name);
        if self.dialect == Dialect::Archive {
            return Err(alias(at, &format!("found the alias {name_shown}; none is accepted here")));
        }
        let node = match self.anchors.get(&name) {
            Some(Some(node)) => node,
            Some(None) => {
                return Err(alias(at, &format!("the alias {name_shown} stands inside itself")));
            }
            None => {
                let what = "has no anchor before it; to mean text, it needs quotes around it";
                return Err(alias(at, &format!("the alias {name_shown} {what}")));
            }
        };
        let mut size = Size::default();
        let height = measure(node, &mut size);
        check_depth(self.depth + height, at)?;
        // Counted before the copy is made.
        self.spent.add(&size, at)?;
        Ok(node.clone())
    }
}

impl Size {
    /// Adds a part, unless the whole would be too much.
    fn add(&mut self, part: &Size, at: Mark) -> Result<(), Defect> {
        let nodes = self.nodes.saturating_add(part.nodes);
        let bytes = self.bytes.saturating_add(part.bytes);
        if nodes > MAX_NODES {
            let message = format!("{at}: the YAML has more than {MAX_NODES} nodes");
            return Err(Defect::new(Reason::YamlTooManyNodes, message));
        }
        if bytes > MAX_BYTES {
            let message = format!("{at}: the YAML's aliases repeat more than {MAX_BYTES} bytes");
            return Err(Defect::new(Reason::YamlTooLarge, message));
        }
        (self.nodes, self.bytes) = (nodes, bytes);
        Ok(())
    }
}

/// Adds up a tree; the result is how many collections stand inside one another.
fn measure(node: &Node, size: &mut Size) -> usize {
    size.nodes += 1;
    match &node.value {
        Value::Scalar(scalar) => {
            size.bytes += scalar.text.len();
            0
        }
        Value::Sequence(items) => {
            1 + items.iter().map(|item| measure(item, size)).max().unwrap_or(0)
        }
        Value::Mapping(pairs) => {
            let nodes = pairs.iter().flat_map(|(key, value)| [key, value]);
            1 + nodes.map(|node| measure(node, size)).max().unwrap_or(0)
        }
    }
}

fn check_depth(depth: usize, at: Mark) -> Result<(), Defect> {
    if depth > MAX_DEPTH {
        let message = format!("{at}: lists and mappings are nested deeper than {MAX_DEPTH}");
        return Err(Defect::new(Reason::YamlTooDeep, message));
    }
    Ok(())
}

pub(super) fn alias(at: Mark, message: &str) -> Defect {
    Defect::new(Reason::YamlAlias, format!("{at}: {message}"))
}

fn duplicate(key: &str, first: Mark, at: Mark) -> Defect {
    let message = format!("{at}: the key {} already stands in line {}", shown(key), first.line);
    Defect::new(Reason::YamlDuplicateKey, message)
}

fn not_text(key: &Node, at: Mark) -> Defect {
    let found = match key.plain_text() {
        Some(text) => format!(
            "{}, which YAML reads as {}; in quotes it would be text",
            shown(text),
            key.type_name()
        ),
        None => key.type_name().to_owned(),
    };
    let message = format!("{at}: a mapping's key must be text, but is {found}");
    Defect::new(Reason::YamlKeyNotText, message)
}
