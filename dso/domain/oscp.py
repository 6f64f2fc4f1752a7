"""OSCP 2.0 as flexibility provider: what its messages say, and what ours look like."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from dso.domain.neutral import VOLTS, kw_of, number
from dso.domain.readings import has_zone, instant, written
from dso.errors import BadMessage, UnsupportedVersion
from energy.domain.supply import Limit
from energy.enums import LimitKind, Phase

VERSION = "2.0"
LONGEST_TOKEN, LONGEST_URL, LONGEST_ID = 256, 1024, 255
MOST_BLOCKS = 10_000
SHORTEST_BEAT_S, LONGEST_BEAT_S = 1, 86_400
LIVES_ON = 3  # heartbeats may be lost before we count as away
PHASES = {"ALL": Phase.ALL, "UNKNOWN": Phase.ALL,
          "ONE": Phase.L1, "TWO": Phase.L2, "THREE": Phase.L3}  # fmt: skip
WIRE_PHASES = {Phase.ALL: "ALL", Phase.L1: "ONE", Phase.L2: "TWO", Phase.L3: "THREE"}
KINDS = {
    "CONSUMPTION": LimitKind.IMPORT,
    "GENERATION": LimitKind.EXPORT,
    "FALLBACK_CONSUMPTION": LimitKind.FALLBACK_IMPORT,
    "FALLBACK_GENERATION": LimitKind.FALLBACK_EXPORT,
    "OPTIMUM": LimitKind.OPTIMUM,
}
WIRE_KINDS = {kind: name for name, kind in KINDS.items()}
KWH_PER_UNIT = {"KWH": 1.0, "WH": 0.001}

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Registration:
    """With what, and where, the other side wants to be spoken to."""

    token: str = field(repr=False)
    base_url: str


@dataclass(frozen=True, slots=True)
class Behaviour:
    """What the other side wants of us: a heartbeat every so many seconds (None: none), and how
    measurements are to be counted."""

    heartbeat_s: int | None
    measures: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Forecast:
    """Limits of a group; an empty list is never one."""

    group_id: str
    kind: LimitKind
    limits: tuple[Limit, ...]


@dataclass(frozen=True, slots=True)
class Measurement:
    """What a group's meter counted between two instants, or up to the second (`since` None)."""

    kwh: float
    at: datetime
    since: datetime | None = None
    direction: str = "NET"
    energy_type: str = "TOTAL"


def registration_of(body: Any) -> Registration:
    """Raises BadMessage, or UnsupportedVersion where no offered version is ours."""
    offered = _field(body, "version_url", list)
    token = _field(body, "token", str)
    if not 0 < len(token) <= LONGEST_TOKEN or not token.isascii() or not token.isprintable():
        raise BadMessage("token: up to 256 printable ASCII characters")
    urls = [
        one["base_url"].rstrip("/")
        for one in offered
        if isinstance(one, Mapping) and isinstance(one.get("base_url"), str)
        and str(one.get("version")) in (VERSION, "2")
    ]  # fmt: skip
    if not urls:
        raise UnsupportedVersion
    if len(urls[0]) > LONGEST_URL:
        raise BadMessage("version_url: the URL is too long")
    return Registration(token, urls[0])


def behaviour_of(body: Any) -> Behaviour:
    """That of a handshake or its acknowledgement; Taipower's profile leaves out the wrapping.
    Raises BadMessage."""
    if not isinstance(body, Mapping):
        raise BadMessage("An object is needed.")
    inner = body.get("required_behaviour", body)
    if not isinstance(inner, Mapping):
        raise BadMessage("required_behaviour: an object is needed")
    beat, measures = inner.get("heartbeat_interval"), inner.get("measurement_configuration") or []
    if beat is not None and not 0 < number(beat, "heartbeat_interval") <= LONGEST_BEAT_S:
        raise BadMessage("heartbeat_interval: from 1 second to a day")
    if not isinstance(measures, list) or not set(map(str, measures)) <= {
        "CONTINUOUS",
        "INTERMITTENT",
    }:
        raise BadMessage("measurement_configuration: CONTINUOUS or INTERMITTENT")
    return Behaviour(
        None if beat is None else max(int(beat), SHORTEST_BEAT_S), tuple(sorted(map(str, measures)))
    )


def offline_at(body: Any, *, now: datetime, beat_s: int) -> datetime:
    """Until when the other side counts as there. A time without a zone may be anybody's local
    one: where it would be past, the usual patience is taken. Raises BadMessage."""
    text = body.get("offline_mode_at") if isinstance(body, Mapping) else None
    found = instant(text, "offline_mode_at")
    if found > now:
        return min(found, now + timedelta(seconds=LONGEST_BEAT_S))
    if has_zone(text):
        raise BadMessage("offline_mode_at: in the past")
    return now + timedelta(seconds=beat_s * LIVES_ON)


