"""The pages of the site that are made of the code; `make docs` looks after the links."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest
from typer.main import get_command

from conftest import ROOT, Run
from sonicfab.catalog import Catalog
from sonicfab.cli.app import app
from sonicfab.datafiles import read_facts
from sonicfab.operations.choice import points
from test_cli import commands


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("site") / "docs"
    subprocess.run([sys.executable, ROOT / "scripts" / "site" / "write.py", folder], check=True)
    return folder


def test_every_command_has_its_section_with_its_options(site: Path) -> None:
    page = (site / "cli.md").read_text(encoding="utf-8")
    sections = dict(re.findall(r"(?ms)^## sonicfab (.*?)\n(.*?)(?=^## |\Z)", page))
    assert set(sections) == set(commands(get_command(app)))
    assert "`-t, --topology FILE`" in sections["push"]
    assert "Example:" not in page


@pytest.mark.parametrize("which", ["inventory", "topology"])
def test_every_key_has_its_row(which: str, site: Path, sonicfab: Run) -> None:
    schema = json.loads(sonicfab("schema", which).stdout)
    page = (site / f"{which}-keys.md").read_text(encoding="utf-8")
    for part in [schema, *schema["$defs"].values()]:
        for key, one in part.get("properties", {}).items():
            meaning = re.escape(one.get("description", "").replace("|", "\\|"))
            assert re.search(rf"(?m)^\| `{key}` \| \S.* \| {meaning} \|$", page), key
    headings = {heading.lower() for heading in re.findall(r"(?m)^## (.*)$", page)}
    assert set(re.findall(r"\]\(#([^)]*)\)", page)) <= headings


def test_every_code_has_its_section(site: Path) -> None:
    page = (site / "codes.md").read_text(encoding="utf-8")
    assert re.findall(r"(?m)^### (SF-\d+)", page) == list(read_facts("", "codes")["codes"])


def test_every_build_is_weighed(site: Path) -> None:
    page = (site / "which-build.md").read_text(encoding="utf-8")
    catalog = Catalog.load()
    assert all(f"| `{name}` |" in page for name in [*catalog.platforms, *catalog.builds])
    known = {point.text for build in catalog.builds.values() for point in points(build, catalog.platforms.values())}
    for text in known:
        assert text.replace("|", "\\|") in page


def test_json_is_told_as_it_comes(site: Path) -> None:
    page = (site / "json.md").read_text(encoding="utf-8")
    sections = re.findall(r"(?ms)^## sonicfab (.*?)\n(.*?)(?=^## |\Z)", page)
    assert len(sections) > 5
    assert all("| `format_version` | number |" in fields for _, fields in sections)
    assert "| `findings[].code` | text |" in dict(sections)["validate"]
    assert "| `results[].peer.state` | text |" in dict(sections)["verify"]
    assert "| `switches[].way` | text or null |" in dict(sections)["push, plan and rollback"]
    assert "| `steps[].exit_code` | number |" in dict(sections)["ci (its report.json)"]


def test_nothing_stays_to_be_generated(site: Path) -> None:
    for page in site.glob("*.md"):
        assert "<!-- generated" not in page.read_text(encoding="utf-8"), page.name
