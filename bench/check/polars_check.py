"""What a good engineer writes by hand with polars: every rule of orders.odcs.yaml counted in one streaming pass over the Parquet file.

    python3 polars_check.py FOLDER KEY…     prints {"good": rules that hold, "refused": violations of the others}
"""

import json
import sys

import polars as pl

NOT_NULL = ["id", "customer_id", "country", "status", "quantity", "price", "ordered_at", "email", "reference"]
COUNTRIES = ["AT", "BR", "CH", "DE", "ES", "FR", "IT", "JP", "UK", "US"]
STATUSES = ["placed", "paid", "shipped", "delivered", "returned"]
c = pl.col
ROWS = [
    c("id") < 1,
    ~c("customer_id").is_between(1, 1000003),
    c("country").str.len_chars() != 2,
    ~c("country").is_in(COUNTRIES),
    ~c("status").is_in(STATUSES),
    ~c("quantity").is_between(1, 1000),
    ~c("price").is_between(0, 100000),
    ~c("discount").is_between(0, 1),
    ~c("ordered_at").is_between(pl.datetime(2024, 1, 1, time_zone="UTC"), pl.datetime(2025, 1, 1, time_zone="UTC"), closed="left"),
    ~c("email").str.len_chars().is_between(6, 254),
    ~c("email").str.contains(r"^[a-z0-9.]+@[a-z0-9]+[.][a-z]+$"),
    c("reference").str.len_chars() != 12,
    ~c("reference").str.contains(r"^R-[0-9]{10}$"),
    c("reference").is_null() | c("reference").is_in(["", "R-"]),
    c("price").cast(pl.Float64) * c("quantity") > 600000000,
    (c("discount") > 0.99) & (c("price") > 100000),
]


def main():
    counts = [c(name).null_count() for name in NOT_NULL] + [rule.sum() for rule in ROWS]
    counts += [c(key).count() - c(key).drop_nulls().n_unique() for key in sys.argv[2:]]
    rest = [pl.len(), c("discount").null_count(), c("price").mean(), c("country").n_unique()]
    named = [expression.alias(str(number)) for number, expression in enumerate(counts + rest)]
    row = pl.scan_parquet(f"{sys.argv[1]}/orders.parquet").select(named).collect(engine="streaming").row(0)
    *violations, rows, no_discount, mean_price, countries = (int(value) if not isinstance(value, float) else value for value in row)
    whole = [rows > 0, 100 * no_discount / rows < 10, 40000 <= mean_price <= 60000, countries <= 11]
    print(json.dumps({"good": violations.count(0) + sum(whole), "refused": sum(violations)}))


main()
