"""A naive evaluator of checks: one row after the other, written from docs/src/checks.md and from nothing else.

It shares no code with any engine. `cases.py` uses it to derive expected counts, and to cross-check those written by hand.
Standard library only.
"""

import datetime as dt
import ipaddress
import json
import math
import re
import sqlite3
import statistics
import zoneinfo
from decimal import Decimal, getcontext

getcontext().prec = 80
MICRO = 1_000_000
EPOCH = dt.date(1970, 1, 1)


class NotChecked(Exception):
    """The page says that this is not checked; the message is the reason."""


# --- types and values -------------------------------------------------------------------------------------------------


def kind_of(prop):
    """The type of a property: (word, details)."""
    logical = prop.get("logicalType", "string")
    options = prop.get("logicalTypeOptions", {})
    physical = prop.get("physicalType", "")
    if logical == "integer":
        fmt = options.get("format", "i64")
        return ("integer", fmt)
    if logical == "number":
        match = re.fullmatch(r"(?i)(?:decimal|numeric)\((\d+),\s*(\d+)\)", physical)
        if match:
            return ("decimal", (int(match[1]), int(match[2])))
        return ("float", 32 if options.get("format") == "f32" else 64)
    if logical == "timestamp":
        zoned = options.get("timezone", "defaultTimezone" in options)
        return ("timestamp", (zoned, options.get("defaultTimezone", "Etc/UTC")))
    if logical == "vector":
        return ("vector", options.get("elementType", "float32"))
    if logical == "object" and not prop.get("properties"):
        return ("json", None)
    return (logical, None)


def to_single(value):
    """Rounded to single precision, as a column of 32 bits holds it."""
    import struct

    try:
        return struct.unpack("f", struct.pack("f", value))[0]
    except OverflowError:
        return math.inf if value > 0 else -math.inf


def value_of(prop, raw):
    """A raw JSON value (or the text of a CSV field) in the column's type; None for NULL."""
    if raw is None:
        return None
    word, details = kind_of(prop)
    if word == "string":
        return raw
    if word == "json":
        return raw if isinstance(raw, str) else json.dumps(raw, default=str)
    if word == "boolean":
        return raw if isinstance(raw, bool) else {"true": True, "false": False}[raw]
    if word == "integer":
        return int(raw)
    if word == "decimal":
        return Decimal(str(raw))
    if word == "float":
        value = float(raw)
        return to_single(value) if details == 32 else value
    if word == "date":
        return moment("date", raw, prop)
    if word in ("time", "timestamp"):
        return moment(word, raw, prop)
    if word == "array":
        return [value_of(prop.get("items", {}), item) for item in raw]
    if word == "vector":
        single = details == "float32"
        return [None if item is None else (to_single(float(item)) if single else float(item)) for item in raw]
    if word == "object":
        return {field["name"]: value_of(field, raw.get(field["name"])) for field in prop["properties"]}
    if word == "map":
        key, inner = prop["map"]["key"], prop["map"]["value"]
        return {value_of(key, name): value_of(inner, item) for name, item in raw.items()}
    raise NotImplementedError(word)


def moment(word, text, prop):
    """Days, or microseconds since midnight or the epoch."""
    fmt = prop.get("logicalTypeOptions", {}).get("format")
    if fmt:
        text = jdk(text, fmt, word)
    if word == "date":
        return (dt.date.fromisoformat(text) - EPOCH).days
    if word == "time":
        hour, minute, *rest = text.split(":")
        second = Decimal(rest[0]) if rest else Decimal(0)
        return int(((int(hour) * 60 + int(minute)) * 60 + second) * MICRO)
    zoned, zone = kind_of(prop)[1]
    match = re.fullmatch(r"(\d{4}-\d\d-\d\d)(?:[Tt ](\d\d:\d\d(?::\d\d(?:\.\d+)?)?)\s*([Zz]|[+-]\d\d(?::?\d\d)?)?)?", text)
    days = (dt.date.fromisoformat(match[1]) - EPOCH).days
    clock = moment("time", match[2], {}) if match[2] else 0
    wall = days * 86_400 * MICRO + clock
    offset = match[3]
    if not zoned:
        return wall if offset in (None, "Z", "z") else wall - seconds_of(offset) * MICRO
    if offset in ("Z", "z"):
        return wall
    if offset:
        return wall - seconds_of(offset) * MICRO
    naive = dt.datetime(1970, 1, 1) + dt.timedelta(microseconds=wall)
    # Of two instants with this reading, the earlier.
    local = naive.replace(tzinfo=zoneinfo.ZoneInfo(zone), fold=0)
    return wall - int(local.utcoffset().total_seconds()) * MICRO


