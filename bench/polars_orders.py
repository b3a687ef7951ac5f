"""What a good engineer writes by hand with polars and delta-rs: good rows to one Delta table, refused rows with reasons to another.

    python3 polars_orders.py PROJECT OUT     reads the files of PROJECT/landing that OUT has not seen, prints {"good", "refused"}

The rules are those of project/openspec/specs/orders/orders.odcs.yaml. Which files were read is written last.
"""

import json
import os
import pathlib
import sys

import polars as pl
from deltalake import write_deltalake

COLUMNS = ["id", "customer_id", "country", "status", "quantity", "price", "discount", "ordered_at", "email", "note"]
TYPES = {"id": pl.Int64, "customer_id": pl.Int64, "quantity": pl.Int32, "price": pl.Decimal(10, 2), "discount": pl.Float64}
REQUIRED = ["id", "customer_id", "country", "status", "quantity", "price", "ordered_at", "email"]
COUNTRIES = ["AT", "BR", "CH", "DE", "ES", "FR", "IT", "JP", "UK", "US"]
STATUSES = ["placed", "paid", "shipped", "delivered", "returned"]
# All 365 daily files at once take nine gigabytes.
FILES_AT_ONCE = 120
c = pl.col
RULES = {
    "id.range": c("id") < 1,
    "customer_id.range": c("customer_id") < 1,
    "country.enum": ~c("country").is_in(COUNTRIES),
    "status.enum": ~c("status").is_in(STATUSES),
    "quantity.range": ~c("quantity").is_between(1, 1000),
    "price.range": c("price") < 0,
    "discount.range": ~c("discount").is_between(0, 1),
    "ordered_at.range": c("ordered_at") < pl.datetime(2024, 1, 1, time_zone="UTC"),
    "email.pattern": ~c("email").str.contains(r"^[a-z0-9.]+@[a-z0-9]+[.][a-z]+$"),
    "note.length": c("note").str.len_chars() > 200,
}


def main():
    project, out = pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2])
    state = out / "read.json"
    read = json.loads(state.read_text()) if state.exists() else []
    files = sorted(entry.name for entry in os.scandir(project / "landing"))
    new = sorted(set(files) - set(read))
    counts = {"good": 0, "refused": 0}
    for start in range(0, len(new), FILES_AT_ONCE):
        loaded = load(project, out, new[start : start + FILES_AT_ONCE])
        counts = {key: counts[key] + loaded[key] for key in counts}
    if new:
        waiting = out / "read.json.new"
        waiting.write_text(json.dumps(read + new))
        waiting.rename(state)
    print(json.dumps(counts))


def load(project, out, files):
    paths = [project / "landing" / name for name in files]
    raw = pl.scan_csv(paths, infer_schema=False, include_file_paths="file")
    typed = raw.with_columns([c(name).alias(f"{name}_raw") for name in COLUMNS])
    typed = typed.with_columns([c(name).cast(kind, strict=False) for name, kind in TYPES.items()])
    typed = typed.with_columns(c("ordered_at").str.to_datetime("%Y-%m-%dT%H:%M:%SZ", time_unit="us", time_zone="UTC", strict=False))
    checked = typed.with_columns(is_bad().alias("bad")).collect(engine="streaming")
    bad = checked.filter(c("bad"))
    good = checked.filter(~c("bad")).select(COLUMNS)
    refused = bad.with_columns(reasons().alias("reasons")).select([f"{name}_raw" for name in COLUMNS] + ["file", "reasons"])
    (out / "good").mkdir(parents=True, exist_ok=True)
    write_deltalake(out / "good", good, mode="append")
    write_deltalake(out / "refused", refused, mode="append")
    return {"good": good.height, "refused": refused.height}


def is_bad():
    bad = [c(name).is_null() for name in REQUIRED]
    bad += [c(name).is_null() & c(f"{name}_raw").is_not_null() for name in [*TYPES, "ordered_at"] if name not in REQUIRED]
    bad += [rule.fill_null(False) for rule in RULES.values()]
    return pl.any_horizontal(bad)


def reasons():
    parts = [pl.when(c(name).is_null() & c(f"{name}_raw").is_not_null()).then(pl.lit(f"{name}.type")) for name in [*TYPES, "ordered_at"]]
    parts += [pl.when(c(f"{name}_raw").is_null()).then(pl.lit(f"{name}.required")) for name in REQUIRED]
    parts += [pl.when(rule).then(pl.lit(check)) for check, rule in RULES.items()]
    return pl.concat_str(parts, separator=" ", ignore_nulls=True)


main()
