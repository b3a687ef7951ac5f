//! Migrations as a table: what was, what is, and the steps.

use contract::DataType as T;
use contract::privacy::{Method, Protection};

use super::*;
use crate::decide::GateKind;
use crate::table::{PartitionBy, TableSpec, Transform, Write};

fn column(name: &str, data_type: T) -> Term {
    Term { name: name.into(), id: None, data_type, required: false, classification: None, protection: None, fill: None }
}

fn int(name: &str) -> Term {
    column(name, T::Integer { bits: 32, signed: true })
}

fn text(name: &str) -> Term {
    column(name, T::String)
}

fn id(id: &str, column: Term) -> Term {
    Term { id: Some(id.into()), ..column }
}

fn required(column: Term) -> Term {
    Term { required: true, ..column }
}

fn fill(sql: &str, column: Term) -> Term {
    Term { fill: Some(sql.into()), ..column }
}

fn protected(method: Method, column: Term) -> Term {
    Term { protection: Some(Protection { method, key: None, domain: None, leaves: None }), ..column }
}

fn terms(columns: Vec<Term>) -> Terms {
    Terms {
        encryption: None,
        columns,
        primary_key: Vec::new(),
        checks: Vec::new(),
        table: TableSpec {
            write: Write::Append,
            key: Vec::new(),
            partition_by: Vec::new(),
            column_mapping: false,
            keep_previous: None,
        },
        threshold: None,
        retry: Default::default(),
        incremental: None,
        guards: Default::default(),
    }
}

fn rule(id: &str, element: &str, rule: &str) -> CheckTerm {
    CheckTerm {
        id: id.into(),
        scope: Scope::Row,
        severity: Severity::Error,
        element: Some(element.into()),
        says: None,
        rule: rule.into(),
        limits: None,
    }
}

fn checks(terms: Terms, checks: Vec<CheckTerm>) -> Terms {
    Terms { checks, ..terms }
}

fn by(terms: Terms, column: &str, transform: Transform) -> Terms {
    let table = TableSpec { partition_by: vec![PartitionBy { column: column.into(), transform }], ..terms.table };
    Terms { table, ..terms }
}

/// One line for what it costs, one for each step with `!` where it breaks; or why the table is built anew.
fn told(old: &Terms, new: &Terms, is_model: bool) -> Vec<String> {
    match migration(old, new, is_model) {
        Ok(migration) => {
            let reads = match (migration.checked, migration.audited) {
                (true, _) => ", checked",
                (false, true) => ", audited",
                (false, false) => "",
            };
            let first = format!("{}{reads}", migration.work().word());
            let line = |step: &Step| format!("{}{step}", if step.breaks().is_some() { "! " } else { "" });
            [first].into_iter().chain(migration.steps.iter().map(line)).collect()
        }
        Err(Rebuild(why)) => vec![format!("rebuild: {why}")],
    }
}

fn check(old: Vec<Term>, new: Vec<Term>, expected: &[&str]) {
    assert_eq!(told(&terms(old), &terms(new), false), expected);
}

#[test]
fn columns_come_and_go() {
    check(vec![int("a")], vec![int("a"), text("b")], &["metadata only", "add `b`, NULL in stored rows"]);
    check(vec![int("a")], vec![int("a"), fill("a + 1", int("b"))], &["rewrite, checked", "add `b` as a + 1"]);
    check(
        vec![int("a")],
        vec![int("a"), required(text("b"))],
        &["rebuild: `b` is new and required, and no `fill` says what stored rows get"],
    );
    check(vec![int("a")], vec![int("a"), fill("'?'", required(text("b")))], &["rewrite, checked", "add `b` as '?'"]);
    check(vec![int("a"), text("b")], vec![int("a")], &["rewrite", "! drop `b`"]);
    check(
        vec![int("a"), text("b"), text("c")],
        vec![int("a"), text("c"), text("b")],
        &["metadata only", "put the columns in the contract's order"],
    );
    // One that is new in the middle does not change the order of the others.
    check(
        vec![int("a"), text("c")],
        vec![int("a"), text("b"), text("c")],
        &["metadata only", "add `b`, NULL in stored rows"],
    );
}

