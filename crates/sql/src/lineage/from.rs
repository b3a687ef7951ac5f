//! FROM: tables, subqueries, functions, joins.

use std::rc::Rc;

use datafusion::sql::sqlparser::ast::{
    Expr, FunctionArg, FunctionArgExpr, Ident, Join, JoinConstraint, JoinOperator, JsonTableColumn, LateralView,
    ObjectName, TableAlias, TableFactor, TableWithJoins, Value,
};

use super::call::function_name;
use super::dialect::Dialect;
use super::flow::{Direct, Flow, Indirect, Use};
use super::query::computed;
use super::resolve::{Aliases, Place, Resolver};
use super::schemas::Named;
use super::scope::{Column, Env, Item, Lookup, Relation, Rest, Scope, Shape};

impl Resolver<'_> {
    pub fn from(&mut self, from: &TableWithJoins, scope: &mut Scope, env: &Env, rows: &mut Flow) {
        self.factor(&from.relation, scope, env, rows);
        for join in &from.joins {
            self.join(join, scope, env, rows);
        }
    }

    pub fn join(&mut self, join: &Join, scope: &mut Scope, env: &Env, rows: &mut Flow) {
        use JoinOperator as Op;
        let start = scope.relations.len();
        if matches!(join.join_operator, Op::ArrayJoin | Op::LeftArrayJoin | Op::InnerArrayJoin) {
            return self.array_join(&join.relation, scope, env, rows);
        }
        self.factor(&join.relation, scope, env, rows);
        match &join.join_operator {
            Op::Join(on)
            | Op::Inner(on)
            | Op::Left(on)
            | Op::LeftOuter(on)
            | Op::CrossJoin(on)
            | Op::StraightJoin(on) => self.constraint(on, start, Side::Left, scope, env, rows),
            Op::Right(on) | Op::RightOuter(on) => self.constraint(on, start, Side::Right, scope, env, rows),
            Op::FullOuter(on) => self.constraint(on, start, Side::Both, scope, env, rows),
            Op::Semi(on) | Op::LeftSemi(on) | Op::Anti(on) | Op::LeftAnti(on) => {
                self.constraint(on, start, Side::Left, scope, env, rows);
                scope.relations.truncate(start);
            }
            Op::RightSemi(on) | Op::RightAnti(on) => {
                self.constraint(on, start, Side::Right, scope, env, rows);
                scope.relations.drain(..start);
            }
            Op::AsOf { match_condition, constraint } => {
                self.constraint(constraint, start, Side::Left, scope, env, rows);
                let place = Place { scope, env, aliases: Aliases::Lateral };
                self.expr(place, match_condition, Use::rows(Indirect::Join), rows);
            }
            Op::CrossApply | Op::OuterApply => {}
            Op::ArrayJoin | Op::LeftArrayJoin | Op::InnerArrayJoin => {}
        }
    }

    fn constraint(
        &mut self,
        constraint: &JoinConstraint,
        start: usize,
        side: Side,
        scope: &mut Scope,
        env: &Env,
        rows: &mut Flow,
    ) {
        match constraint {
            JoinConstraint::On(expr) => {
                let place = Place { scope, env, aliases: Aliases::Lateral };
                self.expr(place, expr, Use::rows(Indirect::Join), rows);
            }
            JoinConstraint::Using(names) => {
                let idents: Vec<&Ident> = names.iter().filter_map(|name| name.0.last()?.as_ident()).collect();
                let names: Vec<Named> = idents.iter().map(|ident| self.named(ident)).collect();
                if self.noted.is_some() {
                    self.note_merged(&idents, &names, start, scope);
                }
                self.merge(&names, start, side, scope, rows);
            }
            JoinConstraint::Natural => {
                let (left, right) = scope.relations.split_at(start);
                let common: Vec<Named> = left
                    .iter()
                    .flat_map(|relation| relation.shape.columns())
                    .filter(|column| right.iter().any(|other| other.shape.column(&column.name.key).is_some()))
                    .map(|column| column.name.clone())
                    .collect();
                self.merge(&common, start, side, scope, rows);
            }
            JoinConstraint::None => {}
        }
    }

    /// Columns that a join makes one: the value is that of the side whose rows all stay.
    fn merge(&mut self, names: &[Named], start: usize, side: Side, scope: &mut Scope, rows: &mut Flow) {
        for name in names {
            let before = scope.merged.iter().position(|column| column.name.key == name.key);
            let left = match before {
                Some(index) => Some(Rc::clone(&scope.merged[index].flow)),
                None => self.side_column(&scope.relations[..start], name),
            };
            let right = self.side_column(&scope.relations[start..], name);
            for flow in [&left, &right].into_iter().flatten() {
                rows.absorb(flow, Use::rows(Indirect::Join));
            }
            let flow = match (side, left, right) {
                (Side::Left, Some(left), _) => left,
                (Side::Right, _, Some(right)) => right,
                (_, Some(left), Some(right)) => {
                    let mut both = computed(&left);
                    both.absorb(&right, Use::VALUE.at_least(Direct::Transformation));
                    Rc::new(both.tidied())
                }
                (_, left, right) => left.or(right).unwrap_or_default(),
            };
            let column = Column { name: name.clone(), flow };
            match before {
                Some(index) => scope.merged[index] = column,
                None => scope.merged.push(column),
            }
        }
    }

    /// USING names a column of either side.
    fn note_merged(&mut self, idents: &[&Ident], names: &[Named], start: usize, scope: &Scope) {
        for (ident, name) in idents.iter().zip(names) {
            for side in [&scope.relations[..start], &scope.relations[start..]] {
                if let Some(flow) = self.side_column(side, name) {
                    self.note_column(ident, &flow, Use::rows(Indirect::Join));
                }
            }
        }
    }

    fn side_column(&mut self, relations: &[Relation], name: &Named) -> Option<Rc<Flow>> {
        let side = Scope { relations: relations.to_vec(), ..Scope::default() };
        match side.lookup(&name.key) {
            Lookup::Known(flow) => Some(flow),
            Lookup::Open(rest) => Some(rest.column(self.leaves, name)),
            Lookup::Ambiguous(tables) => {
                Some(Rc::new(Flow::leaf(self.leaves.unresolved(&name.key, &name.text, tables))))
            }
            Lookup::Absent => None,
        }
    }

    pub fn lateral_view(&mut self, view: &LateralView, scope: &mut Scope, env: &Env, rows: &mut Flow) {
        let place = Place { scope, env, aliases: Aliases::Lateral };
        let flow = Rc::new(computed(&self.value(place, &view.lateral_view)));
        rows.absorb(&flow, Use::rows(Indirect::Join));
        let column = |ident: &Ident| Item::Column(Column { name: self.named(ident), flow: Rc::clone(&flow) });
        let mut items: Vec<Item> = view.lateral_col_alias.iter().map(column).collect();
        if items.is_empty() {
            items.push(Item::Rest(Rest::flow(flow)));
        }
        let alias = view.lateral_view_name.0.last().and_then(|part| part.as_ident()).map(|name| self.dialect.key(name));
        scope.relations.push(Relation {
            alias,
            path: Vec::new(),
            shape: Rc::new(Shape { items, rows: Vec::new() }),
            by_name_only: false,
        });
    }

    /// ClickHouse: each element of an array becomes a row.
    fn array_join(&mut self, factor: &TableFactor, scope: &mut Scope, env: &Env, rows: &mut Flow) {
        let TableFactor::Table { name, alias, .. } = factor else { return self.factor(factor, scope, env, rows) };
        let parts = self.parts(name);
        let place = Place { scope, env, aliases: Aliases::Lateral };
        let (flow, _) = self.name(place, &parts);
        let flow = Rc::new(computed(&flow));
        rows.absorb(&flow, Use::rows(Indirect::Join));
        let ident = alias.as_ref().map(|alias| &alias.name).or(parts.last());
        let Some(ident) = ident else { return };
        // Without an alias the elements take the array's own name, so that it is merged with it.
        scope.merged.push(Column { name: self.named(ident), flow });
    }

    /// Adds the relations of one table factor to the scope.
    pub fn factor(&mut self, factor: &TableFactor, scope: &mut Scope, env: &Env, rows: &mut Flow) {
        let place = Place { scope, env, aliases: Aliases::Lateral };
        match factor {
            TableFactor::Table { name, alias, args, .. } => {
                if let Some(args) = args
                    && !args.args.iter().all(is_hint)
                {
                    let relation = self.table_function(place, name, &args.args, alias.as_ref(), rows);
                    return scope.relations.push(relation);
                }
                if let Some(array) = self.array_of_relation(scope, name) {
                    let relation = self.unnest(place, &[array], alias.as_ref(), rows);
                    return scope.relations.push(relation);
                }
                let (path, shape) = self.table_shape(name, env);
                rows.indirect.extend(&shape.rows);
                let relation = self.aliased(shape, path, alias.as_ref());
                scope.relations.push(relation);
            }
            TableFactor::Derived { lateral, subquery, alias, .. } => {
                let shape = self.query(subquery, env, if *lateral { Some(scope) } else { scope.parent });
                rows.indirect.extend(&shape.rows);
                let relation = self.aliased(shape, Vec::new(), alias.as_ref());
                scope.relations.push(relation);
            }
            TableFactor::TableFunction { expr, alias } => {
                let relation = match expr {
                    Expr::Function(function) => {
                        use datafusion::sql::sqlparser::ast::FunctionArguments;
                        let args = match &function.args {
                            FunctionArguments::List(list) => list.args.as_slice(),
                            _ => &[],
                        };
                        self.table_function(place, &function.name, args, alias.as_ref(), rows)
                    }
                    _ => {
                        let flow = computed(&self.value(place, expr));
                        self.rows_of(flow, alias.as_ref(), &[], rows)
                    }
                };
                scope.relations.push(relation);
            }
            TableFactor::Function { name, args, alias, .. } => {
                let relation = self.table_function(place, name, args, alias.as_ref(), rows);
                scope.relations.push(relation);
            }
            TableFactor::UNNEST { alias, array_exprs, with_offset, with_offset_alias, .. } => {
                let mut relation = self.unnest(place, array_exprs, alias.as_ref(), rows);
                if *with_offset {
                    let name = match with_offset_alias {
                        Some(name) => self.named(name),
                        None => Named { text: "offset".to_owned(), key: self.dialect.plain_key("offset") },
                    };
                    let shape = Rc::make_mut(&mut relation.shape);
                    shape.items.push(Item::Column(Column { name, flow: Rc::default() }));
                }
                scope.relations.push(relation);
            }
            TableFactor::NestedJoin { table_with_joins, alias } => {
                self.nested(table_with_joins, alias.as_ref(), scope, env, rows);
            }
            _ => self.special_factor(factor, scope, env, rows),
        }
    }

    /// `FROM t AS x, x.items`: the elements of a column of a relation before it.
    fn array_of_relation(&self, scope: &Scope, name: &ObjectName) -> Option<Expr> {
        if !matches!(self.dialect, Dialect::BigQuery | Dialect::Redshift | Dialect::Trino) || name.0.len() < 2 {
            return None;
        }
        let parts: Vec<Ident> = name.0.iter().filter_map(|part| part.as_ident().cloned()).collect();
        let key = self.dialect.key(parts.first()?);
        let names_it = |relation: &Relation| match &relation.alias {
            Some(alias) => *alias == key,
            None => relation.path.last() == Some(&key),
        };
        scope.relations.iter().any(names_it).then_some(Expr::CompoundIdentifier(parts))
    }

    /// `(a JOIN b ON …)`: without an alias its relations stay visible by their own names.
    fn nested(
        &mut self,
        tables: &TableWithJoins,
        alias: Option<&TableAlias>,
        scope: &mut Scope,
        env: &Env,
        rows: &mut Flow,
    ) {
        let mut inner = Scope::inside(scope.parent);
        self.from(tables, &mut inner, env, rows);
        if alias.is_some() {
            let items = self.star(&inner);
            let relation = self.aliased(Rc::new(Shape { items, rows: Vec::new() }), Vec::new(), alias);
            return scope.relations.push(relation);
        }
        scope.relations.append(&mut inner.relations);
        scope.merged.append(&mut inner.merged);
    }

    /// A table's name and columns: of a common table expression, as the schemas know it, or open.
    pub fn table_shape(&mut self, name: &ObjectName, env: &Env) -> (Vec<String>, Rc<Shape>) {
        let parts = self.parts(name);
        if let [only] = parts.as_slice()
            && let Some(shape) = env.find(&self.dialect.key(only))
        {
            return (vec![self.dialect.key(only)], shape);
        }
        if let [format, path] = parts.as_slice()
            && self.dialect.is_spark()
            && path.quote_style == Some('`')
            && is_file_format(&format.value)
        {
            let table = self.location(&path.value);
            self.reads(table);
            return (Vec::new(), Rc::new(Shape { items: vec![Item::Rest(Rest::table(table))], rows: Vec::new() }));
        }
        let table = self.table_of_parts(parts);
        self.reads(table);
        self.note_table(name, table);
        let path = self.leaves.table_of(table).path.clone();
        let shape = Shape { items: self.table_items(table), rows: Vec::new() };
        (path, Rc::new(shape))
    }

    pub fn table_items(&mut self, table: super::flow::Table) -> Vec<Item> {
        let Some(columns) = self.columns_of(table) else { return vec![Item::Rest(Rest::table(table))] };
        let columns: Vec<Named> = columns.to_vec();
        let column = |name: Named| {
            let leaf = self.leaves.column(Some(table), &name.key, &name.text);
            Item::Column(Column { name, flow: Rc::new(Flow::leaf(leaf)) })
        };
        columns.into_iter().map(column).collect()
    }

    /// The relation under its alias, its columns under the alias's.
    pub fn aliased(&mut self, shape: Rc<Shape>, path: Vec<String>, alias: Option<&TableAlias>) -> Relation {
        let Some(alias) = alias else { return Relation { alias: None, path, shape, by_name_only: false } };
        let names: Vec<Named> = alias.columns.iter().map(|column| self.named(&column.name)).collect();
        let shape = if names.is_empty() { shape } else { Rc::new((*shape).clone().renamed(&names, self.leaves)) };
        Relation { alias: Some(self.dialect.key(&alias.name)), path, shape, by_name_only: false }
    }

    /// A function in FROM: each of its columns is computed from its arguments.
    fn table_function(
        &mut self,
        place: Place,
        name: &ObjectName,
        args: &[FunctionArg],
        alias: Option<&TableAlias>,
        rows: &mut Flow,
    ) -> Relation {
        let function = function_name(name);
        let first = args.first().map(argument);
        if is_file_function(&function)
            && let Some(FunctionArgExpr::Expr(Expr::Value(value))) = first
            && let Value::SingleQuotedString(path) | Value::DoubleQuotedString(path) = &value.value
        {
            let table = self.location(path);
            self.reads(table);
            let shape = Shape { items: vec![Item::Rest(Rest::table(table))], rows: Vec::new() };
            return self.aliased(Rc::new(shape), Vec::new(), alias);
        }
        // `TABLE(function(…))` and `TABLE(name)`.
        if let ("table" | "stream", [FunctionArg::Unnamed(FunctionArgExpr::Expr(inner))]) = (function.as_str(), args) {
            match inner {
                Expr::Function(function) => {
                    use datafusion::sql::sqlparser::ast::FunctionArguments;
                    if let FunctionArguments::List(list) = &function.args {
                        return self.table_function(place, &function.name, &list.args, alias, rows);
                    }
                }
                Expr::Identifier(ident) => {
                    let (path, shape) = self.table_shape(&ObjectName::from(vec![ident.clone()]), place.env);
                    return self.aliased(shape, path, alias);
                }
                Expr::CompoundIdentifier(parts) => {
                    let (path, shape) = self.table_shape(&ObjectName::from(parts.clone()), place.env);
                    return self.aliased(shape, path, alias);
                }
                _ => {}
            }
        }
        let mut flow = Flow::default();
        for arg in args {
            if let FunctionArgExpr::Expr(expr) = argument(arg) {
                self.expr(place, expr, Use::VALUE.at_least(Direct::Transformation), &mut flow);
            }
        }
        let columns = known_outputs(&function);
        let name = alias.is_none().then(|| name.0.last()?.as_ident()).flatten();
        let mut relation = self.rows_of(flow.tidied(), alias, columns, rows);
        relation.path = name.map(|name| vec![self.dialect.key(name)]).unwrap_or_default();
        relation
    }

    /// Rows that are made of one value. Where the alias names no columns it may itself be the column.
    fn rows_of(&mut self, flow: Flow, alias: Option<&TableAlias>, columns: &[&str], rows: &mut Flow) -> Relation {
        rows.absorb(&flow, Use::rows(Indirect::Join));
        let flow = Rc::new(flow);
        let named: Vec<Named> = match alias {
            Some(alias) if !alias.columns.is_empty() => {
                alias.columns.iter().map(|column| self.named(&column.name)).collect()
            }
            _ => columns
                .iter()
                .map(|text| Named { text: (*text).to_owned(), key: self.dialect.plain_key(text) })
                .chain(alias.filter(|_| columns.is_empty()).map(|alias| self.named(&alias.name)))
                .collect(),
        };
        let closed = alias.is_some_and(|alias| !alias.columns.is_empty()) || !columns.is_empty();
        let mut items: Vec<Item> =
            named.into_iter().map(|name| Item::Column(Column { name, flow: Rc::clone(&flow) })).collect();
        if !closed {
            items.push(Item::Rest(Rest::flow(flow)));
        }
        let shape = Rc::new(Shape { items, rows: Vec::new() });
        Relation {
            alias: alias.map(|alias| self.dialect.key(&alias.name)),
            path: Vec::new(),
            shape,
            by_name_only: false,
        }
    }

    fn unnest(&mut self, place: Place, arrays: &[Expr], alias: Option<&TableAlias>, rows: &mut Flow) -> Relation {
        let flows: Vec<Flow> = arrays.iter().map(|array| computed(&self.value(place, array))).collect();
        // Several arrays side by side, each with its own column.
        if let Some(alias) = alias
            && flows.len() > 1
            && alias.columns.len() >= flows.len()
        {
            let mut items = Vec::with_capacity(alias.columns.len());
            for (index, column) in alias.columns.iter().enumerate() {
                let flow = flows.get(index).cloned().unwrap_or_default();
                rows.absorb(&flow, Use::rows(Indirect::Join));
                items.push(Item::Column(Column { name: self.named(&column.name), flow: Rc::new(flow) }));
            }
            let shape = Rc::new(Shape { items, rows: Vec::new() });
            return Relation {
                alias: Some(self.dialect.key(&alias.name)),
                path: Vec::new(),
                shape,
                by_name_only: false,
            };
        }
        let mut all = Flow::default();
        for flow in &flows {
            all.absorb(flow, Use::VALUE);
        }
        self.rows_of(all.tidied(), alias, &[], rows)
    }

    /// Rows out of JSON or XML.
    pub fn document_rows(
        &mut self,
        flow: Flow,
        names: Vec<Named>,
        alias: Option<&TableAlias>,
        rows: &mut Flow,
    ) -> Relation {
        rows.absorb(&flow, Use::rows(Indirect::Join));
        let flow = Rc::new(flow);
        let column = |name: Named| Item::Column(Column { name, flow: Rc::clone(&flow) });
        let shape = Shape { items: names.into_iter().map(column).collect(), rows: Vec::new() };
        self.aliased(Rc::new(shape), Vec::new(), alias)
    }

    pub fn json_columns(&self, columns: &[JsonTableColumn], names: &mut Vec<Named>) {
        for column in columns {
            match column {
                JsonTableColumn::Named(named) => names.push(self.named(&named.name)),
                JsonTableColumn::ForOrdinality(name) => names.push(self.named(name)),
                JsonTableColumn::Nested(nested) => self.json_columns(&nested.columns, names),
            }
        }
    }
}

