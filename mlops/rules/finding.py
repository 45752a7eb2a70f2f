"""What a rule finds in a plan."""

from __future__ import annotations

from dataclasses import dataclass

from mlops.diagnostics import Diagnostic, Position


@dataclass(frozen=True)
class Finding:
    """A finding at a key of the YAML; where that key stands is known only to who read it."""

    key: tuple[str | int, ...]
    message: str
    hint: str
    rule: str
    severity: str = "warning"

    def at(self, position: Position) -> Diagnostic:
        """Place the finding in a file."""
        return Diagnostic(position, self.message, self.hint, self.rule, self.severity)
