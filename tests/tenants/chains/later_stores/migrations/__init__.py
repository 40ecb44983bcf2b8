"""The stores' migrations as a later release might have them: the real ones, and two more."""

from pkgutil import iter_modules

from tenants.stores import migrations

LAST = max(module.name for module in iter_modules(migrations.__path__))

__path__ = [*migrations.__path__, *__path__]
