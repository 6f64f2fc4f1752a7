from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _


class Role(TextChoices):
    """What a member of the CPO's staff may do; each role includes the ones after it. Who
    signed up has none until an administrator gives one."""

    ADMINISTRATOR = "administrator", _("Administrator")
    OPERATOR = "operator", _("Operator")
    VIEWER = "viewer", _("Viewer")
    NONE = "none", _("No access yet")
