"""The twin's one address."""

from django.urls import path

from bench.twin.views import TwinConsumptions

urlpatterns = [path("api/v1/consumptions", TwinConsumptions.as_view())]
