"""Write the site's pages into a folder: those of docs/, those of the checkout's root, and what is made of the code.

usage: write.py FOLDER

A page of docs/ that holds `<!-- generated: NAME -->` gets in its place what GENERATED has under this name, so that
links to it lead somewhere in the tree as well. Links to other files of the tree lead to the repository.
"""

from __future__ import annotations

import posixpath
import re
import shutil
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

import choosing
import codes
import commands
import keys
import shapes

ROOT = Path(__file__).parents[2]
REPOSITORY = "https://github.com/SovereignCloudStack/sonicfab/blob/main/"
ROOT_PAGES = {
    "README.md": "index.md",
    "CHANGELOG.md": "changelog.md",
    "CONTRIBUTING.md": "contributing.md",
    "SECURITY.md": "reporting.md",
}
GENERATED: Mapping[str, Callable[[], str]] = {
    "commands": commands.page,
    "inventory-keys": keys.inventory,
    "topology-keys": keys.topology,
    "codes": codes.page,
    "choice": choosing.page,
    "shapes": shapes.page,
}
"""By the name in the marker: the Markdown that takes its place."""

_LINK = re.compile(r"(!?\[[^\]\n]*\]\()([^)#\s]+)(#[^)\s]*)?\)")
_MARKER = re.compile(r"<!-- generated: ([a-z-]+) -->")


def write(folder: Path) -> None:
    """Writes all pages into a folder, which is made anew."""
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(ROOT / "docs", folder)
    for name, uri in ROOT_PAGES.items():
        shutil.copy(ROOT / name, folder / uri)
    for page in folder.glob("*.md"):
        came_from = next((name for name, uri in ROOT_PAGES.items() if uri == page.name), f"docs/{page.name}")
        text = _MARKER.sub(lambda found: GENERATED[found[1]](), page.read_text(encoding="utf-8"))
        page.write_text(linked(text, came_from), encoding="utf-8")


def linked(text: str, came_from: str) -> str:
    """A page with links as the site has them, from the file of the tree that it was."""

    def led(match: re.Match[str]) -> str:
        before, target, anchor = match[1], match[2], match[3] or ""
        if ":" in target:
            return match[0]
        path = posixpath.normpath(posixpath.join(posixpath.dirname(came_from), target))
        there = ROOT_PAGES.get(path) or (
            path.removeprefix("docs/") if path.startswith("docs/") else f"{REPOSITORY}{path}"
        )
        return f"{before}{there}{anchor})"

    return _LINK.sub(led, text)


if __name__ == "__main__":
    write(Path(sys.argv[1]))
