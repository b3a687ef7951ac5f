//! Classes, protections and exemptions.

use pipeline::privacy::{Judged, Level};

use super::number::of;
use crate::screen::{DIM, GOOD, Screen, WARN};

/// One line about the whole project, and one for each exemption; nothing where nothing is sensitive.
pub fn classes(screen: &mut Screen, judged: &Judged) {
    if judged.columns.is_empty() {
        return;
    }
    let sensitive = judged.columns.iter().filter(|column| column.declared.max(column.inflow) > Level::Internal).count();
    let protected = judged.columns.iter().filter(|column| column.protection.is_some()).count();
    let clean = judged.findings.iter().all(|finding| finding.code.level != contract::Level::Error);
    let mark = if clean { format!("{GOOD}✓{GOOD:#}") } else { format!("{WARN}!{WARN:#}") };
    screen.line(format!(
        "{mark} privacy: {} above internal, {protected} protected, {} exempted",
        of(sensitive as u64, "column"),
        judged.exempted.len()
    ));
    for exempted in &judged.exempted {
        screen.line(format!(
            "    {WARN}{}{WARN:#} holds {} data until {}: {} {DIM}({}){DIM:#}",
            exempted.of, exempted.class, exempted.until, exempted.why, exempted.who
        ));
    }
}
