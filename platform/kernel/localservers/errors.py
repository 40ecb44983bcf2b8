"""The one error of the local servers."""


class ServersError(RuntimeError):
    """A local server cannot be had; the message says why and what to do next."""
