//! Drift: looks at what sources hold and tables are, and keeps what stands in the ledger.

mod accept;
mod pending;
mod way_out;

use std::collections::BTreeMap;
use std::sync::Arc;

use contract::{
    Check, Contract, Dataset, Limits, Literal, Metric, Operator, Rule, Scope, Severity as Strictness, Unit,
};
use engine::probe::Format;
use engine::tester::{Place, TestJob};
use engine::{Error, FileRef, Kind, Layout, Progress, Result, Tested, Tester, fault};
use interop::change::{Fit, fit};
use pipeline::drift::{Look, Looks, Open, Seen, SeenColumn, SeenTable, Severity, Side, compare};
use pipeline::project::{FileFormat, Vanished};
use pipeline::{DatasetSpec, Event, Made, Outcome, SourceSpec, Write};
use serde::Serialize;

use crate::changes::NewFile;
use crate::{App, now_ms, test};

pub use accept::{AcceptReport, NewAcceptance};

/// Files of a source that are looked at, the newest first.
const FILES_SAMPLED: usize = 3;
/// A look gives a few samples; new values are looked for again without those that are known, so often at most.
const ROUNDS_MAX: usize = 4;
/// What the check that counts a column's NULLs is called.
const NULLS: &str = "_nulls:";

#[derive(Debug, Clone, Default)]
pub struct DriftRequest {
    /// All when none is named.
    pub datasets: Vec<String>,
    pub sources: bool,
    pub tables: bool,
}

#[derive(Debug, Clone, Serialize)]
pub struct DriftReport {
    pub items: Vec<Told>,
    pub looked: Vec<Looked>,
    /// What could not be looked at.
    pub failed: Vec<Failed>,
}

/// An item that stands.
#[derive(Debug, Clone, Serialize)]
pub struct Told {
    #[serde(flatten)]
    pub open: Open,
    pub age_ms: i64,
    /// Of now: what stands long becomes an error.
    #[serde(rename = "severity_now")]
    pub severity: Severity,
    /// What ends it, one of these: sentences, and commands with a word on what they do.
    pub ways_out: Vec<String>,
}

#[derive(Debug, Clone, Serialize)]
pub struct Looked {
    pub dataset: String,
    pub side: Side,
    pub rows: u64,
    /// Files, or the table's version.
    pub at: Vec<String>,
}

#[derive(Debug, Clone, Serialize)]
pub struct Failed {
    pub dataset: String,
    pub message: String,
}

impl DriftReport {
    /// Notes alone are nothing to act on.
    pub fn is_clean(&self) -> bool {
        self.failed.is_empty() && self.items.iter().all(|told| told.severity == Severity::Note)
    }
}

impl App {
    pub async fn drift(&self, request: &DriftRequest, tester: &dyn Tester) -> Result<DriftReport> {
        let known = &self.workspace.project.datasets;
        if let Some(unknown) = request.datasets.iter().find(|name| !known.contains_key(*name)) {
            let names: Vec<&str> = known.keys().map(String::as_str).collect();
            return Err(Error::new(Kind::Input, format!("there is no dataset `{unknown}`"))
                .help(format!("the project has: {}", names.join(", "))));
        }
        let is_meant = |name: &String| request.datasets.is_empty() || request.datasets.contains(name);
        let (before, published) = self.ledger(|ledger| Ok((ledger.drift()?, ledger.state()?))).await?;
        let (mut looked, mut failed, mut news) = (Vec::new(), Vec::new(), Vec::new());
        for spec in known.values().filter(|spec| is_meant(&spec.name)) {
            for side in [Side::Source, Side::Table] {
                let wanted = if side == Side::Source { request.sources } else { request.tables };
                if !wanted {
                    continue;
                }
                match self.look(spec, side, tester, &before).await {
                    Ok(Some((seen, mut look))) => {
                        let stored =
                            published.get(&spec.name).and_then(|known| known.published.as_ref()?.terms.as_ref());
                        if let Some(stored) = stored.filter(|_| side == Side::Table) {
                            pending::told(&mut look, spec, stored);
                        }
                        looked.push(seen);
                        if before.newest(&spec.name, side) != Some(&look) {
                            news.push(Event::Drift(Box::new(look)));
                        }
                    }
                    Ok(None) => {}
                    Err(error) if error.kind == Kind::Bug => return Err(error),
                    Err(error) => failed.push(Failed { dataset: spec.name.clone(), message: error.message }),
                }
            }
        }
        if !news.is_empty() {
            self.ledger(move |ledger| ledger.append(now_ms(), &news)).await?;
        }
        let mut items = self.open_drift().await?;
        let is_asked = |side: Side| if side == Side::Source { request.sources } else { request.tables };
        items.retain(|told| is_meant(&told.open.dataset) && is_asked(told.open.side));
        Ok(DriftReport { items, looked, failed })
    }

