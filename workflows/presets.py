"""The services that most people connect, with what they need to know of each."""

from dataclasses import dataclass

from workflows.llm.names import KINDS
from workflows.models import ModelProvider

Kind = ModelProvider.Kind


@dataclass(frozen=True)
class Preset:
    """A service as the page offers it. `models` are examples, the first one a good beginning; `key_from` is where keys are made."""

    key: str
    label: str
    kind: str
    text: str
    models: tuple[str, ...]
    key_from: str = ""
    base_url: str = ""

    @property
    def host(self) -> str:
        """Where keys are made, without the parts of the address that nobody reads."""
        return self.key_from.removeprefix("https://").partition("/")[0]

    @property
    def key_env(self) -> str:
        """The variable that the service's own tools read."""
        return KINDS[self.kind].key_env


PRESETS = (
    Preset(
        "openai",
        "OpenAI",
        Kind.OPENAI,
        "GPT models. Needs a key and a paid account.",
        ("gpt-5.2", "gpt-5-mini", "gpt-5-nano"),
        key_from="https://platform.openai.com/api-keys",
    ),
    Preset(
        "anthropic",
        "Anthropic",
        Kind.ANTHROPIC,
        "Claude models. Needs a key and a paid account.",
        ("claude-sonnet-4-5", "claude-opus-4-5", "claude-haiku-4-5"),
        key_from="https://console.anthropic.com/settings/keys",
    ),
    Preset(
        "google",
        "Google",
        Kind.GOOGLE,
        "Gemini models. Needs a key; there is a free tier.",
        ("gemini-2.5-flash", "gemini-2.5-pro"),
        key_from="https://aistudio.google.com/apikey",
    ),
    Preset(
        "ollama",
        "Ollama",
        Kind.OLLAMA,
        "Open models on a machine of yours. No key, nothing leaves it.",
        ("qwen3", "llama3.3", "gpt-oss"),
        base_url="http://127.0.0.1:11434",
    ),
    Preset(
        "lm-studio",
        "LM Studio",
        Kind.OPENAI_CHAT,
        "Open models in a desktop app. Switch its local server on first.",
        ("qwen/qwen3-8b", "openai/gpt-oss-20b"),
        base_url="http://127.0.0.1:1234/v1",
    ),
    Preset(
        "vllm",
        "vLLM",
        Kind.OPENAI_CHAT,
        "Open models on a server of yours with graphics cards.",
        ("Qwen/Qwen3-8B", "openai/gpt-oss-20b"),
        base_url="http://127.0.0.1:8000/v1",
    ),
    Preset(
        "compatible",
        "Another service",
        Kind.OPENAI_CHAT,
        "Whatever speaks OpenAI's protocol: OpenRouter, Groq, Mistral and many more.",
        (),
    ),
)


def preset(key: str) -> Preset | None:
    """The preset called `key`, if there is one."""
    return next((one for one in PRESETS if one.key == key), None)


def preset_of(provider: ModelProvider) -> Preset:
    """The preset that tells most about `provider`: the one of its name, else one of its kind."""
    alike = [one for one in PRESETS if one.kind == provider.kind]
    return next((one for one in alike if one.key == provider.name), alike[-1])


def free_name(key: str) -> str:
    """A name for a new provider that none has yet: `key`, else `key-2` and so on."""
    taken = set(ModelProvider.objects.filter(name__startswith=key).values_list("name", flat=True))
    return next(name for name in (key, *(f"{key}-{number}" for number in range(2, len(taken) + 3))) if name not in taken)
