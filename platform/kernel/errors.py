"""Errors a person or a program meets: each has a stable code, an HTTP status and a message that can be translated."""

from collections.abc import Iterable
from typing import Any, ClassVar

from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _


class DomainError(Exception):
    """A refusal by a rule of the business. Nothing was written by the act that raised it.

    Subclasses set ``code`` (stable, ASCII), ``status`` (HTTP) and ``message`` (may hold ``{placeholders}``; what is put
    there may be a list).
    """

    code: ClassVar[str] = "refused"
    status: ClassVar[int] = 422
    message: ClassVar[str | Promise] = _("请求被拒绝，未作任何更改。")
    retry_after_s: ClassVar[int | None] = None
    """For the ``Retry-After`` header, where trying again later may help."""

    def __init__(self, **params: Any) -> None:
        self.params = params
        super().__init__(self.code, params)

    def __str__(self) -> str:
        return str(self.message).format(**{name: _said(value) for name, value in self.params.items()})

    def as_dict(self) -> dict[str, Any]:
        """The error as the API and the pages show it."""
        return {"code": self.code, "message": str(self), "params": {k: _plain(v) for k, v in self.params.items()}}


def listed(words: Iterable[object]) -> str:
    """Words as a list in a sentence: ``甲、乙`` or ``A, B``, as the active language does it."""
    return gettext("、").join(str(word) for word in words)


def _said(value: Any) -> Any:
    return listed(value) if isinstance(value, list | tuple) else value


def _plain(value: Any) -> Any:
    if isinstance(value, list | tuple):
        return [_plain(one) for one in value]
    return value if isinstance(value, int | float | bool | type(None)) else str(value)
