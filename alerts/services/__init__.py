"""Every write of alerts."""

from alerts.services.delivering import deliver_due, due_webhooks, switch_off
from alerts.services.mailing import mail_due
from alerts.services.noticing import notice_all
from alerts.services.subscribing import forget_notices, subscribe
from alerts.services.taking_on import hand_back, take_on
from alerts.services.telling import owe_test
from alerts.services.webhooks import add_webhook, change_webhook, renew_secret, switch_on

__all__ = [
    "add_webhook",
    "change_webhook",
    "deliver_due",
    "due_webhooks",
    "forget_notices",
    "hand_back",
    "mail_due",
    "notice_all",
    "owe_test",
    "renew_secret",
    "subscribe",
    "switch_off",
    "switch_on",
    "take_on",
]
