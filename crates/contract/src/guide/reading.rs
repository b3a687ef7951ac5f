//! Codes of reading: PL101 to PL105.

use super::Guide;

pub(super) const ALL: &[Guide] = &[
    Guide {
        code: "PL101",
        why: "Nothing can be said about a text that no parser can read. One file holds one contract.",
        example: "id: [orders\n",
        mended: Some("id: orders\n"),
    },
    Guide {
        code: "PL102",
        why: "YAML forbids it, and readers differ in which of the two they take: the same contract would mean different things in different tools.",
        example: "status: active\nname: orders\nname: all orders\n",
        mended: Some("status: active\nname: orders\n"),
    },
    Guide {
        code: "PL103",
        why: "Files of this size cannot be reviewed by people, and aliases that expand without end are how a small file exhausts a machine. The limits are 8 MB, 80,000 values (50,000 of them from aliases), and 128 levels.",
        example: "tags: [[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]\n",
        mended: None,
    },
    Guide {
        code: "PL104",
        why: "The file is something else: a list, a text, or a contract of the Data Contract Specification, which needs to be imported first.",
        example: "dataContractSpecification: 1.2.1\nid: orders\ninfo: { title: Orders, version: 1.0.0 }\n",
        mended: Some("id: orders\nname: Orders\nversion: 1.0.0\n"),
    },
    Guide {
        code: "PL105",
        why: "What a contract may contain depends on the version of the standard that it declares. Version 2 had other fields; a version that is not known cannot be checked.",
        example: "apiVersion: v3.9.9\nkind: DataContract\nid: orders\nversion: 1.0.0\n",
        mended: Some("apiVersion: v3.2.0\nkind: DataContract\nid: orders\nversion: 1.0.0\n"),
    },
];
