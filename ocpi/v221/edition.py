"""OCPI 2.2.1 for those below: our endpoints, and how a partner is brought up to date."""

import json
from collections.abc import Collection
from datetime import datetime
from typing import Any
from uuid import UUID

from django.conf import settings

from booking.domain.facts import IssuerAnswer, Whereabouts
from booking.enums import SessionStatus
from booking.models import Cdr
from energy.models import SessionProfile
from energy.services import plan_in
from ocpi import selectors
from ocpi.domain.bodies import fingerprint
from ocpi.domain.profiles import active_profile
from ocpi.domain.replies import Reply
from ocpi.enums import Module
from ocpi.ports import Plan, Sending, TokenPage
from ocpi.v221 import mapping
from ocpi.v221.authorize import answer_in, location_references
from ocpi.v221.pulled import tokens_in

Json = dict[str, Any]

VERSION = "2.2.1"
SENDER, RECEIVER = "SENDER", "RECEIVER"
OFFERED: tuple[tuple[str, str], ...] = (
    ("credentials", SENDER),  # a role without meaning there (§6.1.3)
    ("locations", SENDER),
    ("sessions", SENDER),
    ("cdrs", SENDER),
    ("tariffs", SENDER),
    ("tokens", RECEIVER),
    ("commands", RECEIVER),
    ("chargingprofiles", RECEIVER),
    ("hubclientinfo", RECEIVER),
)


class Edition221:
    """Fills `ocpi.ports.Edition`."""

    version = VERSION
    offered = OFFERED
    told: frozenset[str] = frozenset(Module) - {Module.BOOKING_LOCATIONS, Module.BOOKINGS}

    def endpoints(self) -> list[Json]:
        base = f"{settings.PUBLIC_URL}/ocpi/cpo/{self.version}"
        return [
            {"identifier": name, "role": role, "url": f"{base}/{name}"}
            for name, role in self.offered
        ]

    def shaped(self, module: str, body: Json) -> Json:
        return body

    def plan(
        self,
        module: str,
        object_id: str,
        delivered: Json | None,
        now: datetime,
        parties: set[tuple[str, str]],
    ) -> Plan:
        match module:
            case Module.LOCATIONS:
                return _of_location(object_id, delivered or {}, now, parties)
            case Module.SESSIONS:
                return self._of_session(object_id, delivered or {})
            case Module.TARIFFS:
                return self._of_tariff(object_id, delivered or {}, parties)
            case Module.CHARGING_PROFILES:
                return _of_profile(object_id, delivered or {})
            case _:
                return self._of_cdr(object_id, delivered)

    def authorize(self, uid: str, kind: str, where: Whereabouts) -> Sending:
        body = location_references(where)
        return Sending("POST", (uid, "authorize"), body, {"type": kind})

    def authorization_in(
        self, reply: Reply, uid: str, parties: Collection[tuple[str, str]], where: Whereabouts
    ) -> IssuerAnswer | None:
        return answer_in(reply, uid, parties, where, self.version)

    def tokens_in(self, listed: list[Any], parties: Collection[tuple[str, str]]) -> TokenPage:
        return tokens_in(listed, parties, self.version)

    def _of_session(self, object_id: str, delivered: Json) -> Plan:
        """PUT of the whole Session: its periods as they are, never appended twice (§9.2.2)."""
        session = selectors.sessions().filter(pk=object_id).exclude(token=None).first()
        if session is None:
            return NOTHING
        body = self.shaped(Module.SESSIONS, mapping.session_object(session))
        memory = {"print": fingerprint(body)}
        key = (body["country_code"], body["party_id"])
        if delivered.get("print") == memory["print"]:
            return Plan((), memory, sender=key)
        return Plan((Sending("PUT", (*key, body["id"]), body),), memory, sender=key)

    def _of_tariff(self, object_id: str, delivered: Json, parties: set[tuple[str, str]]) -> Plan:
        """PUT of a Tariff; DELETE of one that is gone, or is another partner's now, under the party
        it was told under."""
        tariff = selectors.tariffs(parties).filter(ocpi_id=object_id).first()
        if tariff is None:
            if "party" not in delivered:
                return NOTHING
            key = (delivered["party"][0], delivered["party"][1])
            return Plan((Sending("DELETE", (*key, object_id)),), {}, sender=key)
        body = self.shaped(Module.TARIFFS, mapping.tariff_object(tariff))
        key = (body["country_code"], body["party_id"])
        memory = {"print": fingerprint(body), "party": list(key)}
        if delivered.get("print") == memory["print"]:
            return Plan((), memory, sender=key)
        return Plan((Sending("PUT", (*key, body["id"]), body),), memory, sender=key)

    def _of_cdr(self, object_id: str, delivered: Json | None) -> Plan:
        """POST of a CDR as it was issued, once."""
        cdr = Cdr.objects.filter(pk=object_id).first()
        if cdr is None or delivered is not None:
            return Plan((), delivered or {})
        sender = (cdr.body["country_code"], cdr.body["party_id"])
        return Plan(
            (Sending("POST", (), self.shaped(Module.CDRS, cdr.body)),),
            {"posted": True},
            sender=sender,
        )


NOTHING = Plan((), {})


def _of_location(
    object_id: str, delivered: Json, now: datetime, parties: set[tuple[str, str]]
) -> Plan:
    """PUT of a Location whose static information the partner lacks; else a PATCH for each EVSE
    whose status is another than it knows (§8.2.2), or the PUT when it lacks that EVSE."""
    found = selectors.location_texts(selectors.locations(now).filter(pk=object_id), parties, now)
    if not found:
        return NOTHING
    body = json.loads(found[0])
    key = (body["country_code"], body["party_id"])
    evses = body.get("evses", [])
    statuses = {evse["uid"]: evse["status"] for evse in evses}
    static = fingerprint(_static(body))
    memory = {"static": static, "statuses": statuses}
    whole = Sending("PUT", (*key, body["id"]), body)
    if delivered.get("static") != static:
        return Plan((whole,), memory, sender=key)
    known = delivered.get("statuses", {})
    changed = tuple(
        Sending(
            "PATCH",
            (*key, body["id"], evse["uid"]),
            {"status": evse["status"], "last_updated": evse["last_updated"]},
        )
        for evse in evses
        if evse["status"] != known.get(evse["uid"])
    )
    return Plan(changed, memory, whole, key)


def _of_profile(object_id: str, delivered: Json) -> Plan:
    """PUT of what the station of a running session plans (§14.2.2.2)."""
    found = (
        SessionProfile.objects.filter(session=UUID(object_id), session__status=SessionStatus.ACTIVE)
        .select_related("seen__station__connection", "session__evse__location")
        .first()
    )
    plan = plan_in(found.seen, found.session) if found and found.seen else None
    if found is None or plan is None:
        return NOTHING
    body = active_profile(plan)
    memory = {"print": fingerprint(body)}
    location = found.session.evse.location
    sender = (location.country_code, location.party_id)
    if delivered.get("print") == memory["print"]:
        return Plan((), memory, sender=sender)
    return Plan((Sending("PUT", (object_id,), body),), memory, sender=sender)


def _static(location: Json) -> Json:
    """A Location without what changes by the minute."""
    evses = [
        {name: value for name, value in evse.items() if name not in ("status", "last_updated")}
        for evse in location.get("evses", [])
    ]
    body = {name: value for name, value in location.items() if name != "last_updated"}
    return {**body, "evses": evses}
