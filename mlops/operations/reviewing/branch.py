"""A branch of the remote repository, written without touching the user's work tree, index or configuration."""

from __future__ import annotations

import base64
import os
import subprocess
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import overload
from urllib.parse import urlsplit

from mlops.errors import ConfigurationError, InfrastructureError

REMOTE = "origin"
TRAILER = "Proposed-by: mlops"
Files = Mapping[str, str | bytes | None]
_NOBODY = ("github-actions[bot]", "41898282+github-actions[bot]@users.noreply.github.com")


@dataclass(frozen=True)
class Remote:
    """The repository `origin` and the token to write to it; an empty token leaves that to Git's own credentials."""

    root: Path
    token: str = ""
    server: str = "https://github.com"

    def url(self) -> str:
        """Give the address of the remote repository; nothing where there is none."""
        done = self._git("remote", "get-url", REMOTE, check=False)
        return done.decode().strip()

    def fetch(self, branch: str) -> str | None:
        """Bring a branch here and name its commit; None where the remote has no such branch.

        Raises:
            InfrastructureError: the remote does not answer.
        """
        listed = self._git("ls-remote", REMOTE, f"refs/heads/{branch}").decode().split()
        if not listed:
            return None
        self._git("fetch", "--quiet", "--no-tags", "--no-write-fetch-head", REMOTE, f"refs/heads/{branch}")
        return listed[0]

    def commit(self, parent: str, files: Files, message: str) -> str | None:
        """Make a commit that writes or, where None, deletes files; None where that changes nothing."""
        with tempfile.TemporaryDirectory(prefix="mlops-index-") as folder:
            index = {"GIT_INDEX_FILE": str(Path(folder) / "index")}
            self._git("read-tree", parent, environment=index)
            for path, text in sorted(files.items()):
                checked(path)
                if text is None:
                    self._git("rm", "--quiet", "--cached", "--ignore-unmatch", "--", path, environment=index)
                    continue
                blob = self._git("hash-object", "-w", "--stdin", given=encoded(text)).decode().strip()
                self._git("update-index", "--add", "--cacheinfo", f"100644,{blob},{path}", environment=index)
            tree = self._git("write-tree", environment=index).decode().strip()
        if tree == self._git("rev-parse", f"{parent}^{{tree}}").decode().strip():
            return None
        said = f"{message}\n\n{TRAILER}\n".encode()
        return self._git("commit-tree", tree, "-p", parent, environment=self._identity(), given=said).decode().strip()

    def says(self, commit: str, files: Files, base: str) -> bool:
        """Whether a commit, not merged yet, does to these files and no others what is to be done to `base`."""
        if not self._git("rev-list", "--max-count=1", commit, f"^{base}"):
            return False
        if any(self._blob(f"{commit}^", path) != self._blob(base, path) for path in files):
            return False
        names = self._git("diff-tree", "--no-commit-id", "--name-only", "--no-renames", "-r", "-z", commit).decode()
        if not set(filter(None, names.split("\0"))) <= set(files):
            return False
        return all(self._blob(commit, path) == encoded(text) for path, text in files.items())

    def ours(self, commit: str) -> bool:
        """Whether the last commit of a branch was made here: what people pushed on top of it is theirs."""
        return self._git("show", "-s", "--format=%B", commit).decode().rstrip().endswith(TRAILER)

    def push(self, commit: str, branch: str, expected: str | None) -> None:
        """Make a branch of the remote point to a commit, if it is still where it was seen.

        Raises:
            InfrastructureError: it moved meanwhile, or the remote refuses.
        """
        lease = f"--force-with-lease=refs/heads/{branch}:{expected or ''}"
        self._git("push", "--quiet", lease, REMOTE, f"{commit}:refs/heads/{branch}")

    def _blob(self, commit: str, path: str) -> bytes | None:
        if not self._git("ls-tree", commit, "--", path):
            return None
        return self._git("cat-file", "blob", f"{commit}:{path}")

    def _identity(self) -> dict[str, str]:
        """Name the committer where Git's configuration does not: a commit without a name is refused."""
        given = {key: os.environ[key] for key in ("GIT_AUTHOR_NAME", "GIT_COMMITTER_NAME") if os.environ.get(key)}
        if given or self._git("config", "user.email", check=False):
            return {}
        name, email = _NOBODY
        keys = ("AUTHOR", "COMMITTER")
        return {f"GIT_{key}_NAME": name for key in keys} | {f"GIT_{key}_EMAIL": email for key in keys}

    def _git(
        self,
        *arguments: str,
        environment: Mapping[str, str] | None = None,
        given: bytes | None = None,
        check: bool = True,
    ) -> bytes:
        variables = {**os.environ, "GIT_TERMINAL_PROMPT": "0", **(environment or {})}
        if arguments[0] in ("ls-remote", "fetch", "push"):
            variables |= self._credentials()
        try:
            done = subprocess.run(  # noqa: S603
                ["git", *arguments],  # noqa: S607
                cwd=self.root,
                env=variables,
                input=given,
                capture_output=True,
                check=False,
            )
        except FileNotFoundError as error:
            raise InfrastructureError("git is not installed", hint="install git") from error
        if check and done.returncode:
            said = done.stderr.decode(errors="replace").strip().splitlines() or [""]
            hint = "does the token have `contents: write`, and is `origin` the right repository?"
            raise InfrastructureError(f"git {arguments[0]} failed: {said[0][:200]}", hint=hint)
        return done.stdout

    def _credentials(self) -> dict[str, str]:
        """Pass the token by the environment, to its own server only: a command line is seen by every process.

        The empty first value drops a header that `actions/checkout` may have left in the repository's configuration;
        two would be refused (git-config(1), http.extraHeader).
        """
        server, target = urlsplit(self.server), urlsplit(self.url())
        if not self.token or (target.scheme, target.netloc) != (server.scheme, server.netloc):
            return {}
        secret = base64.b64encode(f"x-access-token:{self.token}".encode()).decode()
        key = f"http.{server.scheme}://{server.netloc}/.extraheader"
        count = int(os.environ.get("GIT_CONFIG_COUNT") or 0)
        pairs = [(key, ""), (key, f"AUTHORIZATION: basic {secret}")]
        found = {"GIT_CONFIG_COUNT": str(count + len(pairs))}
        for index, (name, value) in enumerate(pairs, count):
            found |= {f"GIT_CONFIG_KEY_{index}": name, f"GIT_CONFIG_VALUE_{index}": value}
        return found


@overload
def encoded(text: str | bytes) -> bytes: ...
@overload
def encoded(text: None) -> None: ...
def encoded(text: str | bytes | None) -> bytes | None:
    """Give the bytes of a file that a change writes; None where it deletes it."""
    return text.encode() if isinstance(text, str) else text


def checked(path: str) -> str:
    """Refuse a path that is not plainly inside the repository; raises ConfigurationError."""
    pure = PurePosixPath(path)
    if pure.is_absolute() or not pure.parts or set(pure.parts) & {"..", ".git"} or str(pure) != path or "\n" in path:
        raise ConfigurationError(f"`{path}` is no file of this repository")
    return path
