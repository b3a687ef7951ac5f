//! A nondeterministic automaton over characters, and sets of its states as the states of a deterministic one.

use std::collections::BTreeSet;

use regex_syntax::hir::{Class, Hir, HirKind, Look};

/// Automata with more states are not built.
const STATES_MAX: usize = 4_000;
/// More classes of characters are not told apart.
const LETTERS_MAX: usize = 400;

/// States of the automaton, in order.
pub(super) type States = Vec<usize>;

#[derive(Debug)]
enum Edge {
    /// Without reading.
    Empty(usize),
    /// Only before the first character.
    AtStart(usize),
    /// Only behind the last character.
    AtEnd(usize),
    /// One character between the two, inclusive.
    Read(char, char, usize),
}

/// Finds a pattern anywhere in a text: the language is that of all texts that the pattern occurs in.
#[derive(Debug)]
pub(super) struct Automaton {
    edges: Vec<Vec<Edge>>,
    accept: usize,
}

impl Automaton {
    /// `None` when the expression needs more than automata, or too large ones.
    pub fn new(expression: &Hir) -> Option<Self> {
        let mut automaton = Self { edges: vec![Vec::new()], accept: 0 };
        automaton.read_anything(0);
        let end = automaton.build(expression, 0)?;
        automaton.read_anything(end);
        automaton.accept = end;
        Some(automaton)
    }

    fn read_anything(&mut self, state: usize) {
        self.edges[state].push(Edge::Read('\0', char::MAX, state));
    }

    fn state(&mut self) -> Option<usize> {
        self.edges.push(Vec::new());
        (self.edges.len() <= STATES_MAX).then(|| self.edges.len() - 1)
    }

    /// Adds an expression behind a state and gives the state behind the expression.
    fn build(&mut self, expression: &Hir, from: usize) -> Option<usize> {
        match expression.kind() {
            HirKind::Empty => self.behind(from, Edge::Empty),
            HirKind::Literal(literal) => {
                let mut at = from;
                for character in std::str::from_utf8(&literal.0).ok()?.chars() {
                    at = self.behind(at, |to| Edge::Read(character, character, to))?;
                }
                Some(at)
            }
            HirKind::Class(class) => self.class(class, from),
            HirKind::Look(Look::Start) => self.behind(from, Edge::AtStart),
            HirKind::Look(Look::End) => self.behind(from, Edge::AtEnd),
            HirKind::Look(_) => None,
            HirKind::Capture(capture) => self.build(&capture.sub, from),
            HirKind::Concat(parts) => parts.iter().try_fold(from, |at, part| self.build(part, at)),
            HirKind::Alternation(parts) => {
                let end = self.state()?;
                for part in parts {
                    let start = self.behind(from, Edge::Empty)?;
                    let last = self.build(part, start)?;
                    self.edges[last].push(Edge::Empty(end));
                }
                Some(end)
            }
            HirKind::Repetition(repetition) => self.repeat(&repetition.sub, repetition.min, repetition.max, from),
        }
    }

    fn behind(&mut self, from: usize, edge: impl Fn(usize) -> Edge) -> Option<usize> {
        let to = self.state()?;
        self.edges[from].push(edge(to));
        Some(to)
    }

    fn class(&mut self, class: &Class, from: usize) -> Option<usize> {
        let to = self.state()?;
        match class {
            Class::Unicode(class) => {
                for range in class.ranges() {
                    self.edges[from].push(Edge::Read(range.start(), range.end(), to));
                }
            }
            Class::Bytes(class) => {
                for range in class.ranges() {
                    self.edges[from].push(Edge::Read(char::from(range.start()), char::from(range.end()), to));
                }
            }
        }
        Some(to)
    }

    fn repeat(&mut self, inner: &Hir, min: u32, max: Option<u32>, from: usize) -> Option<usize> {
        let mut at = self.behind(from, Edge::Empty)?;
        for _ in 0..min {
            at = self.build(inner, at)?;
        }
        let end = self.state()?;
        match max {
            None => {
                let start = self.behind(at, Edge::Empty)?;
                let last = self.build(inner, start)?;
                self.edges[last].push(Edge::Empty(start));
                self.edges[start].push(Edge::Empty(end));
            }
            Some(max) => {
                for _ in min..max {
                    self.edges[at].push(Edge::Empty(end));
                    at = self.build(inner, at)?;
                }
                self.edges[at].push(Edge::Empty(end));
            }
        }
        Some(end)
    }

    /// Where reading begins.
    pub fn start(&self) -> States {
        self.closure(vec![0], true, false)
    }

    pub fn step(&self, states: &States, letter: char) -> States {
        let mut next = BTreeSet::new();
        for state in states {
            for edge in &self.edges[*state] {
                if let Edge::Read(low, high, to) = edge
                    && (*low..=*high).contains(&letter)
                {
                    next.insert(*to);
                }
            }
        }
        self.closure(next.into_iter().collect(), false, false)
    }

    /// Whether the text may end here; `is_first` when nothing was read.
    pub fn accepts(&self, states: &States, is_first: bool) -> bool {
        self.closure(states.clone(), is_first, true).contains(&self.accept)
    }

    /// Whether every text that goes on from here is accepted.
    pub fn is_settled(&self, states: &States) -> bool {
        states.binary_search(&self.accept).is_ok()
    }

    fn closure(&self, from: States, is_first: bool, is_last: bool) -> States {
        let mut reached: BTreeSet<usize> = from.iter().copied().collect();
        let mut open = from;
        while let Some(state) = open.pop() {
            for edge in &self.edges[state] {
                let to = match edge {
                    Edge::Empty(to) => *to,
                    Edge::AtStart(to) if is_first => *to,
                    Edge::AtEnd(to) if is_last => *to,
                    _ => continue,
                };
                if reached.insert(to) {
                    open.push(to);
                }
            }
        }
        reached.into_iter().collect()
    }
}

/// One character for each class that the automata do not tell apart, those that people can read first.
/// `None` when there are too many.
pub(super) fn letters(automata: &[&Automaton]) -> Option<Vec<char>> {
    let mut starts: BTreeSet<u32> = BTreeSet::from([0]);
    for edge in automata.iter().flat_map(|automaton| automaton.edges.iter().flatten()) {
        if let Edge::Read(low, high, _) = edge {
            starts.insert(u32::from(*low));
            starts.insert(u32::from(*high) + 1);
        }
    }
    let starts: Vec<u32> = starts.into_iter().collect();
    let mut letters: Vec<char> = Vec::new();
    for (at, start) in starts.iter().enumerate() {
        let end = starts.get(at + 1).map_or(u32::from(char::MAX), |next| next - 1);
        letters.extend(readable(*start, end));
    }
    letters.sort_by_key(|letter| (!letter.is_ascii_alphanumeric(), !letter.is_ascii_graphic()));
    (letters.len() <= LETTERS_MAX).then_some(letters)
}

/// A character of the class; surrogates are none.
fn readable(start: u32, end: u32) -> Option<char> {
    let friendly = ['a', '0', 'A', '-', '_', ' ', '!'];
    let within = friendly.into_iter().find(|letter| (start..=end).contains(&u32::from(*letter)));
    within.or_else(|| char::from_u32(start)).or_else(|| (end >= 0xE000 && start <= 0xE000).then_some('\u{E000}'))
}
