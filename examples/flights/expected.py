"""Computes with DuckDB what Plimsoll must find in this example, and writes it to EXPECTED.json.

    python3 expected.py YEAR_DIR      YEAR_DIR is what `cargo xtask data flights` wrote; needs duckdb, pytz and pyyaml

The rules are read from the contracts; how they are executed, and the models, are written here once more and share no code with Plimsoll.
A NULL passes every row check but `required`. Each check counts all rows that violate it, so the refused rows are fewer than the sum.
"""

import json
import pathlib
import re
import sys

import duckdb
import yaml

HERE = pathlib.Path(__file__).parent
THRESHOLD = 0.05
SOURCES = ["flights_raw", "airlines", "airports", "planes", "weather"]
MODELS = ["dim_carrier", "dim_airport", "dim_plane", "flight", "daily_delay"]
TYPES = {"integer": "INTEGER", "number": "DOUBLE", "string": "VARCHAR", "date": "DATE", "timestamp": "TIMESTAMPTZ"}

# `/` divides integers in the contracts' SQL, and fractions in DuckDB's.
DUCKDB = {
    "departure_agrees": """dep_time IS NULL OR
        ((sched_dep_time // 100) * 60 + sched_dep_time % 100 + dep_delay + 1440) % 1440 = ((dep_time // 100) * 60 + dep_time % 100) % 1440""",
}


# The partitions of `flight` that the increment adds to; they are computed again as a whole.
TOUCHED = "date_trunc('month', flight_date) IN (SELECT date_trunc('month', make_date(year, month, day)) FROM increment)"


def instant(date, hhmm, zone):
    return f"(({date})::TIMESTAMP + to_minutes(({hhmm}) // 100 * 60 + ({hhmm}) % 100)) AT TIME ZONE {zone}"


MODEL_SQL = {
    "dim_carrier": "SELECT carrier, name FROM airlines",
    "dim_airport": "SELECT faa, name, lat latitude, lon longitude, alt altitude_feet, tzone time_zone FROM airports",
    "dim_plane": """SELECT tailnum, regexp_replace(regexp_replace(manufacturer, '^AIRBUS.*', 'AIRBUS'), '^MCDONNELL DOUGLAS.*',
        'MCDONNELL DOUGLAS') manufacturer, model, year year_built, engines, seats FROM planes""",
    "flight": f"""
        WITH dated AS (
            SELECT f.*, make_date(year, month, day) flight_date, time_zone FROM increment f LEFT JOIN dim_airport ON faa = dest),
        left_at AS (
            SELECT *, {instant("flight_date", "sched_dep_time", "'America/New_York'")} scheduled_departure,
                {instant("flight_date", "sched_arr_time", "time_zone")} today,
                {instant("flight_date + 1", "sched_arr_time", "time_zone")} tomorrow FROM dated),
        placed AS (SELECT *, CASE WHEN today > scheduled_departure THEN today ELSE tomorrow END scheduled_arrival FROM left_at)
        SELECT flight_date, carrier, flight, origin, dest, tailnum,
            CASE WHEN dep_time IS NULL THEN 'cancelled' WHEN arr_delay IS NULL THEN 'unconfirmed' ELSE 'arrived' END status,
            scheduled_departure, scheduled_departure + to_minutes(dep_delay) departed_at,
            scheduled_arrival, scheduled_arrival + to_minutes(arr_delay) arrived_at,
            dep_delay departure_delay, arr_delay arrival_delay, air_time air_minutes, distance distance_miles, time_hour scheduled_hour
        FROM placed""",
    "daily_delay": f"""
        SELECT flight_date, origin, carrier, count(*) flights, count(*) FILTER (status = 'cancelled') cancelled,
            count(*) FILTER (arrival_delay >= 15) late, avg(departure_delay) departure_delay_mean, avg(arrival_delay) arrival_delay_mean,
            max(arrival_delay) arrival_delay_max
        FROM flight
        WHERE {TOUCHED}
        GROUP BY ALL""",
}
INPUTS = {
    "dim_carrier": ["airlines"], "dim_airport": ["airports"], "dim_plane": ["planes"],
    "flight": ["increment", "dim_airport"], "daily_delay": ["flight"],
}


