"""Comparing the ID number that is typed for a card's holder, before an act that needs to know her (R-J02, R-L08)."""

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from membership.cards.models import Card
from membership.members.domain import DocumentKind
from membership.members.services import verify_identity
from portal.desk.access import DeskRequest, working_store
from portal.desk.card_forms import ShownForm
from portal.desk.member_rows import said_of
from tenants.people.domain import Act


def matches(request: DeskRequest, card: Card, form: ShownForm) -> bool | None:
    """Whether the number that was typed is the holder's; None where none was. What does not match is an error of the
    form's field, and counted, whatever becomes of the act: called outside of the act's own transaction.

    Raises:
        NotAllowed
    """
    typed = form.cleaned_data.get("holder_number", "").strip()
    if not typed:
        return None
    if card.member is None:
        form.add_error("holder_number", ValidationError(_("这张卡没有登记会员，无从核对。"), code="no_member"))
        return False
    check = verify_identity(
        actor=request.desk.actor,
        member=card.member,
        kind=DocumentKind(form.cleaned_data["holder_document"] or DocumentKind.ID_CARD),
        number=typed,
        store_id=working_store(request, Act.MEMBER_VIEW),
    )
    if not check:
        form.add_error("holder_number", ValidationError(said_of(check)[1], code="id_check"))
    return bool(check)
