//! A project as it lies on disk: found, read, checked.

mod texts;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

use contract::{Dataset, Diagnostic, Rule};
use engine::{Error, Kind, Result};
use interop::openspec::Tree;
use interop::openspec::is_contract;
use pipeline::approval::Levels;
use pipeline::project::{Unapproved, Vouched};
use pipeline::{Made, Project};

use crate::changes::{self, Part};
use crate::lineage::ProjectLineage;
use crate::privacy;

pub(crate) use texts::Texts;

pub(crate) const SETTINGS: &str = "plimsoll.toml";

/// Everything that was understood, and everything that is wrong.
pub struct Workspace {
    pub root: PathBuf,
    pub project: Project,
    /// How sensitive the columns are.
    pub privacy: pipeline::privacy::Judged,
    pub diagnostics: Vec<Diagnostic>,
    /// The texts by path, to show the lines that diagnostics point at.
    pub texts: BTreeMap<String, String>,
    pub contracts: BTreeMap<String, Arc<Dataset>>,
    /// Of the warehouse, ending in `/`.
    pub warehouse_url: String,
    /// Where the contract of each dataset is, by the contract's own name for it.
    pub contract_paths: BTreeMap<String, String>,
    /// Of all columns; see `lineage::project`.
    pub(crate) lineage: OnceLock<ProjectLineage>,
    /// Which of the texts are what.
    files: Texts,
    /// The specs with their contracts, as they were on disk.
    pub(crate) specs: Arc<Tree>,
}

/// What a workspace is put together from.
struct Parts {
    texts: Texts,
    contracts: BTreeMap<String, Arc<Dataset>>,
    contract_paths: BTreeMap<String, String>,
    /// Datasets that are left out although a pipeline has them.
    without: BTreeSet<String>,
    diagnostics: Vec<Diagnostic>,
}

/// The nearest folder from `start` upwards that has a `plimsoll.toml`.
pub fn find_root(start: &Path) -> Result<PathBuf> {
    let start = std::path::absolute(start).map_err(|e| unreadable(start, &e))?;
    start.ancestors().find(|folder| folder.join(SETTINGS).is_file()).map(Path::to_path_buf).ok_or_else(|| {
        Error::new(Kind::Input, format!("there is no {SETTINGS} here or in a folder above"))
            .at(start.display().to_string())
            .help("change into a project, or name one with --project")
    })
}

impl Workspace {
    pub fn load(root: &Path) -> Result<Self> {
        let mut workspace = Self::of_texts(root, Texts::on_disk(root)?)?;
        workspace.specs = Arc::new(changes::tree(root, Part::Specs)?);
        let found = pins(root, &workspace.specs, &workspace.project, &mut workspace.texts)?;
        workspace.diagnostics.extend(found);
        workspace.sort();
        Ok(workspace)
    }

    /// More that is wrong, and the texts that it is about.
    pub(crate) fn found(&mut self, found: Vec<Diagnostic>) {
        for diagnostic in &found {
            if let Ok(text) = std::fs::read_to_string(self.root.join(&diagnostic.path)) {
                self.texts.entry(diagnostic.path.clone()).or_insert(text);
            }
        }
        self.diagnostics.extend(found);
        self.sort();
    }

    /// What would be wrong with the contracts if these were written, and is not now.
    pub(crate) fn wrong_contracts(&self, writes: &[interop::change::Write]) -> Vec<Diagnostic> {
        let mut paths: BTreeSet<String> = self.files.contracts.iter().cloned().collect();
        let texts = paths.iter().filter_map(|path| Some((path.clone(), self.texts.get(path)?.clone())));
        let mut texts: BTreeMap<String, String> = texts.collect();
        for write in writes.iter().filter(|write| is_contract(&write.path)) {
            match write.bytes.as_ref().and_then(|bytes| String::from_utf8(bytes.clone()).ok()) {
                Some(text) => {
                    paths.insert(write.path.clone());
                    texts.insert(write.path.clone(), text);
                }
                None => drop(paths.remove(&write.path)),
            }
        }
        let mut found = Vec::new();
        load_contracts(&texts, &paths.into_iter().collect::<Vec<_>>(), &mut found);
        let is_known = |found: &Diagnostic| {
            self.diagnostics
                .iter()
                .any(|known| (known.code, &known.path, &known.message) == (found.code, &found.path, &found.message))
        };
        found.retain(|found| found.is_error() && !is_known(found));
        found
    }

