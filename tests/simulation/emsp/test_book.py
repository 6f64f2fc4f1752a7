import pytest

from cpms.simulation.emsp.book import Book, Verdict

OLD, NOW, NEW = (f"2026-06-01T12:00:{second}Z" for second in ("00", "01", "02"))
PATH = ("NL", "EMA", "L1")


def location(at=NOW, **more):
    connector = {"id": "1", "max_amperage": 32, "last_updated": at}
    evse = {"uid": "E1", "status": "AVAILABLE", "connectors": [connector], "last_updated": at}
    body = {"country_code": "NL", "party_id": "EMA", "id": "L1", "evses": [evse]}
    return {**body, "last_updated": at, **more}


def session(at=NOW, **more):
    body = {"country_code": "NL", "party_id": "EMA", "id": "S1", "kwh": 0}
    return {**body, "charging_periods": ["one"], "last_updated": at, **more}


@pytest.fixture
def book():
    book = Book()
    book.learn("locations", location())
    return book


def test_the_newest_word_counts(book):
    newer = location(NEW, name="Renamed")

    told = [book.put("locations", PATH, newer), book.put("locations", PATH, dict(newer))]
    told.append(book.put("locations", PATH, location(OLD)))

    assert told == [Verdict.CHANGED, Verdict.REPEATED, Verdict.STALE]
    assert list(book.locations.values()) == [newer]


@pytest.mark.parametrize(
    "body", [location(id="L2"), location(at="yesterday"), {"last_updated": NOW}, [], None, "x"]
)
def test_an_object_that_is_not_the_one_of_its_url_is_not_taken(book, body):
    assert book.put("locations", PATH, body) is Verdict.WRONG
    assert list(book.locations.values()) == [location()]


def test_a_patch_reaches_the_part_it_names_and_ages_what_is_above(book):
    path = ("nl", "ema", "l1", "e1")

    told = book.patch("locations", path, {"status": "CHARGING", "last_updated": NEW})

    expected = location()
    expected["evses"][0] |= {"status": "CHARGING", "last_updated": NEW}
    assert told is Verdict.CHANGED
    assert list(book.locations.values()) == [{**expected, "last_updated": NEW}]


@pytest.mark.parametrize(
    ("path", "at", "verdict"),
    [
        ((*PATH, "E1"), OLD, Verdict.STALE),
        ((*PATH, "E2"), NEW, Verdict.LACKING),
        ((*PATH, "E1", "2"), NEW, Verdict.LACKING),
        (("NL", "EMA", "L2"), NEW, Verdict.LACKING),
        ((*PATH, "E1"), None, Verdict.WRONG),
    ],
)
def test_a_patch_that_does_not_fit_changes_nothing(book, path, at, verdict):
    changes = {"status": "CHARGING"} | ({"last_updated": at} if at else {})

    assert book.patch("locations", path, changes) is verdict
    assert list(book.locations.values()) == [location()]


def test_parts_of_a_location_are_put(book):
    evse = {"uid": "E2", "status": "CHARGING", "connectors": [], "last_updated": NEW}
    plug = {"id": "1", "max_amperage": 16, "last_updated": NEW}

    told = [
        book.put("locations", (*PATH, "E2"), evse),
        book.put("locations", (*PATH, "E1", "1"), plug),
        book.put("locations", (*PATH, "E1"), {**evse, "uid": "E3"}),
        book.put("locations", ("NL", "EMA", "L9", "E1"), evse),
    ]

    assert told == [Verdict.NEW, Verdict.CHANGED, Verdict.WRONG, Verdict.LACKING]
    evses = book.locations["NL", "EMA", "l1"]["evses"]
    assert [one["uid"] for one in evses] == ["E1", "E2"]
    assert evses[0]["connectors"] == [plug]


def test_charging_periods_are_appended():
    book = Book()
    book.learn("sessions", session())

    book.patch("sessions", ("NL", "EMA", "S1"), {"charging_periods": ["two"], "last_updated": NEW})

    assert book.find("sessions", ("NL", "EMA", "S1"))["charging_periods"] == ["one", "two"]


def test_a_cdr_never_changes():
    book, cdr = Book(), session()

    told = [book.learn("cdrs", body) for body in (cdr, dict(cdr), session(NEW, kwh=9), {})]

    assert told == [Verdict.NEW, Verdict.REPEATED, Verdict.WRONG, Verdict.WRONG]
    assert list(book.cdrs.values()) == [cdr]


def test_what_is_gone_is_gone(book):
    book.learn("tariffs", session())

    told = [book.remove("tariffs", ("NL", "EMA", "s1")) for _ in range(2)]

    assert told == [Verdict.REMOVED, Verdict.LACKING]
