//! Primary keys and partition columns: positions fit together.

use std::collections::HashMap;

use super::findings::Findings;
use crate::codes;
use crate::model::{Contract, Property};

pub(super) fn check(contract: &Contract, findings: &mut Findings<'_>) {
    super::each_object(contract, |object, path| {
        primary_key(&object.properties, path, findings);
        partitions(&object.properties, path, findings);
    });
}

fn primary_key(properties: &[Property], path: &str, findings: &mut Findings<'_>) {
    let mut positions: HashMap<i64, &str> = HashMap::new();
    for (index, property) in properties.iter().enumerate() {
        let name = property.name.as_deref().unwrap_or_default();
        let is_key = property.primary_key == Some(true);
        if !is_key && property.primary_key_position.is_none() {
            continue;
        }
        let element = format!("{path}.properties[{index}]");
        if is_key && property.required == Some(false) {
            let message = format!("`{name}` is part of the primary key, so it cannot be NULL");
            findings.add(codes::PRIMARY_KEY, &format!("{element}.required"), message).help("remove `required: false`");
        }
        // The standard's default for no position is -1.
        let Some(position) = property.primary_key_position.filter(|position| *position != -1) else { continue };
        let element = format!("{element}.primaryKeyPosition");
        if !is_key {
            let message = format!("`{name}` has a position in the primary key but is not part of it");
            findings.add(codes::PRIMARY_KEY, &element, message).help("add `primaryKey: true`");
        } else if position < 1 {
            findings.add(codes::PRIMARY_KEY, &element, "positions in the primary key begin with 1");
        } else if let Some(other) = positions.insert(position, name) {
            let message = format!("`{other}` and `{name}` have the same position {position} in the primary key");
            findings.add(codes::PRIMARY_KEY, &element, message);
        }
    }
}

fn partitions(properties: &[Property], path: &str, findings: &mut Findings<'_>) {
    let mut positions: HashMap<i64, &str> = HashMap::new();
    for (index, property) in properties.iter().enumerate() {
        let name = property.name.as_deref().unwrap_or_default();
        let Some(position) = property.partition_key_position.filter(|position| *position != -1) else { continue };
        let element = format!("{path}.properties[{index}].partitionKeyPosition");
        if property.partitioned != Some(true) {
            let message = format!("`{name}` has a position among the partition columns but is none");
            findings.add(codes::PRIMARY_KEY, &element, message).help("add `partitioned: true`");
        } else if let Some(other) = positions.insert(position, name) {
            let message =
                format!("`{other}` and `{name}` have the same position {position} among the partition columns");
            findings.add(codes::PRIMARY_KEY, &element, message);
        }
    }
}