def seconds_of(offset):
    digits = offset[1:].replace(":", "").ljust(4, "0")
    seconds = int(digits[:2]) * 3600 + int(digits[2:]) * 60
    return -seconds if offset[0] == "-" else seconds


def jdk(text, fmt, word):
    """The few JDK patterns that the cases use, as ISO text."""
    names = {"yyyy": "%Y", "MM": "%m", "dd": "%d", "HH": "%H", "mm": "%M", "ss": "%S"}
    python = re.sub(r"yyyy|MM|dd|HH|mm|ss", lambda found: names[found[0]], fmt).replace("'", "")
    found = dt.datetime.strptime(text, python)
    return {"date": found.date().isoformat(), "time": found.time().isoformat(), "timestamp": found.isoformat()}[word]


# --- rules about one value: each returns True where the value holds ---------------------------------------------------


def literal(prop, raw):
    """A value that the contract writes, in the column's type."""
    word, _ = kind_of(prop)
    if word in ("integer", "decimal"):
        return Decimal(str(raw))
    if word == "float":
        return value_of(prop, raw)
    if word == "string":
        return raw if isinstance(raw, str) else ({True: "true", False: "false"}[raw] if isinstance(raw, bool) else str(raw))
    if word == "timestamp" or word == "time" or word == "date":
        plain = dict(prop, logicalTypeOptions={k: v for k, v in prop.get("logicalTypeOptions", {}).items() if k != "format"})
        try:
            return moment(word, str(raw), plain)
        except (TypeError, ValueError):
            return moment(word, str(raw), prop)
    return value_of(prop, raw)


def in_list(prop, value, listed):
    return any(value == literal(prop, item) for item in listed if item is not None)


def given(bound):
    # 0 is a bound, and equals False.
    return bound is not None and bound is not False


def in_bounds(prop, value, options):
    if isinstance(value, float) and math.isnan(value):
        return False
    low, high = options.get("minimum"), options.get("maximum")
    above, below = options.get("exclusiveMinimum"), options.get("exclusiveMaximum")
    if above is True:
        low, above = None, low
    if below is True:
        high, below = None, high
    return not (
        (low is not None and value < literal(prop, low))
        or (high is not None and value > literal(prop, high))
        or (given(above) and value <= literal(prop, above))
        or (given(below) and value >= literal(prop, below))
    )


def is_multiple(prop, value, divisor):
    if isinstance(value, float):
        if math.isnan(value) or math.isinf(value):
            return False
        # The shortest decimal that reads as the float.
        value = shortest_single(value) if kind_of(prop) == ("float", 32) else Decimal(repr(value))
    return Decimal(value) % Decimal(str(divisor)) == 0


def shortest_single(value):
    for digits in range(1, 12):
        text = f"{value:.{digits - 1}e}"
        if to_single(float(text)) == value:
            return Decimal(text)
    return Decimal(repr(value))


SPACE = "\t\n\x0b\x0c\r \xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000\ufeff"


def occurs(pattern, text):
    """Whether an ECMA-262 pattern occurs; enough of the dialect for the cases."""
    out, at, in_class, flags = [], 0, False, 0
    if pattern.startswith("(?i)"):
        pattern, flags = pattern[4:], re.IGNORECASE
    while at < len(pattern):
        two = pattern[at : at + 2]
        if two == "\\u" and pattern[at + 2 : at + 3] == "{":
            end = pattern.index("}", at)
            out.append(re.escape(chr(int(pattern[at + 3 : end], 16))))
            at = end + 1
            continue
        if two[0] == "\\":
            classes = {"d": "0-9", "w": "0-9A-Za-z_", "s": SPACE}
            name = two[1].lower()
            if name in classes and not (in_class and two[1].isupper()):
                body = classes[name]
                out.append(body if in_class else f"[{'^' if two[1].isupper() else ''}{body}]")
                at += 2
            elif two == "\\b":
                out.append("\x08" if in_class else r"(?:(?<![0-9A-Za-z_])(?=[0-9A-Za-z_])|(?<=[0-9A-Za-z_])(?![0-9A-Za-z_]))")
                at += 2
            elif two == "\\c":
                out.append(re.escape(chr(ord(pattern[at + 2]) % 32)))
                at += 3
            elif two in ("\\u", "\\x"):
                length = 4 if two == "\\u" else 2
                out.append(re.escape(chr(int(pattern[at + 2 : at + 2 + length], 16))))
                at += 2 + length
            else:
                out.append(two if not two[1].isalnum() or two[1] in "tnrfv" else two)
                at += 2
            continue
        character = pattern[at]
        at += 1
        if character == "[" and not in_class:
            if pattern[at : at + 2] == "^]":
                out.append(r"[\s\S]")
                at += 2
            elif pattern[at : at + 1] == "]":
                out.append(r"(?!)")
                at += 1
            else:
                in_class = True
                out.append("[")
        elif character == "[":
            out.append(r"\[")
        elif character == "]" and in_class:
            in_class = False
            out.append("]")
        elif in_class and character in "&~|" :
            out.append("\\" + character)
        elif character == "$" and not in_class:
            out.append(r"\Z")
        elif character == "." and not in_class:
            out.append("[^\n\r\u2028\u2029]")
        elif character == "(" and pattern[at : at + 2] == "?<" and pattern[at + 2] not in "=!":
            out.append("(?:")
            at = pattern.index(">", at) + 1
        else:
            out.append(character)
    return re.search("".join(out), text, flags) is not None


