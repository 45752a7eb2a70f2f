from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlops.errors import ConfigurationError
from mlops.operations.starting.pin import HEADER, Pin, Requirements, parse, versions, write

WHEEL = "mlops_by_pull_request-0.1.0-py3-none-any.whl"
LOCK = """\
click==8.5.1 \\
    --hash=sha256:aa \\
    --hash=sha256:bb
Ruamel.YAML==0.18.17 ; sys_platform == 'linux' \\
    --hash=sha256:cc
"""
DIGEST = "5" * 64
INDEX = HEADER + f"\nmlops-by-pull-request==0.1.0 \\\n    --hash=sha256:{DIGEST}\n\n{LOCK}"


@pytest.mark.parametrize(
    ("place", "line"),
    [
        ("", "mlops-by-pull-request==0.1.0"),
        (f"./vendor/{WHEEL}", f"./vendor/{WHEEL}"),
        (f"https://host.example/a/{WHEEL}", f"mlops-by-pull-request @ https://host.example/a/{WHEEL}"),
    ],
)
def test_each_form_of_the_pin_is_written_and_read_back(place: str, line: str) -> None:
    requirements = Requirements(Pin("0.1.0", DIGEST, place), LOCK)
    text = write(requirements)
    assert f"\n\n{line} \\\n    --hash=sha256:{DIGEST}\n\n" in text
    assert parse(text) == requirements


@pytest.mark.slow
@given(
    st.from_regex(r"[0-9]{1,3}(\.[0-9]{1,3}){0,3}(rc[0-9])?", fullmatch=True),
    st.from_regex(r"[0-9a-f]{64}", fullmatch=True),
    st.sampled_from(["", "./vendor/{}", "https://host.example:8443/p/{}"]),
)
def test_writing_and_reading_are_each_others_inverse(version: str, digest: str, place: str) -> None:
    wheel = f"mlops_by_pull_request-{version}-py3-none-any.whl"
    text = write(Requirements(Pin(version, digest, place.format(wheel)), LOCK))
    assert write(parse(text)) == text
    assert parse(text).pin == Pin(version, digest, place.format(wheel))


def test_comments_of_the_lock_that_the_wheel_brings_are_left_out() -> None:
    assert write(Requirements(Pin("0.1.0", DIGEST), f"# by `make lock`\n\n{LOCK}")) == INDEX


def test_the_path_of_a_kept_wheel_is_one_of_the_repository() -> None:
    assert Pin("0.1.0", DIGEST, f"./vendor/{WHEEL}").file == f"vendor/{WHEEL}"
    assert Pin("0.1.0", DIGEST).file == ""
    assert Pin("0.1.0", DIGEST, f"https://host.example/{WHEEL}").file == ""


def test_versions_are_by_normal_name() -> None:
    assert versions(LOCK) == {"click": "8.5.1", "ruamel-yaml": "0.18.17"}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("click==8.5.1\n", "requirements.txt is not a file that `mlops init` or `mlops upgrade` wrote"),
        (HEADER + "\n", "requirements.txt: the first requirement is no pin of mlops-by-pull-request with its hash"),
        (
            INDEX.replace(f" \\\n    --hash=sha256:{DIGEST}", ""),
            "requirements.txt: the first requirement is no pin of mlops-by-pull-request with its hash",
        ),
        (
            INDEX.replace("mlops-by-pull-request==", "mlops=="),
            "requirements.txt: the first requirement is no pin of mlops-by-pull-request with its hash",
        ),
        (INDEX + "-r other.txt\n", "requirements.txt: a line is neither a requirement nor its hash"),
        (
            INDEX + f"mlops_by_pull_request==0.2.0 \\\n    --hash=sha256:{DIGEST}\n",
            "requirements.txt pins mlops-by-pull-request twice",
        ),
    ],
    ids=["a file of somebody else", "no pin", "no hash", "a stranger's distribution", "another file", "two pins"],
)
def test_anything_else_is_refused(text: str, said: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        parse(text)
    assert caught.value.message == said
    assert caught.value.hint == "take it back from Git: git checkout -- requirements.txt"
