"""What a form asks of a service, and how the page answers."""

from collections.abc import Callable
from typing import TypeVar

from django.contrib import messages
from django.forms import BaseForm
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.shortcuts import redirect
from django.utils.translation import gettext as _

from cpms.kernel.errors import DomainError
from cpms.languages import told

T = TypeVar("T")


def fulfilled(form: BaseForm, wish: Callable[[], T]) -> T | None:
    """What the service made of a form that is valid; None where the form is not, or the service
    refuses: then the form says why, each fault on a line of its own."""
    if not form.is_valid():
        return None
    try:
        return wish()
    except DomainError as refusal:
        for fault in refusal.facts.get("errors") or [told(refusal)]:
            form.add_error(None, fault)
        return None


def removal(
    request: HttpRequest, remove: Callable[[], object], *, of: object, stays: str, goes: str
) -> HttpResponse:
    """The answer to a POST that removes something: to `goes`, or where it is refused back to
    `stays`, which says why."""
    if request.method != "POST":
        return HttpResponseNotAllowed(["POST"])
    try:
        remove()
    except DomainError as refusal:
        messages.error(request, told(refusal))
        return redirect(stays)
    messages.success(request, _("%s was removed.") % of)
    return redirect(goes)
