"""Writes cases/*.json: contracts, data, and what must come out.

What must come out is derived by `evaluate.py`, row by row. Where a case has marks (`x` for a row that violates, `.` for one
that holds), these were written by hand, and both must agree. Run it after a change: `python3 conformance/cases.py`.
"""

import json
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).parent))
import evaluate  # noqa: E402

HERE = pathlib.Path(__file__).parent
GROUPS = {}
PROBLEMS = []


def contract(*schema, version="v3.2.0"):
    return {"apiVersion": version, "kind": "DataContract", "id": "conformance", "version": "1.0.0", "status": "active", "schema": list(schema)}


def table(name, properties, **rest):
    return {"name": name, "logicalType": "object", "properties": properties, **rest}


def add(group, about, document, data, marks=None, expect=None):
    """`marks`: kind -> marks of the only dataset with such a kind. `expect`: (kind -> value or violations)."""
    cases = GROUPS.setdefault(group, [])
    case = {"id": f"{group}-{len(cases) + 1:03}", "about": about, "contract": document, "data": data}
    case["expect"] = evaluate.evaluate(case)
    for kind, wanted in (marks or {}).items():
        found = [check for checks in case["expect"].values() for check in checks if check["kind"] == kind]
        rows = [number + 1 for number, mark in enumerate(wanted) if mark == "x"]
        if not any(check.get("rows") == rows for check in found):
            PROBLEMS.append(f"{case['id']} {about}: by hand {rows}, evaluated {[check.get('rows') for check in found]}")
    for kind, wanted in (expect or {}).items():
        found = [check for checks in case["expect"].values() for check in checks if check["kind"] == kind]
        if not any(wanted in (check.get("value"), check.get("violations"), check["outcome"]) for check in found):
            PROBLEMS.append(f"{case['id']} {about}: by hand {wanted}, evaluated {found}")
    cases.append(case)


def column(group, about, prop, values, marks=None, version="v3.2.0", **more):
    """One column `c` with these values, beside the row's number `n`."""
    properties = [{"name": "n", "logicalType": "integer"}, {"name": "c", **prop}]
    rows = [{"n": number + 1, "c": value} for number, value in enumerate(values)]
    add(group, about, contract(table("t", properties, **more), version=version), {"t": {"rows": rows}}, marks)


def texts(group, about, prop, values, marks=None):
    """The same from a CSV file, for values that JSON cannot write."""
    properties = [{"name": "n", "logicalType": "integer"}, {"name": "c", **prop}]
    csv = "n,c\n" + "".join(f"{number + 1},{value}\n" for number, value in enumerate(values))
    add(group, about, contract(table("t", properties)), {"t": {"csv": csv}}, marks)


def string(**options):
    return {"logicalType": "string", "logicalTypeOptions": options} if options else {"logicalType": "string"}


def typed(logical, physical=None, **options):
    found = {"logicalType": logical}
    if physical:
        found["physicalType"] = physical
    if options:
        found["logicalTypeOptions"] = options
    return found


# --- required ---------------------------------------------------------------------------------------------------------

SAMPLES = {
    "string": (string(), ["a", "", None, " ", "null"], "..x.."),
    "integer": (typed("integer"), [0, None, -1], ".x."),
    "f64": (typed("number"), [0.0, None, 1.5], ".x."),
    "decimal": (typed("number", "decimal(10,2)"), [0, None, 12.25], ".x."),
    "boolean": (typed("boolean"), [False, None, True], ".x."),
    "date": (typed("date"), ["1970-01-01", None], ".x"),
    "time": (typed("time"), ["00:00:00", None], ".x"),
    "timestamp": (typed("timestamp"), ["1970-01-01T00:00:00", None], ".x"),
    "zoned timestamp": (typed("timestamp", timezone=True), ["1970-01-01T00:00:00Z", None], ".x"),
    "array": ({"logicalType": "array", "items": string()}, [[], None, ["a"], [None]], ".x.."),
    "object": ({"logicalType": "object", "properties": [{"name": "x", **string()}]}, [{"x": None}, None, {"x": "1"}], ".x."),
    "map": ({"logicalType": "map", "map": {"key": string(), "value": string()}}, [{}, None, {"a": None}], ".x."),
    "vector": (typed("vector", dimensions=2), [[1, 0], None], ".x"),
}
for word, (prop, values, marks) in SAMPLES.items():
    column("required", f"NULL of type {word}; nothing else is missing", {**prop, "required": True}, values, {"required": marks})
    column("required", f"not required: NULL of type {word} is allowed", prop, values)
column("required", "a missing field of a JSON row is NULL", {**string(), "required": True}, ["a"], {"required": "."})
add("required", "a field that the row does not have", contract(table("t", [{"name": "n", "logicalType": "integer"}, {"name": "c", **string(), "required": True}])), {"t": {"rows": [{"n": 1}, {"n": 2, "c": "x"}]}}, {"required": "x."})
texts("required", "an empty unquoted field of a CSV file is NULL, a quoted one is empty text", {**string(), "required": True}, ["", '""', "x"], {"required": "x.."})
column("required", "severity warning is counted and does not fail", {**string(), "required": True, "customProperties": [{"property": "severity", "vendor": "plimsoll", "value": "warning"}]}, ["a", None], {"required": ".x"})
column("required", "no rows", {**string(), "required": True}, [], {"required": ""})

# --- unique and primary key -------------------------------------------------------------------------------------------

for word, values, count in [
    ("string", ["a", "b", "a", "A", "a ", "a"], 2),
    ("string", ["", "", None, None], 1),
    ("string", ["e\u0301", "é"], 0),
    ("string", [], 0),
    ("string", [None, None, None], 0),
    ("string", ["x"], 0),
]:
    column("unique", f"text {values}: rows beyond the first of each group; NULL does not count", {**string(), "unique": True}, values)
    assert evaluate.duplicates([[v] for v in values]) == count, values
column("unique", "integers", {**typed("integer"), "unique": True}, [1, 2, 1, 1, 2, None])
column("unique", "floats: 1 and 1.0 are one value", {**typed("number"), "unique": True}, [1, 1.0, 1.5, 2e0])
column("unique", "decimals: 1.5 and 1.50 are one value", {**typed("number", "decimal(10,2)"), "unique": True}, [1.5, 1.50, 2])
column("unique", "booleans", {**typed("boolean"), "unique": True}, [True, False, True, None])
column("unique", "dates", {**typed("date"), "unique": True}, ["2024-01-01", "2024-01-02", "2024-01-01"])
column("unique", "instants: two texts of one instant are one value", {**typed("timestamp", timezone=True), "unique": True}, ["2024-01-01T12:00:00Z", "2024-01-01T13:00:00+01:00", "2024-01-01T12:00:01Z"])
column("unique", "wall-clock timestamps", {**typed("timestamp"), "unique": True}, ["2024-01-01T12:00:00", "2024-01-01T12:00:00.000", "2024-01-01T12:00:00.000001"])
column("unique", "times", {**typed("time"), "unique": True}, ["12:00", "12:00:00", "12:00:01"])
column("unique", "severity warning", {**string(), "unique": True, "customProperties": [{"property": "severity", "vendor": "plimsoll", "value": "warning"}]}, ["a", "a"])


def keyed(about, key, rows, expect=None, **more):
    properties = [{"name": name, "logicalType": word, **rest} for name, word, rest in key]
    rows = [{name: row.get(name) for name, _, _ in key} for row in rows]
    add("primary_key", about, contract(table("t", properties, **more)), {"t": {"rows": rows}}, None, expect)


ONE = [("id", "integer", {"primaryKey": True}), ("v", "string", {})]
TWO = [("a", "string", {"primaryKey": True, "primaryKeyPosition": 1}), ("b", "integer", {"primaryKey": True, "primaryKeyPosition": 2}), ("v", "string", {})]
keyed("one column", ONE, [{"id": 1}, {"id": 2}, {"id": 3}], {"primary_key": 0})
keyed("one column, two duplicates of one key", ONE, [{"id": 1}, {"id": 1}, {"id": 1}, {"id": 2}], {"primary_key": 2})
keyed("a key column is required, and NULL is in no group", ONE, [{"id": 1}, {"id": None}, {"id": None}], {"primary_key": 0, "required": 2})
keyed("two columns are unique together", TWO, [{"a": "x", "b": 1}, {"a": "x", "b": 2}, {"a": "y", "b": 1}], {"primary_key": 0})
keyed("two columns, one duplicate", TWO, [{"a": "x", "b": 1}, {"a": "x", "b": 2}, {"a": "x", "b": 1}], {"primary_key": 1})
keyed("two columns, NULL in one of them", TWO, [{"a": "x", "b": None}, {"a": "x", "b": None}, {"a": None, "b": 1}], {"primary_key": 0})
keyed("concatenated texts are not the key", TWO, [{"a": "x1", "b": 1}, {"a": "x", "b": 11}], {"primary_key": 0})
keyed("positions do not change what is counted", [("a", "string", {"primaryKey": True, "primaryKeyPosition": 2}), ("b", "integer", {"primaryKey": True, "primaryKeyPosition": 1})], [{"a": "x", "b": 1}, {"a": "x", "b": 1}], {"primary_key": 1})
keyed("unique beside primaryKey is one check", [("id", "integer", {"primaryKey": True, "unique": True})], [{"id": 1}, {"id": 1}], {"primary_key": 1})
keyed("no rows", ONE, [], {"primary_key": 0})

