"""Every write to stations, by topic."""

from stations.services.availability import change_availability, mark_reserved
from stations.services.commands import (
    ClaimedCommand,
    claim_commands,
    expire_commands,
    fail_commands_of_lost_connection,
    issue_command,
    payload_to_send,
    return_commands,
    sets_key,
    settle_command,
)
from stations.services.gateways import forget_dead_gateways, gateway_alive
from stations.services.keys import rotate_key, set_key, set_new_key
from stations.services.places import (
    add_connector,
    add_station,
    change_connector,
    change_station,
    delete_connector,
    delete_location,
    delete_station,
    number_evses,
    remove_evse,
    save_evse,
    save_location,
    save_station,
)

__all__ = [
    "ClaimedCommand",
    "add_connector",
    "add_station",
    "change_availability",
    "change_connector",
    "change_station",
    "claim_commands",
    "delete_connector",
    "delete_location",
    "delete_station",
    "expire_commands",
    "fail_commands_of_lost_connection",
    "forget_dead_gateways",
    "gateway_alive",
    "issue_command",
    "mark_reserved",
    "number_evses",
    "payload_to_send",
    "remove_evse",
    "return_commands",
    "rotate_key",
    "save_evse",
    "save_location",
    "save_station",
    "set_key",
    "set_new_key",
    "sets_key",
    "settle_command",
]
