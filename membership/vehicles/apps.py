from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class VehiclesConfig(AppConfig):
    """The vehicles of a chain's members, and the stores that look after them. Each chain's schema."""

    name = "membership.vehicles"
    label = "vehicles"
    verbose_name = _("车辆")
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from membership.vehicles import hooks  # noqa: F401 - registers them