# --- enum -------------------------------------------------------------------------------------------------------------


def enum(*values):
    return [{"value": value} for value in values]


for about, prop, listed, values, marks in [
    ("text is compared exactly", string(), ["EWR", "JFK"], ["EWR", "ewr", "EWR ", "", "JFK", None], ".xxx.."),
    ("the empty text can be listed", string(), [""], ["", " ", None], ".x."),
    ("numbers in a list for text stand for their text", string(), [1, 2], ["1", "1.0", "01", "2"], ".xx."),
    ("booleans in a list for text", string(), [True], ["true", "True", "1"], ".xx"),
    ("integers", typed("integer"), [1, 2], [1, 2, 3, -1, None], "..xx."),
    ("integers written as text", typed("integer"), ["1", "2"], [1, 3], ".x"),
    ("1.0 is the integer 1", typed("integer"), [1.0], [1, 2], ".x"),
    ("floats", typed("number"), [0.1, 2], [0.1, 0.2, 2.0, 0.30000000000000004], ".x.x"),
    ("0 and -0 are one float", typed("number"), [0], [0.0, -0.0, 1.0], "..x"),
    ("decimals are compared by value", typed("number", "decimal(10,2)"), [1.5, "2.50"], [1.50, 2.5, 1.51], "..x"),
    ("booleans", typed("boolean"), [True], [True, False, None], ".x."),
    ("dates", typed("date"), ["2024-02-29"], ["2024-02-29", "2024-03-01", None], ".x."),
    ("times", typed("time"), ["07:15"], ["07:15:00", "07:15:01"], ".x"),
    ("timestamps", typed("timestamp"), ["2024-01-01T00:00:00"], ["2024-01-01T00:00:00", "2024-01-01 00:00:00", "2024-01-01", "2024-01-01T00:00:01"], "...x"),
    ("instants are compared as instants", typed("timestamp", timezone=True), ["2024-01-01T01:00:00+01:00"], ["2024-01-01T00:00:00Z", "2024-01-01T01:00:00Z"], ".x"),
    ("NULL in the list changes nothing", string(), ["a", None], ["a", "b", None], ".x."),
    ("a list with one value", typed("integer"), [7], [7, 8], ".x"),
    ("characters are not normalised", string(), ["é"], ["é", "e\u0301"], ".x"),
    ("labels and descriptions are no values", string(), ["a"], ["A label", "a"], "x."),
    ("no rows", string(), ["a"], [], ""),
]:
    column("enum", about, {**prop, "enum": enum(*listed)}, values, {"enum": marks})

# --- range ------------------------------------------------------------------------------------------------------------

BOUNDS = ("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum")


def ranges(word, prop, values, limits):
    """Every bound alone at every limit, and pairs of them."""
    def with_options(**options):
        return {**prop, "logicalTypeOptions": {**prop.get("logicalTypeOptions", {}), **options}}

    for limit in limits:
        for bound in BOUNDS:
            column("range", f"{word}: {bound} {limit}", with_options(**{bound: limit}), values)
    low, high = limits[0], limits[-1]
    column("range", f"{word}: both inclusive", with_options(minimum=low, maximum=high), values)
    column("range", f"{word}: both exclusive", with_options(exclusiveMinimum=low, exclusiveMaximum=high), values)
    column("range", f"{word}: inclusive and exclusive on one side are two checks", with_options(minimum=low, exclusiveMinimum=low), values)


ranges("integer", typed("integer"), [None, -(2**63), -1, 0, 1, 9, 10, 11, 2**63 - 1], [0, 5, 10])
ranges("i32", typed("integer", format="i32"), [None, -(2**31), 0, 7, 2**31 - 1], [-1, 7, 2**31 - 1])
ranges("u8", typed("integer", format="u8"), [None, 0, 1, 254, 255], [0, 1, 255])
ranges("f64", typed("number"), [None, -1.5, -0.0, 0.0, 0.1, 0.3, 0.30000000000000004, 1e300], [0, 0.1, 0.3])
ranges("f32", typed("number", format="f32"), [None, 0.1, 0.25, 0.5, 16777216.0], [0.1, 0.25, 0.5])
ranges("decimal", typed("number", "decimal(10,2)"), [None, -0.01, 0, 0.09, 0.10, 0.11, 99999999.99], [0, 0.1, 0.105])
ranges("date", typed("date"), [None, "1969-12-31", "1970-01-01", "2024-02-29", "2024-03-01", "9999-12-31"], ["1970-01-01", "2024-02-29"])
ranges("time", typed("time"), [None, "00:00:00", "07:14:59.999999", "07:15:00", "23:59:59.999999"], ["07:15", "23:59:59"])
ranges("timestamp", typed("timestamp"), [None, "2023-12-31T23:59:59.999999", "2024-01-01T00:00:00", "2024-01-01T00:00:00.000001"], ["2024-01-01", "2024-01-01T00:00:00.000001"])
ranges("instant", typed("timestamp", timezone=True), [None, "2023-12-31T23:00:00Z", "2024-01-01T00:00:00+01:00", "2024-01-01T00:00:00Z", "2024-01-01T00:00:00-08:00"], ["2024-01-01T00:00:00+01:00", "2024-01-01T00:00:00Z"])
ranges("instant with a zone", typed("timestamp", timezone=True, defaultTimezone="Europe/Berlin"), [None, "2024-07-01T00:00:00", "2024-06-30T22:00:00Z", "2024-07-01T00:00:00Z"], ["2024-07-01T00:00:00", "2024-06-30T22:00:00Z"])
for about, prop, options, values, marks in [
    ("a bound between two integers is exact", typed("integer"), {"minimum": 0.5}, [0, 1], "x."),
    ("a bound between two integers, exclusive", typed("integer"), {"exclusiveMinimum": 0.5, "exclusiveMaximum": 1.5}, [0, 1, 2], "x.x"),
    ("a bound beyond the type holds for all", typed("integer", format="i8"), {"maximum": 1000}, [127, -128], ".."),
    ("a bound beyond the type is violated by all, but not by NULL", typed("integer", format="i8"), {"minimum": 1000}, [127, -128, None], "xx."),
    ("a bound of a decimal between two of its values", typed("number", "decimal(5,2)"), {"minimum": 0.101, "maximum": 0.999}, [0.10, 0.11, 0.99, 1], "x..x"),
    ("decimals are no binary fractions", typed("number", "decimal(10,1)"), {"maximum": 0.3}, [0.1, 0.3, 0.4], "..x"),
    ("contradicting bounds are violated by every value", typed("integer"), {"minimum": 5, "maximum": 3}, [3, 4, 5, None], "xxx."),
    ("equal inclusive bounds", typed("integer"), {"minimum": 5, "maximum": 5}, [4, 5, 6], "x.x"),
    ("equal exclusive bounds", typed("integer"), {"exclusiveMinimum": 5, "exclusiveMaximum": 5}, [4, 5, 6], "xxx"),
    ("the ends of 64 bits", typed("integer"), {"exclusiveMinimum": -(2**63), "exclusiveMaximum": 2**63 - 1}, [-(2**63), -(2**63) + 1, 2**63 - 2, 2**63 - 1], "x..x"),
    ("u64 beyond i64", typed("integer", format="u64"), {"minimum": 2**63}, [0, 2**63 - 1, 2**63, 2**64 - 1], "xx.."),
    ("a leap day", typed("date"), {"maximum": "2024-02-29"}, ["2024-02-28", "2024-02-29", "2024-03-01"], "..x"),
    ("dates before the epoch", typed("date"), {"minimum": "1582-10-15"}, ["1582-10-14", "1582-10-15", "0001-01-01"], "x.x"),
    ("a date bound of an instant is midnight in its zone", typed("timestamp", timezone=True, defaultTimezone="America/New_York"), {"minimum": "2024-01-01"}, ["2024-01-01T04:59:59Z", "2024-01-01T05:00:00Z"], "x."),
    ("clocks set back: of two readings the earlier", typed("timestamp", timezone=True, defaultTimezone="Europe/Berlin"), {"minimum": "2024-10-27T00:30:00Z"}, ["2024-10-27T02:30:00", "2024-10-27T02:29:59"], ".x"),
]:
    column("range", about, {**prop, "logicalTypeOptions": {**prop.get("logicalTypeOptions", {}), **options}}, values, {"range": marks})
