"""`mlops new NAME`: look at a data file and write the YAML of a first model for it."""

from __future__ import annotations

import re
import shutil
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mlops.configuration.load import load_policy
from mlops.configuration.reading.library import Configuration
from mlops.diagnostics import nearest, visible
from mlops.errors import ConfigurationError, InfrastructureError
from mlops.extras import need
from mlops.files.atomic import write_text, writing
from mlops.files.picture_names import holds_pictures
from mlops.files.relative import NAME
from mlops.ml.training import leafwise_library
from mlops.operations.language import starter
from mlops.operations.language.auto_start import Start, start
from mlops.sources.source import Source

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import polars as pl

    from mlops.ml.data.ahead import Ahead
    from mlops.ml.data.inference import Guess
    from mlops.operations.language.flow import Value

_OFFERED = 10
_LONGEST = 200
_LARGE = 50_000_000
_PLACEHOLDER = '`owners: ["@me"]` is a placeholder: name who reviews changes of this model'


@dataclass(frozen=True)
class New:
    """What was written, as paths in the repository; lines of each YAML file; sentences for the person who asked."""

    files: tuple[str, ...]
    lines: dict[str, int]
    notes: tuple[str, ...]


def create(
    root: Path,
    name: str,
    data: Path,
    target: str | None,
    *,
    task: str | None = None,
    horizons: Sequence[int] | None = None,
    header: bool = True,
    names: Sequence[str] | None = None,
    auto: bool = False,
) -> New:
    """Write conf/data/NAME.yaml and conf/pipeline/NAME.yaml, and bring the file into pipelines/NAME/data/.

    With `auto` no candidates are named: every kind that suits is searched.

    Everything is written or nothing. A file without a `header` has the `names` that are given, or counted ones.

    Raises:
        ConfigurationError: the name is taken or is none, the file cannot be used, the target cannot be learnt.
        DataError: the file cannot be read.
    """
    data_file, pipeline_file = files = (f"conf/data/{name}.yaml", f"conf/pipeline/{name}.yaml")
    _check_name(root, name, files)
    place = _place(root, name, _existing(data))
    if holds_pictures(data):
        return _of_pictures(root, name, data.resolve(), place, auto=auto)
    from mlops.ml.data import guessing  # Polars takes 0.2 s to import: not for a name that is refused

    looked = guessing.read(data.resolve(), header=header, names=names)
    if target is None:
        hint = f"--target COLUMN; columns: {_listed(looked.frame.columns)}"
        raise ConfigurationError("nothing says which column is learnt", hint=hint)
    source, frame = _plain(looked.source), looked.frame
    _check_columns(frame, target, looked.doubts)
    from mlops.ml.data.inference import guess  # polars and the statistics: not for a name that is refused

    found, team = guess(frame, target, task), _team(root, name)
    asked = _started(target, found) if auto else Start(())
    models, doubts = (starter.AUTO, ()) if auto else _models(found.task)
    more: dict[str, Any] = {"team": bool(team), "horizons": horizons, "models": models, "auto": asked.lines}
    texts = {
        data_file: starter.data_yaml(data.name, {**source, "path": place.as_posix()}, found),
        pipeline_file: starter.pipeline_yaml(name, data.name, target, found, **more),
    }
    written = _write(root, texts, data.resolve(), looked.files, root / "pipelines" / name / place)
    lines = {path: text.count("\n") for path, text in texts.items()}
    notes = (*_notes(target, found, source, looked.files, team), *looked.doubts, *doubts, *asked.notes)
    return New(written, lines, notes)


def _of_pictures(root: Path, name: str, data: Path, place: Path, *, auto: bool = False) -> New:
    """Write the YAML for a folder that has a folder of pictures for each class."""
    need("image", f"the pictures of {data.name}")
    from mlops.operations.language import picture_folder  # Polars and NumPy: not for a name that is refused

    found, team = picture_folder.look(data), _team(root, name)
    task = "binary" if len(found.classes) == 2 else "multiclass"
    asked = start(task, len(found.files), pictures=True) if auto else Start(())
    texts = {
        f"conf/data/{name}.yaml": picture_folder.data_yaml(data.name, place.as_posix(), found),
        f"conf/pipeline/{name}.yaml": picture_folder.pipeline_yaml(
            name, data.name, found, [] if team else [starter.OWNERS], auto=asked.lines
        ),
    }
    written = _write(root, texts, data, found.files, root / "pipelines" / name / place)
    lines = {path: text.count("\n") for path, text in texts.items()}
    return New(written, lines, (*found.notes, *_about_all(found.files, team), *asked.notes))


