//! A script: its statements one after the other, and the columns that flow through all of them.

use std::collections::{HashMap, HashSet};
use std::rc::Rc;

use datafusion::sql::sqlparser::ast::Ident;
use indexmap::IndexMap;

use super::Options;
use super::flow::{Flow, Leaf, Leaves, Source, Steer, Table, tidy_steers};
use super::lenient::{self, ParseError};
use super::resolve::Resolver;
use super::rewrite;
use super::routine;
use super::schemas::{Known, Named, Schemas};
use super::scope::Column;
use super::split::{Piece, pieces};
use super::statement::{Done, Session};
use super::write::{Effect, Write, written};

/// Beyond this many dependences a statement is refused: nobody could read them, and they might not fit into memory.
const EDGES_MAX: usize = 2_000_000;

/// What one statement reads, writes and computes.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct StatementLineage {
    pub kind: &'static str,
    /// Where it begins.
    pub line: usize,
    pub inputs: Vec<Table>,
    pub outputs: Vec<Table>,
    pub error: Option<String>,
    pub columns: Vec<OutputColumn>,
}

/// A column that a statement computes.
#[derive(Debug, Clone, PartialEq)]
pub struct OutputColumn {
    /// `None` for a query that is not written anywhere.
    pub table: Option<Table>,
    pub name: Named,
    pub flow: Rc<Flow>,
    /// What decides about the rows, for all columns of one output alike.
    pub rows: Rc<Vec<Steer>>,
}

/// A column at the end of the script and the columns that the script began with.
#[derive(Debug, Clone, PartialEq)]
pub struct EndColumn {
    pub table: Option<Table>,
    pub name: Named,
    pub sources: Vec<Source>,
}

/// All of it.
#[derive(Debug, Default)]
pub struct Script {
    pub leaves: Leaves,
    pub statements: Vec<StatementLineage>,
    pub end_to_end: Vec<EndColumn>,
    /// Tables that are read before the script writes them.
    pub inputs: Vec<Table>,
    /// Tables that are written and that no later statement reads.
    pub outputs: Vec<Table>,
}

pub fn follow(sql: &str, options: &Options) -> Script {
    let mut run = Run {
        options,
        schemas: options.schemas.clone(),
        default_path: Vec::new(),
        script: Script::default(),
        current: HashMap::new(),
        consumed: HashMap::new(),
        queries: Vec::new(),
        written: HashSet::new(),
        inputs: HashSet::new(),
        outputs: HashSet::new(),
    };
    for piece in pieces(sql, options.dialect) {
        run.piece(piece);
    }
    run.finish()
}

/// The columns of a table as the script left them.
type TableFlow = IndexMap<String, (Named, Vec<Source>)>;

struct Run<'o> {
    options: &'o Options,
    schemas: Schemas,
    default_path: Vec<Ident>,
    script: Script,
    current: HashMap<Table, TableFlow>,
    /// Columns that a later statement took on.
    consumed: HashMap<Table, HashSet<String>>,
    /// Queries that are not written anywhere are ends as well.
    queries: Vec<EndColumn>,
    written: HashSet<Table>,
    inputs: HashSet<Table>,
    outputs: HashSet<Table>,
}

