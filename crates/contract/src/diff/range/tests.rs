//! Sets of numbers.

use super::{Effect, End, Interval, Set, moved};

fn closed(low: f64, high: f64) -> Set {
    let end = |value| Some(End { value, inclusive: true });
    Set::new(vec![Interval { low: end(low), high: end(high) }])
}

#[test]
fn sets_move() {
    let nothing_else = |set: &Set| set.complement();
    assert_eq!(moved(&closed(0.0, 10.0), &closed(0.0, 20.0)), Effect::Loosens);
    assert_eq!(moved(&closed(0.0, 10.0), &closed(2.0, 3.0)), Effect::Tightens);
    assert_eq!(moved(&closed(0.0, 10.0), &closed(5.0, 15.0)), Effect::Both);
    assert_eq!(moved(&nothing_else(&Set::point(0.0)), &nothing_else(&closed(0.0, 10.0))), Effect::Tightens);
    assert_eq!(closed(1.0, 2.0).complement().complement(), closed(1.0, 2.0));
    assert!(closed(0.0, 5.0).is_upper_bound());
    assert!(!closed(5.0, 5.0).is_upper_bound());
}
