//! Codes of Plimsoll's settings, of compiling, and of what agents read: PL156, PL160, PL176, PL177, PL180 to PL183.

use super::Guide;

pub(super) const ALL: &[Guide] = &[
    Guide {
        code: "PL156",
        why: "A setting that Plimsoll cannot understand must not be ignored: the author counts on it.",
        example: "schema:\n  - name: orders\n    customProperties:\n      - { property: drift, value: never, vendor: plimsoll }\n",
        mended: Some(
            "schema:\n  - name: orders\n    customProperties:\n      - { property: drift, value: fail, vendor: plimsoll }\n",
        ),
    },
    Guide {
        code: "PL160",
        why: "Nothing is passed in silence: what cannot be checked is reported as not checked in every run.",
        example: "schema:\n  - name: orders\n    quality:\n      - { type: text, description: There are no orders without lines. }\n",
        mended: Some(
            "schema:\n  - name: orders\n    quality:\n      - { type: sql, query: SELECT count(*) FROM orders WHERE line_count = 0, mustBe: 0 }\n",
        ),
    },
    Guide {
        code: "PL176",
        why: "A measure is an aggregate over columns, with its expression in `transformLogic`; what is true of a column is not true of it.",
        example: "schema:\n  - name: orders\n    properties:\n      - { name: total, logicalType: number }\n      - { name: revenue, logicalType: number, semanticType: measure }\n",
        mended: Some(
            "schema:\n  - name: orders\n    properties:\n      - { name: total, logicalType: number }\n      - { name: revenue, logicalType: number, semanticType: measure, transformLogic: SUM(total) }\n",
        ),
    },
    Guide {
        code: "PL177",
        why: "An agent reads the guidance word for word. An empty one misleads, and of two answers to one question it takes either.",
        example: "context:\n  verifiedStatements:\n    - { question: How many orders are there?, answer: SELECT count(*) FROM orders }\n    - { question: How many orders are there?, answer: SELECT sum(1) FROM orders }\n",
        mended: Some(
            "context:\n  verifiedStatements:\n    - { question: How many orders are there?, answer: SELECT count(*) FROM orders }\n",
        ),
    },
    Guide {
        code: "PL180",
        why: "A protection that Plimsoll cannot understand must not be ignored: the values would be published in the clear.",
        example: "schema:\n  - name: orders\n    properties:\n      - name: email\n        logicalType: string\n        customProperties:\n          - { property: protection, value: rot13, vendor: plimsoll }\n",
        mended: Some(
            "schema:\n  - name: orders\n    properties:\n      - name: email\n        logicalType: string\n        customProperties:\n          - { property: protection, value: hash, vendor: plimsoll }\n",
        ),
    },
    Guide {
        code: "PL181",
        why: "The contract promises the type of what is stored. A hash of a number is a text, and a NULL is not what is required.",
        example: "schema:\n  - name: orders\n    properties:\n      - name: phone\n        logicalType: integer\n        customProperties:\n          - { property: protection, value: hash, vendor: plimsoll }\n",
        mended: Some(
            "schema:\n  - name: orders\n    properties:\n      - name: phone\n        logicalType: string\n        customProperties:\n          - { property: protection, value: hash, vendor: plimsoll }\n",
        ),
    },
    Guide {
        code: "PL182",
        why: "Two customers with the same last four digits are two customers. Keys are compared as they are stored.",
        example: "schema:\n  - name: orders\n    properties:\n      - name: card\n        logicalType: string\n        unique: true\n        customProperties:\n          - { property: protection, value: partial, vendor: plimsoll }\n",
        mended: Some(
            "schema:\n  - name: orders\n    properties:\n      - name: card\n        logicalType: string\n        unique: true\n        customProperties:\n          - { property: protection, value: encrypt, vendor: plimsoll }\n",
        ),
    },
    Guide {
        code: "PL183",
        why: "A column may have another name in the source, a field inside a column may not: such fields are found by their names, in the source and in the table, so every value of it would be NULL.",
        example: "schema:\n  - name: orders\n    properties:\n      - name: address\n        logicalType: object\n        properties:\n          - { name: street, physicalName: str, logicalType: string }\n",
        mended: Some(
            "schema:\n  - name: orders\n    properties:\n      - name: address\n        logicalType: object\n        properties:\n          - { name: str, logicalType: string }\n",
        ),
    },
];
