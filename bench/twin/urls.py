"""The twin's addresses; behind them the product's own, beside which they are measured."""

from django.urls import include, path

from bench.twin.pages import trivial
from bench.twin.views import TwinConsumptions

urlpatterns = [
    path("api/v1/consumptions", TwinConsumptions.as_view()),
    path("trivial/", trivial),
    path("", include("config.urls_chain")),
]
