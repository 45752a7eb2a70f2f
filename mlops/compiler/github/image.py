"""The job that builds the images of what was registered, pushes them by digest, and says where they came from.

It checks nothing out and installs nothing: what it builds from was laid out by the job that registers, to the byte, and
it alone may write packages and speak for this workflow. https://slsa.dev/spec/v1.0/provenance
"""

from __future__ import annotations

from mlops.compiler.github.common_steps import keep, on_main
from mlops.compiler.github.workflow import Job, Permission, Step
from mlops.configuration.ci import Continuous

LAID = "images"
"""The artifact: an archive of a folder for each image, as `mlops image --recorded` lays it out."""
_DAYS = 7  # long enough to run again what failed
_SOME = "needs.register.outputs.digest != ''"

# An archive keeps the rights that files have; a builder copies them into the image. None of them stops another.
_LAY_OUT = f"""\
images='[]'
status=0
for name in $PIPELINES; do
  code=0
  found=$(.venv/bin/mlops image "$name" --recorded --to "../{LAID}" -o json) || code=$?
  if [ "$code" != 0 ]; then
    echo "::error title=$name has no image::what it is built from could not be laid out: see what it says"
    status=$code
    continue
  fi
  images=$(jq -c --argjson found "$found" '. + ($found.images | map(del(.folder, .build)))' <<< "$images")
done
if [ "$images" != '[]' ]; then
  tar --sort=name --mtime=@0 --owner=0 --group=0 --numeric-owner -C .. -cf ../{LAID}.tar {LAID}
  printf '%s\\n' "images=$images" "digest=$(sha256sum ../{LAID}.tar | cut -d ' ' -f 1)" >> "$GITHUB_OUTPUT"
fi
exit "$status"
"""

# The workflow's own token is for GitHub's registry and goes to no other: there, whoever runs the machine has signed in.
# A machine that is kept has what an earlier run unpacked: none of it gets into an image.
_PUSH = f"""\
if [ "$(sha256sum {LAID}/{LAID}.tar | cut -d ' ' -f 1)" != "$DIGEST" ]; then
  echo '::error title=What was laid out is refused::the artifact is not the one that its job laid out'
  exit 5
fi
rm -rf "{LAID}/$PIPELINE"
tar -xf {LAID}/{LAID}.tar
named="$REPOSITORY:${{BUNDLE/:/-}}"
set -- --timestamp 0 --build-arg "BUNDLE=$BUNDLE" --tag "$named"
if [ "$OFFLINE" = true ]; then set -- "$@" --network none --build-arg PIP_NO_INDEX=1; fi
podman build "$@" "{LAID}/$PIPELINE/$TARGET"
case "$REPOSITORY" in
  ghcr.io/*) podman login ghcr.io --username "$GITHUB_ACTOR" --password-stdin <<< "$GITHUB_TOKEN" ;;
esac
podman push --digestfile digest "$named"
echo "digest=$(cat digest)" >> "$GITHUB_OUTPUT"
echo "\\`$REPOSITORY@$(cat digest)\\` is $PIPELINE's bundle \\`$BUNDLE\\`" >> "$GITHUB_STEP_SUMMARY"
"""

OUTPUTS = {name: f"${{{{ steps.{LAID}.outputs.{name} }}}}" for name in (LAID, "digest")}
"""What the job that lays out tells: which images there are, and the digest of the archive."""


def laid_out(names: dict[str, str], condition: str) -> Step:
    """Lay out what the images of the pipelines that `PIPELINES` lists are built from, where those are pushed."""
    return Step("Lay out the images", run=_LAY_OUT, environment=names, identity=LAID, condition=condition)


def handed_on() -> Step:
    """Keep what was laid out for the job that builds."""
    condition = f"${{{{ !cancelled() && steps.{LAID}.outputs.digest != '' }}}}"
    return keep(
        "Keep what the images are built from", LAID, f"{LAID}.tar", found="error", condition=condition, days=_DAYS
    )


def image(settings: Continuous) -> Job:
    """Build and push each image, one a job, and attest to the digest that the registry gave it."""
    told = {name.upper(): f"${{{{ matrix.image.{name} }}}}" for name in ("pipeline", "target", "bundle", "repository")}
    told |= {"OFFLINE": "${{ matrix.image.offline }}", "DIGEST": "${{ needs.register.outputs.digest }}"}
    token = {"GITHUB_TOKEN": "${{ github.token }}"}
    fetched: dict[str, str | int | bool] = {"name": LAID, "path": LAID, "digest-mismatch": "error"}
    subject: dict[str, str | int | bool] = {
        "subject-name": "${{ matrix.image.repository }}",
        "subject-digest": "${{ steps.push.outputs.digest }}",
    }
    return Job(
        "image",
        "Image of ${{ matrix.image.pipeline }}",
        settings.runner,
        settings.timeout,
        (
            Step("Fetch what was laid out", uses="actions/download-artifact", inputs=fetched),
            Step("Build and push", run=_PUSH, environment=told | token, identity="push"),
            Step("Attest where it came from", uses="actions/attest-build-provenance", inputs=subject),
        ),
        (
            Permission("attestations", "write", "to keep what it attests to"),
            Permission("id-token", "write", "to sign that as this workflow"),
            Permission("packages", "write", "to push the image"),
        ),
        needs=("register",),
        condition=f"!cancelled() && {on_main(settings)} && {_SOME}",
        matrix=("image", f"${{{{ fromJSON(needs.register.outputs.{LAID}) }}}}"),
        environment=settings.environment,
    )
