"""Form fields that every part of the portal shares."""

from typing import Any

from django import forms
from django.core.validators import MaxValueValidator, MinValueValidator
from django.utils.translation import gettext_lazy as _

from kernel.calendar import FIRST_DAY, LAST_DAY


class DayField(forms.DateField):
    """A day of this age: what lies beyond is a slip of the hand, and no arithmetic is done with it."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        beyond = _("请输入 1900 年至 2199 年之间的日期。")
        self.validators += [MinValueValidator(FIRST_DAY, beyond), MaxValueValidator(LAST_DAY, beyond)]
