import pytest

from cpms.kernel.documents import DEEPEST, Unreadable, read_json


def test_json_is_read_as_it_stands():
    deepest = "[" * DEEPEST + "]" * DEEPEST

    assert read_json(b'{"a": [1, 2.5, null, true, "\xc3\xa9"]}') == {"a": [1, 2.5, None, True, "é"]}
    assert str(read_json(deepest)) == deepest
    assert read_json("[9223372036854775807, -0.5, true]") == [2**63 - 1, -0.5, True]


@pytest.mark.parametrize(
    "text",
    [
        "", "{", "NaN", "[Infinity]", '"\\ud800"', b'"\xff"', "9" * 5000,
        '["\\u0000"]', '{"\\u0000": 1}', "[" * (DEEPEST + 1) + "]" * (DEEPEST + 1),
        "[" * 100_000 + "]" * 100_000, "1e300", '{"a": [-1e19]}', "9223372036854775808",
    ],
)  # fmt: skip
def test_what_cannot_be_kept_is_refused(text):
    with pytest.raises(Unreadable):
        read_json(text)
