from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class PackagesConfig(AppConfig):
    """Packages 套餐: counts and minutes that are sold ahead and used one by one. Each chain's schema."""

    name = "membership.packages"
    label = "packages"
    verbose_name = _("套餐")
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from membership.cashier.past import booked
        from membership.packages import domain, queries
        from membership.records.domain import RecordKind

        for posting_kind in (domain.SALE, domain.USE):
            booked(posting_kind, RecordKind.PACKAGE, tells=queries.told_of)
