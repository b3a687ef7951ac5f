//! Statements that write rows: INSERT, CREATE … AS, MERGE, UPDATE, DELETE, SELECT INTO.

use std::rc::Rc;

use datafusion::sql::sqlparser::ast::{
    Assignment, AssignmentTarget, Delete, Expr, FromTable, Insert, Merge, MergeAction, MergeInsertKind, ObjectName,
    OnConflictAction, OnInsert, Statement, TableFactor, TableObject, TableWithJoins, Update, UpdateTableFromKind,
};

use super::flow::{Flow, Indirect, Leaves, Steer, Table, Use};
use super::resolve::{Aliases, Place, Resolver};
use super::schemas::Named;
use super::scope::{Column, Env, Item, Relation, Rest, Scope, Shape, place};

/// Rows or columns that a statement puts into a table.
#[derive(Debug, Clone, PartialEq)]
pub struct Write {
    pub table: Table,
    pub effect: Effect,
    pub columns: Vec<Column>,
    pub rows: Vec<Steer>,
}

/// What becomes of what was in the table before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Effect {
    /// The table is new, or all of its rows are.
    Replaces,
    /// Rows are added, or some columns of some rows are changed.
    Adds,
}

impl Resolver<'_> {
    /// Follows one writing statement; what it returns to a query around it, if anything.
    pub fn write(&mut self, statement: &Statement, env: &Env, parent: Option<&Scope>) -> Shape {
        match statement {
            Statement::Insert(insert) => self.insert(insert, env, parent),
            Statement::Update(update) => self.update(update, env, parent),
            Statement::Delete(delete) => self.delete(delete, env, parent),
            Statement::Merge(merge) => {
                self.merge_into(merge, env, parent);
                Shape::default()
            }
            _ => Shape::default(),
        }
    }

    pub fn writes(&mut self, table: Table, effect: Effect, shape: &Shape) {
        let columns = written(&shape.items, self.leaves);
        self.writes.push(Write { table, effect, columns, rows: shape.rows.clone() });
    }

    pub fn select_into(&mut self, name: &ObjectName, shape: &Shape) {
        if self.into_variables {
            return;
        }
        let table = self.table(name);
        self.into_tables.push(table);
        self.writes(table, Effect::Replaces, shape);
    }

    fn insert(&mut self, insert: &Insert, env: &Env, parent: Option<&Scope>) -> Shape {
        let source = match &insert.source {
            Some(query) => (*self.query(query, env, parent)).clone(),
            None => self.assigned(&insert.assignments, env, parent),
        };
        if !insert.multi_table_into_clauses.is_empty() || !insert.multi_table_when_clauses.is_empty() {
            self.multi_insert(insert, source, env, parent);
            return Shape::default();
        }
        let Some(table) = self.insert_target(&insert.table) else { return Shape::default() };
        let mut names: Vec<Named> =
            insert.columns.iter().filter_map(|name| Some(self.named(name.0.last()?.as_ident()?))).collect();
        names.extend(insert.after_columns.iter().map(|ident| self.named(ident)));
        if insert.source.is_some() && names.is_empty() {
            names = self.target_columns(table, insert.partitioned.as_deref().unwrap_or_default(), &source);
        }
        let mut shape = source.renamed(&names, self.leaves);
        if !names.is_empty() {
            shape.items.truncate(names.len());
        }
        if let Some(on) = &insert.on {
            self.on_insert(on, table, &mut shape, env, parent);
        }
        let effect = if insert.overwrite || insert.replace_into && insert.columns.is_empty() {
            Effect::Replaces
        } else {
            Effect::Adds
        };
        let returned = shape.clone();
        self.writes(table, effect, &shape);
        self.returned(insert.returning.as_deref(), table, returned, env, parent)
    }

    fn insert_target(&mut self, target: &TableObject) -> Option<Table> {
        match target {
            TableObject::TableName(name) => Some(self.table(name)),
            TableObject::TableFunction(function) => {
                use datafusion::sql::sqlparser::ast::{FunctionArg, FunctionArgExpr, FunctionArguments, Value};
                let FunctionArguments::List(list) = &function.args else { return None };
                list.args.iter().find_map(|arg| match arg {
                    FunctionArg::Unnamed(FunctionArgExpr::Expr(Expr::Value(value))) => match &value.value {
                        Value::SingleQuotedString(text) => Some(self.location(text)),
                        _ => None,
                    },
                    _ => None,
                })
            }
            TableObject::TableQuery(_) => None,
        }
    }

    /// The known columns of the target that the source fills, when their number fits: those that a static partition fixes
    /// are not among them.
    fn target_columns(&mut self, table: Table, partition: &[Expr], source: &Shape) -> Vec<Named> {
        let Some(columns) = self.columns_of(table) else { return Vec::new() };
        let columns: Vec<Named> = columns.to_vec();
        let mut fixed = Vec::new();
        let mut dynamic = Vec::new();
        for expr in partition {
            match expr {
                Expr::BinaryOp { left, .. } => {
                    if let Expr::Identifier(ident) = &**left {
                        fixed.push(self.dialect.key(ident));
                    }
                }
                Expr::Identifier(ident) => dynamic.push(self.dialect.key(ident)),
                _ => {}
            }
        }
        let (last, first): (Vec<Named>, Vec<Named>) = columns
            .into_iter()
            .filter(|column| !fixed.contains(&column.key))
            .partition(|column| dynamic.contains(&column.key));
        let names: Vec<Named> = first.into_iter().chain(last).collect();
        let fits =
            if source.is_closed() { source.items.len() == names.len() } else { source.items.len() <= names.len() };
        if fits { names } else { Vec::new() }
    }

    /// `INSERT INTO t SET a = 1`
    fn assigned(&mut self, assignments: &[Assignment], env: &Env, parent: Option<&Scope>) -> Shape {
        let scope = Scope::inside(parent);
        let place = Place { scope: &scope, env, aliases: Aliases::Lateral };
        let mut items = Vec::new();
        for assignment in assignments {
            items.extend(self.assignment(place, assignment).into_iter().map(|(_, column)| Item::Column(column)));
        }
        Shape { items, rows: Vec::new() }
    }

    /// The columns that one assignment sets, each with the qualifier that was before it.
    fn assignment(&mut self, place: Place, assignment: &Assignment) -> Vec<(Vec<String>, Column)> {
        let names: &[ObjectName] = match &assignment.target {
            AssignmentTarget::ColumnName(name) => std::slice::from_ref(name),
            AssignmentTarget::Tuple(names) => names,
        };
        let values: Vec<Rc<Flow>> = match (&assignment.value, names.len()) {
            (Expr::Tuple(values), many) if many > 1 && values.len() == many => {
                values.iter().map(|value| Rc::new(self.value(place, value))).collect()
            }
            (Expr::Subquery(query), many) if many > 1 => {
                let shape = self.query(query, place.env, Some(place.scope));
                (0..many)
                    .map(|index| {
                        let mut flow = Flow::default();
                        if let Some(item) = shape.items.get(index.min(shape.items.len().saturating_sub(1))) {
                            self.item(item, Use::VALUE, &mut flow);
                        }
                        flow.absorb_steers(&shape.rows, Use::VALUE);
                        Rc::new(flow.tidied())
                    })
                    .collect()
            }
            (value, many) => {
                let flow = Rc::new(self.value(place, value));
                vec![flow; many]
            }
        };
        let target = |name: &ObjectName, flow: Rc<Flow>| {
            let parts = self.parts(name);
            let last = parts.last()?;
            let qualifier = parts[..parts.len() - 1].iter().map(|part| self.dialect.key(part)).collect();
            Some((qualifier, Column { name: self.named(last), flow }))
        };
        names.iter().zip(values).filter_map(|(name, flow)| target(name, flow)).collect()
    }

    /// ON CONFLICT DO UPDATE, ON DUPLICATE KEY UPDATE: more values for the same columns.
    fn on_insert(&mut self, on: &OnInsert, table: Table, shape: &mut Shape, env: &Env, parent: Option<&Scope>) {
        let (assignments, selection) = match on {
            OnInsert::DuplicateKeyUpdate(assignments) => (assignments.as_slice(), None),
            OnInsert::OnConflict(conflict) => match &conflict.action {
                OnConflictAction::DoUpdate(update) => (update.assignments.as_slice(), update.selection.as_ref()),
                OnConflictAction::DoNothing => return,
            },
            _ => return,
        };
        let mut scope = Scope::inside(parent);
        scope.relations.push(self.target_relation(table, None));
        let new = Rc::new(Shape { items: shape.items.clone(), rows: Vec::new() });
        for alias in ["excluded", "new", "values"] {
            let alias = Some(self.dialect.plain_key(alias));
            scope.relations.push(Relation {
                alias,
                path: vec!["".to_owned()],
                shape: Rc::clone(&new),
                by_name_only: true,
            });
        }
        let place = Place { scope: &scope, env, aliases: Aliases::Lateral };
        for assignment in assignments {
            for (_, column) in self.assignment(place, assignment) {
                let known = shape.items.iter_mut().find_map(|item| match item {
                    Item::Column(own) if own.name.key == column.name.key => Some(own),
                    _ => None,
                });
                match known {
                    Some(own) => {
                        let mut flow = (*own.flow).clone();
                        flow.absorb(&column.flow, Use::VALUE);
                        own.flow = Rc::new(flow.tidied());
                    }
                    None => shape.items.push(Item::Column(column)),
                }
            }
        }
        if let Some(selection) = selection {
            let mut rows = Flow { direct: Vec::new(), indirect: std::mem::take(&mut shape.rows) };
            self.expr(place, selection, Use::rows(Indirect::Filter), &mut rows);
            shape.rows = rows.indirect;
        }
    }

    /// The table that is written, as a relation that expressions can name. It is not read as an input.
    fn target_relation(&mut self, table: Table, alias: Option<String>) -> Relation {
        let shape = Rc::new(Shape { items: self.table_items(table), rows: Vec::new() });
        Relation { alias, path: self.leaves.table_of(table).path.clone(), shape, by_name_only: false }
    }

    fn returned(
        &mut self,
        returning: Option<&[datafusion::sql::sqlparser::ast::SelectItem]>,
        table: Table,
        shape: Shape,
        env: &Env,
        parent: Option<&Scope>,
    ) -> Shape {
        let Some(items) = returning else { return Shape::default() };
        let mut scope = Scope::inside(parent);
        let path = self.leaves.table_of(table).path.clone();
        let mut all = shape;
        all.items.push(Item::Rest(Rest::table(table)));
        scope.relations.push(Relation { alias: None, path, shape: Rc::new(all), by_name_only: false });
        let mut out = Vec::new();
        for (index, item) in items.iter().enumerate() {
            self.select_item(item, index, &mut scope, env, &mut out);
        }
        Shape { items: out, rows: Vec::new() }
    }

    /// Snowflake's and Oracle's INSERT ALL.
    fn multi_insert(&mut self, insert: &Insert, source: Shape, env: &Env, parent: Option<&Scope>) {
        let scope = super::query::of_shape(source.clone(), parent);
        let place = Place { scope: &scope, env, aliases: Aliases::Lateral };
        let mut clauses: Vec<(_, Flow)> =
            insert.multi_table_into_clauses.iter().map(|clause| (clause, Flow::default())).collect();
        for when in &insert.multi_table_when_clauses {
            let mut condition = Flow::default();
            self.expr(place, &when.condition, Use::rows(Indirect::Filter), &mut condition);
            clauses.extend(when.into_clauses.iter().map(|clause| (clause, condition.clone())));
        }
        clauses.extend(insert.multi_table_else_clause.iter().flatten().map(|clause| (clause, Flow::default())));
        for (clause, condition) in clauses {
            use datafusion::sql::sqlparser::ast::MultiTableInsertValue;
            let table = self.table(&clause.table_name);
            let names: Vec<Named> = clause.columns.iter().map(|column| self.named(column)).collect();
            let items = match &clause.values {
                Some(values) => {
                    let mut items = Vec::new();
                    for (index, value) in values.values.iter().enumerate() {
                        let (name, flow) = match value {
                            MultiTableInsertValue::Expr(expr) => {
                                (self.expression_name(expr, index), self.value(place, expr))
                            }
                            MultiTableInsertValue::Default => (self.column_number(index), Flow::default()),
                        };
                        items.push(Item::Column(Column { name, flow: Rc::new(flow) }));
                    }
                    items
                }
                None => source.items.clone(),
            };
            let mut rows = source.rows.clone();
            rows.extend(condition.indirect);
            let shape = Shape { items, rows };
            let names = if names.is_empty() { self.target_columns(table, &[], &shape) } else { names };
            let shape = shape.renamed(&names, self.leaves);
            self.writes(table, Effect::Adds, &shape);
        }
    }

    fn column_number(&self, index: usize) -> Named {
        let text = format!("column{}", index + 1);
        Named { key: self.dialect.plain_key(&text), text }
    }

    fn update(&mut self, update: &Update, env: &Env, parent: Option<&Scope>) -> Shape {
        let mut scope = Scope::inside(parent);
        let mut rows = Flow::default();
        let before = self.inputs.len();
        self.from(&update.table, &mut scope, env, &mut rows);
        let own = scope.relations.len();
        if let Some(UpdateTableFromKind::BeforeSet(from) | UpdateTableFromKind::AfterSet(from)) = &update.from {
            for from in from {
                self.from(from, &mut scope, env, &mut rows);
            }
        }
        let first = self.updated_table(&update.table.relation, &scope, own);
        let place = Place { scope: &scope, env, aliases: Aliases::Lateral };
        let mut sets: Vec<(Table, Column)> = Vec::new();
        for assignment in &update.assignments {
            for (qualifier, column) in self.assignment(place, assignment) {
                let table = (!qualifier.is_empty())
                    .then(|| scope.relation(&qualifier).map(|relation| relation.path.clone()))
                    .flatten()
                    .filter(|path| !path.is_empty())
                    .and_then(|path| self.known_table(&path))
                    .or(first);
                sets.extend(table.map(|table| (table, column)));
            }
        }
        self.exprs(place, &update.selection, Use::rows(Indirect::Filter), &mut rows);
        self.orders(place, &update.order_by, Use::rows(Indirect::Sort), &mut rows);
        let mut targets: Vec<Table> = sets.iter().map(|(table, _)| *table).collect();
        targets.extend(first.filter(|_| sets.is_empty()));
        targets.sort_unstable();
        targets.dedup();
        for target in &targets {
            let items = sets
                .iter()
                .filter(|(table, _)| table == target)
                .map(|(_, column)| Item::Column(column.clone()))
                .collect();
            self.writes(*target, Effect::Adds, &Shape { items, rows: rows.indirect.clone() });
        }
        // What is written is read only when a query inside reads it too, which would be noted behind it.
        let mut index = 0;
        self.inputs.retain(|table| {
            index += 1;
            index <= before || !targets.contains(table)
        });
        match (first, &update.returning) {
            (Some(table), Some(items)) => self.returned(Some(items), table, Shape::default(), env, parent),
            _ => Shape::default(),
        }
    }

    /// The table that UPDATE names first: itself, or the table that FROM gives this alias to.
    fn updated_table(&mut self, factor: &TableFactor, scope: &Scope, own: usize) -> Option<Table> {
        if let TableFactor::Table { name, .. } = factor {
            let parts = self.parts(name);
            if let [only] = parts.as_slice() {
                let key = self.dialect.key(only);
                let aliased = scope.relations[own..].iter().find(|relation| relation.alias.as_ref() == Some(&key));
                if let Some(path) = aliased.map(|relation| relation.path.clone()).filter(|path| !path.is_empty()) {
                    // The alias was read as a table of its own at first.
                    let mistaken = self.table(name);
                    self.inputs.retain(|table| *table != mistaken);
                    return self.known_table(&path);
                }
            }
            return Some(self.table(name));
        }
        let path = scope.relations.first().map(|relation| relation.path.clone())?;
        self.known_table(&path)
    }

    fn known_table(&mut self, path: &[String]) -> Option<Table> {
        self.leaves.find_table(path)
    }

    fn delete(&mut self, delete: &Delete, env: &Env, parent: Option<&Scope>) -> Shape {
        let mut scope = Scope::inside(parent);
        let mut rows = Flow::default();
        let (FromTable::WithFromKeyword(from) | FromTable::WithoutKeyword(from)) = &delete.from;
        let before = self.inputs.len();
        for table in from {
            self.from(table, &mut scope, env, &mut rows);
        }
        let mut targets: Vec<Table> = Vec::new();
        if delete.tables.is_empty() {
            let first = from.iter().find_map(|from: &TableWithJoins| match &from.relation {
                TableFactor::Table { name, .. } => Some(name),
                _ => None,
            });
            targets.extend(first.map(|name| self.table(name)));
        }
        for name in &delete.tables {
            let keys: Vec<String> = self.parts(name).iter().map(|part| self.dialect.key(part)).collect();
            let path = scope.relation(&keys).map(|relation| relation.path.clone()).filter(|path| !path.is_empty());
            let table = path.and_then(|path| self.known_table(&path));
            let table = table.unwrap_or_else(|| self.table(name));
            targets.push(table);
        }
        let mut index = 0;
        self.inputs.retain(|table| {
            index += 1;
            index <= before || !targets.contains(table)
        });
        for table in delete.using.iter().flatten() {
            self.from(table, &mut scope, env, &mut rows);
        }
        let place = Place { scope: &scope, env, aliases: Aliases::Lateral };
        self.exprs(place, &delete.selection, Use::rows(Indirect::Filter), &mut rows);
        for table in &targets {
            self.writes(*table, Effect::Adds, &Shape::default());
        }
        match (targets.first(), &delete.returning) {
            (Some(table), Some(items)) => self.returned(Some(items), *table, Shape::default(), env, parent),
            _ => Shape::default(),
        }
    }

    fn merge_into(&mut self, merge: &Merge, env: &Env, parent: Option<&Scope>) {
        let TableFactor::Table { name, alias, .. } = &merge.table else { return };
        let table = self.table(name);
        let mut rows = Flow::default();
        let mut scope = Scope::inside(parent);
        self.factor(&merge.source, &mut scope, env, &mut rows);
        let source: Vec<Item> = self.star(&scope);
        let sources = Scope { relations: scope.relations.clone(), ..Scope::inside(parent) };
        let alias = alias.as_ref().map(|alias| self.dialect.key(&alias.name));
        let target = self.target_relation(table, alias);
        scope.relations.push(target);
        let place = Place { scope: &scope, env, aliases: Aliases::Lateral };
        self.expr(place, &merge.on, Use::rows(Indirect::Join), &mut rows);
        // What is inserted exists on the source's side only.
        let inserting = Place { scope: &sources, ..place };
        for clause in &merge.clauses {
            let mut own = rows.clone();
            self.exprs(place, &clause.predicate, Use::rows(Indirect::Filter), &mut own);
            let items = match &clause.action {
                MergeAction::Insert(insert) => {
                    self.exprs(place, &insert.insert_predicate, Use::rows(Indirect::Filter), &mut own);
                    let mut names: Vec<Named> =
                        insert.columns.iter().filter_map(|name| Some(self.named(name.0.last()?.as_ident()?))).collect();
                    let items = match &insert.kind {
                        MergeInsertKind::Row => source.clone(),
                        MergeInsertKind::Values(values) => {
                            let row = values.rows.first().map(|row| row.content.as_slice()).unwrap_or_default();
                            let mut items = Vec::with_capacity(row.len());
                            for (index, expr) in row.iter().enumerate() {
                                let column = Column {
                                    name: self.expression_name(expr, index),
                                    flow: Rc::new(self.value(inserting, expr)),
                                };
                                items.push(Item::Column(column));
                            }
                            items
                        }
                    };
                    let shape = Shape { items, rows: Vec::new() };
                    if names.is_empty() && matches!(insert.kind, MergeInsertKind::Values(_)) {
                        names = self.target_columns(table, &[], &shape);
                    }
                    place_all(&shape.items, &names, self)
                }
                MergeAction::Update(update) => {
                    self.exprs(place, &update.update_predicate, Use::rows(Indirect::Filter), &mut own);
                    let mut items = Vec::new();
                    for assignment in &update.assignments {
                        if is_all(assignment) {
                            items.extend(source.iter().cloned());
                            continue;
                        }
                        let set = self.assignment(place, assignment);
                        items.extend(set.into_iter().map(|(_, column)| Item::Column(column)));
                    }
                    items
                }
                MergeAction::Delete { .. } => Vec::new(),
            };
            own.tidy();
            self.writes(table, Effect::Adds, &Shape { items, rows: own.indirect });
        }
        if merge.clauses.is_empty() {
            self.writes(table, Effect::Adds, &Shape::default());
        }
    }
}

