"""Stand-ins for the pinned actions a compiled workflow may use: the same inputs, outputs and files."""

from __future__ import annotations

import base64
import fnmatch
import hashlib
import os
import re
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from tests.builders.repositories import git
from tests.runner.api import Api
from tests.runner.event import Event

PINNED = re.compile(r"(?P<action>[\w.-]+/[\w.-]+)@[0-9a-f]{40}")


class ActionFailed(Exception):
    """An action ended with an error."""


@dataclass(frozen=True)
class Place:
    """Where an action works, and what it knows."""

    workspace: Path
    artifacts: Path
    caches: Path
    environment: Path
    origin: Path
    event: Event
    token: str
    api: Api | None = None
    tools: Path | None = None  # what `setup-python` puts on the PATH, where a job makes its own environment


def perform(uses: str, inputs: dict[str, str], place: Place) -> dict[str, str]:
    """Perform an action and give its outputs.

    Raises:
        ActionFailed: the action failed, is not pinned by a commit, or has no stand-in.
    """
    pinned = PINNED.fullmatch(uses)
    if pinned is None:
        raise ActionFailed(f"{uses} is not pinned by a commit")
    if pinned["action"] not in ACTIONS:
        raise ActionFailed(f"{pinned['action']} has no stand-in; known: {', '.join(sorted(ACTIONS))}")
    return ACTIONS[pinned["action"]](inputs, place)


def checkout(inputs: dict[str, str], place: Place) -> dict[str, str]:
    """Clone the event's commit, or `ref`; keep the token out of `.git/config` only where asked to."""
    folder = place.workspace / inputs.get("path", "")
    folder.mkdir(parents=True, exist_ok=True)
    wanted = inputs.get("ref") or place.event.sha
    depth = int(inputs.get("fetch-depth", "1"))
    git(folder, "init", "-q")
    git(folder, "remote", "add", "origin", place.origin.as_uri())
    if depth:
        git(folder, "fetch", "-q", "--no-tags", f"--depth={depth}", "origin", wanted)
    else:
        git(folder, "fetch", "-q", "--tags", "origin", "+refs/heads/*:refs/remotes/origin/*", wanted)
    commit = git(folder, "rev-parse", "FETCH_HEAD" if depth else _named(folder, wanted)).strip()
    git(folder, "checkout", "-q", "--detach", commit)
    if inputs.get("persist-credentials", "true") == "true":
        header = base64.b64encode(f"x-access-token:{place.token}".encode()).decode()
        git(folder, "config", "http.https://github.com/.extraheader", f"AUTHORIZATION: basic {header}")
    return {"commit": commit, "ref": inputs.get("ref") or place.event.reference}


def _named(folder: Path, wanted: str) -> str:
    """Name a branch as the fetch did, and a commit as itself."""
    return wanted if re.fullmatch(r"[0-9a-f]{40}", wanted) else f"origin/{wanted.removeprefix('refs/heads/')}"


def setup_python(inputs: dict[str, str], place: Place) -> dict[str, str]:
    """Give the clone this environment as its own, fresh enough that `make setup` has nothing to install.

    Where the place has tools of its own, a job makes its own environment with them.
    """
    if place.tools is not None:
        return {"python-version": inputs.get("python-version", "")}
    if not (place.environment / ".installed").exists():
        raise ActionFailed(f"{place.environment} was not made by `make setup`")
    (place.workspace / ".venv").symlink_to(place.environment)
    (place.workspace / ".git" / "info" / "exclude").write_text("/.venv\n")
    for path in place.workspace.iterdir():
        if path.is_file():
            os.utime(path, (0, 0))
    return {"python-version": inputs.get("python-version", "")}


def upload_artifact(inputs: dict[str, str], place: Place) -> dict[str, str]:
    """Keep files, and say their digest."""
    files = _matching(place.workspace, inputs["path"])
    if not files:
        if inputs.get("if-no-files-found", "warn") == "error":
            raise ActionFailed(f"No files were found with the provided path: {inputs['path']}")
        return {}
    name, root = inputs.get("name", "artifact"), _root(place.workspace, inputs["path"])
    target = place.artifacts / name
    if target.exists():
        if inputs.get("overwrite", "false") != "true":
            raise ActionFailed(f"an artifact with the name {name} already exists on the workflow run")
        shutil.rmtree(target)
    for path in files:
        (target / path.relative_to(root)).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(path, target / path.relative_to(root))
    return {"artifact-id": str(len(list(place.artifacts.iterdir()))), "artifact-digest": digest(target)}


def download_artifact(inputs: dict[str, str], place: Place) -> dict[str, str]:
    """Fetch the artifact of a name, or all that fit a pattern, each into a folder of its own."""
    target = place.workspace / inputs.get("path", "")
    if name := inputs.get("name"):
        if not (place.artifacts / name).is_dir():
            raise ActionFailed(f"Unable to download artifact(s): Artifact not found for name: {name}")
        shutil.copytree(place.artifacts / name, target, dirs_exist_ok=True)
        return {"download-path": str(target)}
    for folder in sorted(place.artifacts.iterdir()):
        if any(fnmatch.fnmatchcase(folder.name, one) for one in _alternatives(inputs.get("pattern", "*"))):
            merge = inputs.get("merge-multiple", "false") == "true"
            shutil.copytree(folder, target if merge else target / folder.name, dirs_exist_ok=True)
    return {"download-path": str(target)}


