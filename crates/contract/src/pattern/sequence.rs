//! Patterns that spell a whole value from left to right, such as `^[A-Z]{2}-[0-9]+$`, decided without an automaton.
//!
//! Most patterns of contracts are of this kind. Each item is a set of ASCII characters and how often they come. Where no
//! character that an item takes could begin what follows it, taking as many as there are is the only way to match.

use regex_syntax::hir::{Class, Hir, HirKind, Look};

/// Longer ones are left to the automaton.
const ITEMS_MAX: usize = 64;

#[derive(Debug, Clone)]
pub(super) struct Sequence {
    items: Vec<Item>,
}

#[derive(Debug, Clone)]
struct Item {
    /// By byte; none beyond ASCII.
    set: Box<[bool; 256]>,
    min: usize,
    max: usize,
}

impl Sequence {
    /// Of a translated pattern; none where it is of another kind.
    pub fn of(translated: &str) -> Option<Self> {
        let tree = regex_syntax::ParserBuilder::new().nest_limit(100).build().parse(translated).ok()?;
        let HirKind::Concat(parts) = tree.kind() else { return None };
        let [first, inner @ .., last] = parts.as_slice() else { return None };
        if !is(first, Look::Start) || !is(last, Look::End) {
            return None;
        }
        let mut items = Vec::new();
        inner.iter().try_for_each(|part| push(part, &mut items))?;
        let sequence = Self { items };
        sequence.is_decided().then_some(sequence)
    }

    /// Whether no item that can take more or fewer could take what a later one needs.
    fn is_decided(&self) -> bool {
        self.items.len() <= ITEMS_MAX
            && self.items.iter().enumerate().filter(|(_, item)| item.min < item.max).all(|(at, item)| {
                let after = self.items.iter().skip(at + 1);
                let needed = after.clone().position(|next| next.min > 0).map_or(after.len(), |needed| needed + 1);
                after.take(needed).all(|next| item.is_disjoint(next))
            })
    }

    pub fn is_match(&self, text: &str) -> bool {
        let mut rest = text.as_bytes();
        for item in &self.items {
            let taken = rest.iter().take(item.max).take_while(|byte| item.set[usize::from(**byte)]).count();
            if taken < item.min {
                return false;
            }
            rest = rest.get(taken..).unwrap_or_default();
        }
        rest.is_empty()
    }
}

impl Item {
    fn new(min: usize, max: usize, bytes: impl IntoIterator<Item = u8>) -> Self {
        let mut set = Box::new([false; 256]);
        bytes.into_iter().for_each(|byte| set[usize::from(byte)] = true);
        Self { set, min, max }
    }

    fn is_disjoint(&self, other: &Self) -> bool {
        self.set.iter().zip(other.set.iter()).all(|(own, theirs)| !(own & theirs))
    }
}

fn is(part: &Hir, look: Look) -> bool {
    matches!(part.kind(), HirKind::Look(found) if *found == look)
}

fn push(part: &Hir, items: &mut Vec<Item>) -> Option<()> {
    match part.kind() {
        HirKind::Empty => {}
        HirKind::Literal(literal) => {
            items.extend(literal.0.is_ascii().then_some(&literal.0)?.iter().map(|byte| Item::new(1, 1, [*byte])));
        }
        HirKind::Class(class) => items.push(Item::new(1, 1, ascii(class)?)),
        HirKind::Capture(capture) => push(&capture.sub, items)?,
        HirKind::Concat(parts) => parts.iter().try_for_each(|part| push(part, items))?,
        HirKind::Repetition(repeated) => {
            let bytes = match repeated.sub.kind() {
                HirKind::Class(class) => ascii(class)?,
                HirKind::Literal(literal) if literal.0.len() == 1 && literal.0.is_ascii() => literal.0.to_vec(),
                _ => return None,
            };
            let max = repeated.max.map_or(usize::MAX, |max| max as usize);
            items.push(Item::new(repeated.min as usize, max, bytes));
        }
        HirKind::Look(_) | HirKind::Alternation(_) => return None,
    }
    Some(())
}

/// The members of a class that has none beyond ASCII.
fn ascii(class: &Class) -> Option<Vec<u8>> {
    let Class::Unicode(class) = class else { return None };
    class.is_ascii().then(|| {
        class
            .ranges()
            .iter()
            .flat_map(|range| range.start()..=range.end())
            .filter_map(|c| u8::try_from(c).ok())
            .collect()
    })
}
