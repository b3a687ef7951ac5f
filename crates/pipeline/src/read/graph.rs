//! How the datasets hang together, once the inputs of the models are known.

use contract::{Diagnostic, Span};

use super::fields::{Reader, did_you_mean, suggest};
use super::{Place, codes};
use crate::plan::cycles;
use crate::project::{DatasetSpec, Incremental, Made, ModelSpec, Project};
use crate::table::{PartitionBy, Transform, Write};

/// Circles, missing inputs, and increments that cannot be taken. To be called after [`Project::set_inputs`].
pub fn check_graph(project: &Project) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    for spec in project.datasets.values() {
        let place = project.places.datasets.get(&spec.name).cloned().unwrap_or_default();
        if let Made::Model(model) = &spec.made {
            inputs(project, spec, model, &place, &mut found);
            if let Some(incremental) = &model.incremental {
                increment(project, spec, model, incremental, &place, &mut found);
            }
        }
    }
    for circle in cycles(project) {
        let place = circle.first().and_then(|name| project.places.datasets.get(name)).cloned().unwrap_or_default();
        let names = circle.iter().chain(circle.first()).map(String::as_str).collect::<Vec<_>>().join(" -> ");
        let message = format!("datasets need each other in a circle: {names}");
        say(
            &mut found,
            &place,
            place.name,
            &codes::CYCLE,
            message,
            "break it: one of them must not read, or refer to, the next",
        );
    }
    found
}

fn inputs(project: &Project, spec: &DatasetSpec, model: &ModelSpec, place: &Place, found: &mut Vec<Diagnostic>) {
    for input in &model.inputs {
        if *input == spec.name {
            let message = format!("{} reads `{input}`, the dataset that it makes", model.path);
            let help = "a model cannot read its own result; merge into it, or read the dataset that it comes from";
            say(found, place, place.name, &codes::CYCLE, message, help);
        } else if !project.places.datasets.contains_key(input) {
            let message = format!("{} reads `{input}`, which no pipeline has", model.path);
            let help = did_you_mean(input, project.datasets.keys().map(String::as_str))
                .unwrap_or_else(|| format!("add `{input}` to a pipeline"));
            say(found, place, place.name, &codes::INPUT_MISSING, message, &help);
        }
    }
}

fn increment(
    project: &Project,
    spec: &DatasetSpec,
    model: &ModelSpec,
    incremental: &Incremental,
    place: &Place,
    found: &mut Vec<Diagnostic>,
) {
    let from = &incremental.from;
    let span = place.incremental.unwrap_or(place.name);
    if !model.inputs.contains(from) {
        // Without any input the SQL could not be read, and that is said elsewhere.
        if !model.inputs.is_empty() {
            let help = suggest(from, model.inputs.iter().map(String::as_str));
            let message = format!("`{from}` is not an input of {}", model.path);
            say(found, place, span, &codes::INCREMENTAL_INPUT, message, &help);
        }
        return;
    }
    let Some(input) = project.datasets.get(from).filter(|_| spec.table.write == Write::ReplacePartitions) else {
        return;
    };
    if input.table.partition_by.is_empty() {
        let message = format!("`{from}` has no partitions, so which of them were touched cannot be told");
        let help = format!("add partition_by to the table of `{from}`, or leave `incremental` out");
        say(found, place, span, &codes::INCREMENTAL_UNPARTITIONED, message, &help);
        return;
    }
    let torn = input.table.partition_by.iter().find(|input| !held(input, &spec.table.partition_by));
    if let Some(torn) = torn.filter(|_| !spec.table.partition_by.is_empty()) {
        let message = format!(
            "rows of one partition of `{}` may come from several partitions `{}` of `{from}`, of which only the touched ones are read",
            spec.name,
            torn.name()
        );
        let help = "partition the result by the same column as the input, and at least as finely";
        say(found, place, place.partition_by.unwrap_or(span), &codes::PARTITIONS_TORN, message, help);
    }
}

/// Whether all rows of one partition of the result agree in this partition column of the input.
fn held(input: &PartitionBy, result: &[PartitionBy]) -> bool {
    result.iter().any(|result| result.column == input.column && as_fine(&result.transform, &input.transform))
}

fn as_fine(result: &Transform, input: &Transform) -> bool {
    let rank = |transform: &Transform| match transform {
        Transform::Hour => Some(0),
        Transform::Day => Some(1),
        Transform::Month => Some(2),
        Transform::Year => Some(3),
        Transform::Identity | Transform::Bucket(_) | Transform::Range(_) => None,
    };
    match (rank(result), rank(input)) {
        (Some(result), Some(input)) => result <= input,
        _ => result == input || *result == Transform::Identity,
    }
}

fn say(found: &mut Vec<Diagnostic>, place: &Place, span: Span, code: &contract::CodeInfo, message: String, help: &str) {
    Reader { path: &place.path, found }.say(code, span, "datasets", message, help);
}
