//! Builds the tree from the parser's events, with a stack of its own so that deep nesting cannot exhaust the thread's.

use std::borrow::Cow;
use std::collections::HashMap;

use saphyr_parser::{Event, Parser, ScalarStyle, ScanError, Tag};

use super::position::Positions;
use super::{
    ALIAS_NODES_MAX, DEPTH_MAX, DIAGNOSTICS_MAX, Entry, Kind, NODES_MAX, Node, Parsed, SIZE_MAX, Scalar, Value,
};
use crate::codes;
use crate::diagnostic::{Diagnostic, Span};

pub(super) fn read(text: &str) -> Parsed {
    if text.len() > SIZE_MAX {
        let message = format!("the file has {} bytes; the limit is {SIZE_MAX}", text.len());
        let help = "split the file; a contract of this size cannot be reviewed";
        return refused(codes::LIMIT.at(Span::default(), message).with_help(help));
    }
    if let Some(offset) = text.find('\0') {
        let message = "the file holds a NUL character; it is not text".to_owned();
        return refused(codes::SYNTAX.at(span_at(text, offset), message));
    }
    // The parser counts a byte order mark as a character of the first line, an editor does not show it.
    let body = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut reader = Reader::new(body);
    reader.run();
    reader.finish(text.len() - body.len())
}

fn refused(diagnostic: Diagnostic) -> Parsed {
    Parsed { root: None, diagnostics: vec![diagnostic] }
}

/// The span of nothing at a byte offset.
fn span_at(text: &str, offset: usize) -> Span {
    let before = &text[..offset];
    let line_start = before.rfind('\n').map_or(0, |at| at + 1);
    let line = before.matches('\n').count() + 1;
    let column = before[line_start..].chars().count() + 1;
    Span {
        start: offset,
        end: offset,
        line: u32::try_from(line).unwrap_or(u32::MAX),
        column: u32::try_from(column).unwrap_or(u32::MAX),
    }
}

/// A collection that is not closed yet.
struct Open {
    anchor: usize,
    start: Span,
    /// Nodes within, for the alias budget.
    size: usize,
    content: Content,
}

enum Content {
    Seq(Vec<Node>),
    /// `lines` knows where each key was first given, once a map is too wide to search it from its start.
    Map {
        entries: Vec<Entry>,
        key: Option<(String, Span)>,
        lines: HashMap<String, u32>,
    },
}

/// Maps up to this width are searched key by key.
const NARROW_MAX: usize = 32;

fn first_line(entries: &[Entry], lines: &mut HashMap<String, u32>, name: &str) -> Option<u32> {
    if entries.len() <= NARROW_MAX {
        return entries.iter().find(|entry| entry.key == name).map(|entry| entry.key_span.line);
    }
    for entry in entries.iter().skip(lines.len()) {
        lines.entry(entry.key.clone()).or_insert(entry.key_span.line);
    }
    lines.get(name).copied()
}

/// An anchored node and how many nodes it holds.
struct Anchored {
    node: Node,
    size: usize,
}

struct Reader<'a> {
    positions: Positions<'a>,
    text: &'a str,
    stack: Vec<Open>,
    anchors: HashMap<usize, Anchored>,
    alias_nodes: usize,
    /// Those of aliases included.
    nodes: usize,
    root: Option<Node>,
    documents: usize,
    diagnostics: Vec<Diagnostic>,
    /// Set when the rest of the text makes no sense any more.
    broken: bool,
}

impl<'a> Reader<'a> {
    fn new(text: &'a str) -> Self {
        Self {
            positions: Positions::new(text),
            text,
            stack: Vec::new(),
            anchors: HashMap::new(),
            alias_nodes: 0,
            nodes: 0,
            root: None,
            documents: 0,
            diagnostics: Vec::new(),
            broken: false,
        }
    }

    fn run(&mut self) {
        for event in Parser::new_from_str(self.text) {
            match event {
                Ok((event, span)) => self.event(event, self.positions.span(span)),
                Err(error) => self.syntax_error(&error),
            }
            if self.broken || self.diagnostics.len() >= DIAGNOSTICS_MAX {
                self.broken = true;
                return;
            }
        }
    }

    fn finish(self, offset: usize) -> Parsed {
        let mut parsed = Parsed { root: if self.broken { None } else { self.root }, diagnostics: self.diagnostics };
        if parsed.root.is_none() && parsed.diagnostics.is_empty() {
            parsed.diagnostics.push(codes::SYNTAX.at(Span::default(), "the file is empty".to_owned()));
        }
        if offset > 0 {
            parsed.diagnostics.iter_mut().for_each(|diagnostic| diagnostic.span.shift(offset));
            parsed.root.iter_mut().for_each(|root| shift(root, offset));
        }
        parsed
    }

