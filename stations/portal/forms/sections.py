"""A long form in sections, and fields with a unit."""

import json
from collections.abc import Mapping
from typing import Any

from django import forms
from django.forms.boundfield import BoundField
from django.utils.translation import gettext_lazy as _

from cpms.kernel.documents import Unreadable, read_json


class Sectioned(forms.BaseForm):
    """A form whose fields stand in named sections."""

    sections_of: Mapping[Any, tuple[str, ...]] = {}

    def sections(self) -> list[tuple[Any, list[BoundField]]]:
        return [
            (title, [self[name] for name in names if name in self.fields])
            for title, names in self.sections_of.items()
        ]


def choices_with(words: Mapping[str, Any], held: str) -> list[tuple[str, Any]]:
    """The words to choose from; one that is held stays, although we have no word for it."""
    extra = {held: held} if held and held not in words else {}
    return list({**words, **extra}.items())


def several(label: Any, words: Mapping[str, Any]) -> forms.MultipleChoiceField:
    return forms.MultipleChoiceField(
        label=label,
        choices=list(words.items()),
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )


def measured(label: Any, unit: str, *, most: int, required: bool = True) -> forms.IntegerField:
    """A whole number from 1 to `most`, with its unit inside the field."""
    field = forms.IntegerField(label=label, min_value=1, max_value=most, required=required)
    vars(field)["unit"] = unit  # templates/components/field.html shows it
    return field


class OcpiJson(forms.JSONField):
    """An OCPI structure that is handed on as it is; nothing is shown as nothing."""

    def to_python(self, value: Any) -> Any:
        if self.disabled or not isinstance(value, str) or not value:
            return super().to_python(value)
        try:
            found = read_json(value)
        except Unreadable as fault:
            raise forms.ValidationError(str(fault)) from fault
        if isinstance(found, list | dict):
            return found
        raise forms.ValidationError(_("Enter a list or an object."))

    def bound_data(self, data: Any, initial: Any) -> Any:
        """A text that cannot be read is shown again as it was typed."""
        return initial if self.disabled else data

    def prepare_value(self, value: Any) -> Any:
        if value in (None, [], {}):
            return ""
        return value if isinstance(value, str) else json.dumps(value, indent=2, ensure_ascii=False)
