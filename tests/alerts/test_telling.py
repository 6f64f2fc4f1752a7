"""Who is told of what, once when it opens and once when it is over."""

from datetime import timedelta

import pytest
from django.db import IntegrityError
from django.utils import timezone

from accounts.models import User
from alerts import services
from alerts.domain import signing
from alerts.models import Alert, AlertRule, Notice, Webhook
from alerts.services.telling import concerns
from stations.models import StationConnection
from tests.alerts.receiver import receiving
from tests.factories.alerts import NOON, AlertFactory
from tests.factories.stations import LocationFactory, StationFactory

pytestmark = pytest.mark.django_db

SECOND, MINUTE, HOUR, DAY = (timedelta(**{n: 1}) for n in ("seconds", "minutes", "hours", "days"))


@pytest.fixture
def receiver(settings):
    settings.EGRESS_ALLOW = ["127.0.0.0/8"]
    with receiving() as found:
        yield found


@pytest.fixture
def hook(receiver):
    return services.add_webhook(name="Pager", url=receiver.url, now=NOON)[0]


def rule_for(*, user=None, hook=None, **more):
    rule = AlertRule.objects.create(name=f"R{AlertRule.objects.count()}", **more)
    rule.subscribers.set([user] if user else [])
    rule.webhooks.set([hook] if hook else [])
    return rule


def staff(email="op@example.com", role="operator"):
    return User.objects.create(email=email, role=role)


def break_down(identity="CP1"):
    StationFactory(identity=identity)
    StationConnection.objects.update(connected_at=NOON - DAY, disconnected_at=NOON - HOUR)


def repair():
    StationConnection.objects.update(disconnected_at=None)


def owed():
    rows = Notice.objects.filter(due_at__isnull=False).order_by("created_at", "event")
    return [(one.event, "mail" if one.user_id else "call") for one in rows]


@pytest.mark.parametrize(
    ("rule", "is_told"),
    [
        ({}, True),
        ({"kinds": ["station_offline"]}, True),
        ({"kinds": ["dso_alarm"]}, False),
        ({"least_severity": 3}, True),
    ],
)
def test_a_rule_names_kinds_and_severities(rule, is_told):
    assert concerns(rule_for(**rule), AlertFactory()) is is_told


def test_a_rule_names_a_least_severity_and_locations():
    here, there = LocationFactory(), LocationFactory()
    rule = rule_for(least_severity=2)
    rule.locations.set([here])

    assert concerns(rule, AlertFactory(location=here, severity=2))
    assert not concerns(rule, AlertFactory(location=here, severity=1))
    assert not concerns(rule, AlertFactory(location=there))
    assert not concerns(rule, AlertFactory())


def test_who_two_rules_name_is_told_once_and_others_not_at_all(hook):
    user = staff()
    staff("other@example.com")
    rule_for(user=user, hook=hook)
    rule_for(user=user, hook=hook)
    break_down()

    services.notice_all(now=NOON)
    services.notice_all(now=NOON + SECOND)

    assert sorted(owed()) == [("opened", "call"), ("opened", "mail")]
    assert Notice.objects.get(user__isnull=False).user == user


def test_what_was_told_when_it_opened_is_told_once_more_when_it_is_over(hook, mailoutbox):
    rule_for(user=staff(), hook=hook)
    break_down()
    services.notice_all(now=NOON)
    services.mail_due(now=NOON + MINUTE)
    services.deliver_due(webhook_id=hook.pk)
    assert owed() == []

    repair()
    services.notice_all(now=NOON + HOUR)
    services.notice_all(now=NOON + HOUR + SECOND)

    assert sorted(owed()) == [("resolved", "call"), ("resolved", "mail")]
    services.mail_due(now=NOON + 2 * HOUR)
    assert [mail.subject for mail in mailoutbox] == [
        "[eMall CPMS] CP1 is offline.",
        "[eMall CPMS] Over: CP1 is offline.",
    ]


def test_no_mail_is_sent_of_what_is_over_before_it_went_out(mailoutbox):
    rule_for(user=staff())
    break_down()
    services.notice_all(now=NOON)
    repair()
    services.notice_all(now=NOON + 30 * SECOND)

    assert services.mail_due(now=NOON + HOUR) == 0
    assert (owed(), mailoutbox) == ([], [])


def test_one_mail_tells_of_many(mailoutbox):
    rule_for(user=staff())
    for number in range(30):
        StationFactory(identity=f"CP{number:02d}")
    StationConnection.objects.update(connected_at=NOON - DAY, disconnected_at=NOON - HOUR)
    services.notice_all(now=NOON)

    assert services.mail_due(now=NOON + 59 * SECOND) == 0
    assert services.mail_due(now=NOON + MINUTE) == 1
    (mail,) = mailoutbox
    assert mail.to == ["op@example.com"]
    assert mail.body.count("is offline.") == 30
    assert "/alerts/rules/" in mail.body


def test_a_mail_speaks_its_subscribers_language(mailoutbox):
    people = [staff("it@example.com"), staff("en@example.com")]
    User.objects.filter(email="it@example.com").update(language="it")
    rule_for().subscribers.set(people)
    break_down()
    services.notice_all(now=NOON)

    services.mail_due(now=NOON + MINUTE)

    assert {mail.to[0]: mail.subject for mail in mailoutbox} == {
        "it@example.com": "[eMall CPMS] CP1 è offline.",
        "en@example.com": "[eMall CPMS] CP1 is offline.",
    }


