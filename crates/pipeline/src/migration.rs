//! A migration: what a stored table needs so that it is what the present contract promises, without reading its inputs again.
//!
//! A pure function of what was in force when the table was published and what is in force now. Where the stored rows cannot say
//! what the new ones must be, there is none, and the table is built anew from its inputs.

mod back;
mod loss;
mod nested;
mod step;
mod types;

use std::collections::BTreeSet;

use contract::{Scope, Severity};
use serde::{Deserialize, Serialize};

use crate::decide::Ask;
use crate::state::Size;
use crate::table::PartitionBy;
use crate::terms::{CheckTerm, Term, Terms};

pub use back::back;
pub use loss::losses;
pub use step::{Step, Work};
use types::Relation;

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Migration {
    pub steps: Vec<Step>,
    /// How each column of the new table is made, in its order.
    pub targets: Vec<Target>,
    /// The columns that are stored now.
    pub stored: Vec<Term>,
    /// Row checks that the stored rows were never held against, or that look at values which this migration makes.
    pub checked: bool,
    /// The same of checks of the dataset as a whole.
    pub audited: bool,
    /// Of the table as it is.
    pub size: Option<Size>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Target {
    pub column: String,
    pub made: Made,
    pub protect: Protect,
}

/// Where a column's values come from.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Made {
    /// A stored column, as it is.
    Stored(String),
    /// A stored column in another type. A value that would be another one afterwards is refused.
    Cast(String),
    /// A stored nested column with other fields inside, or wider ones: fields are found by name, and new ones are NULL.
    Shaped(String),
    /// A SQL expression over the stored columns.
    Fill(String),
    Null,
}

/// What becomes of the protection of a column's values.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Protect {
    /// They stay as they are stored.
    Keep,
    /// They are protected as the contract says.
    Apply,
    /// They are decrypted.
    Open,
    /// They are decrypted, and protected as the contract says.
    Anew,
}

/// Why a stored table cannot be migrated: one clause.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rebuild(pub String);

/// `is_model`: the inputs are tables of the project, so that a column which the table does not have is computed from them rather
/// than left empty.
pub fn migration(old: &Terms, new: &Terms, is_model: bool) -> Result<Migration, Rebuild> {
    if old.table.write != new.table.write {
        return Err(Rebuild("rows that are there were written in another way".to_owned()));
    }
    if old.encryption != new.encryption {
        return Err(Rebuild("its files were encrypted in another way".to_owned()));
    }
    let renamed: Vec<(String, String)> = new
        .columns
        .iter()
        .filter_map(|column| Some((origin(old, new, column)?.name.clone(), column.name.clone())))
        .filter(|(from, to)| from != to)
        .collect();
    let now = |name: &String| renamed.iter().find(|(from, _)| from == name).map_or(name, |(_, to)| to).clone();
    if old.table.key.iter().map(now).collect::<Vec<_>>() != new.table.key {
        return Err(Rebuild("rows that are there were merged by another key".to_owned()));
    }
    let mut making = Making { old, new, is_model, steps: Vec::new(), made: BTreeSet::new() };
    let targets = new.columns.iter().map(|column| making.target(column)).collect::<Result<Vec<_>, _>>()?;
    making.dropped();
    making.reordered();
    making.mapped();
    making.rest(&now);
    making.settled();
    let (checked, audited) = making.checks(&renamed);
    if making.steps.is_empty() {
        making.steps.push(Step::Reading);
    }
    Ok(Migration { steps: making.steps, targets, stored: old.columns.clone(), checked, audited, size: None })
}

/// The stored column that a column of the new contract is: by its stable id, else by its name.
fn origin<'a>(old: &'a Terms, new: &Terms, column: &Term) -> Option<&'a Term> {
    let by_id = column.id.as_ref().and_then(|id| old.columns.iter().find(|old| old.id.as_ref() == Some(id)));
    by_id.or_else(|| {
        let same = old.column(&column.name)?;
        // Another column of this name: either has an id that says so, or the stored one lives on under another name.
        let differ = matches!((&same.id, &column.id), (Some(a), Some(b)) if a != b);
        let moved =
            same.id.is_some() && new.columns.iter().any(|other| other.id == same.id && other.name != column.name);
        (!differ && !moved).then_some(same)
    })
}

