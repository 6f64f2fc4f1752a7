"""What batteries and meters that speak Modbus TCP have in common."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from energy.enums import Driver


class ModbusDevice(models.Model):
    """Where a device is reached, and how its registers are read. `register_map` names one of the
    maps (`energy.register_maps`), for the driver that needs one."""

    driver = models.CharField(max_length=16, choices=Driver, default=Driver.SUNSPEC)
    host = models.CharField(max_length=253, blank=True)
    port = models.PositiveIntegerField(default=502)
    unit_id = models.PositiveSmallIntegerField(default=1)
    register_map = models.CharField(max_length=64, blank=True)

    class Meta:
        abstract = True
        constraints = [
            models.CheckConstraint(
                condition=Q(port__range=(1, 65_535), unit_id__range=(0, 255)),
                name="%(class)s_address_in_range",
                violation_error_message=_("Its port or unit id is out of range."),
            ),
            models.CheckConstraint(
                condition=~Q(driver__in=[Driver.SUNSPEC, Driver.REGISTERS]) | ~Q(host=""),
                name="%(class)s_has_a_host",
                violation_error_message=_("A device on Modbus has a host."),
            ),
            models.CheckConstraint(
                condition=Q(driver=Driver.REGISTERS) ^ Q(register_map=""),
                name="%(class)s_has_a_map_if_it_needs_one",
                violation_error_message=_("A register map is for the driver that needs one."),
            ),
        ]
