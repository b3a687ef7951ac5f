//! Whether all texts that one pattern occurs in are texts that another occurs in: inclusion of regular languages.
//!
//! Both patterns become automata over classes of characters that neither tells apart; a search through pairs of their
//! states finds a text that the inner one has and the outer one lacks, or none. What cannot be said with automata
//! (look-around, back-references, word boundaries) and what grows too large is left undecided.

mod automaton;

use std::collections::{HashMap, VecDeque};

use automaton::{Automaton, States};
use regex_syntax::hir::Hir;

use crate::pattern::Pattern;

/// Patterns longer than this are not compared, in bytes.
const LENGTH_MAX: usize = 4096;
/// Pairs of states that are looked at before giving up.
const PAIRS_MAX: usize = 20_000;
/// States that are followed before giving up; this bounds time and memory.
const WORK_MAX: usize = 5_000_000;

/// Whether a language is within another.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Inclusion {
    Yes,
    /// A text of the inner language that is not in the outer one.
    No(String),
    Undecided,
}

/// Whether every text that `inner` occurs in is one that `outer` occurs in (search semantics of ECMA-262).
pub fn includes(outer: &str, inner: &str) -> Inclusion {
    if outer == inner {
        return Inclusion::Yes;
    }
    let (Some(outer), Some(inner)) = (automaton(outer), automaton(inner)) else { return Inclusion::Undecided };
    search(&outer, &inner)
}

/// Whether the pattern occurs in a text; `None` when the pattern cannot be used.
pub(crate) fn occurs(pattern: &str, text: &str) -> Option<bool> {
    Pattern::new(pattern).ok().map(|pattern| pattern.is_match(text))
}

/// `None` for what is no regular expression, or none that can be said without looking around.
fn parse(pattern: &str) -> Option<Hir> {
    if pattern.len() > LENGTH_MAX {
        return None;
    }
    let translated = crate::pattern::plain(pattern)?;
    regex_syntax::ParserBuilder::new().nest_limit(100).build().parse(&translated).ok()
}

fn automaton(pattern: &str) -> Option<Automaton> {
    Automaton::new(&parse(pattern)?)
}

/// Whether both patterns occur in some text; `None` when it cannot be decided.
pub(crate) fn meet(one: &str, other: &str) -> Option<bool> {
    let (one, other) = (automaton(one)?, automaton(other)?);
    let common = |inside: bool, outside: bool| inside && outside;
    match walk(&one, &other, common, |states| states.0.is_empty() || states.1.is_empty()) {
        Inclusion::Yes => Some(false),
        Inclusion::No(_) => Some(true),
        Inclusion::Undecided => None,
    }
}

fn search(outer: &Automaton, inner: &Automaton) -> Inclusion {
    let missing = |inside: bool, outside: bool| inside && !outside;
    // Nothing that follows can be in the inner language, or everything that follows is in the outer one.
    walk(inner, outer, missing, |states| states.0.is_empty() || outer.is_settled(&states.1))
}

/// Looks for a text that the two automata answer as wanted; `Yes` when there is none. Where `is_over` nothing is to be found.
fn walk(
    inner: &Automaton,
    outer: &Automaton,
    wanted: impl Fn(bool, bool) -> bool,
    is_over: impl Fn(&(States, States)) -> bool,
) -> Inclusion {
    let Some(letters) = automaton::letters(&[outer, inner]) else { return Inclusion::Undecided };
    let mut work = 0_usize;
    let start = (inner.start(), outer.start());
    let mut reached: HashMap<(States, States), Option<(usize, char)>> = HashMap::from([(start.clone(), None)]);
    let mut order = vec![start];
    let mut open = VecDeque::from([0]);
    while let Some(at) = open.pop_front() {
        let (inside, outside) = order[at].clone();
        let is_first = at == 0;
        if wanted(inner.accepts(&inside, is_first), outer.accepts(&outside, is_first)) {
            return Inclusion::No(spell(&order, &reached, at));
        }
        for letter in &letters {
            work += inside.len() + outside.len();
            let next = (inner.step(&inside, *letter), outer.step(&outside, *letter));
            if is_over(&next) || reached.contains_key(&next) {
                continue;
            }
            if order.len() >= PAIRS_MAX || work > WORK_MAX {
                return Inclusion::Undecided;
            }
            reached.insert(next.clone(), Some((at, *letter)));
            open.push_back(order.len());
            order.push(next);
        }
    }
    Inclusion::Yes
}

/// The text that leads to a pair of states.
fn spell(
    order: &[(States, States)],
    reached: &HashMap<(States, States), Option<(usize, char)>>,
    mut at: usize,
) -> String {
    let mut letters = Vec::new();
    while let Some(Some((before, letter))) = reached.get(&order[at]) {
        letters.push(*letter);
        at = *before;
    }
    letters.iter().rev().collect()
}

#[cfg(test)]
mod tests;
