"""Start MLServer in this folder: the HTTP port, and the rest of its settings as JSON."""

from __future__ import annotations

import json
import sys
from pathlib import Path

from mlserver.cli import main

Path("settings.json").write_text(json.dumps({"http_port": int(sys.argv[1]), **json.loads(sys.argv[2])}))
sys.path.insert(0, ".")
sys.argv = ["mlserver", "start", "."]
main()
