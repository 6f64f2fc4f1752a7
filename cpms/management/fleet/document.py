"""From a file to a document: sections that are lists, nothing yet said of their entries."""

import stat
from pathlib import Path
from typing import Any

import orjson

from cpms.management.operators import Refused

LARGEST = 256 * 1024 * 1024  # ten thousand stations with long descriptions make a quarter of it
SECTIONS = ("locations", "stations", "tariffs", "tariff_assignments", "tokens", "id_tokens")
BOM = b"\xef\xbb\xbf"

Document = dict[str, list[Any]]


def read_document(path: Path) -> Document:
    """The sections of a fleet file, absent ones empty. Raises Refused."""
    body = read_json(path)
    if not isinstance(body, dict):
        raise Refused(f"{path}: must hold a JSON object with {', '.join(SECTIONS)}")
    faults = [f"{name}: unknown section" for name in body if name not in SECTIONS]
    faults += [
        f"{name}: must be a list"
        for name in SECTIONS
        if body.get(name) is not None and not isinstance(body[name], list)
    ]
    if faults:
        raise Refused(*faults)
    if not body:
        raise Refused(f"{path}: holds none of {', '.join(SECTIONS)}")
    return {name: [without_nulls(entry) for entry in body.get(name) or []] for name in SECTIONS}


def read_json(path: Path) -> Any:
    """What a JSON file says. Raises Refused with one line."""
    try:
        with path.open("rb") as file:
            if stat.S_ISREG(path.stat().st_mode) and path.stat().st_size > LARGEST:
                raise Refused(f"{path}: larger than {LARGEST // 1024 // 1024} MiB")
            text = file.read(LARGEST + 1)
    except OSError as fault:
        raise Refused(f"{path}: {fault.strerror or fault}") from fault
    except ValueError as fault:  # a NUL in the path
        raise Refused(f"{str(path)!r}: not a path") from fault
    if len(text) > LARGEST:
        raise Refused(f"{path}: larger than {LARGEST // 1024 // 1024} MiB")
    try:
        return orjson.loads(text.removeprefix(BOM))
    except orjson.JSONDecodeError as fault:
        raise Refused(f"{path}: not JSON: {fault}") from fault


def without_nulls(value: Any) -> Any:
    """`value` with absent fields absent: OCPI knows no null, exporters do. An item of a list
    stays, because its place counts."""
    if isinstance(value, dict):
        return {name: without_nulls(inner) for name, inner in value.items() if inner is not None}
    if isinstance(value, list):
        return [without_nulls(inner) for inner in value]
    return value
