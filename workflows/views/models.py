"""Where models come from: which one answers, the providers, and whether they do."""

from collections.abc import Callable
from typing import TypeVar

from django.contrib import messages
from django.contrib.auth.decorators import login_required, permission_required
from django.core.exceptions import BadRequest
from django.db.models import Q
from django.forms import HiddenInput
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from workflows.answering import answering, key_from, users_of
from workflows.forms import ProviderForm
from workflows.llm.errors import ModelError
from workflows.models import ModelProvider
from workflows.presets import PRESETS, Preset, free_name, preset, preset_of

View = TypeVar("View", bound=Callable[..., HttpResponse])


def needs(verb: str) -> Callable[[View], View]:
    """Only for whoever may `verb` providers: others are told so."""
    return permission_required(f"workflows.{verb}_modelprovider", raise_exception=True)


@login_required
@needs("view")
@require_GET
def index(request: HttpRequest) -> HttpResponse:
    """Which model answers and why, and the providers."""
    # A stored key is not read: whether there is one can be told without opening it.
    stored = ~Q(api_key="")
    providers = ModelProvider.objects.defer("api_key").annotate(stored=stored)
    rows = [{"row": row, "key": key_from(row, stored=row.stored)} for row in providers]
    return render(request, "site/models.html", {"answering": answering(), "providers": rows, "presets": PRESETS})


@login_required
@needs("add")
@require_http_methods(["GET", "POST"])
def add(request: HttpRequest) -> HttpResponse:
    """Connect a provider; `?like=` is the preset to begin with."""
    like = preset(request.GET.get("like", ""))
    if like is None:
        raise BadRequest("No such preset.")
    initial = {
        "name": free_name(like.key),
        "kind": like.kind,
        "base_url": like.base_url,
        "default_model": like.models[0] if like.models else "",
        "is_default": not ModelProvider.objects.filter(is_default=True).exists(),
    }
    return filled_in(request, ProviderForm(request.POST or None, initial=initial), like)


@login_required
@needs("change")
@require_http_methods(["GET", "POST"])
def edit(request: HttpRequest, pk: int) -> HttpResponse:
    """Change a provider. Its key can be replaced or forgotten, and not read."""
    row = get_object_or_404(ModelProvider, pk=pk)
    return filled_in(request, ProviderForm(request.POST or None, instance=row), preset_of(row))


def filled_in(request: HttpRequest, form: ProviderForm, like: Preset) -> HttpResponse:
    """The form, or back to the list once it was saved."""
    form.fields["kind"].widget = HiddenInput()
    form.fields["is_default"].label = "Use it by default"
    form.fields["default_model"].widget.attrs |= {"list": "examples", "autocomplete": "off", "spellcheck": "false"}
    if form.is_valid():
        row = form.save()
        messages.success(request, f"“{row.name}” is saved. Test it to see whether it answers.")
        return redirect("models")
    more = [field for field in form.visible_fields() if field.name not in wanted(like)]
    context = {
        "form": form,
        "like": like,
        "row": form.instance,
        "main": [form[name] for name in wanted(like) if name in form.fields],
        "more": more,
        "more_is_wrong": "new_key" in form.errors or any(field.errors for field in more),
    }
    return render(request, "site/model_form.html", context)


def wanted(like: Preset) -> list[str]:
    """What most people have to fill in for such a service; the rest stands below, folded."""
    where = ["new_key", "forget_key"] if like.key_from else ["base_url"]
    either = ["base_url", "new_key", "forget_key"]
    return [*(where if like.key_from or like.base_url else either), "default_model", "is_default"]


@login_required
@needs("delete")
@require_POST
def delete(request: HttpRequest, pk: int) -> HttpResponse:
    """Forget a provider and its key, unless an agent depends on it."""
    row = get_object_or_404(ModelProvider, pk=pk)
    if used := users_of(row):
        names = ", ".join(f"“{name}”" for name in used[:5])
        messages.error(request, f"“{row.name}” is in use: give {names} another model first.")
        return redirect("models")
    row.delete()
    messages.success(request, f"“{row.name}” is deleted.")
    return redirect("models")


@login_required
@needs("change")
@require_POST
def make_default(request: HttpRequest, pk: int) -> HttpResponse:
    """Let a provider answer wherever no model is named."""
    row = get_object_or_404(ModelProvider, pk=pk)
    if not (row.enabled and row.default_model):
        messages.error(request, f"“{row.name}” cannot be the default yet: switch it on, and name a model for it.")
        return redirect("models")
    row.is_default = True
    row.save()
    messages.success(request, f"“{row.name}” is the default now.")
    return redirect("models")


@login_required
@needs("change")
@require_POST
def test(request: HttpRequest, pk: int) -> HttpResponse:
    """Ask a provider's default model for one word, and show what came of it: a live call, which may take seconds."""
    row = get_object_or_404(ModelProvider, pk=pk)
    return render(request, "site/parts/model_test.html", tried(row))


def tried(row: ModelProvider) -> dict[str, str]:
    """The model's `answer`, or a sentence about what is `wrong`."""
    from workflows.llm.check import try_model

    if not row.enabled:
        return {"wrong": "It is switched off: switch it on, and test again."}
    if not row.default_model:
        return {"wrong": "It has no model to ask: edit it and name one."}
    try:
        return {"answer": try_model(f"{row.name}:{row.default_model}")}
    except ModelError as exc:
        return {"wrong": str(exc)}
