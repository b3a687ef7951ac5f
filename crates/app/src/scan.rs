//! Columns that look personal and do not say so, and protected columns whose tables hold values in the clear.

mod data;

use std::collections::{BTreeMap, BTreeSet};

use contract::privacy::detect::{Detector, Kind, Suspicion};
use contract::{Contract, Protection};
use engine::Result;
use pipeline::lineage::{ColumnRef, Kind as Flow};
use pipeline::privacy::Level;
use pipeline::{DatasetSpec, Made};
use serde::Serialize;

pub use data::{DataRequest, data};

use crate::{App, lineage, stage};

#[derive(Debug, Clone, Default)]
pub struct ScanRequest {
    /// Datasets to look at; empty for all.
    pub datasets: Vec<String>,
    /// Rows of each table.
    pub rows: usize,
    /// Whether protected columns are looked at, too.
    pub verify: bool,
}

#[derive(Debug, Clone, Default, Serialize)]
pub struct ScanReport {
    /// Columns that were looked at.
    pub columns: usize,
    pub suspects: Vec<Suspect>,
    pub verified: Vec<Verified>,
    /// Tables that ask to be encrypted as a whole.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub encrypted: Vec<EncryptedTable>,
    /// Columns of files that could not be looked into.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub unread: Vec<ColumnRef>,
}

/// A column that looks more sensitive than its contract says.
#[derive(Debug, Clone, Serialize)]
pub struct Suspect {
    pub dataset: String,
    pub column: String,
    /// By its contract; of data without one nothing.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub declared: Option<Level>,
    pub kind: Kind,
    pub confidence: f64,
    pub evidence: String,
    /// How some of the values are written, without what they say.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub shapes: Vec<String>,
    /// The class to give it.
    pub class: &'static str,
}

#[derive(Debug, Clone, Serialize)]
pub struct EncryptedTable {
    pub dataset: String,
    pub files: u64,
    /// Files that are not encrypted.
    pub clear: u64,
}

#[derive(Debug, Clone, Serialize)]
pub struct Verified {
    pub dataset: String,
    pub column: String,
    pub protection: &'static str,
    pub values: u64,
    /// Values that are not protected as the contract says.
    pub clear: u64,
    /// False where a protected value cannot be told from another.
    pub certain: bool,
}

impl App {
    pub async fn scan(&self, request: &ScanRequest) -> Result<ScanReport> {
        let protections = self.protections();
        let mut report = ScanReport::default();
        for name in &request.datasets {
            stage::spec(self, name)?;
        }
        let wanted = |name: &String| request.datasets.is_empty() || request.datasets.contains(name);
        for spec in self.workspace.project.datasets.values().filter(|spec| wanted(&spec.name)) {
            let mut seen = self.named(spec);
            let mut verified: BTreeMap<String, Verified> = BTreeMap::new();
            for column in &spec.contract.columns {
                let of = ColumnRef { dataset: spec.name.clone(), column: column.name.clone() };
                if let Some(protection) = protections.get(&of).filter(|_| request.verify) {
                    verified.insert(
                        column.name.clone(),
                        Verified {
                            dataset: of.dataset,
                            column: of.column,
                            protection: protection.method.word(),
                            values: 0,
                            clear: 0,
                            certain: true,
                        },
                    );
                }
            }
            let mut each = |column: &str, value: &str| {
                if let Some(detector) = seen.get_mut(column) {
                    detector.see(value);
                }
                if let Some(found) = verified.get_mut(column) {
                    found.values += 1;
                    let of = ColumnRef { dataset: spec.name.clone(), column: column.to_owned() };
                    match protections.get(&of).and_then(|protection| protection.is_kept(value)) {
                        Some(kept) => found.clear += u64::from(!kept),
                        None => found.certain = false,
                    }
                }
                Ok(true)
            };
            let kept = self.kept(spec, "");
            if request.verify && spec.contract.encryption.is_some() {
                report.encrypted.push(self.encrypted(spec, &kept).await?);
            }
            if !self.engine.values(&kept, request.rows, &mut each).await?
                && let Made::Source(source) = &spec.made
            {
                // Better known before the first run than after it.
                let mut landed = |column: &str, value: &str| {
                    if let Some(detector) = seen.get_mut(column) {
                        detector.see(value);
                    }
                    Ok(true)
                };
                let files = self.source.list(source).await?;
                self.engine.landed(&kept, source, files, request.rows, &mut landed).await?;
            }
            report.columns += spec.contract.columns.len();
            for column in &spec.contract.columns {
                let Some(detector) = seen.get(&column.name) else { continue };
                let declared = self.declared(spec, &column.name);
                let told = detector.suspicions().into_iter().filter(|found| is_more(found, declared));
                report.suspects.extend(told.map(|found| suspect(&spec.name, &column.name, Some(declared), found)));
            }
            report.verified.extend(verified.into_values());
        }
        report.suspects.sort_by(|a, b| b.confidence.total_cmp(&a.confidence));
        Ok(report)
    }

