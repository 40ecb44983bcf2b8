"""Form fields that every part of the portal shares."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.utils.translation import gettext_lazy as _

from kernel.calendar import FIRST_DAY, LAST_DAY
from kernel.money import InvalidAmount, Money, parse_yuan


class DayField(forms.DateField):
    """A day of this age: what lies beyond is a slip of the hand, and no arithmetic is done with it."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        beyond = _("请输入 1900 年至 2199 年之间的日期。")
        self.validators += [MinValueValidator(FIRST_DAY, beyond), MaxValueValidator(LAST_DAY, beyond)]


class YuanField(forms.CharField):
    """An amount as a cashier types it. Cleans to ``Money``; an empty optional one to ¥0.00."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(max_length=60, **kwargs)

    def clean(self, value: Any) -> Money:
        text = super().clean(value)
        if not text:
            return Money.ZERO
        try:
            return parse_yuan(text)
        except InvalidAmount as error:
            raise ValidationError(str(error), code=error.code) from error
