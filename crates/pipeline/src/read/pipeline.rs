//! `pipelines/<pipeline>.yaml`: datasets, how each is read or made, how its table is kept.

use std::collections::BTreeMap;
use std::sync::Arc;

use contract::syntax::Entry;
use contract::{Dataset, Diagnostic};

use super::fields::{At, Reader, did_you_mean, join, nearest};
use super::{Place, ProjectFiles, codes, table};
use crate::project::{
    Above, CsvOptions, DatasetSpec, Encoding, FileFormat, Incremental, Made, ModelSpec, Project, Retry, SourceSpec,
    Vanished,
};
use crate::schedule::Schedule;
use crate::table::Write;

pub(crate) const KEYS: [&str; 3] = ["pipeline", "schedule", "datasets"];
pub(crate) const DATASET_KEYS: [&str; 7] =
    ["contract", "source", "model", "incremental", "table", "retry", "on_violation"];
pub(crate) const SOURCE_KEYS: [&str; 8] =
    ["files", "format", "vanished", "null_values", "delimiter", "quote", "header", "encoding"];
/// Source keys that only CSV has.
const CSV_KEYS: [&str; 5] = ["null_values", "delimiter", "quote", "header", "encoding"];
pub(crate) const INCREMENTAL_KEYS: [&str; 1] = ["from"];
pub(crate) const RETRY_KEYS: [&str; 3] = ["attempts", "wait", "max_wait"];
pub(crate) const VIOLATION_KEYS: [&str; 3] = ["rows", "above", "then"];
/// Whether refused rows become dead letters; otherwise the first of them fails the stage.
pub(crate) const ROWS: [(&str, bool); 2] = [("dead_letter", true), ("fail", false)];
pub(crate) const THEN: [(&str, Above); 2] = [("gate", Above::Gate), ("fail", Above::Fail)];
pub(crate) const FORMATS: [(&str, Format); 3] =
    [("csv", Format::Csv), ("ndjson", Format::Ndjson), ("parquet", Format::Parquet)];
pub(crate) const VANISHED: [(&str, Vanished); 2] = [("block", Vanished::Block), ("keep", Vanished::Keep)];
pub(crate) const ENCODINGS: [(&str, Encoding); 3] =
    [("utf8", Encoding::Utf8), ("latin1", Encoding::Latin1), ("utf16", Encoding::Utf16)];
/// Endings of files by format; `.gz` behind the text formats is left out before.
const ENDINGS: [(&str, Format); 4] =
    [(".csv", Format::Csv), (".ndjson", Format::Ndjson), (".jsonl", Format::Ndjson), (".parquet", Format::Parquet)];
pub(crate) const ATTEMPTS_MAX: u64 = 100;
const NAME_BYTES_MAX: usize = 128;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Format {
    Csv,
    Ndjson,
    Parquet,
}

/// What a pipeline file refers to.
#[derive(Clone, Copy)]
pub(super) struct Surroundings<'s> {
    pub files: &'s ProjectFiles,
    pub contracts: &'s BTreeMap<String, Arc<Dataset>>,
}

pub(super) fn read(
    path: &str,
    text: &str,
    around: &Surroundings<'_>,
    project: &mut Project,
    found: &mut Vec<Diagnostic>,
) {
    let parsed = contract::syntax::parse(text);
    found.extend(parsed.diagnostics.into_iter().map(|diagnostic| Diagnostic { path: path.to_owned(), ..diagnostic }));
    let Some(root) = parsed.root.filter(|root| !root.is_null()) else { return };
    let mut reader = Reader { path, found };
    let root = At { node: &root, element: String::new() };
    if !root.node.is_map() {
        let message = format!("a pipeline file must be a map, not {}", root.node.describe());
        reader.blame(&codes::WRONG_TYPE, &root, message, "begin with `pipeline: <name>` and `datasets:`");
        return;
    }
    reader.map(&root, &KEYS);
    let name = root.get("pipeline").and_then(|at| reader.text(&at)).unwrap_or_else(|| stem(path).to_owned());
    if let Some(at) = root.get("schedule") {
        schedule(&mut reader, &at, &name, project);
    }
    let Some(datasets) = root.get("datasets") else {
        reader.blame(
            &codes::MISSING_KEY,
            &root,
            "the pipeline has no `datasets`".to_owned(),
            "add `datasets:` with one entry per dataset",
        );
        return;
    };
    if !datasets.node.is_map() {
        reader.wrong_type(&datasets, "a map", "write one entry `<dataset>:` per dataset");
        return;
    }
    for entry in datasets.node.entries() {
        dataset(&mut reader, entry, &name, around, project);
    }
}

