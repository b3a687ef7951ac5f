//! What a stage reads and makes, with their facets.

use std::collections::BTreeMap;

use contract::{Column, DataType, Dataset, Field};
use pipeline::lineage::Kind;
use pipeline::{Counts, DatasetSpec, FileRef, Made, Position, SourceSpec, Verdict, Write};
use serde_json::{Map, Value, json};

use super::facet::facet;
use super::{Context, assertions, ids};

/// What an event of the ledger says of a stage.
#[derive(Default)]
pub struct Said<'a> {
    pub version: Option<i64>,
    pub positions: Option<&'a BTreeMap<String, Position>>,
    pub files: &'a [FileRef],
    pub counts: Option<Counts>,
    pub verdicts: &'a [Verdict],
}

pub fn inputs(context: &Context<'_>, spec: &DatasetSpec, said: &Said<'_>) -> Vec<Value> {
    match &spec.made {
        Made::Source(source) => vec![files(context, spec, source, said)],
        Made::Model(model) => model.inputs.iter().map(|input| table(context, input, said)).collect(),
    }
}

/// A source's files are one dataset: the place where they land.
fn files(context: &Context<'_>, spec: &DatasetSpec, source: &SourceSpec, said: &Said<'_>) -> Value {
    let url = landing(context, &source.files);
    let (namespace, name) = ids::place(&url);
    let mut facets = data_source(context, &namespace, &url);
    facets.insert("schema".into(), schema(context, &spec.contract, |column| &column.source_name));
    if let Some(Position::Files { digest, .. }) = said.positions.and_then(|of| of.get(pipeline::position::FILES)) {
        facets.insert("version".into(), version(context, digest));
    }
    let mut input = json!({ "namespace": namespace, "name": name, "facets": facets });
    if let Some(counts) = said.counts {
        let size: u64 = said.files.iter().map(|file| file.size).sum();
        let statistics = json!({ "rowCount": counts.rows_read, "size": size, "fileCount": said.files.len() });
        let statistics = facet(context, "1-0-0/InputStatisticsInputDatasetFacet", statistics);
        input["inputFacets"] = json!({ "inputStatistics": statistics });
    }
    input
}

/// The folder that a glob looks into.
fn landing(context: &Context<'_>, files: &str) -> String {
    let plain = files.find(['*', '?', '[', '{']).map_or(files, |wild| &files[..wild]);
    let folder = if plain.len() == files.len() { plain } else { plain.rfind('/').map_or("", |end| &plain[..end]) };
    if files.contains("://") { folder.to_owned() } else { format!("{}{}", context.root_url, ids::escaped(folder)) }
}

fn table(context: &Context<'_>, name: &str, said: &Said<'_>) -> Value {
    let mut facets = of_table(context, name);
    if let Some(read) = said.positions.and_then(|of| of.get(name)).and_then(Position::version) {
        facets.insert("version".into(), version(context, &read.to_string()));
    }
    let (namespace, place) = ids::place(&table_url(context, name));
    json!({ "namespace": namespace, "name": place, "facets": facets })
}

pub fn output(context: &Context<'_>, spec: &DatasetSpec, said: &Said<'_>) -> Value {
    let mut facets = of_table(context, &spec.name);
    facets.insert("columnLineage".into(), column_lineage(context, spec));
    if let Some(number) = said.version {
        facets.insert("version".into(), version(context, &number.to_string()));
        if let Some(change) = lifecycle(spec, number) {
            let change = json!({ "lifecycleStateChange": change });
            facets.insert(
                "lifecycleStateChange".into(),
                facet(context, "1-0-1/LifecycleStateChangeDatasetFacet", change),
            );
        }
    }
    facets.extend(assertions::facets(context, &spec.contract, said));
    let (namespace, place) = ids::place(&table_url(context, &spec.name));
    let mut output = json!({ "namespace": namespace, "name": place, "facets": facets });
    if let (Some(counts), Some(_)) = (said.counts, said.version) {
        let statistics = json!({ "rowCount": counts.rows_passed, "size": counts.bytes });
        let statistics = facet(context, "1-0-2/OutputStatisticsOutputDatasetFacet", statistics);
        output["outputFacets"] = json!({ "outputStatistics": statistics });
    }
    output
}

