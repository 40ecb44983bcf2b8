"""The demo chain 云杉汽车生活: six stores, staff in each role, members, and a year of activity."""

from config.demo.loading import load
from config.demo.summary import Summary

__all__ = ["Summary", "load"]