def _alternatives(pattern: str) -> list[str]:
    """Spell a pattern of alternatives in braces out, as the action's minimatch reads it."""
    inside = re.fullmatch(r"\{(.*)\}", pattern)
    return inside[1].split(",") if inside else [pattern]


def cache(inputs: dict[str, str], place: Place) -> dict[str, str]:
    """Restore what an earlier run kept under the key, or under one that begins with a restore key."""
    kept = sorted(place.caches.iterdir()) if place.caches.exists() else []
    names = [inputs["key"], *filter(None, inputs.get("restore-keys", "").splitlines())]
    for wanted in names:
        for folder in kept:
            if folder.name == _safe(wanted) or (wanted != inputs["key"] and folder.name.startswith(_safe(wanted))):
                shutil.copytree(folder, place.workspace, dirs_exist_ok=True)
                return {"cache-hit": str(wanted == inputs["key"]).lower(), "cache-matched-key": wanted}
    return {"cache-hit": "", "cache-primary-key": inputs["key"]}


def save(inputs: dict[str, str], place: Place) -> dict[str, str]:
    """Keep files under a key; the first to keep wins."""
    target = place.caches / _safe(inputs["key"])
    if not target.exists():
        for path in _matching(place.workspace, inputs["path"]):
            (target / path.relative_to(place.workspace)).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(path, target / path.relative_to(place.workspace))
    return {}


def app_token(inputs: dict[str, str], place: Place) -> dict[str, str]:
    """Give a token of an App for this repository, with the permissions asked for and no others."""
    if not inputs.get("client-id") or not inputs.get("private-key"):
        raise ActionFailed("Input required and not supplied: client-id, private-key")
    asked = {
        name.removeprefix("permission-"): level for name, level in inputs.items() if name.startswith("permission-")
    }
    if not asked:
        raise ActionFailed("a token with all that the App may do was asked for")
    if place.api is None:
        raise ActionFailed("there is no API to ask")
    token = f"ghs_app_{len(place.api.tokens)}"
    place.api.tokens[token] = asked
    place.api.accounts[token] = f"{inputs['client-id']}[bot]"
    return {"token": token, "app-slug": inputs["client-id"]}


def attest(inputs: dict[str, str], place: Place) -> dict[str, str]:
    """Note which digest an image was attested by, for a token that may."""
    name, subject = inputs.get("subject-name", ""), inputs.get("subject-digest", "")
    if not re.fullmatch(r"sha256:[0-9a-f]{64}", subject):
        raise ActionFailed(f"subject-digest must be sha256:HEX, not {subject!r}")
    if not name or ":" in name.rpartition("/")[2]:
        raise ActionFailed(f"subject-name must be an image without a tag, not {name!r}")
    if place.api is None:
        raise ActionFailed("there is no API to ask")
    scopes = place.api.tokens[place.token]
    if lacking := [scope for scope in ("attestations", "id-token") if scopes.get(scope) != "write"]:
        raise ActionFailed(f"Resource not accessible by integration: {', '.join(lacking)}")
    place.api.attested.append(f"{name}@{subject}")
    return {"attestation-id": str(len(place.api.attested))}


ACTIONS: dict[str, Callable[[dict[str, str], Place], dict[str, str]]] = {
    "actions/checkout": checkout,
    "actions/setup-python": setup_python,
    "actions/upload-artifact": upload_artifact,
    "actions/download-artifact": download_artifact,
    "actions/cache": cache,
    "actions/create-github-app-token": app_token,
    "actions/attest-build-provenance": attest,
}


def digest(folder: Path) -> str:
    """Name the content of a folder."""
    total = hashlib.sha256()
    for path in sorted(path for path in folder.rglob("*") if path.is_file()):
        total.update(f"{path.relative_to(folder)}\0".encode() + hashlib.sha256(path.read_bytes()).digest())
    return total.hexdigest()


def _matching(workspace: Path, patterns: str) -> list[Path]:
    found: set[Path] = set()
    for pattern in filter(None, (line.strip() for line in patterns.splitlines())):
        if pattern.startswith(("/", "~")):
            continue  # outside the workspace is this machine, not a runner's
        for path in workspace.glob(pattern.rstrip("/")):
            found |= {inner for inner in path.rglob("*") if inner.is_file()} if path.is_dir() else {path}
    return sorted(found)


def _root(workspace: Path, patterns: str) -> Path:
    """Find what an artifact's paths are relative to: the deepest folder that holds everything asked for."""
    fixed = [re.split(r"[^/]*[*?\[]", line.strip())[0] for line in patterns.splitlines() if line.strip()]
    places = [workspace / path for path in fixed]
    return Path(os.path.commonpath([path if path.is_dir() else path.parent for path in places]))


def _safe(key: str) -> str:
    return re.sub(r"[^\w.-]", "_", key)