/// All rests together are one column `*`.
pub fn written(items: &[Item], leaves: &mut Leaves) -> Vec<Column> {
    let mut columns: Vec<Column> = Vec::with_capacity(items.len());
    let mut star: Option<(usize, Flow)> = None;
    for item in items {
        match item {
            Item::Column(column) => columns.push(column.clone()),
            Item::Rest(rest) => {
                let flow = rest.star(leaves);
                let place = columns.len();
                star.get_or_insert_with(|| (place, Flow::default())).1.absorb(&flow, Use::VALUE);
            }
        }
    }
    if let Some((place, flow)) = star {
        let name = Named { text: "*".to_owned(), key: "*".to_owned() };
        columns.insert(place, Column { name, flow: Rc::new(flow.tidied()) });
    }
    columns
}

fn place_all(items: &[Item], names: &[Named], resolver: &mut Resolver) -> Vec<Item> {
    if names.is_empty() { items.to_vec() } else { place(items, names, resolver.leaves) }
}

/// `UPDATE SET *`, as the lenient reader writes it.
fn is_all(assignment: &Assignment) -> bool {
    matches!(&assignment.target, AssignmentTarget::ColumnName(name) if name.0.len() == 1
        && name.0[0].as_ident().is_some_and(|ident| ident.value == "*"))
}
