"""Scores of 10 million rows x 30 columns of Parquet: `mlops score` against Polars, NumPy and ONNX Runtime by hand.

By hand the same file is read in the same blocks, filled, scaled and one-hot encoded with arrays learnt before, asked of
the same model and written beside the row's key; nothing is checked, hashed or recorded. Each contestant is a fresh
process; they take turns. Both are asked for the same scores.

    python benchmarks/score.py [millions of rows] [turns] [--smoke | --write]
"""

from __future__ import annotations

import json
import resource
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
LIBRARIES = ("numpy", "onnxruntime", "polars")
BOUND, MEGABYTES, BLOCK = 1.3, 400, 131_072
NUMBERS, GAPS, TEXTS = 24, 4, 6
LEVELS = ("north", "east", "south", "west")

if TYPE_CHECKING:
    from benchmarks.command import Taken


def frame(rows: int, seed: int) -> Any:
    """Make some rows: numbers, four of them with gaps, texts of four levels, a key."""
    import numpy as np
    import polars as pl

    rng = np.random.default_rng(seed)
    numbers = {f"n{index}": rng.normal(size=rows) for index in range(NUMBERS)}
    texts = {f"t{index}": np.array(LEVELS)[rng.integers(0, 4, rows)] for index in range(TEXTS)}
    gaps = {f"n{index}": np.where(rng.random(rows) < 0.05, np.nan, numbers[f"n{index}"]) for index in range(GAPS)}
    made = pl.DataFrame({"id": np.arange(rows) + seed * 10**9, **numbers, **gaps, **texts})
    return made.with_columns(pl.col(*gaps).fill_nan(None))


