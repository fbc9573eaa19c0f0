"""The tasks of a conversation, for its page: each stands under the message that promised it."""

from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_GET

from chat.http.auth import person
from chat.models import Conversation
from tasks.models import Task
from tasks.views.rows import lined, lines

# The newest; older ones have their own pages.
MOST = 50


@login_required
@require_GET
def index(request: HttpRequest, pk: UUID) -> HttpResponse:
    """A card for each of the newest tasks of a conversation, with the number of its anchor."""
    conversation = get_object_or_404(Conversation.objects.of(person(request)), pk=pk)
    rows = Task.objects.filter(conversation=conversation, anchor__isnull=False)
    return render(request, "tasks/parts/anchors.html", {"lines": lines(lined(rows).order_by("-created_at", "-pk")[:MOST])})
