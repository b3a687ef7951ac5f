"""Runs the suite with a tool and says where it differs.

    python3 conformance/run.py plimsoll [path/to/plimsoll]
    python-with-datacontract-cli conformance/run.py datacontract

Another tool is a function here: from a contract file, and a file per dataset, to results. A result has `element`, `kind`
(of this suite), and what the tool knows of `outcome`, `violations` and `value`.
"""

import collections
import json
import pathlib
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).parent


def cases():
    for path in sorted((HERE / "cases").glob("*.json")):
        yield from json.loads(path.read_text(encoding="utf-8"))["cases"]


def write(case, folder):
    """The case's contract and data as files."""
    files = {}
    for name, data in case["data"].items():
        if "csv" in data:
            files[name] = folder / f"{name}.csv"
            files[name].write_text(data["csv"], encoding="utf-8", newline="")
        else:
            files[name] = folder / f"{name}.ndjson"
            lines = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in data["rows"])
            files[name].write_text(lines, encoding="utf-8")
    return files


def renamed(value, names):
    """Datasets under other names, so that many cases fit in one contract."""
    if isinstance(value, dict):
        return {key: renamed(item, names) for key, item in value.items()}
    if isinstance(value, list):
        return [renamed(item, names) for item in value]
    if isinstance(value, str):
        for old, new in names.items():
            if value.startswith(f"{old}."):
                return new + value[len(old):]
            if value == old and len(old) > 1:
                return new
    return value


def plimsoll(program):
    """One process for each version of the standard and group."""
    batches = collections.defaultdict(list)
    for case in cases():
        batches[(case["contract"]["apiVersion"], case["id"].rsplit("-", 1)[0])].append(case)
    for (version, _), batch in batches.items():
        with tempfile.TemporaryDirectory() as folder:
            folder = pathlib.Path(folder)
            schema, data, owners = [], [], {}
            for case in batch:
                prefix = case["id"].replace("-", "_")
                names = {name: f"{prefix}_{name}" for name in case["data"]}
                for dataset in case["contract"]["schema"]:
                    renaming = {**renamed(dataset, names), "name": names[dataset["name"]]}
                    schema.append(renaming)
                    owners[renaming["name"]] = (case, dataset["name"])
                for name, path in write({"data": {names[old]: item for old, item in case["data"].items()}}, folder).items():
                    data += ["--data", f"{name}={path}"]
            contract = folder / "contract.odcs.yaml"
            contract.write_text(json.dumps({**batch[0]["contract"], "apiVersion": version, "schema": schema}), encoding="utf-8")
            done = subprocess.run([program, "contract", "test", str(contract), *data, "--json"], capture_output=True, text=True)
            try:
                report = json.loads(done.stdout)
                found = {entry["name"]: entry["checks"] for entry in report["datasets"]}
            except (ValueError, KeyError):
                print(done.stdout[:2000], done.stderr[:2000])
                found = {}
            for name, (case, own) in owners.items():
                # What is said of columns and types as such is not part of the suite, unless it was refused.
                checks = [check for check in found.get(name, []) if check["kind"] in KINDS or check["outcome"] not in ("passed",)]
                yield case, own, checks


DATACONTRACT_KINDS = {
    "field_required": "required", "field_primary_key_required": "required", "field_unique": "unique", "field_primary_key_unique": "primary_key",
    "primary_key_unique": "primary_key", "field_enum": "enum", "field_minimum": "range", "field_maximum": "range",
    "field_exclusive_minimum": "range", "field_exclusive_maximum": "range", "field_not_equal": "range", "field_min_length": "length", "field_max_length": "length",
    "field_regex": "pattern", "field_format": "format", "field_multiple_of": "multiple_of", "field_min_items": "items", "field_max_items": "items",
    "field_unique_items": "items", "field_relationships": "reference", "model_relationships": "reference", "row_count": "metric",
    "field_null_values": "metric", "field_missing_values": "metric", "field_invalid_values": "metric", "field_duplicate_values": "metric",
    "model_duplicate_values": "metric", "model_quality_sql": "sql", "field_quality_sql": "sql",
}
OUTCOMES = {"passed": "passed", "failed": "failed", "warning": "warned", "error": "not_checked", "unknown": "not_checked", "info": "not_checked"}


