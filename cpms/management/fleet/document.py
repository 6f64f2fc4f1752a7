"""From a file to a document: sections that are lists, nothing yet said of their entries."""

import stat
from pathlib import Path
from typing import Any

import orjson

from cpms.management.fleet.faults import Faults
from cpms.management.operators import Refused

LARGEST = 256 * 1024 * 1024  # ten thousand stations with long descriptions make a quarter of it
SECTIONS = ("locations", "stations", "tariffs", "tariff_assignments", "tokens", "id_tokens")
BOM = b"\xef\xbb\xbf"

Document = dict[str, list[Any]]


def read_fleet(path: Path) -> dict[str, Any]:
    """What a fleet file holds. Raises Refused."""
    body = read_json(path)
    if not isinstance(body, dict):
        raise Refused(f"{path}: must hold a JSON object with {', '.join(SECTIONS)}")
    if not body:
        raise Refused(f"{path}: holds none of {', '.join(SECTIONS)}")
    return body


def sections_of(body: dict[str, Any], faults: Faults) -> Document:
    """The sections, absent ones empty; adds those that are unknown or no lists."""
    for name in body:
        if name not in SECTIONS:
            faults.add(name, "unknown section")
    document: Document = {}
    for name in SECTIONS:
        entries = body.get(name)
        if not isinstance(entries, list | None):
            faults.add(name, "must be a list")
            entries = None
        document[name] = [without_nulls(entry) for entry in entries or ()]
    return document


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
