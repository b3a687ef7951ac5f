//! Sets of numbers as intervals: what a bound or a comparison allows.

use std::cmp::Ordering;

use super::change::Effect;

/// One end of an interval.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct End {
    pub value: f64,
    pub inclusive: bool,
}

/// The numbers from `low` to `high`; `None` is without limit.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Interval {
    pub low: Option<End>,
    pub high: Option<End>,
}

/// A union of intervals that do not touch, in order.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Set(Vec<Interval>);

impl Set {
    /// Merges what overlaps or touches.
    pub fn new(mut intervals: Vec<Interval>) -> Self {
        intervals.retain(|interval| !is_empty(interval));
        intervals.sort_by(|one, other| lows(one.low, other.low));
        let mut merged: Vec<Interval> = Vec::new();
        for interval in intervals {
            match merged.last_mut() {
                Some(last) if touches(last.high, interval.low) => {
                    if highs(last.high, interval.high) == Ordering::Less {
                        last.high = interval.high;
                    }
                }
                _ => merged.push(interval),
            }
        }
        Self(merged)
    }

    pub fn point(value: f64) -> Self {
        let end = Some(End { value, inclusive: true });
        Self(vec![Interval { low: end, high: end }])
    }

    /// Everything else.
    pub fn complement(&self) -> Self {
        let mut gaps = Vec::new();
        let mut low = None;
        let mut open = true;
        for interval in &self.0 {
            if let Some(end) = interval.low {
                gaps.push(Interval { low, high: Some(End { value: end.value, inclusive: !end.inclusive }) });
            }
            match interval.high {
                Some(end) => low = Some(End { value: end.value, inclusive: !end.inclusive }),
                None => open = false,
            }
        }
        if open {
            gaps.push(Interval { low, high: None });
        }
        Self::new(gaps)
    }

    /// Whether every number of this set is in the other.
    pub fn is_within(&self, other: &Self) -> bool {
        self.0.iter().all(|inner| {
            other.0.iter().any(|outer| {
                lows(outer.low, inner.low) != Ordering::Greater && highs(inner.high, outer.high) != Ordering::Greater
            })
        })
    }

    /// Whether a smaller count always satisfies what a larger one does, from zero up.
    pub fn is_upper_bound(&self) -> bool {
        match self.0.as_slice() {
            [] => true,
            [only] => only.low.is_none_or(|end| end.value < 0.0 || (end.value == 0.0 && end.inclusive)),
            _ => false,
        }
    }

    /// Whether a larger count always satisfies what a smaller one does.
    pub fn is_lower_bound(&self) -> bool {
        match self.0.as_slice() {
            [] => true,
            [only] => only.high.is_none(),
            _ => false,
        }
    }
}

/// How the allowed set moved.
pub(super) fn moved(old: &Set, new: &Set) -> Effect {
    match (new.is_within(old), old.is_within(new)) {
        (true, true) => Effect::Safe,
        (true, false) => Effect::Tightens,
        (false, true) => Effect::Loosens,
        (false, false) => Effect::Both,
    }
}

fn is_empty(interval: &Interval) -> bool {
    let (Some(low), Some(high)) = (interval.low, interval.high) else { return false };
    low.value > high.value || (low.value == high.value && !(low.inclusive && high.inclusive))
}

/// Orders lower ends: the one that lets more in comes first.
pub(super) fn lows(one: Option<End>, other: Option<End>) -> Ordering {
    match (one, other) {
        (None, None) => Ordering::Equal,
        (None, Some(_)) => Ordering::Less,
        (Some(_), None) => Ordering::Greater,
        (Some(one), Some(other)) => one.value.total_cmp(&other.value).then(other.inclusive.cmp(&one.inclusive)),
    }
}

/// Orders upper ends: the one that lets more in comes last.
pub(super) fn highs(one: Option<End>, other: Option<End>) -> Ordering {
    match (one, other) {
        (None, None) => Ordering::Equal,
        (None, Some(_)) => Ordering::Greater,
        (Some(_), None) => Ordering::Less,
        (Some(one), Some(other)) => one.value.total_cmp(&other.value).then(one.inclusive.cmp(&other.inclusive)),
    }
}

fn touches(high: Option<End>, low: Option<End>) -> bool {
    match (high, low) {
        (None, _) | (_, None) => true,
        (Some(high), Some(low)) => {
            high.value > low.value || (high.value == low.value && (high.inclusive || low.inclusive))
        }
    }
}

#[cfg(test)]
mod tests;
