//! `contract diff`: what changed, who can feel it, how far the version must move.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use contract::Contract;
use contract::diff::{Mode, Report, ShowOptions, Source, markdown, report, sarif, show};
use contract::formats::{Format, SchemaText};
use engine::{Error, Kind, Result};

use super::read;
use crate::args::{DiffArgs, DiffMode, SchemaFormat};
use crate::render;
use crate::screen::Screen;
use crate::verbs::{DONE, FAILED};

pub fn diff(screen: &mut Screen, args: &DiffArgs) -> Result<u8> {
    let mode = mode(args);
    let paths = paths(args)?;
    let report = match format(args, &paths) {
        None => contracts(screen, &paths, mode)?,
        Some(format) => schemas(screen, format, &paths, mode)?,
    };
    render(screen, args, &report);
    let is_fine = match mode {
        Some(_) => report.compatible,
        None => report.verdict == contract::diff::Summary::default(),
    };
    Ok(if is_fine { DONE } else { FAILED })
}

fn render(screen: &mut Screen, args: &DiffArgs, report: &Report) {
    if args.sarif {
        screen.document(&sarif(report));
    } else if args.markdown {
        screen.text(&markdown(report));
    } else if screen.json {
        screen.document(report);
    } else {
        let options = ShowOptions { colour: screen.colour, width: screen.width };
        screen.text(&show(report, options));
    }
}

fn mode(args: &DiffArgs) -> Option<Mode> {
    let mode = match args.mode {
        None if args.transitive => Some(Mode::Full),
        None => None,
        Some(DiffMode::None) => Some(Mode::None),
        Some(DiffMode::Backward) => Some(Mode::Backward),
        Some(DiffMode::Forward) => Some(Mode::Forward),
        Some(DiffMode::Full) => Some(Mode::Full),
        Some(DiffMode::BackwardTransitive) => Some(Mode::BackwardTransitive),
        Some(DiffMode::ForwardTransitive) => Some(Mode::ForwardTransitive),
        Some(DiffMode::FullTransitive) => Some(Mode::FullTransitive),
    };
    if args.transitive { mode.map(Mode::transitive) } else { mode }
}

/// The files to compare, the new one last.
fn paths(args: &DiffArgs) -> Result<Vec<PathBuf>> {
    let mut paths = match &args.history {
        Some(folder) => history(folder)?,
        None => Vec::new(),
    };
    if let Some(new) = args.paths.last() {
        // The new version may itself lie in the folder of the old ones.
        let same = |path: &Path| std::fs::canonicalize(path).ok();
        paths.retain(|path| same(path).is_none() || same(path) != same(new));
    }
    paths.extend(args.paths.iter().cloned());
    if paths.len() < 2 {
        return Err(Error::new(Kind::Input, "there is only one version, nothing to compare it with")
            .help("name the old and the new file, or --history FOLDER with the old ones"));
    }
    Ok(paths)
}

/// The files of a folder in the order of the numbers in their names: `orders-1.9.0` before `orders-1.10.0`.
fn history(folder: &Path) -> Result<Vec<PathBuf>> {
    let failed = |e: std::io::Error| {
        Error::new(Kind::Input, format!("cannot read the folder: {e}")).at(folder.display().to_string())
    };
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(failed)? {
        let path = entry.map_err(failed)?.path();
        let ending = path.extension().map(|ending| ending.to_string_lossy().to_lowercase()).unwrap_or_default();
        if path.is_file() && ["yaml", "yml", "json", "avsc", "proto"].contains(&ending.as_str()) {
            files.push(path);
        }
    }
    files.sort_by_cached_key(|path| natural(&path.file_name().unwrap_or_default().to_string_lossy()));
    Ok(files)
}

