"""What a till looks up."""

from uuid import UUID

from django.http import HttpResponse
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request

from api import queries
from api.v1 import openapi
from api.views import ApiView
from api.wire import answered
from kernel import clock
from tenants.people.domain import Act, require_somewhere


class CardByNumber(ApiView):
    """A card's state and balance; its holder's name masked."""

    @extend_schema(**openapi.CARD)
    def get(self, request: Request, number: str) -> HttpResponse:
        """200 with the card."""
        require_somewhere(self.caller.actor, Act.CARD_VIEW)
        return answered(queries.card_state(number=number, on=clock.today(), reader=self.caller.actor))


class ConsumptionById(ApiView):
    """A consumption that was posted before."""

    @extend_schema(**openapi.PAST_CONSUMPTION)
    def get(self, request: Request, posting_id: UUID) -> HttpResponse:
        """200 with the consumption."""
        require_somewhere(self.caller.actor, Act.VALUE_CONSUME)
        return answered(queries.past_consumption(posting_id=posting_id))
