"""The lists that can be exported. Each registers itself when it is imported here."""

from membership.exports.kinds import cards, members, records
from membership.exports.kinds.base import ExportKind, kind_of

__all__ = ["ExportKind", "cards", "kind_of", "members", "records"]
