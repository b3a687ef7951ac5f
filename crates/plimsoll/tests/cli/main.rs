//! The binary as a person or a script meets it: real processes, real files, exact text and exit codes.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::print_stdout, clippy::print_stderr)]

mod delta;
mod normal;
mod process;
mod project;
mod shop;

mod dead_letters;
mod flights;
mod gate_attacks;
mod gate_evidence;
mod gate_rules;
mod gates;
mod impact;
mod integrity;
mod judged_once;
mod keys;
mod leak;
mod ledger;
mod lineage;
mod migration_partitions;
mod migration_readers;
mod openlineage;
mod origin;
mod plan;
mod privacy;
mod screens;
mod triggers;
mod writes;

mod contract_test;
mod contract_test_delta;
mod contract_test_postgres;
mod contract_test_suites;

mod archive_attacks;
mod bad_input;
mod change_attacks;
mod change_proposals;
mod change_rules;
mod change_undoing;
mod changes;
mod column_mapping;
mod column_mapping_readers;
mod concurrency;
mod conformance;
mod contract_attacks;
mod contract_diff;
mod contract_lint;
mod crash;
mod drift;
mod encryption;
mod locks;
mod memory;
mod migrations;
mod object_store;
mod random;
mod rebuilds;
mod rollbacks;
mod shared_ledger;
mod waiting;
mod way_back;
