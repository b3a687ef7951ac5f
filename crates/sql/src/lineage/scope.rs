//! What names mean at one place of a query: the relations of FROM, the query around it, and the SELECT's own aliases.

use std::cell::RefCell;
use std::rc::Rc;

use datafusion::sql::sqlparser::ast::NamedWindowDefinition;

use super::flow::{Direct, Flow, Leaves, Steer, Table, Use};
use super::schemas::{Named, ends_alike};

/// One column that a query or table offers.
#[derive(Debug, Clone, PartialEq)]
pub struct Column {
    pub name: Named,
    pub flow: Rc<Flow>,
}

/// Columns whose names are not known: those of a table without a schema, or of a table function.
#[derive(Debug, Clone, PartialEq)]
pub struct Rest {
    /// Several after a UNION, where each of them has the column.
    pub origins: Vec<Origin>,
    /// Columns that are not among them, because EXCEPT took them away or they were named before.
    pub hidden: Vec<String>,
}

#[derive(Debug, Clone, PartialEq)]
pub enum Origin {
    Table(Table),
    Flow(Rc<Flow>),
}

#[derive(Debug, Clone, PartialEq)]
pub enum Item {
    Column(Column),
    Rest(Rest),
}

/// What a query gives: its columns in order, and what decides about its rows.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Shape {
    pub items: Vec<Item>,
    pub rows: Vec<Steer>,
}

impl Rest {
    pub fn table(table: Table) -> Rest {
        Rest { origins: vec![Origin::Table(table)], hidden: Vec::new() }
    }

    pub fn flow(flow: Rc<Flow>) -> Rest {
        Rest { origins: vec![Origin::Flow(flow)], hidden: Vec::new() }
    }

    /// The column of this name, which every origin is taken to have.
    pub fn column(&self, leaves: &mut Leaves, name: &Named) -> Rc<Flow> {
        if let [Origin::Table(table)] = self.origins.as_slice() {
            return Rc::new(Flow::leaf(leaves.column(Some(*table), &name.key, &name.text)));
        }
        let mut flow = Flow::default();
        for origin in &self.origins {
            match origin {
                Origin::Table(table) => {
                    let leaf = leaves.column(Some(*table), &name.key, &name.text);
                    flow.absorb(&Flow::leaf(leaf), Use::VALUE);
                }
                Origin::Flow(inner) => flow.absorb(inner, Use::VALUE.at_least(Direct::Transformation)),
            }
        }
        Rc::new(flow.tidied())
    }

    /// All of them at once.
    pub fn star(&self, leaves: &mut Leaves) -> Flow {
        let mut flow = Flow::default();
        for origin in &self.origins {
            match origin {
                Origin::Table(table) => flow.absorb(&Flow::leaf(leaves.star(*table)), Use::VALUE),
                Origin::Flow(inner) => flow.absorb(inner, Use::VALUE.at_least(Direct::Transformation)),
            }
        }
        flow.tidied()
    }

    pub fn tables(&self) -> impl Iterator<Item = Table> {
        self.origins.iter().filter_map(|origin| match origin {
            Origin::Table(table) => Some(*table),
            Origin::Flow(_) => None,
        })
    }
}

impl Shape {
    pub fn columns(&self) -> impl Iterator<Item = &Column> {
        self.items.iter().filter_map(|item| match item {
            Item::Column(column) => Some(column),
            Item::Rest(_) => None,
        })
    }

    pub fn rests(&self) -> impl Iterator<Item = &Rest> {
        self.items.iter().filter_map(|item| match item {
            Item::Rest(rest) => Some(rest),
            Item::Column(_) => None,
        })
    }

    pub fn is_closed(&self) -> bool {
        self.rests().next().is_none()
    }

    pub fn column(&self, key: &str) -> Option<&Column> {
        self.columns().find(|column| column.name.key == key)
    }

    /// The same columns under other names, by position; what lies behind a rest keeps its name.
    pub fn renamed(mut self, names: &[Named], leaves: &mut Leaves) -> Shape {
        if names.is_empty() {
            return self;
        }
        self.items = place(&self.items, names, leaves);
        self
    }
}

/// The items under the given names, by position: those before a rest from the front, those behind it from the back, and
/// the names in the middle each stand for some column of the rest.
pub fn place(items: &[Item], names: &[Named], leaves: &mut Leaves) -> Vec<Item> {
    let named = |name: &Named, item: &Item, leaves: &mut Leaves| {
        let flow = match item {
            Item::Column(column) => Rc::clone(&column.flow),
            Item::Rest(rest) => Rc::new(rest.star(leaves)),
        };
        Item::Column(Column { name: name.clone(), flow })
    };
    let Some(first_rest) = items.iter().position(|item| matches!(item, Item::Rest(_))) else {
        let renamed = items.iter().zip(names).map(|(item, name)| named(name, item, leaves)).collect::<Vec<_>>();
        return renamed.into_iter().chain(items.iter().skip(names.len()).cloned()).collect();
    };
    let last_rest = items.iter().rposition(|item| matches!(item, Item::Rest(_))).unwrap_or(first_rest);
    let behind = items.len() - 1 - last_rest;
    let mut placed = Vec::with_capacity(names.len());
    for (index, name) in names.iter().enumerate() {
        let from_back = names.len() - 1 - index;
        if index < first_rest {
            placed.push(named(name, &items[index], leaves));
        } else if from_back < behind {
            placed.push(named(name, &items[items.len() - 1 - from_back], leaves));
        } else {
            let mut flow = Flow::default();
            for item in &items[first_rest..=last_rest] {
                match item {
                    Item::Rest(rest) => flow.absorb(&rest.star(leaves), Use::VALUE),
                    Item::Column(column) => flow.absorb(&column.flow, Use::VALUE),
                }
            }
            placed.push(Item::Column(Column { name: name.clone(), flow: Rc::new(flow.tidied()) }));
        }
    }
    placed
}

