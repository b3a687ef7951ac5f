//! Drift that somebody has looked at and taken for how things are now, where no contract can say it.

use contract::DriftPolicy;
use serde::{Deserialize, Serialize};

use super::{Item, Kind, Look, Looks, Open, Side};

/// What somebody took for the new normal.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Acceptance {
    pub dataset: String,
    pub side: Side,
    pub items: Vec<Accepted>,
    pub who: String,
    pub reason: String,
}

/// A difference as it was when it was accepted: a greater one is drift again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Accepted {
    pub kind: Kind,
    pub column: Option<String>,
    pub found: Vec<String>,
}

impl Open {
    /// Nothing but somebody's word ends it: no run stops at it, and no contract or pipeline can say it.
    pub fn is_acceptable(&self, policy: DriftPolicy) -> bool {
        match self.item.kind {
            // Of an older ledger the share is not known; the next look tells it.
            Kind::NullsJumped => !self.item.found.is_empty(),
            Kind::Properties | Kind::Nullability => true,
            Kind::New => self.side == Side::Table || policy == DriftPolicy::IgnoreExtra,
            Kind::Missing
            | Kind::Renamed
            | Kind::Retyped
            | Kind::Reordered
            | Kind::NewValues
            | Kind::Encoding
            | Kind::Partitioning
            | Kind::Written => false,
        }
    }
}

impl From<&Item> for Accepted {
    fn from(item: &Item) -> Self {
        Self { kind: item.kind, column: item.column.clone(), found: item.found.clone() }
    }
}

impl Accepted {
    fn covers(&self, item: &Item) -> bool {
        let is_same = self.kind == item.kind && self.column == item.column;
        is_same && item.found.iter().all(|found| self.found.contains(found))
    }
}

impl Looks {
    /// What is accepted no longer stands. Of NULLs the share becomes the one to compare with.
    pub fn accept(&mut self, acceptance: &Acceptance) {
        let of = (acceptance.dataset.clone(), acceptance.side);
        let Some(look) = self.newest.get_mut(&of) else { return };
        for accepted in acceptance.items.iter().filter(|accepted| accepted.kind == Kind::NullsJumped) {
            let share = accepted.found.first().and_then(|share| share.parse::<f64>().ok());
            if let (Some(column), Some(share)) = (&accepted.column, share) {
                look.nulls.insert(column.clone(), share);
            }
        }
        look.items.retain(|item| !acceptance.items.iter().any(|accepted| accepted.covers(item)));
        let is_gone = |kind: Kind, column: &Option<String>| {
            acceptance.items.iter().any(|accepted| accepted.kind == kind && accepted.column == *column)
        };
        self.since.retain(|(dataset, side, kind, column), _| {
            (dataset, *side) != (&acceptance.dataset, acceptance.side) || !is_gone(*kind, column)
        });
        self.accepted.entry(of).or_default().extend(acceptance.items.iter().cloned());
    }

    /// The look without what was accepted before. A share of NULLs that jumps from the accepted one is told.
    pub fn without_accepted(&self, mut look: Look) -> Look {
        let of = (look.dataset.clone(), look.side);
        let accepted = self.accepted.get(&of).map(Vec::as_slice).unwrap_or_default();
        let covers = |item: &Item| item.kind != Kind::NullsJumped && accepted.iter().any(|one| one.covers(item));
        look.items.retain(|item| !covers(item));
        look
    }
}
