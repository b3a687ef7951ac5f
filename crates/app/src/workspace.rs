//! A project as it lies on disk: found, read, checked.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use contract::{Dataset, Diagnostic, Rule};
use engine::{Error, Kind, Result};
use pipeline::project::Unapproved;
use pipeline::read::ProjectFiles;
use pipeline::{Made, Project};

use crate::changes::{self, Part};
use crate::privacy;

const SETTINGS: &str = "plimsoll.toml";

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
        let mut texts = Texts::default();
        let settings = texts.read(root, Path::new(SETTINGS))?;
        let pipelines = texts.folder(root, "pipelines", &[".yaml", ".yml"], false)?;
        let models = texts.folder(root, "models", &[".sql"], true)?;
        let contracts = texts.folder(root, "openspec/specs", &[".odcs.yaml", ".odcs.yml", ".odcs.json"], true)?;

        let mut diagnostics = std::mem::take(&mut texts.unreadable);
        let (contracts, contract_paths) = load_contracts(&texts.all, &contracts, &mut diagnostics);
        let files = ProjectFiles {
            settings: settings.and_then(|path| texts.all.get(&path).map(|text| (path.clone(), text.clone()))),
            pipelines: pipelines.iter().filter_map(|path| Some((path.clone(), texts.all.get(path)?.clone()))).collect(),
            models: models.iter().filter_map(|path| Some((path.clone(), texts.all.get(path)?.clone()))).collect(),
        };
        let (mut project, found) = pipeline::read::read(&files, &contracts);
        diagnostics.extend(found);
        diagnostics.extend(analyse(&mut project, &contracts));
        diagnostics.extend(contract_sql(&project, &contract_paths));
        diagnostics.extend(pipeline::read::check_graph(&project));
        let places = privacy::Places { texts: &texts.all, contracts: &contract_paths };
        let (privacy, found) = privacy::judge(&project, &places, &crate::today());
        diagnostics.extend(found);
        diagnostics.extend(pins(root, &project, &mut texts.all)?);
        diagnostics.sort_by(|a, b| (&a.path, a.span.start, a.code).cmp(&(&b.path, b.span.start, b.code)));
        diagnostics.dedup();
        let warehouse_url = warehouse_url(root, &project.settings.warehouse)?;
        Ok(Self { root: root.to_owned(), project, privacy, diagnostics, texts: texts.all, contracts, warehouse_url })
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
fn pins(root: &Path, project: &Project, texts: &mut BTreeMap<String, String>) -> Result<Vec<Diagnostic>> {
    let specs = changes::tree(root, Part::Specs)?;
    let mut failed = None;
    let mut archive = || {
        changes::tree(root, Part::Archive).unwrap_or_else(|error| {
            failed = Some(error);
            specs.clone()
        })
    };
    let mut found = interop::change::check(&specs, &mut archive);
    if let Some(error) = failed {
        return Err(error);
    }
    let unapproved = ["PL411", "PL413", "PL414"];
    for diagnostic in &mut found {
        if project.settings.changes.unapproved == Unapproved::Warn && unapproved.contains(&diagnostic.code) {
            diagnostic.level = contract::Level::Warning;
        }
        if let Some(text) = specs.text(&diagnostic.path) {
            texts.entry(diagnostic.path.clone()).or_insert_with(|| text.to_owned());
        }
    }
    Ok(found)
}

#[derive(Default)]
struct Texts {
    all: BTreeMap<String, String>,
    unreadable: Vec<Diagnostic>,
}

impl Texts {
    fn read(&mut self, root: &Path, relative: &Path) -> Result<Option<String>> {
        let name = slashed(relative);
        let bytes = match std::fs::read(root.join(relative)) {
            Ok(bytes) => bytes,
            Err(e) => return Err(unreadable(&root.join(relative), &e)),
        };
        match String::from_utf8(bytes) {
            Ok(text) => {
                self.all.insert(name.clone(), text);
                Ok(Some(name))
            }
            Err(_) => {
                self.unreadable.push(not_text(name));
                Ok(None)
            }
        }
    }

    /// The files of a folder with one of these endings, sorted by path; none when there is no such folder.
    fn folder(&mut self, root: &Path, folder: &str, endings: &[&str], deep: bool) -> Result<Vec<String>> {
        let mut pending = vec![PathBuf::from(folder)];
        let mut names = Vec::new();
        while let Some(relative) = pending.pop() {
            let entries = match std::fs::read_dir(root.join(&relative)) {
                Ok(entries) => entries,
                Err(e) if e.kind() == std::io::ErrorKind::NotFound => continue,
                Err(e) => return Err(unreadable(&root.join(&relative), &e)),
            };
            for entry in entries {
                let entry = entry.map_err(|e| unreadable(&root.join(&relative), &e))?;
                let path = relative.join(entry.file_name());
                let kind = entry.file_type().map_err(|e| unreadable(&root.join(&path), &e))?;
                let name = entry.file_name().to_string_lossy().into_owned();
                if name.starts_with('.') {
                    continue;
                }
                if kind.is_dir() && deep {
                    pending.push(path);
                } else if !kind.is_dir()
                    && endings.iter().any(|ending| name.ends_with(ending))
                    && let Some(name) = self.read(root, &path)?
                {
                    names.push(name);
                }
            }
        }
        names.sort();
        Ok(names)
    }
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

fn slashed(path: &Path) -> String {
    path.components().map(|part| part.as_os_str().to_string_lossy()).collect::<Vec<_>>().join("/")
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
