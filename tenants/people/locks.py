"""The row locks of this app, always in primary-key order."""

from tenants.people.models import Role


def lock_matrix() -> None:
    """Let one person at a time change who may do what: "somebody still manages" is a fact of the whole matrix."""
    list(Role.objects.order_by("pk").select_for_update().values_list("pk", flat=True))