impl Run<'_> {
    fn piece(&mut self, piece: Piece) {
        let mut lineage = StatementLineage { line: piece.line, ..StatementLineage::default() };
        if piece.routine {
            self.routine(piece.text, &mut lineage);
            return self.script.statements.push(lineage);
        }
        match lenient::parse(piece.text, self.options.dialect) {
            Ok(statement) => self.one(&statement, piece.text, false, &mut lineage),
            Err(error) => self.unparsed(piece, error, &mut lineage),
        }
        self.script.statements.push(lineage);
    }

    /// Hive's FROM-first INSERTs, and pieces of procedural code: IF … THEN statement.
    fn unparsed(&mut self, piece: Piece, error: ParseError, lineage: &mut StatementLineage) {
        let several = rewrite::from_first_inserts(piece.text, self.options.dialect);
        let parsed: Option<Vec<_>> =
            several.iter().map(|text| lenient::parse(text, self.options.dialect).ok()).collect();
        if let Some(statements) = parsed.filter(|statements| !statements.is_empty()) {
            for (statement, text) in statements.iter().zip(&several) {
                self.one(statement, text, false, lineage);
            }
            return;
        }
        if let Some((table, other)) = rewrite::exchanged_tables(piece.text, self.options.dialect) {
            let text = format!("INSERT INTO {table} SELECT * FROM {other}");
            if let Ok(statement) = lenient::parse(&text, self.options.dialect) {
                self.one(&statement, &text, false, lineage);
                lineage.kind = "exchange_partition";
                return;
            }
        }
        let first = piece.text.split(|c: char| !c.is_alphanumeric() && c != '_').next().unwrap_or_default();
        if is_control_flow(first) {
            self.routine(piece.text, lineage);
            lineage.kind = "procedural";
            return;
        }
        let words = || piece.text.split(|c: char| !c.is_alphanumeric() && c != '_');
        let names = |wanted: &[&str], take: usize| {
            words().take(take).any(|word| wanted.iter().any(|known| known.eq_ignore_ascii_case(word)))
        };
        let holds_rows = first.eq_ignore_ascii_case("create") && names(&["table", "view"], 8);
        if is_command(first) && !holds_rows {
            if names(&["select", "insert", "merge", "update"], usize::MAX) {
                // A task, an alert, an event: statements that are run later.
                self.routine(piece.text, lineage);
            }
            lineage.kind = "other";
            return;
        }
        lineage.kind = "unknown";
        lineage.error = Some(moved(&error.message, piece.line));
    }

    /// The statements inside, as parts of one statement.
    fn routine(&mut self, text: &str, lineage: &mut StatementLineage) {
        let mut errors = Vec::new();
        for (start, inner) in routine::statements(text, self.options.dialect) {
            match lenient::parse(inner, self.options.dialect) {
                Ok(statement) => self.one(&statement, inner, true, lineage),
                Err(error) => {
                    let line = lineage.line + text[..start].matches('\n').count();
                    errors.push(moved(&error.message, line));
                }
            }
        }
        let words: Vec<String> =
            text.split_whitespace().take(8).map(|word| word.trim_end_matches('(').to_ascii_lowercase()).collect();
        let object = ["procedure", "proc", "function", "trigger", "package"]
            .iter()
            .find(|object| words.iter().any(|word| word == *object));
        lineage.kind = match object {
            Some(&"function") => "create_function",
            Some(&"trigger") => "create_trigger",
            Some(&"package") => "create_package",
            Some(_) => "create_procedure",
            None => "block",
        };
        lineage.error = errors.into_iter().next();
    }

    fn one(
        &mut self,
        statement: &datafusion::sql::sqlparser::ast::Statement,
        text: &str,
        routine: bool,
        lineage: &mut StatementLineage,
    ) {
        /// Longer expressions are numbered and not written out as names.
        const NAMED_MAX: usize = 20_000;
        let mut resolver = Resolver {
            default_path: &self.default_path,
            into_variables: routine && self.options.dialect != super::Dialect::TSql,
            names_expressions: text.len() <= NAMED_MAX,
            ..Resolver::new(self.options.dialect, &self.schemas, &mut self.script.leaves)
        };
        let done = resolver.statement(statement);
        if let Some(word) = resolver.reserved {
            lineage.kind = "unknown";
            lineage.error = Some(format!("Expected: a table, found: {word}"));
            return;
        }
        let (inputs, writes, too_deep) = (resolver.inputs, resolver.writes, resolver.too_deep);
        if too_deep {
            lineage.error = Some("expressions or queries are nested too deeply, or have too many columns".to_owned());
        }
        lineage.kind = done.kind;
        self.record(inputs, writes, done, lineage);
    }

    fn record(&mut self, inputs: Vec<Table>, writes: Vec<Write>, done: Done, lineage: &mut StatementLineage) {
        let start = lineage.columns.len();
        for write in &writes {
            push_new(&mut lineage.outputs, write.table);
            let rows = tidied(&write.rows);
            for column in &write.columns {
                add_column(lineage, Some(write.table), column, &rows);
            }
        }
        if let Some(shape) = &done.shape {
            let rows = tidied(&shape.rows);
            let columns = self.star_columns(shape);
            for column in &columns {
                add_column(lineage, None, column, &rows);
            }
        }
        for table in &done.touched {
            push_new(&mut lineage.outputs, *table);
        }
        let edges: usize =
            lineage.columns[start..].iter().map(|c| c.flow.direct.len() + c.flow.indirect.len() + c.rows.len()).sum();
        if edges > EDGES_MAX {
            lineage.columns.truncate(start);
            lineage.error = Some(format!("more than {EDGES_MAX} dependences of columns"));
        }
        self.carry(start, &inputs, &writes, lineage);
        for table in inputs {
            push_new(&mut lineage.inputs, table);
        }
        for session in done.session {
            self.session(session);
        }
        for table in &lineage.outputs {
            self.written.insert(*table);
        }
    }

    fn star_columns(&mut self, shape: &super::scope::Shape) -> Vec<Column> {
        if shape.is_closed() {
            return shape.columns().cloned().collect();
        }
        written(&shape.items, &mut self.script.leaves)
    }

    /// What the statement's columns come from at the beginning of the script.
    fn carry(&mut self, start: usize, inputs: &[Table], writes: &[Write], lineage: &StatementLineage) {
        for table in inputs {
            if self.written.contains(table) {
                self.outputs.remove(table);
            } else {
                self.inputs.insert(*table);
            }
        }
        let ends: Vec<EndColumn> = lineage.columns[start..].iter().map(|column| self.end_column(column)).collect();
        for write in writes.iter().filter(|write| write.effect == Effect::Replaces) {
            self.current.remove(&write.table);
            self.consumed.remove(&write.table);
        }
        for end in ends {
            let Some(table) = end.table else {
                self.queries.push(end);
                continue;
            };
            let columns = self.current.entry(table).or_default();
            let known = columns.entry(end.name.key.clone()).or_insert_with(|| (end.name.clone(), Vec::new()));
            let mut flow = Flow { direct: std::mem::take(&mut known.1), indirect: Vec::new() };
            flow.direct.extend(end.sources);
            flow.tidy();
            known.1 = flow.direct;
            if let Some(consumed) = self.consumed.get_mut(&table) {
                consumed.remove(&end.name.key);
            }
        }
        self.outputs.extend(&lineage.outputs);
    }

    fn end_column(&mut self, column: &OutputColumn) -> EndColumn {
        let mut flow = Flow::default();
        for source in value_sources(&column.flow) {
            let through = self.through(source.leaf);
            match through {
                Some(earlier) => flow.direct.extend(earlier.into_iter().map(|earlier| Source {
                    leaf: earlier.leaf,
                    kind: earlier.kind.max(source.kind),
                    masks: earlier.masks || source.masks,
                })),
                None => flow.direct.push(source),
            }
        }
        flow.tidy();
        EndColumn { table: column.table, name: column.name.clone(), sources: flow.direct }
    }

    /// What a column of a table that the script wrote came from.
    fn through(&mut self, leaf: Leaf) -> Option<Vec<Source>> {
        let column = self.script.leaves.column_of(leaf).clone();
        let table = column.table?;
        let columns = self.current.get(&table)?;
        let key = self.options.dialect.plain_key(&column.column);
        if let Some((named, sources)) = columns.get(&key).or_else(|| columns.get(&column.column)) {
            let sources = sources.clone();
            self.consumed.entry(table).or_default().insert(named.key.clone());
            return Some(sources);
        }
        // Of what was copied as a whole, the column of the same name.
        let (_, star) = columns.get("*")?;
        let star = star.clone();
        self.consumed.entry(table).or_default().insert("*".to_owned());
        Some(
            star.into_iter()
                .map(|source| {
                    let origin = self.script.leaves.column_of(source.leaf).clone();
                    if origin.column != "*" {
                        return source;
                    }
                    Source { leaf: self.script.leaves.column(origin.table, &key, &column.column), ..source }
                })
                .collect(),
        )
    }

    fn session(&mut self, session: Session) {
        let path = |leaves: &Leaves, table: Table| leaves.table_of(table).path.clone();
        match session {
            Session::Use { path } => self.default_path = path,
            Session::Defines { table, columns, .. } => {
                let of = self.script.leaves.table_of(table);
                match columns {
                    Some(columns) => {
                        self.schemas.put(Known { text: of.text.clone(), path: of.path.clone(), columns });
                    }
                    None => self.schemas.remove(&of.path),
                }
            }
            Session::AddsColumns { table, columns } => {
                let path = path(&self.script.leaves, table);
                if let Some(known) = self.schemas.find(&path).cloned() {
                    let columns = known.columns.into_iter().chain(columns).collect();
                    self.schemas.put(Known { columns, ..known });
                }
            }
            Session::Drops { table } => {
                let path = path(&self.script.leaves, table);
                self.schemas.remove(&path);
                self.current.remove(&table);
                // What the script made itself is gone as if it had never been.
                if self.written.contains(&table) {
                    self.outputs.remove(&table);
                    self.written.remove(&table);
                }
            }
            Session::Renames { from, to } => {
                let (old, new) = (path(&self.script.leaves, from), self.script.leaves.table_of(to).clone());
                if let Some(known) = self.schemas.find(&old).cloned() {
                    self.schemas.remove(&known.path);
                    self.schemas.put(Known { text: new.text, path: new.path, columns: known.columns });
                }
                if let Some(flow) = self.current.remove(&from) {
                    self.current.insert(to, flow);
                }
                self.outputs.remove(&from);
            }
            Session::Swaps { one, other } => {
                let (first, second) = (self.current.remove(&one), self.current.remove(&other));
                first.into_iter().for_each(|flow| drop(self.current.insert(other, flow)));
                second.into_iter().for_each(|flow| drop(self.current.insert(one, flow)));
            }
        }
    }

    fn finish(mut self) -> Script {
        let mut tables: Vec<(Table, TableFlow)> = self.current.into_iter().collect();
        tables.sort_by_key(|(table, _)| *table);
        for (table, columns) in tables {
            for (key, (name, sources)) in columns {
                if !self.consumed.get(&table).is_some_and(|consumed| consumed.contains(&key)) {
                    self.script.end_to_end.push(EndColumn { table: Some(table), name, sources });
                }
            }
        }
        self.script.end_to_end.extend(self.queries);
        self.script.inputs = self.inputs.into_iter().collect();
        self.script.outputs = self.outputs.into_iter().collect();
        self.script
    }
}

