//! The time in which a change can be decided, and what was said in it.

use super::{Asked, ChangeEvent, ChangeStep, History};
use crate::approval::{Delegation, SKEW_MS, Vote};
use crate::gate::Uptime;
use crate::impact::Effect;

/// It begins when somebody stands behind a version of a change, or an applied one is taken back; where nobody did either, with the
/// first word about it. What is said in one round counts in no other.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Round {
    /// Names the round; 0 where nobody asked.
    pub asked_ms: i64,
    pub opened_ms: i64,
    /// What held then; events of older versions do not say it.
    pub asked: Option<Asked>,
    /// Of the machine that opened it, where it tells: whether as much time has passed as its clock says.
    pub uptime: Option<Uptime>,
    /// The version that was asked about.
    digest: String,
    /// The first step that belongs to it.
    first: usize,
}

impl Round {
    fn of(first: usize, time_ms: i64, event: &ChangeEvent) -> Self {
        let asked = event.asked.as_deref().cloned();
        let (uptime, digest) = (event.uptime.clone(), event.digest.clone());
        Self { asked_ms: time_ms, opened_ms: time_ms, asked, uptime, digest, first }
    }

    /// When nobody can decide any more. `of_now` is what the settings say: it holds where nobody asked.
    pub fn closes_ms(&self, of_now_ms: u64) -> Option<i64> {
        let of_now = (self.asked_ms == 0).then_some(of_now_ms);
        let after = self.asked.as_ref().map(|asked| asked.expires_after_ms).or(of_now)?;
        Some(self.opened_ms.saturating_add(i64::try_from(after).ok()?))
    }

    /// Whether it opened after this time: the clock was ahead then, and nothing that is said now would count.
    pub fn is_ahead_of(&self, time_ms: i64) -> bool {
        time_ms + SKEW_MS < self.opened_ms
    }

    /// Whether a step at this place of the history was said in this round.
    fn has(&self, place: usize, event: &ChangeEvent) -> bool {
        let is_of = match event.asked_ms {
            Some(asked) => asked == self.asked_ms,
            // From before rounds had times.
            None => self.asked.is_none(),
        };
        place >= self.first && is_of
    }
}

impl History {
    /// The round that the change is in; none where nobody ever said anything about it. `of_now_ms` as in [`Round::closes_ms`].
    pub fn round(&self, of_now_ms: u64) -> Option<Round> {
        let mut round: Option<Round> = None;
        for (place, (time_ms, event)) in self.steps.iter().enumerate() {
            let is_over = |round: &Round| {
                round.asked_ms == 0
                    || round.digest != event.digest
                    || round.is_ahead_of(*time_ms)
                    || round.closes_ms(of_now_ms).is_some_and(|closes| *time_ms > closes)
            };
            match (&event.step, &round) {
                (ChangeStep::RolledBack, _) | (ChangeStep::Proposed, None) => {
                    round = Some(Round::of(place + 1, *time_ms, event));
                }
                (ChangeStep::Proposed, Some(open)) if is_over(open) => {
                    round = Some(Round::of(place + 1, *time_ms, event));
                }
                (ChangeStep::Approved | ChangeStep::Rejected | ChangeStep::Delegated(_), None) => {
                    round = Some(Round { asked_ms: 0, ..Round::of(place, *time_ms, event) });
                }
                _ => {}
            }
        }
        round
    }

    /// Decisions since the change was last rolled back, on any version of it. A rejection stands until it is taken back; an
    /// approval lapses with its round, and holds only as long as nothing breaks that the approver was not shown. `breaks` is what
    /// the change breaks now, where that was looked at.
    pub fn votes(&self, round: Option<&Round>, breaks: Option<&[Effect]>) -> Vec<Vote> {
        let since =
            self.steps.iter().rposition(|(_, event)| event.step == ChangeStep::RolledBack).map_or(0, |at| at + 1);
        let mut votes = Vec::new();
        for (place, (time_ms, event)) in self.steps.iter().enumerate().skip(since) {
            let approved = match event.step {
                ChangeStep::Approved => true,
                ChangeStep::Rejected => false,
                _ => continue,
            };
            if self.is_copied(place) {
                continue;
            }
            let is_of_round = round.is_some_and(|round| round.has(place, event));
            votes.push(Vote {
                approved,
                reason: event.reason.clone(),
                time_ms: *time_ms,
                subject: event.digest.clone(),
                claim: event.claim(),
                lapsed: approved && !is_of_round,
                doubt: breaks.filter(|_| approved).and_then(|breaks| unseen(event, breaks)),
            });
        }
        votes
    }

    /// Rights that were handed over in this round.
    pub fn delegations(&self, round: Option<&Round>) -> Vec<Delegation> {
        let of_round = self.steps.iter().enumerate().filter(|(place, (_, event))| {
            round.is_some_and(|round| event.asked_ms.is_some() && round.has(*place, event) && !self.is_copied(*place))
        });
        of_round
            .filter_map(|(_, (time_ms, event))| {
                let ChangeStep::Delegated(handed) = &event.step else { return None };
                Some(Delegation {
                    to: handed.to.clone(),
                    reason: event.reason.clone(),
                    time_ms: *time_ms,
                    until_ms: handed.until_ms,
                    subject: event.digest.clone(),
                    claim: event.claim(),
                })
            })
            .collect()
    }

    /// Whether it was entered that others may decide in this round.
    pub fn told_escalated(&self, round: &Round) -> bool {
        let escalated = |(place, (_, event)): (usize, &(i64, ChangeEvent))| {
            matches!(event.step, ChangeStep::Escalated { .. }) && round.has(place, event)
        };
        self.steps.iter().enumerate().any(escalated)
    }
}

/// What breaks and was not shown to the approver, in words.
fn unseen(event: &ChangeEvent, breaks: &[Effect]) -> Option<String> {
    // From before anybody was shown anything.
    event.asked_ms?;
    let nothing = super::Shown::default();
    let news = event.shown.as_deref().unwrap_or(&nothing).news(breaks);
    let first = news.first()?;
    let more = match news.len() - 1 {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    Some(format!("it breaks {first}{more}, which {} was not shown", event.who))
}