ATOM = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+"
LABEL = r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
PCHAR = r"(?:[A-Za-z0-9._~!$&'()*+,;=:@-]|%[0-9A-Fa-f]{2})"


def is_address(text, version):
    try:
        ipaddress.IPv4Address(text) if version == 4 else ipaddress.IPv6Address(text)
        return "%" not in text
    except ValueError:
        return False


def is_host(text):
    return len(text) <= 253 and re.fullmatch(rf"{LABEL}(?:\.{LABEL})*", text) is not None


def has_form(form, text):
    if form == "uuid":
        return re.fullmatch(r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}", text) is not None
    if form == "ipv4":
        return is_address(text, 4) and text.isascii()
    if form == "ipv6":
        return is_address(text, 6) and text.isascii()
    if form == "hostname":
        return is_host(text)
    if form == "byte":
        return re.fullmatch(r"(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?", text) is not None
    if form == "email":
        if not text.isascii() or len(text) > 254 or "@" not in text:
            return False
        local, domain = text.rsplit("@", 1)
        quoted = re.fullmatch(r'"(?:[ !#-\[\]-~]|\\[ -~])*"', local)
        named = re.fullmatch(rf"{ATOM}(?:\.{ATOM})*", local)
        literal_domain = re.fullmatch(r"\[(?:IPv6:)?([^\]]*)\]", domain)
        address = literal_domain and is_address(literal_domain[1], 6 if "IPv6:" in domain else 4)
        return len(local) <= 64 and bool(quoted or named) and bool(is_host(domain) or address)
    if form == "uri":
        match = re.fullmatch(rf"[A-Za-z][A-Za-z0-9+.-]*:(//(?P<authority>[^/?#]*))?(?P<path>(?:{PCHAR}|/)*)(\?(?:{PCHAR}|[/?])*)?(#(?:{PCHAR}|[/?])*)?", text)
        if not match:
            return False
        authority = match["authority"] or ""
        user, at, host = authority.rpartition("@")
        port = re.fullmatch(r"(?P<host>\[(?P<six>[^\]]*)\]|[^:\[\]]*)(:\d*)?", host)
        if not port or (port["six"] is not None and not is_address(port["six"], 6)):
            return False
        plain = "" if port["six"] is not None else port["host"]
        return re.fullmatch(rf"(?:{PCHAR})*", user) is not None and re.fullmatch(r"(?:[A-Za-z0-9._~!$&'()*+,;=-]|%[0-9A-Fa-f]{2})*", plain) is not None
    raise NotChecked(f"the format {form} is not known")


def key_of(value):
    """Equal values have equal keys, also nested ones."""
    if isinstance(value, list):
        return ("list", tuple(key_of(item) for item in value))
    if isinstance(value, dict):
        return ("dict", tuple((name, key_of(item)) for name, item in value.items()))
    if isinstance(value, float) and math.isnan(value):
        return ("nan",)
    return (type(value).__name__ if isinstance(value, bool) else "", value)


# --- what a property promises -----------------------------------------------------------------------------------------

ORDERED = ("integer", "decimal", "float", "date", "time", "timestamp")


def own_rules(prop):
    """(kind, holds) for each rule of a property about one value that is not NULL; holds raises NotChecked."""
    word, _ = kind_of(prop)
    options = prop.get("logicalTypeOptions", {})
    rules = []
    listed = [item["value"] for item in prop.get("enum", [])]
    if listed:
        rules.append(("enum", lambda value: in_list(prop, value, listed)))
    if "minLength" in options or "maxLength" in options:
        low, high = options.get("minLength", 0), options.get("maxLength", math.inf)
        rules.append(("length", lambda value: low <= len(value) <= high))
    if "pattern" in options:
        rules.append(("pattern", lambda value: occurs(options["pattern"], value)))
    if word == "string" and options.get("format") not in (None, "password"):
        rules.append(("format", lambda value: has_form(options["format"], value)))
    sides = [options.get(name) for name in ("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum")]
    if any(side is not None for side in sides):
        rules.extend(bounds(prop, options))
    if "multipleOf" in options:
        rules.append(("multiple_of", lambda value: is_multiple(prop, value, options["multipleOf"])))
    if word in ("array", "vector"):
        low, high = options.get("minItems", 0), options.get("maxItems", math.inf)
        unique = options.get("uniqueItems", False)
        if low > 0 or high < math.inf or unique:
            rules.append(("items", lambda value: low <= len(value) <= high and not (unique and repeats(value))))
    if word == "vector" and "dimensions" in options:
        rules.append(("items", lambda value: len(value) == options["dimensions"]))
    if word == "vector" and options.get("normalized"):
        rules.append(("normalized", is_normal))
    if options.get("minProperties", 0) > 0 or "maxProperties" in options or options.get("required"):
        rules.append(("fields", lambda value: has_fields(prop, value, options)))
    return rules


