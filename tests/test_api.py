"""What programs call: the operations as values, and the examples of the page."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import sonicfab
from conftest import ROOT, Run, example_files
from labs import LEAF1, Lab, booted, needs_lab, quick_files
from sonicfab.errors import ExitCode, InputError, OutputError
from sonicfab.validate.run import Validation

PAGE = (ROOT / "docs" / "api.md").read_text()
BLOCKS = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)


def example(**how: object) -> sonicfab.Site:
    inventory, topology = example_files("scs-lab")[1::2]
    return sonicfab.Site.open(inventory, topology, **how)  # type: ignore[arg-type]


def test_what_is_exported_is_there() -> None:
    for name in sonicfab.__all__:
        assert getattr(sonicfab, name), name
    assert set(sonicfab.__all__) <= set(dir(sonicfab))
    with pytest.raises(AttributeError, match="nosuch"):
        sonicfab.nosuch  # noqa: B018


def test_the_package_alone_loads_nothing() -> None:
    code = "import sys, sonicfab; print(*sorted(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert not {"pydantic", "jinja2", "yaml", "typer", "sonicfab.operations"} & set(done.stdout.split())


def test_what_needs_no_switch(tmp_path: Path) -> None:
    site = example()
    assert site.validate().exit_code is ExitCode.OK
    written = site.render(tmp_path)
    assert set(written.changed) == set(site.fabric.plan.switches)
    assert (tmp_path / site.name / LEAF1 / "frr.conf").is_file()
    assert not any(site.render(tmp_path).changed.values())
    assert site.diff(new="community-202505").differs


def test_one_switch_may_be_named_by_itself() -> None:
    assert [one.name for one in example(limit=LEAF1).switches] == [LEAF1]


def test_mistakes_are_values_too() -> None:
    with pytest.raises(InputError) as caught:
        sonicfab.Site.open("nosuch.yml", "nosuch.yml")
    assert caught.value.exit_code is ExitCode.INPUT
    with pytest.raises(InputError, match="no such switch"):
        example(limit=["nosuch"]).switches  # noqa: B018
    with pytest.raises(InputError, match="no such way"):
        example().plan(sonicfab.PushOptions(way="nosuch"))


def test_the_whole_way_ends_at_the_first_step_that_fails(tmp_path: Path) -> None:
    """Before a lab is needed; the whole of it is what `sonicfab ci` does (test_ci)."""
    (tmp_path / "config_db").mkdir()
    (tmp_path / "config_db" / "banner.yml.j2").write_text("SAG:\n  IPv4: {}\nPORTCHANNEL:\n  PortChannel1: {}\n")
    told: list[str] = []

    class Telling(sonicfab.Watch):
        def begin(self, words: tuple[str, ...]) -> None:
            told.append(words[0])

        def leave(self) -> None:
            told.append("left")

    done = example(templates=[tmp_path]).ci(tmp_path / "out", watch=Telling())
    assert [(step.name, step.exit_code) for step in done.steps] == [("validate", ExitCode.FAILED)]
    assert isinstance(done.steps[0].value, Validation)
    assert "SF-106" in {one.code for one in done.steps[0].value.findings}
    assert done.exit_code == ExitCode.FAILED
    assert told == ["validate", "left"]
    unwritten = example().ci("/proc/nowhere")
    assert [(step.name, step.exit_code) for step in unwritten.steps] == [("validate", 0), ("render", 3)]
    assert isinstance(unwritten.steps[-1].error, OutputError)


@pytest.fixture(scope="module")
def lab(sonicfab: Run) -> Iterator[Lab]:
    with booted(sonicfab, "api", "scs-lab", "--swss-ready-after", "0") as one:
        yield one


@pytest.mark.parametrize("_lab", [pytest.param(None, marks=needs_lab)])
def test_from_factory_default_to_verified_and_back(lab: Lab, tmp_path: Path, _lab: None) -> None:
    site = example(lab="api")
    planned = site.plan()
    assert planned.todo
    assert planned.result().exit_code is ExitCode.CHANGES
    for one in planned.result().switches:
        assert one.differences == sum(1 for line in one.changes if "stored" not in line and "record" not in line)
    steps: list[str] = []

    class Telling:
        def expect(self, switches: int) -> None:
            steps.append(f"expect {switches}")

        def tell(self, switch: str, step: str) -> None:
            assert switch in site.fabric.plan.switches
            steps.append(step)

        def finish(self, switch: str) -> None:
            assert switch in site.fabric.plan.switches
            steps.append("finish")

    result = planned.apply(tmp_path, Telling())
    assert result.exit_code is ExitCode.OK, result
    assert {one.state for one in result.switches} == {"changed"}
    assert (tmp_path / site.name / "push" / result.push_id / "push.json").is_file()
    assert steps[0] == f"expect {len(result.switches)}"
    assert {"applying", "confirmed", "finish"} <= set(steps)
    assert site.push(output=tmp_path).exit_code is ExitCode.OK
    assert site.verify(timeout=90).exit_code is ExitCode.OK
    assert not site.diff_live().differs
    inventory, topology = quick_files(tmp_path / "quick")[1::2]
    quick = sonicfab.Site.open(inventory, topology, lab="api", limit=[LEAF1])
    plan = tmp_path / "plan.json"
    assert quick.plan(keep=plan).todo == [LEAF1]
    by_hand = "vtysh -c 'configure terminal' -c '{}ip prefix-list BY-HAND seq 5 permit any'"
    assert lab.inside(LEAF1, by_hand.format("")).code == 0
    refused = quick.push(plan=plan, output=tmp_path)
    assert refused.refused
    assert (
        "since the plan was made, what runs has changed: frr.conf: ip prefix-list BY-HAND is new"
        in refused.switches[0].error
    )
    assert not refused.push_id, "nothing was begun"
    assert lab.inside(LEAF1, by_hand.format("no ")).code == 0
    done = quick.push(plan=plan, output=tmp_path).switches
    assert [(one.name, one.state) for one in done] == [(LEAF1, "changed")]
    pushed = json.loads((tmp_path / site.name / "push" / done[0].push_id / "push.json").read_text())
    assert pushed["plan"]["sha256"] == json.loads(plan.read_text())["sha256"]
    assert [one.state for one in quick.push(plan=plan, output=tmp_path).switches] == ["unchanged"]
    assert site.diff_live().differs
    back = site.rollback(output=tmp_path)
    assert [(one.name, one.state) for one in back.switches] == [(LEAF1, "changed")]
    assert not site.diff_live().differs


def test_the_examples_of_the_page_fit_the_types(tmp_path: Path) -> None:
    """Ansible and Nornir are not installed here: what the examples call of sonicfab is checked all the same."""
    for number, block in enumerate(BLOCKS):
        (tmp_path / f"example{number}.py").write_text(block)
    options = ("--strict", "--ignore-missing-imports", "--allow-untyped-calls", "--allow-any-unimported")
    cache = ("--cache-dir", str(ROOT / ".mypy_cache" / "examples"))
    files = map(str, sorted(tmp_path.glob("*.py")))
    config = tmp_path / "mypy.ini"
    config.write_text("[mypy]\n[mypy-distributed.*]\nfollow_imports = skip\n")  # half typed, and no part of the page
    command = [sys.executable, "-m", "mypy", "--config-file", str(config), *options, *cache, *files]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=ROOT / "src")
    assert done.returncode == 0, done.stdout


def test_the_notebook_runs(tmp_path: Path) -> None:
    done = subprocess.run([sys.executable, "-c", BLOCKS[-1]], capture_output=True, text=True, check=False, cwd=ROOT)
    assert done.returncode == 0, done.stderr
    assert re.fullmatch(r"\d+ kinds of changes\n", done.stdout)
