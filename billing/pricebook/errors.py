"""Refusals about price books."""

from django.utils.translation import gettext_lazy as _

from kernel.errors import DomainError


class BookNotFound(DomainError):
    """There is no such book."""

    code = "book_not_found"
    status = 404
    message = _("找不到这个价目版本。")


class BookVersionTaken(DomainError):
    """Another book has, or had, that name: charges name the book they were computed from."""

    code = "book_version_taken"
    status = 409
    message = _("版本号“{version}”已被使用，请换一个。")


class BookTooSoon(DomainError):
    """A book begins on a later day, so that nobody is charged by it before he could read it."""

    code = "book_too_soon"
    status = 409
    message = _("生效日期最早为 {earliest}。未作任何更改。")


class BookDayTaken(DomainError):
    """Two approved books cannot begin on one day."""

    code = "book_day_taken"
    status = 409
    message = _("{day} 已有批准的版本“{version}”生效。未作任何更改。")


class BookDecided(DomainError):
    """Somebody has approved or withdrawn it before."""

    code = "book_decided"
    status = 409
    message = _("这个价目版本已有人处理过，请刷新页面查看结果。")


class BookOwn(DomainError):
    """Four eyes: who prepared a book does not approve it."""

    code = "book_own"
    status = 403
    message = _("价目须由另一位平台员工批准，未作任何更改。")


class BookFileRefused(DomainError):
    """A file of prices that cannot be read as one."""

    code = "book_file_refused"
    status = 400
    message = _("第 {row} 行：{problem}")
