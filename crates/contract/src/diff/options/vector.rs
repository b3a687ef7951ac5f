//! Vectors: their shape, and the model that made them.

use crate::diff::change::{Effect, Verdict};
use crate::diff::differ::{Differ, join};
use crate::diff::pair::Pair;
use crate::syntax::Node;

pub(super) fn vector(differ: &mut Differ, element: &str, pair: Pair<'_>) {
    let dimensions = pair.field("dimensions");
    if !dimensions.is_same() {
        let reason = "vectors of another length cannot be compared or stored with the old ones";
        differ.add(join(element, "dimensions"), dimensions, "vector-changed", Effect::Both, reason);
    }
    let type_of = |node: Option<&Node>| node.and_then(Node::as_str).unwrap_or("float32").to_owned();
    let elements = pair.field("elementType");
    if !elements.is_same() {
        let (effect, reason) = match type_of(elements.old) == type_of(elements.new) {
            true => (Effect::Safe, "the default of the standard, spelled out or left out"),
            false => (Effect::Both, "elements of another type are read and stored in another way"),
        };
        differ.add(join(element, "elementType"), elements, "vector-changed", effect, reason);
    }
    for key in ["embeddingModel", "embeddingModelVersion", "distanceMetric", "normalized"] {
        let inner = pair.field(key);
        if inner.is_same() || (key == "normalized" && inner.flags().0 == inner.flags().1) {
            continue;
        }
        let (effect, reason) = match inner.old {
            Some(_) => {
                let reason = "new vectors may not be compared with the old ones: indexes must be rebuilt";
                (Effect::Felt(Verdict::Warning, Verdict::Warning), reason)
            }
            None => (Effect::Safe, "it was not said before"),
        };
        differ.add(join(element, key), inner, "vector-changed", effect, reason);
    }
}
