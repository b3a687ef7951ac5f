//! `contract lint`: what contracts say and mean.

mod find;
mod mend;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use contract::{Diagnostic, Level, Loaded, Source};
use engine::{Error, Kind, Result};

use crate::args::LintOptions;
use crate::render;
use crate::screen::Screen;
use crate::verbs::{DONE, FAILED};

pub fn lint(screen: &mut Screen, options: &LintOptions) -> Result<u8> {
    if let Some(code) = &options.explain {
        return explain(screen, code);
    }
    let files = find::files(&options.paths)?;
    let (mut texts, unreadable) = read(&files);
    let mended = if options.fix { mend::all(&mut texts)? } else { Vec::new() };
    let mut linted = load(&texts);
    linted.extend(unreadable);
    linted.sort_by(|(left, _), (right, _)| left.cmp(right));
    let all: Vec<Diagnostic> = linted.iter().flat_map(|(_, loaded)| loaded.diagnostics.clone()).collect();
    if options.sarif {
        screen.document(&contract::report::sarif(&all, env!("CARGO_PKG_VERSION")));
    } else if screen.json {
        let files: Vec<serde_json::Value> =
            linted.iter().map(|(name, loaded)| render::linted_json(name, loaded)).collect();
        screen.document(&serde_json::json!({ "files": files, "mended": mend::json(&mended) }));
    } else {
        mend::show(screen, &mended);
        show(screen, options, linted.len(), &all, &texts);
    }
    let fails = |found: &Diagnostic| match found.level {
        Level::Error => true,
        Level::Warning => options.strict,
        Level::Info => false,
    };
    Ok(if all.iter().any(fails) { FAILED } else { DONE })
}

/// For people: warnings and errors with their lines; notes when asked for. On GitHub, also beside the lines of the files.
fn show(
    screen: &mut Screen,
    options: &LintOptions,
    files: usize,
    all: &[Diagnostic],
    texts: &BTreeMap<String, String>,
) {
    let shown: Vec<Diagnostic> =
        all.iter().filter(|found| options.notes || found.level != Level::Info).cloned().collect();
    render::diagnostics(screen, &shown, texts);
    if options.github || std::env::var("GITHUB_ACTIONS").is_ok_and(|value| value == "true") {
        for found in &shown {
            screen.line(contract::report::github(found));
        }
    }
    render::linted(screen, files, all, all.len() - shown.len());
}

fn explain(screen: &mut Screen, code: &str) -> Result<u8> {
    let Some(text) = contract::guide::explanation(code) else {
        let first = contract::codes().first().map(|info| info.code).unwrap_or_default();
        return Err(Error::new(Kind::Input, format!("contracts have no lint code {code:?}"))
            .help(format!("codes look like {first}; `plimsoll contract lint` names them")));
    };
    match screen.json {
        true => screen.document(&serde_json::json!({ "code": code, "explanation": text })),
        false => screen.text(&text),
    }
    Ok(DONE)
}

/// The texts by path, and what is wrong with files that are none.
fn read(files: &[PathBuf]) -> (BTreeMap<String, String>, Vec<(String, Loaded)>) {
    let mut texts = BTreeMap::new();
    let mut unreadable = Vec::new();
    for path in files {
        let name = path.display().to_string();
        match std::fs::read(path).map_err(|error| format!("the file cannot be read: {error}")).and_then(utf8) {
            Ok(text) => drop(texts.insert(name, text)),
            Err(message) => {
                let mut found = contract::codes::SYNTAX.at(contract::Span::default(), message);
                found.path.clone_from(&name);
                unreadable.push((name, Loaded { diagnostics: vec![found], ..Loaded::default() }));
            }
        }
    }
    (texts, unreadable)
}

fn utf8(bytes: Vec<u8>) -> Result<String, String> {
    String::from_utf8(bytes).map_err(|_| "the file is not UTF-8 text; save it as UTF-8".to_owned())
}

/// Lints all texts together. Where something that is named is missing, it is looked for in the project and beside the file.
fn load(texts: &BTreeMap<String, String>) -> Vec<(String, Loaded)> {
    let threads = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    let sources: Vec<Source<'_>> = texts.iter().map(|(path, text)| Source { path, text }).collect();
    let mut loaded = contract::load_all(&sources, &[], threads);
    let wanting = loaded.iter().any(|loaded| loaded.diagnostics.iter().any(is_missing));
    if wanting {
        let others = find::beside(texts, &loaded);
        let beside: Vec<Source<'_>> = others.iter().map(|(path, text)| Source { path, text }).collect();
        if !beside.is_empty() {
            loaded = contract::load_all(&sources, &beside, threads);
        }
    }
    sources.iter().map(|source| source.path.to_owned()).zip(loaded).collect()
}

fn is_missing(found: &Diagnostic) -> bool {
    use contract::codes::{LINK_UNRESOLVED, QUERY_NAME, REFERENCE_UNKNOWN};
    [REFERENCE_UNKNOWN.code, LINK_UNRESOLVED.code, QUERY_NAME.code].contains(&found.code)
}

/// A file's folder; the present one where a path has none.
fn folder(path: &Path) -> &Path {
    path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."))
}
