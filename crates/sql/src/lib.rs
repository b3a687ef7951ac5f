//! SQL against contracts: what a model reads and makes, whether it is deterministic, which columns its columns come from, and
//! how a check looks as an expression.
//!
//! Knows DataFusion's parser, planner and expressions. Must never know a disk, and never executes anything.

pub mod analyse;
pub mod functions;
pub mod lineage;
pub mod lower;
pub mod physical;
pub mod postgres;
pub mod types;

pub use analyse::{
    Analysis, Catalog, OutputColumn, analyse, codes, conforms, dataset_sql, expression, inputs, outputs, statement,
    well_formed,
};
pub use functions::{functions, register, session_state};
pub use lower::{
    Lowered, MetricPlan, any_value, measure_sql, metric, rows_of, values_inside, violated, why_not, with_word_tables,
};
pub use types::{Nullable, arrow_schema, arrow_type, type_name};
