"""Content types are rows with their own ids in every schema, but Django caches them once a process."""

from typing import Any

from django.contrib.contenttypes.models import ContentType
from django.db import connections


class SchemaKeyedCache(dict[Any, Any]):
    """``ContentTypeManager``'s cache, one per schema instead of one per database alias.

    django-tenants empties the cache whenever a tenant is chosen, which does not help when two threads serve two chains: one
    would file its log entries under the other's ids.
    """

    def _key(self, using: str) -> tuple[str, str]:
        return using, connections[using].schema_name  # type: ignore[attr-defined]

    def __getitem__(self, using: str) -> Any:
        return super().__getitem__(self._key(using))

    def setdefault(self, using: str, default: Any = None) -> Any:
        return super().setdefault(self._key(using), default)


def key_cache_by_schema() -> None:
    """Put the keyed cache in place, once, when the apps are ready."""
    ContentType.objects._cache = SchemaKeyedCache()  # type: ignore[attr-defined]
