from __future__ import annotations

from pathlib import Path

import pytest

from mlops.app.running.serve import replay
from mlops.errors import IntegrityError
from tests.builders.bundles import make_bundle


def test_a_bundle_that_was_changed_is_refused_before_a_server_starts(tmp_path: Path) -> None:
    bundle = make_bundle(tmp_path / "bundle")
    (bundle / "card.md").write_text("This model is fine.\n")
    with pytest.raises(IntegrityError, match=r"(?s)not what its manifest says, 1 of its files differ:\n  card\.md"):
        replay(bundle)
