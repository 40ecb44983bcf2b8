"""Posting: two trips to the database, each one pipeline, whatever the number of requests."""

from ledger.engine.posting import Rider, post_many, post_within, preview

__all__ = ["Rider", "post_many", "post_within", "preview"]
