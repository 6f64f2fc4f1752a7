"""How we let ourselves in at a partner."""

from django.conf import settings

from ocpi.client import Access
from ocpi.domain.credentials import revealed
from ocpi.models import Partner


def accesses_to(partner: Partner) -> tuple[Access, ...]:
    """With the token that a connected partner gave us, else with the one before: the answer
    that told us of the newest may have been overtaken."""
    texts = filter(None, (partner.token_out, partner.token_out_before))
    tokens = (revealed(text, settings.SECRET_KEY) for text in texts)
    return tuple(Access(token, partner.token_encoding, partner.hosts) for token in tokens)
