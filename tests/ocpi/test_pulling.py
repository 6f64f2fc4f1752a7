"""All tokens of a partner, read over real HTTP: page by page, again after faults and outages."""

from datetime import UTC, datetime, timedelta
from io import StringIO
from urllib.parse import parse_qs, urlsplit

import pytest
from django.core.management import call_command

from booking.models import Token
from booking.services import keep_issued_tokens
from ocpi.domain.pages import next_page
from ocpi.models import OwedPush, TokenPull
from ocpi.services.pulling import ask_for_pull, pull_tokens, start_pulls, watch
from ocpi.services.pushing import push_partner
from ocpi.v221.mapping import issued_token
from tests.factories.ocpi import roaming_token, token_body
from tests.ocpi.emsp import Answer, ok, refused

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)


class Book:
    """The eMSP's list of tokens, in pages of two."""

    def __init__(self, emsp, bodies):
        self.emsp, self.bodies, self.asked = emsp, bodies, []
        self.has_link = True

    def __call__(self, path, _):
        asked = {name: values[0] for name, values in parse_qs(urlsplit(path).query).items()}
        self.asked.append(asked)
        offset = int(asked.get("offset", 0))
        page = ok(self.bodies[offset : offset + 2])
        page.headers["X-Total-Count"] = str(len(self.bodies))
        if self.has_link and offset + 2 < len(self.bodies):
            link = f"{self.emsp.url}/emsp/tokens?offset={offset + 2}&cursor=x"
            page.headers["Link"] = f'<{link}>; rel="next"'
        return page


@pytest.fixture
def book(emsp, partner):
    bodies = [token_body(f"04{number:02}") for number in range(5)]
    emsp.answers["GET", "tokens"] = Book(emsp, bodies)
    return emsp.answers["GET", "tokens"]


def pull(partner, now=NOW):
    TokenPull.objects.filter(pk=partner.pk).update(due_at=now)
    return pull_tokens(partner_id=partner.pk, clock=lambda: now)


def uids():
    return sorted(Token.objects.values_list("uid", flat=True))


@pytest.mark.parametrize("has_link", [True, False])
def test_a_new_partners_tokens_are_read_to_the_last_page(partner, book, has_link):
    book.has_link = has_link

    assert pull_tokens(partner_id=partner.pk) == 5

    assert uids() == ["0400", "0401", "0402", "0403", "0404"]
    cursor = {"cursor": "x"} if has_link else {"limit": "500"}
    assert book.asked == [{"limit": "500"}, {"offset": "2", **cursor}, {"offset": "4", **cursor}]
    state = TokenPull.objects.get()
    assert (state.seen, state.refused, state.next_url, state.began_at) == (5, 0, "", None)
    assert pull_tokens(partner_id=partner.pk) is None


def test_then_what_changed_is_asked_for_and_now_and_then_everything(partner, book):
    pull(partner)
    pull(partner, NOW + HOUR)
    pull(partner, NOW + 24 * 8 * HOUR)

    firsts = [asked for asked in book.asked if "offset" not in asked]
    assert firsts == [
        {"limit": "500"},
        {"limit": "500", "date_from": "2026-06-01T11:55:00Z"},
        {"limit": "500"},
    ]


def test_a_pull_goes_on_where_it_was(emsp, partner, book):
    failing = lambda path, body: refused(500, 3000) if "offset=2" in path else book(path, body)  # noqa: E731
    emsp.answers["GET", "tokens"] = failing
    assert pull(partner) == 2
    failed = TokenPull.objects.get()

    emsp.answers["GET", "tokens"] = book
    assert pull(partner, NOW + HOUR) == 3

    assert (failed.failures, failed.last_error) == (1, "HTTP 500, 3000")
    assert failed.due_at == NOW + timedelta(minutes=1)
    assert (TokenPull.objects.get().failures, len(uids())) == (0, 5)
    assert [asked.get("offset") for asked in book.asked] == [None, "2", "4"]


def test_a_page_that_cannot_be_had_any_more_is_not_asked_for_for_ever(emsp, partner, book):
    gone = lambda path, body: refused(404, 2001) if "offset=2" in path else book(path, body)  # noqa: E731
    emsp.answers["GET", "tokens"] = gone
    for hour in range(6):
        pull(partner, NOW + hour * HOUR)

    assert [asked.get("offset") for asked in book.asked] == [None, None]


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (Answer(200, {"status_code": 1000, "data": {}}), "HTTP 200, 1000"),
        (Answer(200, {"status_code": 2001, "data": []}), "HTTP 200, 2001"),
        (Answer(200, []), "HTTP 200, no OCPI envelope"),
    ],
)
def test_what_is_no_list_is_refused(emsp, partner, answer, error):
    emsp.answers["GET", "tokens"] = answer

    assert pull(partner) == 0
    assert TokenPull.objects.get().last_error == error


