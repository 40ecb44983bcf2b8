"""What others send us: the payment service's messages, at the base host."""

from django.http import HttpRequest, JsonResponse
from django.urls import path
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from billing.payments import services
from billing.payments.errors import PaymentsUnavailable
from billing.payments.ports import NotGenuine
from kernel.http import own_transactions


@csrf_exempt
@require_POST
@own_transactions
def stripe(request: HttpRequest) -> JsonResponse:
    """Keep a signed message of Stripe's and say so at once; a worker finds out what it is about.

    Whatever is not signed is refused with 400, and nothing of it is kept.
    """
    try:
        services.receive(body=request.body, signature=request.headers.get("Stripe-Signature", ""))
    except NotGenuine:
        return JsonResponse({"error": {"code": "signature_invalid"}}, status=400)
    except PaymentsUnavailable as error:
        return JsonResponse({"error": error.as_dict()}, status=error.status)
    return JsonResponse({"received": True})


urlpatterns = [path("stripe/", stripe, name="stripe_webhook")]