def bounds(prop, options):
    """Both an inclusive and an exclusive bound on one side are two checks."""
    flags = {side: options[side] for side in ("exclusiveMinimum", "exclusiveMaximum") if isinstance(options.get(side), bool)}
    first, second = dict(flags), {}
    for inclusive, exclusive in (("minimum", "exclusiveMinimum"), ("maximum", "exclusiveMaximum")):
        given = [name for name in (inclusive, exclusive) if options.get(name) is not None and name not in flags]
        for target, name in zip((first, second), given):
            target[name] = options[name]
    found = [first] + ([second] if second else [])
    return [("range", lambda value, one=one: in_bounds(prop, value, one)) for one in found]


def repeats(items):
    keys = [key_of(item) for item in items]
    return len(set(keys)) < len(keys)


def is_normal(value):
    if any(item is None or math.isnan(item) for item in value):
        return False
    return 0.999 <= math.sqrt(sum(item * item for item in value)) <= 1.001


def has_fields(prop, value, options):
    if isinstance(value, str):
        try:
            value = json.loads(value)
        except ValueError:
            return False
        if not isinstance(value, dict):
            return False
    present = [name for name, item in value.items() if item is not None]
    enough = options.get("minProperties", 0) <= len(present) <= options.get("maxProperties", math.inf)
    return enough and all(name in present for name in options.get("required", []))


def inner(prop, path):
    """(path, property, step) of what stands inside a property; step gives the values from one value."""
    for field in prop.get("properties", []):
        yield f"{path}.{field['name']}", field, (lambda value, name=field["name"]: [value[name]])
    if "items" in prop:
        yield f"{path}[]", prop["items"], (lambda value: value)
    if "map" in prop:
        yield f"{path}.key", prop["map"]["key"], (lambda value: list(value.keys()))
        yield f"{path}.value", prop["map"]["value"], (lambda value: list(value.values()))


# --- a dataset --------------------------------------------------------------------------------------------------------


def result(element, kind, violations=0, rows=None, outcome=None, value=None, severity="error"):
    bad = {"error": "failed", "warning": "warned"}[severity]
    found = {"element": element, "kind": kind, "outcome": outcome or (bad if violations else "passed")}
    if value is not None or kind in ("metric", "sql", "measure"):
        found["value"] = value
    else:
        found["violations"] = violations
    if rows is not None:
        found["rows"] = rows
    return found


def settings(holder):
    found = {}
    for entry in holder.get("customProperties", []):
        if entry.get("vendor") in (None, "plimsoll"):
            found[entry["property"]] = entry["value"]
    return found


def read(case, name, schema):
    data = case["data"][name]
    if "csv" in data:
        lines = data["csv"].split("\n")
        head = lines[0].split(",")
        raw = [dict(zip(head, [None if field == "" else field for field in line.split(",")])) for line in lines[1:] if line != ""]
        raw = [{key: unquoted(value) for key, value in row.items()} for row in raw]
    else:
        raw = data["rows"]
    return [{prop["name"]: value_of(prop, row.get(prop["name"])) for prop in schema["properties"]} for row in raw]


def unquoted(value):
    return value[1:-1] if isinstance(value, str) and value.startswith('"') else value


def evaluate(case):
    """The expected results: dataset name -> list of results, in the order of the contract."""
    schemas = {schema["name"]: schema for schema in case["contract"]["schema"]}
    tables = {name: read(case, name, schema) for name, schema in schemas.items() if name in case["data"]}
    return {name: dataset(schemas[name], rows, schemas, tables) for name, rows in tables.items()}


