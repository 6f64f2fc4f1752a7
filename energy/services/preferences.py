"""Taking what drivers want of their sessions."""

from datetime import datetime

from django.db import transaction

from booking.enums import SessionStatus
from booking.models import ChargingSession
from energy.domain.preferences import Preferences, Progress, answer_to
from energy.enums import PreferencesAnswer
from energy.models import SessionPreferences
from energy.selectors import supply_at


@transaction.atomic
def prefer(*, session: ChargingSession, wanted: Preferences, now: datetime) -> PreferencesAnswer:
    """Keep what the driver of a running session wants, in place of what was wanted before; only
    what can be is kept. One answer at a time for each session."""
    running = ChargingSession.objects.select_for_update(of=("self",), no_key=True).select_related(
        "evse", "tariff_version"
    )
    found = running.filter(pk=session.pk, status=SessionStatus.ACTIVE).first()
    if found is None:
        return PreferencesAnswer.NOT_POSSIBLE
    answer = answer_to(wanted, _progress(found), now)
    if answer == PreferencesAnswer.ACCEPTED:
        SessionPreferences.objects.update_or_create(
            session=found,
            defaults={
                "profile_type": wanted.profile_type,
                "departs_at": wanted.departs_at,
                "energy_need_wh": wanted.energy_need_wh,
                "may_discharge": wanted.may_discharge,
                "given_at": now,
            },
        )
    return answer


def _progress(session: ChargingSession) -> Progress:
    version = session.tariff_version
    return Progress(session.energy_wh, version.kind if version else "", supply_at(session.evse))
