//! How telling others of lineage went.

use app::Told;

use super::number::of;
use crate::screen::{Screen, WARN};

/// Whom lineage could not be told; nothing when all went well.
pub fn told(screen: &mut Screen, told: &[Told]) {
    for one in told.iter().filter(|one| one.waiting + one.refused > 0 || one.problem.is_some()) {
        let problem = one.problem.as_deref().unwrap_or("they are not delivered yet");
        let mut parts = Vec::new();
        if one.waiting > 0 {
            parts.push(format!("{} kept for the next run", of(one.waiting, "event")));
        }
        if one.refused > 0 {
            parts.push(format!("{} refused, see .plimsoll/openlineage/refused.ndjson", of(one.refused, "event")));
        }
        let what = if parts.is_empty() { String::new() } else { format!(" {}", parts.join(", ")) };
        screen.line(format!("{WARN}!{WARN:#} openlineage ({}):{what}: {problem}", one.recipient));
    }
}
