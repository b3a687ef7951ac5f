//! What one value depends on: the columns it is computed from, and those that only steer it or its rows.

use std::collections::HashMap;

/// How a value is computed from a column; the later ones swallow the earlier ones when they are nested.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Direct {
    Identity,
    Transformation,
    Aggregation,
}

/// How a column has an influence without being a part of the value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Indirect {
    Join,
    Filter,
    GroupBy,
    Sort,
    Window,
    Conditional,
}

impl Direct {
    pub fn word(self) -> &'static str {
        match self {
            Direct::Identity => "identity",
            Direct::Transformation => "transformation",
            Direct::Aggregation => "aggregation",
        }
    }
}

impl Indirect {
    pub fn word(self) -> &'static str {
        match self {
            Indirect::Join => "join",
            Indirect::Filter => "filter",
            Indirect::GroupBy => "group_by",
            Indirect::Sort => "sort",
            Indirect::Window => "window",
            Indirect::Conditional => "conditional",
        }
    }
}

/// The number of a column in a [`Leaves`].
pub type Leaf = u32;

/// What an expression makes of the columns it reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Use {
    pub role: Role,
    /// A function on the way hides the value, as hashes do.
    pub masks: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    Direct(Direct),
    /// `within`: in the expression itself, as a CASE's condition is; otherwise it decides about rows, as WHERE does.
    Indirect {
        kind: Indirect,
        within: bool,
    },
}

impl Use {
    pub const VALUE: Use = Use { role: Role::Direct(Direct::Identity), masks: false };

    pub const fn rows(kind: Indirect) -> Use {
        Use { role: Role::Indirect { kind, within: false }, masks: false }
    }

    pub fn at_least(self, kind: Direct) -> Use {
        match self.role {
            Role::Direct(outer) => Use { role: Role::Direct(outer.max(kind)), ..self },
            Role::Indirect { .. } => self,
        }
    }

    /// The column steers the value that is being computed.
    pub fn steering(self, kind: Indirect) -> Use {
        match self.role {
            Role::Direct(_) => Use { role: Role::Indirect { kind, within: true }, ..self },
            Role::Indirect { .. } => self,
        }
    }

    pub fn masking(self, masks: bool) -> Use {
        Use { masks: self.masks || masks, ..self }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Source {
    pub leaf: Leaf,
    pub kind: Direct,
    pub masks: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Steer {
    pub leaf: Leaf,
    pub kind: Indirect,
    pub within: bool,
    pub masks: bool,
}

/// The dependences of one value.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Flow {
    pub direct: Vec<Source>,
    pub indirect: Vec<Steer>,
}

impl Flow {
    pub fn leaf(leaf: Leaf) -> Flow {
        Flow { direct: vec![Source { leaf, kind: Direct::Identity, masks: false }], indirect: Vec::new() }
    }

    /// Adds what `inner` depends on, used as `how` says.
    pub fn absorb(&mut self, inner: &Flow, how: Use) {
        for source in &inner.direct {
            let masks = source.masks || how.masks;
            match how.role {
                Role::Direct(kind) => {
                    self.direct.push(Source { leaf: source.leaf, kind: kind.max(source.kind), masks });
                }
                Role::Indirect { kind, within } => {
                    self.indirect.push(Steer { leaf: source.leaf, kind, within, masks });
                }
            }
        }
        self.absorb_steers(&inner.indirect, how);
    }

    pub fn absorb_steers(&mut self, steers: &[Steer], how: Use) {
        for steer in steers {
            let masks = steer.masks || how.masks;
            self.indirect.push(match how.role {
                Role::Direct(_) => Steer { masks, ..*steer },
                // What decides about a subquery's rows is not in the expression around it.
                Role::Indirect { kind, within } => {
                    Steer { leaf: steer.leaf, kind, within: within && steer.within, masks }
                }
            });
        }
    }

    /// Sorted, each dependence once. Of several direct kinds of one column the strongest stays; a column that is masked on
    /// one way and bare on another is bare.
    pub fn tidy(&mut self) {
        self.direct.sort_unstable();
        let mut kept: Vec<Source> = Vec::with_capacity(self.direct.len());
        for source in self.direct.drain(..) {
            match kept.last_mut() {
                Some(last) if last.leaf == source.leaf => {
                    last.kind = last.kind.max(source.kind);
                    last.masks &= source.masks;
                }
                _ => kept.push(source),
            }
        }
        self.direct = kept;
        tidy_steers(&mut self.indirect);
    }

    pub fn tidied(mut self) -> Flow {
        self.tidy();
        self
    }
}

/// Sorted, each once.
pub fn tidy_steers(steers: &mut Vec<Steer>) {
    steers.sort_unstable();
    let mut kept: Vec<Steer> = Vec::with_capacity(steers.len());
    for steer in steers.drain(..) {
        match kept.last_mut() {
            Some(last) if last.leaf == steer.leaf && last.kind == steer.kind => {
                last.within |= steer.within;
                last.masks &= steer.masks;
            }
            _ => kept.push(steer),
        }
    }
    *steers = kept;
}

/// The number of a table in a [`Leaves`].
pub type Table = u32;

/// A column that nothing of the statement computes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LeafColumn {
    /// `None` when it cannot be said which of several tables has it.
    pub table: Option<Table>,
    pub column: String,
    /// Tables that may have it, when it is ambiguous.
    pub candidates: Vec<Table>,
}

/// A table, or the qualifier of a column that nothing in scope answers to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LeafTable {
    /// Its name as written, or as the schemas write it.
    pub text: String,
    /// Its parts as the dialect compares them.
    pub path: Vec<String>,
    /// False for a qualifier that names nothing.
    pub known: bool,
}

