"""What a workflow does next, step by step, without a database."""

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workflows.graph import Condition, Graph, Next, Node, Ran

Say = Callable[[str, int], str]


def graph(*nodes: Node, max_rounds: int = 1) -> Graph:
    return Graph(nodes, max_rounds)


def echo(key: str, number: int) -> str:
    """What the steps say where it does not matter."""
    return f"{key}{number}"


def walk(made: Graph, say: Say = echo) -> tuple[list[str], Next]:
    """Run everything, wave by wave; what ran in which order as “key round”, skipped steps in brackets, and the end."""
    ran: list[Ran] = []
    order: list[str] = []
    for _ in range(100):
        found = made.next(ran)
        if found.ended:
            return order, found
        assert found.start or found.skip, "it stands still"
        order += [f"{turn.key} {turn.round}" for turn in found.start] + [f"({turn.key} {turn.round})" for turn in found.skip]
        ran += [Ran(turn.key, turn.round, "succeeded", say(turn.key, turn.round)) for turn in found.start]
        ran += [Ran(turn.key, turn.round, "skipped") for turn in found.skip]
    raise AssertionError("it never ends")


def test_a_chain_runs_in_order_and_gives_the_last_output() -> None:
    order, end = walk(graph(Node("a"), Node("b", ("a",)), Node("c", ("b",))))

    assert (order, end.output) == (["a 1", "b 1", "c 1"], "c1")


def test_branches_start_together_and_a_join_waits_for_all() -> None:
    made = graph(Node("a"), Node("b", ("a",)), Node("c", ("a",)), Node("d", ("b", "c")))
    ran = [Ran("a", 1, "succeeded")]

    assert [turn.key for turn in made.next(ran).start] == ["b", "c"]
    assert made.next([*ran, Ran("b", 1, "succeeded"), Ran("c", 1, "running")]) == Next()


def test_several_last_steps_give_an_object_by_key() -> None:
    _, end = walk(graph(Node("a"), Node("b", ("a",)), Node("c", ("a",))))

    assert end.output == {"b": "b1", "c": "c1"}


@pytest.mark.parametrize(("said", "ran"), [("take the left", "left 1"), ("go RIGHT", "right 1")])
def test_a_router_takes_one_path(said: str, ran: str) -> None:
    left = Condition("route", "contains", "left")
    right = Condition("route", "contains", "left", negate=True)
    made = graph(Node("route"), Node("left", ("route",), left), Node("right", ("route",), right), Node("end", ("left", "right")))

    order, end = walk(made, lambda key, _: said if key == "route" else key)

    assert ran in order
    assert (len([line for line in order if line.startswith("(")]), end.output) == (1, "end")


def test_a_step_whose_parents_were_all_skipped_is_skipped() -> None:
    made = graph(Node("a"), Node("b", ("a",), Condition("a", "equals", "no")), Node("c", ("b",)))

    order, end = walk(made)

    assert (order, end.output) == (["a 1", "(b 1)", "(c 1)"], "a1")


def test_a_failed_step_lets_the_running_ones_finish_and_fails_the_run() -> None:
    made = graph(Node("a"), Node("b"), Node("c", ("b",)))

    assert made.next([Ran("a", 1, "failed"), Ran("b", 1, "running")]) == Next()
    assert made.next([Ran("a", 1, "failed"), Ran("b", 1, "succeeded")]).ended == "failed"


def test_a_writer_comes_back_until_the_reviewer_is_content() -> None:
    again = Condition("review", "contains", "again")
    made = graph(
        Node("write", ("review",), again),
        Node("review", ("write",)),
        Node("publish", ("review",), Condition("review", "equals", "good")),
        max_rounds=5,
    )

    order, end = walk(made, lambda key, number: ("again" if number < 3 else "good") if key == "review" else f"{key}{number}")

    assert order == ["write 1", "review 1", "(publish 1)", "write 2", "review 2", "(publish 2)", "write 3", "review 3", "publish 3"]
    assert end.output == "publish3"


def test_it_is_told_where_the_rounds_end_before_the_reviewer_is_content() -> None:
    made = graph(Node("write", ("review",), Condition("review", "contains", "again")), Node("review", ("write",)), max_rounds=2)

    _, end = walk(made, lambda key, number: "again")

    assert (end.ended, end.unmet) == ("succeeded", ("write",))


def test_two_agents_talk_in_turns_until_the_rounds_are_used_up() -> None:
    order, end = walk(graph(Node("ann", ("bob",)), Node("bob", ("ann",)), max_rounds=3))

    assert (order, end.output) == (["ann 1", "bob 1", "ann 2", "bob 2", "ann 3", "bob 3"], "bob3")


def test_a_later_pass_leaves_alone_what_it_does_not_reach() -> None:
    made = graph(Node("other"), Node("a", ("b",)), Node("b", ("a",)), Node("end", ("b", "other")), max_rounds=2)

    order, _ = walk(made)

    assert [line for line in order if line.startswith("other")] == ["other 1"]
    assert order.count("end 2") == 1


def test_a_step_that_only_a_back_edge_reaches_waits_for_it() -> None:
    order, _ = walk(graph(Node("a"), Node("b", ("c",)), Node("c", ("a",)), max_rounds=2))

    assert order == ["a 1", "c 1", "b 2"]


@pytest.mark.parametrize(
    ("op", "value", "output", "met"),
    [
        ("contains", "Yes", "oh YES please", True),
        ("contains", "no", "yes", False),
        ("equals", "approved", " Approved\n", True),
        ("equals", "approved", "not approved", False),
        ("regex", r"score: [89]", "score: 9", True),
        ("regex", r"^score", "a score", False),
        ("empty", "", " \n", True),
        ("empty", "", "x", False),
    ],
)
def test_a_condition_is_met(op: str, value: str, output: str, met: bool) -> None:
    assert Condition("a", op, value).holds(output) is met  # type: ignore[arg-type]
    assert Condition("a", op, value, negate=True).holds(output) is not met  # type: ignore[arg-type]


@given(st.data())
def test_every_graph_ends_and_runs_no_step_twice_in_a_pass(data: st.DataObject) -> None:
    keys = [f"s{at}" for at in range(data.draw(st.integers(1, 6)))]
    nodes = [Node(key, tuple(data.draw(st.lists(st.sampled_from(keys), unique=True, max_size=3)))) for key in keys]

    order, end = walk(graph(*nodes, max_rounds=3))

    assert len(order) == len(set(order))
    assert end.ended == "succeeded"