fn schedule(reader: &mut Reader<'_>, at: &At<'_>, pipeline: &str, project: &mut Project) {
    let Some(text) = reader.text(at) else { return };
    let schedule = match Schedule::parse(&text) {
        Ok(schedule) => schedule,
        Err(why) => {
            let help = "write it as cron does, as in `15 * * * *`: a quarter past every hour, in UTC";
            return reader.blame(&codes::BAD_VALUE, at, why, help);
        }
    };
    if let Some(other) = project.places.schedules.get(pipeline) {
        let message = format!("the pipeline `{pipeline}` has a schedule in {}:{} already", other.path, other.name.line);
        return reader.blame(&codes::BAD_VALUE, at, message, "a pipeline has one schedule: remove one");
    }
    let place = Place { path: reader.path.to_owned(), name: at.span(), ..Place::default() };
    project.places.schedules.insert(pipeline.to_owned(), place);
    project.schedules.insert(pipeline.to_owned(), schedule);
}

/// `pipelines/flights.yaml` is the pipeline `flights`.
fn stem(path: &str) -> &str {
    let file = path.rsplit('/').next().unwrap_or(path);
    file.split('.').next().unwrap_or(file)
}

fn dataset(reader: &mut Reader<'_>, entry: &Entry, pipeline: &str, around: &Surroundings<'_>, project: &mut Project) {
    let name = entry.key.as_str();
    let element = join("datasets", name);
    if let Some(other) = project.places.datasets.get(name) {
        // Within one file the YAML reader has said so.
        if other.path == reader.path {
            return;
        }
        let message = format!("the dataset `{name}` is defined in {}:{} already", other.path, other.name.line);
        reader.say(
            &codes::DATASET_TWICE,
            entry.key_span,
            &element,
            message,
            "a dataset is made in one place: rename or remove one",
        );
        return;
    }
    let place = Place { path: reader.path.to_owned(), name: entry.key_span, ..Place::default() };
    project.places.datasets.insert(name.to_owned(), place);
    let spec = good_name(reader, entry, &element)
        .then(|| spec(reader, entry, pipeline, around, &mut project.places))
        .flatten();
    match spec {
        Some(spec) => {
            project.datasets.insert(name.to_owned(), spec);
        }
        None => {
            project.places.broken.insert(name.to_owned());
        }
    }
}

/// The name becomes a table's name in SQL and a folder in the warehouse.
fn good_name(reader: &mut Reader<'_>, entry: &Entry, element: &str) -> bool {
    let name = &entry.key;
    let letters = name.chars().all(|char| char.is_alphanumeric() || matches!(char, '_' | '-'));
    let good =
        letters && name.len() <= NAME_BYTES_MAX && name.starts_with(|char: char| char.is_alphabetic() || char == '_');
    if !good {
        let help = "use letters, digits, _ and -, at most 128 of them, with a letter or _ first";
        reader.say(&codes::BAD_NAME, entry.key_span, element, format!("`{name}` cannot be the name of a table"), help);
    }
    good
}

