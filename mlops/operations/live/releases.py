"""The release files: which bundle each environment is to serve."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from mlops.configuration.environment import RESERVED_HINT, reserved
from mlops.configuration.load import parse_document
from mlops.configuration.project import Project
from mlops.configuration.reading.library import Configuration
from mlops.configuration.reading.parse import read
from mlops.configuration.release import Release
from mlops.diagnostics import Diagnostic, suggest
from mlops.errors import ConfigurationError
from mlops.files.relative import NAME
from mlops.operations.workspace import refuse

FOLDER = "conf/release"
_SCHEMA = "# yaml-language-server: $schema=../../.schema/release.json\n"


@dataclass(frozen=True)
class Released:
    """What one environment is to serve of one pipeline."""

    environment: str
    name: str
    release: Release

    @property
    def file(self) -> str:
        """The file that says so."""
        return file_of(self.environment, self.name)


def file_of(environment: str, name: str) -> str:
    """Name the release file of a pipeline."""
    return f"{FOLDER}/{environment}/{name}.yaml"


def environments(root: Path, project: Project) -> tuple[str, ...]:
    """List the environments: as the project declares them, else as there are folders."""
    if project.environments:
        return tuple(project.environments)
    folder = root / FOLDER
    return tuple(sorted(path.name for path in folder.iterdir() if path.is_dir())) if folder.is_dir() else ()


def usual(root: Path, project: Project) -> str | None:
    """Name the environment that is meant where none is named: the live one, else the last; None where there is none."""
    places = environments(root, project)
    return project.live if project.live in places else places[-1] if places else None


def known_environment(root: Path, project: Project, name: str) -> str:
    """Give the name of an environment back; where none is declared, any name will do.

    Raises:
        ConfigurationError: the project declares others, or MLflow takes no such alias.
    """
    if not NAME.fullmatch(name) or (project.environments and name not in project.environments):
        hint = suggest(name, environments(root, project)) or "use lower-case letters, digits, `_` and `-`"
        raise ConfigurationError(f"there is no environment `{name}`", hint=hint)
    if (why := reserved(name)) is not None:
        raise ConfigurationError(why, hint=RESERVED_HINT)
    return name


def releases(root: Path, environment: str) -> tuple[Released, ...]:
    """Read the release files of an environment, sorted by pipeline.

    Raises:
        ConfigurationError: with every problem of every file.
    """
    configuration = Configuration(root)
    found: list[Released] = []
    problems: list[Diagnostic] = []
    folder = root / FOLDER / environment
    for path in sorted(folder.glob("*.yaml")) if folder.is_dir() else ():
        document = configuration.document(f"release/{environment}/{path.stem}")
        release, diagnostics = parse_document(Release, document) if document else (None, ())
        problems += diagnostics
        if release is not None:
            found.append(Released(environment, path.stem, release))
    if problems:
        raise refuse(configuration, problems)
    return tuple(found)


def live_bundle(root: Path, environment: str, name: str) -> str | None:
    """Name the bundle that a pipeline's release file says; None where there is none."""
    return next((item.release.bundle for item in releases(root, environment) if item.name == name), None)


def aliases(project: Project, environment: str) -> tuple[str, ...]:
    """Name the MLflow aliases of an environment; the live one that gates compare with is also the champion."""
    return ("champion", environment) if environment == project.live else (environment,)


def claim_tag(project: Project, environment: str) -> str:
    """Name the tag of a registered model that says which commit was reconciled in an environment."""
    return f"mlops.release.{project.name}.{environment}"


def written(text: str | None, bundle: str, reason: str | None, file: str, image: str | None = None) -> str:
    """Spell a release file that names a bundle; all of an earlier text stays that was not said of one release alone.

    Raises:
        ConfigurationError: the earlier text is written in a way that only a person can edit.
    """
    lines = list(_lines(text, bundle, image))
    if reason is not None:
        lines.append(f"reason: {json.dumps(reason, ensure_ascii=False)}\n")
    made = "".join(lines)
    release, _ = parse_document(Release, read(file, made.encode()))
    said = None if release is None else (release.bundle, release.image, release.reason, release.break_glass)
    if said != (bundle, image, reason, None):
        raise ConfigurationError(f"{file} is not written a key a line", hint=f"edit it by hand: `bundle: {bundle}`")
    return made


def _lines(text: str | None, bundle: str, image: str | None) -> Iterator[str]:
    named = () if image is None else (f"image: {image}\n",)
    if text is None:
        yield from (_SCHEMA, f"bundle: {bundle}\n", *named)
        return
    below = False  # of `break_glass:`, which is said of one release and of no other
    for line in text.splitlines(keepends=True):
        below = line.startswith("break_glass:") or (below and line.startswith((" ", "\n")))
        if not below and not line.startswith(("reason:", "image:")):
            whole = line if line.endswith("\n") else f"{line}\n"
            yield re.sub(r"^bundle:\s*[\"']?sha256:[0-9a-f]{64}[\"']?", f"bundle: {bundle}", whole)
            if line.startswith("bundle:"):
                yield from named
