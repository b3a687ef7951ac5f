//! `contract test`: data tested against a contract, without a project and without publishing anything.

mod locate;
pub(crate) mod paths;
mod server;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use contract::{Contract, ContractRef, Dataset, Declared};
use engine::tester::{Place, RefusedFile, RefusedForm, Target, TestJob};
use engine::{Error, Kind, Probe, Progress, Result, Tested, Tester};
use pipeline::{Outcome, Verdict};
use serde::Serialize;

pub use locate::{Located, locate};
pub use server::Environment;

/// What is to be tested.
#[derive(Debug, Clone, Default)]
pub struct TestRequest {
    /// The folder that the contract lies in; a server's relative paths may be relative to it.
    pub folder: PathBuf,
    /// Paths, globs, folders or URLs, each perhaps with `name=` before it; a server of the contract if there is none.
    pub data: Vec<String>,
    /// Only this dataset.
    pub dataset: Option<String>,
    pub server: Option<String>,
    /// The format of files whose names do not tell it.
    pub format: Option<String>,
    pub refused: Option<PathBuf>,
    /// Classified values are shown.
    pub reveal: bool,
}

/// What a test found; its JSON is that of `contract test --json`.
#[derive(Debug, Clone, Serialize)]
pub struct TestReport {
    /// `passed` or `failed`.
    pub outcome: &'static str,
    pub contract: ContractRef,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub server: Option<String>,
    pub datasets: Vec<TestedDataset>,
    pub seconds: f64,
}

#[derive(Debug, Clone, Serialize)]
pub struct TestedDataset {
    pub name: String,
    pub rows_read: u64,
    pub rows_refused: u64,
    pub checks: Vec<Verdict>,
    /// Columns of the data that the contract does not know.
    pub extra_columns: Vec<ExtraColumn>,
    /// Where the data is.
    pub sources: Vec<String>,
    /// How many checks the database decided that the data lies in; the others were decided on rows that were read.
    #[serde(skip_serializing_if = "is_zero")]
    pub decided_in_database: usize,
    pub seconds: f64,
}

#[derive(Debug, Clone, Serialize)]
pub struct ExtraColumn {
    pub name: String,
    #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
    pub data_type: Option<String>,
}

fn is_zero(number: &usize) -> bool {
    *number == 0
}

impl TestReport {
    pub fn passed(&self) -> bool {
        self.outcome == "passed"
    }
}

/// Tests what was located.
pub async fn test(
    contract: &Contract,
    datasets: &[Dataset],
    located: &Located,
    request: &TestRequest,
    tester: &dyn Tester,
    probe: &dyn Probe,
) -> Result<TestReport> {
    let started = std::time::Instant::now();
    let mut targets = Vec::new();
    for at in &located.places {
        let Some(dataset) = datasets.iter().find(|dataset| dataset.name == at.dataset) else { continue };
        let place = paths::resolve(&at.place, &request.folder, probe).await?;
        targets.push(target(contract, dataset, place, request.reveal));
    }
    let job = TestJob {
        targets,
        refused: request.refused.as_deref().map(refused_file).transpose()?,
        now_ms: crate::now_ms(),
        progress: Arc::new(Progress::default()),
    };
    let mut tested: Vec<TestedDataset> = tester.test(job).await?.into_iter().map(TestedDataset::from).collect();
    for name in &located.without_data {
        tested.extend(datasets.iter().find(|dataset| dataset.name == *name).map(without_data));
    }
    tested.sort_by_key(|tested| datasets.iter().position(|dataset| dataset.name == tested.name));
    let failed = tested.iter().flat_map(|tested| &tested.checks).any(|check| check.outcome == Outcome::Failed);
    let Some(first) = datasets.first() else { return Err(no_datasets()) };
    Ok(TestReport {
        outcome: if failed { "failed" } else { "passed" },
        contract: first.contract.clone(),
        server: located.server.clone(),
        datasets: tested,
        seconds: started.elapsed().as_secs_f64(),
    })
}

pub(crate) fn no_datasets() -> Error {
    Error::new(Kind::Input, "the contract describes no dataset").help("give it a `schema` with properties")
}

pub(crate) fn target(contract: &Contract, dataset: &Dataset, place: Place, reveal: bool) -> Target {
    let object = contract.document.schema.iter().find(|object| object.name.as_deref() == Some(&dataset.name));
    let mut declared = BTreeMap::new();
    for property in object.map(|object| object.properties.as_slice()).unwrap_or_default() {
        let Some(name) = &property.name else { continue };
        if let Some(says) = Declared::of(property) {
            declared.insert(name.clone(), says);
        }
    }
    let mut dataset = dataset.clone();
    if reveal {
        dataset.columns.iter_mut().for_each(|column| {
            column.classification = None;
            column.privacy.care = Some(contract::privacy::Care::Shown);
        });
    }
    let physical_name = object.and_then(|object| object.physical_name.clone());
    Target { dataset: Arc::new(dataset), place, physical_name, declared }
}

fn refused_file(path: &Path) -> Result<RefusedFile> {
    let ending = path.extension().map(|ending| ending.to_string_lossy().to_ascii_lowercase()).unwrap_or_default();
    let form = match ending.as_str() {
        "ndjson" | "jsonl" | "json" => RefusedForm::Ndjson,
        "csv" => RefusedForm::Csv,
        "parquet" => RefusedForm::Parquet,
        _ => {
            return Err(Error::new(Kind::Input, "the ending of the file for refused rows names no format")
                .at(path.display().to_string())
                .help("end it with .ndjson, .parquet or .csv"));
        }
    };
    Ok(RefusedFile { path: path.to_path_buf(), form })
}

/// A dataset of the contract that no data was given for: each of its checks is named and none is passed.
fn without_data(dataset: &Dataset) -> TestedDataset {
    let not_checked = |check: &contract::Check| Verdict {
        id: check.id.clone(),
        kind: check.rule.kind().to_owned(),
        scope: check.scope,
        element: check.element.clone(),
        severity: check.severity,
        outcome: Outcome::NotChecked,
        violations: 0,
        value: None,
        ratio: 0.0,
        expected: check.expected.clone(),
        reason: Some("no data of this dataset was given".to_owned()),
        threshold: check.threshold,
        samples: Vec::new(),
    };
    TestedDataset {
        name: dataset.name.clone(),
        rows_read: 0,
        rows_refused: 0,
        checks: dataset.checks.iter().map(not_checked).collect(),
        extra_columns: Vec::new(),
        sources: Vec::new(),
        decided_in_database: 0,
        seconds: 0.0,
    }
}

impl From<Tested> for TestedDataset {
    fn from(tested: Tested) -> Self {
        let extra = tested.extra.into_iter().map(|(name, data_type)| ExtraColumn { name, data_type });
        Self {
            name: tested.name,
            rows_read: tested.rows_read,
            rows_refused: tested.rows_refused,
            checks: tested.verdicts,
            extra_columns: extra.collect(),
            sources: tested.sources,
            decided_in_database: tested.in_database,
            seconds: tested.seconds,
        }
    }
}
