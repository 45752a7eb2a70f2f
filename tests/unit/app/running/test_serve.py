from __future__ import annotations

from pathlib import Path

import pytest

from mlops.app.running.serve import find_bundle, find_log, replay
from mlops.errors import InfrastructureError, IntegrityError
from mlops.files.canonical import digest_file
from tests.builders.bundles import make_bundle
from tests.builders.papers import write_papers
from tests.builders.repositories import make_repository


def test_a_bundle_that_was_changed_is_refused_before_a_server_starts(tmp_path: Path) -> None:
    bundle = make_bundle(tmp_path / "bundle")
    (bundle / "profile.json").write_text("{}\n")
    with pytest.raises(IntegrityError, match=r"(?s)its manifest says, 1 of its files differ:\n  profile\.json"):
        replay(bundle)


def test_a_pipeline_goes_before_a_folder_of_its_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    root = make_repository(tmp_path)
    make_bundle(root / "tiny")
    assert find_bundle(root, "tiny") == (Path("tiny"), "")
    assert find_bundle(None, "tiny") == (Path("tiny"), "")
    make_bundle(root / "churn")
    own = make_bundle(root / "pipelines" / "churn" / "artifacts" / "bundle")
    with pytest.raises(InfrastructureError) as caught:
        find_bundle(root, "churn")
    assert caught.value.message == "churn: no report is about the bundle that lies here"
    write_papers(root / "pipelines/churn/reports", own)
    digest = digest_file(own / "manifest.json")
    assert find_bundle(root, "churn") == (own, f"bundle {digest[:19]}…, of the last run: no environment is declared")


def test_a_path_is_no_pipeline_wherever_it_leads(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    root = make_repository(tmp_path)
    monkeypatch.chdir(root)
    folder = make_bundle(root / "pipelines" / "churn" / "artifacts" / "bundle")
    for path in (str(folder), str(folder.relative_to(root)), "../" * len(root.parts) + str(folder)[1:]):
        assert find_bundle(root, path) == (Path(path), "")
        assert find_log(root, path) is None


@pytest.mark.parametrize(
    ("inside", "message", "hint"),
    [
        (True, "tiny: there is no bundle", "mlops run tiny"),
        (
            False,
            "tiny: there is no bundle in such a folder, and no repository here whose pipeline it could be",
            "mlops serve path/to/bundle, the folder with manifest.json",
        ),
    ],
)
def test_where_there_is_no_bundle_it_says_what_to_type(tmp_path: Path, inside: bool, message: str, hint: str) -> None:
    with pytest.raises(InfrastructureError) as caught:
        find_bundle(tmp_path if inside else None, "tiny")
    assert (caught.value.message, caught.value.hint) == (message, hint)