column("range", "v3.0: exclusiveMinimum true makes minimum exclusive", typed("integer", minimum=0, exclusiveMinimum=True), [0, 1], {"range": "x."}, version="v3.0.2")
column("range", "v3.0: exclusiveMaximum false leaves maximum inclusive", typed("integer", maximum=9, exclusiveMaximum=False), [9, 10], {"range": ".x"}, version="v3.0.2")

# --- length -----------------------------------------------------------------------------------------------------------

LENGTHS = ["", "a", "ab", "abc", "äöü", "🙂", "🙂🙂", "e\u0301", " ", "a\n", None]
for low in (None, 0, 1, 2, 3):
    for high in (None, 0, 1, 2, 3):
        options = {name: value for name, value in (("minLength", low), ("maxLength", high)) if value is not None}
        if options:
            column("length", f"code points, inclusive: {options}", string(**options), LENGTHS)
column("length", "by hand: at most two code points", string(maxLength=2), ["", "ab", "abc", "äöü", "🙂🙂", "e\u0301", None], {"length": "..xx..."})
column("length", "by hand: NULL has no length", string(minLength=1), ["", None, " "], {"length": "x.."})

# --- pattern ----------------------------------------------------------------------------------------------------------

for pattern, values, marks in [
    ("^[A-Z]{3}$", ["EWR", "EWRX", "ewr", "EWR\n", "", None], ".xxxx."),
    ("[A-Z]", ["aBc", "abc", "É"], ".xx"),
    ("b", ["abc", "ac"], ".x"),
    ("^b", ["abc", "bc"], "x."),
    ("b$", ["ab", "abc", "ab\n"], ".xx"),
    (r"^\d+$", ["12", "٣", "1a", "१"], ".xxx"),
    (r"^\D+$", ["ab", "a1", "٣"], ".x."),
    (r"^\w+$", ["ab_1", "é", "a-b", "A"], ".xx."),
    (r"^\W$", ["é", "a", "-", " "], ".x.."),
    (r"^\s$", [" ", "\t", "\u00a0", "\u2028", "\ufeff", "\u0085", "x"], ".....xx"),
    (r"^\S$", ["\u0085", " ", "x"], ".x."),
    ("^a.c$", ["abc", "a\nc", "a\rc", "a\u2028c", "a\u2029c", "a\u0085c", "a🙂c"], ".xxxx.."),
    (r"\bcat\b", ["a cat", "concat", "cat-like", "écat"], ".x.."),
    ("^[a&&b]+$", ["a&b", "a", "c"], "..x"),
    ("^[[a]+$", ["[a", "a", "]"], "..x"),
    (r"^[\w.-]+$", ["a.b-c", "a b", ""], ".xx"),
    (r"^a{2}\/\-\.$", ["aa/-.", "a/-."], ".x"),
    (r"^\u0041\x42\u{43}$", ["ABC", "ABc"], ".x"),
    (r"^(?:x|(?<rest>y))$", ["x", "y", "z"], "..x"),
    ("[]", ["", "a"], "xx"),
    ("^[^]$", ["\n", "a", "ab", ""], "..xx"),
    ("(?i)^ab$", ["AB", "ab", "abc"], "..x"),
    ("", ["", "anything", None], "..."),
    (r"^\cJ$", ["\n", "J"], ".x"),
    (r"^\u{1F600}$", ["😀", "🙂"], ".x"),
    ("^.$", ["😀", "e\u0301", "ab", "a"], ".xx."),
    ("^(a|b)+c?$", ["abab", "abc", "c", "abcc"], "..xx"),
    (r"^\$[0-9]+\.[0-9]{2}$", ["$12.50", "12.50", "$1.5"], ".xx"),
    ("^(?=.*[A-Z])(?=.*[0-9]).{4,}$", ["Abc1", "abc1", "Abcd", "A1"], ".xxx"),
    ("^(?!foo|bar)[a-z]+$", ["foot", "bar", "baz", "ba"], "xx.."),
    (r"^[^@\s]+@[^@\s]+\.[a-z]{2,}$", ["a@b.org", "a@b", "a b@c.org", "@b.org"], ".xxx"),
    ("^a*?b$", ["aab", "b", "aa"], "..x"),
    (r"^\.$", [".", "a"], ".x"),
    ("a|", ["", "b"], ".."),
    ("^a$|^b$", ["a", "b", "ab"], "..x"),
    (r"^[\d\s]+$", ["1 2", "1\u00a02", "x"], "..x"),
    (r"^[^\d]$", ["x", "1", "٣"], ".x."),
]:
    column("pattern", f"{pattern!r} must occur in the value, as ECMA-262 says", string(pattern=pattern), values, {"pattern": marks})

# --- format -----------------------------------------------------------------------------------------------------------

FORMS = {
    "email": (["joe@example.org", "o'neil+tag@sub.example.org", "a@localhost", '"a b"@example.org', "a@[127.0.0.1]", "A.B@X.org"], ["", "joe", "@example.org", "joe@", "a..b@example.org", ".a@example.org", "a b@example.org", "a@b@c.org", "jö@example.org", "a@-x.org", "a" * 65 + "@example.org"]),
    "uuid": (["2eb8aa08-aa98-11ea-b4aa-73b441d16380", "00000000-0000-0000-0000-000000000000", "2EB8AA08-AA98-11EA-B4AA-73B441D16380"], ["", "2eb8aa08aa9811eab4aa73b441d16380", "{2eb8aa08-aa98-11ea-b4aa-73b441d16380}", "2eb8aa08-aa98-11ea-b4aa-73b441d1638g", "2eb8aa08-aa98-11ea-b4aa-73b441d16380 "]),
    "uri": (["https://example.org/a?b=c#d", "mailto:a@b.org", "urn:isbn:1", "http://[::1]:80/", "ftp://u:p@h:21/x%20y", "a:", "https://example.org"], ["", "/relative", "example.org", "1http://x", "http://exa mple.org", "http://x/%zz", "http://[::1", "http://h:8o/", "http://x/<y>"]),
    "hostname": (["example.org", "localhost", "xn--4gbwdl.xn--wgbh1c", "1.a-b"], ["", "-a.org", "a-.org", "a..b", "a_b.org", "example.org.", "a" * 64 + ".org"]),
    "ipv4": (["127.0.0.1", "255.255.255.255", "0.0.0.0"], ["", "256.0.0.1", "1.2.3", "01.2.3.4", "1.2.3.4 ", "1.2.3.4.5"]),
    "ipv6": (["::1", "2001:db8::8a2e:370:7334", "::ffff:1.2.3.4", "::"], ["", "12345::", "1::2::3", "fe80::1%eth0", "1.2.3.4"]),
    "byte": (["", "QQ==", "QUI=", "QUJD", "+/+/"], ["Q", "QQ=", "Q===", "QU=J", "QQ--", "Q Q="]),
}
for form, (good, bad) in FORMS.items():
    column("format", f"{form}: texts that have the form, and NULL", string(format=form), good + [None], {"format": "." * (len(good) + 1)})
    for value in bad:
        column("format", f"{form}: {value[:40]!r} has not the form", string(format=form), [good[-1], value], {"format": ".x"})
column("format", "password is a hint for screens and no check", string(format="password"), ["x", ""])
column("format", "a word that the standard does not name is not checked", string(format="phone"), ["x"])

# --- multiple_of ------------------------------------------------------------------------------------------------------

