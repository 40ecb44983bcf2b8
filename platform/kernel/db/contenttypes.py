"""Content types are rows with their own ids in every schema, but Django caches them once a process."""

from typing import Any, Final

from django.contrib.contenttypes.models import ContentType
from django.db import connections

# Some 80 entries a schema: without a bound a process that serves thousands of chains would keep them all.
_SCHEMAS_MAX: Final = 200


class SchemaKeyedCache(dict[Any, Any]):
    """``ContentTypeManager``'s cache, one per schema instead of one per database alias.

    django-tenants empties the cache whenever a tenant is chosen, which does not help when two threads serve two
    chains: one would file its log entries under the other's ids.
    """

    def _key(self, using: str) -> tuple[str, str]:
        return using, connections[using].schema_name  # type: ignore[attr-defined]

    def __getitem__(self, using: str) -> Any:
        return super().__getitem__(self._key(using))

    def setdefault(self, using: str, default: Any = None) -> Any:
        key = self._key(using)
        if len(self) >= _SCHEMAS_MAX and not super().__contains__(key):
            self.clear()
        return super().setdefault(key, default)


def key_cache_by_schema() -> None:
    """Put the keyed cache in place, once, when the apps are ready."""
    cache = SchemaKeyedCache()
    options = ContentType._meta
    # Django hands out copies of the manager, made anew whenever its registry of models changes.
    for manager in (*options.local_managers, *options.managers):
        manager._cache = cache  # type: ignore[attr-defined]