#[test]
fn a_name_changes_by_its_stable_id_only() {
    check(vec![id("x", int("a"))], vec![id("x", int("b"))], &["rewrite", "! rename `a` to `b`"]);
    check(vec![int("a")], vec![int("b")], &["rewrite", "add `b`, NULL in stored rows", "! drop `a`"]);
    check(vec![id("x", int("a"))], vec![id("y", int("b"))], &["rewrite", "add `b`, NULL in stored rows", "! drop `a`"]);
    // An id that is given to a column that is there makes no other column of it.
    check(
        vec![int("a")],
        vec![id("x", int("a"))],
        &["metadata only", "only how values are read changed; stored rows stay as they are"],
    );
    // Two that change places by name.
    check(
        vec![id("x", int("a")), id("y", int("b"))],
        vec![id("y", int("a")), id("x", int("b"))],
        &["rewrite", "! rename `b` to `a`", "! rename `a` to `b`", "put the columns in the contract's order"],
    );
    // A new column takes the name of one that lives on under another.
    check(
        vec![id("x", int("a"))],
        vec![id("x", int("b")), text("a")],
        &["rewrite", "! rename `a` to `b`", "add `a`, NULL in stored rows"],
    );
    // Another column of the same name.
    check(vec![id("x", int("a"))], vec![id("y", int("a"))], &["rewrite", "add `a`, NULL in stored rows", "! drop `a`"]);
}

#[test]
fn types_widen_or_are_converted() {
    let int = |bits| T::Integer { bits, signed: true };
    let unsigned = |bits| T::Integer { bits, signed: false };
    let float = |bits| T::Float { bits };
    let decimal = |precision, scale| T::Decimal { precision, scale };
    let wide = [
        (int(32), int(64)),
        (unsigned(32), int(64)),
        (float(32), float(64)),
        (decimal(10, 2), decimal(12, 4)),
        (T::List(Box::new(int(8))), T::List(Box::new(int(16)))),
    ];
    for (from, to) in wide {
        let said = format!("widen `a` from {from} to {to}");
        check(vec![column("a", from)], vec![column("a", to)], &["rewrite", &said]);
    }
    // Nothing is lost, but who reads it meets another type.
    let other_kinds = [
        (int(32), float(64)),
        (int(16), float(32)),
        (int(64), decimal(19, 0)),
        (T::Date, T::Timestamp { zoned: false }),
    ];
    for (from, to) in other_kinds {
        let said = format!("! convert `a` from {from} to {to}");
        check(vec![column("a", from)], vec![column("a", to)], &["rewrite", &said]);
    }
    let others = [
        (int(64), int(32)),
        (int(64), float(64)),
        (int(32), unsigned(64)),
        (decimal(10, 2), decimal(10, 4)),
        (float(64), decimal(10, 2)),
        (T::String, int(32)),
        (T::Boolean, T::String),
        (T::Timestamp { zoned: true }, T::Date),
    ];
    for (from, to) in others {
        let said = format!("! convert `a` from {from} to {to}");
        check(vec![column("a", from)], vec![column("a", to)], &["rewrite, checked", &said]);
    }
    let foreign = [
        (T::Timestamp { zoned: false }, T::Timestamp { zoned: true }),
        (T::Boolean, T::Date),
        (T::Struct(Vec::new()), T::String),
    ];
    for (from, to) in foreign {
        let said = format!("rebuild: `a` was {from} and is {to}, and no `fill` says how the one is made of the other");
        check(vec![column("a", from.clone())], vec![column("a", to.clone())], &[&said]);
        let said = format!("! make `a`, {to} and not {from} any more, as f(a)");
        check(vec![column("a", from)], vec![fill("f(a)", column("a", to))], &["rewrite, checked", &said]);
    }
}