/// Every table and column that a script names, each once.
#[derive(Debug, Default)]
pub struct Leaves {
    tables: Vec<LeafTable>,
    table_numbers: HashMap<(Vec<String>, bool), Table>,
    columns: Vec<LeafColumn>,
    column_numbers: HashMap<(Option<Table>, String), Leaf>,
}

impl Leaves {
    pub fn table(&mut self, path: Vec<String>, text: &str, known: bool) -> Table {
        let key = (path, known);
        if let Some(found) = self.table_numbers.get(&key) {
            return *found;
        }
        let number = self.tables.len() as Table;
        self.tables.push(LeafTable { text: text.to_owned(), path: key.0.clone(), known });
        self.table_numbers.insert(key, number);
        number
    }

    /// A table that was named before, by its whole path.
    pub fn find_table(&self, path: &[String]) -> Option<Table> {
        self.table_numbers.get(&(path.to_vec(), true)).copied()
    }

    /// `key` is the column's name as the dialect compares it.
    pub fn column(&mut self, table: Option<Table>, key: &str, text: &str) -> Leaf {
        let key = (table, key.to_owned());
        if let Some(found) = self.column_numbers.get(&key) {
            return *found;
        }
        let number = self.columns.len() as Leaf;
        self.columns.push(LeafColumn { table, column: text.to_owned(), candidates: Vec::new() });
        self.column_numbers.insert(key, number);
        number
    }

    /// A column that no table in sight is known to have, or several may have.
    pub fn unresolved(&mut self, key: &str, text: &str, candidates: Vec<Table>) -> Leaf {
        let key = if candidates.is_empty() { key.to_owned() } else { format!("{key} of {candidates:?}") };
        let leaf = self.column(None, &key, text);
        self.columns[leaf as usize].candidates = candidates;
        leaf
    }

    pub fn star(&mut self, table: Table) -> Leaf {
        self.column(Some(table), "*", "*")
    }

    pub fn table_of(&self, table: Table) -> &LeafTable {
        &self.tables[table as usize]
    }

    pub fn column_of(&self, leaf: Leaf) -> &LeafColumn {
        &self.columns[leaf as usize]
    }
}
