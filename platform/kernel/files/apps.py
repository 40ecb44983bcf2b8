from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class FilesConfig(AppConfig):
    """Private files of a chain: encrypted at rest, gone when their time is over. In each chain's schema."""

    name = "kernel.files"
    label = "files"
    verbose_name = _("文件")
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from kernel import due
        from kernel.files import queries

        due.register("files.sweep", queries.DUE)
