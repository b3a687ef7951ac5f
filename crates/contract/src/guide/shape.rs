//! Codes of shape and of names: PL110 to PL129.

use super::Guide;

pub(super) const ALL: &[Guide] = &[
    Guide {
        code: "PL110",
        why: "The standard requires the field, so every tool that reads the contract counts on it.",
        example: "schema:\n  - physicalName: orders\n",
        mended: Some("schema:\n  - name: orders\n    physicalName: orders\n"),
    },
    Guide {
        code: "PL111",
        why: "A value of another type is refused by the standard's schema. A number where a text is asked for only needs quotes; `1.0` as a version would otherwise be read as the number 1.",
        example: "version: 1.0\n",
        mended: Some("version: \"1.0.0\"\n"),
    },
    Guide {
        code: "PL112",
        why: "A field that nobody knows is a promise that nobody keeps: mostly a slip of the pen. Settings of your own belong under `customProperties`. Before v3.1.0 the standard left many sections open; there it is a warning.",
        example: "schema:\n  - name: orders\n    properties:\n      - { name: id, logicalType: integer, primarykey: true }\n",
        mended: Some(
            "schema:\n  - name: orders\n    properties:\n      - { name: id, logicalType: integer, primaryKey: true }\n",
        ),
    },
    Guide {
        code: "PL113",
        why: "The field has a closed list of words, and other words have no meaning to any tool.",
        example: "schema:\n  - name: orders\n    properties:\n      - { name: id, logicalType: int }\n",
        mended: Some("schema:\n  - name: orders\n    properties:\n      - { name: id, logicalType: integer }\n"),
    },
    Guide {
        code: "PL114",
        why: "Tools that know only the declared version refuse the field. Raise `apiVersion` to the version that brought it.",
        example: "apiVersion: v3.1.0\nkind: DataContract\nid: orders\nversion: 1.0.0\nstatus: active\nschema:\n  - name: orders\n    properties:\n      - { name: state, logicalType: string, enum: [{ value: open }] }\n",
        mended: Some(
            "apiVersion: v3.2.0\nkind: DataContract\nid: orders\nversion: 1.0.0\nstatus: active\nschema:\n  - name: orders\n    properties:\n      - { name: state, logicalType: string, enum: [{ value: open }] }\n",
        ),
    },
    Guide {
        code: "PL115",
        why: "The standard keeps deprecated fields for a while and then drops them.",
        example: "dataProduct: shop\n",
        mended: Some("name: shop\n"),
    },
    Guide {
        code: "PL116",
        why: "References are made of ids with `/`, `.` and `#` between them, so an id cannot hold these characters.",
        example: "schema:\n  - id: orders/v1\n    name: orders\n",
        mended: Some("schema:\n  - id: orders_v1\n    name: orders\n"),
    },
    Guide {
        code: "PL117",
        why: "An empty list of allowed values would forbid every value.",
        example: "schema:\n  - name: orders\n    properties:\n      - { name: state, logicalType: string, enum: [] }\n",
        mended: Some(
            "schema:\n  - name: orders\n    properties:\n      - { name: state, logicalType: string, enum: [{ value: open }] }\n",
        ),
    },
    Guide {
        code: "PL118",
        why: "The standard's schema asks for ISO 8601. 03/04/2024 is another day in another country.",
        example: "team:\n  members:\n    - { username: ada, dateIn: 03/04/2024 }\n",
        mended: Some("team:\n  members:\n    - { username: ada, dateIn: 2024-04-03 }\n"),
    },
    Guide {
        code: "PL119",
        why: "The field is an address. Without a scheme nobody knows whether it is a bucket, a host or a file. Placeholders such as `{model}` may stand in it.",
        example: "servers:\n  - { server: lake, type: s3, location: lake/orders, format: parquet }\n",
        mended: Some("servers:\n  - { server: lake, type: s3, location: \"s3://lake/orders\", format: parquet }\n"),
    },
    Guide {
        code: "PL120",
        why: "A dataset is named by its schema object's name, in SQL, pipelines and references; two of the same name cannot be told apart.",
        example: "schema:\n  - name: orders\n  - name: orders\n",
        mended: Some("schema:\n  - name: orders\n  - name: order_lines\n"),
    },
    Guide {
        code: "PL121",
        why: "No table has two columns of one name.",
        example: "schema:\n  - name: orders\n    properties:\n      - { name: id, logicalType: integer }\n      - { name: id, logicalType: string }\n",
        mended: Some(
            "schema:\n  - name: orders\n    properties:\n      - { name: id, logicalType: integer }\n      - { name: code, logicalType: string }\n",
        ),
    },
    Guide {
        code: "PL122",
        why: "The standard wants an `id` to be unique within its list: other contracts refer to the element by it.",
        example: "schema:\n  - id: a\n    name: orders\n  - id: a\n    name: lines\n",
        mended: Some("schema:\n  - id: a\n    name: orders\n  - id: b\n    name: lines\n"),
    },
    Guide {
        code: "PL123",
        why: "A tool takes one of the two values, and another tool the other.",
        example: "customProperties:\n  - { property: owner, value: ada }\n  - { property: owner, value: grace }\n",
        mended: Some("customProperties:\n  - { property: owner, value: ada }\n"),
    },
    Guide {
        code: "PL124",
        why: "An empty name names nothing: neither SQL nor a reference can use it.",
        example: "schema:\n  - name: \"\"\n",
        mended: Some("schema:\n  - name: orders\n"),
    },
    Guide {
        code: "PL125",
        why: "The positions are the order of the key's columns: 1, 2, 3, each once, and only for columns of the key. Columns of a key are never NULL and never computed.",
        example: "schema:\n  - name: lines\n    properties:\n      - { name: order_id, logicalType: integer, primaryKey: true, primaryKeyPosition: 1 }\n      - { name: line, logicalType: integer, primaryKey: true, primaryKeyPosition: 3 }\n",
        mended: Some(
            "schema:\n  - name: lines\n    properties:\n      - { name: order_id, logicalType: integer, primaryKey: true, primaryKeyPosition: 1 }\n      - { name: line, logicalType: integer, primaryKey: true, primaryKeyPosition: 2 }\n",
        ),
    },
    Guide {
        code: "PL126",
        why: "Consumers read from a semantic version whether a change breaks them; `contract diff` says which part must be raised.",
        example: "version: \"2\"\n",
        mended: Some("version: 2.0.0\n"),
    },
    Guide {
        code: "PL127",
        why: "A contract without datasets is legal; it promises nothing about data.",
        example: "name: orders\n",
        mended: Some("name: orders\nschema:\n  - name: orders\n"),
    },
    Guide {
        code: "PL128",
        why: "`${NAME}` and `${NAME:-default}` are replaced when the contract is used. In fields with a closed list of words and in numbers, nothing can be checked before.",
        example: "servers:\n  - { server: prod, type: \"${SERVER_TYPE}\" }\n",
        mended: Some("servers:\n  - { server: prod, type: local, path: orders, format: csv }\n"),
    },
    Guide {
        code: "PL129",
        why: "Contracts are read by many and kept in repositories, where a secret stays even after it was deleted. The secret itself is never shown.",
        example: "servers:\n  - server: prod\n    type: custom\n    customProperties:\n      - { property: password, value: hunter2hunter2 }\n",
        mended: Some(
            "servers:\n  - server: prod\n    type: custom\n    customProperties:\n      - { property: password, value: \"${DB_PASSWORD}\" }\n",
        ),
    },
];