    /// What stands of the datasets that the project has, the worst first.
    pub async fn open_drift(&self) -> Result<Vec<Told>> {
        self.open_of(&self.drift_looks().await?)
    }

    pub(crate) async fn drift_looks(&self) -> Result<Looks> {
        fault::step("drift_read").await;
        self.ledger(|ledger| ledger.drift()).await
    }

    pub(crate) fn open_of(&self, looks: &Looks) -> Result<Vec<Told>> {
        let now = now_ms();
        let open = looks.open();
        let changing = if open.iter().any(|open| edit(open).is_some()) { self.in_change()? } else { BTreeMap::new() };
        let known = &self.workspace.project.datasets;
        let told = |open: Open| {
            let spec = known.get(&open.dataset)?;
            let change = self.workspace.contract_path(&open.dataset).and_then(|path| changing.get(path));
            let ways_out = way_out::ways_out(&open, spec.contract.drift, change.map(String::as_str));
            Some(Told { age_ms: now - open.since_ms, severity: open.severity_at(now), ways_out, open })
        };
        let mut told: Vec<Told> = open.into_iter().filter_map(told).collect();
        told.sort_by_key(|told| (std::cmp::Reverse(told.severity), told.open.since_ms, told.open.dataset.clone()));
        Ok(told)
    }

    /// `None` where there is nothing to look at: a model has no source, and a table may not be there yet.
    async fn look(
        &self,
        spec: &DatasetSpec,
        side: Side,
        tester: &dyn Tester,
        before: &Looks,
    ) -> Result<Option<(Looked, Look)>> {
        let mut kept = None;
        let place = match (side, &spec.made) {
            (Side::Source, Made::Source(source)) => match self.newest(source).await? {
                // Where files are taken away when they were read, none is how it should be.
                None if !keeps(spec, source) => {
                    return Err(Error::new(Kind::Refused, format!("no file lies at {}", source.files)));
                }
                newest => newest,
            },
            (Side::Source, Made::Model(_)) => None,
            (Side::Table, _) => {
                let table = self.table(&spec.name);
                kept = self.engine.layout(&table).await?.map(|layout| seen_table(spec, layout));
                kept.is_some().then_some(Place::Delta { url: table.url })
            }
        };
        let Some(place) = place else { return Ok(None) };
        let mut seen = self.seen_at(spec, side, place, tester).await?;
        let derived = kept.as_ref().map(|table| table.partitions_wanted.clone()).unwrap_or_default();
        seen.0.extra.retain(|(name, _)| !derived.contains(name));
        seen.0.table = kept;
        let empty = BTreeMap::new();
        let nulls = before.newest(&spec.name, side).map_or(&empty, |look| &look.nulls);
        let look = before.without_accepted(compare(&called_as_in_table(spec, side), side, &seen.0, nulls));
        let looked = Looked { dataset: spec.name.clone(), side, rows: seen.0.rows, at: seen.1 };
        Ok(Some((looked, look)))
    }

