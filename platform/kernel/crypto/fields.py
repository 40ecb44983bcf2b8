"""A column that holds encrypted text."""

from typing import Any

from django.db import models


class SealedField(models.TextField):  # type: ignore[type-arg]
    """Text encrypted for ``purpose``. The attribute holds the encrypted text: reading a row reveals nothing, whoever
    may see the value decrypts it on purpose.

    ``index``: the column of the same row that holds the value's blind index, if it has one. Rotation finds both here
    (``kernel.crypto.rotation``).
    """

    def __init__(self, *args: Any, purpose: str = "", index: str = "", **kwargs: Any) -> None:
        self.purpose, self.index = purpose, index
        super().__init__(*args, **kwargs)

    def deconstruct(self) -> Any:
        """As a plain text column: migrations know nothing of keys and purposes."""
        name, _path, args, kwargs = super().deconstruct()
        return name, "django.db.models.TextField", args, kwargs
