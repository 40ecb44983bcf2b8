from django.apps import AppConfig


class ApiConfig(AppConfig):
    """Every JSON endpoint. Has no tables: it translates and calls one service."""

    name = "api"
    label = "api"