    async fn newest(&self, source: &SourceSpec) -> Result<Option<Place>> {
        let mut files: Vec<FileRef> = self.source.list(source).await?;
        files.sort_by(|one, other| (other.modified_ms, &other.path).cmp(&(one.modified_ms, &one.path)));
        files.truncate(FILES_SAMPLED);
        if files.is_empty() {
            return Ok(None);
        }
        let format = match &source.format {
            FileFormat::Csv(options) => Format::Csv { options: options.clone(), sniff: false },
            FileFormat::Ndjson => Format::Ndjson,
            FileFormat::Parquet => Format::Parquet,
        };
        Ok(Some(Place::Files { files, format }))
    }

    /// What the data is, and where it was looked at.
    async fn seen_at(
        &self,
        spec: &DatasetSpec,
        side: Side,
        place: Place,
        tester: &dyn Tester,
    ) -> Result<(Seen, Vec<String>)> {
        let mut dataset = called_as_in_table(spec, side);
        // Checks are for runs; only what changes without anybody's word is looked for.
        dataset.checks = watched(&dataset);
        let contract = self.contract_of(spec);
        let mut new_values: BTreeMap<String, Vec<String>> = BTreeMap::new();
        let mut first: Option<Tested> = None;
        for _ in 0..ROUNDS_MAX {
            let job = TestJob {
                targets: vec![self.target(&dataset, contract.as_ref(), spec, place.clone())],
                refused: None,
                now_ms: now_ms(),
                progress: Arc::new(Progress::default()),
            };
            let Some(tested) = tester.test(job).await?.into_iter().next() else { break };
            let more = values(&tested, &dataset);
            let is_done = more.is_empty();
            extend(&mut dataset, &more);
            for (column, values) in more {
                new_values.entry(column).or_default().extend(values);
            }
            first.get_or_insert(tested);
            if is_done {
                break;
            }
        }
        let Some(tested) = first else { return Err(Error::new(Kind::Bug, "a look gave no answer")) };
        let columns = dataset.columns.iter().map(|column| column_of(&column.name, &tested, &mut new_values)).collect();
        let undecoded = undecoded(&tested);
        let Tested { mut extra, order, rows_read: rows, sources, .. } = tested;
        // What only older files have is gone.
        extra.retain(|(name, _)| order.is_empty() || order.contains(name));
        let seen = Seen { columns, extra, order, table: None, undecoded, rows };
        Ok((seen, sources))
    }

    fn target(
        &self,
        dataset: &Dataset,
        contract: Option<&Contract>,
        spec: &DatasetSpec,
        place: Place,
    ) -> engine::tester::Target {
        let named = Dataset { name: self.called(spec), ..dataset.clone() };
        match contract {
            Some(contract) => test::target(contract, &named, place, false),
            None => engine::tester::Target {
                dataset: Arc::new(named),
                place,
                physical_name: None,
                declared: BTreeMap::new(),
            },
        }
    }

    /// The contract's own text, for what it declares about types.
    fn contract_of(&self, spec: &DatasetSpec) -> Option<Contract> {
        let digest = &spec.contract.contract.digest;
        let text = self.workspace.texts.values().find(|text| contract::digest(text.as_bytes()) == *digest)?;
        Contract::read(text).0
    }
}

/// Contracts that fit what the sources were found to hold.
#[derive(Debug, Clone)]
pub struct Fitted {
    pub files: Vec<NewFile>,
    /// Drift that no edit of a contract can mend without somebody's decision.
    pub left: Vec<Open>,
    pub why: String,
}