def dataset(schema, rows, schemas, tables):
    results = []
    key = sorted(
        (prop for prop in schema["properties"] if prop.get("primaryKey")),
        key=lambda prop: prop.get("primaryKeyPosition", 10**9),
    )
    for prop in schema["properties"]:
        name = prop["name"]
        values = [[row[name]] for row in rows]
        severity = settings(prop).get("severity", "error")
        before = len(results)
        promise(results, prop, name, values, severity, in_key=prop in key, top=True)
        for found in results[before:]:
            limited(found, settings(prop), len(rows), severity)
        relations(results, prop, name, values, rows, schema, tables, schemas)
        results.extend(quality(rule, prop, name, values, rows, schema, tables) for rule in prop.get("quality", []))
    if key:
        columns = [prop["name"] for prop in key]
        element = columns[0] if len(columns) == 1 else None
        results.append(result(element, "primary_key", duplicates([[row[name] for name in columns] for row in rows])))
    for relation in schema.get("relationships", []):
        columns = [text.split(".")[-1] for text in listed(relation["from"])]
        results.append(reference(relation, columns[0] if len(columns) == 1 else None, [[[row[name] for name in columns]] for row in rows], tables, schemas, columns))
    results.extend(quality(rule, None, None, None, rows, schema, tables) for rule in schema.get("quality", []))
    return results


def limited(found, settings, rows, severity):
    """`warnAbove` and `failAbove`: more violations than these warn and fail."""
    warn, fail = settings.get("warnAbove"), settings.get("failAbove")
    if (warn is None and fail is None) or not found.get("violations"):
        return
    more = lambda limit: found["violations"] > (Decimal(limit.rstrip("%")) * rows / 100 if isinstance(limit, str) else limit)
    worst = "failed" if severity == "error" else "warned"
    if fail is not None and more(fail):
        found["outcome"] = worst
    elif warn is None or more(warn):
        found["outcome"] = "warned"
    else:
        found["outcome"] = "passed"


def listed(value):
    return value if isinstance(value, list) else [value]


def promise(results, prop, path, values, severity, in_key=False, top=False):
    """`values` has, for each row, the values at this place."""
    if prop.get("required") or in_key:
        rows = [number + 1 for number, there in enumerate(values) if any(value is None for value in there)]
        results.append(result(path, "required", len(rows), rows, severity=severity))
    if prop.get("unique") and not prop.get("primaryKey"):
        count = duplicates([[value] for there in values for value in there])
        results.append(result(path, "unique", count, severity=severity))
    for kind, holds in own_rules(prop):
        try:
            bad = [number + 1 for number, there in enumerate(values) if any(value is not None and not holds(value) for value in there)]
            results.append(result(path, kind, len(bad), bad, severity=severity))
        except NotChecked:
            results.append(result(path, "not_checked", outcome="not_checked"))
    for inner_path, inner_prop, step in inner(prop, path):
        deeper = [[item for value in there if value is not None for item in step(value)] for there in values]
        own = settings(inner_prop).get("severity", severity)
        promise(results, inner_prop, inner_path, deeper, own)
        results.extend(quality(rule, inner_prop, inner_path, deeper, None, None, None) for rule in inner_prop.get("quality", []))


def duplicates(keys):
    """Rows beyond the first of each group of equal keys without NULL."""
    seen, count = set(), 0
    for key in keys:
        if any(part is None for part in key):
            continue
        key = tuple(key_of(part) for part in key)
        count += key in seen
        seen.add(key)
    return count


def relations(results, prop, name, values, rows, schema, tables, schemas):
    for relation in prop.get("relationships", []):
        keys = [[[value] for value in there] for there in values]
        results.append(reference(relation, name, keys, tables, schemas, [name]))
    for inner_path, inner_prop, step in inner(prop, name):
        deeper = [[item for value in there if value is not None for item in step(value)] for there in values]
        relations(results, inner_prop, inner_path, deeper, rows, schema, tables, schemas)


def reference(relation, element, keys, tables, schemas, columns):
    """`keys` has, for each row, the keys that must exist."""
    to = [text.split(".") for text in listed(relation["to"])]
    target = tables[to[0][0]]
    known = {tuple(key_of(row[name]) for _, name in to) for row in target}
    broken = lambda key: not any(part is None for part in key) and tuple(key_of(part) for part in key) not in known
    rows = [number + 1 for number, there in enumerate(keys) if any(broken(key) for key in there)]
    return result(element, "reference", len(rows), rows)


# --- quality rules ----------------------------------------------------------------------------------------------------

OPERATORS = {
    "mustBe": lambda value, x: value == x,
    "mustNotBe": lambda value, x: value != x,
    "mustBeGreaterThan": lambda value, x: value > x,
    "mustBeGreaterOrEqualTo": lambda value, x: value >= x,
    "mustBeLessThan": lambda value, x: value < x,
    "mustBeLessOrEqualTo": lambda value, x: value <= x,
    "mustBeBetween": lambda value, x: x[0] <= value <= x[1],
    "mustNotBeBetween": lambda value, x: not x[0] <= value <= x[1],
}
MILD = ("warning", "warn", "info", "low", "medium", "minor")


