"""Opening hours as lines of text and as OCPI's regular hours."""

import pytest

from stations.domain.opening_hours import BadOpeningHours, in_words, regular_hours


def hours(weekday, begin, end):
    return {"weekday": weekday, "period_begin": begin, "period_end": end}


def test_lines_are_read_day_by_day():
    found = regular_hours("sat 09:00 - 24:00\n\nMon-Tue 08:00-12:00\nMon 13:00-20:00\n")

    assert found == [
        hours(1, "08:00", "12:00"),
        hours(1, "13:00", "20:00"),
        hours(2, "08:00", "12:00"),
        hours(6, "09:00", "24:00"),
    ]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Mon-Fri 08:00-20:00\nSat 10:00-18:00",
        "Mon 08:00-12:00\nMon 14:00-18:00\nWed 08:00-12:00",
    ],
)
def test_what_was_read_is_written_again(text):
    assert in_words(regular_hours(text)) == text


@pytest.mark.parametrize(
    "line",
    ["always", "Mon 8:00-20:00", "Mon 25:00-26:00", "Fri-Mon 08:00-20:00", "Xyz 08:00-20:00",
     "Mon 20:00-08:00", "Mon 08:00-08:00", "Mon-Fri 08:00-20:00 and more"],
)  # fmt: skip
def test_a_line_that_says_nothing_clear_is_refused(line):
    with pytest.raises(BadOpeningHours) as refusal:
        regular_hours(f"Mon 08:00-20:00\n{line}")

    assert str(refusal.value) == line
