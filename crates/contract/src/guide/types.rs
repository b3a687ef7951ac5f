//! Codes of types and values: PL130 to PL139, PL161, PL170, PL178.

use super::Guide;

pub(super) const ALL: &[Guide] = &[
    Guide {
        code: "PL130",
        why: "Each logical type has its own options; an option of another type is refused by the standard's schema, and no check comes from it. Parts belong to their type too: `items` to arrays, `properties` to objects, `map` to maps.",
        example: "schema:\n  - name: orders\n    properties:\n      - { name: total, logicalType: number, logicalTypeOptions: { maxLength: 9 } }\n",
        mended: Some(
            "schema:\n  - name: orders\n    properties:\n      - { name: total, logicalType: number, logicalTypeOptions: { maximum: 999999999 } }\n",
        ),
    },
    Guide {
        code: "PL131",
        why: "A pattern that cannot be read checks nothing. Patterns with look-around and back-references are legal in ECMA-262, but not matched in linear time: that is a warning.",
        example: "schema:\n  - name: orders\n    properties:\n      - { name: code, logicalType: string, logicalTypeOptions: { pattern: \"([A-Z\" } }\n",
        mended: Some(
            "schema:\n  - name: orders\n    properties:\n      - { name: code, logicalType: string, logicalTypeOptions: { pattern: \"^[A-Z]+$\" } }\n",
        ),
    },
    Guide {
        code: "PL132",
        why: "No value satisfies both bounds, so every row would be refused. The standard's text does not forbid it, so it is a warning.",
        example: "schema:\n  - name: orders\n    properties:\n      - { name: total, logicalType: number, logicalTypeOptions: { minimum: 10, maximum: 1 } }\n",
        mended: Some(
            "schema:\n  - name: orders\n    properties:\n      - { name: total, logicalType: number, logicalTypeOptions: { minimum: 1, maximum: 10 } }\n",
        ),
    },
    Guide {
        code: "PL133",
        why: "Both bounds hold, so one of them says nothing; a reader cannot know which was meant.",
        example: "schema:\n  - name: orders\n    properties:\n      - { name: total, logicalType: number, logicalTypeOptions: { minimum: 0, exclusiveMinimum: 1 } }\n",
        mended: Some(
            "schema:\n  - name: orders\n    properties:\n      - { name: total, logicalType: number, logicalTypeOptions: { exclusiveMinimum: 1 } }\n",
        ),
    },
    Guide {
        code: "PL134",
        why: "A bound is compared with the values, so it must be one itself.",
        example: "schema:\n  - name: orders\n    properties:\n      - { name: day, logicalType: date, logicalTypeOptions: { minimum: \"2020-13-01\" } }\n",
        mended: Some(
            "schema:\n  - name: orders\n    properties:\n      - { name: day, logicalType: date, logicalTypeOptions: { minimum: \"2020-12-01\" } }\n",
        ),
    },
    Guide {
        code: "PL135",
        why: "A value that is listed twice carries two labels, and which one is shown is chance. NULL in the list contradicts `required`. A value that breaks the property's own type, bounds or pattern can never occur (a warning).",
        example: "schema:\n  - name: orders\n    properties:\n      - name: state\n        logicalType: string\n        enum:\n          - { value: open, label: Open }\n          - { value: open, label: Pending }\n",
        mended: Some(
            "schema:\n  - name: orders\n    properties:\n      - name: state\n        logicalType: string\n        enum:\n          - { value: open, label: Open }\n          - { value: pending, label: Pending }\n",
        ),
    },
    Guide {
        code: "PL136",
        why: "Either the example or the rule is wrong, and readers trust examples.",
        example: "schema:\n  - name: orders\n    properties:\n      - { name: code, logicalType: string, logicalTypeOptions: { maxLength: 3 }, examples: [ABCD] }\n",
        mended: Some(
            "schema:\n  - name: orders\n    properties:\n      - { name: code, logicalType: string, logicalTypeOptions: { maxLength: 4 }, examples: [ABCD] }\n",
        ),
    },
    Guide {
        code: "PL137",
        why: "Without a logical type, the type is guessed from the physical one, and text is taken where there is none either.",
        example: "schema:\n  - name: orders\n    properties:\n      - { name: id, physicalType: bigint }\n",
        mended: Some(
            "schema:\n  - name: orders\n    properties:\n      - { name: id, physicalType: bigint, logicalType: integer }\n",
        ),
    },
    Guide {
        code: "PL138",
        why: "Without `items` nobody knows what an array holds; it is read as a list of texts. An object without `properties` is a document of any form (a note).",
        example: "schema:\n  - name: orders\n    properties:\n      - { name: tags, logicalType: array }\n",
        mended: Some(
            "schema:\n  - name: orders\n    properties:\n      - { name: tags, logicalType: array, items: { logicalType: string } }\n",
        ),
    },
    Guide {
        code: "PL139",
        why: "Formats of dates and times are patterns of the JDK's DateTimeFormatter, zones are names of the IANA database. With another form no value can be read.",
        example: "schema:\n  - name: orders\n    properties:\n      - { name: day, logicalType: date, logicalTypeOptions: { format: JJJJ-MM-TT } }\n",
        mended: Some(
            "schema:\n  - name: orders\n    properties:\n      - { name: day, logicalType: date, logicalTypeOptions: { format: yyyy-MM-dd } }\n",
        ),
    },
    Guide {
        code: "PL161",
        why: "The values are kept in the nearest type that the tables have; the message says which, and what is lost.",
        example: "schema:\n  - name: orders\n    properties:\n      - { name: total, logicalType: number, physicalType: decimal }\n",
        mended: Some(
            "schema:\n  - name: orders\n    properties:\n      - { name: total, logicalType: number, physicalType: \"decimal(12,2)\" }\n",
        ),
    },
    Guide {
        code: "PL170",
        why: "A bound beyond the type's own range checks nothing, or refuses everything; mostly the type or the bound is a slip.",
        example: "schema:\n  - name: orders\n    properties:\n      - { name: line, logicalType: integer, logicalTypeOptions: { format: u8, maximum: 300 } }\n",
        mended: Some(
            "schema:\n  - name: orders\n    properties:\n      - { name: line, logicalType: integer, logicalTypeOptions: { format: u16, maximum: 300 } }\n",
        ),
    },
    Guide {
        code: "PL178",
        why: "The object's list of required fields asks for one that it does not have.",
        example: "schema:\n  - name: orders\n    properties:\n      - name: address\n        logicalType: object\n        logicalTypeOptions: { required: [street, zip] }\n        properties:\n          - { name: street, logicalType: string }\n",
        mended: Some(
            "schema:\n  - name: orders\n    properties:\n      - name: address\n        logicalType: object\n        logicalTypeOptions: { required: [street] }\n        properties:\n          - { name: street, logicalType: string }\n",
        ),
    },
];
