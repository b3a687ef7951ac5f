"""Column lineage of a script by another program, on one core.

    python3 peer.py openlineage|sqlglot SCRIPT

Statements are separated by a semicolon at the end of a line. Prints how many were understood.
"""

import json
import sys


def openlineage(statements):
    from openlineage_sql import parse

    good = 0
    for statement in statements:
        meta = parse([statement], dialect="generic")
        good += meta is not None and not meta.errors
    return good


def sqlglot(statements):
    import logging

    from sqlglot import exp, parse_one
    from sqlglot.lineage import lineage

    logging.disable(logging.CRITICAL)
    good = 0
    for statement in statements:
        try:
            tree = parse_one(statement)
            query = tree if isinstance(tree, exp.Query) else tree.find(exp.Query)
            for column in query.named_selects:
                lineage(column, query.copy())
            good += 1
        except Exception:
            pass
    return good


with open(sys.argv[2], encoding="utf-8") as script:
    statements = [statement.strip() for statement in script.read().split(";\n") if statement.strip()]
good = {"openlineage": openlineage, "sqlglot": sqlglot}[sys.argv[1]](statements)
print(json.dumps({"good": good, "refused": len(statements) - good}))
