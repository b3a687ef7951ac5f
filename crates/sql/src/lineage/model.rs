//! Which columns of which datasets each column of a model comes from.

use contract::Dataset;

use super::dialect::Dialect;
use super::flow::{Direct, Flow, Indirect, Leaves, Steer, tidy_steers};
use super::schemas::{Known, Named, Schemas};
use super::{Options, on_deep_stack, script, typed};
use crate::analyse::{Catalog, planned_model};

/// The lineage of one model.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct ModelLineage {
    pub how: How,
    pub columns: Vec<ModelColumn>,
}

/// By which of the two resolvers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum How {
    /// From the planned query, with every name and type known.
    Typed,
    /// From the text alone, because it could not be planned.
    #[default]
    Syntactic,
}

impl How {
    pub fn word(self) -> &'static str {
        match self {
            How::Typed => "typed",
            How::Syntactic => "syntactic",
        }
    }
}

#[derive(Debug, Clone, PartialEq, Default)]
pub struct ModelColumn {
    pub name: String,
    pub direct: Vec<ColumnUse<Direct>>,
    pub indirect: Vec<ColumnUse<Indirect>>,
    /// Columns that nothing is known to have.
    pub unresolved: Vec<String>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ColumnUse<K> {
    pub dataset: String,
    pub column: String,
    pub kind: K,
    pub masks: bool,
}

/// What a model's SQL makes its columns of. `catalog` and `datasets` are the same contracts, typed and by name.
pub fn model<'d>(
    path: &str,
    sql: &str,
    catalog: &Catalog,
    datasets: impl IntoIterator<Item = &'d Dataset>,
) -> ModelLineage {
    let datasets: Vec<&Dataset> = datasets.into_iter().collect();
    on_deep_stack(|| match planned_model(path, sql, catalog) {
        Ok(plan) => {
            let (leaves, columns) = typed::columns(&plan);
            let columns = columns.into_iter().map(|(name, flow, rows)| model_column(&leaves, name, &flow, &rows));
            ModelLineage { how: How::Typed, columns: columns.collect() }
        }
        Err(_) => syntactic(sql, &names(datasets)),
    })
}

pub fn names<'d>(datasets: impl IntoIterator<Item = &'d Dataset>) -> Schemas {
    let named = |text: &String| Named { text: text.clone(), key: Dialect::Generic.plain_key(text) };
    let mut schemas = Schemas::default();
    for dataset in datasets {
        schemas.put(Known {
            text: dataset.name.clone(),
            path: vec![Dialect::Generic.plain_key(&dataset.name)],
            columns: dataset.columns.iter().map(|column| named(&column.name)).collect(),
        });
    }
    schemas
}

fn syntactic(sql: &str, schemas: &Schemas) -> ModelLineage {
    let options = Options { dialect: Dialect::Generic, schemas: schemas.clone() };
    let script = script::follow(sql, &options);
    let columns = script.statements.first().map(|statement| statement.columns.as_slice()).unwrap_or_default();
    let column = |column: &script::OutputColumn| {
        model_column(&script.leaves, column.name.text.clone(), &column.flow, &column.rows)
    };
    ModelLineage { how: How::Syntactic, columns: columns.iter().map(column).collect() }
}

fn model_column(leaves: &Leaves, name: String, flow: &Flow, rows: &[Steer]) -> ModelColumn {
    let mut column = ModelColumn { name, ..ModelColumn::default() };
    for source in &flow.direct {
        match place(leaves, source.leaf) {
            Ok((dataset, of)) => {
                column.direct.push(ColumnUse { dataset, column: of, kind: source.kind, masks: source.masks });
            }
            Err(unknown) => column.unresolved.push(unknown),
        }
    }
    let mut steers: Vec<Steer> = flow.indirect.iter().chain(rows).copied().collect();
    tidy_steers(&mut steers);
    for steer in steers {
        if let Ok((dataset, of)) = place(leaves, steer.leaf) {
            column.indirect.push(ColumnUse { dataset, column: of, kind: steer.kind, masks: steer.masks });
        }
    }
    column
}

/// The dataset and column, or the name of what has no place.
fn place(leaves: &Leaves, leaf: super::flow::Leaf) -> Result<(String, String), String> {
    let column = leaves.column_of(leaf);
    let table = column.table.map(|table| leaves.table_of(table));
    match table {
        Some(table) if table.known && column.column != "*" => Ok((table.text.clone(), column.column.clone())),
        _ => Err(column.column.clone()),
    }
}

#[cfg(test)]
mod tests;
