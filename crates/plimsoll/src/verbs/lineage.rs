//! `lineage`: which columns a column comes from.

use std::io::Read;
use std::path::Path;

use app::lineage::{Dialect, Options, Schemas, follow};
use engine::{Error, Kind, Result};
use pipeline::lineage::{Coverage, Graph, Reach};

use super::{DONE, FAILED, blocking};
use crate::args::{Args, GraphArgs, GraphFormat, LineageArgs, LineageVerb, SqlArgs};
use crate::render::{self, Grows};
use crate::screen::Screen;
use crate::wiring;

/// A script is held in memory as a whole.
const SCRIPT_BYTES_MAX: u64 = 256 << 20;

pub fn lineage(args: &Args, screen: &mut Screen, of: &LineageArgs) -> Result<u8> {
    match &of.verb {
        Some(LineageVerb::Sql(sql)) => script(screen, sql),
        Some(LineageVerb::Send) => send(args, screen),
        None if of.graph.run.is_some() || of.graph.published.is_some() => published(args, screen, &of.graph),
        None => project(args, screen, &of.graph),
    }
}

/// Of the models of a project; also of one with mistakes, as far as it is understood.
fn project(args: &Args, screen: &mut Screen, of: &GraphArgs) -> Result<u8> {
    let workspace = wiring::workspace(args)?;
    let lineage = app::lineage::project(&workspace);
    let columns = match &of.target {
        Some(target) => lineage.columns(target)?,
        None => (0..lineage.graph.columns().len()).collect(),
    };
    let upstream = of.upstream || !of.downstream;
    let reach = Reach { upstream, downstream: of.downstream, depth: of.depth, direct_only: of.direct };
    let part = lineage.graph.part(&columns, reach);
    let names = columns.iter().filter_map(|column| lineage.graph.get(*column));
    let roots: Vec<usize> = names.flat_map(|name| part.find(&name.dataset, Some(&name.column))).collect();
    let format = if screen.json { GraphFormat::Json } else { of.format };
    let title = of.target.clone().unwrap_or_else(|| workspace.project.settings.name.clone());
    match format {
        GraphFormat::Json => screen.document(&graph_json(&part, &roots, &lineage.coverage)),
        GraphFormat::Text => {
            if upstream {
                screen.text(&render::tree(&part, &roots, Grows::Up));
            }
            if of.downstream {
                screen.text(&render::tree(&part, &roots, Grows::Down));
            }
        }
        GraphFormat::Dot => screen.text(&render::dot(&part)),
        GraphFormat::Mermaid => screen.text(&render::mermaid(&part)),
        GraphFormat::Svg => screen.text(&render::svg(&part)),
        GraphFormat::Html => screen.text(&render::page(&part, &format!("Lineage of {title}"))),
    }
    Ok(DONE)
}

/// What a server did not take while a run went on.
fn send(args: &Args, screen: &mut Screen) -> Result<u8> {
    let app = wiring::app(wiring::workspace(args)?)?;
    let told = blocking(app.send_lineage())?;
    if screen.json {
        screen.document(&serde_json::json!({ "openlineage": told }));
    } else {
        for one in &told {
            screen.line(format!("{}: {} delivered", one.recipient, render::of(one.delivered, "event")));
        }
        render::told(screen, &told);
    }
    let all = told.iter().all(|one| one.waiting + one.refused == 0 && one.problem.is_none());
    Ok(if all { DONE } else { FAILED })
}

/// Of what was really published, by the ledger.
fn published(args: &Args, screen: &mut Screen, of: &GraphArgs) -> Result<u8> {
    let json = screen.json || of.format == GraphFormat::Json;
    if !json && of.format != GraphFormat::Text {
        return Err(Error::new(Kind::Input, "what was published is told as text or JSON").help("leave --format out"));
    }
    let app = wiring::app(wiring::workspace(args)?)?;
    if let Some(run) = &of.run {
        let lineage = blocking(app.run_lineage(run))?;
        match json {
            true => screen.document(&lineage),
            false => render::origin::run(screen, &lineage),
        }
        return Ok(DONE);
    }
    let dataset = of.target.clone().ok_or_else(|| {
        Error::new(Kind::Input, "a dataset is required with --published").help("plimsoll lineage DATASET --published")
    })?;
    let origin = blocking(app.origin(&dataset, of.published.flatten()))?;
    match json {
        true => screen.document(&serde_json::json!({
            "of": { "dataset": dataset, "version": origin.versions.first().map(|first| first.version) },
            "files": origin.files().iter().map(|(dataset, file)| serde_json::json!({ "dataset": dataset, "file": file })).collect::<Vec<_>>(),
            "contracts": origin.contracts().iter().map(|(dataset, contract)| serde_json::json!({ "dataset": dataset, "contract": contract })).collect::<Vec<_>>(),
            "versions": origin.versions,
            "unknown": origin.unknown,
            "left_out": origin.left_out,
        })),
        false => render::origin::version(screen, &origin),
    }
    Ok(DONE)
}

fn graph_json(graph: &Graph, roots: &[usize], coverage: &Coverage) -> serde_json::Value {
    let name = |column: usize| graph.get(column);
    let edges: Vec<serde_json::Value> = graph
        .edges()
        .map(|edge| {
            serde_json::json!({
                "from": name(edge.from),
                "to": name(edge.to),
                "type": if edge.kind.is_direct() { "direct" } else { "indirect" },
                "kind": edge.kind.word(),
                "masking": edge.masking,
            })
        })
        .collect();
    serde_json::json!({
        "of": roots.iter().map(|column| name(*column)).collect::<Vec<_>>(),
        "columns": graph.columns().collect::<Vec<_>>(),
        "edges": edges,
        "coverage": coverage,
    })
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