def _started(target: str, found: Guess) -> Start:
    out = {*found.keys, target, found.entity, *(name for _, names in found.exclude for name in names)}
    known = () if found.ahead is not None else found.columns  # a forecast has `features:` of its own
    levels = [column.levels for column in known if column.name not in out and not column.personal]
    return start(found.task, found.rows, levels)


def _models(task: str) -> tuple[str, tuple[str, ...]]:
    """Choose the candidates of a first model, and say where they are not the usual ones."""
    if (obstacle := leafwise_library.obstacle()) is None:
        return starter.USUAL, ()
    models = starter.WITHOUT_LIGHTGBM[task]
    said = f"candidates are {models}, for LightGBM cannot be loaded ({obstacle}): {leafwise_library.HINT}"
    return models, (f"{said}; then write {starter.USUAL}",)


def _team(root: Path, name: str) -> tuple[str, ...]:
    """Name who reviews a pipeline of this name; nobody where the policy does not say, or cannot be read."""
    policy, _ = load_policy(Configuration(root))
    return () if policy is None else policy.team(name)


def _check_name(root: Path, name: str, files: tuple[str, ...]) -> None:
    if not NAME.fullmatch(name):
        hint = "write small letters, digits, `-` and `_`, at most 64, the first a letter or a digit"
        raise ConfigurationError(f"{name[:80]!r} cannot name a pipeline", hint=hint)
    for file in files:
        if (root / file).exists():
            hint = f"choose another name, or change {file} itself"
            raise ConfigurationError(f"there is a pipeline `{name}` already: {file}", hint=hint)


def _existing(data: Path) -> Path:
    if not data.exists():
        raise ConfigurationError(f"there is no file {data}", hint="check --data")
    if data.is_file() and data.stat().st_size == 0:
        raise ConfigurationError(f"{data} is empty", hint="check where the file comes from")
    return data.resolve()


def _place(root: Path, name: str, data: Path) -> Path:
    """Say where in the pipeline's folder the file is, or is to be."""
    folder = (root / "pipelines" / name).resolve()
    if data.is_relative_to(folder):
        return data.relative_to(folder)
    place = Path("data", re.sub(r"[^A-Za-z0-9._-]+", "_", data.name).lstrip(".-") or "data")
    if (folder / place).exists():
        hint = "give that file as --data, or move it away"
        raise ConfigurationError(f"pipelines/{name}/{place.as_posix()} is there already", hint=hint)
    return place


def _plain(found: Source) -> dict[str, Value]:
    """Spell a source with the keys that it needs."""
    separator = None if found.separator == "," else found.separator
    spelled: dict[str, Value] = found.model_copy(update={"separator": separator}).model_dump(
        mode="json", by_alias=True, exclude_defaults=True
    )
    return spelled


def _check_columns(frame: pl.DataFrame, target: str, doubts: Sequence[str]) -> None:
    """Refuse what YAML or a later stage could not name, and a target that is not there."""
    names = [name for name in frame.columns if name != "__row__"]
    odd = [name for name in names if len(name) > _LONGEST or "${" in name or min(name, default=" ") < " "]
    if odd:
        shown = ", ".join(repr(name[:40]) for name in odd[:_OFFERED])
        hint = f"rename them: at most {_LONGEST} characters, no control characters, no `${{`"
        raise ConfigurationError(f"{len(odd)} column names cannot be used: {shown}", hint=hint)
    if len(names) < 2:
        message = f"the file has {len(names)} column; a model needs a target and something to learn from"
        raise ConfigurationError(message, hint="check that it is a table with a header")
    if target not in names:
        close = nearest(target, names)
        hint = (f"did you mean `{close}`? " if close else "") + f"columns: {_listed(names)}"
        raise ConfigurationError(f"there is no column `{target[:_LONGEST]}`", hint="; ".join((hint, *doubts)))


def _listed(names: Sequence[str]) -> str:
    more = f" and {len(names) - _OFFERED} more" if len(names) > _OFFERED else ""
    return ", ".join(visible(name[:40]) for name in names[:_OFFERED]) + more


