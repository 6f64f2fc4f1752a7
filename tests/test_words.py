"""Words that people read can be translated."""

from importlib import import_module
from pathlib import Path

import pytest
from django.db.models import Choices
from django.utils.functional import Promise

ROOT = Path(__file__).parent.parent
MODULES = sorted(path.parent.name for path in ROOT.glob("*/enums.py"))


@pytest.mark.parametrize("app", MODULES)
def test_the_labels_of_enums_are_looked_up_when_they_are_shown(app):
    found = vars(import_module(f"{app}.enums")).values()
    enums = [one for one in found if isinstance(one, type) and issubclass(one, Choices)]

    plain = [
        f"{enum.__name__}.{member.name}"
        for enum in enums
        for member in enum
        if not isinstance(member._label_, Promise)
    ]

    assert plain == []
