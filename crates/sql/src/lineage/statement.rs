//! One statement: what it reads, what it writes, and what its columns come from.

use datafusion::sql::sqlparser::ast::{
    AlterTableOperation, CopySource, CopyTarget, CreateTable, CreateTableLikeKind, CreateView, Ident, MacroDefinition,
    ObjectName, ObjectType, Query, RenameTableNameKind, SetExpr, Statement, Use as UseOf,
};

use super::flow::Table;
use super::query::of_shape;
use super::resolve::Resolver;
use super::schemas::Named;
use super::scope::{Column, Env, Item, Shape};
use super::write::Effect;

/// What a statement does besides reading and writing rows.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Done {
    pub kind: &'static str,
    /// The columns of a query that is not written anywhere.
    pub shape: Option<Shape>,
    /// Tables that are changed without a value flowing into a column.
    pub touched: Vec<Table>,
    pub session: Vec<Session>,
}

/// What a statement changes for those behind it.
#[derive(Debug, Clone, PartialEq)]
pub enum Session {
    /// The path before unqualified tables.
    Use {
        path: Vec<Ident>,
    },
    /// The columns of a table, when they are known.
    Defines {
        table: Table,
        columns: Option<Vec<Named>>,
        temporary: bool,
    },
    AddsColumns {
        table: Table,
        columns: Vec<Named>,
    },
    Drops {
        table: Table,
    },
    Renames {
        from: Table,
        to: Table,
    },
    Swaps {
        one: Table,
        other: Table,
    },
}

