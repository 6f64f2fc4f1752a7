"""What every body that leaves us must be: an object of the specification, strictly.

The schemas (`stations/schemas/ocpi-*.schema.json`) were generated from the field tables of the
specification, by nothing of the product. Here they are read more strictly than partners' bodies
are: no field that the tables do not have, no `null`, nothing empty where it may be left out,
numbers with at most four decimals, times of at most 25 characters with `Z`.
"""

import copy
import json
import re
from functools import cache
from importlib import resources

import jsonschema_rs

TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d")
DECIMALS = 4
LONGER = {  # in both versions' newest editions; the Bookings branch of 2.3.0 is older (§8.3.1)
    "address": {"type": "string", "maxLength": 255},
    "state": {"type": "string", "maxLength": 45},
}
MAY_BE_EMPTY = {"Session.charging_periods"}
MODULES = {"locations": "Location", "sessions": "Session", "cdrs": "CDR", "tariffs": "Tariff"}
PARTS = {4: "EVSE", 5: "Connector"}  # of a Location, by the length of their path


def faults(version, name, body, *, is_partial=False):
    """Each fault as `path: reason`. `is_partial`: only what is there must be right (PATCH)."""
    errors = _validator(version, name, is_partial).iter_errors(body)
    found = [f"{'/'.join(map(str, error.instance_path))}: {error.message}" for error in errors]
    return found + list(_unlike_us(body, name))


def faults_in_push(version, method, path, body):
    """Those of one push, `path` from its module on."""
    module, *below = path.split("/")
    if method == "DELETE":
        return [] if module == "tariffs" and body is None else ["DELETE: not of this"]
    name = PARTS.get(len(below), MODULES[module]) if module == "locations" else MODULES[module]
    if method == "PATCH" and "last_updated" not in body:
        return ["last_updated: needed in every PATCH"]
    return faults(version, name, body, is_partial=method == "PATCH")


@cache
def _validator(version, name, is_partial):
    text = resources.files("stations.schemas").joinpath(f"ocpi-{version}.schema.json").read_text()
    schema = json.loads(text)
    schema["$defs"]["Location"]["properties"] |= LONGER
    for definition in schema["$defs"].values():
        if "properties" in definition:
            definition["additionalProperties"] = False
    if is_partial:
        partial = copy.deepcopy(schema["$defs"][name])
        partial["required"] = []
        schema["$defs"]["Partial"] = partial
        name = "Partial"
    return jsonschema_rs.Draft202012Validator({**schema, "$ref": f"#/$defs/{name}"})


def _unlike_us(value, where):
    """What the tables allow and we do not write."""
    match value:
        case dict():
            for name, inner in value.items():
                yield from _unlike_us(inner, f"{where}.{name}")
        case [] if where not in MAY_BE_EMPTY:
            yield f"{where}: an empty list"
        case list():
            for inner in value:
                yield from _unlike_us(inner, f"{where}[]")
        case _ if fault := _leaf_fault(value):
            yield f"{where}: {fault}"


def _leaf_fault(value):
    if value is None or value == "":
        return f"{value!r} instead of nothing"
    if isinstance(value, float) and round(value, DECIMALS) != value:
        return f"{value} has more than four decimals"
    if isinstance(value, str) and TIME.match(value) and not _is_time(value):
        return f"{value} is not how we write a time"
    return None


def _is_time(text):
    return text.endswith("Z") and len(text) <= 25
