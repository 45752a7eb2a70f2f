"""What a rule finds in a plan."""

from __future__ import annotations

from dataclasses import dataclass

from mlops.diagnostics import Diagnostic, Position

Key = tuple[str | int, ...]


@dataclass(frozen=True)
class Finding:
    """A finding at a key of the YAML; where that key stands is known only to who read it.

    A rule that looked at a stage's parameters names the `parameter`, stage first, and the key follows from that.
    `pipeline` is empty where the whole repository is meant; `file` is the file of the key where it is neither the
    pipeline's nor the project's.
    """

    key: Key
    message: str
    hint: str
    rule: str
    severity: str = "warning"
    pipeline: str = ""
    parameter: Key = ()
    file: str = ""

    def at(self, position: Position) -> Diagnostic:
        """Place the finding in a file."""
        return Diagnostic(position, self.message, self.hint, self.rule, self.severity)