fn spec(
    reader: &mut Reader<'_>,
    entry: &Entry,
    pipeline: &str,
    around: &Surroundings<'_>,
    places: &mut super::Places,
) -> Option<DatasetSpec> {
    let at = At { node: &entry.value, element: join("datasets", &entry.key) };
    // A name with nothing behind it has the defaults throughout.
    if !at.node.is_null() && !reader.map(&at, &DATASET_KEYS) {
        return None;
    }
    let contract = contract(reader, entry, &at, around.contracts, places.datasets.get_mut(&entry.key));
    let made = made(reader, entry, &at, around, places);
    let write = if matches!(made, Some(Made::Source(_))) { Write::Append } else { Write::Overwrite };
    let kept = table::read(reader, &at, contract.as_deref(), write, places.datasets.get_mut(&entry.key));
    let retry = at.get("retry").map_or_else(Retry::default, |at| retry(reader, &at));
    let (threshold, then) = at.get("on_violation").map_or_else(Default::default, |at| on_violation(reader, &at));
    Some(DatasetSpec {
        name: entry.key.clone(),
        pipeline: pipeline.to_owned(),
        contract: contract?,
        made: made?,
        table: kept,
        retry,
        threshold,
        then,
    })
}

/// The stage's threshold, and what happens above it. `rows: fail` is a threshold of nothing, above which the stage fails.
fn on_violation(reader: &mut Reader<'_>, at: &At<'_>) -> (Option<f64>, Above) {
    if !reader.map(at, &VIOLATION_KEYS) {
        return Default::default();
    }
    let (above, then) = (at.get("above"), at.get("then"));
    let share = above.as_ref().and_then(|at| reader.share(at));
    let word = then.as_ref().and_then(|at| reader.word(at, &THEN)).unwrap_or_default();
    let keeps = at.get("rows").and_then(|at| reader.word(&at, &ROWS)).unwrap_or(true);
    if keeps {
        return (share, word);
    }
    for (key, at) in [("above", above), ("then", then)] {
        if let Some(at) = at {
            let message = format!("`{key}` says nothing where `rows: fail` lets no row be refused");
            reader.blame(&codes::BAD_VALUE, &at, message, "remove one of the two");
        }
    }
    (Some(0.0), Above::Fail)
}

/// The contract under the dataset's own name, which is the name that SQL uses.
fn contract(
    reader: &mut Reader<'_>,
    entry: &Entry,
    at: &At<'_>,
    contracts: &BTreeMap<String, Arc<Dataset>>,
    place: Option<&mut Place>,
) -> Option<Arc<Dataset>> {
    let given = at.get("contract");
    let name = match &given {
        Some(given) => reader.text(given)?,
        None => entry.key.clone(),
    };
    let Some(dataset) = contracts.get(&name) else {
        let span = given.map_or(entry.key_span, |given| given.span());
        let help = did_you_mean(&name, contracts.keys().map(String::as_str))
            .unwrap_or_else(|| "write its contract under openspec/specs/, or name another with `contract:`".to_owned());
        let message = format!("there is no contract for the dataset `{name}`");
        reader.say(&codes::CONTRACT_MISSING, span, &join(&at.element, "contract"), message, help);
        return None;
    };
    if let Some(place) = place {
        place.contract = Some(name);
    }
    if dataset.name == entry.key {
        return Some(dataset.clone());
    }
    Some(Arc::new(Dataset { name: entry.key.clone(), ..Dataset::clone(dataset) }))
}

fn made(
    reader: &mut Reader<'_>,
    entry: &Entry,
    at: &At<'_>,
    around: &Surroundings<'_>,
    places: &mut super::Places,
) -> Option<Made> {
    let incremental = at.get("incremental");
    let Some(source_at) = at.get("source") else {
        let incremental = incremental.and_then(|at| incremental_from(reader, &at, places.datasets.get_mut(&entry.key)));
        return model(reader, entry, at, around.files, incremental).map(Made::Model);
    };
    if let Some(model) = at.get("model") {
        let message = format!("`{}` has both a source and a model", entry.key);
        reader.blame(
            &codes::SOURCE_AND_MODEL,
            &model,
            message,
            "keep one; to transform a source, make a second dataset with a model that reads it",
        );
    }
    if let Some(incremental) = incremental {
        let help = "leave it out: a source reads what is new by itself";
        reader.blame(&codes::MODEL_ONLY, &incremental, "`incremental` is for models".to_owned(), help);
    }
    source(reader, &source_at).map(Made::Source)
}

