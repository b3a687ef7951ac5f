//! `init`.

use std::path::PathBuf;

use engine::{Error, Kind, Result};

use super::DONE;
use crate::args::Args;
use crate::render;
use crate::screen::Screen;
use crate::wiring;

/// Makes what is missing and leaves everything else as it is.
pub fn init(args: &Args, screen: &mut Screen) -> Result<u8> {
    let folder = match &args.project {
        Some(folder) => folder.clone(),
        None => PathBuf::from("."),
    };
    let refused = |e: std::io::Error| {
        Error::new(Kind::Refused, format!("cannot make the project: {e}")).at(folder.display().to_string())
    };
    std::fs::create_dir_all(&folder).map_err(refused)?;
    let root = std::path::absolute(&folder).map_err(refused)?;
    let settings = root.join("plimsoll.toml");
    let history = if settings.exists() { wiring::history(&root)? } else { pipeline::change::History::default() };
    let mut adopted = app::changes::adopt(&root, &history)?;
    if !settings.exists() {
        let name = root.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        std::fs::write(&settings, settings_text(&name)).map_err(refused)?;
        adopted.written.insert(0, "plimsoll.toml".to_owned());
    }
    match screen.json {
        true => screen.document(&adopted),
        false => render::adopted(screen, &adopted),
    }
    Ok(DONE)
}

fn settings_text(name: &str) -> String {
    format!(
        "# Settings of this project; `plimsoll schema settings` describes them all.\nname = {}\n\
         # In development a name alone may decide; take this out where decisions are signed (`allowed_signers`).\n\
         environment = \"development\"\nwarehouse = \"warehouse\"\n\
         ledger = \"sqlite:.plimsoll/ledger.db\"\n",
        serde_json::Value::from(name)
    )
}
