"""Pages of grid operators."""

from datetime import UTC, datetime, timedelta

import pytest

from dso.models import Dso, PriceFeed
from dso.portal import pages
from dso.services import keeping
from energy.domain.supply import Limit
from energy.services import take_limits
from tests.factories.energy import PriceListFactory, SupplySourceFactory

NOW = datetime.now(UTC).replace(microsecond=0)
HOUR = timedelta(hours=1)


@pytest.fixture
def dso(db):
    made = keeping.add_peer(
        name="Grid", base_url="https://dso.example/cp", token_a="token-A", now=NOW
    )
    keeping.link(dso=made, source=SupplySourceFactory(name="Feeder"), group="G1", now=NOW)
    return made


def test_the_list_shows_state_lag_and_alarm(viewer, dso):
    Dso.objects.update(
        state="away", alarm="away", alarm_since=NOW, last_heard_at=NOW - 2 * HOUR, last_error="cut"
    )

    page = viewer.get("/dsos/").content.decode()

    for text in ("Grid", "Away", "2 hours ago", "Nothing is heard of it", "Feeder", "cut"):
        assert text in page
    assert "Add DSO" not in page  # which is for administrators


def test_the_page_shows_the_limits_of_the_day_as_picture_and_figures(viewer, dso):
    source = dso.links.get().source
    limits = [Limit(40, NOW - HOUR, NOW + HOUR), Limit(25, NOW + HOUR, NOW + 2 * HOUR)]
    take_limits(source=source, origin="Grid", reference="CONSUMPTION", limits=limits, now=NOW)

    page = viewer.get(f"/dsos/{dso.pk}/").content.decode()

    assert "40 of 100 kW now" in page
    assert page.count("From the grid") >= 2
    assert '<path d="M0 100 L0 60.0 L' in page
    assert "token-A" not in page
    assert "Remove…" not in page


def test_its_fragments_are_those_of_the_page(viewer, dso):
    found = pages.dso_fragments(viewer.user, {"dso": str(dso.pk)})

    assert set(found) == {
        "live-dso_head", "live-dso_state", "live-dso_sources", "live-dso_latest",
    }  # fmt: skip
    assert "Grid" in pages.list_fragments(viewer.user, {})["live-dsos"]


def test_a_peer_is_invited_and_its_token_shown_once(administrator):
    answer = administrator.post("/dsos/add/", {"how": "invite", "invite-name": "New"}, follow=True)

    page = answer.content.decode()
    assert "/oscp/fp/2.0" in page
    assert "Token A" in page
    again = administrator.get(f"/dsos/{Dso.objects.get().pk}/").content.decode()
    assert "Token A" not in again


def test_a_vtn_and_a_peer_are_added_and_linked(administrator):
    source = SupplySourceFactory()
    vtn = {"name": "V", "base_url": "https://v.example", "version": "3.0.1", "client_id": "c",
           "secret": "s", "poll_every_s": "30"}  # fmt: skip
    administrator.post("/dsos/add/", {"how": "vtn", **{f"vtn-{k}": v for k, v in vtn.items()}})
    peer = {"peer-name": "P", "peer-base_url": "https://p.example", "peer-token_a": "t"}
    administrator.post("/dsos/add/", {"how": "peer", **peer})
    made = Dso.objects.get(name="V")

    administrator.post(f"/dsos/{made.pk}/sources/add/", {"source": source.pk, "group": "EAN"})

    assert [one.group for one in made.links.all()] == ["EAN"]
    assert Dso.objects.get(name="P").owed.get().action == "register"


@pytest.mark.parametrize(
    ("form", "reason"),
    [
        ({"how": "invite", "invite-name": ""}, "This field is required"),
        ({"how": "peer", "peer-name": "P", "peer-base_url": "x y", "peer-token_a": "t"}, "valid URL"),
        ({"how": "invite", "invite-name": "Grid"}, None),
        ({"how": "peer", "peer-name": "Grid", "peer-base_url": "https://x.example",
          "peer-token_a": "t"}, "There is a DSO with this name already."),
        ({"how": "nothing"}, "Add DSO"),
    ],
)  # fmt: skip
def test_what_cannot_be_added_is_said_at_the_form(administrator, dso, form, reason):
    answer = administrator.post("/dsos/add/", form, follow=True)

    assert reason is None or reason in answer.content.decode()
    assert Dso.objects.count() == 1


@pytest.mark.parametrize("action", ["poll", "handshake", "suspend", "resume"])
def test_each_button_says_how_it_went(administrator, dso, action):
    answer = administrator.post(f"/dsos/{dso.pk}/{action}/", follow=True)

    assert answer.status_code == 200
    assert 'id="toasts"' in answer.content.decode()
    assert administrator.get(f"/dsos/{dso.pk}/{action}/").status_code == 405


def test_a_link_and_a_dso_are_removed(administrator, dso):
    link = dso.links.get()

    administrator.post(f"/dsos/{dso.pk}/sources/{link.pk}/remove/")
    assert not dso.links.exists()
    administrator.post(f"/dsos/{dso.pk}/remove/")
    assert not Dso.objects.exists()
    assert administrator.get(f"/dsos/{dso.pk}/").status_code == 404


def test_a_price_feed_is_kept_with_its_token_sealed(administrator):
    form = {
        "price_list": PriceListFactory(name="NL").pk,
        "area": "10YNL----------L",
        "token": "tok",
    }

    wrong = administrator.post("/dsos/feeds/add/", {**form, "area": "NL"}).content.decode()
    page = administrator.post("/dsos/feeds/add/", form, follow=True).content.decode()

    assert "16 characters that begin with 10Y." in wrong
    assert "10YNL----------L" in page
    assert "tok" not in PriceFeed.objects.get().token
