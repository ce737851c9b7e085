"""The written contract: every event is held against the schema that strangers read."""

import json
from functools import cache
from pathlib import Path
from typing import Any, Final

from jsonschema import Draft202012Validator, FormatChecker

SCHEMAS: Final = Path(__file__).resolve().parents[2] / "docs" / "reference" / "schemas"


def findings(event: dict[str, Any], way: str = "out") -> list[str]:
    """What the schema of its type has against an event, and what it tells that no schema names."""
    kind = event["type"]
    if not (SCHEMAS / way / f"{kind}.json").exists():
        return [f"there is no schema of {kind}"]
    validator, named = _validator(way, kind)
    found = [
        f"{kind}: {error.json_path}: {error.message}" for error in validator.iter_errors(event)
    ]
    if way == "out":
        found += [f"{kind}: nothing says what {name} is" for name in event["data"].keys() - named]
    return found


@cache
def _validator(way: str, kind: str) -> tuple[Draft202012Validator, frozenset[str]]:
    schema = json.loads((SCHEMAS / way / f"{kind}.json").read_text(encoding="utf-8"))
    data = schema["properties"]["data"]["$ref"].rpartition("/")[2]
    named = frozenset(schema["$defs"][data]["properties"])
    return Draft202012Validator(schema, format_checker=FormatChecker()), named