fn incremental_from(reader: &mut Reader<'_>, at: &At<'_>, place: Option<&mut Place>) -> Option<Incremental> {
    if !reader.map(at, &INCREMENTAL_KEYS) {
        return None;
    }
    let Some(from) = at.get("from") else {
        reader.blame(
            &codes::MISSING_KEY,
            at,
            "`incremental` needs `from`".to_owned(),
            "name the input that is narrowed to what is new",
        );
        return None;
    };
    if let Some(place) = place {
        place.incremental = Some(from.span());
    }
    reader.text(&from).map(|from| Incremental { from })
}

fn model(
    reader: &mut Reader<'_>,
    entry: &Entry,
    at: &At<'_>,
    files: &ProjectFiles,
    incremental: Option<Incremental>,
) -> Option<ModelSpec> {
    let given = at.get("model");
    let path = match &given {
        Some(given) => reader.text(given)?,
        None => format!("models/{}.sql", entry.key),
    };
    let path = path.strip_prefix("./").unwrap_or(&path).to_owned();
    if let Some(sql) = files.models.get(&path) {
        return Some(ModelSpec { path, sql: sql.clone(), inputs: Vec::new(), incremental });
    }
    let (span, message) = match &given {
        Some(given) => (given.span(), format!("there is no file {path}")),
        None => (entry.key_span, format!("`{}` has no source, and there is no file {path}", entry.key)),
    };
    // What all paths have in common would make any two of them look alike.
    let near = nearest(model_stem(&path), files.models.keys().map(|path| model_stem(path)));
    let near = near.and_then(|near| files.models.keys().find(|path| model_stem(path) == near));
    let help = match near {
        Some(path) => format!("did you mean `{path}`?"),
        None => "write the model's SELECT into this file, or give the dataset a `source`".to_owned(),
    };
    reader.say(&codes::MODEL_MISSING, span, &join(&at.element, "model"), message, help);
    None
}

fn model_stem(path: &str) -> &str {
    let file = path.rsplit('/').next().unwrap_or(path);
    file.strip_suffix(".sql").unwrap_or(file)
}

fn source(reader: &mut Reader<'_>, at: &At<'_>) -> Option<SourceSpec> {
    if !reader.map(at, &SOURCE_KEYS) {
        return None;
    }
    let Some(files_at) = at.get("files") else {
        reader.blame(
            &codes::MISSING_KEY,
            at,
            "the source has no `files`".to_owned(),
            "name the files, for example files: \"landing/orders/*.csv\"",
        );
        return None;
    };
    let files = reader.text(&files_at);
    let format = match at.get("format") {
        Some(format) => reader.word(&format, &FORMATS),
        None => files.as_deref().and_then(|files| by_ending(reader, &files_at, files)),
    };
    let options = csv(reader, at);
    if matches!(format, Some(Format::Ndjson | Format::Parquet)) {
        for key in CSV_KEYS {
            if let Some(option) = at.get(key) {
                reader.blame(
                    &codes::FORMAT_OPTION,
                    &option,
                    format!("`{key}` is an option of CSV files only"),
                    "leave it out",
                );
            }
        }
    }
    let format = match format? {
        Format::Csv => FileFormat::Csv(options),
        Format::Ndjson => FileFormat::Ndjson,
        Format::Parquet => FileFormat::Parquet,
    };
    let vanished = at.get("vanished").and_then(|at| reader.word(&at, &VANISHED)).unwrap_or_default();
    Some(SourceSpec { files: files?, format, vanished })
}

