//! Events from the future.

use app::gates::Settlement;
use contract::text::wrapped;
use ledger::Ahead;

use super::number::{moment, of};
use crate::screen::{GOOD, Screen, WARN};

/// Nothing where there are none.
pub fn ahead(screen: &mut Screen, ahead: Option<&Ahead>) {
    let Some(ahead) = ahead else { return };
    let others = match ahead.events {
        1 => String::new(),
        events => format!(", the latest of {events} from the future"),
    };
    let text = format!(
        "event {} of the ledger is dated {}{others}: while that is so no gate is opened or decided. Set the clock right; if it was that \
         event's clock that was wrong: plimsoll ledger settle-clock --reason \"…\"",
        ahead.seq,
        moment(ahead.time_ms)
    );
    screen.line("");
    for (index, line) in wrapped(&text, screen.width.saturating_sub(2)).iter().enumerate() {
        let mark = if index == 0 { format!("{WARN}!{WARN:#}") } else { " ".to_owned() };
        screen.line(format!("{mark} {line}"));
    }
}

pub fn settled(screen: &mut Screen, settled: &Settlement, who: &str) {
    let events = of(settled.ahead.events, "event");
    screen
        .line(format!("{GOOD}✓{GOOD:#} {who} says that {events} from the future were dated by a clock that was ahead"));
    for gate in &settled.void {
        screen.line(format!("  {gate} is void: the next `plimsoll run` asks anew"));
    }
}
