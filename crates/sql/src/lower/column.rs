//! The column that a rule is about: top-level, or a field of a struct written `column.field`.

use contract::{DataType, Dataset};
use datafusion::common::Column;
use datafusion::functions::core::expr_fn::get_field;
use datafusion::logical_expr::Expr;

pub(super) struct Found<'a> {
    pub name: &'a str,
    pub expr: Expr,
    pub data_type: &'a DataType,
    /// The zone of wall-clock texts in the contract, for instants.
    pub zone: Option<&'a str>,
    /// The struct that holds the field: where it is NULL there is no field to be missing.
    parent: Option<Expr>,
}

impl Found<'_> {
    pub fn missing(&self) -> Expr {
        let missing = self.expr.clone().is_null();
        match &self.parent {
            Some(parent) => parent.clone().is_not_null().and(missing),
            None => missing,
        }
    }

    /// What a rule says when it does not apply to the column's type.
    pub fn not_for_type(&self, rule: &str, wanted: &str) -> String {
        format!("{rule} applies to {wanted}, but `{}` is {}", self.name, self.data_type)
    }
}

pub(super) fn find<'a>(dataset: &'a Dataset, name: &'a str) -> Result<Found<'a>, String> {
    if let Some(column) = dataset.column(name) {
        let expr = Expr::Column(Column::new_unqualified(&column.name));
        let zone = column.time_zone.as_deref();
        return Ok(Found { name, expr, data_type: &column.data_type, zone, parent: None });
    }
    field(dataset, name).ok_or_else(|| format!("dataset `{}` has no column `{name}`", dataset.name))
}

fn field<'a>(dataset: &'a Dataset, path: &'a str) -> Option<Found<'a>> {
    let mut steps = path.split('.');
    let mut found = find(dataset, steps.next().filter(|first| *first != path)?).ok()?;
    for step in steps {
        let DataType::Struct(fields) = found.data_type else { return None };
        let field = fields.iter().find(|field| field.name == step)?;
        found.parent = Some(found.expr.clone());
        found.expr = get_field(found.expr, step);
        found.data_type = &field.data_type;
        found.zone = None;
    }
    found.name = path;
    Some(found)
}
