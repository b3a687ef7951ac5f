//! Names in SQL of a contract: it may call tables and columns as the contract does, or as the data does (`physicalName`).

use std::collections::BTreeSet;
use std::ops::ControlFlow;

use contract::Dataset;
use datafusion::sql::sqlparser::ast::{
    Expr, Ident, ObjectName, ObjectNamePart, Query, SetExpr, Statement, TableAlias, TableFactor, VisitMut, VisitorMut,
};
use datafusion::sql::sqlparser::dialect::{Dialect, GenericDialect, PostgreSqlDialect};
use datafusion::sql::sqlparser::parser::Parser;

/// Deeper nesting than this is left as it is.
const RECURSION_MAX: usize = 50;

/// A dataset that SQL may name.
#[derive(Debug, Clone, Copy)]
pub struct Named<'a> {
    pub dataset: &'a Dataset,
    /// Its `physicalName`.
    pub physical: Option<&'a str>,
}

/// The query with the contract's names; `None` for text that is not one query.
pub fn logical(sql: &str, named: &[Named<'_>]) -> Option<String> {
    let mut query = parsed(sql, &GenericDialect {})?;
    let mut columns: Vec<(&str, &str)> = Vec::new();
    for column in named.iter().flat_map(|named| &named.dataset.columns) {
        columns.push((&column.source_name, &column.name));
    }
    // A name that the contract gives to some column means that one.
    let logical: BTreeSet<String> = columns.iter().map(|(_, name)| name.to_lowercase()).collect();
    columns.retain(|(physical, name)| physical != name && !logical.contains(&physical.to_lowercase()));
    let table = |name: &ObjectName| {
        let found = named.iter().find(|named| named.physical.is_some_and(|physical| is_called(name, physical)))?;
        let taken = named.iter().any(|named| is_called(name, &named.dataset.name));
        (!taken).then(|| factor(&quoted(&found.dataset.name))).flatten()
    };
    let mut names = Names { own: BTreeSet::new(), table: &table, columns: &columns };
    let _ = query.visit(&mut names);
    Some(query.to_string())
}

/// A dataset that is a table of a database.
#[derive(Debug, Clone, Copy)]
pub struct Table<'a> {
    pub named: Named<'a>,
    /// Quoted, with its schema.
    pub table: &'a str,
    /// By contract column: its name in the table.
    pub columns: &'a [Option<String>],
}

/// The query with the names of a PostgreSQL database; `None` for text that is not one query that reads.
pub fn in_postgres(sql: &str, tables: &[Table<'_>]) -> Option<String> {
    let mut query = parsed(sql, &PostgreSqlDialect {})?;
    let table = |name: &ObjectName| {
        let [ObjectNamePart::Identifier(_)] = name.0.as_slice() else { return None };
        let called = |name: &ObjectName, table: &Table<'_>| {
            is_called(name, &table.named.dataset.name)
                || table.named.physical.is_some_and(|physical| is_called(name, physical))
        };
        factor(&tables.iter().find(|table| called(name, table))?.source())
    };
    let mut names = Names { own: BTreeSet::new(), table: &table, columns: &[] };
    let _ = query.visit(&mut names);
    Some(query.to_string())
}

impl Table<'_> {
    /// What stands after FROM: where the contract calls columns otherwise, the table with those names, too.
    fn source(&self) -> String {
        let there = |name: &str| self.columns.iter().flatten().any(|column| column == name);
        let columns = self.named.dataset.columns.iter().zip(self.columns);
        let other: Vec<String> = columns
            .filter_map(|(column, found)| Some((column, found.as_ref()?)))
            .filter(|(column, found)| column.name != **found && !there(&column.name))
            .map(|(column, found)| format!("t.{} AS {}", quoted(found), quoted(&column.name)))
            .collect();
        match other.is_empty() {
            true => self.table.to_owned(),
            false => format!("(SELECT t.*, {} FROM {} AS t)", other.join(", "), self.table),
        }
    }
}

fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

