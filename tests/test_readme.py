"""What README and docs show is run as it is written there."""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from conftest import ROOT, Golden, Run, with_rows
from sonicfab.builds import DEFAULT_BUILD
from sonicfab.datafiles import fact_names
from sonicfab.model.fields import Strict
from sonicfab.model.services import services

README = (ROOT / "README.md").read_text(encoding="utf-8")
PAGES = sorted((ROOT / "docs").glob("*.md"))
GUIDES = ("add-a-leaf.md", "replace-a-switch.md", "tutorial.md", "upgrade.md")
"""Pages whose commands build on each other: tests/test_guides.py follows them."""


def shell_blocks(text: str) -> list[list[str]]:
    """The commands of every ```sh block, comments left out."""
    blocks = re.findall(r"```sh\n(.*?)```", text, re.DOTALL)
    return [[line.partition("  #")[0].strip() for line in block.splitlines() if line.strip()] for block in blocks]


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A copy of what a user has, to work in; the program is that of this environment."""
    for name in ("inventories", "topologies", "templates"):
        shutil.copytree(ROOT / name, tmp_path / name)
    return tmp_path


def shell(command: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    environment = {**os.environ, "PATH": path, "COLUMNS": "100"}
    return subprocess.run(
        ["sh", "-c", command],
        cwd=cwd,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        stdin=subprocess.DEVNULL,
    )


def test_a_fabric_of_your_own(checkout: Path) -> None:
    commands = next(block for block in shell_blocks(README) if block[0].startswith("sonicfab init"))
    for command in commands:
        done = shell(command, checkout)
        assert done.returncode == 0, f"{command}\n{done.stdout}{done.stderr}"
    assert len(list((checkout / "build" / "rack1").glob("*/config_db.json"))) == 3


def test_make_targets_exist() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    named = set(
        re.findall(r"(?m)(?:^|`)make ([a-z-]+)", "".join(path.read_text() for path in [ROOT / "README.md", *PAGES]))
    )
    assert {"demo", "test"} <= named
    for target in named:
        assert re.search(rf"^{target}:", makefile, re.MULTILINE), f"make {target}"


@pytest.mark.parametrize("page", [ROOT / "README.md", *PAGES], ids=lambda page: page.name)
def test_links_lead_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\(([^)#]+)\)", page.read_text(encoding="utf-8")):
        assert (page.parent / target).exists(), target


@pytest.mark.parametrize("page", [ROOT / "README.md", *PAGES], ids=lambda page: page.name)
def test_commands_have_the_options_that_pages_show(page: Path, sonicfab: Run) -> None:
    helps: dict[str, str] = {}
    for block in shell_blocks(page.read_text(encoding="utf-8")):
        for line in block:
            words = shlex.split(line.partition(">")[0])
            if words[:1] != ["sonicfab"]:
                continue
            command = words[1:3] if words[1] in ("lab", "builds", "import") else words[1:2]
            text = helps.setdefault(" ".join(command), sonicfab(*command, "--help").stdout)
            own = words[: words.index("--")] if "--" in words else words
            for option in (word.partition("=")[0] for word in own if word.startswith("-")):
                assert re.search(rf"(^|\W){re.escape(option)}\b", text), f"{line}: no option {option}"


def test_every_service_is_told(golden: Golden) -> None:
    page = ROOT / "docs" / "inventory.md"
    keys = [(name, one) for kind in services() for name, one in kind.model_fields.items()]
    rows = [f"| `{name}` | {one.description} |" for name, one in keys if not isinstance(one.default, Strict)]
    rows += [
        f"| `{name}.{key}` | {inner.description} |"
        for name, one in keys
        if isinstance(one.default, Strict)
        for key, inner in type(one.default).model_fields.items()
    ]
    golden(page, with_rows(page, "service", sorted(rows)))


@pytest.mark.parametrize("which", ["inventory", "topology"])
def test_every_key_is_told(which: str, sonicfab: Run) -> None:
    schema = json.loads(sonicfab("schema", which).stdout)
    page = (ROOT / "docs" / f"{which}.md").read_text(encoding="utf-8")
    parts = [schema, *schema["$defs"].values()]
    keys = {key for part in parts for key in part.get("properties", {})}
    told = set(re.findall(r"[a-z_0-9]+", page))
    assert keys
    assert keys - told - {"addressing", "link"} == set()  # `addressing` follows from how the underlay is written


def test_the_template_of_the_page_on_config(checkout: Path, sonicfab: Run) -> None:
    page = (ROOT / "docs" / "config.md").read_text(encoding="utf-8")
    template = page.partition("`templates/config_db/banner.yml.j2`:")[2].partition("```yaml\n")[2].partition("```")[0]
    (checkout / "templates" / "config_db" / "banner.yml.j2").write_text(template)
    files = ["-i", "inventories/scs-lab.yml", "-t", "topologies/spine-leaf-1x2.yml"]
    done = sonicfab("render", *files, cwd=checkout)
    assert done.returncode == 0, done.stderr
    for file in (checkout / "build").glob("*/*/config_db.json"):
        banner = json.loads(file.read_text())["BANNER_MESSAGE"]["global"]
        assert banner == {"state": "enabled", "login": f"switch {file.parent.name} of spine-leaf-1x2"}


SHOWN = re.compile(r"```sh\n(sonicfab [^\n]*)\n```\n\n(?:[^\n`]+\n)*\n?```\n(.*?)```", re.DOTALL)
READS = ("diff", "explain", "validate", "builds", "render", "schema", "explain-code", "ports")
"""Commands whose output is the same on every machine."""
OUTPUTS = [
    (page, command, shown)
    for page in [ROOT / "README.md", *PAGES]
    if page.name not in GUIDES
    for command, shown in SHOWN.findall(page.read_text(encoding="utf-8"))
    if command.split()[1] in READS and "--live" not in command
]


@pytest.mark.parametrize(("page", "command", "shown"), OUTPUTS, ids=lambda one: getattr(one, "name", ""))
def test_what_a_page_shows_is_what_comes(page: Path, command: str, shown: str, checkout: Path) -> None:
    """The whole output, or its beginning where the page ends it with an ellipsis."""
    done = shell(command.partition("  #")[0], checkout)
    came = [line.rstrip() for line in done.stdout.strip().splitlines() if line.strip()]
    told = [line.rstrip() for line in shown.strip().splitlines() if line.strip()]
    if told[-1].strip() == "…":
        told.pop()
        came = came[: len(told)]
    assert came == told, f"{page}: {command}{done.stderr}"


def test_outputs_are_shown() -> None:
    assert {page.name for page, _, _ in OUTPUTS} >= {"diff.md", "explain.md"}


def test_every_build_that_an_inventory_may_name_is_told(golden: Golden) -> None:
    page = ROOT / "docs" / "inventory.md"
    builds = ", ".join(f"`{name}`{' (default)' * (name == DEFAULT_BUILD)}" for name in fact_names("builds"))
    before, found, after = page.read_text(encoding="utf-8").partition("the SONiC image that runs: ")
    assert found
    golden(page, f"{before}{found}{builds} |{after.partition(' |')[2]}")
