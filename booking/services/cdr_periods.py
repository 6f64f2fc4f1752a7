"""What a CDR says of a session's course and costs (OCPI 2.2.1 §10.3.1 and §10.4.6).

Numbers have four decimals (§16.4). Energies are differences of the rounded course, so that the
periods add up to the total.
"""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from booking.services.pricing import Bill
from tariffs.domain.matching import RESERVATION_FLAT, RESERVATION_TIME
from tariffs.domain.model import ENERGY, FLAT, PARKING_TIME, TIME
from tariffs.domain.pricing import PricedPeriod, rounded
from tariffs.domain.usage import ZERO

WH_PER_KWH, S_PER_H = 1000, 3600
COSTS = {
    "total_fixed_cost": (FLAT,),
    "total_energy_cost": (ENERGY,),
    "total_time_cost": (TIME,),
    "total_parking_cost": (PARKING_TIME,),
    "total_reservation_cost": (RESERVATION_TIME, RESERVATION_FLAT),
}


def charging_periods_of(bill: Bill) -> list[dict[str, Any]]:
    """One for each stretch that the same components price."""
    found = []
    before_wh = ZERO
    for priced in _periods(bill):
        after_wh = before_wh + priced.period.energy_wh
        kwh = rounded(after_wh / WH_PER_KWH) - rounded(before_wh / WH_PER_KWH)
        before_wh = after_wh
        found.append(
            {
                "start_date_time": rfc3339(priced.period.starts_at),
                "dimensions": [
                    {"type": name, "volume": float(volume)}
                    for name, volume in _dimensions(priced, kwh, bill)
                ],
                **({"tariff_id": bill.tariff.id} if bill.tariff else {}),
            }
        )
    return found


def _periods(bill: Bill) -> Sequence[PricedPeriod]:
    if bill.price:
        return bill.price.periods
    nothing = (ZERO, ZERO)
    return [PricedPeriod(period, nothing, nothing) for period in bill.usage.periods]


def _dimensions(priced: PricedPeriod, kwh: Decimal, bill: Bill) -> list[tuple[str, Decimal]]:
    period = priced.period
    if not period.is_charging_session:
        return [("RESERVATION_TIME", _hours(period.reserved_s))]
    said = [(ENERGY, kwh)]
    if period.parking_s:
        said.append((PARKING_TIME, _hours(period.parking_s)))
    else:
        said.append((TIME, _hours(period.charging_s)))
    if bill.tariff and bill.tariff.reads_load and not period.parking_s:
        for name, (least, most) in (("POWER", priced.power_kw), ("CURRENT", priced.current_a)):
            said += [(f"MIN_{name}", rounded(least)), (f"MAX_{name}", rounded(most))]
    return said


def totals_of(bill: Bill) -> dict[str, Any]:
    """OCPI's `total_…` fields but the total cost; costs only of what was priced."""
    periods = bill.usage.periods
    length = sum(
        (period.length for period in periods if period.is_charging_session), start=timedelta()
    ).total_seconds()
    energy_wh = sum((period.energy_wh for period in periods), start=ZERO)
    parking_s = sum((period.parking_s for period in periods), start=ZERO)
    totals: dict[str, Any] = {
        "total_energy": float(energy_wh / WH_PER_KWH),
        "total_time": round(length / S_PER_H, 4),
    }
    if parking_s:
        totals["total_parking_time"] = float(_hours(parking_s))
    if bill.price:
        found = {name: bill.price.cost_of(*roles) for name, roles in COSTS.items()}
        totals |= {name: money_of(*cost) for name, cost in found.items() if cost}
    return totals


def money_of(excl_vat: Decimal, incl_vat: Decimal | None) -> dict[str, float]:
    """OCPI Price (§16.5)."""
    money = {"excl_vat": float(rounded(excl_vat))}
    return money if incl_vat is None else {**money, "incl_vat": float(rounded(incl_vat))}


def rfc3339(instant: datetime) -> str:
    """Whole seconds in UTC (§16.2); `strftime` would cost ten times as much."""
    return instant.astimezone(UTC).replace(microsecond=0, tzinfo=None).isoformat() + "Z"


def _hours(of_seconds: Decimal) -> Decimal:
    return rounded(of_seconds / S_PER_H)
