"""Addresses of the desk's documents."""

from django.urls import path

from portal.desk import document_views as views

urlpatterns = [
    path("", views.document_list, name="documents"),
    path("new/<str:kind>/", views.document_new, name="document_new"),
    path("<str:number>/", views.document_detail, name="document"),
    path("<str:number>/edit/", views.document_edit, name="document_edit"),
    path("<str:number>/step/", views.document_step, name="document_step"),
]
