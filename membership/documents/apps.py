from django.apps import AppConfig
from django.utils.module_loading import autodiscover_modules
from django.utils.translation import gettext_lazy as _


class DocumentsConfig(AppConfig):
    """The papers the desk files: numbered, approved, completed. Each chain's schema."""

    name = "membership.documents"
    label = "documents"
    verbose_name = _("单据")
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        # Each app keeps its kinds in its own document_kinds.py, where they register themselves.
        autodiscover_modules("document_kinds")
