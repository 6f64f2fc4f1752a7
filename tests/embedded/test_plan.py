import socket

import pytest

from cpms.embedded.engines import CannotStart
from cpms.embedded.plan import ROOT, from_environment

VARIABLES = (
    "CPMS_DATA_DIR", "CPMS_HOST", "CPMS_PORT", "CPMS_PUBLIC_URL", "CPMS_WEB_PROCESSES",
    "DATABASE_URL", "REDIS_URL", "CPMS_ENV_FILE",
)  # fmt: skip


@pytest.fixture
def environment(monkeypatch, tmp_path):
    """Sets variables; what is not set is absent."""
    for name in VARIABLES:
        monkeypatch.delenv(name, raising=False)
    env_file = tmp_path / ".env"

    def put(dot_env="", **variables):
        env_file.write_text(dot_env)
        for name, value in {"CPMS_ENV_FILE": env_file, **variables}.items():
            monkeypatch.setenv(name, str(value))

    return put


def test_by_default_everything_is_embedded(environment):
    environment()

    plan = from_environment(demo=False)

    assert (plan.data_dir, plan.public_url) == (ROOT / "var", "http://127.0.0.1:8000")
    assert (plan.embeds_postgres, plan.embeds_redis) == (True, True)
    assert [name for name, _ in [*plan.web, *plan.others]] == [
        "web-1",
        "worker",
        "beat",
        "batteries",
    ]
    assert [arguments for _, arguments in plan.preparations] == [["migrate", "--verbosity", "0"]]


def test_the_demo_adds_data_a_log_in_and_stations_at_the_same_address(environment):
    environment(CPMS_PORT=8765, CPMS_HOST="0.0.0.0")  # noqa: S104 -- nothing listens

    plan = from_environment(demo=True)

    assert [name for name, _ in plan.others] == [
        "worker",
        "beat",
        "batteries",
        "emsp",
        "dso",
        "site",
        "stations",
    ]
    commands = dict(plan.others)
    assert commands["stations"][-2:] == ["--url", "ws://127.0.0.1:8765"]
    assert plan.environment["CPMS_EGRESS_ALLOW"] == "127.0.0.0/8"
    assert plan.farewell == [
        "Log-in: demo@example.com / demo-cpms",
        f"Simulated eMSP: http://127.0.0.1:{commands['emsp'][-1]}/",
        f"Simulated grid operators: http://127.0.0.1:{commands['dso'][-1]}/",
    ]
    assert [arguments[0] for _, arguments in plan.preparations] == [
        "migrate", "create_admin", "fleet",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("host", "shown", "reached"),
    [("::1", "[::1]", "[::1]"), ("::", "[::]", "[::1]"), ("127.0.0.2", "127.0.0.2", "127.0.0.2")],
)
def test_any_address_of_this_machine_will_do(environment, host, shown, reached):
    environment(CPMS_PORT=8765, CPMS_HOST=host)

    plan = from_environment(demo=True)

    assert plan.public_url == f"http://{shown}:8765"
    assert dict(plan.others)["stations"][-1] == f"ws://{reached}:8765"


def test_the_demos_emsp_takes_the_next_port_that_is_free(environment):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        environment(CPMS_PORT=port - 1)

        emsp = dict(from_environment(demo=True).others)["emsp"]

    assert int(emsp[-1]) > port


def test_without_a_free_port_there_is_one_line(environment):
    environment(CPMS_PORT=65_535)

    with pytest.raises(CannotStart, match="No port above CPMS_PORT 65535 is free"):
        from_environment(demo=True)


def test_the_environment_wins_over_dot_env_and_servers_of_ones_own_over_the_embedded(environment):
    environment(
        "# ours\nexport CPMS_PORT='9000'\nCPMS_WEB_PROCESSES=2\nREDIS_URL=redis://r\n",
        CPMS_PORT=9001,
        DATABASE_URL="postgresql://d/b",
    )

    plan = from_environment(demo=False)

    assert plan.port == 9001
    assert [name for name, _ in plan.web] == ["web-1", "web-2"]
    assert (plan.embeds_postgres, plan.embeds_redis) == (False, False)


@pytest.mark.parametrize("value", ["", " 9000 "])
def test_an_empty_value_is_none_and_blanks_do_not_count(environment, value):
    environment(CPMS_PORT=value)

    assert from_environment(demo=False).port == int(value or 8000)


@pytest.mark.parametrize(
    ("name", "value", "line"),
    [
        ("CPMS_PORT", "0", "CPMS_PORT must be a whole number from 1 to 65535, not '0'."),
        ("CPMS_PORT", "x", "CPMS_PORT must be a whole number from 1 to 65535, not 'x'."),
        (
            "CPMS_WEB_PROCESSES",
            "65",
            "CPMS_WEB_PROCESSES must be a whole number from 1 to 64, not '65'.",
        ),
    ],
)
def test_a_wrong_number_is_one_line(environment, name, value, line):
    environment(**{name: value})

    with pytest.raises(CannotStart, match=f"^{line}$"):
        from_environment(demo=False)
