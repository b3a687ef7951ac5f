//! From a name in an expression to what it depends on.

use std::rc::Rc;

use datafusion::sql::sqlparser::ast::{Ident, NamedWindowDefinition, ObjectName, ObjectNamePart};

use super::dialect::Dialect;
use super::flow::{Flow, Leaves, Table};
use super::mention::Noted;
use super::schemas::{Named, Schemas};
use super::scope::{Env, Lookup, Relation, Rest, Scope};
use super::write::Write;

/// Which of a SELECT's aliases an expression may name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Aliases {
    /// Those before it, in dialects that allow it, after the tables' columns.
    Lateral,
    /// After columns that are known, before those that a table may have: GROUP BY, HAVING, QUALIFY.
    AfterKnown,
    /// Before everything: ORDER BY.
    First,
}

/// Where an expression stands.
#[derive(Clone, Copy)]
pub struct Place<'a> {
    pub scope: &'a Scope<'a>,
    pub env: &'a Env<'a>,
    pub aliases: Aliases,
}

/// Follows the names of one statement. Tables that it reads are noted in `inputs`.
pub struct Resolver<'s> {
    pub dialect: Dialect,
    pub schemas: &'s Schemas,
    pub leaves: &'s mut Leaves,
    /// What USE said: the parts before an unqualified table's name.
    pub default_path: &'s [Ident],
    pub inputs: Vec<Table>,
    pub writes: Vec<Write>,
    /// Tables that SELECT … INTO makes.
    pub into_tables: Vec<Table>,
    /// SELECT … INTO fills variables here, as it does in most procedural languages.
    pub into_variables: bool,
    /// Parameters of the lambdas around.
    pub locals: Vec<String>,
    /// Whether expressions are short enough to be written out as names.
    pub names_expressions: bool,
    /// How many expressions and queries are nested here.
    pub depth: usize,
    pub too_deep: bool,
    /// A word of SQL stands where a table should: a lenient parser read a mistake as a name.
    pub reserved: Option<String>,
    /// Places that name columns and tables, when they are wanted.
    pub noted: Option<Noted>,
}

/// Beyond the parser's own limit, for what it nests without asking.
pub const DEPTH_MAX: usize = 1_000;

/// Names without parentheses that are functions.
const PSEUDO_COLUMNS: &[&str] = &[
    "current_date",
    "current_time",
    "current_timestamp",
    "current_user",
    "localtime",
    "localtimestamp",
    "session_user",
    "sysdate",
    "system_user",
    "systimestamp",
    "rownum",
    "rowid",
    "sqlerrm",
    "sqlcode",
];

/// Server, catalog, schema, table and column, with room to spare; what is behind them are fields.
const PARTS_MAX: usize = 8;

/// How many columns a query may have: joining a query with itself over and over doubles them each time.
pub const COLUMNS_MAX: usize = 100_000;

/// Words that no dialect takes for a table without quotes.
const RESERVED: &[&str] =
    &["from", "select", "where", "group", "order", "having", "join", "union", "insert", "into", "when", "then", "case"];

impl<'s> Resolver<'s> {
    /// For a single query.
    pub fn new(dialect: Dialect, schemas: &'s Schemas, leaves: &'s mut Leaves) -> Self {
        Self {
            dialect,
            schemas,
            leaves,
            default_path: &[],
            inputs: Vec::new(),
            writes: Vec::new(),
            into_tables: Vec::new(),
            into_variables: false,
            locals: Vec::new(),
            names_expressions: true,
            depth: 0,
            too_deep: false,
            reserved: None,
            noted: None,
        }
    }
}

