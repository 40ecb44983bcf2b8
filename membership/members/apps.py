from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _

from kernel import due


class MembersConfig(AppConfig):
    """A chain's members and what it knows of them. Each chain's schema."""

    name = "membership.members"
    label = "members"
    verbose_name = _("会员")
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from membership.members import queries

        due.register(queries.FORGET, queries.TO_FORGET)
