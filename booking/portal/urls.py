"""Pages of the driver's journey."""

from accounts.permissions import ADMINISTER, CONFIGURE, OPERATE, OPERATE_ONLY
from booking.portal import corrections, local_lists, reservations, sessions, tokens
from cpms.router import route

urlpatterns = [
    route("sessions/", sessions.session_list, OPERATE, "sessions"),
    route("sessions/<str:session_id>/", sessions.session_page, OPERATE, "session"),
    route("sessions/<str:session_id>/samples.csv", sessions.session_csv, OPERATE, "session-csv"),
    route("sessions/<str:session_id>/stop/", sessions.session_stop, OPERATE, "session-stop"),
    route("cdrs/<uuid:pk>/correct/", corrections.cdr_correct, ADMINISTER, "cdr-correct"),
    route("stations/<str:identity>/local-list/", local_lists.local_list, OPERATE, "local-list"),
    route("reservations/", reservations.reservation_list, OPERATE, "reservations"),
    route("reservations/add/", reservations.reservation_add, OPERATE_ONLY, "reservation-add"),
    route("reservations/<int:pk>/", reservations.reservation_page, OPERATE, "reservation"),
    route(
        "reservations/<int:pk>/edit/",
        reservations.reservation_edit,
        OPERATE_ONLY,
        "reservation-edit",
    ),
    route(
        "reservations/<int:pk>/cancel/",
        reservations.reservation_cancel,
        OPERATE,
        "reservation-cancel",
    ),
    route("tokens/", tokens.token_list, CONFIGURE, "tokens"),
    route("tokens/add/", tokens.token_add, OPERATE_ONLY, "token-add"),
    route("tokens/<int:pk>/status/", tokens.token_status, OPERATE, "token-status"),
]