    fn sort(&mut self) {
        self.diagnostics.sort_by(|a, b| (&a.path, a.span.start, a.code).cmp(&(&b.path, b.span.start, b.code)));
        self.diagnostics.dedup();
    }

    pub(crate) fn of_texts(root: &Path, mut texts: Texts) -> Result<Self> {
        let mut diagnostics = std::mem::take(&mut texts.unreadable);
        let (contracts, contract_paths) = load_contracts(&texts.all, &texts.contracts, &mut diagnostics);
        let parts = Parts { texts, contracts, contract_paths, without: BTreeSet::new(), diagnostics };
        Self::assembled(root, parts)
    }

    /// The same texts with other contracts, and without some datasets.
    pub(crate) fn supposed(
        &self,
        contracts: BTreeMap<String, Arc<Dataset>>,
        without: BTreeSet<String>,
    ) -> Result<Self> {
        let texts = Texts { all: self.texts.clone(), ..self.files.clone() };
        let diagnostics = Vec::new();
        let contract_paths = self.contract_paths.clone();
        Self::assembled(&self.root, Parts { texts, contracts, contract_paths, without, diagnostics })
    }

    fn assembled(root: &Path, parts: Parts) -> Result<Self> {
        let Parts { texts, contracts, contract_paths, without, mut diagnostics } = parts;
        let (mut project, found) = pipeline::read::read(&texts.project_files(), &contracts);
        diagnostics.extend(found);
        for name in &without {
            project.datasets.shift_remove(name);
            project.places.datasets.remove(name);
        }
        diagnostics.extend(analyse(&mut project, &contracts));
        diagnostics.extend(contract_sql(&project, &contract_paths));
        diagnostics.extend(pipeline::read::check_graph(&project));
        let lineage = OnceLock::new();
        let places = privacy::Places { texts: &texts.all, contracts: &contract_paths };
        let (privacy, found) = privacy::judge(&mut project, &places, &crate::today(), &lineage);
        diagnostics.extend(found);
        let warehouse_url = warehouse_url(root, &project.settings.warehouse)?;
        let root = root.to_owned();
        let (all, files) = texts.apart();
        let mut workspace = Self {
            root,
            project,
            privacy,
            diagnostics,
            texts: all,
            contracts,
            warehouse_url,
            contract_paths,
            lineage,
            files,
            specs: Arc::default(),
        };
        workspace.sort();
        workspace.vouch(&BTreeSet::new());
        Ok(workspace)
    }

    /// Notes of each dataset whom its contract names, and whether the contract is one of these files, which approved changes put in
    /// force.
    pub(crate) fn vouch(&mut self, approved: &BTreeSet<String>) {
        let mut levels: BTreeMap<&str, Option<Levels>> = BTreeMap::new();
        let mut vouched = BTreeMap::new();
        for dataset in self.project.datasets.keys() {
            let Some(path) = self.contract_path(dataset) else { continue };
            let named = levels.entry(path).or_insert_with(|| {
                let text = self.texts.get(path).filter(|text| text.contains("LevelApprovers"))?;
                changes::levels(path, text).filter(|levels| !levels.is_empty())
            });
            vouched.insert(dataset.clone(), Vouched { approved: approved.contains(path), approvers: named.clone() });
        }
        self.project.vouched = vouched;
    }

    /// The contract's own name for a dataset.
    pub fn contract_name<'a>(&'a self, dataset: &'a str) -> &'a str {
        self.project.places.datasets.get(dataset).and_then(|place| place.contract.as_deref()).unwrap_or(dataset)
    }

