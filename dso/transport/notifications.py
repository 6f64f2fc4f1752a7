"""`/openadr/notifications/<id>`: a VTN says that there is news. Whatever it says in the body, the
truth is read from it: bodies come encoded twice, in other spellings, and of others' programs."""

import re

from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed, JsonResponse
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt

from dso.domain.tokens import token_in
from dso.enums import TokenKind
from dso.errors import UnknownToken
from dso.services import polling
from dso.services.access import caller_with

CHALLENGE = re.compile(r"[\w.~-]{1,256}", re.ASCII)


@csrf_exempt
def notification(request: HttpRequest, dso_id: int) -> HttpResponse:
    """A POST wakes the reader. A GET with `echo` is the VTN's challenge (3.1), answered to
    anybody: it tells nothing."""
    if request.method == "GET":
        asked = request.GET.get("echo", "")
        if CHALLENGE.fullmatch(asked):
            return HttpResponse(asked, content_type="text/plain")
        return JsonResponse({"title": "A plain echo is needed.", "status": 400}, status=400)
    if request.method != "POST":
        return HttpResponseNotAllowed(["GET", "POST"])
    now = timezone.now()
    try:
        caller = caller_with(token_in(request.headers.get("Authorization", "")), now)
    except UnknownToken as refusal:
        return JsonResponse({"title": refusal.text, "status": 401}, status=401)
    if caller.kind != TokenKind.WEBHOOK or caller.dso_id != dso_id:
        return JsonResponse({"title": "This token is of another.", "status": 403}, status=403)
    polling.hasten(dso_id=dso_id, now=now)
    return HttpResponse(status=204)
