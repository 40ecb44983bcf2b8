"""Refusals that concern a vehicle."""

from django.utils.translation import gettext_lazy as _

from kernel.errors import DomainError


class VehicleNotFound(DomainError):
    """No such vehicle."""

    code = "vehicle_not_found"
    status = 404
    message = _("没有这辆车的档案。")


class VehicleUnnamed(DomainError):
    """A vehicle is known by its identification number or its plate."""

    code = "vehicle_unnamed"
    status = 400
    message = _("请至少填写车架号或车牌号。")


class VinTaken(DomainError):
    """Another vehicle has this identification number: it is the same vehicle (R-B04)."""

    code = "vin_taken"
    status = 409
    message = _("车架号 {vin} 已有车辆档案。如车辆换了车主，请在该档案上变更车主，不要重复建档。")


class VehicleNotReady(DomainError):
    """The record lacks what enrolment asks for (R-B03, R-B04, R-B06). The message names all of it at once."""

    code = "vehicle_not_ready"
    status = 409
    message = _("车辆 {vehicle} 还不能入会：{problem_labels}。请先补全车辆档案。")


class InvalidRegistrationDate(DomainError):
    """A vehicle was registered in the past."""

    code = "invalid_registration_date"
    status = 400
    message = _("初次登记日期不能晚于今天。")
