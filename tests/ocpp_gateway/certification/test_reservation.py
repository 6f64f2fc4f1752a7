"""OCPP 1.6 certification of a Central System: the Reservation profile."""

from datetime import UTC, datetime, timedelta

import pytest
from asgiref.sync import sync_to_async

from booking.domain.reserving import Holder
from booking.enums import CanceledBy
from booking.models import ChargingSession, Reservation, Token
from booking.services import cancel_reservation, end_reservations, reserve
from cpms.kernel.windows import TimeWindow
from stations.models import Evse
from tests.ocpp_gateway.charger import connected
from tests.ocpp_gateway.operator import outcome, until

ACCEPTED, REJECTED = {"status": "Accepted"}, {"status": "Rejected"}
HALF_AN_HOUR = timedelta(minutes=30)


async def held(charger, answer, id_tag="04A1B2C3"):
    """An operator reserves EVSE 1 from now on; the reservation when the answer was noted."""
    now = datetime.now(UTC).replace(microsecond=0)
    made = await sync_to_async(reserve)(
        evse=await Evse.objects.aget(number=1),
        holder=Holder(id_tag),
        window=TimeWindow.lasting(now, HALF_AN_HOUR),
        now=now,
    )
    frame = await charger.next_request()
    expiry = (now + HALF_AN_HOUR).strftime("%Y-%m-%dT%H:%M:%SZ")
    assert frame[2] == "ReserveNow"
    assert {"connectorId": 1, "expiryDate": expiry, "idTag": id_tag, "reservationId": made.pk} == {
        name: value for name, value in frame[3].items() if name != "parentIdTag"
    }
    await charger.answer(frame, answer)
    await until(lambda: noted(made))
    return await Reservation.objects.aget(pk=made.pk)


async def noted(reservation):
    return (await Reservation.objects.aget(pk=reservation.pk)).status != "PENDING"


async def begun(charger, reservation, id_tag="04A1B2C3"):
    return await charger.ask(
        "StartTransaction",
        {
            "connectorId": 1,
            "idTag": id_tag,
            "meterStart": 0,
            "timestamp": datetime.now(UTC).isoformat(),
            "reservationId": reservation.pk,
        },
    )


async def test_tc_046_a_reserved_connector_is_used(server, station, driver):
    async with connected(server, "CP001", station.password) as charger:
        reservation = await held(charger, ACCEPTED)
        await charger.status(1, "Reserved")
        assert await charger.authorize() == ACCEPTED
        await charger.status(1, "Preparing")
        answer = await begun(charger, reservation)
        await charger.status(1, "Charging")

    await reservation.arefresh_from_db()
    session = await ChargingSession.objects.aget()
    assert answer["idTagInfo"] == ACCEPTED
    assert (reservation.status, session.reservation_id, session.status) == (
        "FULFILLED",
        reservation.pk,
        "ACTIVE",
    )


async def test_tc_047_a_reservation_expires(server, station, driver):
    async with connected(server, "CP001", station.password) as charger:
        reservation = await held(charger, ACCEPTED)
        await charger.status(1, "Reserved")
        await charger.status(1, "Available")
        await sync_to_async(end_reservations)(now=reservation.keep_until)
        evse = await Evse.objects.aget(number=1)

    await reservation.arefresh_from_db()
    assert (reservation.status, reservation.held_by, evse.is_reserved) == ("NO_SHOW", "", False)


@pytest.mark.parametrize(
    ("case", "said", "expected"),
    [
        ("TC_048_1", "Faulted", ("REJECTED", "")),
        ("TC_048_2", "Occupied", ("REJECTED", "")),
        ("TC_048_3", "Unavailable", ("REJECTED", "")),
        ("TC_048_4", "Rejected", ("RESERVED", "CPMS")),  # configured to take none: we hold it
    ],
)
async def test_tc_048_what_a_station_refuses(server, station, driver, case, said, expected):
    async with connected(server, "CP001", station.password) as charger:
        reservation = await held(charger, {"status": said})

    assert (reservation.status, reservation.held_by) == expected


async def test_tc_049_a_whole_station_is_reserved(server, station, driver):
    """Any of its connectors: by the operator's own request."""
    expiry = (datetime.now(UTC) + HALF_AN_HOUR).strftime("%Y-%m-%dT%H:%M:%SZ")
    payload = {"connectorId": 0, "expiryDate": expiry, "idTag": "04A1B2C3", "reservationId": 9}
    async with connected(server, "CP001", station.password) as charger:
        stored = await outcome(charger, station, "ReserveNow", payload, ACCEPTED)
        answer = await begun(charger, Reservation(pk=9))

    assert (stored, answer["idTagInfo"]) == (("accepted", ACCEPTED, None), ACCEPTED)


@pytest.mark.parametrize(("case", "said"), [("TC_051", ACCEPTED), ("TC_052", REJECTED)])
async def test_tc_051_tc_052_a_reservation_is_cancelled(server, station, driver, case, said):
    async with connected(server, "CP001", station.password) as charger:
        reservation = await held(charger, ACCEPTED)
        cancel = sync_to_async(cancel_reservation)
        await cancel(reservation=reservation, by=CanceledBy.CPO, now=datetime.now(UTC))
        frame = await charger.next_request()
        assert frame[2:] == ["CancelReservation", {"reservationId": reservation.pk}]
        await charger.answer(frame, said)

    await reservation.arefresh_from_db()
    assert reservation.status == "CANCELED"


async def test_tc_053_a_reserved_connector_is_used_by_the_group(server, station, driver):
    await Token.objects.filter(pk=driver.pk).aupdate(group_id="FLEET")
    await Token.objects.acreate(uid="SECOND", group_id="FLEET")
    async with connected(server, "CP001", station.password) as charger:
        reservation = await held(charger, ACCEPTED)
        answer = await charger.authorize("SECOND")
        started = await begun(charger, reservation, "SECOND")

    await reservation.arefresh_from_db()
    info = {"status": "Accepted", "parentIdTag": "FLEET"}
    assert (answer, started["idTagInfo"], reservation.status) == (info, info, "FULFILLED")


async def test_another_token_is_told_no_where_the_cpms_holds(server, station, driver):
    await Token.objects.acreate(uid="OTHER")
    async with connected(server, "CP001", station.password) as charger:
        reservation = await held(charger, REJECTED)
        answer = await charger.start("OTHER")

    await reservation.arefresh_from_db()
    assert (answer["idTagInfo"]["status"], reservation.status) == ("Blocked", "RESERVED")