def datacontract(_program):
    """datacontract-cli as a library: run this file with the Python that has it. Both sides of a range are two checks there."""
    import logging

    from datacontract.data_contract import DataContract

    logging.disable(logging.CRITICAL)
    for case in cases():
        with tempfile.TemporaryDirectory() as folder:
            folder = pathlib.Path(folder)
            files = write(case, folder)
            form = "csv" if any(path.suffix == ".csv" for path in files.values()) else "json"
            server = {"server": "local", "type": "local", "path": str(folder / ("{model}.csv" if form == "csv" else "{model}.ndjson")), "format": form}
            if form == "json":
                server["delimiter"] = "new_line"
            else:
                server["delimiter"] = ","
            contract = {**case["contract"], "servers": [server]}
            try:
                checks = DataContract(data_contract_str=json.dumps(contract)).test().checks
            except Exception as problem:  # noqa: BLE001 - whatever it says, it did not decide
                for name in case["data"]:
                    yield case, name, [{"id": "", "element": None, "kind": "error", "outcome": "not_checked", "reason": str(problem)[:200]}]
                continue
            for name in case["data"]:
                yield case, name, merged([check for check in checks if check.model == name])


def merged(checks):
    """One result for each element and kind: bounds of both sides are one rule in a contract."""
    found = {}
    for check in checks:
        kind = DATACONTRACT_KINDS.get(check.type)
        if kind is None:
            continue
        told = check.diagnostics or {}
        result = str(getattr(check.result, "value", check.result))
        key = (check.field, kind, check.type if kind in ("metric", "sql") else "")
        one = {"id": check.type, "element": check.field, "kind": kind, "outcome": OUTCOMES.get(result, "not_checked"), "reason": check.reason}
        value = told.get("value")
        if kind in ("metric", "sql"):
            unit_value = told.get("failed_fraction")
            one["value"] = unit_value * 100 if told.get("unit") == "percent" and unit_value is not None else value
        else:
            one["violations"] = value
        if key in found and kind not in ("metric", "sql"):
            before = found[key]
            before["violations"] = None if None in (before["violations"], value) else before["violations"] + value
            rank = ["passed", "warned", "failed", "not_checked"]
            before["outcome"] = max(before["outcome"], one["outcome"], key=rank.index)
        else:
            found[key if key not in found else (*key, len(found))] = one
    return list(found.values())


KINDS = {
    "required", "unique", "primary_key", "enum", "range", "length", "pattern", "format", "multiple_of", "items", "fields", "normalized",
    "reference", "row_sql", "metric", "measure", "sql", "not_checked", "freshness",
}


def agrees(expected, found):
    if expected["outcome"] != found["outcome"]:
        return False
    if expected["outcome"] == "not_checked":
        return True
    if "violations" in expected and expected["violations"] != found.get("violations"):
        return False
    if "value" in expected:
        value, wanted = found.get("value"), expected["value"]
        return value == wanted or (value is not None and wanted is not None and abs(value - wanted) <= 1e-9 * max(1.0, abs(wanted)))
    return True


def compare(results):
    """Counts and differences: per group, how many expected checks came out as expected."""
    right, total, differing = collections.Counter(), collections.Counter(), []
    for case, name, found in results:
        group = case["id"].rsplit("-", 1)[0]
        left = list(found)
        for expected in case["expect"].get(name, []):
            total[group] += 1
            kinds = lambda check: check["outcome"] == "not_checked" if expected["kind"] == "not_checked" else check["kind"] == expected["kind"]
            same = [check for check in left if check["element"] == expected["element"] and kinds(check)]
            match = next((check for check in same if agrees(expected, check)), None)
            if match:
                right[group] += 1
                left.remove(match)
            else:
                differing.append((case, name, expected, same))
                for check in same[:1]:
                    left.remove(check)
        for check in left:
            differing.append((case, name, None, [check]))
    return right, total, differing


def main():
    tool, program = sys.argv[1], sys.argv[2] if len(sys.argv) > 2 else sys.argv[1]
    right, total, differing = compare(TOOLS[tool](program))
    for case, name, expected, found in differing:
        shown = [{key: check.get(key) for key in ("id", "element", "kind", "outcome", "violations", "value", "reason")} for check in found]
        print(f"{case['id']} {name}: {case['about']}\n    expected {json.dumps(expected, ensure_ascii=False)}\n    found    {json.dumps(shown, ensure_ascii=False)[:600]}")
    for group in sorted(total):
        print(f"{group:12} {right[group]:4} of {total[group]}")
    print(f"{sum(right.values())} of {sum(total.values())} checks come out as expected")
    return 1 if differing else 0


TOOLS = {"plimsoll": plimsoll, "datacontract": datacontract}

if __name__ == "__main__":
    sys.exit(main())
