"""A coordinate, as OCPI tells it."""

from typing import Any

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models


def degrees(most: int, **options: Any) -> "models.DecimalField[Any, Any]":
    """Decimal degrees from -`most` to `most`, seven places (OCPI 2.2.1 §8.4.13)."""
    bounds = [MinValueValidator(-most), MaxValueValidator(most)]
    return models.DecimalField(max_digits=10, decimal_places=7, validators=bounds, **options)