for about, prop, divisor, values, marks in [
    ("integers", typed("integer"), 5, [0, 5, -10, 7, None], "...x."),
    ("a divisor with a fraction, integers", typed("integer"), 2.5, [5, 4, 0, -5], ".x.."),
    ("a divisor below one, integers", typed("integer"), 0.5, [1, 7], ".."),
    ("floats in decimal digits: 0.3 is a multiple of 0.1", typed("number"), 0.1, [0.3, 0.7, 1.1, 0.35, 0.30000000000000004], "...xx"),
    ("floats: money", typed("number"), 0.01, [19.99, 4.35, 1.005, 123456789012.34], "..x."),
    ("f32: the shortest decimal of single precision", typed("number", format="f32"), 0.1, [0.3, 0.25, 0.7], ".x."),
    ("decimals", typed("number", "decimal(10,3)"), 0.25, [1.250, 1.255, -0.5, 0], ".x.."),
    ("a divisor finer than the decimal", typed("number", "decimal(10,2)"), 0.001, [1.25, 0.01], ".."),
    ("a divisor greater than all values", typed("integer"), 1000000, [0, 999999, 1000000], ".x."),
    ("the least integer", typed("integer"), 2, [-(2**63), 2**63 - 1], ".x"),
    ("one is the divisor of all integers", typed("integer"), 1, [3, -3], ".."),
    ("whole floats", typed("number"), 1, [3.0, 3.5, -0.0], ".x."),
]:
    column("multiple_of", about, {**prop, "logicalTypeOptions": {**prop.get("logicalTypeOptions", {}), "multipleOf": divisor}}, values, {"multiple_of": marks})

# --- arrays, vectors, objects, maps -----------------------------------------------------------------------------------


def array(items, **options):
    return {"logicalType": "array", "items": items, **({"logicalTypeOptions": options} if options else {})}


LISTS = [[], ["a"], ["a", "b"], ["a", "a"], [None, None], ["a", None], None]
for low in (None, 1, 2):
    for high in (None, 0, 1, 2):
        options = {name: value for name, value in (("minItems", low), ("maxItems", high)) if value is not None}
        if options:
            column("items", f"inclusive, NULL items count: {options}", array(string(), **options), LISTS)
column("items", "no item twice; NULL items equal each other", array(string(), uniqueItems=True), LISTS, {"items": "...xx.."})
column("items", "numbers twice", array(typed("integer"), uniqueItems=True), [[1, 2], [1, 1], []], {"items": ".x."})
column("items", "objects twice", array({"logicalType": "object", "properties": [{"name": "x", **typed("integer")}]}, uniqueItems=True), [[{"x": 1}, {"x": 2}], [{"x": 1}, {"x": 1}]], {"items": ".x"})
column("items", "lists twice", array(array(typed("integer")), uniqueItems=True), [[[1], [2]], [[1], [1]], [[], []]], {"items": ".xx"})
column("items", "uniqueItems false says nothing", array(string(), uniqueItems=False), [["a", "a"]])
column("items", "case and space count", array(string(), uniqueItems=True), [["a", "A"], ["a", "a "]], {"items": ".."})
column("vector", "exactly as many items as dimensions", typed("vector", dimensions=3), [[1, 2, 3], [1, 2], [1, 2, 3, 4], [], None], {"items": ".xxx."})
column("vector", "NULL items count", typed("vector", dimensions=2), [[None, None], [1, None]], {"items": ".."})
column("vector", "normalized: length one within a thousandth", typed("vector", dimensions=2, normalized=True), [[0.6, 0.8], [1, 0], [0, 0], [0.6, 0.81], [0.6005, 0.8], None], {"normalized": "..xx.."})
column("vector", "normalized: a vector with NULL has no length", typed("vector", dimensions=2, normalized=True), [[1, None], [None, None]], {"normalized": "xx"})
column("vector", "normalized false says nothing", typed("vector", dimensions=2, normalized=False), [[5, 5]])
column("vector", "double precision", typed("vector", dimensions=2, elementType="float64", normalized=True), [[0.6, 0.8], [3, 4]], {"normalized": ".x"})


def record(*fields, **options):
    return {"logicalType": "object", "properties": [{"name": name, **prop} for name, prop in fields], **({"logicalTypeOptions": options} if options else {})}


OBJECTS = [{"x": "1", "y": "2"}, {"x": "1"}, {"x": None, "y": "2"}, {}, None]
for about, options, marks in [
    ("at least one field that is not NULL", {"minProperties": 1}, "...x."),
    ("at least two", {"minProperties": 2}, ".xxx."),
    ("at most one", {"maxProperties": 1}, "x...."),
    ("none", {"maxProperties": 0}, "xxx.."),
    ("a required field", {"required": ["x"]}, "..xx."),
    ("two required fields", {"required": ["x", "y"]}, ".xxx."),
    ("required and counted", {"required": ["y"], "maxProperties": 1}, "xx.x."),
]:
    column("fields", f"an object: {about}", record(("x", string()), ("y", string()), **options), OBJECTS, {"fields": marks})
    column("fields", f"an object held as JSON text: {about}", {"logicalType": "object", "logicalTypeOptions": options}, [None if value is None else json.dumps(value) for value in OBJECTS], {"fields": marks})

ADDRESS = record(("zip", {**string(pattern="^[0-9]{5}$"), "required": True}), ("city", string(maxLength=10)))
column("inside", "fields of an object; none where the object is NULL", ADDRESS, [{"zip": "10115", "city": "Berlin"}, {"zip": "1", "city": None}, {"city": "x"}, {}, None], {"required": "..xx.", "pattern": ".x..."})
column("inside", "a field of an object within an object", record(("a", record(("b", {**typed("integer", minimum=0), "required": True})))), [{"a": {"b": 1}}, {"a": {"b": -1}}, {"a": {}}, {"a": None}, {}, None], {"required": "..x...", "range": ".x...."})
column("inside", "items of an array: a row counts once", array({**string(minLength=2), "required": True}), [["ab", "cd"], ["a", "b"], ["ab", None], [], None, [None, "x"]], {"required": "..x..x", "length": ".x...x"})
column("inside", "items of an array of arrays", array(array(typed("integer", maximum=5))), [[[1], [5]], [[1, 6]], [[], [9]], [None, [1]], [], None], {"range": ".xx..."})
LINES = array(record(("sku", {**string(), "required": True, "enum": enum("a", "b")}), ("price", typed("number", exclusiveMinimum=0)), ("tags", array(string(maxLength=1), uniqueItems=True))))
column("inside", "objects in an array", LINES, [
    [{"sku": "a", "price": 1, "tags": ["x"]}, {"sku": "b"}],
    [{"sku": "c", "price": 0, "tags": ["x", "x"]}],
    [{"price": 1}],
    [None],
    [],
    None,
    [{"sku": "a", "tags": ["xx"]}],
], {"required": "..x....", "enum": ".x.....", "range": ".x.....", "items": ".x.....", "length": "......x"})
LABELS = {"logicalType": "map", "map": {"key": string(maxLength=2), "value": {**typed("integer", minimum=0), "required": True}}}
column("inside", "keys and values of a map", LABELS, [{"a": 1}, {"abc": 1}, {"a": -1, "b": 2}, {"a": None}, {}, None], {"length": ".x....", "range": "..x...", "required": "...x.."})
column("inside", "a map of lists", {"logicalType": "map", "map": {"key": string(), "value": array(typed("integer", maximum=1))}}, [{"a": [1]}, {"a": [1], "b": [2]}, {"a": None}], {"range": ".x."})
column("inside", "dates inside", array(typed("date", minimum="2024-01-01")), [["2024-01-01"], ["2023-12-31", "2024-05-01"]], {"range": ".x"})
column("inside", "formats inside", record(("mail", string(format="email"))), [{"mail": "a@b.org"}, {"mail": "x"}, {"mail": None}], {"format": ".x."})
column("inside", "multiples inside", array(typed("number", multipleOf=0.1)), [[0.3, 0.5], [0.35]], {"multiple_of": ".x"})
column("inside", "unique items over the whole dataset", array({**string(), "unique": True}), [["a", "b"], ["b"], ["c", "c"], [None, None], None])
column("inside", "a unique field over the whole dataset", record(("id", {**typed("integer"), "unique": True})), [{"id": 1}, {"id": 2}, {"id": 1}, {"id": None}, {}, None])
column("inside", "a field's own severity", record(("x", {**string(), "required": True, "customProperties": [{"property": "severity", "vendor": "plimsoll", "value": "warning"}]})), [{}, {"x": "1"}], {"required": "x."})
column("inside", "nullValues inside counts rows", array({**string(), "quality": [{"metric": "nullValues", "mustBe": 2}]}), [["a", None, None], [None], ["a"], [], None])
column("inside", "invalidValues inside counts rows", record(("s", {**string(), "quality": [{"metric": "invalidValues", "arguments": {"validValues": ["a"]}, "mustBe": 1}]})), [{"s": "a"}, {"s": "b"}, {"s": None}, None])
column("inside", "duplicateValues inside counts values", array({**string(), "quality": [{"metric": "duplicateValues", "mustBe": 2}]}), [["a", "a"], ["a", "b"], None])
column("inside", "percent inside is of rows", array({**string(), "quality": [{"metric": "nullValues", "unit": "percent", "mustBe": 50}]}), [["a", None], [None, None], ["a"], []])

