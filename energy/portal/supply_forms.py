"""Forms of a location's supply: source, contract, limit, policy, price list."""

from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

from django import forms
from django.utils.translation import gettext_lazy as _

from booking.portal.reservation_forms import LocalTime
from energy.domain.price_files import MOST_BYTES, prices_in
from energy.domain.supply import MOST_KW, Limit, Price
from energy.enums import LimitKind, Phase, PolicyKind
from energy.models import PriceList, SupplyContract, SupplySource
from stations.models import Location

PER_KWH = _("per kWh")


def _unit(field: forms.Field, unit: Any) -> forms.Field:
    vars(field)["unit"] = unit  # templates/components/field.html shows it
    return field


class SourceForm(forms.ModelForm):  # type: ignore[type-arg]
    class Meta:
        model = SupplySource
        fields = ["name", "connection_id", "import_limit_kw", "fuse_a"]
        labels = {
            "name": _("Name"),
            "connection_id": _("Connection point (POD, EAN)"),
            "import_limit_kw": _("May take by contract"),
            "fuse_a": _("Fuse of each phase"),
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _unit(self.fields["import_limit_kw"], "kW")
        _unit(self.fields["fuse_a"], "A")
        self.fields["import_limit_kw"].widget.attrs |= {"min": 0, "max": MOST_KW, "step": "any"}


class ContractForm(forms.ModelForm):  # type: ignore[type-arg]
    """What does not belong to its kind is left empty."""

    valid_from = LocalTime(label=_("Holds from"))

    field_order = ("kind", "valid_from")

    class Meta:
        model = SupplyContract
        fields = [
            "kind", "price_list", "adder_kwh", "f1_kwh", "f2_kwh", "f3_kwh", "price_kwh",
            "demand_charge_kw_month", "currency", "co2_g_kwh", "valid_from",
        ]  # fmt: skip
        labels = {
            "kind": _("Price"),
            "price_list": _("Price list, of a day-ahead price"),
            "adder_kwh": _("On top of the day-ahead price"),
            "f1_kwh": "F1",
            "f2_kwh": "F2",
            "f3_kwh": "F3",
            "price_kwh": _("One price"),
            "demand_charge_kw_month": _("For the month's highest power"),
            "currency": _("Currency (three letters)"),
            "co2_g_kwh": _("CO₂"),
        }

    def __init__(self, *args: Any, zone: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["valid_from"].zone = zone  # type: ignore[attr-defined]
        for name in ("adder_kwh", "f1_kwh", "f2_kwh", "f3_kwh", "price_kwh"):
            _unit(self.fields[name], PER_KWH)
        _unit(self.fields["demand_charge_kw_month"], _("per kW"))
        _unit(self.fields["co2_g_kwh"], "g/kWh")
        for name in ("adder_kwh", "demand_charge_kw_month"):
            self.fields[name].required = False

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        for name in ("adder_kwh", "demand_charge_kw_month"):
            cleaned[name] = cleaned.get(name) or 0
        return cleaned


class LimitForm(forms.Form):
    """A limit by hand, by the clock of the location."""

    source = forms.ModelChoiceField(label=_("Supply source"), queryset=SupplySource.objects.none())
    kind = forms.ChoiceField(label=_("Limits"), choices=LimitKind.choices)
    phase = forms.ChoiceField(label=_("Phase"), choices=Phase.choices)
    kw = forms.FloatField(label=_("At most"), min_value=0, max_value=MOST_KW)
    starts_at = LocalTime(label=_("From"), required=False, help_text=_("Left empty: from now on."))
    ends_at = LocalTime(
        label=_("Until"), required=False, help_text=_("Left empty: until it is taken back.")
    )

    def __init__(self, *args: Any, location: Location, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["source"].queryset = location.supply_sources.all()  # type: ignore[attr-defined]
        _unit(self.fields["kw"], "kW")
        for name in ("starts_at", "ends_at"):
            self.fields[name].zone = location.time_zone  # type: ignore[attr-defined]

    def limit(self, now: datetime) -> Limit:
        said = self.cleaned_data
        return Limit(
            said["kw"], said["starts_at"] or now, said["ends_at"], LimitKind(said["kind"]),
            Phase(said["phase"]),
        )  # fmt: skip

    def reference(self) -> str:
        """Each limit by hand stands for itself."""
        return uuid4().hex


class PolicyForm(forms.Form):
    kind = forms.ChoiceField(label=_("Steer it"), choices=PolicyKind.choices)
    reserve = forms.IntegerField(
        label=_("Kept of the battery"), min_value=0, max_value=100, required=False,
        help_text=_("Only with a reserve."),
    )  # fmt: skip
    source = forms.ModelChoiceField(
        label=_("Source"), queryset=SupplySource.objects.none(), required=False,
        help_text=_("Only with one source."),
    )  # fmt: skip
    site_limit_kw = forms.FloatField(
        label=_("The location may draw"), min_value=0, max_value=MOST_KW, required=False,
        help_text=_("Left empty: what its sources give."),
    )  # fmt: skip

    def __init__(self, *args: Any, location: Location, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["source"].queryset = location.supply_sources.all()  # type: ignore[attr-defined]
        _unit(self.fields["reserve"], "%")
        _unit(self.fields["site_limit_kw"], "kW")


class PricesForm(forms.Form):
    """A file of prices, as the drop folder takes them."""

    file = forms.FileField(
        label=_("File"), help_text=_("CSV or JSON; it holds in place of prices of the same time.")
    )

    def prices(self) -> list[Price]:
        """Raises BadPrices."""
        file = self.cleaned_data["file"]
        return prices_in(file.name, file.read(MOST_BYTES + 1))


class PriceListForm(forms.ModelForm):  # type: ignore[type-arg]
    stale_hours = forms.IntegerField(
        label=_("Stale without news for"), min_value=1, max_value=8_760, initial=26
    )

    class Meta:
        model = PriceList
        fields = ["name", "currency"]
        labels = {"name": _("Name"), "currency": _("Currency (three letters)")}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _unit(self.fields["stale_hours"], _("hours"))
        if self.instance.pk:
            self.initial["stale_hours"] = self.instance.stale_after // timedelta(hours=1)

    def price_list(self) -> PriceList:
        found: PriceList = self.save(commit=False)
        found.stale_after = timedelta(hours=self.cleaned_data["stale_hours"])
        return found
