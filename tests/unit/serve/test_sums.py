from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from mlops.serve.metrics import Metrics
from mlops.serve.sums import carried, summed

LABELS = {"pipeline": "shop", "bundle": "sha256:1", "task": "binary"}
ANSWERS = st.lists(
    st.tuples(
        st.sampled_from([200, 400, 500]),
        st.sampled_from([2.0**-13, 0.25, 64.0]),
        st.integers(0, 3),
        st.dictionaries(st.tuples(st.sampled_from(["age", 'a"b\u2028']), st.just("null")), st.integers(1, 3)),
    ),
    max_size=5,
)


def page(answers: list[tuple[int, float, int, dict[tuple[str, str], int]]], started: float = 7.0) -> bytes:
    metrics = Metrics(LABELS, started)
    for answer in answers:
        metrics.add(*answer)
    return metrics.render({"failing": 0}, 2, {"crowded": 1}, {"process_open_fds": 4})


def values(text: bytes) -> dict[str, float]:
    lines = (line for line in text.decode().split("\n") if line and not line.startswith("#"))
    return {key: float(value) for key, _, value in (line.rpartition(" ") for line in lines)}


@settings(max_examples=30)
@given(ANSWERS, ANSWERS)
def test_two_workers_count_as_one_that_answered_all(
    one: list[tuple[int, float, int, dict[tuple[str, str], int]]],
    other: list[tuple[int, float, int, dict[tuple[str, str], int]]],
) -> None:
    together, alone = values(summed([page(one), page(other, 9.0)])), values(page(one + other))
    doubled = ("mlops_serve_connections", "process_open_fds")
    assert {key: value for key, value in together.items() if not key.startswith(doubled)} == {
        key: value for key, value in alone.items() if not key.startswith(doubled)
    }
    assert (together["mlops_serve_connections"], together["process_open_fds"]) == (4, 8)


def test_one_page_stays_as_it_is() -> None:
    assert summed([page([(200, 0.25, 1, {})])]) == page([(200, 0.25, 1, {})])


@settings(max_examples=30)
@given(ANSWERS, ANSWERS, ANSWERS)
def test_what_ended_has_counted_and_is_no_more(
    one: list[tuple[int, float, int, dict[tuple[str, str], int]]],
    ended: list[tuple[int, float, int, dict[tuple[str, str], int]]],
    late: list[tuple[int, float, int, dict[tuple[str, str], int]]],
) -> None:
    found = values(carried(page(one), page(ended, 3.0), b"", page(late, 5.0)))
    closed = 'mlops_serve_connections_closed_total{reason="crowded"}'
    assert found.pop(closed) == 3
    alone = values(page(one + ended + late))
    assert found == {key: value for key, value in alone.items() if key != closed}
    apart = values(carried(page(one), page(ended), apart=("mlops_serve_connections_closed_total",)))
    assert apart[closed] == 1


def test_nothing_before_changes_nothing() -> None:
    assert carried(page([(200, 0.25, 1, {})])) == page([(200, 0.25, 1, {})])
    assert summed([b"", page([])]) == page([])
