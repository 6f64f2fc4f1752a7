"""The local authorization list of a station (OCPP 1.6 §5.10, §5.15, and §9.2 of its keys): what
may stand there, how one list becomes another, and what the station's answers mean.

A list is its AuthorizationData (§7.3) by idTag in capitals: idTags are CiStrings.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from enum import Enum
from typing import Any

from stations.domain.configuration import said, whole_number

Json = dict[str, Any]
Entries = dict[str, Json]

LONGEST_ID_TAG = 20  # CiString20Type
PROFILE = "LocalAuthListManagement"
ENABLED, IN_ALL, AT_ONCE = (
    "LocalAuthListEnabled",
    "LocalAuthListMaxLength",
    "SendLocalListMaxLength",
)
PREAUTHORIZE, PROFILES = "LocalPreAuthorize", "SupportedFeatureProfiles"
KEYS = (ENABLED, IN_ALL, AT_ONCE, PREAUTHORIZE, PROFILES)
NEEDED = (ENABLED, IN_ALL, AT_ONCE)
LARGEST_VERSION = 2**31 - 1
UNSUPPORTED_VERSION = -1
UNKNOWN_ACTIONS = frozenset({"NotImplemented", "NotSupported"})  # OCPP-J §4.2.3
LONGEST_WAIT = timedelta(hours=1)
A_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Limits:
    """What a station says its list may hold, in all and in one request. `is_trusted`: it lets
    an idTag of the list charge although it could ask (LocalPreAuthorize)."""

    in_all: int
    at_once: int
    is_trusted: bool


def knows_limits(configuration: Mapping[str, Any]) -> bool:
    """Whether the station has told the keys that matter."""
    return all(name in configuration for name in NEEDED)


def limits_of(configuration: Mapping[str, Any]) -> Limits | None:
    """None: it has no list, or it is switched off there."""
    profiles = said(configuration, PROFILES)
    if said(configuration, ENABLED).lower() != "true" or (profiles and PROFILE not in profiles):
        return None
    in_all, at_once = (whole_number(said(configuration, name)) for name in (IN_ALL, AT_ONCE))
    if not in_all or not at_once:
        return None
    return Limits(in_all, at_once, said(configuration, PREAUTHORIZE).lower() != "false")


@dataclass(frozen=True, slots=True)
class Held:
    """What a station accepted last; `is_certain` is False while we cannot know."""

    version: int
    entries: Entries
    is_certain: bool


def next_request(held: Held, wanted: Entries, at_once: int) -> Json | None:
    """The SendLocalList that comes next, None when the station has it all: the difference, or
    the whole list where we do not know what is there. What does not fit follows as further
    differences; what goes is told before what comes, for lists are short."""
    if not held.is_certain:
        return _request(held, "Full", list(wanted.values())[:at_once])
    gone: list[Json] = [
        {"idTag": data["idTag"]} for key, data in held.entries.items() if key not in wanted
    ]
    new = [
        data
        for key, data in wanted.items()
        if held.entries.get(key, {}).get("idTagInfo") != data["idTagInfo"]
    ]
    changes = [*gone, *new]
    return _request(held, "Differential", changes[:at_once]) if changes else None


def _request(held: Held, kind: str, entries: list[Json]) -> Json:
    version = held.version % LARGEST_VERSION + 1  # 0 says that a list is empty
    return {"listVersion": version, "updateType": kind, "localAuthorizationList": entries}


def applied(entries: Entries, request: Mapping[str, Any]) -> Entries:
    """The list after a station accepted a SendLocalList."""
    is_full = request["updateType"] == "Full"
    found = {} if is_full else dict(entries)
    for data in request.get("localAuthorizationList") or ():
        key = str(data["idTag"]).upper()
        if "idTagInfo" in data:
            found[key] = dict(data)
        else:
            found.pop(key, None)
    return found


def storable_version(version: int) -> int:
    """A version as we can keep it, whatever an operator or a station said."""
    return min(max(version, 0), LARGEST_VERSION)


class Answer(Enum):
    """What the outcome of a SendLocalList means."""

    ACCEPTED = "accepted"
    NOT_ASKED = "not asked"  # it never left us
    UNSUPPORTED = "unsupported"
    MISMATCH = "mismatch"  # the station has another version
    FAILED = "failed"  # or nobody knows whether it was taken


def answer_of(response: Any, error: Any, *, was_sent: bool) -> Answer:
    status = response.get("status") if isinstance(response, Mapping) else None
    code = error.get("code") if isinstance(error, Mapping) else None
    if status == "Accepted":
        return Answer.ACCEPTED
    if not was_sent:
        return Answer.NOT_ASKED
    if status == "NotSupported" or code in UNKNOWN_ACTIONS:
        return Answer.UNSUPPORTED
    return Answer.MISMATCH if status == "VersionMismatch" else Answer.FAILED


def wait_after(failures: int) -> timedelta:
    """Before the list is sent again; the first failure is repaired at once, by the whole
    list."""
    if failures <= 1:
        return timedelta(0)
    return min(timedelta(minutes=2 ** min(failures - 2, 10)), LONGEST_WAIT)
