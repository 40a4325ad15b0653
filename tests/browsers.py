"""A real browser for the pages that sonicfab writes: Chromium as this machine has it, without a window."""

from __future__ import annotations

import importlib.util
import shutil

import pytest

PROGRAM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)

needs_browser = pytest.mark.skipif(
    PROGRAM is None or importlib.util.find_spec("axe_playwright_python") is None,
    reason="no Chromium (`make look-packages`), or no Playwright (`make install-dev`)",
)
