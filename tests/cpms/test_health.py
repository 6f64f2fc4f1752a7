"""Who is told how we fare."""

import pytest


@pytest.mark.parametrize(
    ("peer", "token", "header", "status"),
    [
        ("127.0.0.1", "", "", 200),
        ("127.8.8.8", "", "", 200),
        ("::1", "", "", 200),
        ("::ffff:127.0.0.1", "", "", 200),
        ("192.168.1.5", "", "", 401),
        ("203.0.113.9", "", "Bearer ", 401),
        ("", "", "", 401),
        ("203.0.113.9", "s3cret", "Bearer s3cret", 200),
        ("203.0.113.9", "s3cret", "Bearer s3cre", 401),
        ("127.0.0.1", "s3cret", "", 401),
        ("127.0.0.1", "s3cret", "Bearer \u00e9", 401),
    ],
)
def test_metrics_are_for_this_machine_or_for_who_bears_the_token(
    client, settings, peer, token, header, status
):
    settings.METRICS_TOKEN = token

    answer = client.get("/metrics", REMOTE_ADDR=peer, headers={"authorization": header})

    assert answer.status_code == status
    assert ("cpms_stations_connected" in answer.content.decode()) == (status == 200)
