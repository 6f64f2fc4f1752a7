"""Signatures and waits."""

from datetime import timedelta

import pytest

from alerts.domain import signing
from alerts.domain.retrying import next_try
from tests.factories.alerts import NOON


def test_a_signature_is_that_of_the_example_that_standard_webhooks_gives():
    found = signing.headers(
        secret="whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
        message_id="msg_p5jXN8AQM9LWM0D4loKWxJek",
        timestamp=1614265330,
        body=b'{"test": 2432232314}',
    )

    assert found == {
        "webhook-id": "msg_p5jXN8AQM9LWM0D4loKWxJek",
        "webhook-timestamp": "1614265330",
        "webhook-signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
    }


def test_no_two_secrets_are_alike():
    assert len({signing.new_secret() for _ in range(20)}) == 20


@pytest.mark.parametrize(
    ("attempts", "seconds"), [(1, 15), (2, 30), (5, 240), (8, 1920), (9, 3600), (500, 3600)]
)
def test_waits_double_up_to_an_hour(attempts, seconds):
    found = next_try(attempts=attempts, owed_since=NOON, now=NOON)

    assert found == NOON + timedelta(seconds=seconds)


def test_after_a_day_it_is_let_be():
    day = timedelta(days=1)

    assert next_try(attempts=1, owed_since=NOON, now=NOON + day - timedelta(seconds=16))
    assert next_try(attempts=1, owed_since=NOON, now=NOON + day - timedelta(seconds=15)) is None
