"""Version 1."""

from django.urls import path
from drf_spectacular.renderers import OpenApiJsonRenderer2
from drf_spectacular.views import SpectacularJSONAPIView

from api.v1 import openapi
from api.v1.consumptions import ConsumptionBatch, Consumptions
from api.v1.members import MembersBulk
from api.v1.reads import CardByNumber, ConsumptionById
from api.wire import OnlyJson

urlpatterns = [
    path("consumptions", Consumptions.as_view(), name="consumptions"),
    path("consumptions/batch", ConsumptionBatch.as_view(), name="consumption-batch"),
    path("consumptions/<uuid:posting_id>", ConsumptionById.as_view(), name="consumption"),
    path("members/bulk", MembersBulk.as_view(), name="members-bulk"),
    path("cards/<str:number>", CardByNumber.as_view(), name="card"),
    path(
        "schema",
        SpectacularJSONAPIView.as_view(
            content_negotiation_class=OnlyJson,
            http_method_names=["get", "head"],
            # As plain JSON, which a browser shows.
            renderer_classes=[OpenApiJsonRenderer2],
            urlconf="api.urls",
            custom_settings={
                "APPEND_COMPONENTS": openapi.components(),
                "SECURITY": [{"key": []}],
                "SCHEMA_PATH_PREFIX_INSERT": "/api",
                # The structs describe their own choices.
                "POSTPROCESSING_HOOKS": [],
            },
        ),
        name="schema",
    ),
]
