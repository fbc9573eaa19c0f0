"""Remembering, recalling and forgetting, each person for themselves."""

import pytest

from tests.factories import make_context, make_user
from workflows.builtin.memory import MAX_LIST, MAX_MEMORIES, forget, recall, remember
from workflows.models import Memory
from workflows.tools import ToolContext, ToolError

pytestmark = pytest.mark.django_db


@pytest.fixture
def me() -> ToolContext:
    """A call on behalf of a person."""
    return make_context(make_user())


def test_what_was_remembered_is_recalled(me: ToolContext) -> None:
    assert remember(me, "favourite tea", "Assam, with milk") == "Remembered under “favourite tea”."

    assert recall(me, "favourite tea") == "Assam, with milk"


@pytest.mark.parametrize("key", ["Favourite Tea", "  favourite   tea ", "FAVOURITE\nTEA"])
def test_a_key_has_many_spellings_and_is_one(me: ToolContext, key: str) -> None:
    remember(me, "favourite tea", "Assam")

    remember(me, key, "Ceylon")

    assert recall(me, key) == "Ceylon"
    assert Memory.objects.count() == 1


def test_a_new_value_tells_what_it_replaced(me: ToolContext) -> None:
    remember(me, "tea", "Assam")

    assert remember(me, "tea", "Ceylon") == "Remembered under “tea”. Before, it was: Assam"


def test_remembering_and_forgetting_twice_is_as_once(me: ToolContext) -> None:
    assert remember(me, "tea", "Assam") == remember(me, "tea", "Assam")

    assert forget(me, "TEA") == "Forgot “tea”."
    assert forget(me, "tea") == "Nothing is remembered under “tea”."
    assert Memory.objects.count() == 0


def test_each_person_has_a_memory_of_their_own(me: ToolContext) -> None:
    stranger = make_context(make_user())
    remember(me, "tea", "Assam")
    remember(stranger, "tea", "none")

    assert recall(me, "tea") == "Assam"
    forget(stranger, "tea")
    assert recall(stranger) == "Nothing is remembered yet."
    assert "Assam" not in recall(stranger, "tea")
    assert recall(me, "tea") == "Assam"


def test_a_key_that_is_not_there_brings_up_those_near_it(me: ToolContext) -> None:
    for key in ("favourite tea", "birthday of mother", "address"):
        remember(me, key, "x")

    assert recall(me, "favorite tea") == "Nothing is remembered under “favorite tea”. Near it: “favourite tea”."
    assert "“birthday of mother”" in recall(me, "mother")


def test_everything_is_listed_with_its_beginning(me: ToolContext) -> None:
    remember(me, "b", "long\n" * 100)
    remember(me, "a", "short")

    lines = recall(me).split("\n")

    assert lines[0] == "- a: short"
    assert lines[1].startswith("- b: long long")
    assert lines[1].endswith("…")


def test_a_list_that_is_too_long_says_what_is_missing(me: ToolContext) -> None:
    Memory.objects.bulk_create(Memory(owner_id=me.owner_id, key=f"key {n:0>90}", value="v" * 500) for n in range(300))

    listing = recall(me)

    assert len(listing) < MAX_LIST + 100
    shown = listing.count("\n- ") + 1
    assert listing.endswith(f"(and {300 - shown} more: recall them by their keys)")


@pytest.mark.parametrize(
    ("key", "value", "sentence"),
    [
        ("", "x", "The key is empty"),
        (" \n", "x", "The key is empty"),
        ("k" * 101, "x", "The key has 101 characters"),
        ("ß" * 60, "x", "The key has 120 characters"),
        ("k", "", "The value is empty"),
        ("k", "v" * 4_001, "The value has 4,001 characters"),
    ],
)
def test_what_cannot_be_kept_is_refused_with_a_sentence(me: ToolContext, key: str, value: str, sentence: str) -> None:
    with pytest.raises(ToolError, match=sentence):
        remember(me, key, value)

    assert Memory.objects.count() == 0


def test_there_is_room_for_so_many_and_a_known_key_always_fits(me: ToolContext) -> None:
    Memory.objects.bulk_create(Memory(owner_id=me.owner_id, key=f"k{n}", value="v") for n in range(MAX_MEMORIES))

    with pytest.raises(ToolError, match="forget one that is out of date"):
        remember(me, "one more", "v")

    remember(me, "k0", "new")
    assert recall(me, "k0") == "new"


def test_what_a_database_cannot_hold_is_made_storable(me: ToolContext) -> None:
    remember(me, "a\0b\ud800", "c\0d\udfff")

    assert recall(me, "a\0b\ud800").startswith("c\ufffdd\ufffd")
