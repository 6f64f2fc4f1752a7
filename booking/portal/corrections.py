"""Correcting a bill: what was wrong, what would change, and then the credit and the new CDR."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import User
from booking import selectors, services
from booking.models import Cdr
from booking.portal.reservation_forms import LocalTime
from booking.services.corrections import LONGEST_REASON
from cpms.kernel.errors import DomainError
from cpms.languages import told
from cpms.templatetags.portal import kwh, money
from tariffs.selectors import tariff_by_id, whole_tariffs

AGAIN, NOTHING = "again", "nothing"


class CorrectionForm(forms.Form):
    """What should have been billed; what is left empty was right."""

    what = forms.ChoiceField(
        label=gettext_lazy("What to do"),
        choices=[
            (AGAIN, gettext_lazy("Credit it and bill again")),
            (NOTHING, gettext_lazy("Credit it: nothing should have been billed")),
        ],
    )
    energy_kwh = forms.DecimalField(
        label=gettext_lazy("Right energy"),
        min_value=0,
        max_digits=9,
        decimal_places=3,
        required=False,
    )
    ended_at = LocalTime(label=gettext_lazy("Right end"), required=False)
    tariff = forms.ChoiceField(label=gettext_lazy("Right tariff"), required=False)
    reason = forms.CharField(
        label=gettext_lazy("Reason"),
        max_length=LONGEST_REASON,
        help_text=gettext_lazy("The eMSP reads it in both CDRs."),
    )

    def __init__(self, data: Any, *, cdr: Cdr) -> None:
        super().__init__(data)
        zone = cdr.session.evse.location.time_zone
        energy, end, tariff = (self.fields[name] for name in ("energy_kwh", "ended_at", "tariff"))
        energy.unit = "kWh"  # type: ignore[attr-defined]
        energy.help_text = _("Billed: %s. Left empty: that was right.") % kwh(cdr.energy_wh)
        end.zone = zone  # type: ignore[attr-defined]
        end.help_text = _("By the clock of %s. Left empty: the end was right.") % zone
        ids = whole_tariffs().values_list("ocpi_id", flat=True)
        tariff.choices = [("", _("It was right")), *((one, one) for one in ids)]  # type: ignore[attr-defined]
        tariff.help_text = _("What the tariff says now prices the session.")

    def clean(self) -> dict[str, Any]:
        fields: dict[str, Any] = super().clean() or {}
        wrong = ("energy_kwh", "ended_at", "tariff")
        if fields.get("what") == NOTHING and any(fields.get(name) for name in wrong):
            self.add_error(
                "what", _("Either nothing should have been billed, or say what was wrong.")
            )
        return fields

    def correction(self) -> services.Correction | None:
        """None: nothing should have been billed. Raises UnknownTariff."""
        fields = self.cleaned_data
        if fields["what"] == NOTHING:
            return None
        energy, tariff_id = fields["energy_kwh"], fields["tariff"]
        return services.Correction(
            energy_wh=None if energy is None else int(energy * 1000),
            ended_at=fields["ended_at"],
            version=tariff_by_id(tariff_id).versions.latest("number") if tariff_id else None,
        )


@dataclass(frozen=True, slots=True)
class Row:
    label: str
    billed: str
    right: str
    difference: str


@dataclass(frozen=True, slots=True)
class Difference:
    """`mark` says what was shown, so that nothing else is issued; `is_news`: it is not what was
    shown before."""

    rows: list[Row]
    mark: str
    is_news: bool


def cdr_correct(request: HttpRequest, pk: UUID) -> HttpResponse:
    cdr, now = selectors.cdr_by_id(pk), timezone.now()
    form = CorrectionForm(request.POST or None, cdr=cdr)
    difference = None
    if request.method == "POST" and form.is_valid():
        try:
            correction = form.correction()
            seen = request.POST.get("seen")
            difference = _difference(cdr, correction, seen, now)
            if seen is not None and not difference.is_news:
                _issue(request, cdr, correction, form.cleaned_data["reason"], now)
                messages.success(request, _("The bill is corrected."))
                return redirect("session", session_id=str(cdr.session_id))
        except DomainError as refusal:
            form.add_error(None, told(refusal))
    facts = {"cdr": cdr, "form": form, "difference": difference}
    return render(request, "booking/correction.html", facts)


def _issue(
    request: HttpRequest,
    cdr: Cdr,
    correction: services.Correction | None,
    reason: str,
    now: datetime,
) -> None:
    assert isinstance(request.user, User)
    if correction is None:
        services.void_cdr(cdr=cdr, reason=reason, now=now, by=request.user)
    else:
        services.correct_cdr(
            cdr=cdr, correction=correction, reason=reason, now=now, by=request.user
        )


def _difference(
    cdr: Cdr, correction: services.Correction | None, seen: str | None, now: datetime
) -> Difference:
    """Raises CdrIsCredit, CdrCredited or BadCorrection."""
    if correction is None:
        right = Cdr(energy_wh=0, currency=cdr.currency, total_excl_vat=Decimal(0))
        right.total_incl_vat = None if cdr.total_incl_vat is None else Decimal(0)
    else:
        right = services.corrected(cdr=cdr, correction=correction, now=now)
    rows = [
        Row(
            _("Energy"),
            kwh(cdr.energy_wh),
            kwh(right.energy_wh),
            kwh(right.energy_wh - cdr.energy_wh),
        ),
        _money_row(_("Before VAT"), cdr, right, "total_excl_vat"),
        _money_row(_("With VAT"), cdr, right, "total_incl_vat"),
    ]
    mark = f"{right.energy_wh} {right.total_excl_vat:.4f} {right.currency}"
    return Difference(rows, mark, is_news=seen not in (None, mark))


def _money_row(label: str, cdr: Cdr, right: Cdr, name: str) -> Row:
    billed, wanted = getattr(cdr, name), getattr(right, name)
    is_comparable = None not in (billed, wanted) and cdr.currency == right.currency
    difference = money(wanted - billed, cdr.currency) if is_comparable else _("not comparable")
    return Row(label, money(billed, cdr.currency), money(wanted, right.currency), difference)
