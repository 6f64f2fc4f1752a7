"""An exchange in a few words."""

import pytest

from stations.domain.exchange import gist, outcome_word


@pytest.mark.parametrize(
    ("request_", "words"),
    [
        ({"connectorId": 1, "status": "Charging", "timestamp": "2026"}, "connectorId 1 · status Charging"),
        ({"meterValue": [], "transactionId": 7}, "transactionId 7"),
        ({"a": 1, "b": 2, "c": 3, "d": 4, "e": 5}, "a 1 · b 2 · c 3 · d 4"),
        ({"data": "x" * 50}, "data " + "x" * 40),
        ({}, ""),
        ([1], ""),
        (None, ""),
    ],
)  # fmt: skip
def test_the_gist_of_a_request(request_, words):
    assert gist(request_) == words


@pytest.mark.parametrize(
    ("answer", "word"),
    [
        ([3, "1", {"status": "Accepted", "interval": 300}], "Accepted"),
        ([3, "1", {"idTagInfo": {"status": "Blocked"}, "transactionId": 1}], "Blocked"),
        ([3, "1", {}], ""),
        ([3, "1", {"status": 5}], ""),
        ([4, "1", "InternalError", "", {}], ""),
        (None, ""),
    ],
)
def test_the_word_of_an_answer(answer, word):
    assert outcome_word(answer) == word
