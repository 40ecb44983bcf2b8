"""What a list that can be exported is: its filters, its columns, and its pages by key."""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, TypeVar

from django.db.models import Model, QuerySet
from django.utils.functional import Promise

from kernel.sheets import Column
from tenants.people.domain import Act

_kinds: dict[str, "ExportKind"] = {}

Filters = Mapping[str, str]


class ExportKind(ABC):
    """A list. Registered by ``@kind``."""

    code: ClassVar[str]
    label: ClassVar[str | Promise]
    acts: ClassVar[tuple[Act, ...]]
    """Besides exporting, the person must be allowed one of these: those that open the list's page."""

    @abstractmethod
    def found(self, filters: Filters) -> QuerySet[Any]:
        """What the list's page would show under these filters."""

    @abstractmethod
    def page(self, found: QuerySet[Any], *, size: int, after: Any) -> Sequence[Any]:
        """The next page after that object (None: the first), in a fixed number of queries."""

    @abstractmethod
    def columns(self) -> Sequence[Column]:
        """The columns, titled in the language that is active."""

    @abstractmethod
    def rows(self, page: Sequence[Any], *, revealed: bool) -> list[list[Any]]:
        """The cells of each object of a page; people masked unless ``revealed``. A fixed number of queries."""


K = TypeVar("K", bound=type[ExportKind])
M = TypeVar("M", bound=Model)


def kind(cls: K) -> K:
    """Register a list."""
    _kinds[cls.code] = cls()
    return cls


def kind_of(code: str) -> ExportKind:
    """The list with this code.

    Raises:
        KeyError
    """
    return _kinds[code]
