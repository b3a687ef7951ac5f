//! Keys taken out of use: what is encrypted with one is encrypted with another.

use engine::{Error, Kept, Kind, Result};
use pipeline::{Counts, DatasetSpec, Event, Terms};
use serde::Serialize;

use crate::stage::{Publication, published};
use crate::world::{self, World};
use crate::{App, now_ms};

#[derive(Debug, Clone, Serialize)]
pub struct RotationReport {
    pub from: String,
    pub to: String,
    pub datasets: Vec<RotatedDataset>,
}

#[derive(Debug, Clone, Serialize)]
pub struct RotatedDataset {
    pub name: String,
    /// Values encrypted anew.
    pub values: u64,
    pub dead_letters: u64,
    /// Entries of the vault.
    pub tokens: u64,
    pub version: Option<i64>,
    /// Columns that no key can undo: the next run builds the table anew.
    pub rebuilt: Vec<String>,
}

impl App {
    /// Encrypts with the key `to`, by default the project's present one, what is encrypted with `from`. Doing it again does the rest.
    pub async fn rotate_keys(&self, from: &str, to: Option<&str>, who: &str) -> Result<RotationReport> {
        self.sound()?;
        let privacy = &self.workspace.project.settings.privacy;
        let to = to.or(privacy.key.as_deref()).unwrap_or_default().to_owned();
        for id in [from, &to] {
            if !privacy.keys.contains_key(id) {
                let known: Vec<&str> = privacy.keys.keys().map(String::as_str).collect();
                return Err(Error::new(Kind::Input, format!("there is no key `{id}`"))
                    .at("plimsoll.toml")
                    .help(format!("the project has: {}", known.join(", "))));
            }
        }
        if from == to {
            return Err(Error::new(Kind::Input, format!("`{from}` is the key that is used now"))
                .help("set `key` under [privacy] to the new key first, and keep the old one under [privacy.keys]"));
        }
        let run = uuid::Uuid::now_v7().to_string();
        let locks = self.lock(&self.workspace.pipelines(), &run, None).await?;
        let report = self.rotated(&run, from, &to, who).await;
        locks.release().await?;
        report
    }

    async fn rotated(&self, run: &str, from: &str, to: &str, who: &str) -> Result<RotationReport> {
        let world = world::gather(self, true, None).await?;
        self.undecided(self.workspace.project.datasets.keys()).await?;
        self.as_promised(&world, self.workspace.project.datasets.keys())?;
        let mut report = RotationReport { from: from.to_owned(), to: to.to_owned(), datasets: Vec::new() };
        for spec in self.workspace.project.datasets.values() {
            let done = self.engine.rotate(&self.kept(spec, run), from, to).await?;
            let rebuilt = one_way(spec, to);
            let touched = done.count + done.dead_letters + done.tokens;
            let version = done.commit.as_ref().map(|(version, _)| *version);
            let mut events = Vec::new();
            if let Some((version, commit)) = done.commit {
                events.push(rewritten(commit, version));
            }
            if touched > 0 {
                events.push(Event::KeysRotated {
                    dataset: spec.name.clone(),
                    from: from.to_owned(),
                    to: to.to_owned(),
                    values: touched,
                    version: version.unwrap_or(-1),
                    who: who.to_owned(),
                });
            }
            if !events.is_empty() {
                self.ledger(move |ledger| ledger.append(now_ms(), &events)).await?;
            }
            if touched > 0 || !rebuilt.is_empty() {
                report.datasets.push(RotatedDataset {
                    name: spec.name.clone(),
                    values: done.count,
                    dead_letters: done.dead_letters,
                    tokens: done.tokens,
                    version,
                    rebuilt,
                });
            }
        }
        Ok(report)
    }

    pub(crate) fn kept(&self, spec: &DatasetSpec, run: &str) -> Kept {
        Kept {
            dataset: spec.contract.clone(),
            table: self.table(&spec.name),
            spec: spec.table.clone(),
            run: run.to_owned(),
        }
    }

    /// An error where a table is still as an earlier contract says: read by the present one, what that calls otherwise would be lost.
    pub(crate) fn as_promised<'a>(&self, world: &World, mut datasets: impl Iterator<Item = &'a String>) -> Result<()> {
        let is_other = |name: &&String| {
            let published = world.state.datasets.get(*name).and_then(|state| state.published.as_ref());
            let stored = published.and_then(|published| published.terms.as_ref());
            let spec = self.workspace.project.datasets.get(*name);
            stored.zip(spec).is_some_and(|(stored, spec)| stored.shapes() != Terms::of(spec).shapes())
        };
        match datasets.find(is_other) {
            None => Ok(()),
            Some(name) => {
                let message = format!("the table of {name} is still as an earlier version of its contract says");
                Err(Error::new(Kind::Input, message).help("bring it to the present one first: plimsoll run"))
            }
        }
    }

    /// What is held at a gate was written against the table as it is: it must be decided before the table is written anew.
    pub(crate) async fn undecided<'a>(&self, datasets: impl Iterator<Item = &'a String>) -> Result<()> {
        let open = self.held_gates(ledger::GateFilter::Open).await?;
        let wanted: Vec<&String> = datasets.collect();
        match open.iter().find(|gate| wanted.contains(&&gate.held.dataset)) {
            None => Ok(()),
            Some(gate) => {
                Err(Error::new(Kind::Input, format!("{} waits at gate {}", gate.held.dataset, gate.held.gate))
                    .help("approve or reject it first: what is held would be out of date"))
            }
        }
    }
}

/// A table that was written anew, as the ledger has it.
pub(crate) fn rewritten(commit: engine::Commit, version: i64) -> Event {
    let counts = Counts::default();
    published(commit, Publication { version, counts, verdicts: Vec::new(), seconds: 0.0, repaired: false })
}

/// Columns whose protection cannot be undone, and is done with this key.
fn one_way(spec: &DatasetSpec, to: &str) -> Vec<String> {
    let columns = spec.contract.columns.iter().filter(|column| {
        let protection = column.privacy.protection.as_ref();
        protection.is_some_and(|protection| {
            let method = &protection.method;
            method.needs_key() && !method.is_reversible() && protection.key.as_deref() == Some(to)
        })
    });
    columns.map(|column| column.name.clone()).collect()
}
