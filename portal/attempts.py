"""Doing what a form asks, and showing on it why that was refused."""

from collections.abc import Callable, Mapping
from typing import Final, TypeVar

from django import forms
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from kernel.errors import DomainError
from kernel.ids import token
from ledger.errors import IdempotencyConflict

T = TypeVar("T")

_KEY: Final = "idempotency_key"


def attempt(form: forms.Form, act: Callable[[], T], *, fields: Mapping[str, str] | None = None) -> T | None:
    """Do an act for a form. A refusal becomes the form's error and leaves nothing written; ``fields`` maps its code to
    the field it belongs to.
    """
    return told(form, done_or_not(act), fields=fields)


def done_or_not(act: Callable[[], T]) -> T | DomainError:
    """What the act answers, or what refused it; then nothing of it is written, and nothing locked."""
    try:
        with transaction.atomic():
            return act()
    except DomainError as refusal:
        return refusal


def told(form: forms.Form, answer: T | DomainError, *, fields: Mapping[str, str] | None = None) -> T | None:
    """The answer; a refusal becomes the form's error, at the field that ``fields`` gives for its code. What was sent
    under the key of another act is said in the words of whoever stands there, and goes under a key of its own next.
    """
    if not isinstance(answer, DomainError):
        return answer
    field = (fields or {}).get(answer.code)
    form.add_error(field if field in form.fields else None, ValidationError(_said(answer), code=answer.code))
    form.refusal = answer  # type: ignore[attr-defined]
    if isinstance(answer, IdempotencyConflict) and _KEY in form.fields:
        form.data = form.data.copy()  # type: ignore[attr-defined]  # what was sent may not be changed
        form.data[form.add_prefix(_KEY)] = token()  # type: ignore[index]
    return None


def _said(refusal: DomainError) -> str:
    """A key is the business of machines: people have sent a form before, and changed it since."""
    if isinstance(refusal, IdempotencyConflict):
        return _("这张表单已办理过另一笔业务，内容与现在填写的不同。本次未作任何更改；确认仍要办理的，请再提交一次。")
    return str(refusal)


def refusal_of(form: forms.Form) -> DomainError | None:
    """What refused the form's act, if something did."""
    refusal: DomainError | None = getattr(form, "refusal", None)
    return refusal


def status_of(form: forms.Form) -> int:
    """The HTTP status of a page that shows this form: that of what refused it, 400 for what could not be read, else
    200.
    """
    refusal = refusal_of(form)
    if refusal is not None:
        return refusal.status
    return 400 if form.is_bound and form.errors else 200