fn parsed(sql: &str, dialect: &dyn Dialect) -> Option<Box<Query>> {
    let parser = Parser::new(dialect).with_recursion_limit(RECURSION_MAX).try_with_sql(sql);
    let mut statements = parser.and_then(|mut parser| parser.parse_statements()).ok()?;
    match (statements.pop(), statements.is_empty()) {
        (Some(Statement::Query(query)), true) if reads(&query) => Some(query),
        _ => None,
    }
}

fn reads(query: &Query) -> bool {
    fn body(set: &SetExpr) -> bool {
        match set {
            SetExpr::Select(select) => select.into.is_none(),
            SetExpr::Query(query) => reads(query),
            SetExpr::SetOperation { left, right, .. } => body(left) && body(right),
            SetExpr::Values(_) | SetExpr::Table(_) => true,
            _ => false,
        }
    }
    let common = query.with.as_ref().is_none_or(|with| with.cte_tables.iter().all(|table| reads(&table.query)));
    common && query.locks.is_empty() && body(&query.body)
}

/// What may stand after FROM.
fn factor(text: &str) -> Option<TableFactor> {
    let query = parsed(&format!("SELECT 1 FROM {text}"), &PostgreSqlDialect {})?;
    let SetExpr::Select(mut select) = *query.body else { return None };
    select.from.pop().map(|from| from.relation)
}

/// Unquoted names are the same in capitals and in small letters.
fn is_called(name: &ObjectName, wanted: &str) -> bool {
    let mut text = String::new();
    let mut exact = true;
    for part in &name.0 {
        let ObjectNamePart::Identifier(ident) = part else { return false };
        if !text.is_empty() {
            text.push('.');
        }
        text.push_str(&ident.value);
        exact &= ident.quote_style.is_some();
    }
    if exact { text == wanted } else { text.eq_ignore_ascii_case(wanted) }
}

struct Names<'a> {
    /// Names that the query gives to its own parts.
    own: BTreeSet<String>,
    table: &'a dyn Fn(&ObjectName) -> Option<TableFactor>,
    /// Physical names, and what they are called here.
    columns: &'a [(&'a str, &'a str)],
}

impl VisitorMut for Names<'_> {
    type Break = ();

    fn pre_visit_query(&mut self, query: &mut Query) -> ControlFlow<()> {
        for table in query.with.iter().flat_map(|with| &with.cte_tables) {
            self.own.insert(table.alias.name.value.to_lowercase());
        }
        ControlFlow::Continue(())
    }

    fn pre_visit_table_factor(&mut self, found: &mut TableFactor) -> ControlFlow<()> {
        let TableFactor::Table { name, alias, args: None, .. } = found else { return ControlFlow::Continue(()) };
        if self.own.contains(&name.to_string().to_lowercase()) {
            return ControlFlow::Continue(());
        }
        let Some(mut made) = (self.table)(name) else { return ControlFlow::Continue(()) };
        // Columns are still called by the name that the query gave to the table.
        let called = alias.take().or_else(|| name.0.last().and_then(ObjectNamePart::as_ident).map(alias_of));
        match &mut made {
            TableFactor::Table { alias, .. } | TableFactor::Derived { alias, .. } => *alias = called,
            _ => {}
        }
        *found = made;
        ControlFlow::Continue(())
    }

    fn pre_visit_expr(&mut self, expr: &mut Expr) -> ControlFlow<()> {
        match expr {
            Expr::Identifier(ident) => self.column(ident),
            Expr::CompoundIdentifier(parts) => {
                if let Some(last) = parts.last_mut() {
                    self.column(last);
                }
            }
            _ => {}
        }
        ControlFlow::Continue(())
    }
}

impl Names<'_> {
    fn column(&self, ident: &mut Ident) {
        let fits = |physical: &str| match ident.quote_style {
            Some(_) => ident.value == physical,
            None => ident.value.eq_ignore_ascii_case(physical),
        };
        if let Some((_, name)) = self.columns.iter().find(|(physical, _)| fits(physical)) {
            *ident = Ident::with_quote('"', *name);
        }
    }
}

fn alias_of(name: &Ident) -> TableAlias {
    TableAlias { explicit: true, name: name.clone(), columns: Vec::new(), at: None }
}

#[cfg(test)]
mod tests;
