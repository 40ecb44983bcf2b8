"""Secrets of persons at rest: encrypted texts, and blind indexes by which they are found without being read.

Every key is derived (HKDF-SHA256) from a versioned secret of the settings for one schema and one purpose. A text that
is copied to another chain or another use does not decrypt there, and the same number has another index in each chain:
nobody who holds the database alone can join people across chains.
"""

from kernel.crypto.fields import SealedField
from kernel.crypto.indexing import blind_index, blind_indexes
from kernel.crypto.keys import derived_key, newest_data_version, newest_index_version
from kernel.crypto.sealing import Undecryptable, decrypt, encrypt

__all__ = [
    "SealedField",
    "Undecryptable",
    "blind_index",
    "blind_indexes",
    "decrypt",
    "derived_key",
    "encrypt",
    "newest_data_version",
    "newest_index_version",
]
