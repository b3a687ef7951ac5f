"""Writes the Parquet files of the benchmark `check`, and how many violations they hold: the same on every machine.

    python3 make.py FOLDER ROWS

Row i has mixed-up keys (no two equal, but for the first five, which repeat the next five) and a few wrong values at fixed distances.
"""

import json
import pathlib
import sys

import duckdb

ROW = """
    (CASE WHEN i < 5 THEN i + 5 ELSE i END * 48271) % {rows} + 1 AS id,
    (i * 69621) % 1000003 + 1 AS customer_id,
    CASE WHEN i % 5000 = 7 THEN 'ZZ' ELSE ['AT','BR','CH','DE','ES','FR','IT','JP','UK','US'][(i * 7) % 10 + 1] END AS country,
    ['placed','paid','shipped','delivered','returned'][(i * 3) % 5 + 1] AS status,
    (CASE WHEN i % 1000 = 3 THEN 5000 ELSE (i * 16807) % 1000 + 1 END)::INTEGER AS quantity,
    (((i * 40692) % 10000000) / 100)::DECIMAL(10, 2) AS price,
    CASE WHEN i % 11 = 0 THEN NULL ELSE ((i * 39373) % 101) / 100.0 END::DOUBLE AS discount,
    TIMESTAMPTZ '2024-01-01 00:00:00+00' + to_seconds((i * 30269) % 31536000) AS ordered_at,
    'user' || ((i * 30307) % 1000003)::VARCHAR || CASE WHEN i % 2000 = 11 THEN '.' ELSE '@' END || 'example.com' AS email,
    'R-' || lpad(((i * 30323) % {rows})::VARCHAR, 10, '0') AS reference
"""


def main():
    folder, rows = pathlib.Path(sys.argv[1]), int(sys.argv[2])
    folder.mkdir(parents=True, exist_ok=True)
    db = duckdb.connect()
    db.execute("SET TimeZone = 'UTC'; SET preserve_insertion_order = true")
    query = f"SELECT {ROW.format(rows=rows)} FROM range({rows}) t(i)"
    db.execute(f"COPY ({query}) TO '{folder / 'orders.parquet'}' (FORMAT parquet, COMPRESSION snappy)")
    wrong = {"unique": 5, "country": marks(rows, 5000, 7), "quantity": marks(rows, 1000, 3), "email": marks(rows, 2000, 11)}
    print(json.dumps(wrong))


def marks(rows, distance, first):
    """How many i below rows have i % distance = first."""
    return (rows - first + distance - 1) // distance


main()
