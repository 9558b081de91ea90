"""What a proof measured, written down beside the others with its day and commit."""

import json
import subprocess
from datetime import UTC, datetime
from typing import Any

from domain.kernel.settings import PROJECT

RESULTS = PROJECT / "tests" / "proof" / "results"


def write_down(name: str, figures: dict[str, Any], *, quick_round: bool) -> None:
    """Print the figures of a round; those of a full one stay in `results`, a short one never replaces them."""
    commit = subprocess.run(
        ["git", "rev-parse", "--short", "HEAD"], cwd=PROJECT, capture_output=True, text=True, check=False
    )
    head = {
        "date": datetime.now(UTC).date().isoformat(),
        "commit": commit.stdout.strip(),
        "round": "short" if quick_round else "full",
    }
    written = json.dumps(head | figures, indent=2)
    print(written)
    if not quick_round:
        (RESULTS / f"{name}.json").write_text(written + "\n")
