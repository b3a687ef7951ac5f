"""What a good engineer writes by hand to check the shape of contracts: the fastest YAML reader and the fastest JSON Schema validator of Python.

    python3 jsonschema_lint.py SCHEMA.json FOLDER     prints how many files are valid; knows nothing of what a contract means
"""

import json
import pathlib
import sys

import jsonschema_rs
import yaml


def main():
    validator = jsonschema_rs.validator_for(json.loads(pathlib.Path(sys.argv[1]).read_text()))
    files = sorted(pathlib.Path(sys.argv[2]).glob("*.odcs.yaml"))
    valid = sum(validator.is_valid(yaml.load(path.read_text(), Loader=yaml.CSafeLoader)) for path in files)
    print(json.dumps({"good": valid, "refused": len(files) - valid}))


main()