def main():
    objects = {}
    for path in sorted(HERE.glob("openspec/specs/flights/*.odcs.yaml")):
        objects |= {schema["name"]: schema for schema in yaml.safe_load(path.read_text())["schema"]}
    expected = {
        "about": "Written by expected.py. `first` is the first run, `next_day` the run after landing-next/flights was landed too; in both "
        "a held stage was then approved, so that what follows from it is here as well. `more_airports`: landing-next/airports landed after that; "
        "`replay`: the dead letters of `flight` replayed then. `rows_table` counts the table afterwards.",
        "threshold": THRESHOLD,
        "slice": runs(objects, HERE, HERE / "landing-next/flights"),
        "year": runs(objects, pathlib.Path(sys.argv[1]), None),
    }
    text = json.dumps(expected, indent=2)
    one_line_each = re.sub(r"\{[^{}]*\}", lambda match: " ".join(match[0].split()), text)
    (HERE / "EXPECTED.json").write_text(one_line_each + "\n")


def runs(objects, folder, next_folder):
    db = duckdb.connect()
    db.execute("SET TimeZone = 'UTC'")
    read = {name: files(folder / "landing" / name.removesuffix("_raw")) for name in SOURCES}
    result = {"first": run(db, objects, read)}
    if next_folder:
        result["next_day"] = run(db, objects, {"flights_raw": files(next_folder)})
        result["more_airports"] = run(db, objects, {"airports": files(next_folder.with_name("airports"))})
        result["replay"] = replay(db, objects)
    return result


def replay(db, objects):
    """Dead letters of `flight` under the airports that are known now: as if every flight had come only now."""
    before = count(db, "flight")
    db.execute("CREATE OR REPLACE TABLE increment AS SELECT * FROM flights_raw")
    report = {}
    for name in ["flight", "daily_delay"]:
        db.execute(f"CREATE OR REPLACE TABLE made AS {MODEL_SQL[name]}")
        report[name] = stage(db, objects[name])
    dead_letters = count(db, "flights_raw") - before
    accepted = count(db, "flight") - before
    return {"dead_letters": dead_letters, "accepted": accepted, "refused_again": dead_letters - accepted} | {
        name: {"rows_table": values["rows_table"]} for name, values in report.items()
    }


def files(folder):
    return sorted(str(path) for path in folder.glob("*.csv*"))


def run(db, objects, read):
    """Every dataset in order: make its rows, check them, publish what passes."""
    report = {}
    for name in SOURCES:
        if name in read:
            db.execute(f"CREATE OR REPLACE TABLE made AS {source_sql(objects[name], read[name])}")
            made = count(db, "made")
            report[name] = {"files": len(read[name]), "rows_read": made} | stage(db, objects[name])
            if name == "flights_raw":
                db.execute("CREATE OR REPLACE TABLE increment AS SELECT * FROM passed")
    for name in MODELS:
        inputs = {("flights_raw" if i == "increment" else i): count(db, i) for i in INPUTS[name]}
        if name == "daily_delay":
            inputs["flight"] = one(db, f"SELECT count(*) FROM flight WHERE {TOUCHED}")
        origin = INPUTS[name][0] if name.startswith("dim_") else "flights_raw"
        if origin not in read:
            continue
        db.execute(f"CREATE OR REPLACE TABLE made AS {MODEL_SQL[name]}")
        report[name] = {"rows_input": inputs} | stage(db, objects[name])
    return report


def source_sql(schema, paths):
    columns = {p["name"]: TYPES[p["logicalType"]] for p in schema["properties"]}
    return f"SELECT * FROM read_csv({paths}, header=true, auto_detect=false, delim=',', nullstr=['NA', ''], columns={columns})"


def count(db, table):
    return one(db, f"SELECT count(*) FROM {table}")


def one(db, sql):
    return db.execute(sql).fetchall()[0][0]


