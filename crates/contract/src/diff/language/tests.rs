//! Which patterns are within which.

use super::{Inclusion, includes};

fn check(outer: &str, inner: &str, expected: &str) {
    let told = match includes(outer, inner) {
        Inclusion::Yes => "yes".to_owned(),
        Inclusion::No(example) => {
            assert_eq!(super::occurs(inner, &example), Some(true), "{inner} {example:?}");
            assert_eq!(super::occurs(outer, &example), Some(false), "{outer} {example:?}");
            "no".to_owned()
        }
        Inclusion::Undecided => "undecided".to_owned(),
    };
    assert_eq!(told, expected, "is {inner} within {outer}");
}

#[test]
fn languages_are_compared() {
    check("a", "b", "no");
    check("a", "ab", "yes");
    check("^a", "^ab", "yes");
    check("^ab", "^a", "no");
    check("a$", "^a$", "yes");
    check("^[a-z]+$", "^[a-f]{1,3}$", "yes");
    check("^[a-z]{1,3}$", "^[a-z]+$", "no");
    check(".*", "anything", "yes");
    check("", "anything", "yes");
    check("^$", "", "no");
    check("^(a|b)*$", "^(a*b*)*$", "yes");
    check("^(a*b*)*$", "^(a|b)*$", "yes");
    check(r"^\d+$", "^[0-9]{2}$", "yes");
    check(r"^\w+$", r"^[\d_]+$", "yes");
    check("^[^a]$", "^a$", "no");
    check("^x-", "^x-[a-z]+$", "yes");
}

#[test]
fn patterns_meet_in_a_text() {
    assert_eq!(super::meet("^a", "b$"), Some(true));
    assert_eq!(super::meet("^a", "^b"), Some(false));
    assert_eq!(super::meet("^a$", "^aa+$"), Some(false));
    assert_eq!(super::meet("(?=a)", "b"), None);
}

#[test]
fn what_is_not_regular_or_grows_too_large_is_left_undecided() {
    check("^(?=a)", "^b", "undecided");
    check(r"(a)\1", "aa", "undecided");
    check("([a", "a", "undecided");
    check(r"\bword\b", "word", "undecided");
    check("a{5000}", "a", "undecided");
    // The deterministic automaton of this one has a million states.
    check("^(a|b)*a(a|b){20}$", "^(a|b)*b(a|b){20}$", "undecided");
    check("^(a|b)*a(a|b){20}$", "^(a|b)*a(a|b){20}|x$", "no");
}