impl App {
    /// From the open drift of the sources of these datasets, as the last look found it.
    pub async fn fit_drift(&self, datasets: &[String]) -> Result<Fitted> {
        let open = self.ledger(|ledger| ledger.drift()).await?.open();
        let mut edits: BTreeMap<String, Vec<(String, Fit)>> = BTreeMap::new();
        let mut fitted = Fitted { files: Vec::new(), left: Vec::new(), why: String::new() };
        for name in datasets {
            let Some(spec) = self.workspace.project.datasets.get(name) else {
                return Err(Error::new(Kind::Input, format!("there is no dataset `{name}`")));
            };
            let path = self.contract_path(spec)?;
            let object = self.called(spec);
            for open in open.iter().filter(|open| open.dataset == *name && open.side == Side::Source) {
                match edit(open) {
                    Some(fit) => {
                        edits.entry(path.clone()).or_default().push((object.clone(), fit));
                        fitted.why.push_str(&format!("In {name}, {}. ", open.item.detail));
                    }
                    None if open.item.severity != Severity::Note => fitted.left.push(open.clone()),
                    None => {}
                }
            }
        }
        if edits.is_empty() {
            return Err(Error::new(Kind::Input, format!("no open drift of {} can be put into a contract", datasets.join(", ")))
                .help("`plimsoll drift` looks, and says what ends each difference; what is missing or retyped needs a decision: edit a copy of the contract and give it with --from"));
        }
        for (path, edits) in edits {
            let mut text = self.workspace.texts.get(&path).cloned().unwrap_or_default();
            for (object, edit) in edits {
                text = fit(&text, &object, std::slice::from_ref(&edit)).ok_or_else(|| {
                    Error::new(
                        Kind::Input,
                        format!("the contract is written in a way that {edit:?} cannot be put into"),
                    )
                    .at(path.clone())
                    .help("edit a copy of it, and give that with --from")
                })?;
            }
            fitted.files.push(NewFile { path, text });
        }
        Ok(fitted)
    }

    fn contract_path(&self, spec: &DatasetSpec) -> Result<String> {
        let digest = &spec.contract.contract.digest;
        let mut texts = self.workspace.texts.iter();
        let found = texts.find(|(_, text)| contract::digest(text.as_bytes()) == *digest);
        found
            .map(|(path, _)| path.clone())
            .ok_or_else(|| Error::new(Kind::Bug, format!("the contract of {} was read from nowhere", spec.name)))
    }

    /// The dataset's name in its contract.
    fn called(&self, spec: &DatasetSpec) -> String {
        let place = self.workspace.project.places.datasets.get(&spec.name);
        place.and_then(|place| place.contract.clone()).unwrap_or_else(|| spec.name.clone())
    }
}

/// Whether rows stay when the file that they came from vanishes.
fn keeps(spec: &DatasetSpec, source: &SourceSpec) -> bool {
    match spec.table.write {
        Write::ReplacePartitions => true,
        Write::Append | Write::Merge => source.vanished == Vanished::Keep,
        Write::Overwrite => false,
    }
}

/// The edit of a contract that mends it, where there is just one.
fn edit(open: &Open) -> Option<Fit> {
    let column = open.item.column.clone()?;
    Some(match open.item.kind {
        pipeline::drift::Kind::New if open.item.severity != Severity::Note => {
            Fit::Add { column, logical_type: logical_type(open.item.found.first().map(String::as_str)) }
        }
        pipeline::drift::Kind::Renamed => Fit::ReadAs { column, name: open.item.found.first()?.clone() },
        pipeline::drift::Kind::NewValues if open.item.found.iter().all(|value| value != contract::MASKED) => {
            Fit::Allow { column, values: open.item.found.clone() }
        }
        _ => return None,
    })
}

/// The logical type of a stored type, by its words; text formats have none, and a text holds anything.
fn logical_type(shown: Option<&str>) -> &'static str {
    let shown = shown.unwrap_or_default().to_lowercase();
    let words: [(&str, &str); 9] = [
        ("timestamp", "timestamp"),
        ("date", "date"),
        ("time", "time"),
        ("bool", "boolean"),
        ("int", "integer"),
        ("long", "integer"),
        ("decimal", "number"),
        ("float", "number"),
        ("double", "number"),
    ];
    words.into_iter().find(|(word, _)| shown.contains(word)).map_or("string", |(_, logical)| logical)
}

fn seen_table(spec: &DatasetSpec, layout: Layout) -> SeenTable {
    SeenTable {
        partitions: layout.partitions,
        partitions_wanted: spec.table.partition_by.iter().map(pipeline::PartitionBy::name).collect(),
        properties: layout.properties,
        nullable: layout.nullable,
        version: layout.version,
        version_published: layout.published,
    }
}

