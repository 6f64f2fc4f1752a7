import hashlib

from accounts.domain import digest_of, new_token, prefix_of


def test_tokens_are_long_random_and_recognisable():
    tokens = {new_token() for _ in range(100)}

    assert len(tokens) == 100
    assert {(token[:5], len(token)) for token in tokens} == {("cpms_", 48)}


def test_of_a_token_its_digest_and_beginning_are_kept():
    assert (digest_of("cpms_abc"), prefix_of("cpms_0123456789")) == (
        hashlib.sha256(b"cpms_abc").hexdigest(),
        "cpms_0123456",
    )