@pytest.mark.parametrize(
    ("link", "error"),
    [
        ("http://169.254.169.254/x", "This host is not one of the partner's."),
        ("{url}/emsp/tokens?again", "The Link to the next page leads nowhere."),
        ("{url}/" + "x" * 2048, "The Link to the next page leads nowhere."),
    ],
)
def test_a_link_leads_nowhere_else_and_not_in_circles(emsp, partner, link, error):
    page = ok([token_body("0400")])
    page.headers["Link"] = f'<{link.format(url=emsp.url)}>; rel="next"'
    emsp.answers["GET", "tokens"] = page

    pull(partner)

    assert TokenPull.objects.get().last_error == error


def test_what_is_malformed_or_anothers_is_left_out(emsp, partner, book):
    book.bodies[:] = [
        token_body("0400", party_id="EVL"),
        token_body("0401", type="CARD"),
        {"uid": "0402"},
        "0403",
        token_body("0404", visual_number=None),
    ]

    assert pull(partner) == 1

    assert uids() == ["0404"]
    assert (TokenPull.objects.get().seen, TokenPull.objects.get().refused) == (5, 4)


def test_the_newer_of_two_accounts_counts(partner, book):
    roaming_token(uid="0400", valid=False, last_updated=NOW + HOUR)
    roaming_token(uid="0401", valid=False, last_updated=NOW - HOUR)
    book.bodies[:] = [
        token_body("0400"), token_body("0401"), token_body("0402", valid=False),
        token_body("0402", last_updated="2026-06-01T11:00:00Z"),
    ]  # fmt: skip

    pull(partner)

    valid = dict(Token.objects.values_list("uid", "valid"))
    assert valid == {"0400": False, "0401": True, "0402": False}


def test_many_tokens_take_few_statements(db, django_assert_max_num_queries):
    told = [issued_token(token_body(f"04{number:04}")) for number in range(500)]

    with django_assert_max_num_queries(5):
        first = keep_issued_tokens(tokens=told)
    again = keep_issued_tokens(tokens=told)

    assert (first["created"], again["unchanged"]) == (500, 500)


def test_somebody_elses_pull_is_left_alone(partner, book):
    TokenPull.objects.update(leased_until=NOW + HOUR)

    assert pull(partner) is None
    assert pull(partner, NOW + HOUR) == 5


def test_after_an_outage_of_ours_everything_is_due(partner, book):
    pull(partner)
    due_at = TokenPull.objects.get().due_at
    TokenPull.objects.update(watched_at=NOW)

    watch(now=NOW + timedelta(minutes=4))
    watch(now=NOW + timedelta(minutes=8))
    calm = TokenPull.objects.get().due_at
    watch(now=NOW + timedelta(minutes=14))

    assert (calm, TokenPull.objects.get().due_at) == (due_at, NOW + timedelta(minutes=14))


def test_after_an_outage_of_the_partners_its_tokens_are_due(emsp, partner, book):
    pull(partner)
    OwedPush.objects.create(
        partner=partner, module="tariffs", object_id="GONE", due_at=NOW, delivered={}
    )
    partner.failures = 2
    partner.save()

    push_partner(partner_id=partner.pk, clock=lambda: NOW)

    assert TokenPull.objects.get().due_at == NOW


def test_a_partner_without_tokens_is_asked_for_none(partner, book):
    partner.endpoints = {
        name: url for name, url in partner.endpoints.items() if "tokens" not in name
    }
    partner.save()

    assert pull(partner) == 0
    assert (book.asked, start_pulls(now=NOW)) == ([], 0)


def test_by_hand(partner, book):
    out = StringIO()
    call_command("ocpi", "pull", "Roamer", "--full", stdout=out)

    assert '"tokens": 5' in out.getvalue()
    ask_for_pull(partner=partner, now=NOW)
    assert TokenPull.objects.get().due_at == NOW


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ({}, None),
        ({"link": '<http://x/2>; rel="next"'}, "http://x/2"),
        ({"link": '<http://x/0>; rel="prev", <http://x/2>; rel=next'}, "http://x/2"),
        ({"link": '<http://x/0>; rel="first"'}, None),
        ({"link": "http://x/2"}, None),
        ({"x-total-count": "3"}, "http://x/?limit=2&offset=2"),
        ({"x-total-count": "2"}, None),
        ({"x-total-count": "-3"}, None),
        ({"x-total-count": "many"}, None),
    ],
)
def test_where_a_list_goes_on(headers, expected):
    assert next_page(headers, "http://x/?limit=2", seen=2, listed=2) == expected
