//! Length, patterns and formats.

use std::sync::Arc;

use contract::{DataType, Format, Rule};
use datafusion::arrow::array::{ArrayRef, BinaryViewArray, StringViewArray};

use super::{I32, c, check, refused, text};

fn texts<const N: usize>(values: [&str; N]) -> ArrayRef {
    Arc::new(StringViewArray::from_iter_values(values))
}

fn pattern(pattern: &str) -> Rule {
    Rule::Pattern { column: c(), pattern: pattern.into() }
}

#[test]
fn lengths_count_characters() {
    let length = |min, max| Rule::Length { column: c(), min, max };
    let values = || -> ArrayRef {
        let values = [Some(""), Some("a"), Some("äöü"), Some("🙂🙂🙂"), Some("abcd"), Some("e\u{301}e\u{301}"), None];
        Arc::new(StringViewArray::from(values.to_vec()))
    };
    check(length(Some(1), None), DataType::String, values(), "x......");
    check(length(None, Some(3)), DataType::String, values(), "....xx.");
    check(length(Some(3), Some(3)), DataType::String, values(), "xx..xx.");
    check(length(Some(0), Some(0)), DataType::String, values(), ".xxxxx.");
    let bytes = Arc::new(BinaryViewArray::from_iter_values([&b"\xff"[..], b"\xff\xff\xff"]));
    check(length(None, Some(2)), DataType::Binary, bytes, ".x");
}

#[test]
fn texts_in_a_list() {
    let list =
        Rule::Enum { column: c(), values: vec![text("EWR"), text("JFK"), text("a text longer than a view holds")] };
    let values = vec![Some("EWR"), Some("ewr"), Some("EWR "), Some(""), Some("a text longer than a view holds"), None];
    check(list, DataType::String, Arc::new(StringViewArray::from(values)), ".xxx..");
    let numbers = Rule::Enum { column: c(), values: vec![super::number("1"), contract::Literal::Boolean(true)] };
    check(numbers, DataType::String, texts(["1", "true", "2"]), "..x");
}

#[test]
fn patterns_mean_what_ecma_says() {
    for (source, values, expected) in [
        ("^[A-Z]{3}$", ["EWR", "EWRX", "ewr", "EWR\n"], ".xxx"),
        ("[A-Z]", ["aBc", "abc", "", "É"], ".xxx"),
        // Digits and words are ASCII, white space is not.
        (r"^\d+$", ["12", "٣", "1a", "0"], ".xx."),
        (r"^[\w.-]+$", ["a.b-c", "a b", "", "é"], ".xxx"),
        (r"^[\w-.]+$", ["a.b-c", "a b", "", "é"], ".xxx"),
        (r"^\w+$", ["ab_1", "é", "a-b", "A"], ".xx."),
        (r"^\s$", [" ", "\u{feff}", "\u{85}", "x"], "..xx"),
        (r"^[\d\s]+$", ["1 2", "1\u{a0}2", "x", ""], "..xx"),
        (r"^[^\d]$", ["x", "1", "٣", "xx"], ".x.x"),
        // A line ends in four ways, and `$` is the end of the text.
        ("^a.c$", ["abc", "a\nc", "a\u{2028}c", "a🙂c"], ".xx."),
        (r"\bcat\b", ["a cat", "concat", "cat-like", "écat"], ".x.."),
        // Classes hold no set operations.
        ("^[a&&b]+$", ["a&b", "a", "c", "&"], "..x."),
        ("^[[a]+$", ["[a", "a", "]", "["], "..x."),
        (r"^a{2}\/\-\.$", ["aa/-.", "a/-.", "aa/--", ""], ".xxx"),
        (r"^\u0041\x42\u{43}$", ["ABC", "ABc", "abc", ""], ".xxx"),
        (r"^(?:x|(?<rest>y))$", ["x", "y", "z", "xy"], "..xx"),
        (r"^\p{Lu}$", ["É", "é", "E", "1"], ".x.x"),
        ("[]", ["", "a", "[", "]"], "xxxx"),
        ("^[^]$", ["\n", "a", "ab", ""], "..xx"),
        ("(?i)^ab$", ["AB", "ab", "abc", "ac"], "..xx"),
        ("", ["", "a", "b", "c"], "...."),
    ] {
        check(pattern(source), DataType::String, texts(values), expected);
    }
    let nulls = Arc::new(StringViewArray::from(vec![None, Some("b")]));
    check(pattern("a"), DataType::String, nulls, ".x");
}

