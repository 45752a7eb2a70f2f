from __future__ import annotations

import socket
import threading
from pathlib import Path
from typing import Any

import pytest

from mlops.errors import ConfigurationError, InfrastructureError, IntegrityError
from mlops.files.canonical import digest_file
from mlops.operations.running.serve import Settings, ask_golden, find_bundle, find_settings, replay, target_of
from mlops.targets.local import LocalTarget
from tests.builders.behind import free_ports
from tests.builders.bundles import make_bundle
from tests.builders.papers import write_papers
from tests.builders.repositories import make_repository
from tests.builders.waiting import CEILING


def test_a_bundle_that_was_changed_is_refused_before_a_server_starts(tmp_path: Path) -> None:
    bundle = make_bundle(tmp_path / "bundle")
    (bundle / "profile.json").write_text("{}\n")
    with pytest.raises(IntegrityError, match=r"(?s)its manifest says, 1 of its files differ:\n  profile\.json"):
        replay(bundle)


def test_a_pipeline_goes_before_a_folder_of_its_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    root = make_repository(tmp_path)
    make_bundle(root / "tiny")
    assert find_bundle(root, "tiny") == (Path("tiny"), "", None)
    assert find_bundle(None, "tiny") == (Path("tiny"), "", None)
    make_bundle(root / "churn")
    own = make_bundle(root / "pipelines" / "churn" / "artifacts" / "bundle")
    with pytest.raises(InfrastructureError) as caught:
        find_bundle(root, "churn")
    assert caught.value.message == "churn: no report is about the bundle that lies here"
    write_papers(root / "pipelines/churn/reports", own)
    digest = digest_file(own / "manifest.json")
    told = f"bundle {digest[:19]}…, of the last run: no environment is declared"
    assert find_bundle(root, "churn") == (own, told, None)


def test_a_path_is_no_pipeline_wherever_it_leads(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    root = make_repository(tmp_path)
    monkeypatch.chdir(root)
    folder = make_bundle(root / "pipelines" / "churn" / "artifacts" / "bundle")
    for path in (str(folder), str(folder.relative_to(root)), "../" * len(root.parts) + str(folder)[1:]):
        assert find_bundle(root, path) == (Path(path), "", None)
        assert find_settings(root, path) == Settings()


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


def test_a_mistyped_pipeline_is_told_from_one_that_never_ran(tmp_path: Path) -> None:
    (tmp_path / "conf" / "pipeline").mkdir(parents=True)
    (tmp_path / "conf" / "pipeline" / "churn.yaml").write_text("")
    with pytest.raises(ConfigurationError) as caught:
        find_bundle(tmp_path, "chrun")
    assert caught.value.message == "there is no pipeline `chrun`, and no bundle in such a folder"
    assert caught.value.hint == "did you mean `churn`?"
    with pytest.raises(InfrastructureError):
        find_bundle(tmp_path, "churn")


def test_another_bundle_than_the_expected_one_is_refused_before_a_server_starts(tmp_path: Path) -> None:
    bundle, other = make_bundle(tmp_path / "bundle"), f"sha256:{'0' * 64}"
    with pytest.raises(IntegrityError) as caught:
        replay(bundle, other)
    own = digest_file(bundle / "manifest.json")
    assert caught.value.message == f"the bundle in {bundle} is {own} but must be {other}"


def test_a_server_listens_where_yaml_says_for_its_environment(tmp_path: Path) -> None:
    root = make_repository(tmp_path)
    (root / "pipelines" / "churn").mkdir(parents=True, exist_ok=True)
    yaml = root / "conf" / "pipeline" / "churn.yaml"
    both = "deploy:\n  local: {kind: local, port: 1}\n  prod: {kind: local, host: 0.0.0.0, behind: proxy, port: 2}\n"
    yaml.write_text(yaml.read_text().replace("  - /deploy: [local]\n", "") + both)
    found = [find_settings(root, "churn", place).target for place in (None, "staging", "prod")]
    assert [None if target is None else (target.host, target.port) for target in found] == [
        ("127.0.0.1", 1),
        ("127.0.0.1", 1),
        ("0.0.0.0", 2),
    ]


def test_what_is_typed_goes_before_what_yaml_says() -> None:
    declared = LocalTarget.model_validate({"port": 1, "limits": {"rows": 5, "headers": 7}})
    typed = target_of(
        declared, host="::1", port=0, token_from="T", behind="proxy", limits=["rows=6", "body_seconds=.5"]
    )
    assert (typed.host, typed.port, typed.auth and typed.auth.token_from, typed.behind) == ("::1", 0, "T", "proxy")
    assert (typed.limits.rows, typed.limits.headers, typed.limits.body_seconds) == (6, 7, 0.5)
    assert target_of(None) == LocalTarget()
    assert target_of(declared) == declared


def test_the_port_that_a_container_is_told_goes_before_what_yaml_says(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PORT", "9000")
    assert target_of(LocalTarget(port=1)).port == 9000
    assert target_of(LocalTarget(port=1), port=2).port == 2


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"limits": ["row=5"]}, "--limit row=5: there is no such limit"),
        ({"limits": ["rows=many"]}, "--limit rows=many: that is no number"),
        ({"limits": ["rows=0"]}, "--limit: `rows`: Input should be greater than or equal to 1"),
        (
            {"token_from": "hunter2"},
            "--token-from: `token_from`: a secret is named, never written: the name of an environment variable in "
            "capitals, or file:///path of a file",
        ),
    ],
)
def test_what_is_typed_wrong_is_said(options: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        target_of(None, **options)
    assert caught.value.message == message


def test_golden_rows_and_the_token_go_through_no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:none")
    monkeypatch.delenv("no_proxy", raising=False)
    monkeypatch.delenv("NO_PROXY", raising=False)
    (port,) = free_ports(1)
    with pytest.raises(InfrastructureError, match="the server does not answer: .*Connection refused"):
        ask_golden(f"http://127.0.0.1:{port}", [{}], {"Authorization": "Bearer of-nobody-else"})


@pytest.mark.parametrize("said", [b"", b"SSH-2.0-x\r\n\r\n", b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{}"])
def test_a_server_that_dies_while_it_is_asked_does_not_answer(said: bytes) -> None:
    def die(listener: socket.socket) -> None:
        connection, _ = listener.accept()
        with connection:
            connection.recv(1 << 16)
            connection.sendall(said)

    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=die, args=(listener,))
        thread.start()
        with pytest.raises(InfrastructureError, match="the server does not answer: "):
            ask_golden(f"http://127.0.0.1:{listener.getsockname()[1]}", [{}])
        thread.join(CEILING)