# --- metrics ----------------------------------------------------------------------------------------------------------


def metric(about, rule, values, value=None, outcome=None, prop=None, place="property", version="v3.2.0"):
    properties = [{"name": "n", "logicalType": "integer"}, {"name": "c", **(prop or string())}]
    rows = [{"n": number + 1, "c": item} for number, item in enumerate(values)]
    if place == "property":
        properties[1]["quality"] = [rule]
        document = contract(table("t", properties), version=version)
    else:
        document = contract(table("t", properties, quality=[rule]), version=version)
    expect = {}
    if value is not None:
        expect["not_checked" if value == "not_checked" else "metric"] = value
    add("metric", about, document, {"t": {"rows": rows}}, None, expect)
    if outcome:
        found = GROUPS["metric"][-1]["expect"]["t"][-1]["outcome"]
        if found != outcome:
            PROBLEMS.append(f"{GROUPS['metric'][-1]['id']} {about}: by hand {outcome}, evaluated {found}")


for count in (0, 1, 4):
    for operator, operand in [("mustBe", 1), ("mustNotBe", 1), ("mustBeGreaterThan", 1), ("mustBeGreaterOrEqualTo", 1), ("mustBeLessThan", 1), ("mustBeLessOrEqualTo", 1), ("mustBeBetween", [1, 4]), ("mustNotBeBetween", [1, 4])]:
        metric(f"{count} rows: rowCount {operator} {operand}", {"metric": "rowCount", operator: operand}, ["x"] * count, count, place="object")
metric("between is inclusive at its lower end", {"metric": "rowCount", "mustBeBetween": [2, 5]}, ["x"] * 2, 2, "passed", place="object")
metric("between is inclusive at its upper end", {"metric": "rowCount", "mustBeBetween": [1, 2]}, ["x"] * 2, 2, "passed", place="object")
metric("not between: the ends are between", {"metric": "rowCount", "mustNotBeBetween": [2, 5]}, ["x"] * 2, 2, "failed", place="object")
VALUES = ["a", "b", None, "", "N/A", None, "a", "c", "a", " "]
metric("nullValues counts NULL and nothing else", {"metric": "nullValues", "mustBe": 2}, VALUES, 2, "passed")
metric("nullValues in percent of all rows", {"metric": "nullValues", "unit": "percent", "mustBeLessOrEqualTo": 20}, VALUES, 20, "passed")
metric("percent: exactly the limit is not less", {"metric": "nullValues", "unit": "percent", "mustBeLessThan": 20}, VALUES, 20, "failed")
metric("percent of a third", {"metric": "nullValues", "unit": "percent", "mustBeBetween": [33.3, 33.4]}, [None, "a", "b"], None, "passed")
metric("percent: one in a thousand is 0.1", {"metric": "nullValues", "unit": "percent", "mustBe": 0.1}, [None] + ["a"] * 999, 0.1, "passed")
metric("percent: seven in a hundred is 7", {"metric": "nullValues", "unit": "percent", "mustBe": 7}, [None] * 7 + ["a"] * 93, 7, "passed")
metric("percent of no rows is 0", {"metric": "nullValues", "unit": "percent", "mustBe": 0}, [], 0, "passed")
metric("missingValues counts NULL and the listed texts", {"metric": "missingValues", "arguments": {"missingValues": ["", "N/A"]}, "mustBe": 4}, VALUES, 4, "passed")
metric("missingValues: NULL counts also when the list has none", {"metric": "missingValues", "arguments": {"missingValues": ["N/A"]}, "mustBe": 3}, VALUES, 3, "passed")
metric("missingValues: NULL in the list changes nothing", {"metric": "missingValues", "arguments": {"missingValues": [None, "N/A"]}, "mustBe": 3}, VALUES, 3, "passed")
metric("missingValues without a list counts NULL", {"metric": "missingValues", "mustBe": 2}, VALUES, 2, "passed")
metric("missingValues of numbers: a text that no number is stands in no row", {"metric": "missingValues", "arguments": {"missingValues": ["N/A", -1]}, "mustBe": 2}, [1, -1, None, 0], 2, "passed", typed("integer"))
metric("missingValues is exact: case and space count", {"metric": "missingValues", "arguments": {"missingValues": ["n/a"]}, "mustBe": 2}, VALUES, 2, "passed")
metric("invalidValues: not NULL and not in the list", {"metric": "invalidValues", "arguments": {"validValues": ["a", "b", "c"]}, "mustBe": 3}, VALUES, 3, "passed")
metric("invalidValues: NULL is never invalid", {"metric": "invalidValues", "arguments": {"validValues": ["a"]}, "mustBe": 0}, [None, "a", None], 0, "passed")
metric("invalidValues by pattern", {"metric": "invalidValues", "arguments": {"pattern": "^[a-c]$"}, "mustBe": 3}, VALUES, 3, "passed")
metric("invalidValues with both: valid is what satisfies one of them", {"metric": "invalidValues", "arguments": {"validValues": ["N/A", ""], "pattern": "^[a-c]$"}, "mustBe": 1}, VALUES, 1, "passed")
metric("invalidValues in percent of all rows, NULL included", {"metric": "invalidValues", "arguments": {"validValues": ["a", "b", "c"]}, "unit": "percent", "mustBe": 30}, VALUES, 30, "passed")
metric("invalidValues of numbers", {"metric": "invalidValues", "arguments": {"validValues": [1, 2]}, "mustBe": 1}, [1, 2, 3, None], 1, "passed", typed("integer"))
metric("invalidValues of dates", {"metric": "invalidValues", "arguments": {"validValues": ["2024-01-01"]}, "mustBe": 1}, ["2024-01-01", "2024-01-02"], 1, "passed", typed("date"))
metric("invalidValues without arguments is not checked", {"metric": "invalidValues", "mustBe": 0}, VALUES, "not_checked")
metric("duplicateValues counts rows beyond the first of each group", {"metric": "duplicateValues", "mustBe": 2}, VALUES, 2, "passed")
metric("duplicateValues: two groups", {"metric": "duplicateValues", "mustBe": 3}, ["a", "a", "b", "b", "b"], 3, "passed")
metric("duplicateValues: NULL does not count", {"metric": "duplicateValues", "mustBe": 0}, [None, None, None], 0, "passed")
metric("duplicateValues in percent of all rows", {"metric": "duplicateValues", "unit": "percent", "mustBe": 20}, VALUES, 20, "passed")
metric("duplicateValues of a dataset needs columns", {"metric": "duplicateValues", "mustBe": 0}, VALUES, "not_checked", place="object")
metric("duplicateValues over several columns", {"metric": "duplicateValues", "arguments": {"properties": ["n", "c"]}, "mustBe": 0}, ["a", "a", "a"], 0, "passed", place="object")
metric("a unit that is neither rows nor percent", {"metric": "nullValues", "unit": "permille", "mustBe": 0}, VALUES, "not_checked")
metric("the unit % is percent", {"metric": "nullValues", "unit": "%", "mustBe": 20}, VALUES, 20, "passed")
metric("v3.0's nullCheck without an operator must be 0", {"type": "library", "rule": "nullCheck"}, VALUES, 2, "failed", version="v3.0.2")
metric("v3.0's duplicateCount", {"type": "library", "rule": "duplicateCount", "mustBe": 2}, VALUES, 2, "passed", version="v3.0.2")
metric("v3.0's countCheck", {"type": "library", "rule": "countCheck", "mustBeGreaterThan": 0}, VALUES, 10, "passed", place="object", version="v3.0.2")
metric("a text that is a number is read as one", {"metric": "rowCount", "mustBe": "10"}, VALUES, 10, "passed", place="object")
metric("true is 1", {"metric": "nullValues", "mustBe": True}, ["a", None], 1, "passed")
metric("severity warning warns", {"metric": "nullValues", "mustBe": 0, "severity": "warning"}, VALUES, 2, "warned")
metric("severity low is a warning", {"metric": "nullValues", "mustBe": 0, "severity": "low"}, VALUES, 2, "warned")
metric("severity high is an error", {"metric": "nullValues", "mustBe": 0, "severity": "high"}, VALUES, 2, "failed")
metric("a rule of type text is for people", {"type": "text", "description": "looks right"}, VALUES, "not_checked", place="object")
for metric_name in ("nullValues", "missingValues", "duplicateValues"):
    for prop, values in [(typed("integer"), [1, None, 1, 2]), (typed("number"), [0.5, None, 0.5, 1.5]), (typed("date"), ["2024-01-01", None, "2024-01-01", "2024-01-02"]), (typed("boolean"), [True, None, True, False]), (typed("number", "decimal(9,2)"), [1.5, None, 1.50, 2]), (typed("timestamp", timezone=True), ["2024-01-01T00:00:00Z", None, "2024-01-01T01:00:00+01:00", "2024-01-02T00:00:00Z"])]:
        metric(f"{metric_name} of {prop['logicalType']}", {"metric": metric_name, "mustBe": 1}, values, 1, "passed", prop)

