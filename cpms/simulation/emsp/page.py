"""The eMSP's page: what it knows of the CPO's stations, and of its own drivers' sessions."""

from collections.abc import Iterable
from datetime import UTC, datetime
from html import escape
from typing import Any

from cpms.simulation.emsp.emsp import Emsp
from cpms.simulation.emsp.manners import DESCRIPTIONS
from cpms.simulation.emsp.wire import Json, instant

STATUS = {  # OCPI's word: ours, tone, sign
    "AVAILABLE": ("Available", "ok", "✓"),
    "CHARGING": ("In use", "info", "⚡"),
    "RESERVED": ("Reserved", "violet", "⚑"),
    "INOPERATIVE": ("Out of service", "grey", "–"),
    "OUTOFORDER": ("Faulted", "bad", "!"),
    "UNKNOWN": ("Offline", "grey", "?"),
}
PLUGS = {
    "CHADEMO": "CHAdeMO",
    "IEC_62196_T1": "Type 1",
    "IEC_62196_T1_COMBO": "CCS 1",
    "IEC_62196_T2": "Type 2",
    "IEC_62196_T2_COMBO": "CCS 2",
}
RUNNING = ("ACTIVE", "PENDING", "RESERVATION")
SHOWN_CDRS, SHOWN_ORDERS = 20, 10
UNITS = {"ENERGY": "per kWh", "TIME": "per hour", "PARKING_TIME": "per hour parked", "FLAT": "once"}


def whole(emsp: Emsp) -> str:
    """The page."""
    name = escape(emsp.profile.name)
    party = escape("*".join(emsp.profile.party))
    return f"""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>{name}</title>
<link rel="stylesheet" href="/page.css"><script src="/page.js" defer></script>
</head>
<body>
<header><h1>{name}</h1><p>A simulated eMSP, {party}, OCPI {emsp.memory.version}</p></header>
<main>
{_desk(emsp)}
<div id="news" data-url="/news">{news(emsp)}</div>
</main>
</body>
</html>
"""


def news(emsp: Emsp) -> str:
    """All of the page that lives."""
    sections = (_figures, _running, _orders, _stations, _prices, _cdrs, _drivers, _traffic)
    return "\n".join(section(emsp) for section in sections)


def _desk(emsp: Emsp) -> str:
    """Who orders, and how we behave."""
    drivers = "".join(
        f'<option value="{escape(one.uid)}">{escape(one.name)}</option>' for one in emsp.drivers
    )
    moods = "".join(
        f'<option value="{mood}"{" selected" if mood == emsp.manners.mood else ""}>'
        f"{mood}: {escape(text)}</option>"
        for mood, text in DESCRIPTIONS.items()
    )
    return f"""<section class="desk" aria-label="Orders">
<form id="order" method="post" action="/orders/start">
<label>Driver who starts or reserves <select name="driver">{drivers}</select></label>
</form>
<form method="post" action="/manners">
<label>This eMSP <select name="mood">{moods}</select></label> <button>Set</button>
</form>
</section>"""


def _figures(emsp: Emsp) -> str:
    evses = [
        evse for location in emsp.book.locations.values() for evse in location.get("evses", [])
    ]
    free = sum(evse["status"] == "AVAILABLE" for evse in evses)
    kwh = sum(cdr["total_energy"] for cdr in emsp.book.cdrs.values())
    running = len(_sessions(emsp, RUNNING))
    state = "connected" if emsp.memory.is_registered else "not registered"
    figures = {
        "CPO": state,
        "EVSEs free": f"{free} of {len(evses)}",
        "Sessions running": running,
        "Charge detail records": len(emsp.book.cdrs),
        "Energy billed": f"{kwh:.1f} kWh",
    }
    cells = "".join(
        f"<div><dt>{name}</dt><dd>{value}</dd></div>" for name, value in figures.items()
    )
    return f'<dl class="figures">{cells}</dl>'


def _running(emsp: Emsp) -> str:
    rows = [
        (
            _who(emsp, session["cdr_token"]["uid"]),
            escape(session["evse_uid"]),
            _badge(session["status"].capitalize(), "info", "⚡"),
            _time(session["start_date_time"]),
            f"{session['kwh']:.3f} kWh",
            _money(session.get("total_cost"), session["currency"]),
            _stop_button(session),
        )
        for session in _sessions(emsp, RUNNING)
    ]
    head = ("Driver", "EVSE", "State", "Since (UTC)", "Energy", "Cost excl. VAT", "")
    return _table("Sessions", head, rows, "Sessions of this eMSP's drivers appear here.")


def is_reservation(session: Json) -> bool:
    """Whether a session is one of ours that nobody has come for yet."""
    return session["status"] == "RESERVATION" and "authorization_reference" in session


def _stop_button(session: Json) -> str:
    word = "Cancel" if is_reservation(session) else "Stop"
    return (
        '<form method="post" action="/orders/stop">'
        f'<button name="session" value="{escape(session["id"])}">{word}</button></form>'
    )


def _orders(emsp: Emsp) -> str:
    rows = [
        (
            _time(order.given_at.isoformat()),
            order.kind,
            escape(order.subject),
            escape(order.state),
            escape(order.message),
        )
        for order in emsp.orders.newest()[:SHOWN_ORDERS]
    ]
    head = ("At (UTC)", "Command", "For", "Result", "")
    return _table("Commands", head, rows, "Commands and their results appear here.")


