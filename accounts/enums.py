from django.db.models import TextChoices


class Role(TextChoices):
    """What a member of the CPO's staff may do; each role includes the ones after it. Who
    signed up has none until an administrator gives one."""

    ADMINISTRATOR = "administrator", "Administrator"
    OPERATOR = "operator", "Operator"
    VIEWER = "viewer", "Viewer"
    NONE = "none", "No access yet"
