//! `contract lint` and `contract show`: what a person sees, what other tools read, and the exit codes.

use crate::memory::measured;
use crate::normal;
use crate::project::Project;

const WRONG: &str = "\
# The shop's orders.
apiVersion: v3.1.0
kind: DataContract
id: shop
version: 1.0   # quotes are missing
status: active
schema:
  - name: orders
    properties:
      - name: id
        logicalType: integer
        primarykey: true
      - name: total
        logicalType: number
        logicalTypeOptions: {minimum: 10, maximum: 1}
      - {name: customer, logicalType: integer, relationships: [{to: customers.id}]}
    quality:
      - metric: rowCount
        mustBeBetween: [100, 1]   # upside down
servers:
  - {server: prod, type: custom, customProperties: [{property: password, value: hunter2hunter2}]}
";

const CUSTOMERS: &str = "\
apiVersion: v3.1.0
kind: DataContract
id: customers
version: 1.0.0
status: active
schema:
  - name: customers
    properties:
      - {name: id, logicalType: integer, primaryKey: true}
";

macro_rules! seen {
    ($name:literal, $project:expr, $args:expr) => {{
        let output = $project.run(&$args);
        insta::assert_snapshot!($name, normal::screen(&$project, &output));
    }};
}

fn project() -> Project {
    Project::new().write("contracts/orders.odcs.yaml", WRONG)
}

#[test]
fn findings_are_shown_with_their_lines() {
    let project = project();
    seen!("contract_lint", project, ["contract", "lint", "contracts"]);
    seen!("contract_lint_explain", project, ["contract", "lint", "--explain", "PL132"]);
    seen!("contract_lint_nothing", project, ["contract", "lint", "nowhere"]);
    seen!("contract_lint_unknown_code", project, ["contract", "lint", "--explain", "PL999"]);
    let output = project.run(&["contract", "lint", "contracts"]);
    assert!(!output.both().contains("hunter2"), "a secret is shown");
}

#[test]
fn what_has_one_mending_is_mended() {
    let project = project().write("contracts/customers.odcs.yaml", CUSTOMERS);
    seen!("contract_lint_fix", project, ["contract", "lint", "contracts", "--fix"]);
    let text = project.read("contracts/orders.odcs.yaml");
    assert!(text.contains("version: \"1.0\"   # quotes are missing") && text.contains("[1, 100]   # upside down"));
    project.expect(0, &["contract", "lint", "contracts"]);
    project.expect(1, &["contract", "lint", "contracts", "--strict"]);
}

#[test]
fn other_tools_can_read_it() {
    let project = project();
    let sarif: serde_json::Value =
        serde_json::from_str(&project.run(&["contract", "lint", "contracts", "--sarif"]).stdout).unwrap();
    assert_eq!(sarif["runs"][0]["results"][0]["ruleId"], "PL111");
    let github = project.run(&["contract", "lint", "contracts", "--github"]).stdout;
    assert!(github.contains("::error file=contracts/orders.odcs.yaml,line=5,col=10,title=PL111::"), "{github}");
    let json: serde_json::Value =
        serde_json::from_str(&project.run(&["contract", "lint", "contracts", "--json"]).stdout).unwrap();
    assert_eq!(json["files"][0]["valid"], false);
    let found = &json["files"][0]["diagnostics"][0];
    assert_eq!((found["code"].as_str(), found["element"].as_str()), (Some("PL111"), Some("version")));
    assert_eq!((found["line"].as_u64(), found["column"].as_u64()), (Some(5), Some(10)));
}

#[test]
fn contracts_of_the_project_and_beside_are_known() {
    let orders = CUSTOMERS.replace("customers", "orders").replace(
        "primaryKey: true}",
        "primaryKey: true, relationships: [{to: customers.id}, {to: '../shared/customers.odcs.yaml#/schema/customers/properties/id'}]}",
    );
    let project = Project::new()
        .write("openspec/specs/shop/customers.odcs.yaml", CUSTOMERS)
        .write("shared/customers.odcs.yaml", CUSTOMERS)
        .write("elsewhere/orders.odcs.yaml", orders);
    project.expect(0, &["contract", "lint", "elsewhere/orders.odcs.yaml", "--strict"]);
}

#[test]
fn a_file_that_is_no_text_does_not_hide_the_others() {
    let project = project();
    std::fs::write(project.path("contracts/broken.odcs.yaml"), [0xff, 0xfe, 0x00]).unwrap();
    let json: serde_json::Value =
        serde_json::from_str(&project.run(&["contract", "lint", "contracts", "--json"]).stdout).unwrap();
    let files = json["files"].as_array().unwrap();
    assert_eq!(files.len(), 2);
    assert_eq!(files[0]["diagnostics"][0]["code"], "PL101");
}

#[test]
fn a_contract_is_shown_in_three_forms() {
    let project = Project::new().write("c.odcs.yaml", CUSTOMERS);
    seen!("contract_show", project, ["contract", "show", "c.odcs.yaml"]);
    seen!("contract_show_markdown", project, ["contract", "show", "c.odcs.yaml", "--format", "markdown"]);
    let html = project.run(&["contract", "show", "c.odcs.yaml", "--format", "html"]);
    assert!(html.stdout.starts_with("<!doctype html>") && html.code == Some(0));
}

/// The standard's words in numbers that nobody writes: as much as the limits let through, and a little more.
#[test]
fn hostile_documents_need_little_memory() {
    const HEAD: &str = "apiVersion: v3.2.0\nkind: DataContract\nid: x\nversion: 1.0.0\nstatus: active\nschema:\n  - name: t\n    properties:\n";
    let many = |times: usize, line: fn(usize) -> String| HEAD.to_owned() + &(0..times).map(line).collect::<String>();
    let bomb = (1..12).fold("a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n".to_owned(), |text, level| {
        let aliases = vec![format!("*a{}", level - 1); 10].join(", ");
        text + &format!("a{level}: &a{level} [{aliases}]\n")
    });
    let documents = [
        ("empty properties", many(79_000, |_| "      - {}\n".to_owned())),
        ("more empty properties", many(900_000, |_| "      - {}\n".to_owned())),
        (
            "mistakes",
            many(13_000, |at| {
                format!(
                    "      - {{name: c{at}, logicaltype: integer, logicalTypeOptions: {{minimum: 10, maximum: 1}}}}\n"
                )
            }),
        ),
        ("unknown keys", (0..79_000).map(|at| format!("k{at}: {at}\n")).collect()),
        ("aliases", bomb),
        ("depth", "[".repeat(4 << 20)),
        ("one text", many(1, |_| format!("      - {{name: c, description: {}}}\n", "y".repeat(8 << 20)))),
    ];
    let project = Project::new();
    for (what, text) in documents {
        project.put("hostile.odcs.yaml", text);
        let (output, peak) = measured(&project, &["contract", "lint", "hostile.odcs.yaml"]);
        eprintln!("{what}: {} MiB at most", peak >> 20);
        assert_eq!(output.code, Some(1), "{what}: {}", output.both());
        assert!(peak < 200 << 20, "{what}: {} MiB", peak >> 20);
    }
}
