//! From a path as it was written to files and their format.

use std::collections::BTreeSet;
use std::path::Path;

use engine::probe::Format;
use engine::tester::Place;
use engine::{Error, FileRef, Kind, Probe, Result};
use pipeline::project::{CsvOptions, Encoding};

use super::locate::{FilesAt, Where, is_named};

/// Endings of packed files, which stand behind the format's.
const PACKED: &[&str] = &["gz", "zst", "bz2"];

pub(super) async fn resolve(at: &Where, folder: &Path, probe: &dyn Probe) -> Result<Place> {
    match at {
        Where::Postgres { url, schema, table } => {
            Ok(Place::Postgres { url: url.clone(), schema: schema.clone(), table: table.clone() })
        }
        Where::Files(files) => resolve_files(files, folder, probe).await,
    }
}

async fn resolve_files(at: &FilesAt, folder: &Path, probe: &dyn Probe) -> Result<Place> {
    if let Some(url) = delta_table(at, folder, probe).await? {
        return Ok(Place::Delta { url });
    }
    let mut files: Vec<FileRef> = Vec::new();
    let mut tried: Vec<String> = Vec::new();
    for pattern in &at.patterns {
        let pattern = absolute(pattern, folder);
        for file in listed(&pattern, at, probe).await? {
            if files.iter().all(|known| known.path != file.path) {
                files.push(file);
            }
        }
        tried.push(pattern);
    }
    let Some(first) = files.first() else { return Err(nothing(&tried, &at.names)) };
    let format = format(at, &first.path)?;
    if let Some(other) = files.iter().find(|file| at.format.is_none() && ending(&file.path) != ending(&first.path)) {
        return Err(Error::new(Kind::Input, format!("`{}` and `{}` are of different formats", first.path, other.path))
            .help("give files of one format, or say which with --format"));
    }
    Ok(Place::Files { files, format })
}

/// Everything that a path names, each file by itself; of a Delta table the table and not its files.
pub(crate) async fn places(path: &str, format_said: Option<&str>, probe: &dyn Probe) -> Result<Vec<Place>> {
    let at = FilesAt { patterns: vec![path.to_owned()], format: format_said.map(str::to_owned), ..FilesAt::default() };
    if let Some(url) = delta_table(&at, Path::new(""), probe).await? {
        return Ok(vec![Place::Delta { url }]);
    }
    let is_folder = path.ends_with('/') || Path::new(path).is_dir();
    let files = match is_folder {
        true => probe.files(&format!("{}/**/*", path.trim_end_matches('/'))).await?,
        false => listed(path, &at, probe).await?,
    };
    let mut folders: BTreeSet<&str> = BTreeSet::new();
    for file in files.iter().filter(|_| is_folder) {
        let mut folder = file.path.as_str();
        while let Some((above, _)) = folder.rsplit_once('/').filter(|(above, _)| above.len() >= path.len()) {
            folder = above;
            folders.insert(above);
        }
    }
    let mut tables: Vec<String> = Vec::new();
    for folder in folders {
        if is_delta_table(folder, probe).await? {
            tables.push(folder.to_owned());
        }
    }
    let mut places: Vec<Place> = tables.iter().map(|table| Place::Delta { url: table.clone() }).collect();
    let in_table = |file: &FileRef| tables.iter().any(|table| file.path.starts_with(&format!("{table}/")));
    for file in files.into_iter().filter(|file| !in_table(file)) {
        if is_folder && at.format.is_none() && known(&ending(&file.path)).is_none() {
            continue;
        }
        let format = format(&at, &file.path)?;
        places.push(Place::Files { files: vec![file], format });
    }
    if places.is_empty() {
        return Err(Error::new(Kind::Input, format!("there is no file in `{path}` of a format that is read"))
            .at(path)
            .help("check the path; --format says how files without an ending are read"));
    }
    Ok(places)
}

