"""What a model's name means, and which sentence says what is wrong with it."""

import subprocess
import sys

import pytest
from pytest_django import Settings

from workflows.llm.errors import ModelError
from workflows.llm.names import KINDS, OFFLINE_SOURCE, complaint, default_name, resolve, split
from workflows.models import ModelProvider


def make_provider(**fields: object) -> ModelProvider:
    return ModelProvider.objects.create(**{"name": "work", "kind": "openai-chat", "base_url": "http://localhost:8123/v1", **fields})


def refusal(name: str) -> str:
    with pytest.raises(ModelError) as caught:
        resolve(name)
    assert not caught.value.retryable
    return str(caught.value)


def test_every_kind_of_provider_can_be_named() -> None:
    assert set(KINDS) == set(ModelProvider.Kind.values)


@pytest.mark.parametrize(
    ("name", "parts"),
    [
        ("openai:gpt-5.2", ("openai", "gpt-5.2")),
        (" openai : gpt-5.2 ", ("openai", "gpt-5.2")),
        ("ollama:llama3.2:3b", ("ollama", "llama3.2:3b")),
        ("work:qwen/qwen3-coder", ("work", "qwen/qwen3-coder")),
    ],
)
def test_a_name_is_a_provider_and_a_model(name: str, parts: tuple[str, str]) -> None:
    assert split(name) == parts


@pytest.mark.parametrize(
    "name", ["gpt-5", "openai gpt", ":gpt", "a b:c", "openai:a b", "openai:a\nb", "openai:" + "x" * 300, "🦖:x", "\ud800"]
)
def test_a_bad_name_is_refused_with_an_example(name: str) -> None:
    with pytest.raises(ModelError, match=r"is not a model: write provider:model, such as openai:gpt-5\.2\."):
        split(name)


@pytest.mark.parametrize("name", ["", "offline", "openai:gpt-5.2", "openai-chat:x", "anthropic:x", "google:x", "ollama:x"])
def test_a_good_setting_has_no_complaint(name: str) -> None:
    assert complaint(name) == ""


@pytest.mark.parametrize("name", ["gpt-5", "opnai:gpt-5.2", "openai:"])
def test_a_bad_setting_has_one(name: str) -> None:
    assert complaint(name)


def test_the_start_is_refused_with_one_line() -> None:
    code = "import os; os.environ['AGENTRON_MODEL'] = 'opnai:gpt'; from agentron.env import model_name; model_name('AGENTRON_MODEL')"

    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=30, check=False)

    assert ended.returncode == 1
    assert ended.stderr.startswith("agentron: AGENTRON_MODEL='opnai:gpt' is not valid: “opnai” is not a model provider: use one of openai,")
    assert ended.stderr.count("\n") == 1


def test_names_are_read_without_loading_what_talks_to_models() -> None:
    code = "import sys, workflows.llm.names; sys.exit(any(name.startswith(('pydantic_ai', 'httpx')) for name in sys.modules))"

    assert subprocess.run([sys.executable, "-c", code], timeout=30, check=False).returncode == 0


@pytest.mark.django_db
def test_with_nothing_configured_the_model_is_offline() -> None:
    assert default_name() == "offline"
    assert resolve() is OFFLINE_SOURCE


@pytest.mark.django_db
def test_the_setting_names_the_default(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.AGENTRON_MODEL = "openai:gpt-5.2"
    monkeypatch.setenv("OPENAI_API_KEY", "sk-1")

    source = resolve()

    assert (source.name, source.base_url, source.key) == ("openai:gpt-5.2", "https://api.openai.com/v1", "sk-1")
    assert "sk-1" not in repr(source)


@pytest.mark.django_db
def test_a_default_provider_goes_before_the_setting(settings: Settings) -> None:
    settings.AGENTRON_MODEL = "openai:gpt-5.2"
    provider = make_provider(is_default=True, default_model="qwen3")

    assert default_name() == "work:qwen3"

    provider.enabled = False
    provider.save()

    assert default_name() == "openai:gpt-5.2"


@pytest.mark.django_db
def test_a_default_provider_without_a_model_is_named() -> None:
    make_provider(is_default=True)

    assert refusal("") == "“work:” names no model: write work:MODEL, or give the provider a default model."


@pytest.mark.django_db
def test_a_provider_of_ones_own_may_take_the_name_of_a_built_in_one() -> None:
    make_provider(name="openai", kind="openai-chat", api_key="k")

    source = resolve("openai:gpt")

    assert (source.kind, source.base_url, source.key) == ("openai-chat", "http://localhost:8123/v1", "k")


@pytest.mark.django_db
def test_a_provider_of_ones_own_uses_its_own_key_and_address(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "of-the-environment")
    monkeypatch.setenv("OPENAI_BASE_URL", "http://elsewhere.example/v1")
    monkeypatch.setenv("WORK_KEY", " of-work\n")
    make_provider(name="mine", kind="openai", base_url="", api_key="stored")
    make_provider(name="work", api_key_env="WORK_KEY")

    mine, work = resolve("mine:a"), resolve("work:b")

    assert (mine.base_url, mine.key) == ("https://api.openai.com/v1", "stored")
    assert (work.base_url, work.key) == ("http://localhost:8123/v1", "of-work")


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("given", "used"), [("", "http://localhost:11434/v1"), ("http://box:11434", "http://box:11434/v1"), ("http://box/x/", "http://box/x")]
)
def test_ollama_is_found_with_or_without_its_path(monkeypatch: pytest.MonkeyPatch, given: str, used: str) -> None:
    monkeypatch.setenv("OLLAMA_BASE_URL", given)

    assert resolve("ollama:llama3.2").base_url == used


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("openai:gpt-5.2", "OpenAI needs a key: set OPENAI_API_KEY."),
        ("anthropic:claude", "Anthropic needs a key: set ANTHROPIC_API_KEY."),
        ("google:gemini", "Google needs a key: set GOOGLE_API_KEY."),
        ("openai-chat:x", "The OpenAI-compatible server has no address: set OPENAI_BASE_URL."),
        ("nowhere:x", "“nowhere” is not a model provider: use one of openai, openai-chat, anthropic, google, ollama, work."),
        ("hidden:x", "“hidden” is not a model provider: use one of openai, openai-chat, anthropic, google, ollama, work."),
    ],
)
def test_what_is_missing_is_named(name: str, sentence: str) -> None:
    make_provider()
    make_provider(name="hidden", enabled=False)

    assert refusal(name) == sentence


@pytest.mark.django_db
def test_a_provider_without_its_key_says_where_it_belongs() -> None:
    make_provider(name="mine", kind="anthropic", base_url="", api_key_env="NOT_SET_ANYWHERE")
    make_provider(name="yours", kind="google", base_url="")

    assert refusal("mine:x") == "“mine” needs a key: set NOT_SET_ANYWHERE."
    assert refusal("yours:x") == "“yours” needs a key: set its key under Models."


@pytest.mark.django_db
@pytest.mark.parametrize("key", ["sk-“quoted”", "two words", "sk-\x07"])
def test_a_key_that_no_header_could_carry_is_refused_unseen(key: str) -> None:
    make_provider(api_key=key)

    assert refusal("work:x") == "The key of “work” holds characters that no key has: enter its key under Models again."


@pytest.mark.django_db
@pytest.mark.parametrize("url", ["localhost:8000", "ftp://x/", "http://", "http://[::1", "http://a b/", "http://x:99999/"])
def test_an_address_that_is_none_is_refused(url: str) -> None:
    make_provider(base_url=url)

    assert "address of “work” is not valid" in refusal("work:x")
