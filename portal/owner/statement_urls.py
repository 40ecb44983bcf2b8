"""Addresses of a chain's monthly statements in the owner's console."""

from django.urls import path, register_converter

from portal.owner import statement_views as views
from portal.owner.months import MonthConverter

register_converter(MonthConverter, "month")

urlpatterns = [
    path("", views.statements, name="statements"),
    path("now/", views.so_far, name="statement_so_far"),
    path("<month:month>/", views.statement, name="statement"),
    path("<month:month>.pdf", views.statement_pdf, name="statement_pdf"),
    path("<month:month>.xlsx", views.statement_workbook, name="statement_workbook"),
]
