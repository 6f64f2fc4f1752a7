"""What a spreadsheet is given."""

import pytest

from booking.portal.export import harmless


@pytest.mark.parametrize("first", ["=", "+", "-", "@", "\t", "\r", "\n"])
def test_what_a_spreadsheet_would_run_is_a_text_to_it(first):
    assert harmless(f"{first}1+1") == f"'{first}1+1"


@pytest.mark.parametrize(("value", "shown"), [("1=1", "1=1"), ("", ""), (None, ""), (-5, "-5")])
def test_what_is_harmless_stays(value, shown):
    assert harmless(value) == shown