#[test]
fn fields_inside_come_and_go() {
    let field = |name: &str, data_type, required| contract::Field { name: name.into(), data_type, required };
    let int = |name: &str| field(name, T::Integer { bits: 32, signed: true }, false);
    let long = |name: &str| field(name, T::Integer { bits: 64, signed: true }, false);
    let of = |fields: Vec<contract::Field>| column("a", T::Struct(fields));
    let items = |fields: Vec<contract::Field>| column("a", T::List(Box::new(T::Struct(fields))));
    let same = |old: Vec<contract::Field>, new: Vec<contract::Field>, said: &[&str]| {
        check(vec![of(old.clone())], vec![of(new.clone())], said);
        let inside: Vec<String> = said.iter().map(|said| said.replace("a.", "a[].")).collect();
        let inside: Vec<&str> = inside.iter().map(String::as_str).collect();
        check(vec![items(old)], vec![items(new)], &inside);
    };
    same(vec![int("x")], vec![int("y"), int("x")], &["rewrite", "fields inside `a`: new: a.y"]);
    same(vec![int("x"), int("y")], vec![int("x")], &["rewrite", "! fields inside `a`: gone: a.y"]);
    same(vec![int("x"), int("y")], vec![int("y"), int("x")], &["rewrite", "fields inside `a`: in another order"]);
    same(
        vec![int("x"), int("y")],
        vec![int("z"), long("x")],
        &["rewrite", "! fields inside `a`: new: a.z; gone: a.y; wider: a.x"],
    );
    // What is required inside is a matter of checks.
    let nothing = "only how values are read changed; stored rows stay as they are";
    let required = |name: &str| field(name, T::Integer { bits: 32, signed: true }, true);
    same(vec![int("x")], vec![required("x")], &["metadata only", nothing]);
    same(
        vec![int("x")],
        vec![int("x"), required("y")],
        &["rebuild: `a.y` is new and required, and stored values have none"],
    );
    check(vec![of(vec![int("x")])], vec![of(vec![int("y")])], &["rebuild: `a` has none of the fields that it had"]);
    let narrower = "rebuild: `a.x` was i64 and is i32, and no `fill` says how the one is made of the other";
    same(vec![long("x")], vec![int("x")], &[narrower]);
    let map = |value| column("a", T::Map(Box::new(T::String), Box::new(T::Struct(value))));
    let told = told(&terms(vec![map(vec![int("x")])]), &terms(vec![map(vec![int("x"), int("y")])]), false);
    assert!(told[0].starts_with("rebuild: `a` was map"), "{told:?}");
    let (old, new) = (terms(vec![of(vec![int("x")])]), terms(vec![of(vec![int("x"), int("y")])]));
    assert_eq!(super::tests::told(&old, &new, true), ["rebuild: `a.y` is new, and the inputs say what it is"]);
}

/// A table that is built anew: who reads a field that is gone is told of it, also where no field stays.
#[test]
fn fields_inside_are_lost_by_a_rebuild() {
    let of = |name: &str| {
        let field = |name: &str, data_type| contract::Field { name: name.into(), data_type, required: false };
        let inner = T::Struct(vec![field(name, T::String)]);
        terms(vec![column("a", T::Struct(vec![field("x", T::String), field("in", inner)]))])
    };
    let told: Vec<String> = losses(&of("y"), &of("yy")).iter().map(ToString::to_string).collect();
    assert_eq!(told, ["fields inside `a`: new: a.in.yy; gone: a.in.y"]);
    assert_eq!(super::tests::told(&of("y"), &of("yy"), false), ["rebuild: `a.in` has none of the fields that it had"]);
    let only = |name: &str| {
        let field = contract::Field { name: name.into(), data_type: T::String, required: false };
        terms(vec![column("a", T::List(Box::new(T::Struct(vec![field]))))])
    };
    let told: Vec<String> = losses(&only("y"), &only("yy")).iter().map(ToString::to_string).collect();
    assert_eq!(told, ["fields inside `a`: new: a[].yy; gone: a[].y"]);
}

#[test]
fn a_fill_is_done_once() {
    check(vec![int("a")], vec![fill("0", int("a")), int("b")], &["metadata only", "add `b`, NULL in stored rows"]);
}

#[test]
fn columns_are_split_and_joined() {
    check(
        vec![text("name")],
        vec![fill("split_part(name, ' ', 1)", text("first")), fill("split_part(name, ' ', 2)", text("last"))],
        &[
            "rewrite, checked",
            "add `first` as split_part(name, ' ', 1)",
            "add `last` as split_part(name, ' ', 2)",
            "! drop `name`",
        ],
    );
}