/// The columns that a value is computed from: those whose value goes into it, and those in the expression that steer it.
pub fn value_sources(flow: &Flow) -> Vec<Source> {
    use super::flow::Direct;
    let mut all = Flow { direct: flow.direct.clone(), indirect: Vec::new() };
    let steering = flow.indirect.iter().filter(|steer| steer.within);
    all.direct.extend(steering.map(|steer| Source {
        leaf: steer.leaf,
        kind: Direct::Transformation,
        masks: steer.masks,
    }));
    // A column that both steers and flows keeps the kind with which it flows.
    let mut kept: Vec<Source> = flow.direct.clone();
    for source in all.direct.drain(flow.direct.len()..) {
        if !kept.iter().any(|known| known.leaf == source.leaf) {
            kept.push(source);
        }
    }
    kept
}

fn add_column(lineage: &mut StatementLineage, table: Option<Table>, column: &Column, rows: &Rc<Vec<Steer>>) {
    // MERGE and INSERT … ON CONFLICT name a column several times: it is one column with all of its sources.
    let same = table
        .is_some()
        .then(|| lineage.columns.iter_mut().find(|known| known.table == table && known.name.key == column.name.key));
    if let Some(Some(known)) = same {
        let mut flow = (*known.flow).clone();
        flow.absorb(&column.flow, super::flow::Use::VALUE);
        known.flow = Rc::new(flow.tidied());
        if known.rows != *rows {
            let mut both = (*known.rows).clone();
            both.extend(rows.iter());
            tidy_steers(&mut both);
            known.rows = Rc::new(both);
        }
        return;
    }
    lineage.columns.push(OutputColumn {
        table,
        name: column.name.clone(),
        flow: Rc::clone(&column.flow),
        rows: Rc::clone(rows),
    });
}