def exact(operand):
    if isinstance(operand, list):
        return [exact(item) for item in operand]
    if isinstance(operand, bool):
        return Decimal(int(operand))
    return Decimal(str(operand))


def quality(rule, prop, element, values, rows, schema, tables):
    kind = rule.get("type") or ("custom" if "engine" in rule else "library")
    severity = "warning" if str(rule.get("severity", "")).strip().lower() in MILD else "error"
    severity = severity if "severity" in rule else settings(rule).get("severity", severity)
    try:
        if kind == "library":
            return library(rule, prop, element, values, rows, severity)
        if kind == "sql":
            return query(rule, element, rows, schema, severity)
        if kind == "custom" and rule.get("engine") == "plimsoll":
            return own(rule, prop, element, rows, schema, tables, severity)
        raise NotChecked(kind)
    except NotChecked:
        return result(element, "not_checked", outcome="not_checked")


def library(rule, prop, element, values, rows, severity):
    metric = rule.get("metric") or rule.get("rule")
    arguments = rule.get("arguments", {})
    total = len(rows if rows is not None else values)
    bad = lambda test: sum(1 for there in values if any(test(value) for value in there))
    if metric in ("rowCount", "countCheck"):
        count = total
    elif metric in ("nullValues", "nullCheck"):
        count = bad(lambda value: value is None)
    elif metric == "missingValues":
        count = bad(lambda value: value is None or is_missing(prop, value, arguments.get("missingValues", [])))
    elif metric == "invalidValues":
        valid, pattern = arguments.get("validValues"), arguments.get("pattern")
        if valid is None and pattern is None:
            raise NotChecked("neither valid values nor a pattern")
        good = lambda value: (valid is not None and in_list(prop, value, valid)) or (pattern is not None and occurs(pattern, value))
        count = bad(lambda value: value is not None and not good(value))
    elif metric in ("duplicateValues", "duplicateCount", "uniqueCheck"):
        columns = arguments.get("properties")
        if columns:
            count = duplicates([[row[name] for name in columns] for row in rows])
        elif values is not None:
            count = duplicates([[value] for there in values for value in there])
        else:
            raise NotChecked("no columns")
    else:
        raise NotChecked(metric)
    unit = str(rule.get("unit") or "rows").strip()
    if unit in ("percent", "%", "percentage"):
        value = Decimal(0) if total == 0 else Decimal(count) * 100 / Decimal(total)
    elif unit in ("rows", "row", "records"):
        value = Decimal(count)
    else:
        raise NotChecked(unit)
    return compared(rule, element, "metric", value, severity, metric in ("nullCheck", "duplicateCount", "uniqueCheck"))


def compared(rule, element, kind, value, severity, zero_by_default=False):
    given = [name for name in OPERATORS if name in rule]
    if not given and zero_by_default:
        holds = value == 0
    elif len(given) != 1:
        raise NotChecked("a rule has one operator")
    else:
        operand = rule[given[0]]
        if given[0].endswith("Between") and len(operand) != 2:
            raise NotChecked("between needs two numbers")
        holds = value is not None and OPERATORS[given[0]](value, exact(operand))
    outcome = "passed" if holds else {"error": "failed", "warning": "warned"}[severity]
    return result(element, kind, outcome=outcome, value=None if value is None else float(value))


def is_missing(prop, value, missing):
    for item in missing:
        if item is None:
            continue
        try:
            if value == literal(prop, item):
                return True
        except (ValueError, ArithmeticError, KeyError, TypeError, AttributeError):
            # A text that the column's type cannot hold stands in no row.
            continue
    return False


# --- SQL, by another engine -------------------------------------------------------------------------------------------


def plain(value):
    return int(value) if isinstance(value, bool) else float(value) if isinstance(value, Decimal) else value


def truth(expression, row):
    """True, False, or None for NULL."""
    names = ", ".join(f'? AS "{name}"' for name in row)
    connection = sqlite3.connect(":memory:")
    value = connection.execute(f"SELECT {expression} FROM (SELECT {names})", [plain(value) for value in row.values()]).fetchone()[0]
    return None if value is None else bool(value)


def computed(expression, row):
    names = ", ".join(f'? AS "{name}"' for name in row)
    connection = sqlite3.connect(":memory:")
    return connection.execute(f"SELECT {expression} FROM (SELECT {names})", [plain(value) for value in row.values()]).fetchone()[0]


