//! A change of contracts as a value: written, judged against what is in force, and turned into the files that applying it
//! writes. An OpenSpec change whose specs pin the contracts that it brings.
//!
//! ```text
//!  new contracts ── survey ──▶ Proposed (diff, verdicts) ── draft ──▶ the files of openspec/changes/<id>/
//!  openspec/ + one folder ── judge ──▶ Judged: findings, reports, and the writes of applying it
//!  openspec/specs ── check ──▶ findings about pins and contracts that are in force
//! ```

mod adopt;
mod base;
mod check;
mod digest;
mod draft;
mod fit;
mod judge;
mod migration;
mod survey;

use contract::diff::{Report, Verdict};
use serde::Serialize;

pub use adopt::{Adoption, adopt};
pub use base::bases;
pub use check::{Pinned, check, pinned};
pub use digest::{digest, sha256};
pub use draft::{Draft, Impact, Request, draft, is_id};
pub use fit::{Fit, fit};
pub use judge::{Judged, breaks, judge};
pub use migration::migration;
pub use survey::{NewContract, Proposed, survey};

/// What a change does to one contract.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Contracted {
    pub capability: String,
    /// Where the contract is, or will be.
    pub path: String,
    /// `None` for a contract that is new.
    pub old: Option<Side>,
    /// `None` for a contract that is retired.
    pub new: Option<Side>,
    /// Of a contract that goes: where the same change brings it back, compared with this one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub moved: Option<String>,
    /// `None` where there is nothing to compare with.
    pub report: Option<Report>,
}

/// One version of a contract.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Side {
    pub id: String,
    pub version: String,
    pub sha256: String,
}

/// One file that applying a change writes or removes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Write {
    /// From the project's folder.
    pub path: String,
    /// `None` removes the file.
    pub bytes: Option<Vec<u8>>,
}

impl Contracted {
    /// The worse of the two sides; a contract that is taken away breaks those who read, unless it only moves.
    pub fn verdict(&self) -> Verdict {
        match (&self.report, &self.new) {
            (_, None) if self.moved.is_some() => Verdict::Safe,
            (_, None) => Verdict::Breaking,
            (Some(report), _) => report.verdict.consumer.max(report.verdict.producer),
            (None, Some(_)) => Verdict::Safe,
        }
    }
}

#[cfg(test)]
mod tests;
