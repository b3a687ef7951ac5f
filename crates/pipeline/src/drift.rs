//! Drift: what the data or the table is, against what its contract says. Found by looking, kept as open items until a look no
//! longer finds them.

mod accepted;

use std::collections::{BTreeMap, BTreeSet};

use contract::{Dataset, DriftPolicy};
use serde::{Deserialize, Serialize};

pub use accepted::{Acceptance, Accepted};

/// How alike two names must be (Jaro-Winkler, 0 to 1) to ask whether a column was renamed.
const ALIKE: f64 = 0.8;
/// A share of NULLs jumps when it grows by so many percentage points, and to twice what it was.
const JUMP_POINTS: f64 = 10.0;
/// A moved share of NULLs that is no jump becomes the one to compare with, in percentage points.
const MOVED_POINTS: f64 = 1.0;
/// A warning that stands so long is an error.
const ESCALATES_MS: i64 = 7 * 24 * 3600 * 1000;

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Side {
    /// What arrives.
    Source,
    /// What is published.
    Table,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    Missing,
    /// Missing, and there is a new column of a name like it.
    Renamed,
    New,
    Retyped,
    Reordered,
    /// An enumeration has values that the contract does not know.
    NewValues,
    NullsJumped,
    /// Records that are not in the encoding that the project says.
    Encoding,
    Partitioning,
    /// A property or constraint that someone else has set.
    Properties,
    /// The table allows NULL where the contract does not.
    Nullability,
    /// Someone else has written to the table.
    Written,
}

impl Kind {
    pub fn word(self) -> &'static str {
        match self {
            Self::Missing => "missing",
            Self::Renamed => "renamed",
            Self::New => "new",
            Self::Retyped => "retyped",
            Self::Reordered => "reordered",
            Self::NewValues => "new values",
            Self::NullsJumped => "more NULLs",
            Self::Encoding => "encoding",
            Self::Partitioning => "partitioning",
            Self::Properties => "properties",
            Self::Nullability => "nullability",
            Self::Written => "written by others",
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// Nothing comes of it.
    Note,
    Warning,
    Error,
}

/// One difference.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Item {
    pub kind: Kind,
    /// As the contract calls it; of a new column as the data does.
    pub column: Option<String>,
    pub detail: String,
    pub severity: Severity,
    /// What the data has instead: the new name, the type of a new column, the new values, the share of NULLs in percent.
    pub found: Vec<String>,
}

/// What one look at one dataset found.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Look {
    pub dataset: String,
    pub side: Side,
    pub items: Vec<Item>,
    /// Percent of NULLs by column: what the next look compares with.
    pub nulls: BTreeMap<String, f64>,
}

/// Data as it is, gathered by the caller.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Seen {
    /// By column of the contract.
    pub columns: Vec<SeenColumn>,
    /// Columns that the contract does not know, with their types where there are any.
    pub extra: Vec<(String, Option<String>)>,
    /// Names in the order in which the data has them; empty where nobody knows.
    pub order: Vec<String>,
    /// Of a table; `None` for a source.
    pub table: Option<SeenTable>,
    /// How many records are not in the encoding that the project says, and what is wrong with one.
    pub undecoded: Option<(u64, String)>,
    pub rows: u64,
}

#[derive(Debug, Clone, PartialEq, Default)]
pub struct SeenColumn {
    pub is_there: bool,
    /// Why its values are not of the contract's type.
    pub retyped: Option<String>,
    pub new_values: Vec<String>,
    /// Percent; `None` where there are no rows.
    pub nulls: Option<f64>,
}

#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct SeenTable {
    pub partitions: Vec<String>,
    pub partitions_wanted: Vec<String>,
    /// Set by others.
    pub properties: BTreeMap<String, String>,
    /// Columns that may hold NULL.
    pub nullable: Vec<String>,
    pub version: i64,
    pub version_published: Option<i64>,
}