/// Digits by their value, everything else as it is.
fn natural(name: &str) -> Vec<(u64, String)> {
    let mut parts = Vec::new();
    let mut rest = name;
    while !rest.is_empty() {
        let letters = rest.find(|c: char| c.is_ascii_digit()).unwrap_or(rest.len());
        let (word, tail) = rest.split_at(letters);
        let digits = tail.find(|c: char| !c.is_ascii_digit()).unwrap_or(tail.len());
        let (number, tail) = tail.split_at(digits);
        parts.push((0, word.to_owned()));
        parts.push((number.parse().unwrap_or(u64::MAX), String::new()));
        rest = tail;
    }
    parts
}

fn contracts(screen: &mut Screen, paths: &[PathBuf], mode: Option<Mode>) -> Result<Report> {
    let mut read_in = Vec::new();
    for path in paths {
        read_in.push((path.display().to_string(), contract_of(screen, path)?));
    }
    let mut sources: Vec<Source<'_>> = read_in.iter().map(|(path, contract)| Source { path, contract }).collect();
    match sources.pop() {
        Some(new) => Ok(report(&sources, new, mode)),
        None => Err(Error::new(Kind::Bug, "there is no new version")),
    }
}

/// `None` for contracts.
fn format(args: &DiffArgs, paths: &[PathBuf]) -> Option<Format> {
    let ending = paths.last().and_then(|path| path.extension()).map(|ending| ending.to_string_lossy().to_lowercase());
    match (args.format, ending.as_deref()) {
        (Some(SchemaFormat::Avro), _) | (None, Some("avsc")) => Some(Format::Avro),
        (Some(SchemaFormat::Protobuf), _) | (None, Some("proto")) => Some(Format::Protobuf),
        (Some(SchemaFormat::JsonSchema), _) => Some(Format::JsonSchema),
        (Some(SchemaFormat::Odcs) | None, _) => None,
    }
}

fn schemas(screen: &mut Screen, format: Format, paths: &[PathBuf], mode: Option<Mode>) -> Result<Report> {
    let mut texts = BTreeMap::new();
    let mut names = Vec::new();
    for path in paths {
        let name = path.display().to_string();
        texts.insert(name.clone(), read(path)?);
        names.push(name);
    }
    let mut sources: Vec<SchemaText<'_>> =
        names.iter().filter_map(|name| Some(SchemaText { path: name, text: texts.get(name)? })).collect();
    let Some(new) = sources.pop() else { return Err(Error::new(Kind::Bug, "there is no new version")) };
    contract::formats::report(format, &sources, new, mode).map_err(|problem| {
        if !screen.json {
            render::diagnostics(screen, std::slice::from_ref(&problem), &texts);
        }
        let place = format!("{}:{}:{}", problem.path, problem.span.line, problem.span.column);
        Error::new(Kind::Input, format!("the schema cannot be compared: {}", problem.message)).at(place)
    })
}

/// Reads a contract; what is wrong with it is shown, since a broken contract cannot be compared.
pub(super) fn contract_of(screen: &mut Screen, path: &Path) -> Result<Contract> {
    let text = read(path)?;
    let name = path.display().to_string();
    let (contract, mut found) = Contract::read(&text);
    found.extend(contract.iter().flat_map(contract::diff::obstacles));
    let Some(contract) = contract.filter(|_| !found.iter().any(contract::Diagnostic::is_error)) else {
        for diagnostic in &mut found {
            diagnostic.path.clone_from(&name);
        }
        let first = found.iter().find(|diagnostic| diagnostic.is_error());
        let place = first.map_or(name.clone(), |at| format!("{name}:{}:{}", at.span.line, at.span.column));
        let why = first.map_or("the file is empty".to_owned(), |at| at.message.clone());
        if !screen.json {
            render::diagnostics(screen, &found, &BTreeMap::from([(name, text)]));
        }
        return Err(Error::new(Kind::Input, format!("the contract cannot be compared: {why}"))
            .at(place)
            .help("`plimsoll contract lint` tells all that is wrong with it"));
    };
    Ok(contract)
}
