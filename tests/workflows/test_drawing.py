"""Where a workflow's boxes and lines stand in its picture."""

from typing import Any

from workflows.definition import Definition
from workflows.drawing import Drawing, State, draw


def drawn(*steps: dict[str, Any], **states: str) -> Drawing:
    parts = [{"agent": "a1", "prompt": "x", **step} for step in steps]
    return draw(
        Definition.model_validate({"name": "w", "max_rounds": 3, "steps": parts}),
        {"a1": "Ann"},
        {key: State(status) for key, status in states.items()},
    )


def test_steps_that_wait_for_the_same_one_stand_side_by_side_below_it() -> None:
    top, left, right, bottom = drawn(
        {"key": "top"}, {"key": "left", "after": ["top"]}, {"key": "right", "after": ["top"]}, {"key": "bottom", "after": ["left", "right"]}
    ).boxes

    assert top.y < left.y == right.y < bottom.y
    assert left.x < top.x == bottom.x < right.x


def test_a_line_back_is_told_from_the_others() -> None:
    found = drawn({"key": "write", "after": ["review"]}, {"key": "review", "after": ["write"]})

    assert [line.back for line in found.lines] == [True, False]


def test_no_box_stands_on_another_one() -> None:
    found = drawn({"key": "a"}, {"key": "b", "after": ["c"]}, {"key": "c", "after": ["a"]}, {"key": "d"})

    assert len({(box.x, box.y) for box in found.boxes}) == 4


def test_the_picture_is_told_in_words() -> None:
    found = drawn({"key": "one"}, {"key": "two", "when": {"step": "one", "op": "contains", "value": "ok", "else": True}}, one="succeeded")

    assert found.told == "one by Ann, succeeded; two by Ann"
    assert found.boxes[1].condition == "only if the output of “one” does not contain “ok”"
