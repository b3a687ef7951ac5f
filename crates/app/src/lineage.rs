//! Which columns a column comes from: of any SQL script, and of all models of a project.

use contract::Dataset;
use engine::{Error, Kind as ErrorKind, Result};
use pipeline::Made;
use pipeline::lineage::{ColumnRef, Coverage, Edge, Graph, Kind, Untraced};
use sql::lineage::{Direct, Indirect, ModelColumn};

pub use sql::lineage::{Column, Dependence, Dialect, End, Options, Report, Schemas, Script, Statement, follow};

use crate::Workspace;

/// The columns of a project's datasets and where they come from.
#[derive(Debug, Clone, Default)]
pub struct ProjectLineage {
    pub graph: Graph,
    pub coverage: Coverage,
}

/// Follows all models, and joins them across the datasets; once for each workspace.
pub fn project(workspace: &Workspace) -> &ProjectLineage {
    workspace.lineage.get_or_init(|| of(&workspace.project))
}

/// The same, of a project that is not a workspace yet.
pub(crate) fn of(project: &pipeline::Project) -> ProjectLineage {
    let datasets: Vec<&Dataset> = project.datasets.values().map(|spec| spec.contract.as_ref()).collect();
    let catalog = sql::Catalog::new(datasets.iter().copied());
    let mut lineage = ProjectLineage::default();
    for dataset in &datasets {
        for column in &dataset.columns {
            lineage.graph.column(&dataset.name, &column.name);
        }
    }
    for spec in project.datasets.values() {
        let Made::Model(model) = &spec.made else { continue };
        let found = sql::lineage::model(&model.path, &model.sql, &catalog, datasets.iter().copied());
        for column in &spec.contract.columns {
            lineage.coverage.columns += 1;
            let of = ColumnRef { dataset: spec.name.clone(), column: column.name.clone() };
            let made = found.columns.iter().find(|made| made.name.eq_ignore_ascii_case(&column.name));
            match untraced(made) {
                Some(reason) => lineage.coverage.untraced.push(Untraced { of, reason }),
                None => lineage.coverage.traced += 1,
            }
            if let Some(made) = made {
                edges(&mut lineage.graph, &spec.name, &column.name, made);
            }
        }
    }
    lineage
}

fn untraced(made: Option<&ModelColumn>) -> Option<String> {
    let Some(made) = made else { return Some("the SQL does not make it".to_owned()) };
    let first = made.unresolved.first()?;
    Some(format!("no contract has `{first}`"))
}

fn edges(graph: &mut Graph, dataset: &str, column: &str, made: &ModelColumn) {
    let to = graph.column(dataset, column);
    for of in &made.direct {
        let from = graph.column(&of.dataset, &of.column);
        let kind = match of.kind {
            Direct::Identity => Kind::Identity,
            Direct::Transformation => Kind::Transformation,
            Direct::Aggregation => Kind::Aggregation,
        };
        graph.edge(Edge { from, to, kind, masking: of.masks });
    }
    for of in &made.indirect {
        let from = graph.column(&of.dataset, &of.column);
        let kind = match of.kind {
            Indirect::Join => Kind::Join,
            Indirect::Filter => Kind::Filter,
            Indirect::GroupBy => Kind::GroupBy,
            Indirect::Sort => Kind::Sort,
            Indirect::Window => Kind::Window,
            Indirect::Conditional => Kind::Conditional,
        };
        graph.edge(Edge { from, to, kind, masking: of.masks });
    }
}

impl ProjectLineage {
    /// The columns that `DATASET` or `DATASET.COLUMN` names; a dataset's own name may have dots.
    pub fn columns(&self, target: &str) -> Result<Vec<usize>> {
        let whole = self.graph.find(target, None);
        if !whole.is_empty() {
            return Ok(whole);
        }
        let datasets = self.graph.by_dataset();
        let Some((dataset, column)) = target.rsplit_once('.').filter(|(dataset, _)| datasets.contains_key(dataset))
        else {
            let names: Vec<&str> = datasets.keys().copied().collect();
            return Err(Error::new(ErrorKind::Input, format!("there is no dataset `{target}`"))
                .help(format!("the project has: {}", names.join(", "))));
        };
        let found = self.graph.find(dataset, Some(column));
        if found.is_empty() {
            let numbers = self.graph.find(dataset, None);
            let names: Vec<&str> =
                numbers.iter().filter_map(|number| Some(self.graph.get(*number)?.column.as_str())).collect();
            return Err(Error::new(ErrorKind::Input, format!("dataset `{dataset}` has no column `{column}`"))
                .help(format!("it has: {}", names.join(", "))));
        }
        Ok(found)
    }
}