def _write(root: Path, texts: Mapping[str, str], data: Path, files: Sequence[Path], copy: Path) -> tuple[str, ...]:
    """Write all files, or take back what was written."""
    undo = _Undo(root)
    try:
        if not copy.exists():
            for one in files:
                place = copy / one.relative_to(data)
                undo.about_to_write(place)
                with writing(place) as temporary:
                    shutil.copyfile(one, temporary)
        for path, text in texts.items():
            undo.about_to_write(root / path)
            write_text(root / path, text)
    except OSError as error:
        undo.all()
        message = f"{undo.files[-1].relative_to(root)} cannot be written: {error.strerror}"
        raise InfrastructureError(message, hint="nothing is left of it; make room for it and try again") from error
    except BaseException:  # an interrupt too leaves nothing behind
        undo.all()
        raise
    copied = (path for path in undo.files if path.is_relative_to(copy))
    return (*texts, *(path.relative_to(root).as_posix() for path in copied))


@dataclass
class _Undo:
    """Remembers files and folders that were not there before."""

    root: Path
    files: list[Path] = field(default_factory=list)
    folders: list[Path] = field(default_factory=list)

    def about_to_write(self, path: Path) -> None:
        self.files.append(path)
        self.folders += [folder for folder in path.parents if folder.is_relative_to(self.root) and not folder.exists()]

    def all(self) -> None:
        for path in self.files:
            if path.is_file():
                path.unlink()
        for folder in sorted(set(self.folders), reverse=True):
            if folder.is_dir() and not any(folder.iterdir()):
                folder.rmdir()


def _notes(
    target: str, found: Guess, source: Mapping[str, Value], files: Sequence[Path], team: tuple[str, ...]
) -> tuple[str, ...]:
    notes = [_goal(target, found)]
    if found.null_targets:
        notes.append(f"{found.null_targets:,} of {found.rows:,} rows have no `{target}` and are left out")
    if nulls := source.get("nulls"):
        notes.append(f"read as missing: {', '.join(repr(text) for text in nulls if text)}")  # type: ignore[union-attr]
    if found.keys:
        notes.append(f"names a row or a thing, not learnt from: {', '.join(found.keys)}")
    if found.entity is not None:
        notes.append(f"rows of one `{found.entity}` stay in one part of the split")
    if found.copies:
        notes.append("rows that are copies of each other, whole or almost, stay in one part of the split")
    notes += [
        f"personal, not learnt from and never shown ({what}): {', '.join(names)}" for what, names in found.personal
    ]
    notes += [f"left out, {reason.replace('_', ' ')}: {', '.join(names)}" for reason, names in found.exclude]
    notes += found.doubts
    if sensitive := [column.name for column in found.columns if column.sensitive]:
        notes.append(f"marked as sensitive, reported by value: {', '.join(sensitive)}")
    if codes := [column.name for column in found.columns if column.code]:
        notes.append(f"read as codes, not as numbers, which requests spell as texts: {', '.join(codes)}")
    return (*notes, *_about_all(files, team))


def _about_all(files: Sequence[Path], team: tuple[str, ...]) -> tuple[str, ...]:
    """Say what is to be said of any data: its size, and who reviews the model."""
    large = sum(file.stat().st_size for file in files) > _LARGE
    return (
        *(["the file is large for Git; `dvc add` keeps it out"] if large else []),
        f"reviewed by {', '.join(team)}, as conf/policy.yaml says of its name" if team else _PLACEHOLDER,
    )


def _forecast(target: str, found: Guess, ahead: Ahead) -> str:
    used = {target, ahead.date, ahead.series, *found.keys, *(name for _, names in found.exclude for name in names)}
    others = [column.name for column in found.columns if column.name not in used and not column.personal]
    series = f", a series for each `{ahead.series}`" if ahead.series else ""
    known = f"; not learnt from, unless `known:` names it: {', '.join(others)}" if others else ""
    return f"`{target}` is forecast by `{ahead.date}`, {ahead.every} by {ahead.every}{series}{known}"


def _goal(target: str, found: Guess) -> str:
    if found.ahead is not None:
        return _forecast(target, found, found.ahead)
    if found.task == "regression":
        return f"`{target}` is a number: a regression"
    if found.task == "binary":
        other, positive = (starter.label(label) for label in found.classes)
        change = f"write `positive: {other}` under `data:` if it is {other} you look for"
        return f"`{target}` is {positive} or {other}: a binary task, {positive} counts as positive; {change}"
    return f"`{target}` has {len(found.classes)} classes: a multiclass task"