fn by_ending(reader: &mut Reader<'_>, at: &At<'_>, files: &str) -> Option<Format> {
    let lower = files.to_ascii_lowercase();
    let bare = lower.strip_suffix(".gz").unwrap_or(&lower);
    let format = ENDINGS.iter().find(|(ending, _)| bare.ends_with(ending)).map(|(_, format)| *format);
    if format.is_none() {
        let message = format!("the ending of `{files}` does not say what format the files have");
        reader.blame(&codes::FORMAT_UNCLEAR, at, message, "add format: csv, ndjson or parquet");
    }
    format
}

fn csv(reader: &mut Reader<'_>, at: &At<'_>) -> CsvOptions {
    let mut options = CsvOptions::default();
    if let Some(nulls) = at.get("null_values") {
        options.null = null_values(reader, &nulls);
    }
    if let Some(delimiter) = at.get("delimiter").and_then(|at| one_byte(reader, &at)) {
        options.delimiter = delimiter;
    }
    if let Some(quote_at) = at.get("quote")
        && let Some(quote) = one_byte(reader, &quote_at)
    {
        options.quote = quote;
        if quote == options.delimiter {
            let message = "quote and delimiter are the same".to_owned();
            reader.blame(&codes::BAD_VALUE, &quote_at, message, "give two different characters");
        }
    }
    if let Some(header) = at.get("header").and_then(|at| reader.truth(&at)) {
        options.header = header;
    }
    if let Some(encoding) = at.get("encoding").and_then(|at| reader.word(&at, &ENCODINGS)) {
        options.encoding = encoding;
    }
    options
}

/// Texts, among them the empty one; what looks like a number is taken as it is written.
fn null_values(reader: &mut Reader<'_>, at: &At<'_>) -> Vec<String> {
    if let Some(scalar) = at.node.scalar() {
        return vec![scalar.text.clone()];
    }
    if !at.node.is_seq() {
        reader.wrong_type(at, "a list of texts", "for example [\"NA\", \"\"]");
    }
    let mut values = Vec::new();
    for item in at.items() {
        match item.node.scalar() {
            Some(scalar) => values.push(scalar.text.clone()),
            None => reader.wrong_type(&item, "a text", ""),
        }
    }
    values
}

fn one_byte(reader: &mut Reader<'_>, at: &At<'_>) -> Option<u8> {
    let byte = match at.node.scalar().map(|scalar| scalar.text.as_bytes()) {
        Some([byte]) if byte.is_ascii() && !matches!(byte, b'\n' | b'\r' | 0) => Some(*byte),
        _ => None,
    };
    if byte.is_none() {
        let message = format!("`{}` must be one ASCII character, not {}", at.element, at.node.describe());
        reader.blame(&codes::BAD_VALUE, at, message, "for example \",\" or \"\\t\", in double quotes");
    }
    byte
}

fn retry(reader: &mut Reader<'_>, at: &At<'_>) -> Retry {
    let mut retry = Retry::default();
    if !reader.map(at, &RETRY_KEYS) {
        return retry;
    }
    if let Some(attempts) = at.get("attempts").and_then(|at| reader.count(&at, 1, ATTEMPTS_MAX)) {
        retry.attempts = u32::try_from(attempts).unwrap_or(u32::MAX);
    }
    if let Some(wait) = at.get("wait").and_then(|at| reader.duration(&at)) {
        retry.wait_ms = wait;
        retry.wait_ms_max = retry.wait_ms_max.max(wait);
    }
    if let Some(most) = at.get("max_wait")
        && let Some(most_ms) = reader.duration(&most)
    {
        retry.wait_ms_max = most_ms;
        if most_ms < retry.wait_ms {
            let message = format!("`max_wait` is {most_ms} ms, less than `wait` with {} ms", retry.wait_ms);
            reader.blame(
                &codes::BAD_VALUE,
                &most,
                message,
                "the first wait is `wait`, and none is longer than `max_wait`",
            );
        }
    }
    retry
}
