//! Where data is found, by what the command line and the contract say.
#![allow(clippy::unwrap_used, clippy::panic)]

use super::*;

const TWO: &str = "apiVersion: v3.1.0
kind: DataContract
id: a
version: 1.0.0
status: active
servers:
  - { server: lake, type: bigquery, project: p, dataset: d }
  - { server: files, type: local, path: 'data/{model}.csv', format: csv }
  - { server: bucket, type: s3, location: 's3://b/${FOLDER:-in}/*.json', format: json, delimiter: new_line, endpointUrl: 'http://127.0.0.1:9000' }
  - { server: db, type: postgres, host: h, port: 5433, database: shop, schema: sales }
schema:
  - name: order
    properties: [{ name: id, logicalType: integer }]
  - name: order_lines
    physicalName: lines
    properties: [{ name: id, logicalType: integer }]
";

fn found(request: TestRequest, variables: &[(&str, &str)]) -> Result<Located> {
    let loaded = contract::load("c.yaml", TWO);
    let variable =
        |name: &str| variables.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned());
    locate(&loaded.contract.unwrap(), &loaded.datasets, &request, &variable)
}

fn patterns(located: &Located) -> Vec<String> {
    let text = |at: &At| match &at.place {
        Where::Files(files) => format!("{} {}", at.dataset, files.patterns.join("|")),
        Where::Postgres { url, schema, table } => {
            format!("{} {url} {}.{table}", at.dataset, schema.as_deref().unwrap_or("-"))
        }
    };
    located.places.iter().map(text).collect()
}

fn given(data: &[&str]) -> TestRequest {
    TestRequest { data: data.iter().map(|text| (*text).to_owned()).collect(), ..TestRequest::default() }
}

#[test]
fn paths_are_told_apart_by_their_names() {
    let located = found(given(&["x/order_lines-1.csv", "order.csv"]), &[]).unwrap();
    assert_eq!(patterns(&located), ["order_lines x/order_lines-1.csv", "order order.csv"]);
    let located = found(given(&["lines.parquet"]), &[]).unwrap();
    assert_eq!(patterns(&located), ["order_lines lines.parquet"]);
    assert_eq!(located.without_data, ["order"]);
    let located = found(given(&["order=what.csv", "order=more.csv"]), &[]).unwrap();
    assert_eq!(patterns(&located), ["order what.csv|more.csv"]);
    assert!(found(given(&["what.csv"]), &[]).is_err());
}

#[test]
fn a_folder_may_hold_all_datasets() {
    let located = found(given(&["landing/"]), &[]).unwrap();
    assert_eq!(patterns(&located), ["order landing/", "order_lines landing/"]);
}

#[test]
fn databases_name_their_table() {
    let located = found(given(&["order=postgres://u@h/d?table=s.t&sslmode=disable"]), &[]).unwrap();
    assert_eq!(patterns(&located), ["order postgres://u@h/d?sslmode=disable s.t"]);
}

#[test]
fn the_first_server_that_can_be_tested_is_taken() {
    let located = found(TestRequest::default(), &[]).unwrap();
    assert_eq!(located.server.as_deref(), Some("files"));
    assert_eq!(patterns(&located), ["order data/order.csv", "order_lines data/order_lines.csv|data/lines.csv"]);
}

#[test]
fn a_server_is_chosen_by_name_and_may_hold_variables() {
    let request = |server: &str| TestRequest {
        server: Some(server.to_owned()),
        dataset: Some("order".into()),
        ..TestRequest::default()
    };
    let located = found(request("bucket"), &[("FOLDER", "out")]).unwrap();
    assert_eq!(patterns(&located), ["order s3://b/out/*.json"]);
    assert_eq!(located.store.get("allow_http").map(String::as_str), Some("true"));
    let located = found(request("db"), &[("PGUSER", "me"), ("PGPASSWORD", "a/b")]).unwrap();
    assert_eq!(patterns(&located), ["order postgres://me:a%2Fb@h:5433/shop sales.order"]);
    assert!(found(request("lake"), &[]).unwrap_err().message.contains("its type is bigquery"));
    assert!(found(request("nowhere"), &[]).unwrap_err().help.unwrap().contains("files"));
}

#[test]
fn an_unknown_dataset_is_told_with_those_there_are() {
    let request = TestRequest { dataset: Some("orders".into()), ..given(&["order.csv"]) };
    assert_eq!(found(request, &[]).unwrap_err().help.as_deref(), Some("it has order, order_lines"));
}
