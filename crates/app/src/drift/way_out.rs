//! What a person can do about one difference: sentences, and commands with a word on what they do.

use contract::DriftPolicy;
use pipeline::drift::{Kind, Open, Severity, Side};

use super::edit;

const MEND: &str = "mend what is delivered";
const ANEW: &str = "move the table's folder out of the warehouse, and the next run builds it anew";

/// One of these is enough. `change` is an open change of the dataset's contract.
pub(super) fn ways_out(open: &Open, policy: DriftPolicy, change: Option<&str>) -> Vec<String> {
    if open.item.severity == Severity::Note {
        return Vec::new();
    }
    let dataset = &open.dataset;
    let of_table = || vec!["find out who did it, and undo it".to_owned()];
    let mut ways = match (open.side, open.item.kind) {
        (Side::Source, _) if edit(open).is_some() => vec![match change {
            Some(change) => format!("plimsoll change show {change}   is open about the contract"),
            None => format!("plimsoll change new ID --from-drift {dataset}   proposes a contract that fits"),
        }],
        (Side::Source, Kind::Encoding) => {
            vec![MEND.to_owned(), "say the source's `encoding` in the pipeline".to_owned()]
        }
        (Side::Source, Kind::NullsJumped) => vec![MEND.to_owned()],
        (Side::Source, _) => vec![
            MEND.to_owned(),
            "plimsoll change new ID --from FILE   proposes a contract that you have written".to_owned(),
        ],
        (Side::Table, Kind::Written) => vec![format!("find out who did it; then {ANEW}")],
        (Side::Table, Kind::Partitioning) => vec!["say it so in the pipeline".to_owned(), ANEW.to_owned()],
        (Side::Table, Kind::Missing | Kind::Renamed | Kind::Retyped | Kind::NewValues) => {
            vec!["plimsoll run   migrates the table, where it is the contract that changed".to_owned(), ANEW.to_owned()]
        }
        (Side::Table, Kind::NullsJumped) => Vec::new(),
        (Side::Table, Kind::New | Kind::Reordered | Kind::Encoding | Kind::Properties | Kind::Nullability) => {
            of_table()
        }
    };
    if open.is_acceptable(policy) {
        let item = match &open.item.column {
            Some(column) => quoted(&format!("{dataset}.{column}")),
            None => dataset.clone(),
        };
        ways.push(format!("plimsoll drift accept {item} --reason \"…\"   takes it for how it is now"));
    }
    ways
}

/// A name as a shell takes it for one word.
fn quoted(name: &str) -> String {
    match name.chars().all(|c| c.is_alphanumeric() || "._-/".contains(c)) {
        true => name.to_owned(),
        false => format!("'{}'", name.replace('\'', r"'\''")),
    }
}
