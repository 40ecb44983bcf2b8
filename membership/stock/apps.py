from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class StockConfig(AppConfig):
    """Blank cards as assets: ranges, deliveries, drawing, counts, destruction. Each chain's schema."""

    name = "membership.stock"
    label = "stock"
    verbose_name = _("卡片库存")
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from membership.cards.gates import before_issue
        from membership.stock.gate import take_from_stock

        before_issue(take_from_stock)
