//! Patterns that can be read, and what is said of those that cannot.
#![allow(clippy::unwrap_used)]

use std::collections::BTreeMap;

use super::Schedule;
use crate::read::{ProjectFiles, read};

#[test]
fn five_fields_and_words_are_read() {
    for (text, cron) in [
        ("15 * * * *", "15 * * * *"),
        ("  */5   8-18 * * MON-FRI ", "*/5 8-18 * * MON-FRI"),
        ("0 0 1,15 * *", "0 0 1,15 * *"),
        ("0 6 L * *", "0 6 L * *"),
        ("@daily", "@daily"),
    ] {
        let schedule = Schedule::parse(text).unwrap();
        assert_eq!(schedule.cron, cron);
        assert!(schedule.words.ends_with(" UTC") && schedule.words.len() > 10, "{}", schedule.words);
    }
}

#[test]
fn the_field_that_is_wrong_is_named() {
    for (text, wanted) in [
        ("", "a schedule has five fields (minute, hour, day of the month, month, day of the week), and this has 0"),
        ("* * * *", "and this has 4"),
        ("0 15 * * * *", "and this has 6"),
        ("60 * * * *", "`60` is not a minute"),
        ("0 24 * * *", "`24` is not an hour"),
        ("0 0 0 * *", "`0` is not a day of the month"),
        ("0 0 * 13 *", "`13` is not a month"),
        ("0 0 * * FUNDAY", "`FUNDAY` is not a day of the week"),
        ("0 0 * * 5-1x", "`5-1x` is not a day of the week"),
        ("*/0 * * * *", "`*/0` is not a minute"),
        ("@sometimes", "`@sometimes` is none of @hourly, @daily"),
        ("every day at six", "and this has 4"),
    ] {
        let said = Schedule::parse(text).unwrap_err();
        assert!(said.contains(wanted), "{text}: {said}");
    }
}

/// What is found in these pipeline files, with its place.
fn found(pipelines: &[(&str, &str)]) -> (crate::Project, Vec<String>) {
    let pipelines = pipelines.iter().map(|(path, text)| ((*path).to_owned(), (*text).to_owned())).collect();
    let (project, found) =
        read(&ProjectFiles { settings: None, pipelines, ..ProjectFiles::default() }, &BTreeMap::new());
    let line = |found: &contract::Diagnostic| {
        format!("{}:{}:{} {} {}", found.path, found.span.line, found.span.column, found.code, found.message)
    };
    (project, found.iter().map(line).collect())
}

#[test]
fn a_pipeline_has_one_schedule_and_a_wrong_one_is_told_at_its_place() {
    let (project, none) = found(&[("p.yaml", "pipeline: p\nschedule: \"15 * * * *\"\ndatasets: {}\n")]);
    assert_eq!(none, Vec::<String>::new());
    assert_eq!(project.schedules["p"].cron, "15 * * * *");
    let (project, wrong) = found(&[("p.yaml", "pipeline: p\nschedule: \"15 25 * * *\"\ndatasets: {}\n")]);
    assert_eq!(wrong, ["p.yaml:2:11 PL204 `25` is not an hour"]);
    assert!(project.schedules.is_empty());
    let (_, wrong) = found(&[("p.yaml", "schedule: 15\ndatasets: {}\n")]);
    assert_eq!(wrong, ["p.yaml:1:11 PL203 `schedule` must be a text, not the number 15"]);
    let again = "pipeline: p\nschedule: '@daily'\ndatasets: {}\n";
    let (project, twice) = found(&[("a.yaml", again), ("b.yaml", again)]);
    assert_eq!(twice, ["b.yaml:2:11 PL204 the pipeline `p` has a schedule in a.yaml:2 already"]);
    assert_eq!(project.schedules["p"].cron, "@daily");
}
