"""Write down the hash of every file of the pinned releases: `make lock`.

`constraints.txt` says which release, the files beside this one and in `mlops/locks/` which bytes it may be, for Linux
and for Apple's machines; pip takes nothing else. https://pip.pypa.io/en/stable/topics/secure-installs/
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

from mlops.extras import STORES

ROOT = Path(__file__).parent.parent
BESIDE = ROOT / ".requirements"
SHIPPED = ROOT / "mlops" / "locks"  # these travel in the wheel, for repositories that `mlops init` makes
COMPILE = ("uv", "pip", "compile", "--quiet", "--universal", "--python-version", "3.11", "--generate-hashes")
PLAIN = ("--no-annotate", "--no-header", "--no-emit-index-url")
RUN = (
    "train",
    "registry",
    "verify",
    "sql",
    "excel",
    "image",
    "explain",
    "tune",
    "xgboost",
)  # extras of the stages and verbs; `test` comes beside them
FIRST = "# Written by `make lock` from pyproject.toml and constraints.txt.\n"
BUILD = ("setuptools", "uv")  # builds this project and what is published as a source alone; installs the rest
AUDIT = "pip-audit==2.10.1"
# what MLflow needs for a login, on PostgreSQL and S3; constraints.txt pins boto3 by its botocore
SERVICES = "flask-wtf==1.3.0\nboto3\nmoto[s3]==5.2.5\npsycopg[binary]==3.3.9\n"
# a program of its own: what signs shares no library with what it signs; it imports pyOpenSSL without asking for it
SIGN = "model-signing==1.1.1\npyopenssl\n"
# a program of its own, too: tests run what is compiled for it
AIRFLOW = "apache-airflow==3.3.2"
# beside what is installed, too: it imports mlops, to write the reference
DOCS = "sphinx==9.0.4\nmyst-parser==5.1.0\nfuro==2025.12.19\nsphinx-copybutton==0.5.2\nsphinx-click==6.2.0\n"
# beside what is installed, which its workers import: two nodes of it, on which tests train and search
RAY = "ray[train]==2.60.0\n"
# programs of their own: what holds servers to the Open Inference Protocol, and other servers that speak it
CONFORMANCE = "schemathesis==4.32.5\ntritonclient[http]==2.73.0\nclick\npyyaml\n"
PEERS = {"kserve": "kserve==0.21.0\n", "mlserver": "mlserver==1.7.1\n"}
# beside everything, too: what AWS's own tools make of what is compiled for AWS
CLOUD = "awslambdaric==4.2.2\nboto3\ncfn-lint==1.58.0\nmoto==5.2.5\n"
COOLDOWN = "7 days"  # most malicious releases are found sooner; what constraints.txt pins, Dependabot has waited for
HASH = re.compile(r"sha256:[0-9a-f]{64}")
TORCH = re.compile(r"((cuda|nvidia)-|(torch|triton)==)")  # with what its build for CUDA asks for and the CPU's does not


def main() -> None:
    """Resolve what serves, what runs, what tests, what each kind of remote and a server need, and what audits them."""
    run = _needed(*RUN)
    torch = next(block for block in run if block.startswith("torch=="))
    plain = [block for block in run if not TORCH.match(block)]
    more = [block for block in _needed(*RUN, "test") if block not in run]
    _write(BESIDE / "build", [block for block in run + more if block.partition("==")[0] in BUILD])
    _write(BESIDE / "test", [block for block in more if block.partition("==")[0] not in BUILD])
    _write(BESIDE / "audit", _resolved("-", "--exclude-newer", COOLDOWN, read=AUDIT))
    _write(BESIDE / "airflow", _resolved("-", "--exclude-newer", COOLDOWN, read=AIRFLOW))
    _write(BESIDE / "conformance", _resolved("-", "--exclude-newer", COOLDOWN, read=CONFORMANCE))
    _write(BESIDE / "cloud", _resolved("-", "--constraint", "constraints.txt", read=CLOUD))
    for peer, asked in PEERS.items():
        _write(BESIDE / peer, _resolved("-", "--exclude-newer", COOLDOWN, read=asked))
    _write(BESIDE / "services", [block for block in _needed(*RUN, "test", also=SERVICES) if block not in run + more])
    _write(BESIDE / "docs", [block for block in _needed(*RUN, "test", also=DOCS) if block not in run + more])
    _write(BESIDE / "ray", [block for block in _needed(*RUN, "test", also=RAY) if block not in run + more])
    core = _needed()
    verifying = {_name(block) for block in _needed("verify")} - {_name(block) for block in core}
    _write(SHIPPED / "serve", core)
    _write(SHIPPED / "verify", [block for block in run if _name(block) in verifying])
    _write(SHIPPED / "sign", _resolved("-", "--constraint", "constraints.txt", read=SIGN))
    _write(SHIPPED / "run", plain)
    _write(SHIPPED / "torch", [block for block in run if TORCH.match(block)])
    _write(SHIPPED / "torch-cpu", [_cpu(torch.split(" ", 1)[0])])
    for store in STORES:
        _write(SHIPPED / store, [block for block in _needed(*RUN, store) if block not in run])


def _needed(*extras: str, also: str = "") -> list[str]:
    """Resolve the core with some extras, and what is asked for beside them."""
    asked = [option for extra in extras for option in ("--extra", extra)]
    files = ("pyproject.toml", "-") if also else ("pyproject.toml",)
    return _resolved(*files, *asked, "--constraint", "constraints.txt", read=also or None)


def _resolved(*options: str, read: str | None = None) -> list[str]:
    command = [sys.executable, "-m", *COMPILE, *PLAIN, *options]
    done = subprocess.run(command, cwd=ROOT, input=read, stdout=subprocess.PIPE, text=True, check=True)  # noqa: S603
    return _blocks(done.stdout)


def _name(block: str) -> str:
    return block.partition("==")[0]


def _cpu(requirement: str) -> str:
    """Pin the build for CPUs, by the files that pip takes here or took where this was run before.

    It is on an index of its own, which only pip's settings name: where they name none, what is written stays.
    """
    command = (sys.executable, "-m", "pip", "install", "--dry-run", "--quiet", "--ignore-installed", "--no-deps")
    wanted = f"{requirement}+cpu"
    done = subprocess.run([*command, "--report", "-", wanted], stdout=subprocess.PIPE, check=False)  # noqa: S603
    known = (SHIPPED / "torch-cpu.txt").read_text(encoding="utf-8")
    hashes = set(HASH.findall(known)) if f"{wanted} " in known else set()
    if done.returncode == 0:
        (item,) = json.loads(done.stdout)["install"]
        hashes.add(f"sha256:{item['download_info']['archive_info']['hashes']['sha256']}")
    if not hashes:
        raise SystemExit(f"{wanted}: name an index that has it in pip's settings; without it every machine gets CUDA's")
    return " \\\n    ".join([wanted, *(f"--hash={item}" for item in sorted(hashes))]) + "\n"


def _blocks(text: str) -> list[str]:
    """Split into requirements, each with the lines of its hashes."""
    return re.findall(r"^[A-Za-z0-9].*\n(?:^    .*\n)*", text, re.MULTILINE)


def _write(file: Path, blocks: list[str]) -> None:
    if not blocks:
        raise SystemExit(f"nothing to write into {file.relative_to(ROOT)}.txt")
    file.with_suffix(".txt").write_text(FIRST + "".join(blocks), encoding="utf-8")


if __name__ == "__main__":
    main()
