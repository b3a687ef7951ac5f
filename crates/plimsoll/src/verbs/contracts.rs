//! `contract` and `schema`: contracts alone, without a project.

mod bump;
mod diff;
mod lint;
mod show;
mod test;

use std::path::Path;

use engine::{Error, Kind, Result};

use super::DONE;
use crate::args::{ContractVerb, SchemaOf};
use crate::screen::Screen;

pub fn contract(screen: &mut Screen, verb: &ContractVerb) -> Result<u8> {
    match verb {
        ContractVerb::Lint(options) => lint::lint(screen, options),
        ContractVerb::Diff(args) => diff::diff(screen, args),
        ContractVerb::Bump { path, against, write } => bump::bump(screen, path, against, *write),
        ContractVerb::Test(args) => test::test(screen, args),
        ContractVerb::Show { path, format } => show::show(screen, path, *format),
        ContractVerb::Schema => schema(screen, SchemaOf::Contract),
        ContractVerb::New { id, datasets } => {
            let names: Vec<&str> = match datasets.is_empty() {
                true => vec![id.as_str()],
                false => datasets.iter().map(String::as_str).collect(),
            };
            screen.text(&contract::starter::starter(id, &names));
            Ok(DONE)
        }
    }
}

pub fn schema(screen: &mut Screen, of: SchemaOf) -> Result<u8> {
    screen.document(&match of {
        SchemaOf::Settings => pipeline::schema::settings(),
        SchemaOf::Pipeline => pipeline::schema::pipeline(),
        SchemaOf::Contract => contract::schema::json_schema(),
        SchemaOf::Gate => app::gates::schema(),
    });
    Ok(DONE)
}

fn read(path: &Path) -> Result<String> {
    let bytes = std::fs::read(path).map_err(|e| {
        Error::new(Kind::Input, format!("cannot read the contract: {e}")).at(path.display().to_string())
    })?;
    String::from_utf8(bytes).map_err(|_| {
        Error::new(Kind::Input, "the contract is not UTF-8 text")
            .at(path.display().to_string())
            .help("save it as UTF-8")
    })
}