fn tidied(rows: &[Steer]) -> Rc<Vec<Steer>> {
    let mut rows = rows.to_vec();
    tidy_steers(&mut rows);
    Rc::new(rows)
}

fn push_new(tables: &mut Vec<Table>, table: Table) {
    if !tables.contains(&table) {
        tables.push(table);
    }
}

/// Words that begin a piece of procedural code.
fn is_control_flow(word: &str) -> bool {
    const WORDS: &[&str] = &[
        "IF", "ELSE", "ELSEIF", "ELSIF", "END", "WHILE", "LOOP", "FOR", "REPEAT", "UNTIL", "BEGIN", "LEAVE", "ITERATE",
        "BREAK", "CONTINUE", "RETURN", "EXIT", "FOREACH", "OPEN", "FETCH", "CLOSE", "RAISE", "CASE", "WHEN", "LET",
    ];
    WORDS.iter().any(|known| known.eq_ignore_ascii_case(word))
}

/// Words that begin a command that neither reads nor writes tables' rows, whatever follows.
fn is_command(word: &str) -> bool {
    const WORDS: &[&str] = &[
        "ADD",
        "ALTER",
        "ANALYZE",
        "ANALYSE",
        "CALL",
        "CLEAR",
        "COLLECT",
        "COMMENT",
        "CREATE",
        "DECLARE",
        "DESC",
        "DESCRIBE",
        "DROP",
        "EXEC",
        "EXECUTE",
        "EXPORT",
        "FLUSH",
        "GRANT",
        "INVALIDATE",
        "KILL",
        "LIST",
        "LOCK",
        "MSCK",
        "OPTIMIZE",
        "PRINT",
        "PUT",
        "GET",
        "REFRESH",
        "REMOVE",
        "RENAME",
        "REPAIR",
        "RESET",
        "REVOKE",
        "SET",
        "SHOW",
        "UNCACHE",
        "UNSET",
        "USE",
        "VACUUM",
        "UNDROP",
        "RELOAD",
        "COMPUTE",
        "HELP",
    ];
    WORDS.iter().any(|known| known.eq_ignore_ascii_case(word))
}

/// The parser counts lines from the statement's own first.
fn moved(message: &str, line: usize) -> String {
    let Some(at) = message.find("Line: ") else { return message.to_owned() };
    let digits: String = message[at + 6..].chars().take_while(char::is_ascii_digit).collect();
    match digits.parse::<usize>() {
        Ok(number) if number > 0 => {
            format!("{}Line: {}{}", &message[..at], number + line - 1, &message[at + 6 + digits.len()..])
        }
        _ => message.to_owned(),
    }
}

#[cfg(test)]
mod tests;