    fn event(&mut self, event: Event<'_>, span: Span) {
        match event {
            Event::Nothing | Event::StreamStart | Event::StreamEnd | Event::DocumentEnd => {}
            Event::DocumentStart(_) => self.document_start(span),
            Event::Alias(anchor) => self.alias(anchor, span),
            Event::Scalar(text, style, anchor, tag) => {
                let span = self.without_comment(style, span);
                let scalar = self.scalar(text, style, tag.as_deref(), span);
                self.complete(Node { kind: Kind::Scalar(scalar), span }, anchor, 1);
            }
            Event::SequenceStart(anchor, _) => self.open(anchor, span, Content::Seq(Vec::new())),
            Event::MappingStart(anchor, _) => {
                self.open(anchor, span, Content::Map { entries: Vec::new(), key: None, lines: HashMap::new() });
            }
            Event::SequenceEnd | Event::MappingEnd => self.close(span),
        }
    }

    /// The parser ends a quoted scalar where the next token begins, behind a comment on the same line.
    fn without_comment(&self, style: ScalarStyle, span: Span) -> Span {
        let quote = match style {
            ScalarStyle::SingleQuoted => '\'',
            ScalarStyle::DoubleQuoted => '"',
            _ => return span,
        };
        let written = self.text.get(span.start..span.end).unwrap_or_default();
        let mut letters = written.char_indices().skip(1).peekable();
        while let Some((at, letter)) = letters.next() {
            let next = letters.peek().map(|(_, letter)| *letter);
            match letter {
                '\\' if quote == '"' => drop(letters.next()),
                _ if letter == quote && quote == '\'' && next == Some(quote) => drop(letters.next()),
                _ if letter == quote => return Span { end: span.start + at + 1, ..span },
                _ => {}
            }
        }
        span
    }

    fn document_start(&mut self, span: Span) {
        self.documents += 1;
        if self.documents > 1 {
            let message = "the file holds more than one document".to_owned();
            self.report(codes::SYNTAX.at(span, message).with_help("keep one document in each file; remove the `---`"));
            self.broken = true;
        }
    }

    fn scalar(&mut self, text: Cow<'_, str>, style: ScalarStyle, tag: Option<&Tag>, span: Span) -> Scalar {
        let text = text.into_owned();
        let tag = tag.filter(|tag| tag.is_yaml_core_schema()).map(|tag| tag.suffix.as_str());
        match tag {
            Some("str") => Scalar::text(text),
            Some("int" | "float" | "bool" | "null") => {
                let scalar = Scalar::plain(text);
                if scalar.value == Value::Text {
                    let message = format!("{:?} is not of the type that its tag says", scalar.text);
                    self.report(codes::SYNTAX.at(span, message));
                }
                scalar
            }
            _ if style == ScalarStyle::Plain => Scalar::plain(text),
            _ => Scalar::text(text),
        }
    }

    fn open(&mut self, anchor: usize, start: Span, content: Content) {
        if self.stack.len() >= DEPTH_MAX {
            let message = format!("nested deeper than {DEPTH_MAX} levels");
            self.report(codes::LIMIT.at(start, message));
            self.broken = true;
            return;
        }
        self.stack.push(Open { anchor, start, size: 1, content });
    }

    fn close(&mut self, end: Span) {
        let Some(Open { anchor, start, size, content }) = self.stack.pop() else { return };
        let kind = match content {
            Content::Seq(items) => Kind::Seq(items),
            Content::Map { entries, .. } => Kind::Map(self.merge(entries)),
        };
        let last = match &kind {
            Kind::Seq(items) => items.last().map(|item| item.span.end),
            Kind::Map(entries) => entries.last().map(|entry| entry.value.span.end.max(entry.key_span.end)),
            Kind::Scalar(_) => None,
        };
        // A flow collection ends behind its bracket, a block collection with its last item.
        let bracket = self.text.get(end.start..).is_some_and(|rest| rest.starts_with([']', '}']));
        let closing = if bracket && end.end > end.start { end.start + 1 } else { 0 };
        let end = closing.max(last.unwrap_or(start.end)).max(start.end);
        let span = Span { end, ..start };
        self.complete(Node { kind, span }, anchor, size);
    }

