//! What one schema has and another does not accept.

use serde_json::Value as Json;

/// One reason why data of the writer is not data of the reader. The nodes are those of the two documents.
#[derive(Debug, Clone)]
pub(super) struct Finding<'a> {
    /// At the writer, where it says something about it.
    pub writer: Option<&'a Json>,
    pub reader: &'a Json,
    pub kind: &'static str,
    pub reason: String,
    /// False when it could not be decided.
    pub is_certain: bool,
}
