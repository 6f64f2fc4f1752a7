from datetime import timedelta

import pytest

from booking.errors import (
    EvseOccupied,
    EvseOutOfService,
    SessionNotActive,
    StartAlreadyRequested,
    TokenNotAuthorized,
)
from booking.models import ChargingSession, StartRequest
from booking.services import request_start, request_stop, start_transactions
from stations.errors import UnknownStation
from stations.models import StationCommand, StationConnection
from stations.services import settle_command
from tests.factories.booking import (
    NOON,
    SessionFactory,
    TokenFactory,
    TransactionFactory,
    start_of,
)
from tests.factories.stations import EvseFactory

pytestmark = pytest.mark.django_db
SECOND = timedelta(seconds=1)


@pytest.fixture
def evse():
    made = EvseFactory(number=2)
    connect(made.station)
    TokenFactory(uid="04A1B2C3")
    return made


def connect(station):
    StationConnection.objects.filter(station=station).update(
        connected_at=NOON, disconnected_at=None, epoch=1, gateway="g"
    )


def ask(evse, now=NOON, **more):
    return request_start(evse=evse, now=now, **{"id_token": "04A1B2C3", **more})


def test_a_start_is_asked_of_the_station_and_remembered(evse):
    command = ask(evse, origin="portal", authorization_reference="REF")

    assert (command.station, command.action, command.payload, command.status) == (
        evse.station,
        "RemoteStartTransaction",
        {"connectorId": 2, "idTag": "04A1B2C3"},
        "queued",
    )
    assert StartRequest.objects.values_list(
        "evse", "id_token", "authorization_reference", "command_id", "session", "expires_at"
    ).get() == (evse.pk, "04A1B2C3", "REF", command.pk, None, NOON + timedelta(minutes=3))


@pytest.mark.parametrize(
    ("state", "refusal"),
    [
        ({"availability": "Inoperative"}, EvseOutOfService),
        ({"station": None, "number": None}, UnknownStation),
    ],
)
def test_an_evse_that_cannot_charge_is_not_asked(evse, state, refusal):
    type(evse).objects.filter(pk=evse.pk).update(**state)

    with pytest.raises(refusal):
        ask(evse)

    assert (StationCommand.objects.count(), StartRequest.objects.count()) == (0, 0)


def test_no_start_where_a_car_charges(evse):
    SessionFactory(evse=evse)

    with pytest.raises(EvseOccupied):
        ask(evse)

    assert StationCommand.objects.count() == 0


@pytest.mark.parametrize(
    "token",
    [{"status": "Blocked"}, {"status": "Invalid"}, {"expires_at": NOON}],
)
def test_no_start_with_a_token_that_may_not_charge(evse, token):
    TokenFactory(uid="BAD", **token)

    for uid in ("bad", "unknown"):
        with pytest.raises(TokenNotAuthorized):
            ask(evse, id_token=uid)

    assert StationCommand.objects.count() == 0


def test_no_start_at_a_station_that_is_away(evse):
    StationConnection.objects.filter(station=evse.station).update(disconnected_at=NOON)

    command = ask(evse)

    assert (command.status, command.error["code"]) == ("failed", "station_offline")
    assert not StartRequest.objects.exists()


@pytest.mark.parametrize(("after", "is_refused"), [(0, True), (29, True), (30, False)])
def test_a_second_start_waits_half_a_minute(evse, after, is_refused):
    ask(evse)

    if is_refused:
        with pytest.raises(StartAlreadyRequested):
            ask(evse, now=NOON + after * SECOND)
    else:
        ask(evse, now=NOON + after * SECOND)

    assert StartRequest.objects.count() == 2 - is_refused


def test_after_the_station_said_no_one_may_ask_again_at_once(evse):
    command = ask(evse)
    settle_command(command_id=command.pk, now=NOON, response={"status": "Rejected"})

    again = ask(evse, now=NOON + SECOND)

    assert again.status == "queued"


def test_what_a_station_refused_is_not_the_start_that_comes_by_card(evse):
    command = ask(evse, authorization_reference="REF")
    settle_command(command_id=command.pk, now=NOON, response={"status": "Rejected"})

    start_transactions(facts=[start_of(evse)], now=NOON + SECOND)

    assert ChargingSession.objects.values_list("auth_method", "authorization_reference").get() == (
        "WHITELIST",
        "",
    )


@pytest.mark.parametrize(
    ("after", "expected"),
    [(179, ("COMMAND", "REF")), (180, ("WHITELIST", ""))],
)
def test_a_request_expires_after_three_minutes(evse, after, expected):
    ask(evse, authorization_reference="REF")

    start_transactions(facts=[start_of(evse)], now=NOON + after * SECOND)

    assert (
        ChargingSession.objects.values_list("auth_method", "authorization_reference").get()
        == expected
    )


def test_a_stop_names_the_newest_transaction_of_the_session(evse):
    begun = TransactionFactory(session__evse=evse, reference="4711")
    TransactionFactory(
        session=begun.session, reference="1", started_at=NOON - SECOND, created_at=NOON
    )

    command = request_stop(session=begun.session, now=NOON)

    assert (command.station, command.action, command.payload) == (
        evse.station,
        "RemoteStopTransaction",
        {"transactionId": 4711},
    )


def test_no_stop_of_what_has_ended(evse):
    begun = TransactionFactory(session=SessionFactory(evse=evse, ended=True))

    with pytest.raises(SessionNotActive):
        request_stop(session=begun.session, now=NOON)


def test_no_stop_at_a_station_that_is_away(evse):
    begun = TransactionFactory(session__evse=evse)
    StationConnection.objects.filter(station=evse.station).update(disconnected_at=NOON)

    command = request_stop(session=begun.session, now=NOON)

    assert (command.status, command.error["code"]) == ("failed", "station_offline")