def test_who_lost_their_role_is_told_nothing(mailoutbox):
    user = staff()
    rule_for(user=user)
    break_down()
    services.notice_all(now=NOON)
    User.objects.update(role="none")

    services.mail_due(now=NOON + HOUR)

    assert (owed(), mailoutbox) == ([], [])


def test_a_mail_that_could_not_be_sent_is_sent_later(monkeypatch, mailoutbox):
    rule_for(user=staff())
    break_down()
    services.notice_all(now=NOON)

    def refuse(*_):
        raise OSError("No such host")

    with monkeypatch.context() as patch:
        patch.setattr("accounts.adapters.AccountAdapter.render_mail", refuse)
        services.mail_due(now=NOON + MINUTE)
    (notice,) = Notice.objects.all()
    assert (notice.due_at, notice.error) == (NOON + MINUTE + 15 * SECOND, "No such host")

    services.mail_due(now=NOON + HOUR)
    assert len(mailoutbox) == 1


def test_a_webhook_is_sent_a_signed_document(receiver, hook):
    secret = services.renew_secret(webhook=hook)
    rule_for(hook=hook)
    break_down()
    services.notice_all(now=NOON)

    assert services.deliver_due(webhook_id=hook.pk) == 1

    ((headers, raw, body),) = receiver.taken
    signed = signing.headers(
        secret=secret,
        message_id=headers["webhook-id"],
        timestamp=int(headers["webhook-timestamp"]),
        body=raw,
    )
    assert signed.items() <= headers.items()
    assert (body["type"], body["data"]["text"]) == ("alert.opened", "CP1 is offline.")
    assert body["data"]["facts"] == {"station": "CP1"}
    assert secret not in Webhook.objects.get().secret
    notice = Notice.objects.get()
    assert (str(notice.pk), notice.http_status, notice.due_at) == (headers["webhook-id"], 200, None)


def test_what_is_not_taken_is_sent_again_before_what_comes_after(receiver, hook):
    rule_for(hook=hook)
    receiver.answers = [500]
    break_down()
    services.notice_all(now=NOON)
    repair()
    services.notice_all(now=NOON + SECOND)

    assert services.deliver_due(webhook_id=hook.pk) == 0
    first = Notice.objects.get(event="opened")
    assert (first.attempts, first.http_status) == (1, 500)
    assert first.due_at is None  # it is owed since long ago in these tests: let be
    assert services.deliver_due(webhook_id=hook.pk) == 1
    assert [body["type"] for *_, body in receiver.taken] == ["alert.opened", "alert.resolved"]


def test_a_failure_waits_and_holds_up_what_comes_after(receiver, hook):
    now = timezone.now()
    receiver.answers = [503]
    services.owe_test(webhook=hook, now=now)
    services.owe_test(webhook=hook, now=now + SECOND)
    Notice.objects.update(due_at=now - SECOND)

    assert services.deliver_due(webhook_id=hook.pk) == 0
    assert services.deliver_due(webhook_id=hook.pk) == 0  # it is not due yet

    assert len(receiver.taken) == 1
    hook.refresh_from_db()
    assert hook.failing_since is not None
    Notice.objects.update(due_at=now - SECOND)
    assert services.deliver_due(webhook_id=hook.pk) == 2
    hook.refresh_from_db()
    assert hook.failing_since is None


@pytest.mark.parametrize(("status", "failing"), [(410, None), (500, DAY * 3)])
def test_a_webhook_that_is_gone_or_fails_for_days_is_switched_off(receiver, hook, status, failing):
    now = timezone.now()
    receiver.answers = [status]
    Webhook.objects.update(failing_since=now - failing if failing else None)
    services.owe_test(webhook=hook, now=now)
    services.owe_test(webhook=hook, now=now)

    services.deliver_due(webhook_id=hook.pk)

    hook.refresh_from_db()
    assert hook.switched_off == f"It answered HTTP {status}."
    assert (owed(), len(receiver.taken)) == ([], 1)
    rule_for(hook=hook)
    break_down()
    services.notice_all(now=NOON)
    assert owed() == []

    services.switch_on(webhook=hook)
    hook.refresh_from_db()
    assert (hook.switched_off, hook.failing_since) == ("", None)


def test_a_webhook_to_a_private_address_is_refused_and_says_so(hook, settings):
    settings.EGRESS_ALLOW = []
    services.owe_test(webhook=hook, now=timezone.now())

    assert services.deliver_due(webhook_id=hook.pk) == 0
    notice = Notice.objects.get()
    assert (notice.http_status, notice.delivered_at, notice.error != "") == (None, None, True)


def test_one_that_is_being_sent_is_not_sent_by_another(receiver, hook):
    services.owe_test(webhook=hook, now=timezone.now())
    Notice.objects.update(due_at=timezone.now() + 30 * SECOND)  # somebody's lease

    assert services.deliver_due(webhook_id=hook.pk) == 0
    assert receiver.taken == []


def test_the_database_holds_one_notice_of_a_kind_for_each():
    alert, user = AlertFactory(), staff()
    Notice.objects.create(alert=alert, event="opened", user=user, created_at=NOON)

    with pytest.raises(IntegrityError, match="notice_mailed_once"):
        Notice.objects.create(alert=alert, event="opened", user=user, created_at=NOON)


def test_settled_notices_are_forgotten_after_a_month(hook):
    for ago in (DAY * 29, DAY * 31):
        services.owe_test(webhook=hook, now=NOON - ago)
    Notice.objects.filter(created_at__lt=NOON).update(due_at=None)

    assert services.forget_notices(now=NOON) == 1
    assert Alert.objects.count() == 0
