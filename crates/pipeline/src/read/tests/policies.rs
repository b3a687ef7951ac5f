//! What a stage says of failures: retries, and rows that break the contract.

use super::*;
use crate::project::Above;

#[test]
fn retries_and_limits() {
    check(
        "  flight: { retry: { attempts: 0, wait: 5s, max_wait: 1s }, on_violation: { above: 500% } }\n  daily_delay: { retry: { wait: 5 }, on_violation: { above: [1] } }\n",
        &[
            "3:32 PL204 `datasets.flight.retry.attempts` is 0 | give a number from 1 to 100",
            "3:55 PL204 `max_wait` is 1000 ms, less than `wait` with 5000 ms | the first wait is `wait`, and none is longer than `max_wait`",
            "3:84 PL204 `datasets.flight.on_violation.above` is not a share: the text \"500%\" | write a share such as 5%, or the same as a number from 0 to 1 such as 0.05",
            "4:33 PL204 `datasets.daily_delay.retry.wait` is not a duration: the number 5 | write a number and its unit, such as 200ms, 3s or 2min",
            "4:61 PL203 `datasets.daily_delay.on_violation.above` must be a share, not a list | write a share such as 5%, or the same as a number from 0 to 1 such as 0.05",
        ],
    );
}

#[test]
fn what_becomes_of_violations() {
    let of = |text: &str| {
        let (project, found) = read(
            &files(
                &[("p.yaml", &format!("datasets:\n  flight: {{ on_violation: {text} }}\n  daily_delay: {{}}\n"))],
                &["flight", "daily_delay"],
            ),
            &contracts(),
        );
        let flight = project.datasets.get("flight").unwrap();
        (
            flight.threshold,
            flight.then,
            lines(&found)
                .into_iter()
                .filter(|line| line.contains("on_violation") || line.contains("says nothing"))
                .collect::<Vec<_>>(),
        )
    };
    assert_eq!(of("{ rows: dead_letter, above: 5%, then: gate }"), (Some(0.05), Above::Gate, vec![]));
    assert_eq!(of("{ then: fail }"), (None, Above::Fail, vec![]));
    assert_eq!(of("{ rows: fail }"), (Some(0.0), Above::Fail, vec![]));
    let (_, then, said) = of("{ rows: fail, above: 5% }");
    assert_eq!(then, Above::Fail);
    assert!(said[0].contains("`above` says nothing where `rows: fail` lets no row be refused"), "{said:?}");
    assert!(of("{ rows: drop }").2[0].contains("dead_letter"), "{:?}", of("{ rows: drop }").2);
}
