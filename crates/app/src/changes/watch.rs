//! What the passing of time does to changes that wait: seen by whoever looks, entered once.

use engine::Result;
use interop::openspec::{ARCHIVE, CHANGES};
use pipeline::Event;
use pipeline::change::{ChangeEvent, ChangeStep};
use pipeline::decide::GateKind;

use super::{ChangeReport, ChangeState};
use crate::{App, now_ms};

impl App {
    /// Enters what is due and not entered yet: that others may decide now, or that nobody can any more. Returns the changes that only
    /// people let go on.
    pub async fn watch_changes(&self) -> Result<Vec<ChangeReport>> {
        let waiting = self.waiting_changes().await?;
        let due: Vec<Event> = waiting.iter().filter_map(|change| self.due(change)).collect();
        if !due.is_empty() {
            self.ledger(move |ledger| ledger.append_once(now_ms(), &due)).await?;
        }
        Ok(waiting)
    }

    /// The same for whoever came for something else: the tree of specs is read only where some change is open.
    pub async fn watch_open_changes(&self) -> Result<()> {
        if self.has_open_changes() {
            self.watch_changes().await?;
        }
        Ok(())
    }

    pub(crate) fn has_open_changes(&self) -> bool {
        let archive = ARCHIVE.strip_prefix(CHANGES).unwrap_or(ARCHIVE).trim_start_matches('/');
        let Ok(entries) = std::fs::read_dir(self.workspace.root.join(CHANGES)) else { return false };
        entries.flatten().any(|entry| entry.file_name() != archive && entry.file_type().is_ok_and(|kind| kind.is_dir()))
    }

    fn due(&self, change: &ChangeReport) -> Option<Event> {
        let times = self.workspace.project.settings.gate_times(GateKind::ContractUpdate);
        let asked_ms = change.round_ms?;
        let step = match change.state {
            ChangeState::Expired => ChangeStep::Expired { after_ms: change.expires_ms?.abs_diff(change.asked_ms?) },
            _ if change.escalated => {
                ChangeStep::Escalated { to: change.escalate_to.clone(), after_ms: times.escalate_after_ms }
            }
            _ => return None,
        };
        let event = ChangeEvent { asked_ms: Some(asked_ms), ..ChangeEvent::new(&change.id, &change.digest, "", step) };
        Some(Event::Change(Box::new(event)))
    }
}