def _stations(emsp: Emsp) -> str:
    rows = []
    for location in emsp.book.locations.values():
        for evse in location.get("evses", []):
            if evse["status"] == "REMOVED":
                continue
            rows.append(_evse_row(location, evse))
    head = ("Location", "EVSE", "State", "Connectors", "Tariff", "")
    return _table("Stations", head, rows, "The CPO has told of no location yet.")


def _evse_row(location: Json, evse: Json) -> tuple[str, ...]:
    word, tone, sign = STATUS.get(evse["status"], (evse["status"].capitalize(), "grey", "?"))
    plugs = ", ".join(dict.fromkeys(_plug(connector) for connector in evse["connectors"]))
    tariffs = sorted({name for one in evse["connectors"] for name in one.get("tariff_ids", [])})
    uid = escape(evse["uid"])
    buttons = "".join(
        f'<button form="order" formaction="/orders/{what}" name="evse" value="{uid}">{label}</button>'
        for what, label in (("start", "Start"), ("reserve", "Reserve"))
    )
    place = escape(location.get("name") or location["id"])
    return place, uid, _badge(word, tone, sign), escape(plugs), escape(", ".join(tariffs)), buttons


def _plug(connector: Json) -> str:
    power = connector.get("max_electric_power")
    standard = str(connector["standard"])
    name = PLUGS.get(standard, standard)
    return f"{name} {power / 1000:g} kW" if power else name


def _prices(emsp: Emsp) -> str:
    rows = [
        (escape(tariff["id"]), escape("; ".join(_components(tariff))))
        for tariff in emsp.book.tariffs.values()
    ]
    return _table("Prices", ("Tariff", "Excl. VAT"), rows, "The CPO has told of no tariff yet.")


def _components(tariff: Json) -> Iterable[str]:
    for element in tariff["elements"]:
        limits = element.get("restrictions")
        when = f" when {', '.join(f'{k} {v}' for k, v in limits.items())}" if limits else ""
        for part in element["price_components"]:
            unit = UNITS.get(part["type"], part["type"])
            yield f"{part['price']:.2f} {tariff['currency']} {unit}{when}"


def _cdrs(emsp: Emsp) -> str:
    newest = sorted(emsp.book.cdrs.values(), key=lambda cdr: cdr["end_date_time"], reverse=True)
    rows = [
        (
            _who(emsp, cdr["cdr_token"]["uid"]),
            escape(cdr["cdr_location"]["evse_uid"]),
            _time(cdr["start_date_time"]),
            _time(cdr["end_date_time"]),
            f"{cdr['total_energy']:.3f} kWh",
            _money(cdr["total_cost"], cdr["currency"]),
        )
        for cdr in newest[:SHOWN_CDRS]
    ]
    head = ("Driver", "EVSE", "From (UTC)", "Until (UTC)", "Energy", "Cost excl. VAT")
    return _table("Charge detail records", head, rows, "Bills of ended sessions appear here.")


def _drivers(emsp: Emsp) -> str:
    rows = [
        (one.name, one.uid, one.whitelist, "yes" if one.is_told else "no", one.allowed)
        for one in emsp.drivers
    ]
    head = ("Driver", "Card", "Whitelist", "Told to the CPO", "Answer in real time")
    return _table("Drivers", head, [map(escape, row) for row in rows], "")


def _traffic(emsp: Emsp) -> str:
    rows = [
        (_time(heard.at.isoformat()), escape(heard.what), escape(heard.outcome))
        for heard in emsp.heard
    ]
    return _table("Messages of the CPO", ("At (UTC)", "Message", "Outcome"), rows, "None yet.")


def _sessions(emsp: Emsp, statuses: Iterable[str]) -> list[Json]:
    wanted = set(statuses)
    found = [one for one in emsp.book.sessions.values() if one["status"] in wanted]
    return sorted(found, key=lambda one: one["start_date_time"], reverse=True)


def _who(emsp: Emsp, uid: str) -> str:
    driver = emsp.driver(uid)
    return escape(driver.name if driver else uid)


def _money(price: Any, currency: str) -> str:
    if not isinstance(price, dict):
        return "not reported"
    before_tax = price.get("excl_vat", price.get("before_taxes", 0))  # of 2.2.1, of 2.3.0
    return f"{before_tax:.2f} {escape(currency)}"


def _time(text: str) -> str:
    at = instant(text) or datetime.now(UTC)
    return f'<time datetime="{escape(text)}">{at:%d %b %H:%M:%S}</time>'


def _badge(word: str, tone: str, sign: str) -> str:
    return (
        f'<span class="badge {tone}"><span aria-hidden="true">{sign}</span> {escape(word)}</span>'
    )


def _table(title: str, head: Iterable[str], rows: Iterable[Iterable[str]], when_empty: str) -> str:
    """A titled table; its cells are HTML already."""
    columns = "".join(f'<th scope="col">{name}</th>' for name in head)
    lines = ("".join(f"<td>{cell}</td>" for cell in row) for row in rows)
    body = "".join(f"<tr>{line}</tr>" for line in lines)
    if not body:
        return f"<section><h2>{title}</h2><p>{when_empty}</p></section>"
    label = f'<div class="scroll" tabindex="0" role="region" aria-label="{title}">'
    return (
        f"<section><h2>{title}</h2>{label}<table><thead><tr>{columns}</tr></thead>"
        f"<tbody>{body}</tbody></table></div></section>"
    )
