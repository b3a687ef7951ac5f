//! `contract show`: one contract for people.

use std::collections::BTreeMap;
use std::path::Path;

use engine::Result;

use super::read;
use crate::args::ShowFormat;
use crate::render;
use crate::screen::Screen;
use crate::verbs::{BAD_INPUT, DONE};

pub fn show(screen: &mut Screen, path: &Path, format: ShowFormat) -> Result<u8> {
    let text = read(path)?;
    let loaded = contract::load(&path.display().to_string(), &text);
    let Some(contract) = &loaded.contract else {
        match screen.json {
            true => screen.document(&render::linted_json(&path.display().to_string(), &loaded)),
            false => {
                let texts = BTreeMap::from([(path.display().to_string(), text)]);
                render::diagnostics(screen, &loaded.diagnostics, &texts);
            }
        }
        return Ok(BAD_INPUT);
    };
    if screen.json {
        screen.document(&serde_json::json!({ "contract": contract.to_json(), "datasets": loaded.datasets }));
        return Ok(DONE);
    }
    let shown = match format {
        ShowFormat::Terminal => contract::show::show(contract, &loaded.datasets, screen.width),
        ShowFormat::Markdown => contract::show::markdown(contract, &loaded.datasets),
        ShowFormat::Html => contract::show::html(contract, &loaded.datasets),
    };
    screen.text(&shown);
    Ok(DONE)
}