#[test]
fn null_is_forbidden_and_allowed() {
    let old = terms(vec![int("a")]);
    let new = checks(terms(vec![required(int("a"))]), vec![rule("a.required", "a", "r")]);
    assert_eq!(told(&old, &new, false), ["rows are read, checked", "require `a`"]);
    assert_eq!(told(&new, &old, false), ["metadata only", "let `a` be NULL"]);
}

#[test]
fn checks_that_rows_were_not_held_against_are_read() {
    let with = |rules: Vec<CheckTerm>| checks(terms(vec![int("a"), int("b")]), rules);
    let range = |said: &str| rule("a.range", "a", said);
    let held = "stored rows are held against them";
    let read = |what: &str| vec!["rows are read, checked".to_owned(), format!("checks {what}; {held}")];
    assert_eq!(told(&with(vec![]), &with(vec![range("1")]), false), read("new: a.range"));
    assert_eq!(told(&with(vec![range("1")]), &with(vec![range("2")]), false), read("changed: a.range"));
    assert_eq!(told(&with(vec![range("1")]), &with(vec![]), false), ["metadata only", "checks gone: a.range"]);
    let mild = CheckTerm { severity: Severity::Warning, ..range("1") };
    assert_eq!(told(&with(vec![]), &with(vec![mild.clone()]), false), ["metadata only", "checks new: a.range"]);
    assert_eq!(told(&with(vec![mild]), &with(vec![range("1")]), false), read("changed: a.range"));
    let bears = CheckTerm { limits: Some("5 %".into()), ..range("1") };
    assert_eq!(told(&with(vec![bears]), &with(vec![range("1")]), false), ["metadata only", "checks changed: a.range"]);
    let whole = CheckTerm { scope: Scope::Dataset, element: None, ..rule("orders.count", "", "1") };
    assert_eq!(told(&with(vec![]), &with(vec![whole]), false), ["metadata only, audited", "checks new: orders.count"]);
    // NULL meets every rule of a column that nobody has filled.
    let new = checks(terms(vec![int("a"), int("b"), int("c")]), vec![rule("c.range", "c", "1")]);
    assert_eq!(told(&with(vec![]), &new, false), ["metadata only", "add `c`, NULL in stored rows"]);
    // A check moves with its column.
    let old = checks(terms(vec![id("x", int("a"))]), vec![range("1")]);
    let new = checks(terms(vec![id("x", int("z"))]), vec![rule("z.range", "z", "of z")]);
    assert_eq!(told(&old, &new, false), ["rewrite", "! rename `a` to `z`"]);
}

#[test]
fn keys_partitions_and_classes() {
    let columns = || vec![int("a"), text("b")];
    let key = |names: &[&str]| Terms {
        primary_key: names.iter().map(|name| (*name).to_owned()).collect(),
        ..terms(columns())
    };
    assert_eq!(told(&key(&[]), &key(&["a"]), false), ["metadata only", "primary key a instead of none"]);
    assert_eq!(told(&key(&["a"]), &key(&["b"]), false), ["metadata only", "! primary key b instead of a"]);
    let plain = terms(columns());
    let parted = by(terms(columns()), "b", Transform::Identity);
    assert_eq!(told(&plain, &parted, false), ["rewrite", "partition by b instead of none"]);
    assert_eq!(told(&parted, &plain, false), ["rewrite", "partition by none instead of b"]);
    let wide = by(terms(vec![column("a", T::Integer { bits: 64, signed: true })]), "a", Transform::Identity);
    let narrow = by(terms(vec![int("a")]), "a", Transform::Identity);
    assert_eq!(told(&narrow, &wide, false), ["rewrite", "widen `a` from i32 to i64", "partition by a anew"]);
    let class = |class: &str| terms(vec![Term { classification: Some(class.into()), ..int("a") }]);
    assert_eq!(
        told(&class("public"), &class("secret"), false),
        ["metadata only", "classify `a` as secret instead of public"]
    );
}

