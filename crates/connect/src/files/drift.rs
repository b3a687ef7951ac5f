//! Compares the columns that a file has with those that the contract names.

use std::collections::HashMap;

use contract::{Column, Dataset, DriftPolicy};
use engine::{Drift, Error, Kind, Result};

/// Names in a message; a file with thousands of columns does not fill the screen.
const NAMES_SHOWN: usize = 20;
/// How alike two names must be (Jaro-Winkler, 0 to 1) to ask whether one was meant.
const ALIKE: f64 = 0.8;

/// Where each of the contract's columns stands in a file's records.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Layout {
    /// Fields per record.
    pub width: usize,
    /// By contract column; `None` where the file has no such column and the contract's policy lets that pass.
    pub places: Vec<Option<usize>>,
}

impl Layout {
    /// The contract's columns, in its order.
    pub fn of_contract(dataset: &Dataset) -> Self {
        Self { width: dataset.columns.len(), places: (0..dataset.columns.len()).map(Some).collect() }
    }
}

/// Finds the contract's columns among a file's `names`: by exact name, then by name without regard to case.
pub fn match_names(dataset: &Dataset, file: &str, names: &[String]) -> Result<(Layout, Vec<Drift>)> {
    refuse_duplicates(file, names)?;
    let mut places = Vec::with_capacity(dataset.columns.len());
    let mut missing = Vec::new();
    for column in &dataset.columns {
        let place = find(column, file, names)?;
        if place.is_none() {
            missing.push(column);
        }
        places.push(place);
    }
    if !missing.is_empty() && dataset.drift != DriftPolicy::Gate {
        return Err(missing_error(dataset, file, names, &missing, &places));
    }
    let extra: Vec<&String> =
        names.iter().enumerate().filter(|(at, _)| !places.contains(&Some(*at))).map(|(_, name)| name).collect();
    if !extra.is_empty() && dataset.drift == DriftPolicy::Fail {
        return Err(extra_error(dataset, file, &extra));
    }
    let missing = missing.into_iter().map(|column| Drift {
        file: file.to_owned(),
        column: column.name.clone(),
        kind: "missing".into(),
        detail: format!("the file has no column `{}`", column.source_name),
    });
    let extra = extra.into_iter().map(|name| extra_drift(file, name));
    let drift = missing.chain(extra).collect();
    Ok((Layout { width: names.len(), places }, drift))
}

pub fn extra_drift(file: &str, column: &str) -> Drift {
    Drift {
        file: file.to_owned(),
        column: column.to_owned(),
        kind: "extra".into(),
        detail: "the contract does not know this column; it was left out".into(),
    }
}

pub fn extra_error(dataset: &Dataset, file: &str, extra: &[&String]) -> Error {
    Error::new(
        Kind::Drift,
        format!("`{file}` has columns that the contract of `{}` does not know: {}", dataset.name, shown(extra)),
    )
    .at(file)
    .help("add them to the contract, or let its drift policy be ignore_extra")
}

fn find(column: &Column, file: &str, names: &[String]) -> Result<Option<usize>> {
    if let Some(place) = names.iter().position(|name| *name == column.source_name) {
        return Ok(Some(place));
    }
    let wanted = column.source_name.to_lowercase();
    let alike: Vec<usize> = (0..names.len()).filter(|at| names[*at].to_lowercase() == wanted).collect();
    match alike.as_slice() {
        [] => Ok(None),
        [place] => Ok(Some(*place)),
        [first, second, ..] => Err(Error::new(
            Kind::Input,
            format!(
                "`{file}` has two columns that could be `{}`: `{}` (column {}) and `{}` (column {})",
                column.source_name,
                names[*first],
                first + 1,
                names[*second],
                second + 1
            ),
        )
        .at(file)
        .help("rename one, or write the name in the contract's physicalName as the file has it")),
    }
}

fn refuse_duplicates(file: &str, names: &[String]) -> Result<()> {
    let mut seen: HashMap<&str, usize> = HashMap::new();
    for (at, name) in names.iter().enumerate() {
        if let Some(first) = seen.insert(name, at) {
            return Err(Error::new(
                Kind::Input,
                format!("`{file}` has the column `{name}` twice: as column {} and as column {}", first + 1, at + 1),
            )
            .at(file)
            .help("rename one of them in the file"));
        }
    }
    Ok(())
}

fn missing_error(
    dataset: &Dataset,
    file: &str,
    names: &[String],
    missing: &[&Column],
    places: &[Option<usize>],
) -> Error {
    let wanted: Vec<&String> = missing.iter().map(|column| &column.source_name).collect();
    let expected: Vec<&String> = dataset.columns.iter().map(|column| &column.source_name).collect();
    let found: Vec<&String> = names.iter().collect();
    let free: Vec<&String> =
        names.iter().enumerate().filter(|(at, _)| !places.contains(&Some(*at))).map(|(_, name)| name).collect();
    let guesses: Vec<String> = missing.iter().filter_map(|column| guess(&column.source_name, &free)).collect();
    let help = if guesses.is_empty() {
        "check the file's header line and the source's `delimiter`; or change the contract".to_owned()
    } else {
        format!("did you mean {}? set physicalName in the contract to the name in the file", guesses.join(", "))
    };
    Error::new(
        Kind::Drift,
        format!(
            "`{file}` lacks columns of the contract of `{}`: {}; expected {}; found {}",
            dataset.name,
            shown(&wanted),
            shown(&expected),
            shown(&found)
        ),
    )
    .at(file)
    .help(help)
}

fn guess(wanted: &str, free: &[&String]) -> Option<String> {
    let lower = wanted.to_lowercase();
    let likeness = |name: &str| strsim::jaro_winkler(&lower, &name.to_lowercase());
    let best = free.iter().max_by(|a, b| likeness(a).total_cmp(&likeness(b)))?;
    (likeness(best) >= ALIKE).then(|| format!("`{best}` for `{wanted}`"))
}

fn shown(names: &[&String]) -> String {
    let mut text = names.iter().take(NAMES_SHOWN).map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ");
    if names.len() > NAMES_SHOWN {
        text.push_str(&format!(" and {} more", names.len() - NAMES_SHOWN));
    }
    text
}