/// Differences by what they mean: an error refuses rows or stops a stage, a warning needs a look, a note does not.
pub fn compare(dataset: &Dataset, side: Side, seen: &Seen, before: &BTreeMap<String, f64>) -> Look {
    let mut items = Vec::new();
    let stops = match (side, dataset.drift) {
        (Side::Source, DriftPolicy::Gate) => Severity::Warning,
        _ => Severity::Error,
    };
    let mut extra: Vec<&(String, Option<String>)> = seen.extra.iter().collect();
    for (column, found) in dataset.columns.iter().zip(&seen.columns) {
        let item = |kind, severity, detail: String, found: Vec<String>| Item {
            kind,
            column: Some(column.name.clone()),
            detail,
            severity,
            found,
        };
        if !found.is_there {
            items.push(match likely(&column.source_name, &mut extra) {
                Some(name) => item(
                    Kind::Renamed,
                    stops,
                    format!("`{}` is not there, and there is a new column `{name}`", column.source_name),
                    vec![name],
                ),
                None => item(Kind::Missing, stops, format!("`{}` is not there", column.source_name), Vec::new()),
            });
            continue;
        }
        if let Some(why) = &found.retyped {
            items.push(item(Kind::Retyped, Severity::Error, why.clone(), Vec::new()));
        }
        if !found.new_values.is_empty() {
            let told = found.new_values.iter().map(|value| format!("`{value}`")).collect::<Vec<_>>().join(", ");
            let detail = format!("the contract does not know {told}");
            items.push(item(Kind::NewValues, Severity::Error, detail, found.new_values.clone()));
        }
        if let (Some(now), Some(was)) = (found.nulls, before.get(&column.name))
            && now - was >= JUMP_POINTS
            && now >= 2.0 * was
        {
            let detail = format!("{now:.1} % of the rows have no value, before it was {was:.1} %");
            items.push(item(Kind::NullsJumped, Severity::Warning, detail, vec![format!("{now:.1}")]));
        }
    }
    items.extend(extra.into_iter().filter_map(|(name, data_type)| new_column(dataset, side, name, data_type.as_ref())));
    items.extend(reordered(dataset, seen));
    items.extend(encoding(seen));
    items.extend(seen.table.iter().flat_map(|table| of_table(dataset, table)));
    items.sort_by_key(|item| (std::cmp::Reverse(item.severity), item.kind, item.column.clone()));
    let nulls = nulls(dataset, seen, before, &items);
    Look { dataset: dataset.name.clone(), side, items, nulls }
}

/// The unused new column whose name is most like this one.
fn likely(wanted: &str, extra: &mut Vec<&(String, Option<String>)>) -> Option<String> {
    let lower = wanted.to_lowercase();
    let likeness = |name: &str| strsim::jaro_winkler(&lower, &name.to_lowercase());
    let (at, _) = extra
        .iter()
        .enumerate()
        .map(|(at, (name, _))| (at, likeness(name)))
        .filter(|(_, likeness)| *likeness >= ALIKE)
        .max_by(|one, other| one.1.total_cmp(&other.1))?;
    Some(extra.remove(at).0.clone())
}

fn new_column(dataset: &Dataset, side: Side, name: &str, data_type: Option<&String>) -> Option<Item> {
    let (severity, what) = match (side, dataset.drift) {
        (Side::Table, _) => (Severity::Warning, "somebody else has put it there"),
        (Side::Source, DriftPolicy::Fail) => (Severity::Error, "the next run fails on it"),
        (Side::Source, DriftPolicy::Gate) => (Severity::Warning, "the next run waits at a gate"),
        (Side::Source, DriftPolicy::IgnoreExtra) => (Severity::Warning, "it is left out"),
        (Side::Source, DriftPolicy::AcceptAdditive) => (Severity::Note, "it is left out, as the contract wants"),
    };
    let of_type = data_type.map(|text| format!(" ({text})")).unwrap_or_default();
    Some(Item {
        kind: Kind::New,
        column: Some(name.to_owned()),
        detail: format!("the contract does not know `{name}`{of_type}: {what}"),
        severity,
        found: data_type.cloned().into_iter().collect(),
    })
}

/// Columns are matched by their names, so another order breaks nobody but those who read by position.
fn reordered(dataset: &Dataset, seen: &Seen) -> Option<Item> {
    let place = |name: &String| seen.order.iter().position(|other| other.eq_ignore_ascii_case(name));
    let places: Vec<usize> = dataset.columns.iter().filter_map(|column| place(&column.source_name)).collect();
    let first = places.windows(2).position(|pair| pair[0] > pair[1])?;
    let name = dataset.columns.iter().filter(|column| place(&column.source_name).is_some()).nth(first + 1)?;
    Some(Item {
        kind: Kind::Reordered,
        column: None,
        detail: format!(
            "the columns are in another order, `{}` is the first that moved; they are matched by name",
            name.name
        ),
        severity: Severity::Note,
        found: Vec::new(),
    })
}

/// Such records are refused one by one, but mostly the source has changed its encoding as a whole.
fn encoding(seen: &Seen) -> Option<Item> {
    let (records, reason) = seen.undecoded.as_ref()?;
    let records = if *records == 1 { "1 record is".to_owned() } else { format!("{records} records are") };
    Some(Item {
        kind: Kind::Encoding,
        column: None,
        detail: format!("{records} not in the encoding that the pipeline says: {reason}"),
        severity: Severity::Error,
        found: Vec::new(),
    })
}

