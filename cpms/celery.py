"""Celery: `celery -A cpms.celery worker` and `celery -A cpms.celery beat`.

Tasks are one line over an idempotent service; a lost task is found by the next beat.
"""

import os

from celery import Celery
from celery.schedules import crontab
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

from cpms.pulse import BEAT_EVERY_S

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "cpms.settings")

try:
    settings.SECRET_KEY  # noqa: B018 -- reads the environment: one line instead of a traceback
except ImproperlyConfigured as refusal:
    raise SystemExit(str(refusal)) from None

app = Celery("cpms")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()

app.conf.beat_schedule = {
    "cpms.note_beat": {"task": "cpms.tasks.note_beat", "schedule": BEAT_EVERY_S},
    "alerts.notice_all": {"task": "alerts.tasks.notice_all", "schedule": 10},
    "alerts.mail_due": {"task": "alerts.tasks.mail_due", "schedule": 10},
    "alerts.start_deliveries": {"task": "alerts.tasks.start_deliveries", "schedule": 2},
    "alerts.forget_notices": {"task": "alerts.tasks.forget_notices", "schedule": 86_400},
    "stations.expire_commands": {"task": "stations.tasks.expire_commands", "schedule": 10},
    "stations.forget_dead_gateways": {
        "task": "stations.tasks.forget_dead_gateways",
        "schedule": 10,
    },
    "stations.end_maintenance": {"task": "stations.tasks.end_maintenance", "schedule": 60},
    "stations.drop_old_messages": {"task": "stations.tasks.drop_old_messages", "schedule": 3600},
    "stations.forget_refusals": {"task": "stations.tasks.forget_refusals", "schedule": 600},
    "booking.ensure_partitions": {"task": "booking.tasks.ensure_partitions", "schedule": 3600},
    "booking.price_running_sessions": {
        "task": "booking.tasks.price_running_sessions",
        "schedule": 15,
    },
    "booking.close_forgotten_sessions": {
        "task": "booking.tasks.close_forgotten_sessions",
        "schedule": 300,
    },
    "energy.share_power": {"task": "energy.tasks.share_power", "schedule": 1},
    "energy.keep_defaults": {"task": "energy.tasks.keep_defaults", "schedule": 2},
    "energy.watch_profiles": {"task": "energy.tasks.watch_profiles", "schedule": 2},
    "energy.mark_all_due": {
        "task": "energy.tasks.mark_all_due",
        "schedule": crontab(minute="*/15"),
    },
    "energy.leave_out_unread": {"task": "energy.tasks.leave_out_unread", "schedule": 5},
    "energy.dispatch_due": {"task": "energy.tasks.dispatch_due", "schedule": 2},
    "energy.publish_due": {"task": "energy.tasks.publish_due", "schedule": 60},
    "energy.forget_setpoints": {"task": "energy.tasks.forget_setpoints", "schedule": 3600},
    "energy.abandon_tests": {"task": "energy.tasks.abandon_tests", "schedule": 60},
    "energy.read_main_meters": {"task": "energy.tasks.read_main_meters", "schedule": 15},
    "energy.take_price_files": {"task": "energy.tasks.take_price_files", "schedule": 30},
    "energy.forget_price_files": {
        "task": "energy.tasks.forget_price_files",
        "schedule": 86_400,
    },
    "energy.forget_steps": {"task": "energy.tasks.forget_steps", "schedule": 86_400},
    "dso.start_work": {"task": "dso.tasks.start_work", "schedule": 1},
    "dso.note_absences": {"task": "dso.tasks.note_absences", "schedule": 2},
    "dso.read_feeds": {"task": "dso.tasks.read_feeds", "schedule": 60},
    "dso.forget_messages": {"task": "dso.tasks.forget_messages", "schedule": 3600},
    "ocpi.forget_commands": {"task": "ocpi.tasks.forget_commands", "schedule": 3600},
    "ocpi.start_pulls": {"task": "ocpi.tasks.start_pulls", "schedule": 5},
    "ocpi.draw_documents": {"task": "ocpi.tasks.draw_documents", "schedule": 10},
    "ocpi.note_due_calendars": {"task": "ocpi.tasks.note_due_calendars", "schedule": 20},
    "ocpi.read_hubs": {"task": "ocpi.tasks.read_hubs", "schedule": 60},
    "ocpi.owe_progress": {"task": "ocpi.tasks.owe_progress", "schedule": 15},
    "ocpi.drop_old_messages": {"task": "ocpi.tasks.drop_old_messages", "schedule": 3600},
    "booking.forget_rulings": {"task": "booking.tasks.forget_rulings", "schedule": 300},
    "booking.hold_due_reservations": {
        "task": "booking.tasks.hold_due_reservations",
        "schedule": 10,
    },
    "booking.hold_again": {"task": "booking.tasks.hold_again", "schedule": 15},
    "booking.ask_again": {"task": "booking.tasks.ask_again", "schedule": 30},
    "booking.settle_holds": {"task": "booking.tasks.settle_holds", "schedule": 30},
    "booking.end_reservations": {"task": "booking.tasks.end_reservations", "schedule": 10},
    "booking.sync_local_lists": {"task": "booking.tasks.sync_local_lists", "schedule": 20},
    "booking.issue_missing_cdrs": {"task": "booking.tasks.issue_missing_cdrs", "schedule": 30},
}
