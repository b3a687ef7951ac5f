"""What a good engineer writes by hand with DuckDB: every rule of orders.odcs.yaml counted in one pass over the Parquet file.

    python3 duckdb_check.py FOLDER KEY…     prints {"good": rules that hold, "refused": violations of the others}
"""

import json
import sys

import duckdb

NOT_NULL = ["id", "customer_id", "country", "status", "quantity", "price", "ordered_at", "email", "reference"]
ROWS = [
    "id < 1",
    "customer_id NOT BETWEEN 1 AND 1000003",
    "length(country) <> 2",
    "country NOT IN ('AT', 'BR', 'CH', 'DE', 'ES', 'FR', 'IT', 'JP', 'UK', 'US')",
    "status NOT IN ('placed', 'paid', 'shipped', 'delivered', 'returned')",
    "quantity NOT BETWEEN 1 AND 1000",
    "price NOT BETWEEN 0 AND 100000",
    "discount NOT BETWEEN 0 AND 1",
    "ordered_at < TIMESTAMPTZ '2024-01-01 00:00:00+00' OR ordered_at >= TIMESTAMPTZ '2025-01-01 00:00:00+00'",
    "length(email) NOT BETWEEN 6 AND 254",
    "NOT regexp_matches(email, '^[a-z0-9.]+@[a-z0-9]+[.][a-z]+$')",
    "length(reference) <> 12",
    "NOT regexp_matches(reference, '^R-[0-9]{10}$')",
    "reference IS NULL OR reference IN ('', 'R-')",
    "price * quantity > 600000000",
    "discount > 0.99 AND price > 100000",
]


def main():
    db = duckdb.connect()
    db.execute("SET TimeZone = 'UTC'; SET memory_limit = '4GB'")
    counts = [f"count(*) FILTER (WHERE {name} IS NULL)" for name in NOT_NULL]
    counts += [f"count(*) FILTER (WHERE {rule})" for rule in ROWS]
    counts += [f"count({key}) - count(DISTINCT {key})" for key in sys.argv[2:]]
    rest = ["count(*)", "count(*) FILTER (WHERE discount IS NULL)", "avg(price)", "count(DISTINCT country)"]
    query = f"SELECT {', '.join(counts + rest)} FROM read_parquet('{sys.argv[1]}/orders.parquet')"
    *violations, rows, no_discount, mean_price, countries = db.execute(query).fetchone()
    whole = [rows > 0, 100 * no_discount / rows < 10, 40000 <= mean_price <= 60000, countries <= 11]
    print(json.dumps({"good": violations.count(0) + sum(whole), "refused": sum(violations)}))


main()
