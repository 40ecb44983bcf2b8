"""Which chain a request is for."""

from collections.abc import Callable

from django.conf import settings
from django.db import DatabaseError, connection
from django.http import HttpRequest
from django.http.request import split_domain_port
from django.http.response import HttpResponseBase
from django.urls import set_urlconf
from django.utils.translation import gettext_lazy as _

from kernel.db.reaching import database_lost
from kernel.errors import DomainError
from kernel.http.refusals import refused
from kernel.observability.context import bind
from kernel.outages import Unavailable
from tenants.chains.domain import ChainState
from tenants.chains.queries import CurrentChain, chain_at


class UnknownHost(DomainError):
    """No chain answers at this host name."""

    code = "unknown_host"
    status = 404
    message = _("没有商户使用网址 {host}。请核对网址，或向门店索取。")


class ChainNotReady(DomainError):
    """The chain is being made."""

    code = "chain_not_ready"
    status = 503
    message = _("商户正在开通，请稍候片刻再试。")


class ChainClosed(DomainError):
    """The chain has left the platform, or is leaving."""

    code = "chain_closed"
    status = 410
    message = _("该商户已停止使用本平台。卡内余额请联系门店。")


class ChainMiddleware:
    """Choose the schema and the URL map by the host, and leave ``request.chain`` (None at the base host)."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        # What an earlier request of this thread chose, if it was broken off.
        connection.set_schema_to_public()  # type: ignore[attr-defined]
        host, _port = split_domain_port(request.get_host())
        if not host.endswith(f".{settings.BASE_DOMAIN}"):
            return self._in_public(request)
        try:
            chain = _active_chain(host)
        except DomainError as refusal:
            return refused(request, refusal)
        bind(chain=chain.schema_name)
        request.chain = chain  # type: ignore[attr-defined]
        connection.set_tenant(chain)  # type: ignore[attr-defined]
        try:
            return self.get_response(request)
        finally:
            connection.set_schema_to_public()  # type: ignore[attr-defined]

    def _in_public(self, request: HttpRequest) -> HttpResponseBase:
        request.chain = None  # type: ignore[attr-defined]
        request.urlconf = settings.PUBLIC_SCHEMA_URLCONF
        set_urlconf(settings.PUBLIC_SCHEMA_URLCONF)
        return self.get_response(request)


def _active_chain(host: str) -> CurrentChain:
    try:
        chain = chain_at(host)
    except DatabaseError as error:
        if database_lost(error):
            raise Unavailable from error
        raise
    if chain is None or chain.state == ChainState.FAILED:
        raise UnknownHost(host=host)
    if chain.state in {ChainState.CLOSING, ChainState.CLOSED}:
        raise ChainClosed
    if chain.state != ChainState.ACTIVE:
        raise ChainNotReady
    return chain