/// Records of text that cannot be decoded.
fn undecoded(tested: &Tested) -> Option<(u64, String)> {
    let verdict = tested.verdicts.iter().find(|verdict| verdict.id == "record.encoding")?;
    Some((verdict.violations, verdict.reason.clone().unwrap_or_default()))
}

/// A table has the contract's names, whatever the source calls them.
fn called_as_in_table(spec: &DatasetSpec, side: Side) -> Dataset {
    let mut dataset = spec.contract.as_ref().clone();
    if side == Side::Table {
        dataset.columns.iter_mut().for_each(|column| column.source_name.clone_from(&column.name));
    }
    dataset
}

fn watched(dataset: &Dataset) -> Vec<Check> {
    let is_enum = |check: &&Check| matches!(&check.rule, Rule::Enum { column, .. } if dataset.column(column).is_some());
    let mut checks: Vec<Check> = dataset.checks.iter().filter(is_enum).cloned().collect();
    checks.extend(dataset.columns.iter().map(|column| Check {
        id: format!("{NULLS}{}", column.name),
        scope: Scope::Dataset,
        severity: Strictness::Warning,
        element: Some(column.name.clone()),
        rule: Rule::Metric {
            metric: Metric::NullValues { column: column.name.clone() },
            filter: None,
            operator: Operator::MustBeGreaterOrEqualTo(0.0),
            unit: Unit::Percent,
        },
        expected: String::new(),
        threshold: None,
        limits: Limits::default(),
    }));
    checks
}

/// Values that an enumeration does not know, as far as the samples show them.
fn values(tested: &Tested, dataset: &Dataset) -> BTreeMap<String, Vec<String>> {
    let mut found: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for check in &dataset.checks {
        let Rule::Enum { column, .. } = &check.rule else { continue };
        let verdicts = tested.verdicts.iter().filter(|verdict| verdict.id == check.id && verdict.violations > 0);
        for sample in verdicts.flat_map(|verdict| &verdict.samples) {
            let text = match sample.get(column) {
                Some(serde_json::Value::String(text)) => text.clone(),
                Some(serde_json::Value::Null) | None => continue,
                Some(other) => other.to_string(),
            };
            let values = found.entry(column.clone()).or_default();
            if !values.contains(&text) {
                values.push(text);
            }
        }
    }
    found
}

/// The next round does not find these again. A masked value stands for all of its column.
fn extend(dataset: &mut Dataset, more: &BTreeMap<String, Vec<String>>) {
    dataset.checks.retain_mut(|check| {
        let Rule::Enum { column, values } = &mut check.rule else { return true };
        let Some(new) = more.get(column) else { return true };
        if new.iter().any(|value| value == contract::MASKED) {
            return false;
        }
        let is_number = values.iter().any(|value| matches!(value, Literal::Number(_)));
        values.extend(new.iter().map(|value| match value.parse::<serde_json::Number>() {
            Ok(number) if is_number => Literal::Number(number),
            _ => Literal::Text(value.clone()),
        }));
        true
    });
}

fn column_of(name: &str, tested: &Tested, new_values: &mut BTreeMap<String, Vec<String>>) -> SeenColumn {
    let verdict = |id: String| tested.verdicts.iter().find(|verdict| verdict.id == id);
    // What only older files have is gone.
    let newest = tested.sources.first().map(String::as_str).unwrap_or_default();
    let is_gone = |verdict: &pipeline::Verdict| {
        verdict.outcome == Outcome::Failed || verdict.reason.as_ref().is_some_and(|reason| reason.contains(newest))
    };
    let is_there = !verdict(format!("{name}.present")).is_some_and(is_gone);
    let retyped = verdict(format!("{name}.type")).filter(|verdict| verdict.outcome == Outcome::Failed);
    let nulls = verdict(format!("{NULLS}{name}")).and_then(|verdict| verdict.value);
    SeenColumn {
        is_there,
        retyped: retyped.and_then(|verdict| verdict.reason.clone()),
        new_values: new_values.remove(name).unwrap_or_default(),
        nulls: nulls.filter(|_| tested.rows_read > 0),
    }
}
