//! The word-wise search for stops against the plain one.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use proptest::prelude::*;

use super::Stops;

proptest! {
    #[test]
    fn stops_are_where_they_are(bytes in prop::collection::vec(any::<u8>(), 0..40), delimiter in 0_u8..128) {
        let plain = bytes.iter().position(|byte| [delimiter, b'\n', b'\r'].contains(byte)).unwrap_or(bytes.len());
        prop_assert_eq!(Stops::new(delimiter).next(&bytes, 0), plain);
    }
}