    /// The file with the contract of a dataset.
    pub fn contract_path(&self, dataset: &str) -> Option<&str> {
        self.contract_paths.get(self.contract_name(dataset)).map(String::as_str)
    }

    /// Files of the project that no folder convention finds, for `contract lint` and the like.
    pub fn pipelines(&self) -> Vec<String> {
        let mut names: Vec<String> = self.project.datasets.values().map(|spec| spec.pipeline.clone()).collect();
        names.sort();
        names.dedup();
        names
    }
}

/// Whether the contracts are those that their specs pin.
fn pins(root: &Path, specs: &Tree, project: &Project, texts: &mut BTreeMap<String, String>) -> Result<Vec<Diagnostic>> {
    let mut failed = None;
    let mut archive = || {
        changes::tree(root, Part::Archive).unwrap_or_else(|error| {
            failed = Some(error);
            specs.clone()
        })
    };
    let mut found = interop::change::check(specs, &mut archive);
    if let Some(error) = failed {
        return Err(error);
    }
    for diagnostic in &mut found {
        if project.settings.changes.unapproved == Unapproved::Warn && changes::UNAPPROVED.contains(&diagnostic.code) {
            diagnostic.level = contract::Level::Warning;
        }
        if let Some(text) = specs.text(&diagnostic.path) {
            texts.entry(diagnostic.path.clone()).or_insert_with(|| text.to_owned());
        }
    }
    Ok(found)
}

fn load_contracts(
    texts: &BTreeMap<String, String>,
    paths: &[String],
    diagnostics: &mut Vec<Diagnostic>,
) -> (BTreeMap<String, Arc<Dataset>>, BTreeMap<String, String>) {
    let sources: Vec<contract::Source<'_>> =
        paths.iter().filter_map(|path| Some(contract::Source { path, text: texts.get(path)? })).collect();
    let threads = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    let loaded = contract::load_all(&sources, &[], threads);
    let mut contracts: BTreeMap<String, Arc<Dataset>> = BTreeMap::new();
    let mut files: BTreeMap<String, String> = BTreeMap::new();
    for (path, loaded) in paths.iter().zip(loaded) {
        diagnostics.extend(loaded.diagnostics);
        for dataset in loaded.datasets {
            if let Some(other) = files.get(&dataset.name) {
                diagnostics.push(twice(path, other, &dataset.name));
                continue;
            }
            files.insert(dataset.name.clone(), path.clone());
            contracts.insert(dataset.name.clone(), Arc::new(dataset));
        }
    }
    (contracts, files)
}

/// Types the SQL that stands in contracts: it would only be found out to be wrong after the rows were read.
fn contract_sql(project: &Project, paths: &BTreeMap<String, String>) -> Vec<Diagnostic> {
    let mut diagnostics = Vec::new();
    for spec in project.datasets.values() {
        let dataset = spec.contract.as_ref();
        let path = paths.get(&dataset.name).cloned().unwrap_or_default();
        for check in &dataset.checks {
            let wrong: Vec<String> = match &check.rule {
                Rule::DatasetSql { sql, .. } => match sql::dataset_sql(sql, dataset, &sql::Catalog::new([dataset])) {
                    Ok(()) => continue,
                    Err(found) => found.into_iter().map(|found| found.message).collect(),
                },
                Rule::RowPredicate { .. } => match sql::violated(check, dataset) {
                    sql::Lowered::NotExecutable(reason) => vec![reason],
                    _ => continue,
                },
                _ => continue,
            };
            for message in wrong {
                let message = format!("the SQL of check `{}` cannot be executed: {message}", check.id);
                diagnostics.push(finding(
                    "PL292",
                    path.clone(),
                    message,
                    "it may name the columns of its own dataset only",
                ));
            }
        }
        // Which columns it may name depends on the table that is there, so the plan looks at those.
        for (column, fill) in dataset.columns.iter().filter_map(|column| Some((column, column.fill.as_deref()?))) {
            diagnostics.extend(sql::well_formed(fill).into_iter().map(|found| {
                let message = format!("`fill` of `{}` is no expression: {}", column.name, found.message);
                finding(
                    "PL293",
                    path.clone(),
                    message,
                    "it is SQL, so a text value has quotes of its own: \"'unknown'\"",
                )
            }));
        }
    }
    diagnostics
}