def stage(db, schema):
    """Checks the rows in `made`, leaves the good ones in `passed`, and adds them to the dataset's table."""
    name, made = schema["name"], count(db, "made")
    rows, whole = list(row_checks(schema)), list(dataset_checks(schema))
    refusing = [bad for _, severity, _, bad in rows if severity == "error"]
    refused = " OR ".join(f"coalesce({bad}, false)" for bad in refusing) or "false"
    db.execute(f"CREATE OR REPLACE TABLE passed AS SELECT * FROM made WHERE NOT ({refused})")
    passed = count(db, "passed")
    checks, hold = {}, (made - passed) > THRESHOLD * made
    for check, severity, kind, bad in rows:
        violations = one(db, f"SELECT count(*) FROM made WHERE {bad}")
        checks[check] = verdict("row", kind, severity, violations == 0) | {"violations": violations, "ratio": round(violations / made, 6)}
        hold |= severity == "error" and violations > THRESHOLD * made
    publish(db, name)
    for check, severity, kind, sql, holds in whole:
        if sql is None:
            checks[check] = {"scope": "dataset", "kind": kind, "severity": severity, "outcome": "not_checked"}
            continue
        value = one(db, sql.replace("{object}", name))
        checks[check] = verdict("dataset", kind, severity, holds(value)) | {"value": value}
        hold |= severity == "error" and not holds(value)
    return {
        "rows_made": made, "rows_refused": made - passed, "rows_passed": passed, "refused_share": round((made - passed) / made, 6),
        "decision": "hold" if hold else "publish", "rows_table": count(db, name), "checks": checks,
    }


def verdict(scope, kind, severity, passed):
    outcome = "passed" if passed else {"error": "failed", "warning": "warned"}[severity]
    return {"scope": scope, "kind": kind, "severity": severity, "outcome": outcome}


def publish(db, name):
    """Keeps the table as pipelines/flights.yaml says."""
    db.execute(f"CREATE TABLE IF NOT EXISTS {name} AS SELECT * FROM passed LIMIT 0")
    if name.startswith("dim_"):
        db.execute(f"DELETE FROM {name}")
    if name == "flight":
        db.execute("DELETE FROM flight USING passed p WHERE (flight.flight_date, flight.carrier, flight.flight, flight.origin)"
                   " = (p.flight_date, p.carrier, p.flight, p.origin)")
    if name == "daily_delay":
        db.execute("DELETE FROM daily_delay WHERE date_trunc('month', flight_date) IN (SELECT date_trunc('month', flight_date) FROM passed)")
    db.execute(f"INSERT INTO {name} SELECT * FROM passed")


def row_checks(schema):
    """(id, severity, kind, SQL that is true for a violating row)"""
    for column in schema["properties"]:
        name, options, severity = column["name"], column.get("logicalTypeOptions", {}), own(column, "severity", "error")
        if column.get("required") or column.get("primaryKey"):
            yield f"{name}.required", severity, "required", f"{name} IS NULL"
        if "enum" in column:
            values = ", ".join(literal(entry["value"]) for entry in column["enum"])
            yield f"{name}.enum", severity, "enum", f"{name} NOT IN ({values})"
        if bounds := [f"{name} {operator} {literal(options[key])}" for key, operator in BOUNDS.items() if key in options]:
            yield f"{name}.range", severity, "range", f"({' OR '.join(bounds)})"
        if "minLength" in options or "maxLength" in options:
            low, high = options.get("minLength", 0), options.get("maxLength", 2**31)
            yield f"{name}.length", severity, "length", f"length({name}) NOT BETWEEN {low} AND {high}"
        if "pattern" in options:
            yield f"{name}.pattern", severity, "pattern", f"NOT regexp_matches({name}, {literal(options['pattern'])})"
        if "multipleOf" in options:
            yield f"{name}.multiple_of", severity, "multiple_of", f"{name} % {options['multipleOf']} <> 0"
        for relation in column.get("relationships", []):
            yield reference(name, relation, [name], [relation["to"]])
    for relation in schema.get("relationships", []):
        yield reference(schema["name"], relation, [column.split(".")[1] for column in relation["from"]], relation["to"])
    for rule in schema.get("quality", []):
        if rule["type"] == "custom":
            sql = DUCKDB.get(rule["id"], rule["implementation"])
            yield f"{schema['name']}.{rule['id']}", rule.get("severity", "error"), "row_sql", f"NOT ({sql})"


