"""Pages of who is told of alerts."""

import pytest

from accounts.models import AuditEntry
from alerts import services
from alerts.models import AlertRule, Notice, Webhook
from tests.factories.alerts import NOON
from tests.factories.stations import LocationFactory


@pytest.fixture
def hook(db):
    return services.add_webhook(name="Pager", url="https://pager.example/x", now=NOON)[0]


@pytest.fixture
def rule(db):
    return AlertRule.objects.create(name="Nights", kinds=["dso_alarm"])


def test_nobody_told_yet_is_said(administrator, viewer):
    assert 'href="/alerts/rules/add/"' in administrator.get("/alerts/rules/").content.decode()
    page = viewer.get("/alerts/rules/").content.decode()
    assert "Nobody is told yet." in page
    assert "/alerts/rules/add/" not in page


def test_a_rule_is_added_changed_and_removed(administrator, hook):
    place = LocationFactory(name="Station square")
    fields = {"name": "Nights", "least_severity": "3", "kinds": ["evse_fault"],
              "locations": [place.pk], "webhooks": [hook.pk]}  # fmt: skip

    administrator.post("/alerts/rules/add/", fields)

    rule = AlertRule.objects.get()
    assert (rule.kinds, rule.least_severity) == (["evse_fault"], 3)
    assert ([*rule.locations.all()], [*rule.webhooks.all()]) == ([place], [hook])
    page = administrator.get("/alerts/rules/").content.decode()
    for text in ("Nights", "EVSE with an error", "Station square", "Pager", "Critical"):
        assert text in page
    administrator.post(f"/alerts/rules/{rule.pk}/", {"name": "Days", "least_severity": "1"})
    rule.refresh_from_db()
    assert (rule.name, rule.kinds, rule.locations.count()) == ("Days", [], 0)
    administrator.post(f"/alerts/rules/{rule.pk}/remove/")
    assert not AlertRule.objects.exists()


@pytest.mark.parametrize("fields", [{"name": ""}, {"kinds": ["x"]}, {"least_severity": "9"}])
def test_a_wrong_rule_is_refused(administrator, fields):
    whole = {"name": "R", "least_severity": "2"} | fields

    page = administrator.post("/alerts/rules/add/", whole).content.decode()

    assert "Please look at this again." in page
    assert not AlertRule.objects.exists()


def test_a_viewer_subscribes_and_ends_it(viewer, rule):
    viewer.post(f"/alerts/rules/{rule.pk}/subscribe/", {"on": "1"})
    assert [*rule.subscribers.all()] == [viewer.user]
    assert "Unsubscribe" in viewer.get("/alerts/rules/").content.decode()

    viewer.post(f"/alerts/rules/{rule.pk}/subscribe/")
    assert [*rule.subscribers.all()] == []


def test_rules_cost_the_same_for_one_and_for_twenty(viewer, django_assert_max_num_queries):
    counts = []
    for rows in (1, 19):
        for number in range(rows):
            AlertRule.objects.create(name=f"{rows}-{number}").locations.set([LocationFactory()])
        with django_assert_max_num_queries(12) as queries:
            viewer.get("/alerts/rules/")
        counts.append(len(queries))

    assert counts[0] == counts[1]


def test_a_webhook_is_added_and_its_secret_shown_once(administrator):
    fields = {"name": "Pager", "url": "https://pager.example/x"}

    page = administrator.post("/webhooks/add/", fields, follow=True).content.decode()

    hook = Webhook.objects.get()
    assert "whsec_" in page
    assert "whsec_" not in administrator.get(f"/webhooks/{hook.pk}/").content.decode()
    assert "whsec_" not in str(AuditEntry.objects.values())
    again = administrator.post("/webhooks/add/", fields).content.decode()
    assert "There is one of this name already." in again


@pytest.mark.parametrize(
    "url", ["ftp://pager.example", "javascript:alert(1)", "https://a b.example"]
)
def test_a_webhook_goes_to_a_web_address(administrator, url):
    page = administrator.post("/webhooks/add/", {"name": "P", "url": url}).content.decode()

    assert "Please look at this again." in page
    assert not Webhook.objects.exists()


def test_a_test_stands_in_the_deliveries(administrator, hook):
    administrator.post(f"/webhooks/{hook.pk}/test/")

    page = administrator.get(f"/webhooks/{hook.pk}/").content.decode()
    assert Notice.objects.get().event == "test"
    assert "This is a test." in page
    assert "Owed" in page


def test_a_webhook_is_changed_gets_a_new_secret_is_switched_and_removed(administrator, hook):
    page = f"/webhooks/{hook.pk}/"
    administrator.post(f"{page}edit/", {"name": "Desk", "url": "https://desk.example"})
    before = Webhook.objects.get()
    assert (before.name, before.url) == ("Desk", "https://desk.example")

    shown = administrator.post(f"{page}secret/", follow=True).content.decode()
    assert "whsec_" in shown
    assert Webhook.objects.get().secret != before.secret

    administrator.post(f"{page}switch/")
    assert "It is switched off." in administrator.get(page).content.decode()
    administrator.post(f"{page}switch/", {"on": "1"})
    assert Webhook.objects.get().switched_off == ""

    administrator.post(f"{page}remove/")
    assert not Webhook.objects.exists()


@pytest.mark.parametrize("page", ["alerts/rules/7/", "webhooks/7/", "webhooks/7/edit/"])
def test_what_there_is_not_is_not_found(administrator, page):
    assert administrator.get(f"/{page}").status_code == 404
