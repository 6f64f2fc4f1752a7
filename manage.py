#!/usr/bin/env python
"""The operators' door: `manage.py help` lists the commands."""

import os
import sys

from django.core.exceptions import ImproperlyConfigured
from django.core.management import execute_from_command_line

if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "cpms.settings")
    try:
        execute_from_command_line(sys.argv)
    except ImproperlyConfigured as refusal:  # one line that names the variable
        sys.exit(str(refusal))
