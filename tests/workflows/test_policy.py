"""What an agent's policy says of a call."""

from typing import Any

import pytest

from tests.workflows.toolbox import TOOLS
from workflows.policy import decide, mistakes

ORG = {"argument": "what", "matches": "https://*.example.org/*", "then": "allow"}
ANYWHERE = {"argument": "what", "matches": "https://*", "then": "allow"}
SECRET = {"argument": "what", "matches": "*secret*", "then": "deny"}


@pytest.mark.parametrize(
    ("policy", "tool", "what", "verdict"),
    [
        ({}, "look", "x", "allow"),
        ({}, "send", "x", "ask"),
        ({"*": "deny"}, "look", "x", "deny"),
        ({"*": "deny", "look": "allow"}, "look", "x", "allow"),
        ({"send": "allow"}, "send", "x", "allow"),
        ({"look": {"default": "ask", "rules": [ORG]}}, "look", "https://a.example.org/b", "allow"),
        ({"look": {"default": "ask", "rules": [ORG]}}, "look", "https://example.com/", "ask"),
        ({"look": {"default": "ask", "rules": [ORG]}}, "look", "https://evil.com/?x=.example.org/", "ask"),
        ({"look": {"default": "ask", "rules": [ORG]}}, "look", "https://evil.com#a.example.org/", "ask"),
        ({"look": {"default": "ask", "rules": [ANYWHERE]}}, "look", "https://a.example.org", "allow"),
        ({"look": {"rules": [{**ORG, "then": "deny"}]}}, "look", "https://evil.com/a.example.org/", "deny"),
        ({"look": {"rules": [{**ORG, "then": "deny"}]}}, "look", " https://a.example.org/b", "deny"),
        ({"look": {"rules": [ORG, SECRET]}}, "look", "https://a.example.org/secret", "deny"),
        ({"look": {"rules": [SECRET]}}, "look", "A SECRET", "deny"),
        ({"look": "perhaps"}, "look", "x", "deny"),
        ({"look": {"rules": "all"}}, "look", "x", "deny"),
    ],
)
def test_a_policy_decides(policy: dict[str, Any], tool: str, what: str, verdict: str) -> None:
    assert decide(policy, TOOLS[tool], {"what": what}) == verdict


@pytest.mark.parametrize(
    ("policy", "said"),
    [
        ({"look": "perhaps"}, "allow, ask, deny"),
        ({"lok": "ask"}, "no tool “lok”"),
        ({"look": {"rules": [{"then": "ask"}]}}, "A rule is like"),
        ({"look": [{"then": "ask"}]}, 'such as {"default": "ask", "rules": [{"argument": "url"'),
        (["ask"], "A policy names tools"),
    ],
)
def test_a_wrong_policy_is_told(policy: Any, said: str) -> None:
    assert said in " ".join(mistakes(policy, TOOLS))
