"""Watching it: who asked, what happened, what is down. Nothing that leaves the process names a person."""
