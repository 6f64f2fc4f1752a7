"""Who is told of alerts, over REST."""

import pytest

from alerts.models import AlertRule, Webhook
from tests.api.conftest import problem_of
from tests.factories.stations import LocationFactory

pytestmark = pytest.mark.django_db

HOOK = {"name": "Pager", "url": "https://pager.example/x"}


def test_a_rule_is_made_changed_and_removed(admin):
    LocationFactory(ocpi_id="LOC1")
    hook = admin.post("webhooks", HOOK).json()["id"]
    body = {"name": "Nights", "kinds": ["dso_alarm"], "least_severity": "critical",
            "locations": ["LOC1"], "webhooks": [hook]}  # fmt: skip

    made = admin.post("alert-rules", body)

    assert made.status_code == 201
    pk = made.json()["id"]
    assert made.json() == body | {"id": pk, "subscribed": False}
    changed = admin.patch(f"alert-rules/{pk}", {"kinds": [], "least_severity": "notice"}).json()
    assert changed == made.json() | {"kinds": [], "least_severity": "notice"}
    assert admin.delete(f"alert-rules/{pk}").status_code == 204
    assert not AlertRule.objects.exists()


@pytest.mark.parametrize(
    "wrong",
    [
        {"name": ""},
        {"kinds": ["x"]},
        {"least_severity": 3},
        {"locations": ["X"]},
        {"webhooks": [7]},
    ],
)
def test_a_wrong_rule_is_refused(admin, wrong):
    answer = admin.post("alert-rules", {"name": "R"} | wrong)

    assert problem_of(answer) == (400, "invalid")
    assert not AlertRule.objects.exists()


def test_a_name_is_taken_once(admin):
    admin.post("alert-rules", {"name": "R"})

    assert problem_of(admin.post("alert-rules", {"name": "R"})) == (400, "invalid")


def test_a_viewer_subscribes_and_ends_it(viewer):
    rule = AlertRule.objects.create(name="R")
    path = f"alert-rules/{rule.pk}/subscription"

    assert viewer.put(path, {}).json()["subscribed"] is True
    assert viewer.get("alert-rules").json()["results"][0]["subscribed"] is True
    assert viewer.delete(path).json()["subscribed"] is False


def test_a_webhook_shows_its_secret_when_it_is_made_and_renewed_only(admin):
    made = admin.post("webhooks", HOOK).json()
    pk = made["id"]

    assert made["secret"].startswith("whsec_")
    renewed = admin.post(f"webhooks/{pk}/secret", {}).json()
    assert renewed["secret"] not in ("", made["secret"])
    assert "secret" not in admin.get(f"webhooks/{pk}").json()
    assert "secret" not in admin.get("webhooks").json()["results"][0]


def test_a_webhook_is_tested_switched_changed_and_removed(admin):
    pk = admin.post("webhooks", HOOK).json()["id"]

    sent = admin.post(f"webhooks/{pk}/test", {})
    assert (sent.status_code, sent.json()["event"]) == (202, "test")
    assert [one["id"] for one in admin.get(f"webhooks/{pk}/deliveries").json()] == [
        sent.json()["id"]
    ]
    assert admin.post(f"webhooks/{pk}/switch", {"on": False}).json()["switched_off"]
    assert admin.post(f"webhooks/{pk}/switch", {"on": True}).json()["switched_off"] == ""
    changed = admin.put(f"webhooks/{pk}", HOOK | {"name": "Desk"}).json()
    assert changed["name"] == "Desk"
    assert admin.delete(f"webhooks/{pk}").status_code == 204
    assert not Webhook.objects.exists()


def test_wrong_webhooks_are_refused(admin):
    admin.post("webhooks", HOOK)

    assert problem_of(admin.post("webhooks", HOOK)) == (409, "name_taken")
    wrong = HOOK | {"name": "N", "url": "ftp://x"}
    assert problem_of(admin.post("webhooks", wrong)) == (400, "wrong_url")
    assert problem_of(admin.get("webhooks/0")) == (404, "unknown_webhook")
    assert problem_of(admin.put("alert-rules/0/subscription", {})) == (404, "unknown_rule")
