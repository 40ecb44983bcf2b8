"""Vehicles and their repair centres."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from membership.vehicles.domain import LONGEST_PLATE, VIN_LENGTH


class Vehicle(models.Model):
    """A vehicle of a member (R-B04). Known by its identification number, its plate, or both."""

    # In one form each (domain.normalise_vin, normalise_plate); empty where not known yet.
    vin = models.CharField(_("车架号"), max_length=VIN_LENGTH, blank=True, default="")
    plate = models.CharField(_("车牌号"), max_length=LONGEST_PLATE, blank=True, default="")
    model_name = models.CharField(_("车型"), max_length=60, blank=True, default="")
    registered_on = models.DateField(_("初次登记日期"), null=True, blank=True)
    # None: it was sold, or its owner's data was erased; cards and bills may still name it.
    owner = models.ForeignKey(
        "members.Member",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="vehicles",
        verbose_name=_("车主"),
    )
    created_at = models.DateTimeField(_("建档时间"))

    class Meta:
        verbose_name = _("车辆")
        verbose_name_plural = _("车辆")
        constraints = [
            models.CheckConstraint(condition=~models.Q(vin="", plate=""), name="vehicle_is_known_by_something"),
            models.CheckConstraint(
                condition=models.Q(vin="") | models.Q(vin__regex=r"^[0-9A-HJ-NPR-Z]{17}$"), name="vehicle_vin_form"
            ),
            models.UniqueConstraint(fields=["vin"], condition=~models.Q(vin=""), name="vehicle_vin_once"),
        ]
        indexes = [
            # A plate moves from car to car, so two rows may hold it for a while.
            models.Index(fields=["plate"], opclasses=["varchar_pattern_ops"], name="vehicle_by_plate"),
            models.Index(fields=["vin"], opclasses=["varchar_pattern_ops"], name="vehicle_by_vin"),
        ]

    def __str__(self) -> str:
        return self.plate or self.vin


class RepairCentre(models.Model):
    """A store that looks after a vehicle: the after-sales entry of its record (R-B03)."""

    vehicle = models.ForeignKey(
        Vehicle, on_delete=models.CASCADE, related_name="repair_centres", verbose_name=_("车辆")
    )
    store = models.ForeignKey("stores.Store", on_delete=models.PROTECT, verbose_name=_("维修中心"))
    added_at = models.DateTimeField(_("登记时间"))

    class Meta:
        verbose_name = _("维修中心")
        verbose_name_plural = _("维修中心")
        constraints = [models.UniqueConstraint(fields=["vehicle", "store"], name="repair_centre_once")]

    def __str__(self) -> str:
        return f"{self.vehicle_id}: {self.store_id}"
