//! "Did you mean": the known word that is nearest to a wrong one.

/// Fields that other standards and older versions have, and what they are here.
const OTHER_NAMES: &[(&str, &str)] = &[
    ("columns", "properties"),
    ("fields", "properties"),
    ("dataset", "schema"),
    ("datasets", "schema"),
    ("models", "schema"),
    ("uuid", "id"),
    ("isPrimaryKey", "primaryKey"),
    ("primary", "primaryKey"),
    ("isUnique", "unique"),
    ("isNullable", "required"),
    ("nullable", "required"),
    ("notNull", "required"),
    ("clusterStatus", "classification"),
    ("pattern", "logicalTypeOptions"),
    ("minLength", "logicalTypeOptions"),
    ("maxLength", "logicalTypeOptions"),
    ("minimum", "logicalTypeOptions"),
    ("maximum", "logicalTypeOptions"),
    ("format", "logicalTypeOptions"),
    ("logicalFormat", "logicalTypeOptions"),
    ("type", "logicalType"),
    ("stakeholders", "team"),
    ("sla", "slaProperties"),
    ("serviceLevels", "slaProperties"),
    ("validValues", "arguments"),
    ("sql", "query"),
    ("checks", "quality"),
    ("references", "relationships"),
];

/// How similar a word must be, from 0 to 1.
const SIMILAR_MIN: f64 = 0.75;

/// The nearest of the known words, if any is near.
pub(super) fn nearest<'a>(wrong: &str, known: impl Iterator<Item = &'a str> + Clone) -> Option<&'a str> {
    let lower = wrong.to_ascii_lowercase().replace(['_', '-'], "");
    if let Some(same) = known.clone().find(|word| word.to_ascii_lowercase() == lower) {
        return Some(same);
    }
    let other = OTHER_NAMES.iter().find(|(name, _)| *name == wrong);
    if let Some((_, name)) = other
        && let Some(here) = known.clone().find(|word| word == name)
    {
        return Some(here);
    }
    known
        .map(|word| (strsim::normalized_damerau_levenshtein(&lower, &word.to_ascii_lowercase()), word))
        .filter(|(similarity, _)| *similarity >= SIMILAR_MIN)
        .max_by(|(left, _), (right, _)| left.total_cmp(right))
        .map(|(_, word)| word)
}