# --- relationships ----------------------------------------------------------------------------------------------------


def related(about, child_props, child_rows, parent_props, parent_rows, marks, **more):
    document = contract(table("parent", parent_props), table("child", child_props, **more))
    add("reference", about, document, {"parent": {"rows": parent_rows}, "child": {"rows": child_rows}}, {"reference": marks})


ID = [{"name": "id", "logicalType": "integer"}, {"name": "code", "logicalType": "string"}]
PARENTS = [{"id": 1, "code": "a"}, {"id": 2, "code": "b"}, {"id": None, "code": None}]


def refers(prop, to):
    return [{"name": "n", "logicalType": "integer"}, {"name": "c", **prop, "relationships": [{"to": to}]}]


def children(*values):
    return [{"n": number + 1, "c": value} for number, value in enumerate(values)]


related("one column; NULL holds", refers(typed("integer"), "parent.id"), children(1, 2, 3, None, -1), ID, PARENTS, "..x.x")
related("text", refers(string(), "parent.code"), children("a", "A", "", None), ID, PARENTS, ".xx.")
related("NULL in the other table is no key", refers(typed("integer"), "parent.id"), children(None, 1), ID, PARENTS, "..")
related("the other table is empty", refers(typed("integer"), "parent.id"), children(1, None), ID, [], "x.")
related("types of other widths", refers(typed("integer", format="i32"), "parent.id"), children(1, 7), ID, PARENTS, ".x")
related("no rows", refers(typed("integer"), "parent.id"), [], ID, PARENTS, "")
PAIR = [{"name": "a", "logicalType": "string"}, {"name": "b", "logicalType": "integer"}]
PAIRS = [{"a": "x", "b": 1}, {"a": "x", "b": 2}, {"a": "y", "b": 1}]
related("two columns together", PAIR, [{"a": "x", "b": 2}, {"a": "y", "b": 2}, {"a": None, "b": 9}, {"a": "z", "b": None}, {"a": "x", "b": 1}], PAIR, PAIRS, ".x...", relationships=[{"from": ["child.a", "child.b"], "to": ["parent.a", "parent.b"]}])
related("two columns with other names", [{"name": "p", "logicalType": "string"}, {"name": "q", "logicalType": "integer"}], [{"p": "y", "q": 1}, {"p": "x", "q": 3}], PAIR, PAIRS, ".x", relationships=[{"from": ["child.p", "child.q"], "to": ["parent.a", "parent.b"]}])
related("at the object, one column", PAIR, [{"a": "x", "b": 7}, {"a": "q", "b": 1}], PAIR, PAIRS, ".x", relationships=[{"from": "child.a", "to": "parent.a"}])
CODE = {**string(), "relationships": [{"to": "parent.code"}]}
related("each item of an array must exist", [{"name": "n", "logicalType": "integer"}, {"name": "c", "logicalType": "array", "items": CODE}], children(["a", "b"], ["a", "c"], [], None, [None], ["c", "d"]), ID, PARENTS, ".x...x")
related("a field of an object must exist", [{"name": "n", "logicalType": "integer"}, {"name": "c", "logicalType": "object", "properties": [{"name": "code", **CODE}]}], children({"code": "a"}, {"code": "x"}, {"code": None}, None), ID, PARENTS, ".x..")
related("dates", [{"name": "n", "logicalType": "integer"}, {"name": "c", **typed("date"), "relationships": [{"to": "parent.day"}]}], children("2024-01-01", "2024-01-02", None), [{"name": "day", "logicalType": "date"}], [{"day": "2024-01-01"}], ".x.")
related("instants are compared as instants", [{"name": "n", "logicalType": "integer"}, {"name": "c", **typed("timestamp", timezone=True), "relationships": [{"to": "parent.at"}]}], children("2024-01-01T01:00:00+01:00", "2024-01-01T01:00:00Z"), [{"name": "at", **typed("timestamp", timezone=True)}], [{"at": "2024-01-01T00:00:00Z"}], ".x")
related("decimals by value", [{"name": "n", "logicalType": "integer"}, {"name": "c", **typed("number", "decimal(10,2)"), "relationships": [{"to": "parent.x"}]}], children(1.5, 1.51), [{"name": "x", **typed("number", "decimal(10,2)")}], [{"x": 1.50}], ".x")
related("a dataset may refer to itself", [{"name": "n", "logicalType": "integer"}, {"name": "c", "logicalType": "integer", "relationships": [{"to": "child.n"}]}], children(1, 2, 9, None), ID, [], "..x.")

# --- SQL and predicates -----------------------------------------------------------------------------------------------

PEOPLE = [
    {"id": 1, "kind": "a", "low": 1, "high": 5, "day": "2023-06-01"},
    {"id": 2, "kind": "b", "low": 7, "high": 3, "day": "2024-01-01"},
    {"id": 3, "kind": None, "low": None, "high": 3, "day": "2024-06-01"},
    {"id": 4, "kind": "a", "low": 2, "high": None, "day": None},
    {"id": 5, "kind": "a", "low": 9, "high": 3, "day": "2024-12-31"},
    {"id": 6, "kind": "", "low": 3, "high": 3, "day": "2025-01-01"},
]
COLUMNS = [
    {"name": "id", "logicalType": "integer"},
    {"name": "kind", "logicalType": "string"},
    {"name": "low", "logicalType": "integer"},
    {"name": "high", "logicalType": "integer"},
    {"name": "day", "logicalType": "date"},
]


def people(group, about, rule, wanted=None, on=None, rows=None, others=None):
    """A rule at the object, or at the property `on`, over the six rows."""
    columns = [{**column, "quality": [rule]} if column["name"] == on else column for column in COLUMNS]
    schema = [table("t", columns, **({} if on else {"quality": [rule]}))]
    data = {"t": {"rows": PEOPLE if rows is None else rows}}
    for name, (properties, there) in (others or {}).items():
        schema.append(table(name, properties))
        data[name] = {"rows": there}
    marks = {"row_sql": wanted} if isinstance(wanted, str) and set(wanted) <= {"x", "."} else None
    expect = {"measure": wanted} if wanted is not None and marks is None and group == "measure" else {"sql": wanted} if wanted is not None and group == "sql" else None
    add(group, about, contract(*schema), data, marks, expect)


def mine(implementation, **more):
    """A rule with our engine; unit and comparison stand in its map, because the standard gives them to its own kinds only."""
    inside = {key: more.pop(key) for key in list(more) if key == "unit" or key.startswith("must")}
    implementation = {**implementation, **inside} if isinstance(implementation, dict) else implementation
    return {"type": "custom", "engine": "plimsoll", "implementation": implementation, **more}


def dated(start=None, end=None):
    values = {"effectiveColumn": "day", "effectiveFrom": start, "effectiveUntil": end}
    return {"customProperties": [{"property": key, "vendor": "plimsoll", "value": value} for key, value in values.items() if value]}


