//! Statements that mean the same, and others that do not.

use super::is_same_statement;

#[test]
fn case_white_space_and_comments_mean_nothing_outside_of_quotes() {
    let same = |old, new| is_same_statement((Some(old), Some(new)));
    for (old, new) in [
        ("SELECT count(*) FROM t", "select  COUNT( * )\nfrom T ;"),
        ("select 1 -- one", "SELECT 1"),
        ("select /* a ' quote */ 1", "select 1"),
        ("select a=1", "select a = 1"),
    ] {
        assert!(same(old, new), "{old}  {new}");
    }
    for (old, new) in [
        ("select 'A'", "select 'a'"),
        ("select \"A\"", "select \"a\""),
        ("select 'a  b'", "select 'a b'"),
        ("select a b", "select ab"),
        ("select 1", "select 2"),
        ("select '--' , 1", "select '--' , 2"),
    ] {
        assert!(!same(old, new), "{old}  {new}");
    }
}