    fn alias(&mut self, anchor: usize, span: Span) {
        let Some(anchored) = self.anchors.get(&anchor) else {
            let message = "the alias refers to a node that contains it".to_owned();
            self.report(codes::SYNTAX.at(span, message));
            self.broken = true;
            return;
        };
        self.alias_nodes += anchored.size;
        self.nodes += anchored.size;
        if self.alias_nodes > ALIAS_NODES_MAX {
            let message = format!("aliases expand to more than {ALIAS_NODES_MAX} values");
            self.report(codes::LIMIT.at(span, message));
            self.broken = true;
            return;
        }
        let (mut node, size) = (anchored.node.clone(), anchored.size);
        node.span = span;
        self.complete(node, 0, size);
    }

    /// Puts a finished node where it belongs: into the collection on top of the stack, or at the root.
    fn complete(&mut self, node: Node, anchor: usize, size: usize) {
        if anchor > 0 {
            self.anchors.insert(anchor, Anchored { node: node.clone(), size });
        }
        let is_key = matches!(self.stack.last(), Some(Open { content: Content::Map { key: None, .. }, .. }));
        self.nodes += usize::from(!is_key);
        if self.nodes > NODES_MAX {
            let message = format!("the file holds more than {NODES_MAX} values");
            self.report(codes::LIMIT.at(node.span, message).with_help("split the file"));
            self.broken = true;
            return;
        }
        let Some(top) = self.stack.last_mut() else {
            self.root = Some(node);
            return;
        };
        top.size += size;
        match &mut top.content {
            Content::Seq(items) => items.push(node),
            Content::Map { entries, key, .. } => match key.take() {
                Some((key, key_span)) => entries.push(Entry { key, key_span, value: node }),
                None => self.key(node),
            },
        }
    }

    fn key(&mut self, node: Node) {
        let span = node.span;
        let name = match node.kind {
            Kind::Scalar(scalar) => scalar.text,
            Kind::Seq(_) | Kind::Map(_) => {
                self.report(codes::SYNTAX.at(span, "a key must be a single value".to_owned()));
                String::new()
            }
        };
        let Some(Open { content: Content::Map { entries, key, lines }, .. }) = self.stack.last_mut() else { return };
        let first = first_line(entries, lines, &name);
        *key = Some((name.clone(), span));
        if let Some(line) = first {
            let message = format!("the key `{name}` occurs twice; it was first given on line {line}");
            self.report(codes::DUPLICATE_KEY.at(span, message).with_help("remove one of the two, or merge them"));
        }
    }

    /// Resolves `<<: *anchor`, which YAML 1.1 tools write: the map's own keys win.
    fn merge(&mut self, entries: Vec<Entry>) -> Vec<Entry> {
        // A quoted `"<<"` is a key like any other.
        let is_merge = |entry: &Entry| {
            entry.key == "<<" && self.text.get(entry.key_span.start..).is_some_and(|text| text.starts_with("<<"))
        };
        if !entries.iter().any(is_merge) {
            return entries;
        }
        let (merges, mut own): (Vec<Entry>, Vec<Entry>) = entries.into_iter().partition(is_merge);
        for merge in merges {
            let sources = match merge.value.kind {
                Kind::Seq(items) => items,
                kind => vec![Node { kind, span: merge.value.span }],
            };
            for source in sources {
                let Kind::Map(inherited) = source.kind else {
                    let message = "`<<` takes a map, or a list of maps".to_owned();
                    self.report(codes::SYNTAX.at(source.span, message));
                    continue;
                };
                for entry in inherited {
                    if !own.iter().any(|known| known.key == entry.key) {
                        own.push(entry);
                    }
                }
            }
        }
        own
    }

    fn syntax_error(&mut self, error: &ScanError) {
        let span = self.positions.point(error.marker());
        let offending = self.text.get(span.start..).and_then(|rest| rest.lines().next()).unwrap_or_default().trim();
        let message = match offending.char_indices().nth(60) {
            _ if offending.is_empty() => format!("not YAML: {}", error.info()),
            Some((end, _)) => format!("not YAML: {}, at `{}…`", error.info(), &offending[..end]),
            None => format!("not YAML: {}, at `{offending}`", error.info()),
        };
        let code = if error.info().contains("recursion limit") { codes::LIMIT } else { codes::SYNTAX };
        self.report(code.at(span, message));
        self.broken = true;
    }

    fn report(&mut self, diagnostic: Diagnostic) {
        self.diagnostics.push(diagnostic);
    }
}

/// Moves all spans behind a byte order mark.
fn shift(node: &mut Node, offset: usize) {
    node.span.shift(offset);
    match &mut node.kind {
        Kind::Scalar(_) => {}
        Kind::Seq(items) => items.iter_mut().for_each(|item| shift(item, offset)),
        Kind::Map(entries) => entries.iter_mut().for_each(|entry| {
            entry.key_span.shift(offset);
            shift(&mut entry.value, offset);
        }),
    }
}