/// One relation of FROM.
#[derive(Debug, Clone)]
pub struct Relation {
    pub alias: Option<String>,
    /// A table's own name.
    pub path: Vec<String>,
    pub shape: Rc<Shape>,
    /// Its columns need a qualifier: the row that was not inserted, in ON CONFLICT.
    pub by_name_only: bool,
}

/// Common table expressions in sight.
#[derive(Debug, Default)]
pub struct Env<'a> {
    pub around: Option<&'a Env<'a>>,
    pub queries: RefCell<Vec<(String, Rc<Shape>)>>,
}

impl Env<'_> {
    pub fn find(&self, key: &str) -> Option<Rc<Shape>> {
        let own = self.queries.borrow().iter().rev().find(|(name, _)| name == key).map(|(_, shape)| Rc::clone(shape));
        own.or_else(|| self.around?.find(key))
    }
}

#[derive(Debug, Default)]
pub struct Scope<'a> {
    pub relations: Vec<Relation>,
    /// Columns that USING or NATURAL made one of two.
    pub merged: Vec<Column>,
    /// The SELECT's columns so far.
    pub aliases: Vec<Column>,
    pub windows: &'a [NamedWindowDefinition],
    pub parent: Option<&'a Scope<'a>>,
}

/// What one scope says about an unqualified name.
pub enum Lookup<'s> {
    Known(Rc<Flow>),
    /// Exactly one relation may have it.
    Open(&'s Rest),
    /// Several may have it, or several do.
    Ambiguous(Vec<Table>),
    Absent,
}

impl<'a> Scope<'a> {
    pub fn inside(parent: Option<&'a Scope<'a>>) -> Scope<'a> {
        Scope { parent, ..Scope::default() }
    }

    pub fn alias(&self, key: &str) -> Option<Rc<Flow>> {
        self.aliases.iter().rev().find(|column| column.name.key == key).map(|column| Rc::clone(&column.flow))
    }

    pub fn lookup<'s>(&'s self, key: &str) -> Lookup<'s> {
        if let Some(column) = self.merged.iter().find(|column| column.name.key == key) {
            return Lookup::Known(Rc::clone(&column.flow));
        }
        let free = self.relations.iter().filter(|relation| !relation.by_name_only);
        let mut known = free.filter_map(|relation| Some((relation, relation.shape.column(key)?)));
        if let Some((_, first)) = known.next() {
            let others: Vec<_> = known.collect();
            if others.is_empty() {
                return Lookup::Known(Rc::clone(&first.flow));
            }
            return Lookup::Ambiguous(Vec::new());
        }
        let mut open = self.open(key);
        match (open.next(), open.next()) {
            (Some(rest), None) => Lookup::Open(rest),
            (Some(_), Some(_)) if self.the_table(key).is_some() => {
                self.the_table(key).map_or(Lookup::Absent, Lookup::Open)
            }
            (Some(_), Some(_)) => Lookup::Ambiguous(self.open(key).flat_map(Rest::tables).collect()),
            (None, _) => Lookup::Absent,
        }
    }

    fn open<'s, 'k>(&'s self, key: &'k str) -> impl Iterator<Item = &'s Rest> + use<'s, 'k, 'a> {
        self.relations
            .iter()
            .filter(|relation| !relation.by_name_only)
            .flat_map(|relation| relation.shape.rests())
            .filter(move |rest| !rest.hidden.iter().any(|hidden| hidden == key))
    }

    /// The only table, when everything else came out of a column, as UNNEST does: its elements rarely have names.
    fn the_table(&self, key: &str) -> Option<&Rest> {
        let elements =
            |rest: &&Rest| matches!(rest.origins.as_slice(), [Origin::Flow(flow)] if !flow.direct.is_empty());
        let mut tables = self.open(key).filter(|rest| !elements(rest));
        let first = tables.next()?;
        tables.next().is_none().then_some(first)
    }

    /// The relation that a qualifier names. An alias hides the table's name, but what nothing else answers to is let through.
    pub fn relation(&self, qualifier: &[String]) -> Option<&Relation> {
        let by_alias = || {
            let [name] = qualifier else { return None };
            self.relations.iter().rev().find(|relation| relation.alias.as_ref() == Some(name))
        };
        let by_path = |aliased: bool| {
            self.relations.iter().find(|relation| {
                relation.alias.is_some() == aliased
                    && !relation.path.is_empty()
                    && ends_alike(&relation.path, qualifier)
            })
        };
        by_alias().or_else(|| by_path(false)).or_else(|| by_path(true))
    }
}
