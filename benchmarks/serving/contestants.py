"""The servers, each a process on one core: `python -m benchmarks.serving.contestants NAME BUNDLE PORT`."""

from __future__ import annotations

import os
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
_BODY = b'{"predictions":[0.5123456716537476]}'  # as many bytes as ours


def serve_ours(bundle: Path, port: int) -> None:
    """Serve as `mlops serve` does."""
    from mlops.serve.server import serve

    serve(bundle, port=port)


def serve_alone(bundle: Path, port: int) -> None:
    """Score every request by itself."""
    from mlops.blocks.batch import Batch
    from mlops.serve.server import serve

    serve(bundle, port=port, batch=Batch(rows=1))


def serve_logged(bundle: Path, port: int) -> None:
    """Serve, and write the prediction log."""
    from mlops.serve.server import serve

    serve(bundle, port=port, log=bundle.parent / "log")


def serve_noop(_: Path, port: int) -> None:
    """Read a body and answer: what the server costs that ours is on, without us."""
    import uvicorn

    async def app(_scope, receive, send) -> None:  # type: ignore[no-untyped-def]
        while (await receive()).get("more_body"):
            pass
        headers = [(b"content-type", b"application/json"), (b"content-length", b"%d" % len(_BODY))]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": _BODY})

    uvicorn.run(app, port=port, log_level="warning", access_log=False, lifespan="off")


SERVERS = {"ours": serve_ours, "alone": serve_alone, "logged": serve_logged, "noop": serve_noop}


@contextmanager
def running(name: str, bundle: Path, port: int, core: int, ready: bytes) -> Iterator[subprocess.Popen[bytes]]:
    """Run a server until the block ends; it begins with the first answer to `ready`."""
    command = [sys.executable, "-m", "benchmarks.serving.contestants", name, str(bundle), str(port)]
    if name == "mlflow":
        saved = bundle.parent / "mlflow"
        told = ["--env-manager", "local", "--workers", "1", "--port", str(port)]
        command = [sys.executable, "-m", "mlflow", "models", "serve", "-m", str(saved), *told]
    environment = {**os.environ, "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"}
    with (bundle.parent / f"{name}.err").open("wb") as errors:
        process = subprocess.Popen(
            ["taskset", "-c", str(core), *command], cwd=ROOT, env=environment, stdout=errors, stderr=errors
        )
    try:
        _await(process, port, ready, errors.name)
        yield process
    finally:
        process.terminate()
        process.wait()


def _await(process: subprocess.Popen[bytes], port: int, ready: bytes, errors: str) -> None:
    asked = urllib.request.Request(f"http://127.0.0.1:{port}/invocations", ready, {"content-type": "application/json"})
    for _ in range(6000):
        if process.poll() is not None:
            break
        try:
            with urllib.request.urlopen(asked, timeout=10) as answer:  # noqa: S310
                answer.read()
        except urllib.error.HTTPError as error:
            raise SystemExit(f"the server answers {error.code}: {error.read().decode()}") from error
        except OSError:
            time.sleep(0.01)
        else:
            return
    raise SystemExit(f"a server did not start: {Path(errors).read_text()[-2000:]}")


if __name__ == "__main__":
    SERVERS[sys.argv[1]](Path(sys.argv[2]), int(sys.argv[3]))