    /// Whether all of a table's files are encrypted, as its contract asks.
    async fn encrypted(&self, spec: &DatasetSpec, kept: &engine::Kept) -> Result<EncryptedTable> {
        let (files, clear) = self.engine.unencrypted(kept).await?;
        Ok(EncryptedTable { dataset: spec.name.clone(), files, clear })
    }

    /// A detector for each column that is not protected, with the examples of its contract.
    fn named(&self, spec: &DatasetSpec) -> BTreeMap<String, Detector> {
        let open = spec.contract.columns.iter().filter(|column| column.privacy.protection.is_none());
        let mut detectors: BTreeMap<String, Detector> =
            open.map(|column| (column.name.clone(), Detector::of(&column.name))).collect();
        let place = self.workspace.project.places.datasets.get(&spec.name);
        let Some(name) = place.and_then(|place| place.contract.as_ref()) else { return detectors };
        let texts = self.workspace.texts.iter().filter(|(path, _)| path.starts_with("openspec/"));
        for (_, text) in texts.filter(|(_, text)| text.contains(name.as_str())) {
            let (Some(contract), _) = Contract::read(text) else { continue };
            let objects =
                contract.document.schema.iter().filter(|object| object.name.as_deref() == Some(name.as_str()));
            for property in objects.flat_map(|object| &object.properties) {
                let Some(detector) = property.name.as_ref().and_then(|name| detectors.get_mut(name)) else { continue };
                for example in &property.examples {
                    match example.as_str() {
                        Some(text) => detector.see(text),
                        None => detector.see(&example.to_string()),
                    }
                }
            }
        }
        detectors
    }

    fn declared(&self, spec: &DatasetSpec, column: &str) -> Level {
        let of =
            |standing: &&pipeline::privacy::Standing| standing.of.dataset == spec.name && standing.of.column == column;
        self.workspace.privacy.columns.iter().find(of).map_or(Level::Public, |standing| standing.declared)
    }

    /// The protection of each column, and of those that such a column is handed on to as it is.
    fn protections(&self) -> BTreeMap<ColumnRef, Protection> {
        let mut protections: BTreeMap<ColumnRef, Protection> = BTreeMap::new();
        for spec in self.workspace.project.datasets.values() {
            for column in &spec.contract.columns {
                if let Some(protection) = &column.privacy.protection {
                    let of = ColumnRef { dataset: spec.name.clone(), column: column.name.clone() };
                    protections.insert(of, protection.clone());
                }
            }
        }
        if protections.is_empty() {
            return protections;
        }
        let graph = &lineage::project(&self.workspace).graph;
        let mut into: BTreeMap<usize, BTreeSet<usize>> = BTreeMap::new();
        for edge in graph.edges().filter(|edge| edge.kind.is_direct()) {
            into.entry(edge.to).or_default().insert(edge.from);
        }
        // A column that is one copy of one protected column holds what that one holds.
        let copies: Vec<(usize, usize)> = graph
            .edges()
            .filter(|edge| edge.kind == Flow::Identity && into.get(&edge.to).is_some_and(|from| from.len() == 1))
            .map(|edge| (edge.from, edge.to))
            .collect();
        loop {
            let before = protections.len();
            for (from, to) in &copies {
                let (Some(from), Some(to)) = (graph.get(*from), graph.get(*to)) else { continue };
                if let Some(protection) = protections.get(from).cloned() {
                    protections.entry(to.clone()).or_insert(protection);
                }
            }
            if protections.len() == before {
                return protections;
            }
        }
    }
}

fn is_more(found: &Suspicion, declared: Level) -> bool {
    Level::named(found.class).is_none_or(|class| declared < class)
}

fn suspect(dataset: &str, column: &str, declared: Option<Level>, found: Suspicion) -> Suspect {
    Suspect {
        dataset: dataset.to_owned(),
        column: column.to_owned(),
        declared,
        kind: found.kind,
        confidence: found.confidence,
        evidence: found.evidence,
        shapes: found.shapes,
        class: found.class,
    }
}
