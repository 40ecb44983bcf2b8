"""When a part that the product stands on does not answer: what people and programs are told."""

from typing import ClassVar

from django.utils.translation import gettext_lazy as _
from redis.exceptions import ConnectionError as ValkeyLost
from redis.exceptions import TimeoutError as ValkeySilent

from kernel.db.reaching import database_lost
from kernel.errors import DomainError


class Unavailable(DomainError):
    """The database, or Valkey where attempts are counted, does not answer. Nothing was done."""

    code = "unavailable"
    status = 503
    message = _("系统暂时不可用，请稍候再试。未作任何更改。")
    retry_after_s: ClassVar[int] = 5
    """For the ``Retry-After`` header."""


class OutcomeUnknown(DomainError):
    """The database was lost while it was told to keep what was done: all of it stands, or nothing does."""

    code = "outcome_unknown"
    status = 503
    message = _("保存时与数据库的连接中断，无法确定是否已经保存。请先查看是否已经办好，再决定是否重做。")
    retry_after_s: ClassVar[int] = 5
    """For the ``Retry-After`` header."""


def part_lost(error: BaseException) -> str:
    """The part that this error says is out of reach, as ``/readyz`` names it; empty for any other error."""
    if isinstance(error, ValkeyLost | ValkeySilent):
        return "valkey"
    return "database" if database_lost(error) else ""
