//! Taking drift for the new normal: entered in the ledger with who did and why.

use engine::{Error, Kind, Result};
use pipeline::Event;
use pipeline::drift::{Acceptance, Accepted, Open, Severity, Side};
use serde::Serialize;

use super::Told;
use crate::{App, now_ms};

/// What somebody accepts.
#[derive(Debug, Clone, Default)]
pub struct NewAcceptance {
    /// `dataset`, for all of it, or `dataset.column`.
    pub item: String,
    pub sources: bool,
    pub tables: bool,
    pub who: String,
    pub reason: String,
}

#[derive(Debug, Clone, Serialize)]
pub struct AcceptReport {
    pub accepted: Vec<Open>,
    /// What stands all the same: something else ends it.
    pub left: Vec<Told>,
}

impl App {
    /// As the last look found it.
    pub async fn accept_drift(&self, new: &NewAcceptance) -> Result<AcceptReport> {
        if new.reason.trim().is_empty() {
            return Err(Error::new(Kind::Input, "taking drift for normal needs a reason")
                .help("say why with --reason: it is kept for good"));
        }
        self.settings_hold()?;
        let (dataset, column) = self.meant(&new.item)?;
        let is_meant = |told: &Told| {
            let open = &told.open;
            let side = if open.side == Side::Source { new.sources } else { new.tables };
            side && open.dataset == dataset
                && open.item.severity != Severity::Note
                && column.is_none_or(|column| open.item.column.as_deref() == Some(column))
        };
        let standing: Vec<Told> = self.open_drift().await?.into_iter().filter(is_meant).collect();
        let policy = self.workspace.project.datasets.get(dataset).map(|spec| spec.contract.drift).unwrap_or_default();
        let (accepted, left): (Vec<Told>, Vec<Told>) =
            standing.into_iter().partition(|told| told.open.is_acceptable(policy));
        if accepted.is_empty() {
            return Err(nothing(&new.item, &left));
        }
        let accepted: Vec<Open> = accepted.into_iter().map(|told| told.open).collect();
        let events: Vec<Event> = [Side::Source, Side::Table]
            .into_iter()
            .filter_map(|side| {
                let items: Vec<Accepted> =
                    accepted.iter().filter(|open| open.side == side).map(|open| (&open.item).into()).collect();
                let (who, reason) = (new.who.clone(), new.reason.clone());
                let acceptance = Acceptance { dataset: dataset.to_owned(), side, items, who, reason };
                (!acceptance.items.is_empty()).then(|| Event::DriftAccepted(Box::new(acceptance)))
            })
            .collect();
        self.ledger(move |ledger| ledger.append(now_ms(), &events)).await?;
        Ok(AcceptReport { accepted, left })
    }

    /// The dataset, and the column where one is named.
    fn meant<'a>(&self, item: &'a str) -> Result<(&'a str, Option<&'a str>)> {
        let known = &self.workspace.project.datasets;
        if known.contains_key(item) {
            return Ok((item, None));
        }
        match item.split_once('.').filter(|(dataset, _)| known.contains_key(*dataset)) {
            Some((dataset, column)) => Ok((dataset, Some(column))),
            None => {
                let names: Vec<&str> = known.keys().map(String::as_str).collect();
                Err(Error::new(Kind::Input, format!("there is no dataset `{item}`")).help(format!(
                    "name a dataset, or a column as dataset.column; the project has: {}",
                    names.join(", ")
                )))
            }
        }
    }
}

fn nothing(item: &str, left: &[Told]) -> Error {
    match left.first() {
        Some(told) => {
            Error::new(Kind::Input, format!("what stands of {item} is not taken for normal: {}", told.open.item.detail))
                .help(told.ways_out.join("; or "))
        }
        None => Error::new(Kind::Input, format!("no drift of {item} stands"))
            .help("`plimsoll drift` looks, and tells what there is"),
    }
}
