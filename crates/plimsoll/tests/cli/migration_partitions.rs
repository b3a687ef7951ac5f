//! Stored tables that are partitioned anew, without reading their inputs again.

use crate::migrations::{AMOUNT, CSV, ID, NAME, column, migrate, planned, settled, stored};
use crate::process::killed_at;
use crate::project::Project;

/// Each old file by itself would leave one in every new partition.
#[test]
fn a_table_is_partitioned_anew_into_few_files() {
    let rows: String = (0..200).map(|row| format!("{row},n{row},{}\n", row % 17)).collect();
    let by = |column: &str| {
        format!(
            "orders: {{ source: {{ files: 'landing/*.csv', vanished: keep }}, table: {{ write: append, \
             partition_by: [{{ bucket: {column}, count: 16 }}] }} }}"
        )
    };
    let project = Project::new()
        .contract("orders", &[ID, NAME, AMOUNT])
        .pipeline(&[&by("id")])
        .write("landing/1.csv", format!("id,name,amount\n{rows}"));
    project.expect(0, &["run"]);
    assert_eq!(project.files("orders").len(), 16);
    project.put_pipeline(&[&by("amount")]);
    for cut in ["migrated_file", "noted_file"] {
        let project = project.copied();
        assert!(killed_at(&project, cut, &["run"]).is_none(), "{cut} was not reached");
        project.expect(0, &["run"]);
        assert_eq!(project.count("orders"), 200, "{cut}");
        settled(&project);
    }
    project.expect(0, &["run"]);
    let mut rows: Vec<(i64, i64)> = column(&project, "id")
        .into_iter()
        .zip(column(&project, "amount"))
        .map(|(id, amount)| (id.as_i64().unwrap(), amount.as_i64().unwrap()))
        .collect();
    rows.sort_unstable();
    assert_eq!(rows, (0..200).map(|row| (row, row % 17)).collect::<Vec<_>>());
    assert!(project.files("orders").len() <= 16, "{} files", project.files("orders").len());
    settled(&project);
}

#[test]
fn a_table_is_partitioned_anew() {
    let project = stored(&[ID, NAME, AMOUNT], CSV);
    let before = project.rows("orders");
    project.put_pipeline(&["orders: { source: { files: 'landing/*.csv', vanished: keep }, table: { write: append, partition_by: [amount] } }"]);
    let migration = planned(&project);
    assert!(migration["steps"].to_string().contains("partition"), "{migration}");
    migrate(&project);
    let table = crate::delta::Table::open(&project.table("orders"));
    assert_eq!(table.partitions(), ["amount=10", "amount=20", "amount=30"]);
    assert_eq!(table.rows().len(), before.len());
    project.put_pipeline(&["orders: { source: { files: 'landing/*.csv', vanished: keep } }"]);
    migrate(&project);
    assert_eq!(project.rows("orders"), before);
}