/// Relative to the current folder if it is there, otherwise to the contract's.
fn absolute(pattern: &str, folder: &Path) -> String {
    if pattern.contains("://") || Path::new(pattern).is_absolute() {
        return pattern.to_owned();
    }
    let fixed: &str = pattern.split(['*', '?', '[', '{']).next().unwrap_or(pattern);
    let fixed =
        if fixed.len() == pattern.len() { fixed } else { fixed.rsplit_once('/').map_or(".", |(folder, _)| folder) };
    let beside = folder.join(pattern.trim_start_matches("./"));
    match Path::new(fixed).exists() || !folder.join(fixed.trim_start_matches("./")).exists() {
        true => pattern.to_owned(),
        false => beside.display().to_string(),
    }
}

/// The Delta table that the patterns name: the folder itself, or one in it that is called as the dataset is.
async fn delta_table(at: &FilesAt, folder: &Path, probe: &dyn Probe) -> Result<Option<String>> {
    let said = at.format.as_deref().is_some_and(|format| format.eq_ignore_ascii_case("delta"));
    if !said && at.format.is_some() {
        return Ok(None);
    }
    let mut tables: Vec<String> = Vec::new();
    let mut tried: Vec<String> = Vec::new();
    for pattern in &at.patterns {
        let pattern = absolute(pattern, folder).trim_end_matches('/').to_owned();
        if pattern.contains(['*', '?', '[']) || (!said && known(&ending(&pattern)).is_some()) {
            continue;
        }
        let inside = at.names.iter().map(|name| format!("{pattern}/{name}"));
        for place in std::iter::once(pattern.clone()).chain(inside) {
            if !tables.contains(&place) && is_delta_table(&place, probe).await? {
                tables.push(place);
                break;
            }
        }
        tried.push(pattern);
    }
    match tables.as_slice() {
        [] if said => Err(Error::new(Kind::Input, format!("there is no Delta table of {}", at.names.join(" or ")))
            .at(tried.join(", "))
            .help("a table is the folder that `_delta_log` lies in")),
        [one, other, ..] => Err(Error::new(Kind::Input, format!("`{one}` and `{other}` are tables of one dataset"))
            .help("give one table per dataset; `name=PATH` says of which it is")),
        _ => Ok(tables.pop()),
    }
}

async fn is_delta_table(path: &str, probe: &dyn Probe) -> Result<bool> {
    if path.contains("://") {
        return Ok(!probe.files(&format!("{path}/_delta_log/*")).await?.is_empty());
    }
    Ok(Path::new(path).join("_delta_log").is_dir())
}

async fn listed(pattern: &str, at: &FilesAt, probe: &dyn Probe) -> Result<Vec<FileRef>> {
    let is_folder = pattern.ends_with('/') || Path::new(pattern).is_dir();
    let is_glob = pattern.contains(['*', '?', '[', '{']);
    if !is_folder && !is_glob {
        // Alternatives of one pattern: what is not there may be there under the other name.
        return match probe.files(pattern).await {
            Err(error) if at.patterns.len() > 1 && at.names.len() > 1 && error.kind == Kind::Refused => Ok(Vec::new()),
            found => found,
        };
    }
    let pattern = if is_folder { format!("{}/**/*", pattern.trim_end_matches('/')) } else { pattern.to_owned() };
    let mut files = probe.files(&pattern).await?;
    if at.shared {
        let name = |file: &FileRef| file.path.rsplit('/').next().unwrap_or_default().to_owned();
        let in_folder =
            |file: &FileRef, wanted: &String| file.path.split('/').any(|part| part.eq_ignore_ascii_case(wanted));
        files.retain(|file| at.names.iter().any(|wanted| is_named(&name(file), wanted) || in_folder(file, wanted)));
    }
    if is_folder && at.format.is_none() {
        files.retain(|file| known(&ending(&file.path)).is_some());
    }
    Ok(files)
}

