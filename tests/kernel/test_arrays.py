from datetime import UTC, datetime, timedelta, timezone

import pytest
from django.db import connection

from cpms.kernel.arrays import documents, instants, numbers, texts

INSTANTS = [
    datetime(1, 1, 1, tzinfo=UTC),
    datetime(1969, 12, 31, 23, 59, 59, 500_000, tzinfo=UTC),
    datetime(2026, 3, 29, 1, 59, 59, 999_999, tzinfo=UTC),
    datetime(2026, 1, 1, 1, 1, 1, 1, tzinfo=timezone(timedelta(hours=5, minutes=30))),
    datetime(9999, 12, 31, 23, 59, 59, 999_999, tzinfo=UTC),
]
TEXTS = ["", "NULL", "a,b", '"quoted"', "back\\slash", "{brace}", "tab\tline\nend", "ü – 漢"]


def read_back(literal, kind):
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT %s::{kind}[]", [literal])
        return cursor.fetchone()[0]


@pytest.mark.django_db
def test_instants_arrive_as_they_were():
    assert read_back(instants([*INSTANTS, None]), "timestamptz") == [*INSTANTS, None]


@pytest.mark.django_db
def test_texts_arrive_as_they_were():
    assert read_back(texts([*TEXTS, None]), "text") == [*TEXTS, None]


@pytest.mark.django_db
def test_what_a_text_cannot_hold_is_left_out_or_replaced():
    assert read_back(texts(["a\0b", "lone \ud800"]), "text") == ["ab", "lone ?"]


@pytest.mark.django_db
def test_numbers_arrive_as_they_were():
    assert read_back(numbers([1, -(2**63), None, 0]), "bigint") == [1, -(2**63), None, 0]
    assert read_back(numbers([0.1, None, 1e300]), "float8") == [0.1, None, 1e300]


@pytest.mark.django_db
def test_documents_arrive_as_they_were():
    value = [{"measurand": 'odd "one"', "value": None}]

    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT (%s::jsonb[])[1]::text, (%s::jsonb[])[2]", [documents([value, None])] * 2
        )
        text, absent = cursor.fetchone()

    assert (text, absent) == ('[{"value": null, "measurand": "odd \\"one\\""}]', None)
