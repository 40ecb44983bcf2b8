"""What a lint found."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, order=True)
class Finding:
    """A broken rule: its code, where, and what to do instead."""

    code: str
    where: str
    what: str

    def __str__(self) -> str:
        return f"{self.where}: {self.code} {self.what}"