/// Types the SQL of every model against the contracts.
fn analyse(project: &mut Project, contracts: &BTreeMap<String, Arc<Dataset>>) -> Vec<Diagnostic> {
    let known = project.datasets.values().map(|spec| spec.contract.as_ref());
    let catalog = sql::Catalog::new(known.chain(contracts.values().map(Arc::as_ref)));
    let models: Vec<(&String, &pipeline::DatasetSpec)> = project.datasets.iter().collect();
    let half = models.len().div_ceil(2).max(1);
    let found: Vec<(String, Vec<String>, Vec<Diagnostic>)> = std::thread::scope(|scope| {
        let catalog = &catalog;
        let threads: Vec<_> = models
            .chunks(half)
            .map(|chunk| {
                scope
                    .spawn(move || chunk.iter().filter_map(|(name, spec)| one(name, spec, catalog)).collect::<Vec<_>>())
            })
            .collect();
        threads.into_iter().flat_map(|thread| thread.join().unwrap_or_default()).collect()
    });
    let mut diagnostics = Vec::new();
    for (name, inputs, more) in found {
        project.set_inputs(&name, inputs);
        diagnostics.extend(more);
    }
    diagnostics
}

fn one(
    name: &str,
    spec: &pipeline::DatasetSpec,
    catalog: &sql::Catalog,
) -> Option<(String, Vec<String>, Vec<Diagnostic>)> {
    let Made::Model(model) = &spec.made else { return None };
    let (inputs, found) = match sql::analyse(&model.path, &model.sql, catalog) {
        Ok(analysis) => {
            let mut found = sql::conforms(&model.path, &model.sql, &analysis, &spec.contract);
            found.extend(analysis.warnings.iter().cloned());
            (analysis.inputs, found)
        }
        Err(found) => (sql::inputs(&model.sql).unwrap_or_default(), found),
    };
    Some((name.to_owned(), inputs, found))
}

fn warehouse_url(root: &Path, warehouse: &str) -> Result<String> {
    let wrong = |why: String| {
        Error::new(Kind::Input, format!("`{warehouse}` is not a warehouse: {why}"))
            .at(SETTINGS)
            .help("give a folder, or a URL that begins with file:// or s3://")
    };
    let url = if warehouse.contains("://") {
        url::Url::parse(warehouse).map_err(|e| wrong(e.to_string()))?
    } else {
        url::Url::from_directory_path(root.join(warehouse)).map_err(|()| wrong("no such path".into()))?
    };
    let text = url.to_string();
    Ok(if text.ends_with('/') { text } else { format!("{text}/") })
}

fn unreadable(path: &Path, e: &std::io::Error) -> Error {
    Error::new(Kind::Input, format!("cannot read the project: {e}")).at(path.display().to_string())
}

fn not_text(path: String) -> Diagnostic {
    finding("PL290", path, "the file is not UTF-8 text".into(), "save it as UTF-8")
}

fn twice(path: &str, other: &str, name: &str) -> Diagnostic {
    let message = format!("dataset `{name}` has a contract in {other} already");
    finding("PL291", path.to_owned(), message, "a dataset has one contract: rename one of them, or remove it")
}

fn finding(code: &'static str, path: String, message: String, help: &str) -> Diagnostic {
    Diagnostic {
        code,
        level: contract::Level::Error,
        message,
        element: String::new(),
        path,
        span: contract::Span { line: 1, column: 1, ..contract::Span::default() },
        help: Some(help.to_owned()),
    }
}
