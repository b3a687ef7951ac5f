//! The functions that models and checks may call: DataFusion's, and a few that real data needs.

mod local_timestamp;

use std::sync::{Arc, LazyLock};

use datafusion::execution::FunctionRegistry;
use datafusion::execution::session_state::{SessionState, SessionStateBuilder};
use datafusion::logical_expr::ScalarUDF;
use datafusion::prelude::{SessionConfig, SessionContext};

/// The project's own functions.
pub fn functions() -> Vec<Arc<ScalarUDF>> {
    vec![Arc::new(ScalarUDF::new_from_impl(local_timestamp::LocalTimestamp::default()))]
}

/// Adds the project's own functions to a session, so that it executes what was analysed.
pub fn register(context: &SessionContext) {
    for function in functions() {
        context.register_udf(function.as_ref().clone());
    }
}

/// All functions and planners, without tables; built once, because a registry of hundreds of functions is not cheap.
pub fn session_state() -> &'static SessionState {
    static STATE: LazyLock<SessionState> = LazyLock::new(|| {
        let mut config = SessionConfig::new();
        config.options_mut().sql_parser.collect_spans = true;
        let mut state = SessionStateBuilder::new_with_default_features().with_config(config).build();
        for function in functions() {
            // Only a read-only registry refuses, and this one is not.
            let _ = state.register_udf(function);
        }
        state
    });
    &STATE
}

#[cfg(test)]
mod tests;
