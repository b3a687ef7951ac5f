//! Every code that a file of another tool's form can be blamed with, in one list.

use contract::{CodeInfo, Level};

macro_rules! codes {
    ($($constant:ident = $code:literal, $name:literal, $level:ident, $about:literal;)*) => {
        $(
            #[doc = $about]
            pub const $constant: CodeInfo =
                CodeInfo { code: $code, name: $name, level: Level::$level, about: $about };
        )*

        /// All codes of the OpenSpec tree and of changes, in order.
        pub fn codes() -> &'static [CodeInfo] {
            &[$($constant),*]
        }
    };
}

codes! {
    FORM = "PL401", "openspec-form", Error, "A spec, a delta or a task list is not in the form that OpenSpec reads.";
    STRICT = "PL402", "openspec-strict", Warning, "`openspec validate --strict` would refuse it.";
    DELTA_REFUSED = "PL403", "delta-refused", Error, "The delta does not fit the spec as it is now.";
    PIN_BROKEN = "PL410", "pin-broken", Error, "A pin lacks a field, or one of its values cannot be right.";
    PIN_MISMATCH = "PL411", "pin-mismatch", Error, "The contract's file is not the one that its spec pins.";
    PIN_MISSING = "PL412", "pin-missing", Info, "No spec pins the contract, so anybody can change it.";
    PINNED_FILE_MISSING = "PL413", "pinned-file-missing", Error, "The file that a pin names does not exist.";
    NOT_PROMOTED = "PL414", "not-promoted", Error, "A change was archived, and its contract was never put in its place.";
    PIN_VERSION = "PL415", "pin-version", Error, "The pin's version or id is not the one in the contract.";
    CONTRACT_ORPHANED = "PL416", "contract-orphaned", Error, "The capability was retired, and its contract stayed behind.";
    NOT_APPROVED = "PL417", "not-approved", Error, "The contract and its pin are not what was last approved.";
    PIN_VANISHED = "PL418", "pin-vanished", Error, "The contract was pinned, and no spec pins it any more.";
    LEDGER_SILENT = "PL419", "ledger-silent", Warning, "The ledger cannot be asked which contracts were approved.";
    CHANGE_EMPTY = "PL420", "change-empty", Error, "The change changes no contract.";
    CHANGE_STALE = "PL421", "change-stale", Error, "The change was written against a contract that is no longer the one in force.";
    CHANGE_DIGEST = "PL422", "change-digest", Error, "The change's spec pins another contract than the change brings.";
    CHANGE_UNPINNED = "PL423", "change-unpinned", Error, "The change brings a contract that its spec does not pin.";
    VERSION_NOT_ENOUGH = "PL424", "version-not-enough", Error, "The contract's version does not move as far as its changes ask.";
    CHANGE_RIVAL = "PL425", "change-rival", Warning, "Another open change rewrites the same contract.";
    CHANGE_METADATA = "PL426", "change-metadata", Error, "The change's `.openspec.yaml` cannot be read.";
    CHANGE_ID_TAKEN = "PL427", "change-id-taken", Error, "An applied change has the same id.";
}
