//! `keys`.

use engine::Result;
use pipeline::privacy::KeySource;

use super::{DONE, FAILED, blocking, who};
use crate::args::{Args, KeysVerb};
use crate::render;
use crate::screen::Screen;
use crate::wiring;

pub fn keys(args: &Args, screen: &mut Screen, verb: &KeysVerb) -> Result<u8> {
    match verb {
        KeysVerb::New => {
            screen.text(&format!("{}\n", engine::keys::Key::fresh()));
            Ok(DONE)
        }
        KeysVerb::List => list(args, screen),
        KeysVerb::Rotate { from, to, who: given } => {
            let app = wiring::app(wiring::workspace(args)?)?;
            let report = blocking(app.rotate_keys(from, to.as_deref(), &who(given.as_deref())?))?;
            match screen.json {
                true => screen.document(&report),
                false => render::rotated(screen, &report),
            }
            Ok(DONE)
        }
    }
}

fn list(args: &Args, screen: &mut Screen) -> Result<u8> {
    let workspace = wiring::workspace(args)?;
    let privacy = &workspace.project.settings.privacy;
    let keys = wiring::keys(&workspace);
    let mut usable = true;
    let mut rows = Vec::new();
    for (id, source) in &privacy.keys {
        let source = match source {
            KeySource::Environment(name) => format!("env {name}"),
            KeySource::File(path) => format!("file {path}"),
            KeySource::Command(command) => format!("command {command}"),
        };
        let found = keys.get(id);
        usable &= found.is_ok();
        rows.push(serde_json::json!({
            "id": id,
            "source": source,
            "present": privacy.key.as_ref() == Some(id),
            "check": found.as_ref().ok().map(|key| key.check()),
            "error": found.as_ref().err().map(ToString::to_string),
        }));
    }
    match screen.json {
        true => screen.document(&serde_json::json!({ "keys": rows })),
        false => render::keys(screen, &rows),
    }
    Ok(if usable { DONE } else { FAILED })
}