impl Resolver<'_> {
    pub fn statement(&mut self, statement: &Statement) -> Done {
        let env = Env::default();
        match statement {
            Statement::Query(query) => self.top_query(query, &env),
            Statement::Insert(insert) => {
                self.write(statement, &env, None);
                done(if insert.overwrite { "insert_overwrite" } else { "insert" })
            }
            Statement::Update(_) => self.wrote(statement, "update"),
            Statement::Delete(_) => self.wrote(statement, "delete"),
            Statement::Merge(_) => self.wrote(statement, "merge"),
            Statement::CreateTable(create) => self.create_table(create, &env),
            Statement::CreateView(create) => self.create_view(create, &env),
            Statement::AlterView { name, columns, query, .. } => {
                let names: Vec<Named> = columns.iter().map(|column| self.named(column)).collect();
                let table = self.table(name);
                self.defined(table, query, &names, false, &env, "alter_view")
            }
            Statement::Explain { statement, .. } => Done { kind: "explain", ..self.statement(statement) },
            Statement::Prepare { statement, .. } => self.statement(statement),
            Statement::Cache { table_name, query: Some(query), .. } => {
                let table = self.table(table_name);
                self.defined(table, query, &[], true, &env, "cache_table")
            }
            Statement::CreateMacro { definition: MacroDefinition::Table(query), .. } => {
                let _ = self.query(query, &env, None);
                done("create_macro")
            }
            _ => self.other(statement, &env),
        }
    }

    fn wrote(&mut self, statement: &Statement, kind: &'static str) -> Done {
        self.write(statement, &Env::default(), None);
        done(kind)
    }

    /// A query; or, below a WITH, a statement that writes.
    fn top_query(&mut self, query: &Query, env: &Env) -> Done {
        let kind = match &*query.body {
            SetExpr::Insert(Statement::Insert(insert)) if insert.overwrite => "insert_overwrite",
            SetExpr::Insert(_) => "insert",
            SetExpr::Update(_) => "update",
            SetExpr::Delete(_) => "delete",
            SetExpr::Merge(_) => "merge",
            _ => "select",
        };
        let shape = (*self.query(query, env, None)).clone();
        if kind != "select" {
            return done(kind);
        }
        if !self.into_tables.is_empty() {
            // Of a set operation all branches go where the first one says.
            for table in self.into_tables.clone() {
                self.writes.retain(|write| write.table != table);
                self.writes(table, Effect::Replaces, &shape);
            }
            let tables = self.into_tables.clone();
            let session = tables.into_iter().map(|table| self.defines(table, &shape, false)).collect();
            return Done { kind: "select_into", session, ..Done::default() };
        }
        Done { kind, shape: Some(shape), ..Done::default() }
    }

    fn defines(&self, table: Table, shape: &Shape, temporary: bool) -> Session {
        let columns = shape.is_closed().then(|| shape.columns().map(|column| column.name.clone()).collect());
        Session::Defines { table, columns, temporary }
    }

    fn defined(
        &mut self,
        table: Table,
        query: &Query,
        names: &[Named],
        temporary: bool,
        env: &Env,
        kind: &'static str,
    ) -> Done {
        let mut shape = (*self.query(query, env, None)).clone().renamed(names, self.leaves);
        if !names.is_empty() {
            shape.items.truncate(names.len());
        }
        self.writes(table, Effect::Replaces, &shape);
        Done { kind, session: vec![self.defines(table, &shape, temporary)], ..Done::default() }
    }

    fn create_table(&mut self, create: &CreateTable, env: &Env) -> Done {
        let table = self.table(&create.name);
        let temporary = create.temporary || create.volatile;
        let names: Vec<Named> = create.columns.iter().map(|column| self.named(&column.name)).collect();
        if let Some(query) = &create.query {
            return self.defined(table, query, &names, temporary, env, "create_table_as");
        }
        let like = create.like.as_ref().map(|like| match like {
            CreateTableLikeKind::Parenthesized(like) | CreateTableLikeKind::Plain(like) => &like.name,
        });
        if let Some(model) = like.or(create.clone.as_ref()) {
            let source = self.table(model);
            self.reads(source);
            let items = self.table_items(source);
            let shape = Shape { items, rows: Vec::new() };
            let session = vec![self.defines(table, &shape, temporary)];
            if create.clone.is_some() {
                self.writes(table, Effect::Replaces, &shape);
                return Done { kind: "create_table_clone", session, ..Done::default() };
            }
            return Done { kind: "create_table_like", touched: vec![table], session, ..Done::default() };
        }
        let columns = (!names.is_empty()).then_some(names);
        let session = vec![Session::Defines { table, columns, temporary }];
        Done { kind: "create_table", touched: vec![table], session, shape: None }
    }

    fn create_view(&mut self, create: &CreateView, env: &Env) -> Done {
        let names: Vec<Named> = create.columns.iter().map(|column| self.named(&column.name)).collect();
        let table = self.table(&create.name);
        let done = self.defined(table, &create.query, &names, create.temporary, env, "create_view");
        // ClickHouse's materialized views put their rows into another table.
        if let Some(to) = &create.to
            && let Some(write) = self.writes.last().cloned()
        {
            let table = self.table(to);
            self.writes.push(super::write::Write { table, effect: Effect::Adds, ..write });
        }
        done
    }

    /// Statements in which tables are named, but no columns are computed.
    fn other(&mut self, statement: &Statement, env: &Env) -> Done {
        match statement {
            Statement::Use(of) => self.use_path(of),
            Statement::Drop { object_type: ObjectType::Table, names, .. } => self.dropped(names, "drop_table", true),
            Statement::Drop { object_type: ObjectType::View | ObjectType::MaterializedView, names, .. } => {
                self.dropped(names, "drop_view", false)
            }
            Statement::Truncate(truncate) => {
                let touched = truncate.table_names.iter().map(|target| self.table(&target.name)).collect();
                Done { kind: "truncate", touched, ..Done::default() }
            }
            Statement::AlterTable(alter) => self.alter_table(&alter.name, &alter.operations),
            Statement::RenameTable(renames) => {
                let pairs = renames.iter().map(|rename| (&rename.old_name, &rename.new_name));
                self.renamed(pairs.collect(), "rename_table")
            }
            Statement::Directory { path, source, .. } => {
                let shape = (*self.query(source, env, None)).clone();
                let table = self.location(path);
                self.writes(table, Effect::Replaces, &shape);
                done("insert_overwrite_directory")
            }
            Statement::Copy { source, to, target, .. } => self.copy(source, *to, target, env),
            Statement::CopyIntoSnowflake { into, into_columns, from_obj, from_query, from_transformations, .. } => {
                let table = match into.0.as_slice() {
                    [only] => match only.as_ident() {
                        Some(ident) if ident.quote_style == Some('\'') => self.location(&ident.value),
                        _ => self.table(into),
                    },
                    _ => self.table(into),
                };
                let mut shape = Shape::default();
                if let Some(query) = from_query {
                    shape = (*self.query(query, env, None)).clone();
                }
                if let Some(from) = from_obj {
                    let source = self.table(from);
                    self.reads(source);
                    if from_transformations.is_none() && !is_location(from) {
                        shape.items = self.table_items(source);
                    }
                }
                let names: Vec<Named> = into_columns.iter().flatten().map(|column| self.named(column)).collect();
                let shape = shape.renamed(&names, self.leaves);
                self.writes(table, Effect::Adds, &shape);
                done("copy")
            }
            Statement::Unload { query, query_text, to, .. } => {
                let quoted = query_text.as_ref().and_then(|text| super::lenient::parse(text, self.dialect).ok());
                let query = match &quoted {
                    Some(Statement::Query(quoted)) => Some(quoted),
                    _ => query.as_ref(),
                };
                let shape = query.map(|query| (*self.query(query, env, None)).clone()).unwrap_or_default();
                let table = self.location(&to.value);
                self.writes(table, Effect::Replaces, &shape);
                done("unload")
            }
            Statement::ExportData(export) => {
                let shape = (*self.query(&export.query, env, None)).clone();
                let uri = export.options.iter().find_map(|option| {
                    use datafusion::sql::sqlparser::ast::SqlOption;
                    match option {
                        SqlOption::KeyValue { key, value } if key.value.eq_ignore_ascii_case("uri") => {
                            Some(value.to_string().trim_matches(['\'', '"']).to_owned())
                        }
                        _ => None,
                    }
                });
                if let Some(uri) = uri {
                    let table = self.location(&uri);
                    self.writes(table, Effect::Replaces, &shape);
                }
                done("export")
            }
            Statement::LoadData { inpath, table_name, .. } => {
                let source = self.location(inpath);
                self.reads(source);
                let table = self.table(table_name);
                Done { kind: "load", touched: vec![table], ..Done::default() }
            }
            Statement::Declare { .. } => done("declare"),
            Statement::Set(_) => done("set"),
            Statement::CreateFunction(_) => done("create_function"),
            _ => done("other"),
        }
    }

    fn copy(&mut self, source: &CopySource, to: bool, target: &CopyTarget, env: &Env) -> Done {
        let file = match target {
            CopyTarget::File { filename } => Some(self.location(filename)),
            CopyTarget::Program { .. } | CopyTarget::Stdin | CopyTarget::Stdout => None,
        };
        match source {
            CopySource::Table { table_name, columns } => {
                let table = self.table(table_name);
                if !to {
                    file.into_iter().for_each(|file| self.reads(file));
                    return Done { kind: "copy", touched: vec![table], ..Done::default() };
                }
                self.reads(table);
                let mut items = self.table_items(table);
                if !columns.is_empty() {
                    let scope = of_shape(Shape { items, rows: Vec::new() }, None);
                    let place = super::resolve::Place { scope: &scope, env, aliases: super::resolve::Aliases::Lateral };
                    items = Vec::with_capacity(columns.len());
                    for ident in columns {
                        let (flow, _) = self.name(place, std::slice::from_ref(ident));
                        items.push(Item::Column(Column { name: self.named(ident), flow }));
                    }
                }
                file.into_iter().for_each(|file| {
                    self.writes(file, Effect::Replaces, &Shape { items: items.clone(), rows: Vec::new() })
                });
            }
            CopySource::Query(query) => {
                let shape = (*self.query(query, env, None)).clone();
                file.into_iter().for_each(|file| self.writes(file, Effect::Replaces, &shape));
            }
        }
        done("copy")
    }

    /// A dropped table is changed; a view holds no rows that could be.
    fn dropped(&mut self, names: &[ObjectName], kind: &'static str, changes: bool) -> Done {
        let tables: Vec<Table> = names.iter().map(|name| self.table(name)).collect();
        let session = tables.iter().map(|table| Session::Drops { table: *table }).collect();
        Done { kind, touched: if changes { tables } else { Vec::new() }, session, shape: None }
    }

    fn alter_table(&mut self, name: &ObjectName, operations: &[AlterTableOperation]) -> Done {
        let mut columns = Vec::new();
        for operation in operations {
            match operation {
                AlterTableOperation::RenameTable {
                    table_name: RenameTableNameKind::As(to) | RenameTableNameKind::To(to),
                } => return self.renamed(vec![(name, to)], "rename_table"),
                AlterTableOperation::SwapWith { table_name } => {
                    let (one, other) = (self.table(name), self.table(table_name));
                    self.reads(one);
                    self.reads(other);
                    let session = vec![Session::Swaps { one, other }];
                    return Done { kind: "swap_tables", touched: vec![one, other], session, shape: None };
                }
                AlterTableOperation::AddColumn { column_def, .. } => columns.push(self.named(&column_def.name)),
                _ => {}
            }
        }
        let table = self.table(name);
        let session = vec![Session::AddsColumns { table, columns }];
        Done { kind: "alter_table", touched: vec![table], session, shape: None }
    }

    fn renamed(&mut self, pairs: Vec<(&ObjectName, &ObjectName)>, kind: &'static str) -> Done {
        let mut done = done(kind);
        for (from, to) in pairs {
            let source = self.table(from);
            // A new name without a schema stays in the old one's.
            let mut parts = self.parts(from);
            let new = self.parts(to);
            let target = if new.len() == 1 && parts.len() > 1 {
                parts.pop();
                parts.extend(new);
                self.table_of_parts(parts)
            } else {
                self.table(to)
            };
            self.reads(source);
            done.touched.push(target);
            done.session.push(Session::Renames { from: source, to: target });
        }
        done
    }

    fn use_path(&mut self, of: &UseOf) -> Done {
        let path = match of {
            // The catalog alone: no schema is in between.
            UseOf::Catalog(name) | UseOf::Database(name) if self.parts(name).len() == 1 => {
                let mut parts = self.parts(name);
                parts.push(Ident::new(""));
                parts
            }
            UseOf::Catalog(name) | UseOf::Database(name) | UseOf::Object(name) => self.parts(name),
            UseOf::Schema(name) => {
                let parts = self.parts(name);
                // A schema alone keeps the catalog that was named before.
                match (parts.len(), self.default_path) {
                    (1, [catalog, _]) => vec![catalog.clone(), parts[0].clone()],
                    _ => parts,
                }
            }
            UseOf::Default => Vec::new(),
            UseOf::Warehouse(_) | UseOf::Role(_) | UseOf::SecondaryRoles(_) => return done("use"),
        };
        Done { kind: "use", session: vec![Session::Use { path }], ..Done::default() }
    }
}

fn done(kind: &'static str) -> Done {
    Done { kind, ..Done::default() }
}

fn is_location(name: &ObjectName) -> bool {
    name.0.first().and_then(|part| part.as_ident()).is_some_and(|ident| {
        ident.quote_style == Some('\'') || ident.value.starts_with('@') || ident.value.contains("://")
    })
}
