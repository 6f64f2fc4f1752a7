"""Fail when a model changed without a migration. Needs no database."""

import os
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
os.environ["CPMS_ENV_FILE"] = ""
os.environ["DJANGO_SETTINGS_MODULE"] = "cpms.settings"
os.environ["DATABASE_URL"] = "postgresql:///none"
os.environ.setdefault("DJANGO_SECRET_KEY", "for-checking-only")

import django
from django.apps import apps
from django.db.migrations.autodetector import MigrationAutodetector
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.state import ProjectState

OURS = {"accounts", "stations", "tariffs", "booking", "energy", "ocpi", "dso", "ocpp_gateway"}


def main() -> int:
    django.setup()
    loader = MigrationLoader(None)
    changes = MigrationAutodetector(loader.project_state(), ProjectState.from_apps(apps)).changes(
        graph=loader.graph
    )
    missing = sorted(OURS & set(changes))
    print("migrations: " + (f"missing for {', '.join(missing)}" if missing else "ok"))
    return 1 if missing else 0


if __name__ == "__main__":
    sys.exit(main())