/// Stored columns that no column of the new contract is.
fn gone<'a>(old: &'a Terms, new: &'a Terms) -> impl Iterator<Item = &'a Term> {
    let lives = |stored: &Term| {
        new.columns.iter().any(|column| origin(old, new, column).is_some_and(|from| from.name == stored.name))
    };
    old.columns.iter().filter(move |stored| !lives(stored))
}

struct Making<'a> {
    old: &'a Terms,
    new: &'a Terms,
    is_model: bool,
    steps: Vec<Step>,
    /// New columns whose values are not those that were checked before.
    made: BTreeSet<String>,
}

impl Making<'_> {
    fn target(&mut self, column: &Term) -> Result<Target, Rebuild> {
        let Some(stored) = origin(self.old, self.new, column) else { return self.added(column) };
        if stored.name != column.name {
            let mapped = self.new.table.column_mapping;
            self.steps.push(Step::Rename { from: stored.name.clone(), to: column.name.clone(), mapped });
        }
        let made = self.retyped(stored, column)?;
        let protect = self.protected(stored, column, &made)?;
        if stored.classification != column.classification {
            let (from, to) = (stored.classification.clone(), column.classification.clone());
            self.steps.push(Step::Classify { column: column.name.clone(), from, to });
        }
        match (stored.required, column.required) {
            (false, true) => self.steps.push(Step::Require { column: column.name.clone() }),
            (true, false) => self.steps.push(Step::Relax { column: column.name.clone() }),
            _ => {}
        }
        Ok(Target { column: column.name.clone(), made, protect })
    }

    fn added(&mut self, column: &Term) -> Result<Target, Rebuild> {
        let name = &column.name;
        let made = match &column.fill {
            Some(sql) => {
                self.made.insert(name.clone());
                Made::Fill(sql.clone())
            }
            None if self.is_model => {
                return Err(Rebuild(format!("`{name}` is new, and the inputs say what it is")));
            }
            None if column.required => {
                return Err(Rebuild(format!("`{name}` is new and required, and no `fill` says what stored rows get")));
            }
            None => Made::Null,
        };
        self.steps.push(Step::Add { column: name.clone(), fill: column.fill.clone() });
        let filled = column.protection.is_some() && made != Made::Null;
        Ok(Target { column: name.clone(), made, protect: if filled { Protect::Apply } else { Protect::Keep } })
    }

    fn retyped(&mut self, stored: &Term, column: &Term) -> Result<Made, Rebuild> {
        let (from, to) = (&stored.data_type, &column.data_type);
        if from == to {
            return Ok(Made::Stored(stored.name.clone()));
        }
        let shown = (column.name.clone(), from.to_string(), to.to_string());
        let (name, from_shown, to_shown) = shown;
        if stored.protection.is_some() || column.protection.is_some() {
            return Err(Rebuild(format!("`{name}` has another type, and its values are stored protected")));
        }
        let relation = types::relation(from, to);
        if relation != Relation::Wider
            && let Some(sql) = &column.fill
        {
            self.made.insert(name.clone());
            self.steps.push(Step::Remake { column: name, from: from_shown, to: to_shown, fill: sql.clone() });
            return Ok(Made::Fill(sql.clone()));
        }
        if relation != Relation::Wider
            && let Some(found) = nested::fields(&name, from, to)
        {
            let fields = found?;
            if let (true, Some(field)) = (self.is_model, fields.added.first()) {
                return Err(Rebuild(format!("`{field}` is new, and the inputs say what it is")));
            }
            if fields.is_same() {
                return Ok(Made::Stored(stored.name.clone()));
            }
            let nested::Fields { added, dropped, widened, moved } = fields;
            self.steps.push(Step::Inside { column: name, added, dropped, widened, moved });
            return Ok(Made::Shaped(stored.name.clone()));
        }
        match relation {
            Relation::Wider if types::is_same_kind(from, to) => {
                self.steps.push(Step::Widen { column: name, from: from_shown, to: to_shown });
            }
            // No value is lost, and who reads it meets another type all the same: `contract diff` calls it breaking.
            Relation::Wider => self.steps.push(Step::Convert { column: name, from: from_shown, to: to_shown }),
            Relation::Convertible => {
                self.made.insert(name.clone());
                self.steps.push(Step::Convert { column: name, from: from_shown, to: to_shown });
            }
            Relation::Foreign => {
                return Err(Rebuild(format!(
                    "`{name}` was {from_shown} and is {to_shown}, and no `fill` says how the one is made of the other"
                )));
            }
        }
        Ok(Made::Cast(stored.name.clone()))
    }

    fn protected(&mut self, stored: &Term, column: &Term, made: &Made) -> Result<Protect, Rebuild> {
        let (from, to) = (&stored.protection, &column.protection);
        if from == to || matches!(made, Made::Fill(_)) {
            return Ok(if to.is_some() && from.is_none() { Protect::Apply } else { Protect::Keep });
        }
        let word = |protection: &Option<contract::privacy::Protection>| {
            protection.as_ref().map(|protection| protection.method.word().to_owned())
        };
        let protect = match from {
            None => Protect::Apply,
            Some(before) if !before.method.is_reversible() => {
                return Err(Rebuild(format!(
                    "the values of `{}` are stored protected ({}), which cannot be undone",
                    column.name,
                    before.method.word()
                )));
            }
            Some(_) if to.is_some() => Protect::Anew,
            Some(_) => Protect::Open,
        };
        self.steps.push(Step::Protect { column: column.name.clone(), from: word(from), to: word(to) });
        Ok(protect)
    }

    fn dropped(&mut self) {
        let (old, new) = (self.old, self.new);
        self.steps.extend(gone(old, new).map(|stored| {
            let because = stored.must_go().filter(|_| new.table.column_mapping);
            let mapped = new.table.column_mapping && because.is_none();
            Step::Drop { column: stored.name.clone(), mapped, because }
        }));
    }

    fn mapped(&mut self) {
        match (self.old.table.column_mapping, self.new.table.column_mapping) {
            (false, true) => self.steps.push(Step::Map),
            (true, false) => self.steps.push(Step::Unmap),
            _ => {}
        }
    }

    /// Files that are written anew for something else do not keep what is dropped.
    fn settled(&mut self) {
        if self.steps.iter().any(|step| step.work() == Work::Rewrite) {
            for step in &mut self.steps {
                if let Step::Drop { mapped, .. } = step {
                    *mapped = false;
                }
            }
        }
    }

    /// Whether the columns that stay stand in another order.
    fn reordered(&mut self) {
        let places: Vec<usize> = self
            .new
            .columns
            .iter()
            .filter_map(|column| {
                let name = &origin(self.old, self.new, column)?.name;
                self.old.columns.iter().position(|old| old.name == *name)
            })
            .collect();
        if !places.is_sorted() {
            self.steps.push(Step::Reorder);
        }
    }

    fn rest(&mut self, now: &dyn Fn(&String) -> String) {
        let (old, new) = (self.old, self.new);
        let key: Vec<String> = old.primary_key.iter().map(now).collect();
        if key != new.primary_key {
            self.steps.push(Step::Key { from: old.primary_key.clone(), to: new.primary_key.clone() });
        }
        let names = |terms: &Terms| terms.table.partition_by.iter().map(PartitionBy::name).collect::<Vec<_>>();
        let touched = new.table.partition_by.iter().any(|by| self.steps.iter().any(|step| step.remakes(&by.column)));
        // A column that only has another name divides the files as before.
        let carried = |by: &PartitionBy| PartitionBy { column: now(&by.column), transform: by.transform.clone() };
        let stays = new.table.column_mapping
            && old.table.partition_by.iter().map(carried).collect::<Vec<_>>() == new.table.partition_by;
        if (old.table.partition_by != new.table.partition_by && !stays) || touched {
            self.steps.push(Step::Partition { from: names(old), to: names(new) });
        }
        if old.threshold != new.threshold {
            self.steps.push(Step::Threshold { from: old.threshold, to: new.threshold });
        }
    }

    /// Which kinds of checks the stored rows must be held against; lists what changed.
    fn checks(&mut self, renamed: &[(String, String)]) -> (bool, bool) {
        let then = |check: &CheckTerm| {
            self.old.checks.iter().find(|old| old.id == check.id || is_renamed(renamed, &old.id, &check.id))
        };
        let told = |check: &CheckTerm| {
            let named = |column: &String| check.element.as_deref().is_some_and(|element| is_about(element, column));
            !self.steps.iter().any(|step| step.column().is_some_and(named))
        };
        // Every rule of a row but `required` holds for NULL.
        let empty = |check: &CheckTerm| {
            self.steps.iter().any(|step| {
                matches!(step, Step::Add { column, fill: None }
                    if check.element.as_deref().is_some_and(|element| is_about(element, column)))
            })
        };
        let (mut added, mut changed) = (Vec::new(), Vec::new());
        let (mut checked, mut audited) = (!self.made.is_empty(), !self.made.is_empty());
        for check in &self.new.checks {
            let found = then(check);
            let same = found.is_some_and(|old| old.rule == check.rule || old.id != check.id);
            let hardened =
                found.is_some_and(|old| old.severity == Severity::Warning && check.severity == Severity::Error);
            let bears = found.is_some_and(|old| old.limits != check.limits || old.severity != check.severity);
            if same && !hardened && !bears {
                continue;
            }
            if check.severity == Severity::Error && (!same || hardened) && !empty(check) {
                match check.scope {
                    Scope::Row => checked = true,
                    Scope::Dataset => audited = true,
                }
            }
            match found {
                None if told(check) => added.push(check.id.clone()),
                Some(_) => changed.push(check.id.clone()),
                None => {}
            }
        }
        let lives = |old: &CheckTerm| {
            self.new.checks.iter().any(|new| new.id == old.id || is_renamed(renamed, &old.id, &new.id))
        };
        let gone = self.old.checks.iter().filter(|old| !lives(old) && told(old));
        let removed: Vec<String> = gone.map(|old| old.id.clone()).collect();
        if !(added.is_empty() && changed.is_empty() && removed.is_empty()) {
            self.steps.push(Step::Checks { added, changed, removed, read: checked });
        }
        (checked, audited || checked)
    }
}

