//! `[openlineage]` of `plimsoll.toml`.

use super::codes;
use super::fields::{At, Reader};
use crate::project::OpenLineageSettings;

pub(crate) const KEYS: [&str; 5] = ["namespace", "file", "url", "key", "timeout"];

pub(super) fn read(reader: &mut Reader<'_>, at: &At<'_>) -> OpenLineageSettings {
    let mut settings = OpenLineageSettings::default();
    if !reader.map(at, &KEYS) {
        return settings;
    }
    let mut text = |key: &str| at.get(key).and_then(|at| reader.text(&at));
    settings.namespace = text("namespace");
    settings.file = text("file");
    settings.key = text("key");
    settings.url = at.get("url").and_then(|at| url(reader, &at));
    if let Some(timeout) = at.get("timeout").and_then(|at| reader.duration(&at)) {
        settings.timeout_ms = timeout;
    }
    settings
}

fn url(reader: &mut Reader<'_>, at: &At<'_>) -> Option<String> {
    let url = reader.text(at)?;
    if ["http://", "https://", "${"].iter().any(|start| url.starts_with(start)) {
        return Some(url);
    }
    // It may have a password in it, so it is not repeated.
    let help = "write `http://host:5000/api/v1/lineage`, or take it from the environment with ${NAME}";
    reader.blame(&codes::BAD_VALUE, at, "the address of `openlineage` is not one of http or https".to_owned(), help);
    None
}
