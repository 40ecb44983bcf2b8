"""Refusals that concern packages."""

from django.utils.translation import gettext_lazy as _

from kernel.errors import DomainError


class ProductNotFound(DomainError):
    """There is no such product, or it is sold no more."""

    code = "package_not_found"
    status = 404
    message = _("没有这个套餐，或已停售。")


class NotEnoughLeft(DomainError):
    """The card has fewer counts or minutes that may be used today."""

    code = "package_insufficient"
    status = 409
    message = _("套餐“{product}”剩余 {available}，需要 {needed}。未扣减。")


class PackageInvalid(DomainError):
    """A product has a name, something in it, and a price."""

    code = "package_invalid"
    status = 422
    message = _("套餐须有名称，数量、价格和有效期须大于零。")


class PackageNotReversible(DomainError):
    """Only sales and uses of packages are undone here."""

    code = "package_not_reversible"
    status = 409
    message = _("只有套餐的售出和使用可以在此冲正。")
