"""A real browser for what sonicfab draws: Chromium as this machine has it, without a window; and Mermaid in it."""

from __future__ import annotations

import importlib.util
import shutil
from pathlib import Path

import pytest

PROGRAM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)

needs_browser = pytest.mark.skipif(
    PROGRAM is None or importlib.util.find_spec("axe_playwright_python") is None,
    reason="no Chromium (`make look-packages`), or no Playwright (`make install-dev`)",
)


def mermaid_file() -> Path:
    """mermaid/dist/mermaid.min.js, as a package of Python brings it; what is around it there is not used."""
    found = importlib.util.find_spec("mermaidx")
    if found is None or found.origin is None:
        pytest.skip("Mermaid is not installed (`make install-dev`)")
    return Path(found.origin).parent / "assets" / "mermaid.js"
