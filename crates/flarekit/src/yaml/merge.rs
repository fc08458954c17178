//! Merge keys (`<<`), as far as every version of PyYAML expands them alike.
//!
//! A mapping's own value always wins over a merged one. Which of several merged values wins is
//! another matter: of a list's mappings the first in older versions, as YAML 1.1 says, and in 6.0.4
//! the last, unless the key is a single letter (`flatten_mapping` there tells keys apart by their
//! place in memory). So such a key is refused, unless the mapping has a value of its own for it.

use std::collections::{HashMap, HashSet};

use super::compose::alias;
use super::node::{Mark, Node, Value};
use crate::error::Defect;
use crate::names::shown;

type Pairs = Vec<(Node, Node)>;

/// Which values of a mapping stand over others that were merged into it, by the mapping's place.
/// When the mapping is merged in its turn, versions differ in whether they bring back the others.
#[derive(Default)]
pub(super) struct Overriding(HashMap<Mark, HashSet<String>>);

/// What a merge key brings in.
#[derive(Default)]
pub(super) struct Merged {
    pairs: Pairs,
    /// For each key its place in `pairs`.
    places: HashMap<String, usize>,
    /// The keys with more than one value.
    contested: HashSet<String>,
}

impl Merged {
    /// Adds one of the merged mappings; `None` if it is none.
    pub(super) fn add(&mut self, node: Node, overriding: &Overriding) -> Option<()> {
        let Value::Mapping(pairs) = node.value else { return None };
        self.contested.extend(overriding.0.get(&node.at).into_iter().flatten().cloned());
        for pair in pairs {
            let name = name(&pair);
            match self.find(&name) {
                None => {
                    self.places.insert(name, self.pairs.len());
                    self.pairs.push(pair);
                }
                Some((_, first)) if *first == pair.1 => {}
                Some(_) => {
                    self.contested.insert(name);
                }
            }
        }
        Some(())
    }

    /// The whole mapping that begins at `start` and has a merge key at `at`. Like in a Python
    /// dictionary, a key that is overridden keeps its place.
    pub(super) fn beneath(
        mut self,
        own: Pairs,
        start: Mark,
        at: Mark,
        overriding: &mut Overriding,
    ) -> Result<Pairs, Defect> {
        let mut over = HashSet::new();
        for pair in own {
            let name = name(&pair);
            let contested = self.contested.remove(&name);
            let differs = self.find(&name).is_some_and(|(_, merged)| *merged != pair.1);
            match self.places.get(&name).and_then(|place| self.pairs.get_mut(*place)) {
                Some(merged) => *merged = pair,
                None => self.pairs.push(pair),
            }
            if contested || differs {
                over.insert(name);
            }
        }
        if let Some(name) = self.contested.iter().min() {
            let name = shown(name);
            let message = format!(
                "what is merged here ('<<') has more than one value for {name}, and programs differ \
                 in which of them counts; write {name} and its value beside the '<<'"
            );
            return Err(alias(at, &message));
        }
        overriding.0.insert(start, over);
        Ok(self.pairs)
    }

    fn find(&self, name: &str) -> Option<&(Node, Node)> {
        self.places.get(name).and_then(|place| self.pairs.get(*place))
    }
}

/// A pair's key, which [`compose`](super::compose) has found to be a text.
fn name((key, _): &(Node, Node)) -> String {
    key.as_text().unwrap_or_default().to_owned()
}
