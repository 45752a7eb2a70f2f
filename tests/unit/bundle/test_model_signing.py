"""Our signatures and those of OpenSSF model-signing are the same: each verifies what the other made."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

from mlops.bundle.contents import Contents
from mlops.bundle.signature import Signature, fingerprint, sign
from mlops.configuration.signers import Signer
from mlops.errors import IntegrityError
from mlops.operations.live.signing_tool import signing, verifying
from tests.builders.bundles import make_bundle
from tests.builders.signing import private_key, public_key

PYTHON = Path(__file__).parents[3] / ".mlops/signing/bin/python"
pytestmark = [
    pytest.mark.tools,
    pytest.mark.skipif(not PYTHON.is_file(), reason="model-signing is not installed: make signing"),
]


def tool(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [str(PYTHON), "-m", "model_signing", *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False)


@pytest.mark.parametrize("bits", [256, 384, 521])
def test_each_verifies_what_the_other_signed(tmp_path: Path, bits: int) -> None:
    folder = make_bundle(tmp_path / "bundle")
    contents = Contents.read(folder)
    private, public, ours, theirs = (str(tmp_path / name) for name in ("key", "key.pub", "ours.json", "theirs.json"))
    Path(private).write_bytes(private_key(1, bits))
    Path(public).write_text(public_key(1, bits))
    Path(ours).write_bytes(sign(contents, private_key(1, bits)))

    verified = tool("verify", "key", "--signature", ours, "--public_key", public, str(folder))
    assert verified.returncode == 0, verified.stdout + verified.stderr

    made = tool("sign", "key", "--private_key", private, "--signature", theirs, str(folder))
    assert made.returncode == 0, made.stdout + made.stderr
    signature = Signature(Path(theirs).read_bytes())
    signature.refuse_other(contents)
    assert signature.verify(public_key(1, bits))
    assert not signature.verify(public_key(2, bits))
    assert signature.key == fingerprint(public_key(1, bits))

    (folder / "profile.json").write_text("{}\n")
    refused = tool("verify", "key", "--signature", ours, "--public_key", public, str(folder))
    assert refused.returncode != 0
    assert "Hash mismatch for 'profile.json'" in refused.stdout + refused.stderr
    with pytest.raises(IntegrityError):
        signature.refuse_other(Contents.read(make_bundle(tmp_path / "other", seed=2)))


PARSE = """
import json, sys
from model_signing._cli import main
command, arguments = main, json.loads(sys.argv[1])
context = None
while hasattr(command, "commands"):
    context = command.make_context(command.name, list(arguments), parent=context)
    name, command, arguments = command.resolve_command(context, [*context._protected_args, *context.args])
context = command.make_context(name, list(arguments), parent=context)
print(json.dumps({key: str(value) for key, value in context.params.items() if value}, sort_keys=True))
"""


def test_what_a_workflow_would_type_is_what_model_signing_reads(tmp_path: Path) -> None:
    """Never run here: it asks Sigstore, as a job of GitHub's."""
    (tmp_path / "bundle").mkdir()
    (tmp_path / "s").write_text("")
    workflow = "https://github.com/shop/models/.github/workflows/mlops-main.yml@refs/heads/main"
    signer = Signer.model_validate({"workflow": workflow})
    parsed = []
    for command in (
        signing(tmp_path / "bundle", tmp_path / "s"),
        verifying(tmp_path / "bundle", tmp_path / "s", signer),
    ):
        done = subprocess.run(
            [str(PYTHON), "-c", PARSE, json.dumps(command)], capture_output=True, text=True, check=True
        )
        parsed.append(json.loads(done.stdout))
    signs, verifies = parsed
    assert (signs["use_ambient_credentials"], signs["signature"]) == ("True", str(tmp_path / "s"))
    assert (verifies["identity"], verifies["identity_provider"]) == (workflow, signer.issuer)
    assert signs["model_path"] == verifies["model_path"] == str(tmp_path / "bundle")