fn of_table(dataset: &Dataset, table: &SeenTable) -> Vec<Item> {
    let item = |kind, severity, detail, found| Item { kind, column: None, detail, severity, found };
    let words = |names: &[String]| if names.is_empty() { "nothing".to_owned() } else { names.join(", ") };
    let mut items = Vec::new();
    if table.partitions != table.partitions_wanted {
        let detail = format!(
            "partitioned by {}, the project says {}",
            words(&table.partitions),
            words(&table.partitions_wanted)
        );
        items.push(item(Kind::Partitioning, Severity::Error, detail, table.partitions.clone()));
    }
    if !table.properties.is_empty() {
        let set: Vec<String> = table.properties.iter().map(|(name, value)| format!("{name} = {value}")).collect();
        let detail = format!("somebody else has set {}", set.join("; "));
        items.push(item(Kind::Properties, Severity::Warning, detail, set));
    }
    let loose = dataset.columns.iter().filter(|column| column.required && table.nullable.contains(&column.name));
    let loose: Vec<String> = loose.map(|column| column.name.clone()).collect();
    if !loose.is_empty() {
        let detail = format!("NULL is allowed in {}, which the contract requires", loose.join(", "));
        items.push(item(Kind::Nullability, Severity::Warning, detail, loose));
    }
    match table.version_published {
        None => {
            let detail = "Plimsoll has not published this table".to_owned();
            items.push(item(Kind::Written, Severity::Error, detail, Vec::new()));
        }
        Some(published) if published != table.version => {
            let detail = format!("somebody else has written version {}; published was {published}", table.version);
            items.push(item(Kind::Written, Severity::Error, detail, Vec::new()));
        }
        Some(_) => {}
    }
    items
}

/// What jumped is compared with what it was until the contract or the data say otherwise.
fn nulls(dataset: &Dataset, seen: &Seen, before: &BTreeMap<String, f64>, items: &[Item]) -> BTreeMap<String, f64> {
    let mut nulls = before.clone();
    for (column, found) in dataset.columns.iter().zip(&seen.columns) {
        let Some(now) = found.nulls else { continue };
        let jumped = items
            .iter()
            .any(|item| item.kind == Kind::NullsJumped && item.column.as_deref() == Some(column.name.as_str()));
        let moved = before.get(&column.name).is_none_or(|was| (now - was).abs() >= MOVED_POINTS);
        if moved && !jumped {
            nulls.insert(column.name.clone(), now);
        }
    }
    nulls
}

/// A difference that stands, and since when.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Open {
    pub dataset: String,
    pub side: Side,
    #[serde(flatten)]
    pub item: Item,
    pub since_ms: i64,
}

impl Open {
    /// A warning that nobody has cared about for long is an error.
    pub fn severity_at(&self, now_ms: i64) -> Severity {
        match self.item.severity {
            Severity::Warning if now_ms - self.since_ms >= ESCALATES_MS => Severity::Error,
            other => other,
        }
    }
}

/// Looks in their order, with their times in milliseconds since the epoch.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Looks {
    newest: BTreeMap<(String, Side), Look>,
    since: BTreeMap<(String, Side, Kind, Option<String>), i64>,
    accepted: BTreeMap<(String, Side), Vec<Accepted>>,
}

impl Looks {
    pub fn add(&mut self, time_ms: i64, look: Look) {
        let of = |item: &Item| (look.dataset.clone(), look.side, item.kind, item.column.clone());
        let now: BTreeSet<_> = look.items.iter().map(of).collect();
        self.since.retain(|key, _| key.0 != look.dataset || key.1 != look.side || now.contains(key));
        for key in now {
            self.since.entry(key).or_insert(time_ms);
        }
        self.newest.insert((look.dataset.clone(), look.side), look);
    }

    pub fn newest(&self, dataset: &str, side: Side) -> Option<&Look> {
        self.newest.get(&(dataset.to_owned(), side))
    }

    /// All that stands, the worst and oldest first.
    pub fn open(&self) -> Vec<Open> {
        let mut open: Vec<Open> = Vec::new();
        for look in self.newest.values() {
            for item in &look.items {
                let key = (look.dataset.clone(), look.side, item.kind, item.column.clone());
                let since_ms = self.since.get(&key).copied().unwrap_or_default();
                open.push(Open { dataset: look.dataset.clone(), side: look.side, item: item.clone(), since_ms });
            }
        }
        open.sort_by_key(|open| (std::cmp::Reverse(open.item.severity), open.since_ms, open.dataset.clone()));
        open
    }
}

#[cfg(test)]
mod tests;
