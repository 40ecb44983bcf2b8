"""The kinds of imports. Each registers itself when it is imported here."""

from membership.imports.kinds import cards, members
from membership.imports.kinds.base import Kind, kind_of, listed_kinds

__all__ = ["Kind", "cards", "kind_of", "listed_kinds", "members"]
