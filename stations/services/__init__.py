"""Every write to stations, by topic."""

from stations.services.availability import change_availability
from stations.services.commands import (
    claim_commands,
    expire_commands,
    fail_commands_of_lost_connection,
    issue_command,
    payload_to_send,
    settle_command,
)
from stations.services.gateways import forget_dead_gateways, gateway_alive
from stations.services.keys import rotate_key, set_key, set_new_key
from stations.services.places import save_evse, save_location, save_station

__all__ = [
    "change_availability",
    "claim_commands",
    "expire_commands",
    "fail_commands_of_lost_connection",
    "forget_dead_gateways",
    "gateway_alive",
    "issue_command",
    "payload_to_send",
    "rotate_key",
    "save_evse",
    "save_location",
    "save_station",
    "set_key",
    "set_new_key",
    "settle_command",
]
