"""What the rest of the CPMS asks of energy."""

from energy.services.batteries import leave_out_unread, remove_battery, save_battery
from energy.services.commissioning import abandon_tests, ask_test
from energy.services.dispatching import dispatch, dispatch_due, forget_steps
from energy.services.dropped_files import forget_price_files, take_price_files
from energy.services.due import mark_all_due, mark_due
from energy.services.main_meters import read_main_meters
from energy.services.meters import remove_meter, save_meter, take_readings
from energy.services.policies import set_policy, steer
from energy.services.preferences import prefer
from energy.services.pricing import delete_dynamic, publish, publish_due, save_dynamic
from energy.services.profiles import (
    ask_plan,
    limit_session,
    plan_in,
    release_session,
    watch_profiles,
)
from energy.services.safe_defaults import keep_defaults
from energy.services.setpoints import forget_setpoints
from energy.services.sharing import share, share_due
from energy.services.sharing_settings import Place, Terms, save_sharing
from energy.services.sources import (
    delete_contract,
    delete_price_list,
    delete_source,
    limit_site,
    save_contract,
    save_price_list,
    save_source,
)
from energy.services.station_limit import limit_station
from energy.services.supply import drop_limits, set_fallback, take_limits, take_prices

__all__ = [
    "Place",
    "Terms",
    "abandon_tests",
    "ask_plan",
    "ask_test",
    "delete_contract",
    "delete_dynamic",
    "delete_price_list",
    "delete_source",
    "dispatch",
    "dispatch_due",
    "drop_limits",
    "forget_price_files",
    "forget_setpoints",
    "forget_steps",
    "keep_defaults",
    "leave_out_unread",
    "limit_session",
    "limit_site",
    "limit_station",
    "mark_all_due",
    "mark_due",
    "plan_in",
    "prefer",
    "publish",
    "publish_due",
    "read_main_meters",
    "release_session",
    "remove_battery",
    "remove_meter",
    "save_battery",
    "save_contract",
    "save_dynamic",
    "save_meter",
    "save_price_list",
    "save_sharing",
    "save_source",
    "set_fallback",
    "set_policy",
    "share",
    "share_due",
    "steer",
    "take_limits",
    "take_price_files",
    "take_prices",
    "take_readings",
    "watch_profiles",
]
