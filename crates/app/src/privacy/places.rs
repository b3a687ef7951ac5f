//! Where columns stand in the texts of a project: looked up only for what there is something to say about.

use std::collections::BTreeMap;

use contract::{Contract, Span};
use pipeline::lineage::ColumnRef;
use pipeline::{Made, Project};

/// The texts of a project.
pub struct Places<'a> {
    pub texts: &'a BTreeMap<String, String>,
    /// Contract files by the contract's own dataset name.
    pub contracts: &'a BTreeMap<String, String>,
}

impl Places<'_> {
    /// The property in the contract.
    pub fn column(&self, project: &Project, of: &ColumnRef) -> (String, Span) {
        let found = self.contract(project, &of.dataset).and_then(|(path, name, contract)| {
            let schema = &contract.document.schema;
            let object = schema.iter().position(|object| object.name.as_deref() == Some(name.as_str()))?;
            let properties = &schema.get(object)?.properties;
            let property = properties.iter().position(|property| property.name.as_deref() == Some(&of.column))?;
            let span = contract.span_of(&format!("schema[{object}].properties[{property}].name"));
            Some((path, span))
        });
        found.unwrap_or_else(|| self.dataset(project, &of.dataset))
    }

    /// The dataset in its pipeline.
    pub fn dataset(&self, project: &Project, name: &str) -> (String, Span) {
        match project.places.datasets.get(name) {
            Some(place) => (place.path.clone(), place.name),
            None => (String::new(), Span::default()),
        }
    }

    /// The SQL file and the line that make the column of a model.
    pub fn made(&self, project: &Project, of: &ColumnRef) -> Option<(String, u32)> {
        let Made::Model(model) = &project.datasets.get(&of.dataset)?.made else { return None };
        let catalog = sql::Catalog::new(project.datasets.values().map(|spec| spec.contract.as_ref()));
        let analysis = sql::analyse(&model.path, &model.sql, &catalog).ok()?;
        let output = analysis.output.iter().find(|output| output.name.eq_ignore_ascii_case(&of.column))?;
        Some((model.path.clone(), output.span.line))
    }

    /// The contract's file, the dataset's name in it, and the contract.
    fn contract(&self, project: &Project, dataset: &str) -> Option<(String, String, Contract)> {
        let name = project.places.datasets.get(dataset)?.contract.clone()?;
        let path = self.contracts.get(&name)?;
        let (contract, _) = Contract::read(self.texts.get(path)?);
        Some((path.clone(), name, contract?))
    }
}
