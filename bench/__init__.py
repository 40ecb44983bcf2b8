"""Our speed beside that of a peer, measured in one run, interleaved, best of several. `make bench` writes
docs/benchmarks.md.

A number by itself says what machine it was taken on; a ratio says something about the code. Everything runs on this
machine: the server, PostgreSQL (durable, as in production) and the clients that load them, which cost us as they cost
the peer.
"""
