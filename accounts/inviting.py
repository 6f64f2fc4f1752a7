"""An invitation: a link by e-mail, by which who was added chooses a password."""

import logging

from allauth.account.adapter import get_adapter
from allauth.account.forms import default_token_generator
from allauth.account.utils import user_pk_to_url_str
from django.urls import reverse

from accounts.enums import Role
from accounts.errors import MailNotSent
from accounts.models import User

log = logging.getLogger(__name__)


def invite(*, user: User) -> None:
    """Send the link; outside any transaction. Raises MailNotSent."""
    names = {"uidb36": user_pk_to_url_str(user), "key": default_token_generator.make_token(user)}
    facts = {
        "invitation_url": reverse("account_reset_password_from_key", kwargs=names),
        "role": Role(user.role).label,  # in the receiver's language, when the mail is written
    }
    try:
        get_adapter().send_mail("accounts/email/invitation", user.email, facts)
    except OSError as fault:  # smtplib's faults among them
        log.warning("invitation not sent", extra={"fault": str(fault)})
        raise MailNotSent from fault
