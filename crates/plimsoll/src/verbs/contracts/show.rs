//! `contract show`: one contract for people.

use std::collections::BTreeMap;
use std::path::Path;

use engine::Result;

use super::read;
use crate::render;
use crate::screen::Screen;
use crate::verbs::{BAD_INPUT, DONE};

pub fn show(screen: &mut Screen, path: &Path) -> Result<u8> {
    let text = read(path)?;
    let loaded = contract::load(&path.display().to_string(), &text);
    let Some(contract) = &loaded.contract else {
        render::diagnostics(screen, &loaded.diagnostics, &BTreeMap::from([(path.display().to_string(), text)]));
        return Ok(BAD_INPUT);
    };
    match screen.json {
        true => screen.document(&serde_json::json!({ "contract": contract.to_json(), "datasets": loaded.datasets })),
        false => {
            let shown = contract::show::show(contract, &loaded.datasets, screen.width);
            screen.text(&shown);
        }
    }
    Ok(DONE)
}
