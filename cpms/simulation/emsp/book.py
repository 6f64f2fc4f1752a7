"""What an eMSP knows: the newest that the CPO said of each object, and how it judged each word.

Pure: no network, no clock. What is older than what is known changes nothing and is called so.
"""

from collections.abc import Iterable
from enum import StrEnum
from typing import Any

from cpms.simulation.emsp.wire import Json, instant

Key = tuple[str, str, str]
PARTS = (("evses", "uid"), ("connectors", "id"))  # below a Location (§8.2.2)


class Verdict(StrEnum):
    """What became of something that we were told."""

    NEW = "new"
    CHANGED = "changed"
    REPEATED = "repeated"  # word for word as known
    REMOVED = "removed"
    STALE = "stale"  # older than what is known
    LACKING = "lacking"  # about something that we do not know
    WRONG = "wrong"  # not what its URL says, or no object at all


TAKEN = frozenset({Verdict.NEW, Verdict.CHANGED, Verdict.REPEATED, Verdict.REMOVED, Verdict.STALE})


def key_of(country_code: str, party_id: str, object_id: str) -> Key:
    """CiStrings: the case of an id does not count."""
    return country_code.upper(), party_id.upper(), object_id.casefold()


class Book:
    """Objects by module and key, as they were told."""

    def __init__(self) -> None:
        self.locations: dict[Key, Json] = {}
        self.tariffs: dict[Key, Json] = {}
        self.sessions: dict[Key, Json] = {}
        self.cdrs: dict[Key, Json] = {}

    def shelf(self, module: str) -> dict[Key, Json]:
        """The objects of a module. Raises KeyError for others."""
        return {
            "locations": self.locations,
            "tariffs": self.tariffs,
            "sessions": self.sessions,
            "cdrs": self.cdrs,
        }[module]

    def learn(self, module: str, body: Any) -> Verdict:
        """Take a whole object, under the key that it names itself."""
        try:
            path = (body["country_code"], body["party_id"], body["id"])
            return self.put(module, path, body)
        except (KeyError, TypeError, AttributeError):
            return Verdict.WRONG

    def put(self, module: str, path: tuple[str, ...], body: Any) -> Verdict:
        """Take a whole object, or a whole part of a Location, below its module's URL."""
        if not isinstance(body, dict) or instant(body.get("last_updated")) is None:
            return Verdict.WRONG
        if len(path) > len(("country", "party", "id")):
            return self._put_part(path, body)
        named = (body.get("country_code"), body.get("party_id"), body.get("id"))
        if not all(isinstance(name, str) for name in named) or key_of(*named) != key_of(*path):  # type: ignore[arg-type]
            return Verdict.WRONG
        shelf, key = self.shelf(module), key_of(*path)
        verdict = _judged(shelf.get(key), body)
        if module == "cdrs" and verdict in (Verdict.CHANGED, Verdict.STALE):
            return Verdict.WRONG  # immutable (§10.1)
        if verdict in (Verdict.NEW, Verdict.CHANGED):
            shelf[key] = body
        return verdict

    def patch(self, module: str, path: tuple[str, ...], changes: Any) -> Verdict:
        """Change some fields; a Session's charging periods are appended (§9.2.2)."""
        if not isinstance(changes, dict) or instant(changes.get("last_updated")) is None:
            return Verdict.WRONG
        chain = self._chain(module, path)
        if not chain:
            return Verdict.LACKING
        target = chain[-1]
        if _is_older(changes, target):
            return Verdict.STALE
        more = dict(changes)
        if module == "sessions" and "charging_periods" in more:
            more["charging_periods"] = [
                *target.get("charging_periods", []),
                *more["charging_periods"],
            ]
        target.update(more)
        _raise_age(chain[:-1], changes["last_updated"])
        return Verdict.CHANGED

    def remove(self, module: str, path: tuple[str, ...]) -> Verdict:
        found = self.shelf(module).pop(key_of(*path), None)
        return Verdict.LACKING if found is None else Verdict.REMOVED

    def find(self, module: str, path: tuple[str, ...]) -> Json | None:
        """The object, or the part of a Location, that is known under a path."""
        chain = self._chain(module, path)
        return chain[-1] if chain else None

    def _chain(self, module: str, path: tuple[str, ...]) -> list[Json]:
        """The object and the parts of it that lead to the one named; empty when there is none."""
        found = self.shelf(module).get(key_of(*path[:3]))
        chain = [found] if found is not None else []
        for (name, id_field), wanted in zip(PARTS, path[3:], strict=False):
            part = _part(chain[-1].get(name, []), id_field, wanted) if chain else None
            if part is None:
                return []
            chain.append(part)
        return chain

    def _put_part(self, path: tuple[str, ...], body: Json) -> Verdict:
        chain = self._chain("locations", path[:-1])
        if not chain:
            return Verdict.LACKING
        name, id_field = PARTS[len(path) - 4]
        if str(body.get(id_field, "")).casefold() != path[-1].casefold():
            return Verdict.WRONG
        parts = chain[-1].setdefault(name, [])
        known = _part(parts, id_field, path[-1])
        verdict = _judged(known, body)
        if verdict is Verdict.NEW:
            parts.append(body)
        elif verdict is Verdict.CHANGED:
            parts[parts.index(known)] = body
        _raise_age(chain, body["last_updated"])
        return verdict


def _judged(known: Json | None, told: Json) -> Verdict:
    if known is None:
        return Verdict.NEW
    if known == told:
        return Verdict.REPEATED
    return Verdict.STALE if _is_older(told, known) else Verdict.CHANGED


def _is_older(told: Json, known: Json) -> bool:
    one, other = instant(told["last_updated"]), instant(known.get("last_updated"))
    return one is not None and other is not None and one < other


def _raise_age(parents: Iterable[Json], last_updated: str) -> None:
    """An object is as new as its newest part (§8.3.1)."""
    for parent in parents:
        if _is_older(parent, {"last_updated": last_updated}):
            parent["last_updated"] = last_updated


def _part(parts: list[Json], id_field: str, wanted: str) -> Json | None:
    return next((p for p in parts if str(p.get(id_field)).casefold() == wanted.casefold()), None)