people("predicate", "a row violates it where it is false; NULL holds", mine("low <= high"), ".x..x.")
people("predicate", "when, then: only rows for which the condition is true are judged", mine({"when": "kind = 'a'", "then": "low < 5"}), "....x.")
people("predicate", "when: a condition that is NULL judges nothing", mine({"when": "kind <> 'zz'", "then": "id < 3"}), "...xxx")
people("predicate", "then NULL holds", mine({"when": "id > 2", "then": "low > 2"}), "...x..")
people("predicate", "IS NULL is never NULL", mine({"when": "id = 3", "then": "low IS NOT NULL"}), "..x...")
people("predicate", "at a property, {property} stands for it", mine("{property} > 2"), "x..x..", on="low")
people("predicate", "a predicate that is always true", mine("1 = 1"), "......")
people("predicate", "a predicate that is always false", mine("1 = 2"), "xxxxxx")
people("predicate", "severity warning", mine("low <= high", severity="warning"), ".x..x.")
people("predicate", "effective from a day, inclusive", mine("id > 10", **dated("2024-01-01")), ".xx.xx")
people("predicate", "effective until a day, exclusive", mine("id > 10", **dated(None, "2025-01-01")), "xxx.x.")
people("predicate", "effective between two days; a row without a day belongs to none", mine("id > 10", **dated("2024-01-01", "2025-01-01")), ".xx.x.")
people("predicate", "an old rule and a new one", mine({"when": "kind = 'a'", "then": "low < 1"}, **dated(None, "2024-01-01")), "x.....")
people("predicate", "arithmetic", mine("low * 2 - high < 10"), ".x..x.")
people("predicate", "text", mine("kind <> ''"), ".....x")
people("predicate", "no rows", mine("low <= high"), "", rows=[])

people("sql", "one number is compared", {"type": "sql", "query": "SELECT COUNT(*) FROM {object} WHERE low > high", "mustBe": 2}, 2)
people("sql", "{property} stands for the column", {"type": "sql", "query": "SELECT COUNT(*) FROM {object} WHERE {property} IS NULL", "mustBe": 1}, 1, on="kind")
people("sql", "a sum", {"type": "sql", "query": "SELECT SUM(high) FROM {object}", "mustBeGreaterThan": 17}, 17)
people("sql", "NULL satisfies no operator", {"type": "sql", "query": "SELECT MAX(low) FROM {object} WHERE low > 100", "mustNotBe": 3}, "failed")
people("sql", "no row satisfies no operator", {"type": "sql", "query": "SELECT low FROM {object} WHERE low > 100", "mustBeLessThan": 3}, "failed")
people("sql", "a common table expression", {"type": "sql", "query": "WITH a AS (SELECT kind FROM {object} GROUP BY kind) SELECT COUNT(*) FROM a", "mustBe": 4}, 4)
people("sql", "a fraction", {"type": "sql", "query": "SELECT AVG(high * 1.0) FROM {object}", "mustBeBetween": [3.3, 3.5]}, 3.4)
people("sql", "severity warning", {"type": "sql", "query": "SELECT COUNT(*) FROM {object}", "mustBe": 0, "severity": "warning"}, 6)

# --- measures beyond the standard -------------------------------------------------------------------------------------

for name, value in [("mean", 4.4), ("sum", 22), ("min", 1), ("max", 9), ("median", 3), ("distinct", 5)]:
    people("measure", f"statistic {name}: NULL takes no part", mine({"statistic": name}, mustBeBetween=[value, value + 1]), value, on="low")
people("measure", "stddev of a sample", mine({"statistic": "stddev"}, mustBeBetween=[3.4, 3.5]), None, on="low")
people("measure", "variance of a sample", mine({"statistic": "variance"}, mustBeBetween=[11.7, 11.9]), None, on="low")
people("measure", "a quantile lies between the two nearest values", mine({"statistic": "quantile", "at": 0.9}, mustBe=8.2), 8.2, on="low")
people("measure", "a quantile by percent", mine({"statistic": "quantile", "at": "25%"}, mustBe=2), 2.0, on="low")
people("measure", "the quantile at 0 is the least value", mine({"statistic": "quantile", "at": 0}, mustBe=1), 1.0, on="low")
people("measure", "the quantile at 1 is the greatest value", mine({"statistic": "quantile", "at": 1}, mustBe=9), 9.0, on="low")
people("measure", "of an expression", mine({"statistic": "max", "of": "high - low"}, mustBe=4), 4)
people("measure", "over some of the rows", mine({"statistic": "mean", "where": "kind = 'a'"}, mustBe=4), 4.0, on="low")
people("measure", "distinct in percent of the values that are not NULL", mine({"statistic": "distinct"}, unit="percent", mustBe=60), 60.0, on="kind")
people("measure", "a statistic of no values satisfies no operator", mine({"statistic": "mean", "where": "id > 100"}, mustNotBe=1), "failed", on="low")
people("measure", "stddev of one value is none", mine({"statistic": "stddev", "where": "id = 1"}, mustBe=0), "failed", on="low")
people("measure", "a statistic without an operator is not checked", mine({"statistic": "mean"}), None, on="low")
NUMBERS = [{"id": number, "kind": "a", "low": value, "high": 0, "day": None} for number, value in enumerate([10, 11, 12, 11, 10, 12, 11, 10, 12, 99, None])]
people("measure", "outliers by quartiles", mine({"outliers": "iqr", "limit": 1.5}, mustBe=1), 1, on="low", rows=NUMBERS)
people("measure", "outliers by standard deviations", mine({"outliers": "zscore", "limit": 2}, mustBe=1), 1, on="low", rows=NUMBERS)
people("measure", "no outliers beyond three standard deviations", mine({"outliers": "zscore", "limit": 3}), 0, on="low", rows=NUMBERS)
people("measure", "outliers in percent of the values that are not NULL", mine({"outliers": "iqr", "limit": 1.5}, unit="percent", mustBeLessOrEqualTo=10), 10.0, on="low", rows=NUMBERS)
people("measure", "equal values have no outliers", mine({"outliers": "zscore", "limit": 1}), 0, on="high", rows=NUMBERS)
people("measure", "no values have no outliers", mine({"outliers": "iqr", "limit": 1}), 0, on="low", rows=[])
people("measure", "unique among some of the rows", mine({"unique": ["kind"], "where": "kind = 'a'"}), 2)
people("measure", "unique among some of the rows: none", mine({"unique": ["low"], "where": "low > 2"}), 0)
people("measure", "duplicates among some of the rows, in percent of them", mine({"unique": ["kind"], "where": "id <> 6"}, unit="percent", mustBe=40), 40.0)
OTHER = [{"name": "id", "logicalType": "integer"}, {"name": "kind", "logicalType": "string"}, {"name": "amount", "logicalType": "integer"}]
OTHERS = [{"id": 1, "kind": "a", "amount": 12}, {"id": 2, "kind": "b", "amount": 7}, {"id": 3, "kind": "c", "amount": 5}]
people("measure", "rows against another dataset", mine({"sameRowCountAs": "other"}, mustBe=3), 3, others={"other": (OTHER, OTHERS)})
people("measure", "rows against another dataset must be as many, where nothing is said", mine({"sameRowCountAs": "other"}), 3, others={"other": (OTHER, OTHERS)})
people("measure", "rows against another dataset, in percent of those there", mine({"sameRowCountAs": "other"}, unit="percent", mustBeBetween=[-10, 100]), 100.0, others={"other": (OTHER, OTHERS)})
people("measure", "some of the rows against another dataset", mine({"sameRowCountAs": "other", "where": "kind = 'a'"}), 0, others={"other": (OTHER, OTHERS)})
people("measure", "percent of nothing satisfies no operator", mine({"sameRowCountAs": "other"}, unit="percent", mustNotBe=0), "failed", others={"other": (OTHER, [])})
people("measure", "two sums of one dataset", mine({"balance": {"left": "sum(low)", "right": "sum(high)"}}), 1)
people("measure", "two sums within a tolerance", mine({"balance": {"left": "sum(low)", "right": "sum(high)"}, "tolerance": 5}), 0)
people("measure", "two sums in each group", mine({"balance": {"left": "sum(low)", "right": "sum(high)"}, "by": ["kind"]}), 3)
people("measure", "sums against another dataset, by group: what is missing there is 0", mine({"balance": {"left": "sum(low)", "right": "sum(amount)", "dataset": "other"}, "by": ["kind"]}), 2, others={"other": (OTHER, OTHERS)})
people("measure", "sums against another dataset, as a whole", mine({"balance": {"left": "sum(low)", "right": "sum(amount)", "dataset": "other"}, "tolerance": 2}), 0, others={"other": (OTHER, OTHERS)})
people("measure", "values missing in a sequence", mine({"gaps": "low"}, mustBe=4), 4)
people("measure", "a gapless sequence", mine({"gaps": "id"}), 0)
people("measure", "gaps with a step", mine({"gaps": "low", "step": 2}, mustBe=1), 1)
people("measure", "gaps in each group", mine({"gaps": "low", "by": ["kind"]}, mustBe=6), 6)
people("measure", "gaps between days", mine({"gaps": "day", "where": "id > 3"}), 0)
people("measure", "sorted: rows below the one before", mine({"sorted": "low", "orderBy": "id"}, mustBe=2), 2)
people("measure", "sorted strictly", mine({"sorted": "high", "orderBy": "id", "strict": True}, mustBe=4), 4)
people("measure", "sorted in each group", mine({"sorted": "low", "orderBy": "id", "by": ["kind"]}), 0)
people("measure", "sorted by a day", mine({"sorted": "id", "orderBy": "day"}), 0)
people("measure", "the same values as another dataset", mine({"sameValuesAs": "other.kind"}, mustBe=2), 2, on="kind", others={"other": (OTHER, OTHERS)})
people("measure", "the same values in several columns", mine({"sameValuesAs": ["other.id", "other.kind"], "columns": ["id", "kind"]}, mustBe=4), 4, others={"other": (OTHER, OTHERS)})
people("measure", "the same values, in another order and more often", mine({"sameValuesAs": "other.kind", "where": "kind IN ('a', 'b')"}, mustBe=1), 1, on="kind", others={"other": (OTHER, OTHERS)})
people("measure", "each group is complete enough", mine({"complete": "low", "by": ["kind"], "atLeast": "50%"}), 1)
people("measure", "each group is complete", mine({"complete": ["low", "high"], "by": ["kind"]}), 2)
people("measure", "the whole dataset is complete enough", mine({"complete": "high", "atLeast": 0.8}), 0)
people("measure", "exactly the share is enough", mine({"complete": "low", "where": "id IN (1, 3)", "atLeast": "50%"}), 0)
people("measure", "a metric over some of the rows", mine({"metric": "nullValues", "where": "id > 2"}, mustBe=1), None, on="low")
people("measure", "a metric over some of the rows, in percent of them", mine({"metric": "nullValues", "where": "id > 2"}, unit="percent", mustBe=25), None, on="low")
people("measure", "rowCount of some of the rows", mine({"metric": "rowCount", "where": "kind = 'a'"}, mustBe=3), None)
people("measure", "invalidValues of some of the rows", mine({"metric": "invalidValues", "arguments": {"validValues": ["a"]}, "where": "low > 2"}, mustBe=2), None, on="kind")
people("measure", "a measure with effective dates", mine({"statistic": "sum"}, mustBe=16, **dated("2024-01-01", "2025-01-01")), 16, on="low")
people("measure", "percent where it has no meaning is not checked", mine({"gaps": "low"}, unit="percent"), None)
people("measure", "k-anonymity: rows in groups that are too small; NULL agrees with NULL", mine({"kAnonymity": ["kind"], "k": 2}, mustBe=3), 3)
people("measure", "k-anonymity over two quasi-identifiers, NULL in either", mine({"kAnonymity": ["kind", "high"], "k": 2}, mustBe=6), 6)
people("measure", "k-anonymity: two NULL are a group of two", mine({"kAnonymity": ["low"], "k": 2}), 0, rows=[{**row, "low": None} for row in PEOPLE[:2]])
people("measure", "k-anonymity: fewer rows than k", mine({"kAnonymity": ["high"], "k": 10}, mustBe=6), 6)
people("measure", "k-anonymity of no rows", mine({"kAnonymity": ["kind"], "k": 5}), 0, rows=[])
people("measure", "k-anonymity: a group of exactly k", mine({"kAnonymity": ["kind"], "k": 3, "where": "kind = 'a'"}), 0)
people("measure", "l-diversity: groups with too few values", mine({"lDiversity": ["kind"], "of": "high", "l": 2}, mustBe=3), 3)
people("measure", "l-diversity: NULL is one value", mine({"lDiversity": ["kind"], "of": "high", "l": 3, "where": "kind = 'a'"}), 0)
people("measure", "l-diversity of no rows", mine({"lDiversity": ["kind"], "of": "high", "l": 2}), 0, rows=[])