impl Resolver<'_> {
    pub fn named(&self, ident: &Ident) -> Named {
        Named { text: ident.value.clone(), key: self.dialect.key(ident) }
    }

    /// The parts of a table's name, with what USE said before them.
    pub fn parts(&self, name: &ObjectName) -> Vec<Ident> {
        let mut parts: Vec<Ident> = Vec::with_capacity(3);
        for part in &name.0 {
            match part {
                ObjectNamePart::Identifier(ident) if self.dialect.dots_in_quotes() && ident.quote_style.is_some() => {
                    parts.extend(ident.value.split('.').map(|piece| Ident::with_quote('`', piece)));
                }
                ObjectNamePart::Identifier(ident) => parts.push(ident.clone()),
                ObjectNamePart::Function(function) => parts.push(function.name.clone()),
            }
        }
        // `db..table` leaves the schema out.
        parts.retain(|part| !part.value.is_empty());
        parts
    }

    fn qualified(&self, parts: Vec<Ident>) -> Vec<Ident> {
        if self.default_path.is_empty() || parts.len() >= 3 {
            return parts;
        }
        // A path of two keeps the catalog that USE named, when it named one and a schema.
        let taken = if parts.len() == 1 { self.default_path.len() } else { self.default_path.len().saturating_sub(1) };
        self.default_path[..taken].iter().filter(|part| !part.value.is_empty()).cloned().chain(parts).collect()
    }

    /// The table of this name.
    pub fn table(&mut self, name: &ObjectName) -> Table {
        let parts = self.parts(name);
        self.table_of_parts(parts)
    }

    pub fn table_of_parts(&mut self, parts: Vec<Ident>) -> Table {
        if let [only] = parts.as_slice()
            && only.quote_style.is_none()
            && RESERVED.iter().any(|word| word.eq_ignore_ascii_case(&only.value))
        {
            self.reserved = Some(only.value.clone());
        }
        let looks_like_file = |ident: &Ident| ident.quote_style == Some('\'') || ident.value.starts_with('@');
        let parts = match parts.as_slice() {
            [only] if looks_like_file(only) => parts,
            _ => self.qualified(parts),
        };
        let path: Vec<String> = parts.iter().map(|part| self.dialect.key(part)).collect();
        match self.schemas.find(&path) {
            Some(known) => {
                // The name as the statement has it says more about where the table is, when it says more.
                let text = if known.path.len() >= path.len() { known.text.clone() } else { dotted(&parts) };
                let path = if known.path.len() >= path.len() { known.path.clone() } else { path };
                self.leaves.table(path, &text, true)
            }
            None => {
                let text = dotted(&parts);
                self.leaves.table(path, &text, true)
            }
        }
    }

    /// A file, folder or stage, which is read or written like a table.
    pub fn location(&mut self, location: &str) -> Table {
        self.leaves.table(vec![location.to_owned()], location, true)
    }

    pub fn reads(&mut self, table: Table) {
        if !self.inputs.contains(&table) {
            self.inputs.push(table);
        }
    }

    /// The columns of a table in its order, when they are known.
    pub fn columns_of(&self, table: Table) -> Option<&[Named]> {
        Some(&self.schemas.find(&self.leaves.table_of(table).path)?.columns)
    }

    /// What a name depends on, and whether only a field of it is taken.
    pub fn name(&mut self, place: Place, parts: &[Ident]) -> (Rc<Flow>, bool) {
        let nothing = || (Rc::new(Flow::default()), false);
        let Some(first) = parts.first() else { return nothing() };
        if first.quote_style.is_none() && first.value.starts_with(['@', ':', '$', '?']) {
            return nothing();
        }
        let key = self.dialect.key(first);
        if self.locals.contains(&key) {
            return nothing();
        }
        if parts.len() == 1 {
            return (self.unqualified(place, first, &key), false);
        }
        self.qualified_name(place, parts)
    }

    fn unqualified(&mut self, place: Place, ident: &Ident, key: &str) -> Rc<Flow> {
        let name = Named { text: ident.value.clone(), key: key.to_owned() };
        if place.aliases == Aliases::First
            && let Some(flow) = place.scope.alias(key)
        {
            return flow;
        }
        let level = self.dialect == Dialect::Oracle && key == "LEVEL";
        let pseudo = ident.quote_style.is_none()
            && (level || PSEUDO_COLUMNS.iter().any(|pseudo| pseudo.eq_ignore_ascii_case(&ident.value)));
        let mut ambiguous = None;
        let mut scope = Some(place.scope);
        while let Some(here) = scope {
            let own = std::ptr::eq(here, place.scope);
            match here.lookup(key) {
                Lookup::Known(flow) => return flow,
                _ if pseudo => {}
                Lookup::Open(rest) => {
                    let by_alias = !own || self.dialect.lateral_aliases() || place.aliases != Aliases::Lateral;
                    if by_alias && let Some(flow) = here.alias(key) {
                        return flow;
                    }
                    let rest: Rest = rest.clone();
                    return rest.column(self.leaves, &name);
                }
                Lookup::Ambiguous(tables) => {
                    let by_alias = self.dialect.lateral_aliases() || place.aliases != Aliases::Lateral;
                    if by_alias && let Some(flow) = here.alias(key) {
                        return flow;
                    }
                    ambiguous = Some(tables);
                    break;
                }
                // No table has it: an alias is all that it can mean.
                Lookup::Absent => {
                    if let Some(flow) = here.alias(key) {
                        return flow;
                    }
                }
            }
            scope = here.parent;
        }
        if pseudo {
            return Rc::new(Flow::default());
        }
        Rc::new(Flow::leaf(self.leaves.unresolved(&name.key, &name.text, ambiguous.unwrap_or_default())))
    }

    /// `table.column`, `schema.table.column`, each with fields behind it; or a column with fields.
    fn qualified_name(&mut self, place: Place, parts: &[Ident]) -> (Rc<Flow>, bool) {
        let keys: Vec<String> = parts.iter().map(|part| self.dialect.key(part)).collect();
        let mut scope = Some(place.scope);
        while let Some(here) = scope {
            for split in (1..parts.len().min(PARTS_MAX)).rev() {
                if let Some(relation) = here.relation(&keys[..split]) {
                    let column = self.named(&parts[split]);
                    let field = split + 1 < parts.len();
                    let relation: Relation = relation.clone();
                    return (self.column_of_relation(&relation, &column, &parts[..split]), field);
                }
            }
            scope = here.parent;
        }
        // Nothing around answers to the qualifier, so it may be a column and the rest its fields.
        let mut scope = Some(place.scope);
        while let Some(here) = scope {
            if let Some(flow) = self.column_with_fields(here, &keys[0], &parts[0]) {
                return (flow, true);
            }
            scope = here.parent;
        }
        let qualifier = dotted(&parts[..parts.len() - 1]);
        let column = self.named(&parts[parts.len() - 1]);
        let table = self.leaves.table(keys[..parts.len() - 1].to_vec(), &qualifier, false);
        (Rc::new(Flow::leaf(self.leaves.column(Some(table), &column.key, &column.text))), false)
    }

    /// `column.field`, when the column is known, or when there is but one place where it can be.
    fn column_with_fields(&mut self, scope: &Scope, key: &str, ident: &Ident) -> Option<Rc<Flow>> {
        match scope.lookup(key) {
            Lookup::Known(flow) => Some(flow),
            Lookup::Open(rest) if scope.relations.len() == 1 && self.dialect.dotted_fields() => {
                let name = Named { text: ident.value.clone(), key: key.to_owned() };
                let rest: Rest = rest.clone();
                Some(rest.column(self.leaves, &name))
            }
            Lookup::Absent => scope.alias(key),
            _ => None,
        }
    }

    /// A column of a relation; when it has none of this name, that is said and not guessed.
    fn column_of_relation(&mut self, relation: &Relation, name: &Named, qualifier: &[Ident]) -> Rc<Flow> {
        if let Some(column) = relation.shape.column(&name.key) {
            return Rc::clone(&column.flow);
        }
        let mut open = relation.shape.rests().filter(|rest| !rest.hidden.contains(&name.key));
        match (open.next(), open.next()) {
            (Some(rest), None) => rest.column(self.leaves, name),
            (Some(_), Some(_)) => {
                let tables = relation.shape.rests().flat_map(Rest::tables).collect();
                Rc::new(Flow::leaf(self.leaves.unresolved(&name.key, &name.text, tables)))
            }
            (None, _) => {
                let path = qualifier.iter().map(|part| self.dialect.key(part)).collect();
                let table = self.leaves.table(path, &dotted(qualifier), false);
                Rc::new(Flow::leaf(self.leaves.column(Some(table), &name.key, &name.text)))
            }
        }
    }

    pub fn window<'w>(&self, scope: &'w Scope, name: &Ident) -> Option<&'w NamedWindowDefinition> {
        let key = self.dialect.key(name);
        let mut here = Some(scope);
        while let Some(scope) = here {
            if let Some(found) = scope.windows.iter().find(|window| self.dialect.key(&window.0) == key) {
                return Some(found);
            }
            here = scope.parent;
        }
        None
    }
}

/// The name without quotes.
pub fn dotted(parts: &[Ident]) -> String {
    let mut text = String::with_capacity(parts.iter().map(|part| part.value.len() + 1).sum());
    for part in parts {
        if !text.is_empty() {
            text.push('.');
        }
        text.push_str(&part.value);
    }
    text
}
