//! What looks personal, and what only seems to.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use super::*;

/// The kinds that are told, the most certain first.
fn told(column: &str, values: &[&str]) -> Vec<Kind> {
    let mut detector = Detector::of(column);
    values.iter().for_each(|value| detector.see(value));
    detector.suspicions().iter().map(|found| found.kind).collect()
}

#[test]
fn values_say_what_they_are() {
    let cases: [(&str, &[&str], Kind); 12] = [
        ("c1", &["ada@example.com", "grace.h@navy.mil", "z@b.co.uk"], Kind::Email),
        ("c1", &["DE89370400440532013000", "GB82 WEST 1234 5698 7654 32", "FR1420041010050500013M02606"], Kind::Iban),
        ("c1", &["4111111111111111", "5500-0000-0000-0004", "340000000000009"], Kind::CardNumber),
        ("c1", &["192.168.10.7", "2001:db8::1", "10.0.0.255"], Kind::IpAddress),
        ("c1", &["+49 30 901820", "+1 (212) 555-0100", "0044 20 7946 0958"], Kind::Phone),
        ("c1", &["Maria Lopez", "Peter Schmidt", "Anna-Lena Kurz", "John Smith"], Kind::Name),
        ("c1", &["52.5200, 13.4050", "-33.8688,151.2093"], Kind::Coordinates),
        ("c1", &["078-05-1120", "219-09-9999"], Kind::NationalId),
        ("c1", &["12345678Z", "X1234567L"], Kind::NationalId),
        ("c1", &["RSSMRA85T10A562S"], Kind::NationalId),
        ("ssn", &["078-05-1120"], Kind::NationalId),
        ("birth_date", &["1980-01-01"], Kind::BirthDate),
    ];
    for (column, values, wanted) in cases {
        assert_eq!(told(column, values).first(), Some(&wanted), "{values:?}: {:?}", told(column, values));
    }
}

#[test]
fn numbers_with_wrong_check_digits_are_just_numbers() {
    assert!(told("c1", &["DE89370400440532013001", "GB82WEST12345698765433"]).is_empty());
    assert!(told("c1", &["4111111111111112", "5500000000000005"]).is_empty());
    assert!(told("c1", &["000-12-3456", "666-12-3456", "123-00-4567"]).is_empty());
    assert!(told("c1", &["12345678A"]).is_empty());
}

#[test]
fn what_only_seems_so_is_not_told() {
    let cases: [(&str, &[&str]); 9] = [
        ("tailnum", &["N14228", "N24211", "N619AA"]),
        ("carrier", &["United Air Lines Inc.", "JetBlue Airways", "Delta Air Lines Inc."]),
        ("time_hour", &["2013-01-01 05:00:00", "2013-01-01T06:00:00Z"]),
        ("day", &["2013-01-01", "31.12.2020", "12/31/2020"]),
        ("distance", &["1400.25", "1416.0", "1089.1"]),
        ("id", &["123456789", "987654321", "100000001", "100000002", "100000003"]),
        ("version", &["1.2.3", "10.0.1"]),
        ("id", &["550e8400-e29b-41d4-a716-446655440000"]),
        ("handle", &["@ada", "ada@", "a@b"]),
    ];
    for (column, values) in cases {
        assert!(told(column, values).is_empty(), "{column}: {:?}", told(column, values));
    }
}

#[test]
fn free_text_with_an_address_in_it_is_found() {
    let values = ["please write to ada@example.com.", "no comment", "call back", "ok"];
    assert_eq!(told("comment", &values), [Kind::Email]);
}

#[test]
fn names_of_columns_are_read_in_all_spellings() {
    for column in ["customerEmail", "CUSTOMER_EMAIL", "e-mail", "contact_e_mail"] {
        assert_eq!(told(column, &[]).first(), Some(&Kind::Email), "{column}");
    }
    assert_eq!(told("first_name", &["Xqz", "Abc"]).first(), Some(&Kind::Name));
    assert!(told("shipment", &["a"]).is_empty());
    assert!(told("panel", &["a"]).is_empty());
}

#[test]
fn national_ids_by_country() {
    for (country, number) in [
        ("the United Kingdom", "AB123456C"),
        ("Germany", "86095742719"),
        ("France", "255081416802538"),
        ("Italy", "RSSMRA85T10A562S"),
        ("the Netherlands", "111222333"),
        ("Belgium", "85.07.30-033.28"),
        ("Poland", "44051401359"),
        ("Sweden", "811218-9876"),
        ("Finland", "131052-308T"),
        ("Switzerland", "756.9217.0769.85"),
        ("Brazil", "529.982.247-25"),
        ("China", "11010519491231002X"),
        ("India", "234123412346"),
    ] {
        assert!(national::countries(number).contains(&country), "{country}: {:?}", national::countries(number));
    }
}

#[test]
fn the_evidence_shows_no_value() {
    let mut detector = Detector::of("c1");
    detector.see("ada@example.com");
    assert!(!detector.suspicions()[0].evidence.contains("ada"));
}

#[test]
fn given_names_are_sorted() {
    assert!(names::is_person("zoe") && names::is_person("adam"));
}

#[test]
fn hostile_values_do_no_harm() {
    let long = "é".repeat(10_000);
    for value in ["", " ", "\u{0}", "@", "-", "+", "::::", &long, "（）", "....", "é-00-000é", "X", "2A"] {
        let mut detector = Detector::of("c");
        detector.see(value);
        detector.suspicions();
    }
}
