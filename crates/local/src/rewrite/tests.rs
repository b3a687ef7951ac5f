//! Tests of `rewrite`: the verbs are tested as processes; here what is told apart in memory.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::sync::Arc;

use arrow::array::{ArrayRef, Int64Array, StringViewArray};

use super::*;

#[test]
fn only_texts_are_texts() {
    let texts_of = |column: ArrayRef| texts(&column);
    assert_eq!(texts_of(Arc::new(Int64Array::from(vec![1]))), None);
    let column = Arc::new(StringViewArray::from(vec![Some("a"), None]));
    assert_eq!(texts_of(column), Some(vec![Some("a".to_owned()), None]));
}