fn is_about(element: &str, column: &str) -> bool {
    element.strip_prefix(column).is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '[']))
}

/// Ids of checks begin with their column.
fn is_renamed(renamed: &[(String, String)], old: &str, new: &str) -> bool {
    renamed.iter().any(|(from, to)| {
        let rest = old.strip_prefix(from.as_str()).filter(|rest| rest.starts_with('.'));
        rest.is_some() && rest == new.strip_prefix(to.as_str())
    })
}

impl Migration {
    /// How much of the table it touches.
    pub fn work(&self) -> Work {
        let most = self.steps.iter().map(Step::work).max().unwrap_or(Work::Metadata);
        if self.checked { most.max(Work::Read) } else { most }
    }

    /// The dataset with the columns that are stored now, as far as reading them goes.
    pub fn stored_as(&self, dataset: &contract::Dataset) -> contract::Dataset {
        contract::Dataset {
            columns: self.stored.iter().map(Term::column).collect(),
            checks: Vec::new(),
            primary_key: Vec::new(),
            ..dataset.clone()
        }
    }

    /// The columns that are made by an expression, with it.
    pub fn fills(&self) -> impl Iterator<Item = (&str, &str)> {
        self.targets.iter().filter_map(|target| match &target.made {
            Made::Fill(sql) => Some((target.column.as_str(), sql.as_str())),
            Made::Stored(_) | Made::Cast(_) | Made::Shaped(_) | Made::Null => None,
        })
    }

    /// Whether every file is written anew.
    pub fn rewrites(&self) -> bool {
        self.work() == Work::Rewrite
    }

    pub fn is_breaking(&self) -> bool {
        self.steps.iter().any(|step| step.breaks().is_some())
    }

    /// Values are to be stored otherwise than the present files show them.
    pub fn hides(&self) -> bool {
        self.targets.iter().any(|target| matches!(target.protect, Protect::Apply | Protect::Anew))
    }

    /// One question for each step that a person must agree to.
    pub fn asks(&self) -> Vec<Ask> {
        self.steps.iter().filter_map(|step| step.ask("Migration")).collect()
    }
}

#[cfg(test)]
mod tests;
