"""`sonicfab report`: one file, whole by itself, with everything that is known; what others wrote is text in it."""

from __future__ import annotations

import json
import re
from collections import Counter
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from conftest import Run, example_files
from sonicfab.compare.builds import compare_builds
from sonicfab.fabric import FabricFiles, read_fabric
from sonicfab.plan.cables import cables
from sonicfab.plan.types import FabricPlan
from sonicfab.push.journal import Journal
from sonicfab.push.results import PushResult, SwitchPush
from sonicfab.report.page.build import page_text
from sonicfab.report.page.contents import Contents
from sonicfab.report.page.sessions import matrices
from sonicfab.report.picture.states import Verified
from sonicfab.report.verify import json_value
from sonicfab.validate.findings import Finding
from sonicfab.validate.run import Validation
from test_graph import HOSTILE, NAME, Broken, broken

__all__ = ["broken"]
VOID = {"meta", "input", "br", "hr", "link", "img"}
ID = "20260101T000000Z-abcd"


class Page(HTMLParser):
    """What a page has: its elements in order, and its text; whether each element is closed where it belongs."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.texts: list[str] = []
        self._open: list[str] = []
        self.feed(text)
        self.close()
        assert not self._open, f"never closed: {self._open}"

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID:
            self._open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self._open, tag
        assert self._open.pop() == tag, f"{tag} is closed where it is not open"

    def handle_data(self, data: str) -> None:
        if self._open and self._open[-1] not in ("script", "style"):
            self.texts.append(data)

    @property
    def text(self) -> str:
        return " ".join(" ".join(self.texts).split())

    def all(self, tag: str) -> list[dict[str, str | None]]:
        return [attrs for name, attrs in self.elements if name == tag]


@pytest.fixture
def journal(tmp_path: Path) -> Journal:
    """Of a push that went back on one switch of two."""
    made = Journal(tmp_path / NAME / "push" / ID)
    with made.open():
        ways = {name: {"way": "reload"} for name in ("sv-leaf1", "sv-spine1")}
        made.write_manifest(
            {
                "fabric": NAME,
                "kind": "push",
                "holder": HOSTILE,
                "plan": {"sha256": "5" * 64, "made": HOSTILE, "by": HOSTILE},
                "steps": [list(ways)],
                "switches": ways,
            }
        )
        for name, last in (("sv-leaf1", "confirmed"), ("sv-spine1", "restored")):
            made.note(name, "arming", before={"config_db.json": "0" * 64})
            made.note(name, "applying", way="reload")
            made.note(name, last, why=HOSTILE)
    return made


def files_of(name: str = NAME) -> FabricFiles:
    _, inventory, _, topology = example_files(name)
    return read_fabric(Path(inventory), Path(topology))


def whole(broken: Broken, journal: Journal) -> str:
    world, verification = broken
    results = tuple(replace(one, seen=HOSTILE) if one.status == "failed" else one for one in verification.results)
    pushed = SwitchPush("sv-leaf1", "changed", None, (HOSTILE,), push_id=ID, error=HOSTILE)
    return page_text(
        Contents(
            hostile_plan(world.plan),
            Verified.of(replace(verification, results=results)),
            made="2026-01-01 00:00 UTC",
            journal=journal,
            result=PushResult(NAME, (pushed,), refused=False),
            diff=compare_builds(files_of(), "", "community-202505"),
            validation=Validation(
                (Finding("SF-106", HOSTILE, HOSTILE, HOSTILE, HOSTILE, given=HOSTILE),), (HOSTILE,), (), (HOSTILE,)
            ),
            steps=[("validate", 0, 0.5, ""), ("push", 6, 2.0, HOSTILE)],
        )
    )


def hostile_plan(plan: FabricPlan) -> FabricPlan:
    """The same with a name and descriptions that nobody should believe."""
    switches = {
        name: replace(one, ports=tuple(replace(port, description=HOSTILE) if port.used else port for port in one.ports))
        for name, one in plan.switches.items()
    }
    return replace(plan, name=HOSTILE, switches=switches)


def test_the_page_is_whole_and_leads_nowhere_else(broken: Broken, journal: Journal) -> None:
    page = Page(whole(broken, journal))
    ids = Counter(attrs["id"] for _, attrs in page.elements if "id" in attrs)
    assert [one for one, count in ids.items() if count > 1] == []
    for _, attrs in page.elements:
        for name in ("href", "src", "xlink:href", "action", "poster", "data", "srcset"):
            target = attrs.get(name)
            assert target is None or (target.startswith("#") and target[1:] in ids), target
        assert not any(name.startswith("on") or name == "style" for name in attrs)
    for label in (attrs["aria-labelledby"] for _, attrs in page.elements if "aria-labelledby" in attrs):
        assert set(str(label).split()) <= set(ids)
    (policy,) = (attrs["content"] for attrs in page.all("meta") if attrs.get("http-equiv"))
    assert "default-src 'none'" in str(policy)
    assert "unsafe" not in str(policy)


@pytest.mark.parametrize(
    ("state", "told"), [("changed", "✔ Push: 1 changed."), ("rolled back", "✘ Push: 1 rolled back.")]
)
def test_a_push_that_nobody_verified_tells_itself_first(broken: Broken, state: Any, told: str) -> None:
    result = PushResult(NAME, (SwitchPush("sv-leaf1", state, None, ("+ VLAN|Vlan9",)),), refused=False)
    page = Page(page_text(Contents(broken[0].plan, result=result)))
    assert told in page.text
    assert f"sv-leaf1: {state}, 1 change " in page.text
    assert "Nobody has looked at the switches: this page" not in page.text


def test_what_others_wrote_is_text(broken: Broken, journal: Journal) -> None:
    text = whole(broken, journal)
    page = Page(text)
    assert len(page.all("script")) == 1
    assert "alert('1')" in page.text
    assert "<script>alert" not in text
    assert not re.search(r"[\x00-\x08\x0b-\x1f\x7f]", text)


def test_everything_is_told(broken: Broken, journal: Journal) -> None:
    world, verification = broken
    page = Page(
        page_text(
            Contents(
                world.plan,
                Verified.of(verification),
                journal=journal,
                diff=compare_builds(files_of(), "", "community-202505"),
            )
        )
    )
    ids = {attrs["id"] for _, attrs in page.elements if "id" in attrs}
    for switch in world.plan.switches.values():
        assert f"switch-{switch.name}" in ids
        assert {f"switch-{switch.name}-{port.name}" for port in switch.ports if port.used} <= ids
        assert str(switch.asn) in page.text
    (finding,) = verification.findings
    for said in (finding.cause, finding.mend, *finding.evidence):
        assert " ".join(said.split()) in page.text
    fronts = [attrs for attrs in page.all("svg") if attrs.get("class") == "front"]
    assert len(fronts) == len(world.plan.switches)
    cages = Counter(str(attrs.get("class")).split()[1] for attrs in page.all("g") if "cage" in str(attrs.get("class")))
    assert cages["unused"] + sum(count for use, count in cages.items() if use not in ("unused", "bare")) == sum(
        len(one.ports) for one in world.plan.switches.values()
    )
    assert cages["bare"] == 2 * len(world.plan.switches), "SFP+ cages that no port table has"
    assert f"{len(cables(world.plan))} cables" in page.text
    assert ID in page.text
    assert "restored" in page.text
    assert f"SHA-256 {'5' * 64}" in page.text
    assert page.text.count("FRR that runs 10.0.1") == 1 + len(world.plan.switches)
    assert "from community-202411 to community-202505" in page.text
    assert page.text.count("there is no platform.json") == len(world.plan.switches), "once for each switch"


def test_the_matrix_has_each_session_once(broken: Broken) -> None:
    world, verification = broken
    found = matrices(world.plan, Verified.of(verification))
    cells = [cell for matrix in found for _, row in matrix.rows for cell in row if cell]
    ends = [session for one in world.plan.switches.values() for session in one.fabric_sessions]
    assert sum(cell.planned for cell in cells) * 2 == len(ends)
    (bad,) = [cell for cell in cells if cell.state == "failed"]
    assert bad.up < bad.all
    assert bad.text.startswith("✘")


def test_without_verify_it_tells_what_is_intended() -> None:
    text = page_text(Contents(files_of("hall-oob").plan().plan))
    page = Page(text)
    assert "Nobody has looked" in page.text
    assert "✔" not in page.text
    assert page_text(Contents(files_of("hall-oob").plan().plan)) == page_text(
        Contents(files_of("hall-oob").plan().plan)
    )


def test_secrets_are_told_by_their_reference_alone(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("SONICFAB_TEST_SECRET", "hunter2")
    _, inventory, _, topology = example_files("scs-lab")
    text = Path(inventory).read_text().replace("  timezone: UTC", "  snmp: {community: env:SONICFAB_TEST_SECRET}")
    (tmp_path / "inventory.yml").write_text(text)
    page = Page(page_text(Contents(read_fabric(tmp_path / "inventory.yml", Path(topology)).plan().plan)))
    assert "snmp.community env:SONICFAB_TEST_SECRET" in page.text
    assert "hunter2" not in page.text


def test_the_command(sonicfab: Run, tmp_path: Path, broken: Broken, journal: Journal) -> None:
    seen = tmp_path / "verify.json"
    seen.write_text(json.dumps(json_value(broken[1])))
    options = [
        "--verify",
        seen,
        "--push",
        "last",
        "--build",
        tmp_path,
        "--to",
        "community-202505",
        "-o",
        tmp_path / "out",
    ]
    done = sonicfab("report", *example_files(NAME), *options)
    assert done.returncode == 0, done.stderr
    page = Page((tmp_path / "out" / "index.html").read_text())
    assert "Not as intended: 1 finding." in page.text
    assert sonicfab("report", *example_files(NAME), "--push", "no", "--build", tmp_path).returncode == 2
