"""Local authorization lists: how one becomes another, and what stations' answers mean."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from booking.domain.local_list import (
    LARGEST_VERSION,
    Answer,
    Held,
    Limits,
    answer_of,
    applied,
    knows_limits,
    limits_of,
    next_request,
    wait_after,
)


def configuration(**said):
    keys = {"LocalAuthListEnabled": "true", "LocalAuthListMaxLength": "500",
            "SendLocalListMaxLength": "100", **said}  # fmt: skip
    return {
        name: {"value": value, "readonly": True}
        for name, value in keys.items()
        if value is not None
    }


@pytest.mark.parametrize(
    ("said", "limits"),
    [
        ({}, Limits(500, 100, is_trusted=True)),
        ({"LocalPreAuthorize": "false"}, Limits(500, 100, is_trusted=False)),
        ({"LocalPreAuthorize": "True"}, Limits(500, 100, is_trusted=True)),
        ({"LocalAuthListEnabled": " True "}, Limits(500, 100, is_trusted=True)),
        ({"SupportedFeatureProfiles": "Core, LocalAuthListManagement"},
         Limits(500, 100, is_trusted=True)),
        ({"SupportedFeatureProfiles": "Core"}, None),
        ({"LocalAuthListEnabled": "false"}, None),
        ({"LocalAuthListEnabled": None}, None),
        ({"LocalAuthListMaxLength": "0"}, None),
        ({"LocalAuthListMaxLength": "many"}, None),
        ({"SendLocalListMaxLength": "-1"}, None),
        ({"SendLocalListMaxLength": "²"}, None),
        ({"SendLocalListMaxLength": None}, None),
    ],
)  # fmt: skip
def test_a_station_says_how_long_its_list_may_be(said, limits):
    assert limits_of(configuration(**said)) == limits


def test_a_configuration_that_makes_no_sense_is_no_list():
    assert limits_of({"LocalAuthListEnabled": "true"}) is None
    assert not knows_limits({"LocalAuthListEnabled": {"value": "true"}})
    assert knows_limits(configuration())


def data(tag, status="Accepted"):
    return {"idTag": tag, "idTagInfo": {"status": status}}


def entries(*tags, **statuses):
    found = [data(tag) for tag in tags] + [data(tag, said) for tag, said in statuses.items()]
    return {one["idTag"].upper(): one for one in found}


def request(version, kind, *rows):
    return {"listVersion": version, "updateType": kind, "localAuthorizationList": list(rows)}


@pytest.mark.parametrize(
    ("held", "wanted", "expected"),
    [
        (
            Held(0, {}, is_certain=False),
            entries("a", "b"),
            request(1, "Full", data("a"), data("b")),
        ),
        (Held(9, entries("x"), is_certain=False), {}, request(10, "Full")),
        (Held(3, entries("a"), is_certain=True), entries("a"), None),
        (Held(3, entries("a"), is_certain=True), entries("A"), None),  # a CiString
        (
            Held(3, entries("a", "c"), is_certain=True),
            entries("b", c="Blocked"),
            request(4, "Differential", {"idTag": "a"}, data("b"), data("c", "Blocked")),
        ),
        (
            Held(LARGEST_VERSION, entries("a"), is_certain=True),
            {},
            request(1, "Differential", {"idTag": "a"}),
        ),
    ],
)
def test_what_is_sent_next(held, wanted, expected):
    assert next_request(held, wanted, 10) == expected


tags = st.dictionaries(st.sampled_from("abcdefgh"), st.sampled_from(["Accepted", "Blocked"]))
lists = tags.map(lambda said: entries(**said))


@given(lists, lists, st.booleans(), st.integers(1, 3))
def test_whatever_was_held_it_becomes_what_is_wanted(before, wanted, is_certain, at_once):
    """In requests no longer than allowed, each with a greater version, and then no more."""
    held, versions = Held(7, before, is_certain), []

    while (sent := next_request(held, wanted, at_once)) is not None:
        assert len(sent["localAuthorizationList"]) <= at_once
        versions.append(sent["listVersion"])
        known = {} if not held.is_certain else held.entries
        held = Held(sent["listVersion"], applied(known, sent), is_certain=True)

    assert held.entries == wanted
    assert versions == list(range(8, 8 + len(versions)))
    assert len(versions) <= 17


@pytest.mark.parametrize(
    ("response", "error", "was_sent", "answer"),
    [
        ({"status": "Accepted"}, None, True, Answer.ACCEPTED),
        ({"status": "Failed"}, None, True, Answer.FAILED),
        ({"status": "NotSupported"}, None, True, Answer.UNSUPPORTED),
        ({"status": "VersionMismatch"}, None, True, Answer.MISMATCH),
        ({"status": "Perhaps"}, None, True, Answer.FAILED),
        ({}, None, True, Answer.FAILED),
        (None, {"code": "NotImplemented"}, True, Answer.UNSUPPORTED),
        (None, {"code": "InternalError"}, True, Answer.FAILED),
        (None, {"code": "timed_out"}, True, Answer.FAILED),
        (None, {"code": "timed_out"}, False, Answer.NOT_ASKED),
        (None, {"code": "station_offline"}, False, Answer.NOT_ASKED),
        (None, None, True, Answer.FAILED),
    ],
)
def test_what_an_outcome_means(response, error, was_sent, answer):
    assert answer_of(response, error, was_sent=was_sent) is answer


def test_the_wait_grows_to_an_hour():
    waits = [wait_after(failures) / timedelta(minutes=1) for failures in (0, 1, 2, 3, 8, 99)]

    assert waits == [0, 0, 1, 2, 60, 60]
