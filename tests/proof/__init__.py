"""The proof: random acts against a model in memory; see ``playing``."""

import pytest

# Its assertions stand outside of tests, and shall say what differed all the same.
_PLAYING = ("machine", "tills", "lives", "nights", "scene", "ends")
pytest.register_assert_rewrite(*(f"tests.proof.{name}" for name in _PLAYING))