def aggregated(expression, rows):
    """An aggregate such as sum(x) over rows."""
    connection = sqlite3.connect(":memory:")
    if not rows:
        return None
    connection.execute("CREATE TABLE t (" + ", ".join(f'"{name}"' for name in rows[0]) + ")")
    marks = ", ".join("?" for _ in rows[0])
    connection.executemany(f"INSERT INTO t VALUES ({marks})", [[plain(value) for value in row.values()] for row in rows])
    return connection.execute(f"SELECT {expression} FROM t").fetchone()[0]


def placed(text, schema, element):
    return text.replace("{object}", f'"{schema["name"]}"').replace("{property}", f'"{element}"')


def query(rule, element, rows, schema, severity):
    text = placed(rule["query"], schema, element)
    if not re.match(r"(?i)\s*(select|with|values)", text):
        raise NotChecked("it must be a SELECT")
    connection = sqlite3.connect(":memory:")
    columns = ", ".join(f'"{prop["name"]}"' for prop in schema["properties"])
    connection.execute(f'CREATE TABLE "{schema["name"]}" ({columns})')
    marks = ", ".join("?" for _ in schema["properties"])
    connection.executemany(f'INSERT INTO "{schema["name"]}" VALUES ({marks})', [[plain(row[prop["name"]]) for prop in schema["properties"]] for row in rows])
    found = connection.execute(text).fetchone()
    value = None if found is None or found[0] is None else Decimal(str(found[0]))
    return compared(rule, element, "sql", value, severity)


# --- beyond the standard ----------------------------------------------------------------------------------------------


def own(rule, prop, element, rows, schema, tables, severity):
    implementation = rule["implementation"]
    if isinstance(implementation, str):
        implementation = {"then": implementation}
    implementation = {key: placed(value, schema, element) if isinstance(value, str) else value for key, value in implementation.items()}
    # Unit and comparison stand in the map.
    rule = {**rule, **{key: implementation[key] for key in implementation if key == "unit" or key.startswith("must")}}
    days = settings(rule)
    filters = [implementation.get("where")] if implementation.get("where") else []
    if "effectiveFrom" in days or "effectiveUntil" in days:
        filters.append(lambda row: effective(row[days["effectiveColumn"]], days, schema))
    judged = lambda row: all(one(row) is True if callable(one) else truth(one, row) is True for one in filters)
    if "then" in implementation or "predicate" in implementation:
        then, when = implementation.get("then") or implementation["predicate"], implementation.get("when")
        bad = [number + 1 for number, row in enumerate(rows) if judged(row) and (when is None or truth(when, row) is True) and truth(then, row) is False]
        return result(element, "row_sql", len(bad), bad, severity=severity)
    kept = [row for row in rows if judged(row)]
    if "metric" in implementation and implementation["metric"] not in ("duplicateValues",):
        inner = {**{key: value for key, value in rule.items() if key not in ("type", "engine", "implementation")}, "metric": implementation["metric"], "arguments": implementation.get("arguments", {})}
        return library(inner, prop, element, [[row[element]] for row in kept] if element else None, kept, severity)
    if rule.get("unit") == "percent" and not any(key in implementation for key in ("unique", "outliers", "sameRowCountAs")):
        if implementation.get("statistic") != "distinct":
            raise NotChecked("percent has no meaning here")
    value = measure(implementation, rule, element, kept, tables)
    if "statistic" not in implementation and not any(name in rule for name in OPERATORS):
        rule = {**rule, "mustBe": 0}
    return compared(rule, element, "measure", value, severity)


def effective(day, days, schema):
    if day is None:
        return False
    prop = next(prop for prop in schema["properties"] if prop["name"] == days["effectiveColumn"])
    start, end = days.get("effectiveFrom"), days.get("effectiveUntil")
    return (start is None or day >= literal(prop, start)) and (end is None or day < literal(prop, end))


