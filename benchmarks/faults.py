"""Every verb that changes something, ended or refused at each of its calls out of the process, and asked again.

    python benchmarks/faults.py [--every N] [--verbs run,register,...] [--kinds kill,full] [--smoke | --write]

A call is a file opened to write, renamed or removed, a program started, a connection made, a statement of SQL that
changes something: of the verb and of all it starts (DVC, stages). `kill` is SIGKILL of the process that calls; `full`
is a disk without room, for calls that need room. The verb then speaks again, left alone, and all there is (files, Git's
branches, pull requests, the registry) must be as after an undisturbed one. Ends with 1 where it is not. All calls of
all verbs take hours; `--every 20` takes every twentieth, `--smoke` ends the first call of `register`.
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from benchmarks import command  # noqa: E402
from benchmarks.result import Row  # noqa: E402
from tests.builders.faults import VERBS, Outcome, World, attempt  # noqa: E402

LIBRARIES = ("dvc", "mlflow")
KINDS = ("kill", "full")


def main() -> int:
    """Print a line a verb and kind, and what did not come right."""
    parser = command.parser(__doc__)
    parser.add_argument("--every", type=int, default=1, metavar="N")
    parser.add_argument("--verbs", type=lambda text: text.split(","), default=VERBS)
    parser.add_argument("--kinds", type=lambda text: text.split(","), default=KINDS)
    asked = parser.parse_args()
    measuring = command.begin(__file__, LIBRARIES, asked)
    print(f"{'verb':<10} {'kind':<5} {'calls':>6} {'spoilt':>6} {'converged':>9}")
    if unknown := sorted(set(asked.verbs) - set(VERBS)):
        parser.error(f"--verbs knows {', '.join(VERBS)}, and not {', '.join(unknown)}")
    verbs, kinds, every = asked.verbs, asked.kinds, asked.every
    if asked.smoke:
        verbs, kinds, every = ("register",), ("kill",), sys.maxsize
    last = max(map(VERBS.index, verbs))
    rows: list[Row] = []
    with tempfile.TemporaryDirectory() as folder:
        world = World(Path(folder).resolve())
        world.make()
        for place, verb in enumerate(VERBS[: last + 1]):
            spoiling = kinds if verb in verbs else ()
            rows += _try(world, verb, spoiling, every)
            if place < last:
                _go_on(world, verb, again=bool(spoiling))
    return measuring.end(rows, wrong=any(not row.holds for row in rows))


def _try(world: World, verb: str, kinds: Sequence[str], every: int) -> list[Row]:
    """Spoil calls of one verb."""
    world.save(verb)
    alone = world.say(verb, counting=bool(kinds))
    wanted, rows = world.state(), []
    for kind in kinds:
        tried = [attempt(world, verb, kind, at, wanted, alone.code) for at in alone.of(kind)[::every]]
        spoilt = [outcome for outcome in tried if outcome is not None]
        wrong = [outcome for outcome in spoilt if outcome.wrong]
        if spoilt:
            rows.append(_row(verb, kind, spoilt, wrong))
        print(
            f"{verb:<10} {kind:<5} {len(alone.of(kind)):>6} {len(spoilt):>6} {len(spoilt) - len(wrong):>9}", flush=True
        )
        for outcome in wrong:
            told = "; ".join(outcome.wrong)
            print(f"  {verb} {kind} at {outcome.at}, ended {outcome.code}: {told}", flush=True)
    return rows


def _go_on(world: World, verb: str, *, again: bool) -> None:
    """Leave the world as the undisturbed verb does, and do what people do after it."""
    if again:
        world.reset(verb)
        world.say(verb, counting=False)
    world.between(verb)


def _row(verb: str, kind: str, spoilt: Sequence[Outcome], wrong: Sequence[Outcome]) -> Row:
    """Say in a result how many of the spoilt verbs the next one put right."""
    right = len(spoilt) - len(wrong)
    named = f"put right by the next one: {verb}, {kind}"
    share = right / len(spoilt)
    return Row(name=named, ours=share, unit="share of calls", n=len(spoilt), bound="all", holds=not wrong)


if __name__ == "__main__":
    sys.exit(main())
