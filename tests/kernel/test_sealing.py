import base64

import pytest

from cpms.kernel.sealing import SEAL, BrokenSeal, seal, unseal


@pytest.mark.parametrize("text", ["", "token-B", "é" * 200])
def test_what_was_sealed_is_read_again(text):
    assert unseal(seal(text, "row 1", "secret"), "row 1", "secret") == text


def test_the_same_text_never_looks_the_same():
    sealed = {seal("token-B", "row 1", "secret") for _ in range(10)}

    assert len(sealed) == 10
    assert not any("token-B" in text for text in sealed)


@pytest.mark.parametrize(("context", "secret"), [("row 2", "secret"), ("row 1", "other")])
def test_it_is_read_nowhere_else(context, secret):
    with pytest.raises(BrokenSeal):
        unseal(seal("token-B", "row 1", "secret"), context, secret)


def test_no_bit_of_it_can_be_changed():
    sealed = seal("token-B", "row 1", "secret")
    data = base64.urlsafe_b64decode(sealed.removeprefix(SEAL))
    for index in range(len(data)):
        changed = bytearray(data)
        changed[index] ^= 1

        with pytest.raises(BrokenSeal):
            unseal(SEAL + base64.urlsafe_b64encode(changed).decode(), "row 1", "secret")


@pytest.mark.parametrize("text", ["", "token-B", "sealed:", "sealed:?", "sealed:é", "sealed:AAAA"])
def test_what_was_never_sealed_is_not_taken_for_a_secret(text):
    with pytest.raises(BrokenSeal):
        unseal(text, "row 1", "secret")
