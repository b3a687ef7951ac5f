//! DataFusion's sentences about types, shorter and in the words of contracts.

/// Longer names stand before those that they contain.
const TYPES: [(&str, &str); 12] = [
    ("Utf8View", "string"),
    ("LargeUtf8", "string"),
    ("Utf8", "string"),
    ("UInt64", "u64"),
    ("UInt32", "u32"),
    ("Int64", "i64"),
    ("Int32", "i32"),
    ("Int16", "i16"),
    ("Float64", "f64"),
    ("Float32", "f32"),
    ("Date32", "date"),
    ("Boolean", "boolean"),
];

/// What is said, and what to do.
pub(super) struct Said {
    pub message: String,
    pub help: Option<String>,
    pub duplicate: bool,
}

pub(super) fn of(text: &str) -> Said {
    let said = |message: String, help: Option<String>| Said { message, help, duplicate: false };
    if text.starts_with("Projections require unique expression names") {
        let message = "two columns of the result have one name".to_owned();
        return Said { message, help: Some("name them apart with AS".to_owned()), duplicate: true };
    }
    if text.contains("must appear in the GROUP BY clause") {
        let column = between(text, "column \"", "\"").unwrap_or("a column");
        let column = column.rsplit('.').next().unwrap_or(column);
        let help = format!("group by it, or aggregate it, such as min({column})");
        return said(format!("`{column}` is neither grouped by nor aggregated"), Some(help));
    }
    if text.contains("failed to match any signature") {
        let function = between(text, "Function '", "'").unwrap_or("the function");
        let received = between(text, "but received ", " (").unwrap_or("this type").to_lowercase();
        return said(format!("`{function}` does not take {received}"), Some("cast the argument".to_owned()));
    }
    said(sentence(text), None)
}

/// One line, without advice that is not ours.
pub(super) fn sentence(text: &str) -> String {
    let line = text.lines().next().unwrap_or_default();
    let line = line.split(". No function matches").next().unwrap_or_default();
    let line = line.trim_end_matches('.').replace("Error during planning: ", "");
    TYPES.iter().fold(line, |line, (theirs, ours)| line.replace(theirs, ours)).replace('\'', "`")
}

fn between<'a>(text: &'a str, start: &str, end: &str) -> Option<&'a str> {
    let (_, rest) = text.split_once(start)?;
    rest.split_once(end).map(|(inside, _)| inside)
}