# --- limits: how many violations warn, and how many fail --------------------------------------------------------------


def limits(warn=None, fail=None):
    values = {"warnAbove": warn, "failAbove": fail}
    return {"customProperties": [{"property": key, "vendor": "plimsoll", "value": value} for key, value in values.items() if value is not None]}


for about, values, warn, fail in [
    ("one violation is borne", ["a", None], 1, 2),
    ("two violations warn", [None, None], 1, 2),
    ("three violations fail", [None, None, None], 1, 2),
    ("only failAbove: less than it warns", [None], None, 1),
    ("only failAbove: more than it fails", [None, None], None, 1),
    ("only warnAbove: never fails", [None, None, None], 1, None),
    ("a share: exactly ten percent is not more", [None] + ["a"] * 9, None, "10%"),
    ("a share: two of ten are more than ten percent", [None, None] + ["a"] * 8, None, "10%"),
    ("a share to warn above", [None] + ["a"] * 9, "5%", "20%"),
    ("no violation passes", ["a"], 0, 0),
    ("seven percent of a hundred", [None] * 7 + ["a"] * 93, None, "7%"),
]:
    column("limits", about, {**string(), "required": True, **limits(warn, fail)}, values)

# --- time: formats and zones ------------------------------------------------------------------------------------------

column("time", "a JDK format says how values are read, and bounds may be ISO", typed("date", format="dd.MM.yyyy", minimum="2024-02-01"), ["31.01.2024", "01.02.2024", "29.02.2024", None], {"range": "x..."})
column("time", "a JDK format of a timestamp", typed("timestamp", format="yyyy/MM/dd HH:mm", maximum="2024-01-01T12:00:00"), ["2024/01/01 12:00", "2024/01/01 12:01"], {"range": ".x"})
column("time", "a JDK format of a time", typed("time", format="HHmm", minimum="06:00"), ["0559", "0600"], {"range": "x."})
column("time", "a date before v3.1 may be a timestamp by its format", typed("date", format="dd.MM.yyyy"), ["01.02.2024"])
column("time", "instants of other offsets", typed("timestamp", timezone=True, minimum="2024-06-01T00:00:00Z"), ["2024-06-01T01:59:59+02:00", "2024-06-01T02:00:00+02:00", "2024-05-31T20:00:00-04:00"], {"range": "x.."})
column("time", "wall-clock time in the contract's zone", typed("timestamp", timezone=True, defaultTimezone="Asia/Tokyo", minimum="2024-01-01T00:00:00Z"), ["2024-01-01T08:59:59", "2024-01-01T09:00:00", "2024-01-01T00:00:00Z"], {"range": "x.."})
column("time", "a bound in the contract's zone", typed("timestamp", timezone=True, defaultTimezone="Asia/Tokyo", minimum="2024-01-01T00:00:00"), ["2023-12-31T14:59:59Z", "2023-12-31T15:00:00Z"], {"range": "x."})
column("time", "microseconds are compared", typed("time", maximum="12:00:00.000001"), ["12:00:00.000001", "12:00:00.000002"], {"range": ".x"})
column("time", "Z at wall-clock bounds is read as if it were not there", typed("timestamp", minimum="2024-01-01T00:00:00Z"), ["2023-12-31T23:59:59", "2024-01-01T00:00:00"], {"range": "x."})


# --- several rules at once --------------------------------------------------------------------------------------------

column("together", "one row can violate several checks", {**string(minLength=2, pattern="^[a-z]+$"), "required": True, "unique": True, "enum": enum("ab", "cd")}, ["ab", "A", None, "ab", "cd", "xyz"])
column("together", "all options of a number", {**typed("number", "decimal(6,2)", minimum=0, exclusiveMaximum=10, multipleOf=0.05), "required": True}, [0, 9.95, 9.99, 10, -0.05, None])
column("together", "a property that promises nothing", string(), ["a", None])


def main():
    folder = HERE / "cases"
    folder.mkdir(exist_ok=True)
    total = checks = 0
    for group, cases in GROUPS.items():
        total += len(cases)
        checks += sum(len(found) for case in cases for found in case["expect"].values())
        text = json.dumps({"group": group, "cases": cases}, ensure_ascii=False, indent=None, separators=(", ", ": "), default=float)
        # One case on a line, so that changes can be read.
        text = text.replace('{"id": "' + group, '\n  {"id": "' + group).replace("]}}]}", "]}}\n]}")
        (folder / f"{group}.json").write_text(text + "\n", encoding="utf-8")
    for problem in PROBLEMS:
        print("differs:", problem)
    print(f"{total} cases in {len(GROUPS)} groups, {checks} checks expected")
    return 1 if PROBLEMS else 0


if __name__ == "__main__":
    sys.exit(main())
