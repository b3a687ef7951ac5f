"""What a good engineer writes by hand with DuckDB: good rows to Parquet, refused rows with their reasons beside them.

    python3 duckdb_orders.py PROJECT OUT     reads the files of PROJECT/landing that OUT has not seen, prints {"good", "refused"}

The rules are those of project/openspec/specs/orders/orders.odcs.yaml. Each run adds one pair of Parquet files, and writes the list of
files that were read last; a run that dies in between leaves files that the next run overwrites.
"""

import json
import os
import pathlib
import sys

import duckdb

COLUMNS = ["id", "customer_id", "country", "status", "quantity", "price", "discount", "ordered_at", "email", "note"]
TYPES = {
    "id": "BIGINT", "customer_id": "BIGINT", "quantity": "INTEGER", "price": "DECIMAL(10,2)", "discount": "DOUBLE",
    "ordered_at": "TIMESTAMPTZ",
}
REQUIRED = ["id", "customer_id", "country", "status", "quantity", "price", "ordered_at", "email"]
RULES = {
    "id.range": "id < 1",
    "customer_id.range": "customer_id < 1",
    "country.enum": "country NOT IN ('AT', 'BR', 'CH', 'DE', 'ES', 'FR', 'IT', 'JP', 'UK', 'US')",
    "status.enum": "status NOT IN ('placed', 'paid', 'shipped', 'delivered', 'returned')",
    "quantity.range": "quantity NOT BETWEEN 1 AND 1000",
    "price.range": "price < 0",
    "discount.range": "discount NOT BETWEEN 0 AND 1",
    "ordered_at.range": "ordered_at < TIMESTAMPTZ '2024-01-01 00:00:00+00'",
    "email.pattern": "NOT regexp_matches(email, '^[a-z0-9.]+@[a-z0-9]+[.][a-z]+$')",
    "note.length": "length(note) > 200",
}


def main():
    project, out = pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2])
    state = out / "read.json"
    read = json.loads(state.read_text()) if state.exists() else []
    files = sorted(entry.name for entry in os.scandir(project / "landing"))
    new = sorted(set(files) - set(read))
    counts = load(project, out, new, len(read)) if new else {"good": 0, "refused": 0}
    if new:
        waiting = out / "read.json.new"
        waiting.write_text(json.dumps(read + new))
        waiting.rename(state)
    print(json.dumps(counts))


def load(project, out, files, number):
    (out / "good").mkdir(parents=True, exist_ok=True)
    (out / "refused").mkdir(exist_ok=True)
    db = duckdb.connect()
    db.execute("SET TimeZone = 'UTC'; SET preserve_insertion_order = false; SET memory_limit = '2GB'")
    paths = [str(project / "landing" / name) for name in files]
    columns = {name: "VARCHAR" for name in COLUMNS}
    db.execute(f"""CREATE TEMP VIEW raw AS SELECT * FROM read_csv(
        {paths}, header = true, auto_detect = false, delim = ',', quote = '"', escape = '"', columns = {columns}, filename = true)""")
    typed = ", ".join(f"TRY_CAST({name} AS {TYPES[name]}) AS {name}" if name in TYPES else name for name in COLUMNS)
    texts = ", ".join(f"{name} AS {name}_raw" for name in COLUMNS)
    # One pass; texts and reasons are kept of refused rows only, which is faster than keeping them all or reading twice.
    db.execute(f"""CREATE TEMP TABLE checked AS
        SELECT {', '.join(COLUMNS)}, CASE WHEN {is_bad()} THEN {refusal()} END AS refusal
        FROM (SELECT {typed}, {texts}, filename FROM raw)""")
    good = copy(db, "SELECT * EXCLUDE (refusal) FROM checked WHERE refusal IS NULL", out / "good" / f"{number}.parquet")
    refused = copy(db, "SELECT unnest(refusal) FROM checked WHERE refusal IS NOT NULL", out / "refused" / f"{number}.parquet")
    return {"good": good, "refused": refused}


def is_bad():
    bad = [f"({name} IS NULL AND {name}_raw IS NOT NULL)" for name in TYPES if name not in REQUIRED]
    bad += [f"{name} IS NULL" for name in REQUIRED]
    bad += [f"coalesce({rule}, false)" for rule in RULES.values()]
    return " OR ".join(bad)


def refusal():
    reasons = [f"CASE WHEN {name} IS NULL AND {name}_raw IS NOT NULL THEN '{name}.type' END" for name in TYPES]
    reasons += [f"CASE WHEN {name}_raw IS NULL THEN '{name}.required' END" for name in REQUIRED]
    reasons += [f"CASE WHEN {rule} THEN '{check}' END" for check, rule in RULES.items()]
    texts = ", ".join(f"{name}: {name}_raw" for name in COLUMNS)
    return f"{{{texts}, file: filename, reasons: concat_ws(' ', {', '.join(reasons)})}}"


def copy(db, query, path):
    return db.execute(f"COPY ({query}) TO '{path}' (FORMAT parquet)").fetchall()[0][0]


main()