#[test]
fn protections_change_where_the_value_can_be_had() {
    let plain = || vec![text("a")];
    let with = |method| vec![protected(method, text("a"))];
    check(plain(), with(Method::Hash), &["rewrite", "! protect `a` by hash"]);
    check(with(Method::Encrypt), plain(), &["rewrite", "! protect `a` no more"]);
    check(with(Method::Encrypt), with(Method::Hash), &["rewrite", "! protect `a` by hash instead of encrypt"]);
    let hides = |old: Vec<Term>, new: Vec<Term>| {
        migration(&terms(old), &terms(new), false).is_ok_and(|migration| migration.hides())
    };
    assert!(hides(plain(), with(Method::Hash)) && hides(with(Method::Encrypt), with(Method::Hash)));
    assert!(!hides(with(Method::Encrypt), plain()) && !hides(plain(), vec![int("b")]));
    let kept = "rebuild: the values of `a` are stored protected (hash), which cannot be undone";
    check(with(Method::Hash), plain(), &[kept]);
    check(with(Method::Hash), with(Method::Encrypt), &[kept]);
    let widened = vec![protected(Method::Null, column("a", T::Integer { bits: 64, signed: true }))];
    check(
        vec![protected(Method::Null, int("a"))],
        widened,
        &["rebuild: `a` has another type, and its values are stored protected"],
    );
}

#[test]
fn a_model_computes_what_is_new() {
    let (old, new) = (terms(vec![int("a")]), terms(vec![int("a"), int("b")]));
    assert_eq!(told(&old, &new, true), ["rebuild: `b` is new, and the inputs say what it is"]);
    let new = terms(vec![int("a"), fill("0", int("b"))]);
    assert_eq!(told(&old, &new, true), ["rewrite, checked", "add `b` as 0"]);
}

#[test]
fn rows_that_were_written_otherwise_are_built_anew() {
    let old = terms(vec![id("x", int("a")), id("y", int("b"))]);
    let write = |write, key: &str| Terms {
        table: TableSpec {
            write,
            key: vec![key.to_owned()],
            partition_by: Vec::new(),
            column_mapping: false,
            keep_previous: None,
        },
        ..old.clone()
    };
    assert_eq!(
        told(&old, &write(Write::Merge, "a"), false),
        ["rebuild: rows that are there were written in another way"]
    );
    assert_eq!(
        told(&write(Write::Merge, "a"), &write(Write::Merge, "b"), false),
        ["rebuild: rows that are there were merged by another key"]
    );
    // A key that only has another name is the same key.
    let mut renamed = write(Write::Merge, "c");
    renamed.columns[0].name = "c".into();
    assert_eq!(told(&write(Write::Merge, "a"), &renamed, false), ["rewrite", "! rename `a` to `c`"]);
}

#[test]
fn only_what_breaks_is_asked() {
    let old = terms(vec![int("a"), int("b")]);
    let asks = |new: Vec<Term>| migration(&old, &terms(new), false).map(|migration| migration.asks());
    assert_eq!(asks(vec![int("a"), int("b"), int("c")]), Ok(Vec::new()));
    let text = "Migration: drop `b`. Its values are gone from the table, and who reads it breaks.";
    assert_eq!(asks(vec![int("a")]), Ok(vec![Ask { kind: GateKind::DataMigration, text: text.into() }]));
}

