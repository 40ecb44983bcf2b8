"""Addresses of members and vehicles."""

from django.urls import path

from portal.desk import buyer_views, member_acts, member_views, merge_views, vehicle_views, wording_views

urlpatterns = [
    path("buyers/", buyer_views.buyer_list, name="buyer_list"),
    path("buyers/by-document/", buyer_views.buyer_by_document, name="buyer_by_document"),
    path("buyers/<int:registration_id>/", buyer_views.buyer_detail, name="buyer_detail"),
    path("members/", member_views.member_list, name="member_list"),
    path("members/new/", member_views.member_new, name="member_new"),
    path("members/search/", member_views.member_search, name="member_search"),
    path("members/by-document/", member_views.member_by_document, name="member_by_document"),
    path("members/duplicates/", merge_views.duplicates, name="duplicates"),
    path("members/merge/", merge_views.merge, name="merge"),
    path("members/wordings/", wording_views.wordings, name="consent_wordings"),
    path("members/tags/", member_acts.tag_list, name="tag_list"),
    path("members/tags/<int:tag_id>/retire/", member_acts.tag_retire, name="tag_retire"),
    path("members/<str:code>/", member_views.member_detail, name="member_detail"),
    path("members/<str:code>/edit/", member_views.member_edit, name="member_edit"),
    path("members/<str:code>/compare/", member_acts.compare, name="member_compare"),
    path("members/<str:code>/reveal/", member_acts.reveal, name="member_reveal"),
    path("members/<str:code>/documents/remove/", member_acts.document_remove, name="member_document_remove"),
    path("members/<str:code>/retained/", member_acts.retained, name="member_retained"),
    path("members/<str:code>/consents/", member_acts.consent_give, name="consent_give"),
    path("members/<str:code>/consents/withdraw/", member_acts.consent_withdraw, name="consent_withdraw"),
    path("members/<str:code>/tags/", member_acts.tags_set, name="tags_set"),
    path("members/<str:code>/export/", member_acts.export, name="member_export"),
    path("members/<str:code>/erase/", member_acts.erase, name="member_erase"),
    path("members/<str:code>/vehicles/new/", vehicle_views.vehicle_new, name="vehicle_new"),
    path("vehicles/", vehicle_views.vehicle_list, name="vehicle_list"),
    path("vehicles/<int:vehicle_id>/", vehicle_views.vehicle_detail, name="vehicle_detail"),
]
