"""A token as its issuer tells it, in either version."""

import pytest

from ocpi.errors import InvalidParameter
from ocpi.v221.told import told_token
from tests.factories.ocpi import token_body


@pytest.mark.parametrize("kind", ["EMAID", "WATCH"])
def test_a_type_that_is_new_is_kept_from_2_3_0_on(kind):
    assert told_token(token_body(type=kind), "2.3.0").type == kind

    with pytest.raises(InvalidParameter):
        told_token(token_body(type=kind), "2.2.1")


@pytest.mark.parametrize(
    "body",
    [
        None,
        [],
        {"uid": "04AA"},
        token_body(type="A" * 13),
        token_body(last_updated="2026-13-01T12:00:00Z"),
        token_body(uid="x" * 37),
        token_body(whitelist="SOMETIMES"),
    ],
)
@pytest.mark.parametrize("version", ["2.2.1", "2.3.0"])
def test_what_cannot_be_kept_is_refused(body, version):
    with pytest.raises(InvalidParameter):
        told_token(body, version)
