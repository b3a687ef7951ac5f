//! Codes of references, service levels and servers: PL150 to PL159, PL171 to PL175, PL179.

use super::Guide;

pub(super) const ALL: &[Guide] = &[
    Guide {
        code: "PL150",
        why: "A foreign key to nothing cannot be checked. A dataset may be another contract's: lint both together. A column that a known dataset lacks is an error.",
        example: "schema:\n  - name: orders\n    properties:\n      - { name: customer, logicalType: integer, relationships: [{ to: orders.custmer }] }\n      - { name: id, logicalType: integer }\n",
        mended: Some(
            "schema:\n  - name: orders\n    properties:\n      - { name: parent, logicalType: integer, relationships: [{ to: orders.id }] }\n      - { name: id, logicalType: integer }\n",
        ),
    },
    Guide {
        code: "PL151",
        why: "The columns of both sides are compared pair by pair, so the standard wants as many on one side as on the other.",
        example: "schema:\n  - name: lines\n    relationships:\n      - { from: [lines.a, lines.b], to: [lines.c] }\n",
        mended: Some(
            "schema:\n  - name: lines\n    relationships:\n      - { from: [lines.a, lines.b], to: [lines.c, lines.d] }\n",
        ),
    },
    Guide {
        code: "PL152",
        why: "A promise about a column that is not there is kept by nobody.",
        example: "schema:\n  - name: orders\n    properties:\n      - { name: ordered_at, logicalType: timestamp }\nslaProperties:\n  - { property: latency, value: 4, unit: h, element: orders.orderd_at }\n",
        mended: Some(
            "schema:\n  - name: orders\n    properties:\n      - { name: ordered_at, logicalType: timestamp }\nslaProperties:\n  - { property: latency, value: 4, unit: h, element: orders.ordered_at }\n",
        ),
    },
    Guide {
        code: "PL153",
        why: "What cannot be read as a duration, a date or a share cannot be measured.",
        example: "slaProperties:\n  - { property: retention, value: 3, unit: moons }\n",
        mended: Some("slaProperties:\n  - { property: retention, value: 3, unit: months }\n"),
    },
    Guide {
        code: "PL154",
        why: "Which fields a server has depends on its type; without the required ones nobody can connect to it.",
        example: "servers:\n  - { server: prod, type: postgres, host: db, port: 5432, database: shop }\n",
        mended: Some(
            "servers:\n  - { server: prod, type: postgres, host: db, port: 5432, database: shop, schema: public }\n",
        ),
    },
    Guide {
        code: "PL155",
        why: "An amount without a currency, or below zero, is no price.",
        example: "price: { priceAmount: 9.95 }\n",
        mended: Some("price: { priceAmount: 9.95, priceCurrency: USD }\n"),
    },
    Guide {
        code: "PL157",
        why: "The positions are the order of the partition columns: 1, 2, 3, each once, and only for partition columns.",
        example: "schema:\n  - name: orders\n    properties:\n      - { name: day, logicalType: date, partitioned: true, partitionKeyPosition: 2 }\n",
        mended: Some(
            "schema:\n  - name: orders\n    properties:\n      - { name: day, logicalType: date, partitioned: true, partitionKeyPosition: 1 }\n",
        ),
    },
    Guide {
        code: "PL158",
        why: "Any word is legal, but only the standard's words mean the same to everybody; Plimsoll checks latency, freshness and retention. A driver is regulatory, analytics or operational.",
        example: "slaProperties:\n  - { property: latencey, value: 4, unit: h }\n",
        mended: Some("slaProperties:\n  - { property: latency, value: 4, unit: h }\n"),
    },
    Guide {
        code: "PL159",
        why: "Any text is legal here; this one is nearly a word that the standard recommends.",
        example: "status: actve\n",
        mended: Some("status: active\n"),
    },
    Guide {
        code: "PL171",
        why: "A text never equals a number, so no row would find its partner.",
        example: "schema:\n  - name: orders\n    properties:\n      - { name: parent, logicalType: string, relationships: [{ to: orders.id }] }\n      - { name: id, logicalType: integer }\n",
        mended: Some(
            "schema:\n  - name: orders\n    properties:\n      - { name: parent, logicalType: integer, relationships: [{ to: orders.id }] }\n      - { name: id, logicalType: integer }\n",
        ),
    },
    Guide {
        code: "PL172",
        why: "The reference names a file that is not there, from the folder of the contract.",
        example: "schema:\n  - name: orders\n    properties:\n      - { name: customer, logicalType: integer, relationships: [{ to: \"nowhere.odcs.yaml#/schema/customers/properties/id\" }] }\n",
        mended: Some(
            "schema:\n  - name: orders\n    properties:\n      - { name: parent, logicalType: integer, relationships: [{ to: schema/orders/properties/id }] }\n      - { name: id, logicalType: integer }\n",
        ),
    },
    Guide {
        code: "PL173",
        why: "What is deprecated will go, and what depends on it will break.",
        example: "schema:\n  - name: orders\n    properties:\n      - { name: parent, logicalType: integer, relationships: [{ to: orders.old_id }] }\n      - { name: old_id, logicalType: integer, deprecated: true }\n",
        mended: Some(
            "schema:\n  - name: orders\n    properties:\n      - { name: parent, logicalType: integer, relationships: [{ to: orders.id }] }\n      - { name: id, logicalType: integer }\n",
        ),
    },
    Guide {
        code: "PL174",
        why: "Most databases do not tell names apart by case, and a source has one column of a name. Of two servers with one name, a tool takes the first.",
        example: "schema:\n  - name: orders\n    properties:\n      - { name: id, logicalType: integer }\n      - { name: ID, logicalType: integer }\n",
        mended: Some(
            "schema:\n  - name: orders\n    properties:\n      - { name: id, logicalType: integer }\n      - { name: external_id, logicalType: integer }\n",
        ),
    },
    Guide {
        code: "PL175",
        why: "Nobody leaves before joining, and data do not end before they are available.",
        example: "team:\n  members:\n    - { username: ada, dateIn: 2024-04-03, dateOut: 2023-04-03 }\n",
        mended: Some("team:\n  members:\n    - { username: ada, dateIn: 2024-04-03, dateOut: 2025-04-03 }\n"),
    },
    Guide {
        code: "PL179",
        why: "A port is a number from 1 to 65535.",
        example: "servers:\n  - { server: prod, type: mysql, host: db, port: 99999, database: shop }\n",
        mended: Some("servers:\n  - { server: prod, type: mysql, host: db, port: 3306, database: shop }\n"),
    },
];
