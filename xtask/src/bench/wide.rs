//! A generated project with many models, each over a source or an earlier model, all with contracts.

use std::fmt::Write;
use std::path::Path;

use anyhow::Result;

const SOURCES: usize = 10;
const ROWS: usize = 10;
/// Models per contract file.
const MODELS_PER_FILE: usize = 50;

pub fn generate(folder: &Path, models: usize) -> Result<()> {
    let _ = std::fs::remove_dir_all(folder);
    for name in ["landing", "models", "pipelines", "openspec/specs/wide"] {
        std::fs::create_dir_all(folder.join(name))?;
    }
    std::fs::write(folder.join("plimsoll.toml"), "name = \"wide\"\n")?;
    let mut pipeline = String::from("pipeline: wide\ndatasets:\n");
    for number in 0..SOURCES {
        writeln!(pipeline, "  s{number}:\n    source: {{ files: \"landing/s{number}.csv\" }}")?;
        std::fs::write(folder.join(format!("landing/s{number}.csv")), rows(number))?;
    }
    for number in 0..models {
        writeln!(pipeline, "  m{number}: {{}}")?;
        std::fs::write(folder.join(format!("models/m{number}.sql")), model(number))?;
    }
    std::fs::write(folder.join("pipelines/wide.yaml"), pipeline)?;
    let sources: Vec<String> = (0..SOURCES).map(|number| format!("s{number}")).collect();
    write_contract(folder, "sources", &sources)?;
    let names: Vec<String> = (0..models).map(|number| format!("m{number}")).collect();
    for (index, names) in names.chunks(MODELS_PER_FILE).enumerate() {
        write_contract(folder, &format!("models_{index}"), names)?;
    }
    Ok(())
}

/// The first models read sources, the others join a model of about half their number with a source.
fn model(number: usize) -> String {
    let source = number % SOURCES;
    if number < 2 * SOURCES {
        return format!("SELECT id, upper(name) AS name, amount * 2 AS amount FROM s{source}\n");
    }
    let earlier = number / 2;
    format!(
        "SELECT s{source}.id, s{source}.name, m{earlier}.amount + s{source}.amount AS amount\n\
         FROM s{source} JOIN m{earlier} ON m{earlier}.id = s{source}.id\nWHERE s{source}.amount >= 0\n"
    )
}

fn rows(number: usize) -> String {
    let row = |id: usize| format!("{id},name {id},{}\n", id * number);
    std::iter::once("id,name,amount\n".to_string()).chain((0..ROWS).map(row)).collect()
}

fn write_contract(folder: &Path, file: &str, names: &[String]) -> Result<()> {
    let mut text = format!(
        "apiVersion: v3.2.0\nkind: DataContract\nid: urn:plimsoll:bench:wide:{file}\nname: {file}\nversion: 1.0.0\nstatus: active\nschema:\n"
    );
    for name in names {
        write!(text, "  - name: {name}\n    logicalType: object\n    properties:\n{PROPERTIES}")?;
    }
    std::fs::write(folder.join(format!("openspec/specs/wide/{file}.odcs.yaml")), text)?;
    Ok(())
}

const PROPERTIES: &str = "      - name: id
        logicalType: integer
        logicalTypeOptions: { format: i64, minimum: 0 }
        required: true
      - name: name
        logicalType: string
      - name: amount
        logicalType: integer
        logicalTypeOptions: { format: i64 }
";
