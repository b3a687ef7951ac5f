//! Codes of quality rules: PL140 to PL148.

use super::Guide;

pub(super) const ALL: &[Guide] = &[
    Guide {
        code: "PL140",
        why: "A rule measures one number and compares it once. Without a comparison nothing is checked; two would be two rules.",
        example: "schema:\n  - name: orders\n    quality:\n      - { metric: rowCount, mustBeGreaterThan: 0, mustBeLessThan: 100 }\n",
        mended: Some(
            "schema:\n  - name: orders\n    quality:\n      - { metric: rowCount, mustBeGreaterThan: 0 }\n      - { metric: rowCount, mustBeLessThan: 100 }\n",
        ),
    },
    Guide {
        code: "PL141",
        why: "The standard puts the smallest number first; the other way round nothing lies between them.",
        example: "schema:\n  - name: orders\n    quality:\n      - { metric: rowCount, mustBeBetween: [100, 1] }\n",
        mended: Some(
            "schema:\n  - name: orders\n    quality:\n      - { metric: rowCount, mustBeBetween: [1, 100] }\n",
        ),
    },
    Guide {
        code: "PL142",
        why: "A check must never change what it checks. A quality query is a single SELECT that gives one value.",
        example: "schema:\n  - name: orders\n    quality:\n      - { type: sql, query: DELETE FROM orders WHERE total < 0, mustBe: 0 }\n",
        mended: Some(
            "schema:\n  - name: orders\n    quality:\n      - { type: sql, query: SELECT count(*) FROM orders WHERE total < 0, mustBe: 0 }\n",
        ),
    },
    Guide {
        code: "PL143",
        why: "`rowCount` is about a dataset; nulls, missing and invalid values are about a column. Some metrics cannot be measured without an argument.",
        example: "schema:\n  - name: orders\n    properties:\n      - { name: state, logicalType: string, quality: [{ metric: invalidValues, mustBe: 0 }] }\n",
        mended: Some(
            "schema:\n  - name: orders\n    properties:\n      - { name: state, logicalType: string, quality: [{ metric: invalidValues, arguments: { validValues: [open] }, mustBe: 0 }] }\n",
        ),
    },
    Guide {
        code: "PL144",
        why: "A rule has the fields of its type. With those of another type it is unclear which of the two is meant, and the standard's schema refuses it.",
        example: "schema:\n  - name: orders\n    quality:\n      - { query: SELECT count(*) FROM orders, mustBe: 0, metric: rowCount }\n",
        mended: Some(
            "schema:\n  - name: orders\n    quality:\n      - { type: sql, query: SELECT count(*) FROM orders, mustBe: 0 }\n",
        ),
    },
    Guide {
        code: "PL145",
        why: "A metric counts rows or gives their share in percent. Another unit is legal, but nobody knows how to measure in it.",
        example: "schema:\n  - name: orders\n    properties:\n      - { name: id, logicalType: integer, quality: [{ metric: nullValues, mustBeLessThan: 5, unit: promille }] }\n",
        mended: Some(
            "schema:\n  - name: orders\n    properties:\n      - { name: id, logicalType: integer, quality: [{ metric: nullValues, mustBeLessThan: 5, unit: percent }] }\n",
        ),
    },
    Guide {
        code: "PL146",
        why: "An argument that the metric does not know changes nothing, and the rule measures something else than its author thinks.",
        example: "schema:\n  - name: orders\n    quality:\n      - { metric: duplicateValues, arguments: { properties: [no], columns: [id] }, mustBe: 0 }\n    properties:\n      - { name: id, logicalType: integer }\n",
        mended: Some(
            "schema:\n  - name: orders\n    quality:\n      - { metric: duplicateValues, arguments: { properties: [id] }, mustBe: 0 }\n    properties:\n      - { name: id, logicalType: integer }\n",
        ),
    },
    Guide {
        code: "PL147",
        why: "The query fails as soon as it runs. Only what is certain in every dialect is reported.",
        example: "schema:\n  - name: orders\n    quality:\n      - { type: sql, query: SELECT count(*) FROM orders WHERE totl < 0, mustBe: 0 }\n    properties:\n      - { name: total, logicalType: number }\n",
        mended: Some(
            "schema:\n  - name: orders\n    quality:\n      - { type: sql, query: SELECT count(*) FROM orders WHERE total < 0, mustBe: 0 }\n    properties:\n      - { name: total, logicalType: number }\n",
        ),
    },
    Guide {
        code: "PL148",
        why: "Counts are 0 or more and shares at most 100 percent, so the rule says nothing or can never hold; or the property promises the opposite.",
        example: "schema:\n  - name: orders\n    properties:\n      - { name: id, logicalType: integer, required: true, quality: [{ metric: nullValues, mustBeLessThan: 5 }] }\n",
        mended: Some(
            "schema:\n  - name: orders\n    properties:\n      - { name: id, logicalType: integer, quality: [{ metric: nullValues, mustBeLessThan: 5 }] }\n",
        ),
    },
];
