//! Which columns each column of a SQL script comes from, for any statement in any dialect, with or without schemas.
//!
//! The text is cut into statements (`split`), parsed (`lenient`), and followed by SQL's rules of names (`scope`, `resolve`):
//! queries (`query`, `from`, `expr`), what they are written to (`write`, `statement`), and one statement after the other
//! (`script`). A model of a project is followed through its plan instead (`typed`), because its inputs' columns are known
//! (`model`). Nothing is guessed: what cannot be resolved is said to be unresolved.

mod call;
mod dialect;
mod expr;
mod flow;
mod from;

mod lenient;
mod mention;
mod model;
mod pipe;
mod projection;
mod query;
mod resolve;
mod rewrite;
mod routine;
mod schemas;
mod scope;
mod script;
mod special;
mod split;
mod statement;
mod text;
mod typed;
mod wire;
mod words;
mod write;

pub use dialect::Dialect;
pub use flow::{Direct, Indirect};
pub use mention::{Mention, mentions};
pub use model::{ColumnUse, How, ModelColumn, ModelLineage, model};
pub use schemas::Schemas;
pub use script::Script;
pub use wire::{Column, Dependence, End, Report, Statement};

/// How a script is read.
#[derive(Debug, Clone, Default)]
pub struct Options {
    pub dialect: Dialect,
    pub schemas: Schemas,
}

/// The parser and the walks over its trees recurse; this is enough for what their limits let through.
const STACK_BYTES: usize = 256 << 20;

/// Follows all statements of a script and hands their lineage to `then`. Never fails: what is wrong with a statement stands
/// in its `error`.
pub fn follow<T: Send>(sql: &str, options: &Options, then: impl FnOnce(&Script) -> T + Send) -> T {
    on_deep_stack(|| then(&script::follow(sql, options)))
}

fn on_deep_stack<T: Send>(work: impl FnOnce() -> T + Send) -> T {
    std::thread::scope(|scope| match std::thread::Builder::new().stack_size(STACK_BYTES).spawn_scoped(scope, work) {
        Ok(worker) => worker.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)),
        // A closure that could not be started is gone; the process has no memory left for a thread.
        Err(error) => std::panic::resume_unwind(Box::new(error.to_string())),
    })
}