def make(folder: Path, rows: int) -> None:
    """Write the rows, and a bundle that reads them: a linear model on a transform that was fitted on some."""
    import polars as pl
    from polars.io.plugins import register_io_source

    def blocks(*_: Any) -> Iterator[Any]:
        for start in range(0, rows, BLOCK):
            yield frame(min(BLOCK, rows - start), 1 + start // BLOCK)

    train = frame(2_000, 0)
    register_io_source(blocks, schema=train.schema).sink_parquet(folder / "rows.parquet", row_group_size=BLOCK)
    make_bundle(folder / "bundle", train.with_columns(y=pl.col("n5") > 0))


def make_bundle(place: Path, train: Any) -> None:
    """Write a bundle as a run would, but for training."""
    from mlops.bundle import environment
    from mlops.bundle.manifest import seal
    from mlops.bundle.model import OnnxModel
    from mlops.bundle.predictor import Predictor
    from mlops.bundle.schema import RequestSchema
    from mlops.bundle.transform import Transform
    from mlops.documents.table import TableSchema
    from mlops.files.canonical import dumps
    from mlops.stages.fit_options import Options
    from mlops.stages.fit_transform import fit
    from mlops.stages.golden_rows import make as golden
    from mlops.stages.profile import profile
    from mlops.stages.tables import scored
    from tests.builders.bundles import make_model

    kinds = {f"n{each}": "float" for each in range(NUMBERS)} | {f"t{each}": "category" for each in range(TEXTS)}
    told = {"categories": None, "minimum": None, "maximum": None, "sensitive": False}
    nullable = {f"n{each}" for each in range(GAPS)}
    columns = [
        {"name": name, "type": kind, "role": "feature", "nullable": name in nullable, **told}
        for name, kind in kinds.items()
    ]
    target = {"name": "y", "type": "bool", "role": "target", "nullable": False, **told}
    known = {"schema_version": 1, "task": "binary", "target": "y", "positive": True, "classes": [False, True]}
    schema = TableSchema.model_validate({**known, "columns": [*columns, target]})
    recipe = fit(train, schema, Options(task="binary", target="y"))
    model = make_model(Transform(recipe).shape)
    predictor = Predictor(Transform(recipe), OnnxModel(model), RequestSchema.of(recipe))
    seen = profile(train, recipe, scored(predictor, train))
    place.mkdir()
    (place / "transform.json").write_text(dumps(recipe.model_dump(mode="json")))
    (place / "model.onnx").write_bytes(model)
    (place / "schema.json").write_text(predictor.schema.dumps())
    (place / "golden.json").write_text(golden(predictor, seen, 8).dumps())
    (place / "profile.json").write_text(seen.dumps())
    (place / "model.json").write_text("{}\n")
    (place / "requirements.txt").write_text(environment.requirements())
    seal(place, "rows", "binary")


def ours(folder: Path) -> Callable[[], None]:
    """Make the run of `mlops score`."""
    from mlops.bundle.contents import Contents
    from mlops.operations.scoring.score import Wanted, score_all

    def run() -> None:
        wanted = Wanted(str(folder / "rows.parquet"), str(folder / "ours.parquet"), ("id",))
        outcome = score_all(Contents.read(folder / "bundle"), wanted)
        if outcome.failed or not outcome.document.scored:
            raise SystemExit(f"nothing was scored: {outcome.failed}")

    return run


def by_hand(folder: Path) -> Callable[[], None]:
    """Make the run of bare Polars, NumPy and ONNX Runtime."""
    import numpy as np
    import onnxruntime as ort
    import polars as pl
    from polars.io.plugins import register_io_source

    def blocks(*_: Any) -> Iterator[Any]:
        options = ort.SessionOptions()
        options.intra_op_num_threads = 1
        session = ort.InferenceSession((folder / "bundle/model.onnx").read_bytes(), options)
        recipe = json.loads((folder / "bundle/transform.json").read_bytes())
        numbers = recipe["numbers"]
        names = [item["column"] for item in numbers]
        fill, shift, scale = (np.array([item[key] for item in numbers]) for key in ("fill", "shift", "scale"))
        indicators = [place for place, item in enumerate(numbers) if item["indicator"]]
        frame = pl.scan_parquet(folder / "rows.parquet")
        for block in frame.collect_batches(chunk_size=BLOCK, maintain_order=True, lazy=True):
            raw = block.select(names).to_numpy()
            missing = np.isnan(raw)
            parts = [(np.where(missing, fill, raw) - shift) / scale, missing[:, indicators]]
            for item in recipe["categories"]:
                hot = block.select((pl.col(item["column"]) == level).alias(level) for level in item["levels"])
                parts.append(hot.to_numpy())
            (scores,) = session.run(["y"], {"x": np.concatenate(parts, axis=1, dtype=np.float32, casting="unsafe")})
            yield block.select("id", pl.Series("predictions", scores))

    def run() -> None:
        schema = pl.Schema({"id": pl.Int64, "predictions": pl.Float32})
        made = register_io_source(blocks, schema=schema)
        made.sink_parquet(folder / "by hand.parquet", row_group_size=BLOCK, maintain_order=True)

    return run


CONTESTANTS = {"ours": ours, "by hand": by_hand}


def contestant(name: str, folder: Path) -> None:
    """Run one contestant in this process and print what it took."""
    run = CONTESTANTS[name](folder)
    (folder / f"{name}.parquet").unlink(missing_ok=True)
    before, started = time.process_time(), time.perf_counter()
    run()
    took = {"cpu": time.process_time() - before, "wall": time.perf_counter() - started}
    print(json.dumps(took | {"memory": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024}))


def main() -> int:
    """Let the contestants take turns, print medians, and say whether the bounds hold."""
    from benchmarks import command  # here, for a contestant's memory is measured

    asked = command.sized(__doc__, turns=3).parse_args()
    measuring = command.begin(__file__, LIBRARIES, asked)
    rows, turns = (20_000, 1) if asked.smoke else (int(asked.millions * 1_000_000), asked.turns)
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        make(folder, rows)
        taken = command.take_turns(__file__, tuple(CONTESTANTS), folder, rows, turns)
        same = equal(folder)
    for name, each in taken.items():
        figures = {key: statistics.median(turn[key] for turn in each) for key in each[0]}
        print(f"{name:10}{figures['cpu']:8.1f} s CPU{figures['wall']:8.1f} s{figures['memory']:8.0f} MiB")
    return measuring.end(
        [beside(taken, "cpu", "CPU time"), beside(taken, "wall", "time by the clock"), memory(taken)], wrong=not same
    )


def equal(folder: Path) -> bool:
    """Whether both gave the same scores, by key."""
    import numpy as np
    import polars as pl

    mine, other = (pl.read_parquet(folder / f"{name}.parquet") for name in CONTESTANTS)
    return mine["id"].equals(other["id"]) and np.allclose(mine["predictions"], other["predictions"], atol=1e-6)


def beside(taken: Taken, key: str, name: str) -> Any:
    """Make a row of a result that has a peer."""
    from benchmarks.result import Row, spread

    mine = [turn[key] for turn in taken["ours"]]
    one, other = statistics.median(mine), statistics.median(turn[key] for turn in taken["by hand"])
    figures = {"ours": one, "peer": other, "ratio": one / other, "n": len(mine), "spread": spread(mine)}
    return Row(name=name, unit="s", bound=f"at most {BOUND:g}", holds=one / other <= BOUND, **figures)


def memory(taken: Taken) -> Any:
    """Make the row of a result that is about peak memory."""
    from benchmarks.result import Row, spread

    mine, other = ([turn["memory"] for turn in taken[name]] for name in CONTESTANTS)
    figures = {"ours": max(mine), "peer": max(other), "ratio": max(mine) / max(other), "n": len(mine)}
    bound = {"bound": f"at most {MEGABYTES} MiB", "holds": max(mine) <= MEGABYTES}
    return Row(name="peak memory", unit="MiB", spread=spread(mine), **figures, **bound)


if __name__ == "__main__":
    if sys.argv[1:2] == ["--contestant"]:
        contestant(sys.argv[2], Path(sys.argv[3]))
    else:
        sys.exit(main())
