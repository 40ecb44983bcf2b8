"""``POST /api/v1/consumptions`` by DRF and the ORM."""

from hashlib import sha256
from typing import Any

from rest_framework import serializers
from rest_framework.authentication import BaseAuthentication
from rest_framework.exceptions import AuthenticationFailed, ValidationError
from rest_framework.parsers import JSONParser
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from kernel import clock
from kernel.ids import uuid7
from ledger.models import Account, Draw, Entry, Lot, Posting
from membership.cards.models import Card
from membership.records.models import Record
from tenants.people.models import ApiKey
from tenants.stores.models import Store


class ConsumptionSerializer(serializers.Serializer[Any]):
    """The body."""

    card_number = serializers.CharField(max_length=32)
    amount_fen = serializers.IntegerField(min_value=1)
    store_code = serializers.CharField(max_length=20)
    reference = serializers.CharField(max_length=64, required=False, default="")


class KeyAuthentication(BaseAuthentication):
    """The caller."""

    def authenticate(self, request: Request) -> tuple[ApiKey, None]:
        prefix, _, secret = request.META["HTTP_AUTHORIZATION"].removeprefix("Bearer kyn_").partition("_")
        key = ApiKey.objects.filter(prefix=prefix, revoked_at__isnull=True).first()
        if key is None or bytes(key.secret_sha256) != sha256(secret.encode()).digest():
            raise AuthenticationFailed
        return key, None


class TwinConsumptions(APIView):
    """Runs in the request's transaction."""

    authentication_classes = (KeyAuthentication,)
    parser_classes = (JSONParser,)
    renderer_classes = (JSONRenderer,)

    def post(self, request: Request) -> Response:
        """The same rows as our API writes."""
        serializer = ConsumptionSerializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        given = serializer.validated_data
        key = f"api:{request.user.pk}|{request.META['HTTP_IDEMPOTENCY_KEY']}"
        posted = Posting.objects.filter(idempotency_key=key).first()
        if posted is not None:
            return Response(posted.result, status=201)
        store = Store.objects.get(code=given["store_code"])
        card = Card.objects.get(number=given["card_number"], stored_account__isnull=False)
        account = Account.objects.select_for_update(no_key=True).get(pk=card.stored_account_id or 0)
        card.refresh_from_db()
        if card.status != "ACTIVE" or card.locked:
            raise ValidationError("card")
        posting = self._post(request, given, key, account, store)
        self._record(request, given, posting, card, account, store)
        answer = {"id": posting.pk, "balance_after_fen": account.balance, "card_number": card.number}
        return Response(answer, status=201)

    def _post(self, request: Request, given: dict[str, Any], key: str, account: Account, store: Store) -> Posting:
        amount, now = given["amount_fen"], clock.now()
        posting = Posting.objects.create(
            id=uuid7(),
            kind="CONSUMPTION",
            idempotency_key=key,
            request_hash=sha256(repr(given).encode()).digest(),
            actor=f"api:{request.user.pk}",
            store_id=store.pk,
            occurred_at=now,
            created_at=now,
            result={"balance": account.balance - amount},
        )
        own = Entry(posting=posting, line_no=1, line_count=2, account=account, unit="CNY", amount=-amount)
        own.version, own.balance_before = account.version + 1, account.balance
        other = Entry(posting=posting, line_no=2, line_count=2, contra="REVENUE", unit="CNY", amount=amount)
        Entry.objects.bulk_create([own, other])
        self._draw(posting, account, amount)
        account.balance, account.version = account.balance - amount, account.version + 1
        account.save(update_fields=["balance", "version"])
        return posting

    def _draw(self, posting: Posting, account: Account, amount: int) -> None:
        left = amount
        for lot in Lot.objects.filter(account=account, live=True).order_by("expires_at", "opened_at", "id"):
            part = min(left, lot.remaining)
            Draw.objects.create(
                lot=lot,
                posting=posting,
                line_no=1,
                version=lot.version + 1,
                amount=-part,
                remaining_before=lot.remaining,
            )
            lot.remaining, lot.version = lot.remaining - part, lot.version + 1
            lot.save(update_fields=["remaining", "version"])
            left -= part
            if not left:
                return
        raise ValidationError("balance")

    def _record(
        self, request: Request, given: dict[str, Any], posting: Posting, card: Card, account: Account, store: Store
    ) -> None:
        Record.objects.create(
            id=posting.pk,
            card=card,
            kind="CONSUMPTION",
            amount_fen=-given["amount_fen"],
            balance_after_fen=account.balance,
            store=store,
            actor=f"api:{request.user.pk}",
            actor_name=str(getattr(request.user, "name", "")),
            posting_id=posting.pk,
            occurred_at=posting.occurred_at,
            detail={"note": given["reference"]},
        )
