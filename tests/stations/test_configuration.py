import pytest

from stations.domain.configuration import said, whole_number


@pytest.mark.parametrize(
    ("entry", "text"),
    [
        ({"value": " Core,Reservation "}, "Core,Reservation"),
        ({"value": 7}, "7"),
        ({"value": None}, ""),
        ({}, ""),
        ("Core", ""),
        (None, ""),
    ],
)
def test_what_a_station_said_is_a_text(entry, text):
    assert said({"SupportedFeatureProfiles": entry}, "SupportedFeatureProfiles") == text
    assert said({}, "SupportedFeatureProfiles") == ""


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("0", 0),
        ("999999999", 999_999_999),
        ("9" * 5000, None),
        ("-1", None),
        ("٣", None),
        ("", None),
    ],
)
def test_a_number_is_one_that_can_be_set(text, number):
    assert whole_number(text) == number
