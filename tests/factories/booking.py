"""Tokens, sessions and CDRs for tests."""

from datetime import UTC, datetime, timedelta

import factory

from booking.domain.facts import TransactionStart, TransactionStop
from booking.models import Cdr, ChargingSession, Reservation, Token, Transaction
from booking.services.cdrs import issue_cdr
from tests.factories.stations import EvseFactory

NOON = datetime(2026, 6, 1, 12, tzinfo=UTC)


class TokenFactory(factory.django.DjangoModelFactory):
    """One of the CPO's own; an eMSP's with `country_code` and `party_id`."""

    class Meta:
        model = Token

    uid = factory.Sequence(lambda n: f"04A1B2C3{n:04d}")


class SessionFactory(factory.django.DjangoModelFactory):
    """It runs; `ended=True`: for an hour and 10 kWh."""

    class Meta:
        model = ChargingSession

    class Params:
        ended = factory.Trait(
            status="COMPLETED",
            ended_at=NOON + timedelta(hours=1),
            energy_wh=10_000,
            meter_stop_wh=11_000,
        )

    evse = factory.SubFactory(EvseFactory)
    token = factory.SubFactory(TokenFactory)
    id_token = factory.LazyAttribute(lambda session: session.token.uid)
    started_at = NOON
    meter_start_wh = 1_000


class ReservationFactory(factory.django.DjangoModelFactory):
    """A booking of an hour from two in the afternoon on, made at noon, kept for half an hour;
    `held=True`: held by the CPMS, and begun at noon."""

    class Meta:
        model = Reservation

    class Params:
        held = factory.Trait(held_by="CPMS", starts_at=NOON)

    evse = factory.SubFactory(EvseFactory)
    token = factory.SubFactory(TokenFactory)
    id_token = factory.LazyAttribute(lambda reservation: reservation.token.uid)
    starts_at = NOON + timedelta(hours=2)
    ends_at = factory.LazyAttribute(lambda one: one.starts_at + timedelta(hours=1))
    hold_at = factory.LazyAttribute(lambda one: one.starts_at - timedelta(minutes=15))
    keep_until = factory.LazyAttribute(lambda one: one.starts_at + timedelta(minutes=30))
    cancel_until = factory.LazyAttribute(lambda one: one.starts_at - timedelta(hours=1))
    created_at = NOON


class TransactionFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = Transaction

    session = factory.SubFactory(SessionFactory)
    station = factory.LazyAttribute(lambda transaction: transaction.session.evse.station)
    reference = factory.Sequence(lambda n: str(1_000_000 + n))
    evse_number = factory.LazyAttribute(lambda transaction: transaction.session.evse.number)
    id_token = factory.LazyAttribute(lambda transaction: transaction.session.id_token)
    started_at = NOON
    meter_start_wh = 1_000


class CdrFactory(factory.django.DjangoModelFactory):
    """The CDR of an ended session, as the service issues it."""

    class Meta:
        model = Cdr

    session = factory.SubFactory(SessionFactory, ended=True)

    @classmethod
    def _create(cls, model_class, *args, session, **kwargs):
        return issue_cdr(session=session, now=NOON + timedelta(hours=1))


def start_of(evse, **more):
    """What its station says when a car begins to charge there at noon, register at 1 kWh."""
    values = {"id_token": "04A1B2C3", "started_at": NOON, "meter_start_wh": 1_000, **more}
    return TransactionStart(station_id=evse.station_id, evse_number=evse.number, **values)


def stop_of(evse, reference, **more):
    """What its station says an hour and 10 kWh later."""
    values = {"stopped_at": NOON + timedelta(hours=1), "meter_stop_wh": 11_000, **more}
    return TransactionStop(station_id=evse.station_id, reference=str(reference), **values)
