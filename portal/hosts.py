"""Addresses on other hosts of the product: the base host, and a chain's own."""

from django.conf import settings
from django.http import HttpRequest


def public_url(request: HttpRequest, path: str) -> str:
    """An address on the base host."""
    return f"{_scheme(request)}://{_with_port(request, settings.BASE_DOMAIN)}{path}"


def chain_url(request: HttpRequest, slug: str, path: str = "/") -> str:
    """An address on the chain's host."""
    return f"{_scheme(request)}://{_with_port(request, f'{slug}.{settings.BASE_DOMAIN}')}{path}"


def base_domain(request: HttpRequest) -> str:
    """The base host as a browser shows it, with the port in use."""
    return _with_port(request, settings.BASE_DOMAIN)


def _scheme(request: HttpRequest) -> str:
    return "https" if request.is_secure() else "http"


def _with_port(request: HttpRequest, host: str) -> str:
    """With the port the browser came in by: locally it is not the default one."""
    _, colon, port = request.get_host().rpartition(":")
    return f"{host}:{port}" if colon and port.isdecimal() else host
