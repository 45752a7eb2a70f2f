"""A sample of `benchmarks/faults.py`: a verb is ended, or refused room, at a call out of it, and asked again."""

from __future__ import annotations

import pytest

from tests.builders.faults import VERBS, Ended, World, attempt

pytestmark = [pytest.mark.slow, pytest.mark.long]

Year = tuple[World, dict[str, tuple[Ended, dict[str, str]]]]
SAMPLE = (
    ("register", "kill", 0.9),
    ("register", "full", 0.2),
    ("reconcile", "kill", 0.6),
    ("retrain", "kill", 0.8),
)


@pytest.fixture(scope="module")
def year(tmp_path_factory: pytest.TempPathFactory) -> Year:
    """The world as every verb finds it, and how each ended and left it undisturbed."""
    world, undisturbed = World(tmp_path_factory.mktemp("faults").resolve()), {}
    world.make()
    for verb in VERBS:
        world.save(verb)
        ended = world.say(verb, counting=verb != "run")  # none of its calls is spoilt here, and it makes 2,000
        assert ended.code in (0, 2), ended.said
        undisturbed[verb] = (ended, world.state())
        world.between(verb)
    return world, undisturbed


@pytest.mark.parametrize(("verb", "kind", "where"), SAMPLE)
def test_what_was_cut_off_is_put_right_by_the_next(year: Year, verb: str, kind: str, where: float) -> None:
    world, undisturbed = year
    ended, wanted = undisturbed[verb]
    calls = ended.of(kind)
    outcome = attempt(world, verb, kind, calls[int(len(calls) * where)], wanted, ended.code)
    assert outcome is not None, "nothing was spoilt"
    assert outcome.wrong == ()
