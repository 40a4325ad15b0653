"""What a release has beside the wheel: pipx and uv run it, the manual, completions, the container, the hook."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType

import pytest
import yaml
from typer.main import get_command

import sonicfab
from conftest import ROOT
from sonicfab.cli.app import app

BIN = Path(sys.executable).parent
WHEELS = sorted((ROOT / "build" / "dist").glob("*.whl"))


def tool(name: str) -> str:
    """A program of this environment, or of the machine; without it the test is skipped."""
    found = shutil.which(name, path=f"{BIN}:{os.environ['PATH']}")
    if found is None:
        pytest.skip(f"{name} is not installed")
    return found


def run(
    *words: object, cwd: Path = ROOT, environment: Mapping[str, str] = MappingProxyType({})
) -> subprocess.CompletedProcess[str]:
    own = {**os.environ, "PATH": f"{BIN}:{os.environ['PATH']}", **environment}
    return subprocess.run(list(map(str, words)), cwd=cwd, env=own, capture_output=True, text=True, check=False)


def test_every_classifier_is_one() -> None:
    from trove_classifiers import classifiers

    told = re.search(r"(?s)\nclassifiers = \[(.*?)\n\]", (ROOT / "pyproject.toml").read_text())
    assert told is not None
    own = re.findall(r'"([^"]+)"', told[1])
    assert own == sorted(own)
    assert set(own) <= classifiers
    assert not [one for one in own if one.startswith("License")], "the SPDX expression says it"


# in clean environments


@pytest.mark.skipif(not WHEELS, reason="not built: `make dist` (or `make test`)")
@pytest.mark.parametrize("words", [("uv", "tool", "run", "--no-config", "--from"), ("pipx", "run", "--spec")])
def test_the_wheel_runs_by(words: tuple[str, ...], tmp_path: Path) -> None:
    """What it needs comes from the package index, in an environment that was not there before."""
    program, *more = words
    own = {"PIPX_HOME": str(tmp_path / "pipx"), "UV_TOOL_DIR": str(tmp_path / "uv")}
    own["UV_TOOL_BIN_DIR"] = str(tmp_path / "bin")
    own |= {"UV_CACHE_DIR": str(ROOT / "build" / "uv-cache"), "UV_PYTHON": sys.executable, "UV_LINK_MODE": "hardlink"}
    configured = run(sys.executable, "-m", "pip", "config", "get", "global.index-url").stdout.strip()
    index = os.environ.get("PIP_INDEX_URL", configured)
    own |= {"UV_DEFAULT_INDEX": index} if index and "UV_DEFAULT_INDEX" not in os.environ else {}
    done = run(tool(program), *more, WHEELS[-1], "sonicfab", "--version", cwd=tmp_path, environment=own)
    if done.returncode and re.search(r"(?i)error sending request|dns error|failed to fetch|connection", done.stderr):
        pytest.skip("no package index answers here")
    assert done.returncode == 0, done.stderr
    assert done.stdout == f"sonicfab {sonicfab.__version__}\n"


# manual and completions


@pytest.fixture(scope="module")
def manual(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("manual")
    done = run(sys.executable, ROOT / "scripts" / "site" / "manual.py", folder)
    assert done.returncode == 0, done.stderr
    return folder


def test_every_command_has_its_page(manual: Path) -> None:
    commands = {name for name, one in vars(get_command(app))["commands"].items() if not one.hidden}
    assert len(commands) > 12
    assert {f"sonicfab-{one}.1" for one in commands} <= {one.name for one in manual.iterdir()}
    assert "lab-up" in "".join(one.name for one in manual.iterdir())
    page = (manual / "sonicfab-push.1").read_text()
    for word in (r"\-\-plan FILE", ".SH EXAMPLE", r"\-\-confirm\-within SECONDS", "default: 300"):
        assert word in page
    assert "5 changes pending" in (manual / "sonicfab.1").read_text()


def test_the_pages_are_well_formed(manual: Path) -> None:
    pages = sorted(manual.glob("*.1"))
    done = run(tool("groff"), "-man", "-Tutf8", "-ww", "-z", *pages)
    assert (done.returncode, done.stderr) == (0, "")


def test_bash_completes(manual: Path) -> None:
    typed = "COMP_WORDS=(sonicfab ver); COMP_CWORD=1; _sonicfab_completion sonicfab; echo ${COMPREPLY[@]}"
    done = run("bash", "--norc", "-c", f"source {manual}/sonicfab.bash; {typed}; complete -p sonicfab")
    assert done.stdout.splitlines()[0] == "verify", done.stderr
    assert "-F _sonicfab_completion sonicfab" in done.stdout


def test_fish_completes(manual: Path) -> None:
    typed = f"source {manual}/sonicfab.fish; complete --do-complete 'sonicfab ver'"
    done = run(tool("fish"), "--no-config", "-c", typed)
    assert done.stdout.split()[:1] == ["verify"], done.stderr


def test_zsh_completes(manual: Path, tmp_path: Path) -> None:
    """As zsh reads what it is told for the word that is being typed; the menu itself needs a terminal."""
    zsh = tool("zsh")
    loaded = f"fpath=({manual} $fpath); autoload -Uz compinit; compinit -D -u; print -- $_comps[sonicfab]"
    done = run(zsh, "-f", "-c", loaded, environment={"ZDOTDIR": str(tmp_path)})
    assert done.stdout.strip() == "_sonicfab", done.stderr
    assert run(zsh, "-f", "-n", manual / "_sonicfab").returncode == 0
    typed = "words=(sonicfab ver); CURRENT=2; _arguments() { print -r -- $* }"
    said = run(zsh, "-f", "-c", f"{typed}; fpath=({manual}); autoload -Uz _sonicfab; _sonicfab")
    assert "verify" in said.stdout, said.stderr


# the container and the hook


def test_the_container_is_small_plain_and_not_root() -> None:
    text = (ROOT / "Containerfile").read_text()
    lines = [line for line in text.replace("\\\n", " ").splitlines() if line and not line.startswith("#")]
    words = [line.split()[0] for line in lines]
    assert [one for one in lines if one.startswith("USER")] == ["USER 10000:10000"]
    assert words.index("USER") < words.index("CMD")
    assert "ENTRYPOINT" not in words, "GitLab's shell would not be run"
    assert re.findall(r"(?m)^FROM (\S+)", text) == ["${BASE}", "${BASE}"]
    assert re.findall(r"(?m)^ARG BASE=docker\.io/library/python:3\.\d+-slim-\w+$", text), "no moving tag"
    for source in re.findall(r"(?m)^COPY (?!--)(.*) \S+$", text):
        assert all((ROOT / one).exists() for one in source.split())
    kept = {line[1:] for line in (ROOT / ".containerignore").read_text().splitlines() if line.startswith("!")}
    assert kept == {one for source in re.findall(r"(?m)^COPY (?!--)(.*) \S+$", text) for one in source.split()}


def test_the_container_is_built() -> None:
    for builder in ("buildah", "podman", "docker"):
        if shutil.which(builder) and run(builder, "info").returncode == 0:
            break
    else:
        pytest.skip("neither buildah, podman nor docker works here")
    done = run(builder, "build", "-f", "Containerfile", "-t", "sonicfab-test", ".")
    if done.returncode and re.search(
        r"(?i)pinging container registry|initializing source|dial tcp|resolve", done.stderr
    ):
        pytest.skip("no registry answers here")
    assert done.returncode == 0, done.stderr


def test_the_hook_is_one(tmp_path: Path) -> None:
    """Run as pre-commit runs it, in a repository with an inventory; installed here already, not by pip."""
    git, pre_commit = tool("git"), tool("pre-commit")
    done = run(pre_commit, "validate-manifest", ".pre-commit-hooks.yaml")
    assert done.returncode == 0, done.stdout + done.stderr
    hooks, site = tmp_path / "hooks", tmp_path / "site"
    manifest = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text())
    assert [one.pop("language") for one in manifest] == ["python"]
    hooks.mkdir()
    (hooks / ".pre-commit-hooks.yaml").write_text(yaml.safe_dump([{**one, "language": "system"} for one in manifest]))
    shutil.copytree(ROOT / "inventories", site / "inventories")
    shutil.copytree(ROOT / "topologies", site / "topologies")
    who = ("-c", "user.name=x", "-c", "user.email=x@example.org", "-c", "commit.gpgsign=false")
    for repository in (hooks, site):
        run(git, "init", "--quiet", cwd=repository)
        run(git, "add", ".", cwd=repository)
        run(git, *who, "commit", "--quiet", "--message", "x", cwd=repository)
    files = {
        "SONICFAB_INVENTORY": "inventories/scs-lab.yml",
        "SONICFAB_TOPOLOGY": "topologies/spine-leaf-1x2.yml",
        "PRE_COMMIT_HOME": str(tmp_path / "cache"),
    }
    tried = (pre_commit, "try-repo", hooks, "sonicfab-validate", "--all-files", "--verbose")
    good = run(*tried, cwd=site, environment=files)
    assert good.returncode == 0, good.stdout + good.stderr
    (site / "topologies" / "spine-leaf-1x2.yml").write_text("name: [")
    bad = run(*tried, cwd=site, environment=files)
    assert bad.returncode == 1
    assert "topologies/spine-leaf-1x2.yml:2:1: error: not valid YAML" in bad.stdout