/// With column mapping, under terms that were mapped already or that begin with it.
#[test]
fn mapped_columns_are_renamed_and_dropped_in_the_log() {
    let mapped = |terms: Terms| Terms { table: TableSpec { column_mapping: true, ..terms.table }, ..terms };
    let class = |class: &str, column: Term| Term { classification: Some(class.into()), ..column };
    let told = |old: Terms, new: Terms| told(&old, &new, false);
    let named = |name: &str| vec![id("x", int(name)), text("b")];
    assert_eq!(told(mapped(terms(named("a"))), mapped(terms(named("c")))), ["metadata only", "! rename `a` to `c`"]);
    assert_eq!(
        told(terms(named("a")), mapped(terms(named("c")))),
        ["metadata only", "! rename `a` to `c`", "map columns by name; the files keep theirs"]
    );
    assert_eq!(
        told(mapped(terms(named("a"))), terms(named("a"))),
        ["rewrite", "map columns no more; the files get the table's names"]
    );
    let drop = |gone: Term| told(mapped(terms(vec![int("a"), gone])), mapped(terms(vec![int("a")])));
    assert_eq!(drop(text("b")), ["metadata only", "! drop `b`"]);
    assert_eq!(drop(class("Public", text("b"))), ["metadata only", "! drop `b`"]);
    assert_eq!(
        drop(class("personal", text("b"))),
        ["rewrite", "! drop `b`, in all files as it is classified personal"]
    );
    assert_eq!(
        drop(protected(Method::Hash, text("b"))),
        ["rewrite", "! drop `b`, in all files as it is protected (hash)"]
    );
    // Files that are written anew anyway do not keep it.
    let old = mapped(terms(vec![int("a"), text("b")]));
    let new = mapped(terms(vec![column("a", T::Integer { bits: 64, signed: true })]));
    let found = migration(&old, &new, false).map(|found| (found.rewrites(), found.asks()));
    let text = "Migration: drop `b`. Its values are gone from the table, and who reads it breaks.";
    assert_eq!(found, Ok((true, vec![Ask { kind: GateKind::DataMigration, text: text.into() }])));
    // The partitions of a column under another name are what they were.
    for transform in [Transform::Identity, Transform::Bucket(4)] {
        let (old, new) = (by(terms(named("a")), "a", transform.clone()), by(terms(named("c")), "c", transform));
        assert_eq!(told(mapped(old.clone()), mapped(new.clone())), ["metadata only", "! rename `a` to `c`"]);
        assert_eq!(told(old, new)[0], "rewrite");
    }
    let (old, new) = (by(terms(named("a")), "a", Transform::Identity), by(terms(named("c")), "b", Transform::Identity));
    assert_eq!(told(mapped(old), mapped(new)), ["rewrite", "! rename `a` to `c`", "partition by b instead of a"]);
}

#[test]
fn the_way_back_loses_nothing_or_is_none() {
    let way = |then: Terms, now: Terms| match back(&now, &then) {
        Ok(back) => back.targets.iter().map(|target| format!("{}: {:?}", target.column, target.made)).collect(),
        Err(why) => vec![why],
    };
    let of = |then: Vec<Term>, now: Vec<Term>| way(terms(then), terms(now));
    let long = |name: &str| column(name, T::Integer { bits: 64, signed: true });
    assert_eq!(of(vec![id("x", int("a"))], vec![id("x", int("b"))]), ["a: Stored(\"b\")"]);
    assert_eq!(of(vec![int("a"), text("b")], vec![int("a")]), ["a: Stored(\"a\")", "b: Null"]);
    assert_eq!(of(vec![int("a")], vec![int("a"), text("b")]), ["a: Stored(\"a\")"]);
    assert_eq!(of(vec![long("a")], vec![int("a")]), ["a: Cast(\"a\")"]);
    assert_eq!(of(vec![int("a")], vec![long("a")]), ["`a` is i64, and not every value of that is i32"]);
    assert_eq!(
        of(vec![int("a"), required(text("b"))], vec![int("a")]),
        ["`b` is new and required, and no `fill` says what stored rows get"]
    );
    assert_eq!(
        of(vec![text("a")], vec![protected(Method::Hash, text("a"))]),
        ["the values of `a` are stored protected (hash), which cannot be undone"]
    );
    let with = |rule_of: &[(&str, &str)]| {
        let all = rule_of.iter().map(|(id, said)| rule(id, id.split('.').next().unwrap_or_default(), said)).collect();
        checks(terms(vec![id("x", int("a")), int("b")]), all)
    };
    assert_eq!(way(with(&[("a.range", "1")]), with(&[])), ["a.range is not made any more as it was"]);
    assert_eq!(way(with(&[("a.range", "1")]), with(&[("a.range", "2")])), ["a.range is not made any more as it was"]);
    assert_eq!(way(with(&[]), with(&[("a.range", "1")])).len(), 2, "one more harms nobody");
    // A column that is required no more, and one that went with its checks.
    let then = checks(terms(vec![required(int("a"))]), vec![rule("a.required", "a", "r")]);
    assert_eq!(way(then, terms(vec![int("a")])), ["what its contract asks of rows is not asked any more"]);
    let then = checks(terms(vec![int("a"), text("b")]), vec![rule("b.length", "b", "5")]);
    assert_eq!(way(then, terms(vec![int("a")])).len(), 2);
}
