"""The scripts that lay images out and build them, run as GitHub runs them, up to where podman would begin."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
from pathlib import Path

from tests.builders.scripts import calls, fake, needs_jq, outputs, run, script

LAY_OUT = script("main/register", "Lay out the images")
PUSH = script("main/image", "Build and push")


@needs_jq
def test_an_image_that_cannot_be_laid_out_stops_no_other_and_fails_the_job(tmp_path: Path) -> None:
    (tmp_path / "change").mkdir()
    (tmp_path / "images/good/image").mkdir(parents=True)
    (tmp_path / "images/good/image/Dockerfile").write_text("FROM scratch\n")
    image = {"pipeline": "good", "target": "image", "bundle": "sha256:1", "repository": "ghcr.io/a/b", "offline": False}
    told = json.dumps({"schema_version": 1, "images": [{**image, "folder": "/x", "build": "podman build"}]})
    none = json.dumps({"schema_version": 1, "images": []})
    fake(tmp_path, f"case $2 in bad) exit 6 ;; good) echo '{told}' ;; *) echo '{none}' ;; esac")
    done = run(tmp_path, LAY_OUT, PIPELINES="bad plain good")
    title = "::error title=bad has no image::what it is built from could not be laid out: see what it says\n"
    assert (done.returncode, done.stdout) == (6, title)
    assert calls(tmp_path / "change") == [
        f"image {name} --recorded --to ../images -o json" for name in ("bad", "plain", "good")
    ]
    found = outputs(tmp_path)
    assert json.loads(found["images"]) == [image]
    assert found["digest"] == hashlib.sha256((tmp_path / "images.tar").read_bytes()).hexdigest()
    again = run(tmp_path, LAY_OUT, PIPELINES="good")
    assert (again.returncode, outputs(tmp_path)["digest"]) == (0, found["digest"]), "the same files, the same archive"


@needs_jq
def test_where_nothing_is_pushed_nothing_is_handed_on(tmp_path: Path) -> None:
    (tmp_path / "change").mkdir()
    fake(tmp_path, """echo '{"images": []}'""")
    assert run(tmp_path, LAY_OUT, PIPELINES="plain").returncode == 0
    assert not (tmp_path / "output").exists()
    assert not (tmp_path / "images.tar").exists()


def test_an_archive_that_is_not_the_one_that_was_laid_out_is_not_unpacked(tmp_path: Path) -> None:
    (tmp_path / "images").mkdir()
    (tmp_path / "images/images.tar").write_bytes(b"another one")
    done = run(tmp_path, PUSH, DIGEST="0" * 64, PIPELINE="good", TARGET="image", BUNDLE="sha256:1", REPOSITORY="a/b")
    said = "::error title=What was laid out is refused::the artifact is not the one that its job laid out\n"
    assert (done.returncode, done.stdout, done.stderr) == (5, said, "")


def test_what_an_earlier_run_left_on_a_machine_that_is_kept_gets_into_no_image(tmp_path: Path) -> None:
    laid, tools = tmp_path / "laid/images/good/image", tmp_path / "tools"
    laid.mkdir(parents=True)
    (laid / "Dockerfile").write_text("FROM scratch\n")
    left = tmp_path / "images/good/image/bundle/of-before.json"
    left.parent.mkdir(parents=True)
    left.write_text("{}\n")
    archive = tmp_path / "images/images.tar"
    subprocess.run(["tar", "-C", str(tmp_path / "laid"), "-cf", str(archive), "images"], check=True)
    tools.mkdir()
    (tools / "podman").write_text("#!/bin/sh\nfind images/good -type f\nexit 9\n")
    (tools / "podman").chmod(0o755)
    told = {"PIPELINE": "good", "TARGET": "image", "BUNDLE": "sha256:1", "REPOSITORY": "a/b", "OFFLINE": "false"}
    digest = hashlib.sha256(archive.read_bytes()).hexdigest()
    done = run(tmp_path, PUSH, DIGEST=digest, PATH=f"{tools}:{os.environ['PATH']}", **told)
    assert (done.returncode, done.stdout) == (9, "images/good/image/Dockerfile\n")
