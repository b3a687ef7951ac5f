//! The lineage of a script in the form in which it is handed out: names instead of numbers, ready for JSON.

use serde::Serialize;

use super::flow::{Leaf, Source, Steer, Table, tidy_steers};
use super::script::{EndColumn, OutputColumn, Script, StatementLineage, value_sources};

#[derive(Debug, Clone, Serialize)]
pub struct Report<'s> {
    pub statements: Vec<Statement<'s>>,
    /// The columns at the end of the script, followed to those it began with.
    pub end_to_end: Vec<End<'s>>,
    /// Tables that are read before the script writes them.
    pub inputs: Vec<&'s str>,
    /// Tables that are written and that no later statement reads.
    pub outputs: Vec<&'s str>,
}

#[derive(Debug, Clone, Serialize)]
pub struct Statement<'s> {
    pub index: usize,
    pub kind: &'static str,
    /// Where it begins, counted from one.
    pub line: usize,
    pub inputs: Vec<&'s str>,
    pub outputs: Vec<&'s str>,
    pub error: Option<&'s str>,
    pub columns: Vec<Column<'s>>,
}

#[derive(Debug, Clone, Serialize)]
pub struct Column<'s> {
    /// `None` for a query that is not written anywhere.
    pub table: Option<&'s str>,
    pub column: &'s str,
    pub sources: Vec<Dependence<'s>>,
    pub indirect: Vec<Dependence<'s>>,
    pub how: &'static str,
}

#[derive(Debug, Clone, Serialize)]
pub struct End<'s> {
    pub table: Option<&'s str>,
    pub column: &'s str,
    pub sources: Vec<Dependence<'s>>,
}

/// One edge.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Dependence<'s> {
    /// `None` when it cannot be said which table has the column.
    pub table: Option<&'s str>,
    pub column: &'s str,
    pub kind: &'static str,
    /// A source that is in the expression but only decides: how it does.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub steers: Option<&'static str>,
    #[serde(skip_serializing_if = "is_false")]
    pub masking: bool,
    /// False where nothing in sight is known to have the column.
    #[serde(skip_serializing_if = "is_true")]
    pub resolved: bool,
    /// Tables that may have it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub candidates: Vec<&'s str>,
}

#[allow(clippy::trivially_copy_pass_by_ref)] // serde asks for a reference
fn is_false(value: &bool) -> bool {
    !*value
}

#[allow(clippy::trivially_copy_pass_by_ref)]
fn is_true(value: &bool) -> bool {
    *value
}

impl Script {
    /// Whether every statement was understood.
    pub fn is_complete(&self) -> bool {
        self.statements.iter().all(|statement| statement.error.is_none())
    }

    pub fn report(&self) -> Report<'_> {
        let statements = self.statements.iter().enumerate();
        Report {
            statements: statements.map(|(index, statement)| self.statement(index, statement)).collect(),
            end_to_end: self.end_to_end.iter().map(|end| self.end(end)).collect(),
            inputs: self.names(&self.inputs),
            outputs: self.names(&self.outputs),
        }
    }

    fn name(&self, table: Table) -> &str {
        &self.leaves.table_of(table).text
    }

    fn names(&self, tables: &[Table]) -> Vec<&str> {
        let mut names: Vec<&str> = tables.iter().map(|table| self.name(*table)).collect();
        names.sort_unstable();
        names.dedup();
        names
    }

    fn statement<'s>(&'s self, index: usize, statement: &'s StatementLineage) -> Statement<'s> {
        Statement {
            index,
            kind: statement.kind,
            line: statement.line,
            inputs: self.names(&statement.inputs),
            outputs: self.names(&statement.outputs),
            error: statement.error.as_deref(),
            columns: statement.columns.iter().map(|column| self.column(column)).collect(),
        }
    }

    fn column<'s>(&'s self, column: &'s OutputColumn) -> Column<'s> {
        let flow = &column.flow;
        let source = |source: &Source| {
            let steers = flow.indirect.iter().find(|steer| steer.within && steer.leaf == source.leaf);
            let flows = flow.direct.iter().any(|direct| direct.leaf == source.leaf);
            Dependence { steers: steers.filter(|_| !flows).map(|steer| steer.kind.word()), ..self.source(source) }
        };
        let mut steers: Vec<Steer> = Vec::with_capacity(flow.indirect.len() + column.rows.len());
        steers.extend(&flow.indirect);
        steers.extend(column.rows.iter());
        if !flow.indirect.is_empty() {
            tidy_steers(&mut steers);
        }
        Column {
            table: column.table.map(|table| self.name(table)),
            column: &column.name.text,
            sources: value_sources(flow).iter().map(source).collect(),
            indirect: steers.iter().map(|steer| self.steer(steer)).collect(),
            how: "syntactic",
        }
    }

    fn end<'s>(&'s self, end: &'s EndColumn) -> End<'s> {
        End {
            table: end.table.map(|table| self.name(table)),
            column: &end.name.text,
            sources: end.sources.iter().map(|source| self.source(source)).collect(),
        }
    }

    fn source(&self, source: &Source) -> Dependence<'_> {
        Dependence { kind: source.kind.word(), masking: source.masks, ..self.leaf(source.leaf) }
    }

    fn steer(&self, steer: &Steer) -> Dependence<'_> {
        Dependence { kind: steer.kind.word(), masking: steer.masks, ..self.leaf(steer.leaf) }
    }

    fn leaf(&self, leaf: Leaf) -> Dependence<'_> {
        let column = self.leaves.column_of(leaf);
        let table = column.table.map(|table| self.leaves.table_of(table));
        Dependence {
            table: table.map(|table| table.text.as_str()),
            column: &column.column,
            kind: "",
            steers: None,
            masking: false,
            resolved: table.is_some_and(|table| table.known),
            candidates: self.names(&column.candidates),
        }
    }
}