def forecast_of(body: Any, *, now: datetime) -> Forecast:
    """An UpdateGroupCapacityForecast, without what is over. Raises BadMessage."""
    group_id = _field(body, "group_id", str)
    kind = KINDS.get(str(body.get("type")))
    if kind is None:
        raise BadMessage(f"type: {body.get('type')!r:.40} is none of {', '.join(KINDS)}")
    blocks = _field(body, "forecasted_blocks", list)
    if not 0 < len(blocks) <= MOST_BLOCKS:
        raise BadMessage(f"forecasted_blocks: from 1 to {MOST_BLOCKS}")
    limits = [_limit(block, kind, number) for number, block in enumerate(blocks)]
    ahead = tuple(limit for limit in limits if limit.ends_at and limit.ends_at > now)
    if not ahead:
        raise BadMessage("forecasted_blocks: all of them are in the past")
    return Forecast(group_id[:LONGEST_ID], kind, ahead)


def _limit(block: Any, kind: LimitKind, place: int) -> Limit:
    name = f"forecasted_blocks[{place}]"
    if not isinstance(block, Mapping):
        raise BadMessage(f"{name}: an object is needed")
    start = instant(block.get("start_time"), f"{name}.start_time")
    end = instant(block.get("end_time"), f"{name}.end_time")
    if end <= start:
        raise BadMessage(f"{name}: it ends before it starts")
    phase = PHASES.get(str(block.get("phase", "ALL")))
    if phase is None:
        raise BadMessage(f"{name}.phase: {block['phase']!r:.20} is none of {', '.join(PHASES)}")
    kw = _kw(block, phase, end - start, f"{name}.capacity")
    return Limit(kw, start, end, kind, phase, binding=kind != LimitKind.OPTIMUM)


def _kw(block: Mapping[str, Any], phase: Phase, lasts: timedelta, name: str) -> float:
    value, unit = block.get("capacity"), str(block.get("unit", ""))
    if unit == "A":
        if str(block.get("phase")) == "UNKNOWN":
            raise BadMessage(f"{name}: amperes of an unknown phase")
        volts = VOLTS * (3 if phase == Phase.ALL else 1)
        return kw_of(number(value, name) * volts / 1000, "KW", name)
    if unit in KWH_PER_UNIT:  # the energy of the block: its mean power
        kwh = number(value, name) * KWH_PER_UNIT[unit]
        return kw_of(kwh / (lasts / timedelta(hours=1)), "KW", name)
    return kw_of(value, unit, name)


def registration(token: str, base_url: str) -> Json:
    return {"token": token, "version_url": [{"version": VERSION, "base_url": base_url}]}


def handshake(heartbeat_s: int) -> Json:
    """What we want of the other side; it measures nothing for us."""
    return {
        "required_behaviour": {"heartbeat_interval": heartbeat_s, "measurement_configuration": []}
    }


def heartbeat(until: datetime, *, plainly: bool = False) -> Json:
    """`plainly`: as peers want it that read neither T nor zone."""
    text = f"{until:%Y-%m-%d %H:%M:%S}" if plainly else written(until)
    return {"offline_mode_at": text}


def blocks(limits: Iterable[Limit]) -> list[Json]:
    return [
        {
            "capacity": round(limit.kw, 3),
            "phase": WIRE_PHASES[limit.phase],
            "unit": "KW",
            "start_time": written(limit.starts_at),
            "end_time": written(limit.ends_at),
        }
        for limit in limits
        if limit.ends_at is not None
    ]


def forecast(group_id: str, kind: LimitKind, limits: Iterable[Limit]) -> Json:
    """Also of a wish for more or less (AdjustGroupCapacityForecast)."""
    return {"group_id": group_id, "type": WIRE_KINDS[kind], "forecasted_blocks": blocks(limits)}


def compliance_error(message: str, limits: Sequence[Limit] = ()) -> Json:
    listed = blocks(limits)
    return {"message": message, **({"forecasted_blocks": listed} if listed else {})}


def group_measurements(group_id: str, measurements: Iterable[Measurement]) -> Json:
    return {"group_id": group_id, "measurements": [_measured(one) for one in measurements]}


def _measured(one: Measurement) -> Json:
    body = {
        "value": round(one.kwh, 3),
        "phase": "ALL",
        "unit": "KWH",
        "direction": one.direction,
        "energy_type": one.energy_type,
        "measure_time": written(one.at),
    }
    return body if one.since is None else {**body, "initial_measure_time": written(one.since)}


def not_met(limits: Iterable[Limit], floor_kw: float) -> list[Limit]:
    """Those that leave less than running sessions need at the least."""
    asked = (LimitKind.IMPORT, LimitKind.FALLBACK_IMPORT)
    return [
        one for one in limits if one.kind in asked and one.phase == Phase.ALL and one.kw < floor_kw
    ]


def _field(body: Any, name: str, kind: type[Any]) -> Any:
    value = body.get(name) if isinstance(body, Mapping) else None
    if not isinstance(value, kind):
        raise BadMessage(f"{name}: missing, or of the wrong type")
    return value
