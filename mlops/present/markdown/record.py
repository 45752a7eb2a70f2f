"""The text of the pull request that brings what a run of CI's wrote."""

from __future__ import annotations

from mlops.present.markdown.text import escape


def record_body(name: str, digest: str, files: int) -> str:
    """Say what merging it does, and what it does not."""
    lines = [
        f"**{escape(name)}**: the run that made `{digest}` was one of CI's, and these {files:,} files of it",
        "are in no commit yet. Merging this makes nothing live and runs nothing again.",
        "",
        "Only a run that Git records is released, and can be gone back to without the registry. Its release is",
        "proposed after this merge.",
    ]
    return "\n".join(lines) + "\n"