BOUNDS = {"minimum": "<", "exclusiveMinimum": "<=", "maximum": ">", "exclusiveMaximum": ">="}


def reference(prefix, relation, columns, targets):
    table = targets[0].split(".")[0]
    known = " AND ".join(f"{table}.{target.split('.')[1]} = made.{column}" for column, target in zip(columns, targets))
    given = " AND ".join(f"made.{column} IS NOT NULL" for column in columns)
    missing = f"({given} AND NOT EXISTS (SELECT 1 FROM {table} WHERE {known}))"
    return f"{prefix}.{relation['id']}", own(relation, "severity", "error"), "reference", missing


def dataset_checks(schema):
    """(id, severity, kind, SQL for the value or None, whether a value holds)"""
    key = [column["name"] for column in schema["properties"] if column.get("primaryKey")]
    zero = {"mustBe": 0}
    yield f"{schema['name']}.primary_key", "error", "primary_key", surplus(key), operator(zero)
    for column in schema["properties"]:
        if column.get("unique"):
            yield f"{column['name']}.unique", "error", "unique", surplus([column["name"]]), operator(zero)
        for rule in column.get("quality", []):
            yield quality(column["name"], column["name"], rule)
    for rule in schema.get("quality", []):
        if rule["type"] != "custom":
            yield quality(schema["name"], None, rule)


def quality(prefix, column, rule):
    check, severity = f"{prefix}.{rule['id']}", rule.get("severity", "error")
    if rule["type"] == "text":
        return check, severity, "not_checked", None, None
    if rule["type"] == "sql":
        return check, severity, "sql", rule["query"].replace("{property}", column or ""), operator(rule)
    return check, severity, "metric", metric(column, rule), operator(rule)


def metric(column, rule):
    arguments = rule.get("arguments", {})
    if rule["metric"] == "duplicateValues":
        return surplus([column])
    condition = {
        "rowCount": lambda: "true",
        "nullValues": lambda: f"{column} IS NULL",
        "missingValues": lambda: f"{column} IS NULL OR {column} IN ({', '.join(literal(v) for v in arguments['missingValues'] if v is not None)})",
        "invalidValues": lambda: f"{column} NOT IN ({', '.join(literal(v) for v in arguments['validValues'])})",
    }[rule["metric"]]()
    share = "100.0 / count(*)" if rule.get("unit") == "percent" else "1"
    return f"SELECT round(count(*) FILTER ({condition}) * {share}, 6) FROM {{object}}"


def surplus(columns):
    names = ", ".join(columns)
    given = " AND ".join(f"{name} IS NOT NULL" for name in columns)
    return f"SELECT coalesce(sum(n - 1), 0)::BIGINT FROM (SELECT count(*) n FROM {{object}} WHERE {given} GROUP BY {names})"


def operator(rule):
    if "mustBe" in rule:
        return lambda value: value == rule["mustBe"]
    if "mustBeBetween" in rule:
        return lambda value: rule["mustBeBetween"][0] <= value <= rule["mustBeBetween"][1]
    if "mustBeLessThan" in rule:
        return lambda value: value < rule["mustBeLessThan"]
    if "mustBeLessOrEqualTo" in rule:
        return lambda value: value <= rule["mustBeLessOrEqualTo"]
    return lambda value: value > rule["mustBeGreaterThan"]


def own(element, name, default):
    """One of Plimsoll's own settings."""
    return next((p["value"] for p in element.get("customProperties", []) if p["property"] == name), default)


def literal(value):
    return "'" + value.replace("'", "''") + "'" if isinstance(value, str) else str(value)


main()