/// Adding rows is none of the changes that the standard has a word for.
fn lifecycle(spec: &DatasetSpec, version: i64) -> Option<&'static str> {
    match (version, spec.table.write) {
        (0, _) => Some("CREATE"),
        (_, Write::Overwrite) => Some("OVERWRITE"),
        _ => None,
    }
}

fn table_url(context: &Context<'_>, name: &str) -> String {
    format!("{}{name}", context.warehouse_url)
}

fn of_table(context: &Context<'_>, name: &str) -> Map<String, Value> {
    let url = table_url(context, name);
    let mut facets = data_source(context, &ids::place(&url).0, &url);
    if let Some(spec) = context.project.datasets.get(name) {
        facets.insert("schema".into(), schema(context, &spec.contract, |column| &column.name));
    }
    facets
}

fn data_source(context: &Context<'_>, name: &str, url: &str) -> Map<String, Value> {
    let source = json!({ "name": name, "uri": url });
    Map::from_iter([("dataSource".to_owned(), facet(context, "1-0-1/DatasourceDatasetFacet", source))])
}

fn version(context: &Context<'_>, text: &str) -> Value {
    facet(context, "1-0-1/DatasetVersionDatasetFacet", json!({ "datasetVersion": text }))
}

fn schema(context: &Context<'_>, dataset: &Dataset, name: impl Fn(&Column) -> &String) -> Value {
    let fields: Vec<Value> = dataset.columns.iter().map(|column| field(name(column), &column.data_type)).collect();
    facet(context, "1-2-0/SchemaDatasetFacet", json!({ "fields": fields }))
}

fn field(name: &str, data_type: &DataType) -> Value {
    let mut field = json!({ "name": name, "type": data_type.to_string() });
    if let DataType::Struct(fields) = data_type {
        let inside = |inner: &Field| self::field(&inner.name, &inner.data_type);
        field["type"] = json!("struct");
        field["fields"] = Value::Array(fields.iter().map(inside).collect());
    }
    field
}

/// A source hands its columns on as they are; a model's come from its SQL.
fn column_lineage(context: &Context<'_>, spec: &DatasetSpec) -> Value {
    let mut fields = Map::new();
    for column in &spec.contract.columns {
        let inputs = match &spec.made {
            Made::Source(source) => {
                let (namespace, name) = ids::place(&landing(context, &source.files));
                let identity = json!([{ "type": "DIRECT", "subtype": "IDENTITY", "masking": false }]);
                vec![
                    json!({ "namespace": namespace, "name": name, "field": column.source_name, "transformations": identity }),
                ]
            }
            Made::Model(_) => sources(context, &spec.name, &column.name),
        };
        fields.insert(column.name.clone(), json!({ "inputFields": inputs }));
    }
    facet(context, "1-2-0/ColumnLineageDatasetFacet", json!({ "fields": fields }))
}

fn sources(context: &Context<'_>, dataset: &str, column: &str) -> Vec<Value> {
    let mut inputs: BTreeMap<usize, Vec<Value>> = BTreeMap::new();
    for number in context.graph.find(dataset, Some(column)) {
        for edge in context.graph.sources(number) {
            inputs.entry(edge.from).or_default().push(json!({
                "type": if edge.kind.is_direct() { "DIRECT" } else { "INDIRECT" },
                "subtype": word(edge.kind),
                "masking": edge.masking,
            }));
        }
    }
    let input = |(from, transformations): (usize, Vec<Value>)| {
        let of = context.graph.get(from)?;
        let (namespace, name) = ids::place(&table_url(context, &of.dataset));
        Some(json!({ "namespace": namespace, "name": name, "field": of.column, "transformations": transformations }))
    };
    inputs.into_iter().filter_map(input).collect()
}

fn word(kind: Kind) -> String {
    kind.word().to_uppercase()
}
