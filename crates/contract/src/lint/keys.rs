//! Primary keys and partition columns: positions fit together.

use std::collections::HashMap;

use super::Scope;
use super::findings::Findings;
use crate::codes::{self, CodeInfo};
use crate::diagnostic::Level;
use crate::model::Property;

pub(super) fn check(scope: &Scope<'_>, findings: &mut Findings<'_>) {
    super::each_object(scope.contract, |object, path| {
        for key in [Key::PRIMARY, Key::PARTITION] {
            key.check(&object.properties, path, findings);
        }
        for (index, property) in object.properties.iter().enumerate() {
            null_in_key(property, &format!("{path}.properties[{index}]"), findings);
        }
    });
}

/// A set of columns with an order among them.
struct Key {
    code: CodeInfo,
    /// For messages: `the primary key`.
    name: &'static str,
    flag: &'static str,
    position: &'static str,
    is_part: fn(&Property) -> bool,
    place: fn(&Property) -> Option<i64>,
}

impl Key {
    const PRIMARY: Self = Self {
        code: codes::PRIMARY_KEY,
        name: "the primary key",
        flag: "primaryKey",
        position: "primaryKeyPosition",
        is_part: |property| property.primary_key == Some(true),
        place: |property| property.primary_key_position,
    };
    const PARTITION: Self = Self {
        code: codes::PARTITION_KEY,
        name: "the partition columns",
        flag: "partitioned",
        position: "partitionKeyPosition",
        is_part: |property| property.partitioned == Some(true),
        place: |property| property.partition_key_position,
    };

    fn check(&self, properties: &[Property], path: &str, findings: &mut Findings<'_>) {
        let mut taken: HashMap<i64, &str> = HashMap::new();
        let mut unplaced: Option<usize> = None;
        for (index, property) in properties.iter().enumerate() {
            let name = property.name.as_deref().unwrap_or_default();
            let is_part = (self.is_part)(property);
            let element = format!("{path}.properties[{index}].{}", self.position);
            // The standard's default for no position is -1.
            let Some(position) = (self.place)(property).filter(|position| *position != -1) else {
                unplaced = unplaced.or(is_part.then_some(index));
                continue;
            };
            if !is_part {
                let message = format!("`{name}` has a position in {} but is not part of it", self.name);
                findings.add(self.code, &element, message).help(format!("add `{}: true`", self.flag));
            } else if position < 1 {
                let message = format!("the position {position} in {} is less than 1", self.name);
                findings.add(self.code, &element, message).help("positions begin with 1");
            } else if let Some(other) = taken.insert(position, name) {
                let message = format!("`{other}` and `{name}` have the same position {position} in {}", self.name);
                findings.add(self.code, &element, message).help("give each column a position of its own");
            }
        }
        if let Some(index) = unplaced.filter(|_| !taken.is_empty()) {
            let name = properties[index].name.as_deref().unwrap_or_default();
            let message = format!("`{name}` is in {} without a position, others have one", self.name);
            let element = format!("{path}.properties[{index}].{}", self.flag);
            findings.add(self.code, &element, message).help(format!("add `{}`", self.position));
        } else {
            self.gap(properties, &taken, path, findings);
        }
    }

    /// Positions are 1, 2, 3 without a gap.
    fn gap(&self, properties: &[Property], taken: &HashMap<i64, &str>, path: &str, findings: &mut Findings<'_>) {
        let Some(missing) = (1..).take(taken.len()).find(|position| !taken.contains_key(position)) else { return };
        let beyond = properties.iter().enumerate().filter(|(_, property)| (self.is_part)(property));
        let beyond = beyond.filter_map(|(index, property)| Some((index, (self.place)(property)?)));
        let Some((index, position)) = beyond.filter(|(_, place)| *place > missing).min_by_key(|(_, place)| *place)
        else {
            return;
        };
        let message = format!("{} has a position {position} but no position {missing}", self.name);
        let element = format!("{path}.properties[{index}].{}", self.position);
        findings.add(self.code, &element, message).help("number the columns from 1 without a gap");
    }
}

fn null_in_key(property: &Property, element: &str, findings: &mut Findings<'_>) {
    if property.primary_key != Some(true) {
        return;
    }
    let name = property.name.as_deref().unwrap_or_default();
    if property.required == Some(false) {
        let message = format!("`{name}` is part of the primary key, so it cannot be NULL");
        // Generators write defaults out, so this alone is no mistake.
        let added = findings.add(codes::PRIMARY_KEY, &format!("{element}.required"), message);
        added.level(Level::Info).help("remove `required: false`");
    }
    if crate::compile::is_computed(property) {
        let message = format!("`{name}` is computed, so it cannot be part of the primary key");
        findings.add(codes::PRIMARY_KEY, &format!("{element}.primaryKey"), message).help("remove `primaryKey`");
    }
    if property.deprecated == Some(true) {
        let message = format!("`{name}` is part of the primary key, and deprecated");
        findings.add(codes::DEPRECATED_IN_USE, &format!("{element}.deprecated"), message).level(Level::Warning);
    }
}
