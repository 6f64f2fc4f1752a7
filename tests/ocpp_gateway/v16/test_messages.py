"""The structs and the specification's schemas accept the same, bar listed reasons."""

import json
from datetime import UTC, datetime

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ocpp_gateway.v16.decoding import HOT, decode
from ocpp_gateway.v16.repairs import ACTIONS, Unrepairable
from tests.ocpp_gateway.charger import schema

CODES = {
    "FormationViolation",
    "OccurenceConstraintViolation",
    "PropertyConstraintViolation",
    "TypeConstraintViolation",
}
NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)
TIMES = st.sampled_from(
    [
        "2026-01-01T00:00:00Z",
        "2026-01-01T00:00:00.5+02:00",
        "2026-01-01T00:00:00",
        "2026-06-30T23:59:60Z",
        "yesterday",
    ]
)
SCALARS = (
    st.none()
    | st.booleans()
    | st.integers(-(2**70), 2**70)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_categories=["Cs"]), max_size=60)
)
ANYTHING = SCALARS | st.lists(SCALARS, max_size=2) | st.dictionaries(st.text(max_size=3), SCALARS)


def fitting(rule):  # noqa: PLR0911 -- one for each form
    """Values that this JSON schema (of the few forms that 1.6 uses) accepts."""
    if "enum" in rule:
        return st.sampled_from(rule["enum"])
    match rule["type"]:
        case "object":
            fields = {name: fitting(inner) for name, inner in rule.get("properties", {}).items()}
            needed = {name: fields.pop(name) for name in rule.get("required", [])}
            return st.fixed_dictionaries(needed, optional=fields)
        case "array":
            return st.lists(fitting(rule["items"]), min_size=rule.get("minItems", 0), max_size=2)
        case "string":
            return (
                TIMES
                if rule.get("format") == "date-time"
                else st.text(
                    st.characters(exclude_categories=["Cs"]), max_size=rule.get("maxLength", 30)
                )
            )
        case "integer":
            return st.integers(-(2**40), 2**40)
        case "number":
            return st.integers(-100, 100)
        case "boolean":
            return st.booleans()
    raise AssertionError(rule)


def places(node, path=()):
    """Every place inside a payload."""
    yield path
    if isinstance(node, dict | list):
        children = node.items() if isinstance(node, dict) else enumerate(node)
    else:
        children = ()
    for key, value in children:
        yield from places(value, (*path, key))


@st.composite
def mutated(draw, action):
    """A payload that fits, or nearly: a value replaced, a field taken away or added."""
    text = json.dumps(draw(fitting(raw_schema(action))))
    payload = json.loads(text)
    for _ in range(draw(st.integers(0, 2))):
        path = draw(st.sampled_from(list(places(payload))))
        holder = payload
        for key in path[:-1]:
            holder = holder[key]
        deed = draw(st.sampled_from(["replace", "remove", "add"]))
        if not path or deed == "add":
            target = holder[path[-1]] if path else payload
            if isinstance(target, dict):
                target["extra"] = draw(ANYTHING)
        elif deed == "replace":
            holder[path[-1]] = draw(ANYTHING)
        else:
            del holder[path[-1]]
    return payload


def raw_schema(action):
    from importlib import resources  # noqa: PLC0415 -- here alone

    file = resources.files("ocpp.v16.schemas").joinpath(f"{action}.json")
    return json.loads(file.read_text("utf-8-sig"))


def accepted_by_schema(action, payload):
    return next(iter(schema(action).iter_errors(payload)), None) is None


def accepted_by_struct(action, payload):
    try:
        msgspec.json.decode(msgspec.json.encode(payload), type=HOT[action])
    except msgspec.DecodeError:
        return False
    return True


def time_values(node):
    if isinstance(node, dict):
        yield from (value for key, value in node.items() if key == "timestamp")
        node = list(node.values())
    for child in node if isinstance(node, list) else ():
        yield from time_values(child)


def has_null(node):
    children = node.values() if isinstance(node, dict) else node if isinstance(node, list) else ()
    return node is None or any(has_null(child) for child in children)


def has_huge(node):
    return isinstance(node, dict) and any(
        isinstance(value, int) and abs(value) >= 2**63 for value in node.values()
    )


def is_listed(payload, *, by_struct):
    """Why the two may differ. The struct alone refuses times that no clock shows (a leap
    second, RFC 3339 has it) and numbers of more than 64 bits; the struct alone takes a null for an absent optional field, and
    times written with a blank."""
    if by_struct:
        return has_null(payload)
    return any("23:59:60" in str(value) for value in time_values(payload)) or has_huge(payload)


@pytest.mark.parametrize("action", sorted(HOT))
@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_struct_and_schema_accept_the_same(action, data):
    payload = data.draw(mutated(action))

    by_struct, by_schema = accepted_by_struct(action, payload), accepted_by_schema(action, payload)

    assert by_struct == by_schema or is_listed(payload, by_struct=by_struct)


@pytest.mark.parametrize("action", sorted(HOT.keys() | {"DataTransfer", "SignCertificate"}))
@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_whatever_the_payload_it_is_understood_or_refused(action, data):
    raw = msgspec.Raw(msgspec.json.encode(data.draw(mutated(action) | ANYTHING)))
    codes = set()

    for strict in (False, True):
        try:
            _, used = decode(action, raw, NOW, strict=strict)
        except Unrepairable as refusal:
            codes.add(refusal.code)
        else:
            assert not (strict and used)
    assert codes <= CODES


def test_every_hot_action_is_one_of_the_specification():
    assert set(HOT) <= ACTIONS
