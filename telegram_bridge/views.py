"""The Telegram part of a person's profile: linking an account, and unlinking it."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from chat import profile
from chat.http.auth import person
from telegram_bridge import parting
from telegram_bridge.context import about
from telegram_bridge.models import TelegramAccount, TelegramLinkCode
from telegram_bridge.models.people import LINK_MINUTES


@login_required
@never_cache
def link(request: HttpRequest) -> HttpResponse:
    """A one-time link to the bot. This answer is the only place that ever shows it; whoever comes here by its address goes back."""
    if request.method != "POST":
        return redirect("profile")
    found = about(request)
    if not (found["on"] and found["bot"]):
        messages.error(request, "Telegram is not connected: ask an administrator to switch it on.")
        return redirect("profile")
    return profile.page(request, link_code=TelegramLinkCode.issue(person(request)), link_minutes=LINK_MINUTES)


@login_required
@never_cache
def linked(request: HttpRequest) -> HttpResponse:
    """What became of the link that the open page shows: nothing new (204), or the section without it. The page asks every few seconds."""
    user = person(request)
    code = TelegramLinkCode.objects.filter(user=user).order_by("-pk").first()
    if code and not code.used_at and code.expires_at > timezone.now():
        return HttpResponse(status=204)
    account = None
    if code and code.used_at:
        account = TelegramAccount.objects.filter(user=user, allowed=True, linked_at__gte=code.used_at).order_by("-linked_at").first()
    return render(request, "site/parts/telegram.html", {"newly": account, "link_over": account is None})


@login_required
@require_POST
def unlink(request: HttpRequest, pk: int) -> HttpResponse:
    """Part from an account of one's own."""
    account = get_object_or_404(TelegramAccount, user=person(request), pk=pk)
    name = str(account)
    parting.part(account)
    messages.success(request, f"{name} is unlinked: nothing is sent there any more, and nobody acts as you from it.")
    return redirect("profile")
