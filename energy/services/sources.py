"""Sources, contracts, price lists and a location's own limit: put in, changed, taken away."""

from collections.abc import Callable
from datetime import datetime
from decimal import Decimal

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.db.models import Model, ProtectedError, RestrictedError

from energy.domain.supply import amount_fault
from energy.errors import BadContract, BadSupply, SupplyExists, SupplyInUse
from energy.models import PriceList, SiteLimit, SupplyContract, SupplySource
from energy.services.supply import changed
from stations.models import Location

UNIQUE_VIOLATION = "23505"


@transaction.atomic
def save_source(*, source: SupplySource, now: datetime) -> SupplySource:
    """Raises BadSupply or SupplyExists."""
    stored(source)
    changed([source.location_id], now)
    return source


@transaction.atomic
def delete_source(*, source: SupplySource, now: datetime) -> None:
    """Raises SupplyInUse once it has been planned with: reports ask for it."""
    location = source.location
    if location.dispatch_steps.filter(supply__has_key=str(source.pk)).exists():
        raise SupplyInUse(source=source.name)
    _delete(source.delete)
    changed([location.pk], now)


@transaction.atomic
def save_contract(*, contract: SupplyContract, now: datetime) -> SupplyContract:
    """Raises BadContract, BadSupply or SupplyExists."""
    listed = contract.price_list
    if listed is not None and listed.currency != contract.currency:
        raise BadContract(
            "The price list is in %(listed)s, not %(currency)s.",
            listed=listed.currency,
            currency=contract.currency,
        )
    amounts = ("adder_kwh", "f1_kwh", "f2_kwh", "f3_kwh", "price_kwh")
    said = {name: getattr(contract, name) for name in amounts}
    faults = [
        f"{name}: {fault}"
        for name, price in said.items()
        if price is not None and (fault := amount_fault(Decimal(price), contract.currency))
    ]
    if faults:
        raise BadContract("; ".join(faults), errors=faults)
    others = SupplyContract.objects.filter(source__location=contract.source.location)
    if others.exclude(pk=contract.pk).exclude(currency=contract.currency).exists():
        raise BadContract("All contracts of a location must be in one currency.")
    stored(contract)
    changed([contract.source.location_id], now)
    return contract


@transaction.atomic
def delete_contract(*, contract: SupplyContract, now: datetime) -> None:
    contract.delete()
    changed([contract.source.location_id], now)


@transaction.atomic
def save_price_list(*, price_list: PriceList, now: datetime) -> PriceList:
    """Raises BadSupply or SupplyExists; SupplyInUse where the currency would change under
    contracts or prices."""
    held = PriceList.objects.filter(pk=price_list.pk).first()
    is_used = held is not None and (held.contracts.exists() or held.prices.exists())
    if held is not None and is_used and held.currency != price_list.currency:
        raise SupplyInUse(price_list=held.name)
    stored(price_list)
    return price_list


@transaction.atomic
def delete_price_list(*, price_list: PriceList) -> None:
    """Raises SupplyInUse while a contract names it."""
    _delete(price_list.delete)


@transaction.atomic
def limit_site(*, location: Location, import_limit_kw: float | None, now: datetime) -> None:
    """What a location as a whole may draw; None: what its sources give. Raises BadSupply."""
    if import_limit_kw is None:
        SiteLimit.objects.filter(location=location).delete()
    else:
        held = SiteLimit.objects.filter(location=location).first()
        limit = held or SiteLimit(location=location)
        limit.import_limit_kw = import_limit_kw
        stored(limit)
    changed([location.pk], now)


def stored(row: Model) -> None:
    """Save it, or say in words which rule refuses it."""
    try:
        with transaction.atomic():
            row.full_clean(validate_unique=False, validate_constraints=False)
            row.save()
    except ValidationError as fault:
        faults = [f"{name}: {' '.join(words)}" for name, words in fault.message_dict.items()]
        raise BadSupply("; ".join(faults), errors=faults) from fault
    except IntegrityError as fault:
        diagnosis = getattr(fault.__cause__, "diag", None)
        broken = getattr(diagnosis, "constraint_name", None)
        words = {one.name: one.violation_error_message for one in row._meta.constraints}  # noqa: SLF001 -- public API of Django
        if broken not in words:
            raise
        is_taken = getattr(fault.__cause__, "sqlstate", None) == UNIQUE_VIOLATION
        raise (SupplyExists if is_taken else BadSupply)(str(words[broken])) from fault


def _delete(delete: Callable[[], object]) -> None:
    try:
        with transaction.atomic():
            delete()
    except (ProtectedError, RestrictedError) as fault:
        raise SupplyInUse from fault