def measure(what, rule, element, rows, tables):
    percent = str(rule.get("unit", "rows")) in ("percent", "%")
    names = lambda key: [element] if what[key] is True else what[key] if isinstance(what[key], list) else [what[key]]
    by = what.get("by", [])
    by = by if isinstance(by, list) else [by]
    groups = {}
    for row in rows:
        groups.setdefault(tuple(key_of(row[name]) for name in by), []).append(row)
    of = lambda row: row[element] if what.get("of") is None else computed(what["of"], row)
    if "statistic" in what:
        return statistic(what, [of(row) for row in rows], percent)
    if "outliers" in what:
        values = [float(of(row)) for row in rows if of(row) is not None]
        count = sum(1 for value in values if outside(value, values, what["outliers"], what["limit"]))
        return Decimal(count) * 100 / len(values) if percent and values else Decimal(count)
    if "unique" in what or what.get("metric") == "duplicateValues":
        columns = names("unique") if "unique" in what else what.get("arguments", {}).get("properties") or [element]
        count = duplicates([[row[name] for name in columns] for row in rows])
        return Decimal(count) * 100 / len(rows) if percent and rows else Decimal(count)
    if "sameRowCountAs" in what:
        there = len(tables[what["sameRowCountAs"]])
        if percent:
            return None if there == 0 else Decimal(len(rows) - there) * 100 / there
        return Decimal(len(rows) - there)
    if "balance" in what:
        return Decimal(imbalanced(what, rows, groups, by, tables))
    if "gaps" in what:
        step, count = what.get("step", 1), 0
        for group in groups.values():
            values = sorted({row[what["gaps"]] for row in group if row[what["gaps"]] is not None})
            count += sum((after - before - 1) // step for before, after in zip(values, values[1:]))
        return Decimal(count)
    if "sorted" in what:
        count = 0
        for group in groups.values():
            pairs = sorted((row[what["orderBy"]], row[what["sorted"]]) for row in group if row[what["orderBy"]] is not None and row[what["sorted"]] is not None)
            values = [value for _, value in pairs]
            count += sum(1 for before, after in zip(values, values[1:]) if after < before or (what.get("strict") and after == before))
        return Decimal(count)
    if "sameValuesAs" in what:
        ends = [end.split(".") for end in listed(what["sameValuesAs"])]
        columns = names("columns") if "columns" in what else [element]
        distinct = lambda rows, columns: {tuple(key_of(row[name]) for name in columns) for row in rows if all(row[name] is not None for name in columns)}
        return Decimal(len(distinct(rows, columns) ^ distinct(tables[ends[0][0]], [column for _, column in ends])))
    if "complete" in what:
        columns, at_least = names("complete"), what.get("atLeast", 1)
        at_least = Decimal(at_least.rstrip("%")) / 100 if isinstance(at_least, str) and at_least.endswith("%") else Decimal(str(at_least))
        share = lambda group: Decimal(sum(1 for row in group if all(row[name] is not None for name in columns))) / len(group)
        return Decimal(sum(1 for group in groups.values() if group and share(group) < at_least))
    for asked, least in (("kAnonymity", "k"), ("lDiversity", "l")):
        if asked in what:
            alike = {}
            for row in rows:
                alike.setdefault(tuple(None if row[name] is None else key_of(row[name]) for name in names(asked)), []).append(row)
            values = lambda group: {None if row[what["of"]] is None else key_of(row[what["of"]]) for row in group}
            size = len if asked == "kAnonymity" else lambda group: len(values(group))
            return Decimal(sum(len(group) for group in alike.values() if size(group) < what[least]))
    raise NotChecked("not known")


def statistic(what, values, percent):
    values = [value for value in values if value is not None]
    name = what["statistic"]
    if name == "distinct":
        count = len({key_of(value) for value in values})
        return (None if not values else Decimal(count) * 100 / len(values)) if percent else Decimal(count)
    if percent:
        raise NotChecked("a statistic is not counted in percent")
    if not values or (name in ("stddev", "variance") and len(values) < 2):
        return None
    plain_values = [float(value) for value in values]
    if name in ("median", "quantile"):
        at = what.get("at", 0.5)
        at = float(at.rstrip("%")) / 100 if isinstance(at, str) else at
        return Decimal(repr(quantile(plain_values, at)))
    found = {"mean": statistics.fmean, "sum": sum, "min": min, "max": max, "stddev": statistics.stdev, "variance": statistics.variance}[name](plain_values)
    return Decimal(repr(float(found)))


def quantile(values, at):
    values = sorted(values)
    place = at * (len(values) - 1)
    low = math.floor(place)
    high = min(low + 1, len(values) - 1)
    return values[low] + (values[high] - values[low]) * (place - low)


def outside(value, values, method, limit):
    if method == "zscore":
        if len(values) < 2:
            return False
        return abs(value - statistics.fmean(values)) > limit * statistics.stdev(values)
    low, high = quantile(values, 0.25), quantile(values, 0.75)
    return value < low - limit * (high - low) or value > high + limit * (high - low)


def imbalanced(what, rows, groups, by, tables):
    sides, tolerance = what["balance"], Decimal(str(what.get("tolerance", 0)))
    other = tables[sides["dataset"]] if "dataset" in sides else rows
    others = {}
    for row in other:
        if "dataset" not in sides or by:
            others.setdefault(tuple(key_of(row[name]) for name in by), []).append(row)
        else:
            others.setdefault((), []).append(row)
    count = 0
    for key in set(groups) | set(others):
        left = aggregated(sides["left"], groups.get(key, [])) or 0
        right = aggregated(sides["right"], others.get(key, [])) or 0
        count += abs(Decimal(str(left)) - Decimal(str(right))) > tolerance
    return count