#[test]
fn patterns_that_cannot_be_kept_are_refused() {
    let patterns =
        [r"(?=a)b", r"(?<!a)b", r"(a)\1", r"\Aab\z", "(unclosed", "[z-a]", "(?x)a b", "a{,3}", r"\q", r"ends\"];
    let mut found = patterns.map(|source| refused(pattern(source), DataType::String)).to_vec();
    found.push(refused(pattern("a"), I32));
    insta::assert_snapshot!(found.join("\n"));
}

#[test]
fn formats() {
    for (format, good, bad) in [
        (
            Format::Email,
            &["joe@example.org", "o'neil+tag@sub.example.org", "a@localhost", "\"a b\"@example.org", "a@[127.0.0.1]"][..],
            &[
                "",
                "joe",
                "@example.org",
                "joe@",
                "a..b@example.org",
                ".a@example.org",
                "a b@example.org",
                "a@b@c.org",
                "jö@example.org",
                "a@-x.org",
            ][..],
        ),
        (
            Format::Uuid,
            &[
                "2eb8aa08-aa98-11ea-b4aa-73b441d16380",
                "00000000-0000-0000-0000-000000000000",
                "2EB8AA08-AA98-11EA-B4AA-73B441D16380",
            ],
            &[
                "",
                "2eb8aa08aa9811eab4aa73b441d16380",
                "{2eb8aa08-aa98-11ea-b4aa-73b441d16380}",
                "2eb8aa08-aa98-11ea-b4aa-73b441d1638g",
            ],
        ),
        (
            Format::Uri,
            &[
                "https://example.org/a?b=c#d",
                "mailto:a@b.org",
                "urn:isbn:1",
                "http://[::1]:80/",
                "ftp://u:p@h:21/x%20y",
                "a:",
            ],
            &[
                "",
                "/relative",
                "example.org",
                "1http://x",
                "http://exa mple.org",
                "http://x/%zz",
                "http://[::1",
                "http://h:8o/",
                "http://x/<y>",
                "http://ü.org",
            ],
        ),
        (
            Format::Hostname,
            &["example.org", "localhost", "xn--4gbwdl.xn--wgbh1c", "1.a-b"],
            &["", "-a.org", "a-.org", "a..b", "a_b.org", "example.org.", "ü.org"],
        ),
        (Format::Ipv4, &["127.0.0.1", "255.255.255.255"], &["", "256.0.0.1", "1.2.3", "01.2.3.4", "1.2.3.4 "]),
        (
            Format::Ipv6,
            &["::1", "2001:db8::8a2e:370:7334", "::ffff:1.2.3.4"],
            &["", "12345::", "1::2::3", "fe80::1%eth0", "1.2.3.4"],
        ),
        (Format::Byte, &["", "QQ==", "QUI=", "QUJD", "+/+/"], &["Q", "QQ=", "Q===", "QU=J", "QQ--", "Q Q="]),
    ] {
        let values = good.iter().chain(bad).copied();
        let values = Arc::new(StringViewArray::from_iter_values(values));
        let expected = ".".repeat(good.len()) + &"x".repeat(bad.len());
        check(Rule::Format { column: c(), format }, DataType::String, values, &expected);
    }
    let long = format!("{}@example.org", "a".repeat(65));
    let label = format!("{}.org", "a".repeat(64));
    check(Rule::Format { column: c(), format: Format::Email }, DataType::String, texts([&long]), "x");
    check(Rule::Format { column: c(), format: Format::Hostname }, DataType::String, texts([&label]), "x");
}
