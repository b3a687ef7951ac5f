//! What is hidden, and what stays.
#![allow(clippy::unwrap_used)]

use serde_json::json;

use super::Mask;

fn mask() -> Mask {
    let contract = "apiVersion: v3.2.0\nkind: DataContract\nid: a\nversion: 1.0.0\nschema:\n  - name: t\n    properties:\n\
        \u{20}     - {name: id, logicalType: integer, classification: Public}\n\
        \u{20}     - {name: email, physicalName: E-Mail, logicalType: string, classification: pii}\n\
        \u{20}     - {name: home, logicalType: object, properties: [{name: zip, logicalType: string, classification: restricted}]}\n\
        \u{20}     - {name: note, logicalType: string}\n";
    Mask::of(&crate::load("c", contract).datasets[0])
}

#[test]
fn elements() {
    let mask = mask();
    let hidden = ["id", "email", "E-Mail", "home", "home.zip", "note", "emails"].map(|element| mask.hides(element));
    assert_eq!(hidden, [false, true, true, true, true, false, false]);
    assert_eq!(mask.value("email", "joe@example.org"), "[classified]");
    assert_eq!(mask.value("note", "hello"), "hello");
}

#[test]
fn rows() {
    let mut row = json!({ "id": 1, "email": "joe@example.org", "home": null, "note": "x" });
    mask().row(&mut row);
    assert_eq!(row, json!({ "id": 1, "email": "[classified]", "home": null, "note": "x" }));
}

#[test]
fn raw_records() {
    let mask = mask();
    let header = Some("id;E-Mail;note\r\n");
    for (raw, header, shown) in [
        (r#"{"id":1,"E-Mail":"joe@example.org"}"#, None, r#"{"id":1,"E-Mail":"[classified]"}"#),
        ("1;joe@example.org;x", header, "1;[classified];x"),
        ("1;;x\r\n", header, "1;;x"),
        // What cannot be taken apart with certainty is hidden as a whole.
        ("1;joe@example.org", header, "[classified]"),
        ("1;\"joe;x\";x", header, "[classified]"),
        ("1;joe@example.org;x", None, "[classified]"),
        ("1;joe@example.org;x", Some("id;mail;note"), "[classified]"),
        (r#"{"id":1,"E-Mail":"joe"#, None, "[classified]"),
    ] {
        assert_eq!(mask.raw(raw, header), shown, "{raw}");
    }
    assert_eq!(Mask::default().raw("1;joe", None), "1;joe");
}