/// Which side of a join keeps all of its rows.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Side {
    Left,
    Right,
    Both,
}

fn argument(argument: &FunctionArg) -> &FunctionArgExpr {
    let (FunctionArg::Named { arg, .. } | FunctionArg::ExprNamed { arg, .. } | FunctionArg::Unnamed(arg)) = argument;
    arg
}

/// `FROM t(NOLOCK)` is T-SQL's old way to write a hint.
fn is_hint(hint: &FunctionArg) -> bool {
    const HINTS: &[&str] = &[
        "nolock",
        "readuncommitted",
        "updlock",
        "rowlock",
        "paglock",
        "tablock",
        "tablockx",
        "holdlock",
        "readpast",
        "xlock",
        "readcommitted",
        "repeatableread",
        "serializable",
        "snapshot",
        "nowait",
        "noexpand",
        "forceseek",
        "forcescan",
    ];
    matches!(argument(hint), FunctionArgExpr::Expr(Expr::Identifier(ident))
        if HINTS.iter().any(|known| known.eq_ignore_ascii_case(&ident.value)))
}

fn is_file_format(word: &str) -> bool {
    const FORMATS: &[&str] =
        &["parquet", "csv", "json", "orc", "avro", "text", "delta", "iceberg", "binaryfile", "xml"];
    FORMATS.iter().any(|known| known.eq_ignore_ascii_case(word))
}

fn is_file_function(name: &str) -> bool {
    const FUNCTIONS: &[&str] = &[
        "read_csv",
        "read_csv_auto",
        "read_parquet",
        "parquet_scan",
        "read_json",
        "read_json_auto",
        "read_ndjson",
        "read_ndjson_auto",
        "read_json_objects",
        "read_text",
        "read_blob",
        "delta_scan",
        "iceberg_scan",
        "read_files",
        "read_xlsx",
        "file",
        "s3",
        "url",
        "gcs",
        "openrowset",
        "sniff_csv",
    ];
    FUNCTIONS.contains(&name)
}

/// Columns that a function's rows always have.
fn known_outputs(function: &str) -> &'static [&'static str] {
    match function {
        "flatten" => &["SEQ", "KEY", "PATH", "INDEX", "VALUE", "THIS"],
        "openjson" => &["key", "value", "type"],
        "string_split" => &["value", "ordinal"],
        "json_each" | "json_each_text" | "jsonb_each" | "jsonb_each_text" => &["key", "value"],
        "split_to_table" | "strtok_split_to_table" => &["SEQ", "INDEX", "VALUE"],
        _ => &[],
    }
}
