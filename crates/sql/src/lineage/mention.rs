//! Where the text of a query names the columns of datasets: the places that a change of a column touches.

use std::collections::BTreeSet;

use contract::{Dataset, Span};
use datafusion::sql::sqlparser::ast::{Ident, ObjectName, Spanned, Statement};
use datafusion::sql::sqlparser::tokenizer::Span as ParserSpan;

use super::dialect::Dialect;
use super::flow::{Direct, Flow, Leaf, Leaves, Role, Table, Use};
use super::model::names;
use super::resolve::Resolver;
use super::{on_deep_stack, statement};
use crate::analyse::{Source, parsed};

/// One place that names a dataset, or a column of it by its own name.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Mention {
    pub dataset: String,
    /// `None` where the dataset itself is named.
    pub column: Option<String>,
    /// What the column is named for, in OpenLineage's words; `from` for a dataset.
    pub kind: &'static str,
    pub start: usize,
    pub end: usize,
    pub line: u32,
    pub place: u32,
}

impl Mention {
    pub fn span(&self) -> Span {
        Span { start: self.start, end: self.end, line: self.line, column: self.place }
    }
}

/// All places of the query that name one of the datasets or a column of them, in the order of the text; none when the text is
/// not one query. A column that is handed on under its own name, as by `*`, is named wherever that name stands; behind an
/// alias the name is another one.
pub fn mentions<'d>(sql: &str, datasets: impl IntoIterator<Item = &'d Dataset>) -> Vec<Mention> {
    let datasets: Vec<&Dataset> = datasets.into_iter().collect();
    on_deep_stack(|| follow(sql, &datasets))
}

/// What a resolver notes on its way.
#[derive(Debug, Default)]
pub struct Noted {
    columns: BTreeSet<(Leaf, &'static str, Place)>,
    tables: BTreeSet<(Table, Place)>,
}

/// The parser's spans have no order of their own: line and column of both ends.
type Place = [u64; 4];

fn follow(sql: &str, datasets: &[&Dataset]) -> Vec<Mention> {
    let source = Source { path: "", text: sql };
    let Ok(query) = parsed(source) else { return Vec::new() };
    let schemas = names(datasets.iter().copied());
    let mut leaves = Leaves::default();
    let mut resolver = Resolver::new(Dialect::Generic, &schemas, &mut leaves);
    resolver.noted = Some(Noted::default());
    let _: statement::Done = resolver.statement(&Statement::Query(query));
    let noted = resolver.noted.take().unwrap_or_default();
    let known = |table: Table| {
        let name = leaves.table_of(table).text.as_str();
        datasets.iter().find(|dataset| dataset.name == name)
    };
    let mut mentions = Vec::new();
    for (table, place) in &noted.tables {
        mentions.extend(known(*table).map(|dataset| mention(source, &dataset.name, None, "from", place)));
    }
    for (leaf, kind, place) in &noted.columns {
        let column = leaves.column_of(*leaf);
        let dataset = column.table.and_then(known).filter(|dataset| dataset.column(&column.column).is_some());
        mentions.extend(dataset.map(|of| mention(source, &of.name, Some(column.column.clone()), kind, place)));
    }
    mentions.sort_by(|a, b| (a.start, &a.dataset, &a.column, a.kind).cmp(&(b.start, &b.dataset, &b.column, b.kind)));
    // One place may be followed for several reasons: that it makes a value says most.
    mentions.dedup_by(|next, first| {
        (next.start, &next.dataset, &next.column) == (first.start, &first.dataset, &first.column)
    });
    mentions
}

fn mention(source: Source<'_>, dataset: &str, column: Option<String>, kind: &'static str, place: &Place) -> Mention {
    use datafusion::sql::sqlparser::tokenizer::Location;
    let [line, column_at, end_line, end_column] = *place;
    let span = source.span(ParserSpan {
        start: Location { line, column: column_at },
        end: Location { line: end_line, column: end_column },
    });
    Mention {
        dataset: dataset.to_owned(),
        column,
        kind,
        start: span.start,
        end: span.end,
        line: span.line,
        place: span.column,
    }
}

fn place(span: ParserSpan) -> Option<Place> {
    (span.start.line > 0).then_some([span.start.line, span.start.column, span.end.line, span.end.column])
}

impl Resolver<'_> {
    /// Notes that the text names the one column that the flow hands on as it is, by that column's own name.
    pub fn note_column(&mut self, ident: &Ident, flow: &Flow, how: Use) {
        let Some(noted) = &mut self.noted else { return };
        let ([source], Some(place)) = (flow.direct.as_slice(), place(ident.span)) else { return };
        let named = &self.leaves.column_of(source.leaf).column;
        if source.kind == Direct::Identity && self.dialect.key(ident) == self.dialect.plain_key(named) {
            let kind = match how.role {
                Role::Direct(kind) => kind.word(),
                Role::Indirect { kind, .. } => kind.word(),
            };
            noted.columns.insert((source.leaf, kind, place));
        }
    }

    pub fn note_table(&mut self, name: &ObjectName, table: Table) {
        if let (Some(noted), Some(place)) = (&mut self.noted, place(name.span())) {
            noted.tables.insert((table, place));
        }
    }
}

#[cfg(test)]
mod tests;
