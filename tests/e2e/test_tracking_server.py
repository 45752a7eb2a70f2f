"""A registry with a login, on PostgreSQL, with bundles in S3: from a registration to an answer, with and without it."""

from __future__ import annotations

import os
import subprocess
import sys
from base64 import b64encode
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from tests.builders import services
from tests.builders.repositories import commit, git
from tests.builders.services import ADMIN, READER, Server
from tests.builders.shop import make_shop, propose
from tests.conftest import ROOT
from tests.e2e import plays
from tests.e2e.test_canaries import spellings

pytestmark = [
    pytest.mark.slow,
    pytest.mark.tools,
    pytest.mark.skipif(bool(services.missing()), reason=services.missing() or "can run"),
]

PASSWORDS = {ADMIN: "canary+4c1e/of=the keeper", READER: "canary+97b2/of=the reader"}
WRONG = "canary+0000/of=nobody at all"
PROJECT = """\
name: shop
tracking: {{uri: "{uri}"}}
ci:
  install: make
  runner: shop-machine
  secrets: {{MLFLOW_TRACKING_USERNAME: tracking, MLFLOW_TRACKING_PASSWORD: tracking}}
environments: {{staging: {{}}, prod: {{}}}}
"""
HINT = (
    "hint: set MLFLOW_TRACKING_USERNAME and MLFLOW_TRACKING_PASSWORD, or MLFLOW_TRACKING_TOKEN; a job has them by "
    "`ci: {secrets: {MLFLOW_TRACKING_TOKEN: tracking}}` in conf/project.yaml\n"
)


@dataclass
class Shop:
    """A repository and the server that it registers with; everything that verbs printed is kept."""

    work: Path
    server: Server
    said: list[str] = field(default_factory=list)

    def say(self, *words: str, login: dict[str, str] | None = None, work: Path | None = None) -> tuple[int, str]:
        """Have a verb speak, as the keeper where no login is given; give its exit code and what it printed."""
        plain = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "MLFLOW_"))}
        held = self.server.login(ADMIN) if login is None else login
        done = subprocess.run(
            [sys.executable, "-m", "mlops", *words],
            cwd=work or self.work,
            env=plain | held | {"PYTHONPATH": str(ROOT), "HOME": str(self.work.parent)},
            capture_output=True,
            text=True,
            check=False,
        )
        self.said.append(done.stdout + done.stderr)
        return done.returncode, self.said[-1]


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    with services.server(PASSWORDS) as server:
        folder = tmp_path_factory.mktemp("team")
        work = make_shop(folder / "work", "churn")
        (work / "conf/project.yaml").write_text(PROJECT.format(uri=server.uri))
        plays.settle(work, folder / "remote")
        propose(work, "A server with a login, and a remote")
        plays.learn(work, "Learn from the first table")
        yield Shop(work, server)


@pytest.fixture(scope="module")
def released(shop: Shop) -> Shop:
    """Register, release and reconcile with the keeper's login."""
    code, said = shop.say("register", "churn")
    assert code == 0, said
    assert said.startswith("churn version 1\nregistered: sha256:")
    code, said = shop.say("release", "churn", "--env", "prod")
    assert code == 0, said
    commit(shop.work, "Release")
    code, said = shop.say("reconcile", "--env", "prod")
    assert code == 0, said
    return shop


@pytest.fixture(scope="module")
def elsewhere(released: Shop, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A fresh clone on a machine that has no DVC remote: only the registry can give it the bundle."""
    there = tmp_path_factory.mktemp("elsewhere") / "work"
    git(released.work, "clone", "-q", str(released.work), str(there))
    (there / ".dvc/config").write_text("[core]\n    analytics = false\n")
    return there


def test_what_is_registered_through_a_login_is_live_and_agreed_on(released: Shop) -> None:
    code, said = released.say("show")
    assert code == 0, said
    assert "agrees" in said
    code, said = released.say("register", "churn")
    assert code == 0, said
    assert "registered already: sha256:" in said
    code, said = released.say("reconcile", "--env", "prod")
    assert code == 0, said
    assert "0 written" in said


def test_another_machine_serves_the_bundle_that_lies_in_s3(released: Shop, elsewhere: Path) -> None:
    code, said = released.say("serve", "churn", "--env", "prod", "--check", work=elsewhere)
    assert code == 0, said
    assert (elsewhere / ".mlops/bundles").is_dir()


@pytest.mark.parametrize("verb", ["register", "release", "reconcile", "serve"])
@pytest.mark.parametrize("who", ["nobody", "a wrong password"])
def test_without_the_login_a_verb_ends_with_6_and_a_sentence(
    released: Shop, tmp_path: Path, verb: str, who: str
) -> None:
    login = {} if who == "nobody" else {"MLFLOW_TRACKING_USERNAME": ADMIN, "MLFLOW_TRACKING_PASSWORD": WRONG}
    words = {
        "register": ("register", "churn"),
        "release": ("release", "churn", "--env", "staging"),  # of what is live already nobody has to be asked
        "reconcile": ("reconcile", "--env", "prod"),
        "serve": ("serve", "churn", "--env", "prod", "--check"),
    }
    work = released.work
    if verb == "serve":  # a bundle that is here already needs no registry
        work = tmp_path / "work"
        git(released.work, "clone", "-q", str(released.work), str(work))
        (work / ".dvc/config").write_text("[core]\n    analytics = false\n")
    code, said = released.say(*words[verb], login=login, work=work)
    assert code == 6, said
    sentence = f"MLflow at {released.server.uri} asks for a login, and takes none that is here (HTTP 401)"
    assert sentence in said
    assert verb in ("reconcile", "serve") or said == f"{sentence}\n{HINT}"
    assert "Traceback" not in said


def test_a_login_that_may_only_read_registers_nothing_and_is_told_so(released: Shop) -> None:
    code, said = released.say("reconcile", "--env", "prod", "--dry-run", login=released.server.login(READER))
    assert code == 0, said
    text = released.work / "conf/pipeline/churn.yaml"
    kept = text.read_text()
    text.write_text(kept + "package: {golden_rows: 8}\n")
    propose(released.work, "Replay fewer rows")
    plays.learn(released.work, "Learn once more")
    code, said = released.say("register", "churn", login=released.server.login(READER))
    assert (code, said) == (
        6,
        f"MLflow at {released.server.uri} does not let this login do that (HTTP 403)\n{HINT}",
    )


def test_what_is_live_is_shown_where_the_registry_cannot_be_asked(released: Shop) -> None:
    code, said = released.say("show", login={})
    assert code == 0, said
    assert "the registry was not asked: MLflow at " in said
    assert "asks for a login" in said


def test_no_line_that_was_printed_and_no_file_holds_a_password(released: Shop) -> None:
    pairs = [b64encode(f"{name}:{password}".encode()).decode() for name, password in PASSWORDS.items()]
    sought = {spelt for secret in (*PASSWORDS.values(), WRONG) for spelt in spellings(secret)}
    sought |= {pair.encode() for pair in pairs}
    assert len(released.said) > 5
    assert [said for said in released.said for spelt in sought if spelt in said.encode()] == []
    left = [path for path in released.work.rglob("*") if path.is_file() and ".venv" not in path.parts]
    assert len(left) > 50
    assert [path for path in left for spelt in sought if spelt in path.read_bytes()] == []
