"""Register maps of vendors: checked when they are read, exact in what they write."""

import pytest

from energy.domain.register_map import map_of
from energy.domain.registers import Kind, OutOfRange, decode, encode
from energy.errors import InvalidRegisterMap, UnknownRegisterMap
from energy.register_maps import names, register_map

SOC = {"address": 10, "kind": "uint16", "scale": 0.01}
POWER = {"address": 11, "kind": "int32"}
TELL = {"address": 20, "kind": "int32", "scale": 0.001, "value": "power"}
REVERT = {"address": 22, "kind": "uint16", "value": "reversion"}
BODY = {"device": "battery", "read": {"soc": SOC, "power": POWER}, "write": [TELL, REVERT]}


def test_the_example_is_valid_and_writes_in_its_order():
    example = register_map("example-storage")

    assert "example-storage" in names()
    assert example.words_to_write(-12.5, 60) == [
        (2000, [60]),
        (2001, [0xFFFF, 0xCF2C]),
        (2003, [1]),
    ]


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"write": [TELL]}, "sets no reversion"),
        ({"write": [TELL], "reverts_after_s": 3600}, "sets no reversion"),
        ({"write": [REVERT]}, "writes no power"),
        ({"read": {"soc": SOC}}, "read: lacks power"),
        ({"read": {"soc": SOC | {"kind": "bcd"}, "power": POWER}}, "read.soc.kind: must be one of"),
        ({"read": {"soc": SOC | {"address": 70_000}, "power": POWER}}, "read.soc.address"),
        ({"read": {"soc": SOC | {"scale": 0}, "power": POWER}}, "read.soc.scale"),
        ({"write": [TELL | {"value": "phase"}, REVERT]}, "write.0.value: must be one of"),
        ({"write": [TELL | {"space": "input"}, REVERT]}, "only holding"),
        ({"ready": [{"address": 1, "kind": "uint16", "is": "2"}]}, "ready.0.is"),
        ({"device": "toaster"}, "device: must be one of"),
        ({"word_order": "middle"}, "word_order"),
    ],
)
def test_a_map_that_cannot_be_is_refused_with_the_place(change, reason):
    with pytest.raises(InvalidRegisterMap, match=reason):
        map_of("x", BODY | change)


@pytest.mark.parametrize("body", [None, [], "x", {}, {"device": "battery"}])
def test_what_is_no_map_is_refused(body):
    with pytest.raises(InvalidRegisterMap):
        map_of("x", body)


@pytest.mark.parametrize("text", ["{", "a: [", "!!python/object/apply:os.system [ls]", "\0"])
def test_a_file_that_is_no_yaml_is_refused(settings, tmp_path, text):
    settings.DATA_DIR = tmp_path
    (tmp_path / "register-maps").mkdir()
    (tmp_path / "register-maps" / "bad.yaml").write_text(text)

    with pytest.raises(InvalidRegisterMap, match=r"bad\.yaml"):
        register_map("bad")


@pytest.mark.parametrize("name", ["none", "../register_maps/example-storage", "/etc/passwd", ""])
def test_a_name_leads_to_no_other_file(name):
    with pytest.raises(UnknownRegisterMap):
        register_map(name)


@pytest.mark.parametrize(
    ("kind", "number", "words"),
    [
        (Kind.UINT16, 7, [7]),
        (Kind.INT16, -2, [0xFFFE]),
        (Kind.INT32, -2, [0xFFFF, 0xFFFE]),
        (Kind.UINT64, 2**40, [0, 0x100, 0, 0]),
        (Kind.FLOAT32, 1.5, [0x3FC0, 0]),
    ],
)
def test_numbers_go_to_registers_and_back(kind, number, words):
    assert (encode(kind, number), decode(kind, words)) == (words, number)
    swapped = encode(kind, number, low_word_first=True)
    assert (swapped, decode(kind, swapped, low_word_first=True)) == (words[::-1], number)


@pytest.mark.parametrize(
    ("kind", "words"),
    [(Kind.UINT16, [0xFFFF]), (Kind.INT16, [0x8000]), (Kind.INT32, [0x8000, 0]),
     (Kind.FLOAT32, [0x7FC0, 0]), (Kind.FLOAT32, [0x7F80, 0])],
)  # fmt: skip
def test_what_a_device_does_not_have_is_no_number(kind, words):
    assert decode(kind, words) is None


@pytest.mark.parametrize("number", [70_000, -1, float("nan"), float("inf")])
def test_what_does_not_fit_is_refused(number):
    with pytest.raises(OutOfRange):
        encode(Kind.UINT16, number)
