//! `lineage`: which columns a column comes from.

use std::io::Read;
use std::path::Path;

use app::lineage::{Dialect, Options, Schemas, follow};
use engine::{Error, Kind, Result};

use super::{DONE, FAILED};
use crate::args::{LineageArgs, LineageVerb, SqlArgs};
use crate::render;
use crate::screen::Screen;

/// A script is held in memory as a whole.
const SCRIPT_BYTES_MAX: u64 = 256 << 20;

pub fn lineage(screen: &mut Screen, args: &LineageArgs) -> Result<u8> {
    match &args.verb {
        LineageVerb::Sql(sql) => script(screen, sql),
    }
}

fn script(screen: &mut Screen, args: &SqlArgs) -> Result<u8> {
    let dialect = Dialect::named(&args.dialect).ok_or_else(|| unknown_dialect(&args.dialect))?;
    let schemas = match &args.schema {
        Some(path) => {
            let place = path.display().to_string();
            let text = text(read(path)?, &place)?;
            Schemas::from_json(&text, dialect).map_err(|error| {
                Error::new(Kind::Input, format!("the schemas cannot be read: {error}"))
                    .at(place)
                    .help("write {\"table\": [\"column\", …]} or {\"table\": {\"column\": \"type\", …}}")
            })?
        }
        None => Schemas::default(),
    };
    let sql = match &args.path {
        Some(path) => text(read(path)?, &path.display().to_string())?,
        None => text(standard_input()?, "standard input")?,
    };
    let options = Options { dialect, schemas };
    let json = screen.json;
    let (complete, printed) = follow(&sql, &options, |script| {
        let report = script.report();
        (
            script.is_complete(),
            if json { serde_json::to_string_pretty(&report).ok() } else { Some(render::script(&report)) },
        )
    });
    match printed {
        Some(printed) => screen.text(&printed),
        None => return Err(Error::new(Kind::Bug, "the report is not JSON")),
    }
    Ok(if complete { DONE } else { FAILED })
}

fn unknown_dialect(name: &str) -> Error {
    let names: Vec<&str> = Dialect::names().collect();
    Error::new(Kind::Input, format!("unknown dialect `{name}`")).help(format!("one of {}", names.join(", ")))
}

fn read(path: &Path) -> Result<Vec<u8>> {
    let refuse = |error: std::io::Error| {
        Error::new(Kind::Input, format!("cannot read the file: {error}")).at(path.display().to_string())
    };
    limited(std::fs::File::open(path).map_err(refuse)?).map_err(refuse)
}

fn standard_input() -> Result<Vec<u8>> {
    limited(std::io::stdin().lock())
        .map_err(|error| Error::new(Kind::Input, format!("cannot read standard input: {error}")))
}

fn limited(reader: impl Read) -> std::io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    reader.take(SCRIPT_BYTES_MAX + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > SCRIPT_BYTES_MAX {
        return Err(std::io::Error::other(format!("it is longer than {} MB", SCRIPT_BYTES_MAX >> 20)));
    }
    Ok(bytes)
}

fn text(bytes: Vec<u8>, place: &str) -> Result<String> {
    let text = String::from_utf8(bytes).map_err(|error| {
        let at = error.utf8_error().valid_up_to();
        Error::new(Kind::Input, format!("{place} is not UTF-8 text: byte {at} is not a part of a character"))
            .help("save it as UTF-8")
    })?;
    Ok(text.strip_prefix('\u{feff}').map(str::to_owned).unwrap_or(text))
}