fn nothing(tried: &[String], names: &[String]) -> Error {
    let places = tried.iter().map(|place| format!("`{place}`")).collect::<Vec<_>>().join(" or ");
    Error::new(Kind::Input, format!("there is no file of {} in {places}", names.join(" or ")))
        .at(tried.first().cloned().unwrap_or_default())
        .help("check the path; files in a folder are told by names that begin as the dataset's")
}

/// The ending that names the format, without that of the packing.
fn ending(path: &str) -> String {
    let name = path.rsplit('/').next().unwrap_or(path).to_ascii_lowercase();
    let mut parts: Vec<&str> = name.split('.').collect();
    if parts.last().is_some_and(|last| PACKED.contains(last)) {
        parts.pop();
    }
    if parts.len() > 1 { parts.last().map_or_else(String::new, |last| (*last).to_owned()) } else { String::new() }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Known {
    Csv,
    Tsv,
    Ndjson,
    Json,
    Parquet,
    Arrow,
    Avro,
}

fn known(word: &str) -> Option<Known> {
    Some(match word.to_ascii_lowercase().as_str() {
        "csv" | "txt" => Known::Csv,
        "tsv" | "tab" => Known::Tsv,
        "ndjson" | "jsonl" => Known::Ndjson,
        "json" => Known::Json,
        "parquet" | "pq" | "parq" => Known::Parquet,
        "arrow" | "arrows" | "ipc" | "feather" => Known::Arrow,
        "avro" => Known::Avro,
        _ => return None,
    })
}

fn format(at: &FilesAt, path: &str) -> Result<Format> {
    let word = at.format.clone().unwrap_or_else(|| ending(path));
    let found = known(&word).ok_or_else(|| {
        let told = if word.is_empty() {
            "its name has no ending".to_owned()
        } else {
            format!("`{word}` is none that is read")
        };
        Error::new(Kind::Input, format!("the format of `{path}` is not known: {told}"))
            .at(path)
            .help("say it with --format: csv, tsv, ndjson, json, parquet, arrow, avro or delta")
    })?;
    Ok(match found {
        Known::Csv | Known::Tsv => csv(at, found == Known::Tsv)?,
        // The ending of a file tells more about its lines than a server's word for all of its files.
        Known::Json if at.delimiter.as_deref() == Some("new_line") => Format::Ndjson,
        Known::Json if matches!(known(&ending(path)), Some(Known::Ndjson)) => Format::Ndjson,
        Known::Json => Format::Json,
        Known::Ndjson => Format::Ndjson,
        Known::Parquet => Format::Parquet,
        Known::Arrow => Format::Arrow,
        Known::Avro => Format::Avro,
    })
}

fn csv(at: &FilesAt, tabs: bool) -> Result<Format> {
    let mut options = CsvOptions { encoding: encoding(at.encoding.as_deref())?, ..CsvOptions::default() };
    let given = match at.delimiter.as_deref() {
        Some("comma") => Some(b','),
        Some("semicolon") => Some(b';'),
        Some("tab" | "\\t") => Some(b'\t'),
        Some("pipe") => Some(b'|'),
        Some(text) if text.len() == 1 => text.bytes().next(),
        _ => None,
    };
    let given = given.or(tabs.then_some(b'\t'));
    if let Some(delimiter) = given {
        options.delimiter = delimiter;
    }
    Ok(Format::Csv { options, sniff: given.is_none() })
}

fn encoding(word: Option<&str>) -> Result<Encoding> {
    let Some(word) = word else { return Ok(Encoding::Utf8) };
    match word.to_ascii_lowercase().replace(['-', '_', ' '], "").as_str() {
        "utf8" | "utf8sig" | "ascii" | "usascii" => Ok(Encoding::Utf8),
        "iso88591" | "latin1" | "l1" => Ok(Encoding::Latin1),
        "utf16" | "utf16le" | "utf16be" => Ok(Encoding::Utf16),
        _ => Err(Error::new(Kind::Input, format!("the encoding {word} is not one that is read"))
            .help("utf-8, iso-8859-1 and utf-16 are")),
    }
}

#[cfg(test)]
mod tests;
