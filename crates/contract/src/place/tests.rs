//! Paths and where they lead.
#![allow(clippy::unwrap_used)]

#[test]
fn paths() {
    let contract = "apiVersion: v3.2.0\nkind: DataContract\nid: a\nversion: 1.0.0\nschema:\n  - name: t\n    properties:\n\
        \u{20}     - {name: a.b, physicalType: int}\n\
        \u{20}     - {name: a, physicalType: 'struct<b: date, c.d: text, e: array<struct<f: map<text, double>>>>'}\n\
        \u{20}     - {name: a.b.c, physicalType: 'array<array<int>>'}\n";
    let dataset = &crate::load("c", contract).datasets[0];
    for (path, expected) in [
        ("a.b", Some("a.b 0 i32 a.b")),
        ("a", Some("a 0 struct<b: date, c.d: string, e: list<struct<f: map<string, f64>>>> a")),
        ("a.c.d", Some("a 1 string c.d")),
        ("a.e[]", Some("a 2 struct<f: map<string, f64>> value")),
        ("a.e[].f.value", Some("a 4 f64 value")),
        ("a.e[].f.key", Some("a 4 string value")),
        ("a.b.c[][]", Some("a.b.c 2 i32 value")),
        ("a.e.f", None),
        ("a.b[]", None),
        ("a.", None),
        ("a.e[", None),
        ("", None),
        ("x", None),
    ] {
        let place = dataset.place(path);
        let place = place
            .map(|place| format!("{} {} {} {}", place.column.name, place.steps.len(), place.data_type, place.name()));
        assert_eq!(place.as_deref(), expected, "{path}");
    }
}
