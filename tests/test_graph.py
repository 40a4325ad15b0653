"""`sonicfab graph`: what is in the picture, in each language, with and without what verify has seen."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from collections import Counter
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from conftest import EXAMPLES, Run, example_files
from sonicfab.report.picture import text
from sonicfab.report.picture.fabric import FOLDED_ABOVE, Picture, picture_of
from sonicfab.report.picture.layout import laid_out
from sonicfab.report.picture.states import Verified
from sonicfab.report.picture.svg import svg_text
from sonicfab.report.picture.text import dot_text, drawio_text, mermaid_fitted, mermaid_text
from sonicfab.report.terminal import neutral
from sonicfab.report.verify import json_value
from sonicfab.switch.ask import Answers
from sonicfab.switch.state.config import RUNNING_FRR
from sonicfab.verify.kept import read_verification
from sonicfab.verify.run import Verification
from test_golden import open_example
from verify_world import World

NAME = "servers-2x2"
HOSTILE = "</title></text><script>alert('1')</script>\x1b]0;x\x07\"&\\"


Broken = tuple[World, Verification]


@pytest.fixture(scope="module")
def broken() -> Broken:
    """A fabric with a cut link, and what verify says of it."""
    world = World(open_example(NAME))
    link = world.plan.links[1]
    world.session_down(link.a.switch, link.b.switch)
    world.change_port(link.b.switch, link.cables[0][1].port, oper_up=False)
    results, findings = world.verified()
    ran = Answers({})
    ran.put(RUNNING_FRR, "frr version 10.0.1\n")
    answers = dict.fromkeys(world.plan.switches, ran)
    return world, Verification(world.plan.name, tuple(results), 4.2, tuple(findings), ("bgp", "interface"), answers)


def pictured(broken: Broken, **options: int) -> Picture:
    world, verification = broken
    return picture_of(world.plan, Verified.of(verification), **options)


def test_every_switch_and_cable_is_there_and_what_is_broken_is_told(broken: Broken) -> None:
    world, _ = broken
    picture = pictured(broken)
    assert {one.name for row in picture.rows for box in row for one in box.members} == set(world.plan.switches)
    cables = sum(line.cables for line in picture.lines if not line.b.startswith("h/"))
    assert cables == sum(len(link.cables) for link in world.plan.links)
    cut = world.plan.links[1]
    (bad,) = [line for line in picture.lines if line.state == "failed"]
    assert {bad.a, bad.b} == {f"s/{cut.a.switch}", f"s/{cut.b.switch}"}
    assert cut.name in bad.told[0]
    assert sum(line.bundled for line in picture.lines) == sum(len(link.cables) > 1 for link in world.plan.links)
    states = {one.name: one.state for row in picture.rows for box in row for one in box.members}
    assert {name for name, state in states.items() if state == "failed"} == {cut.a.switch, cut.b.switch}


def test_without_verify_nobody_claims_anything() -> None:
    picture = picture_of(open_example(NAME).plan, Verified())
    assert {box.state for row in picture.rows for box in row} == {"unknown"}
    assert {line.state for line in picture.lines} == {"unknown"}
    assert "✔" not in svg_text(picture)


@pytest.mark.parametrize("example", ["scs-lab", "dc-2x4", NAME, "hall-oob"])
def test_no_box_lies_on_another_and_no_line_ends_beside_its_box(example: str) -> None:
    picture = picture_of(open_example(example).plan, Verified())
    layout = laid_out(picture)
    places = list(layout.boxes.values())
    for one in places:
        assert one.x >= 0
        assert one.x + one.width <= layout.width
        assert one.y + one.height <= layout.height
        for other in places:
            apart = one.x + one.width <= other.x or other.x + other.width <= one.x
            assert one is other or apart or one.y + one.height <= other.y or other.y + other.height <= one.y
    for line, path in layout.lines:
        for key, x in ((line.a, path.x1), (line.b, path.x2)):
            assert layout.boxes[key].x <= x <= layout.boxes[key].x + layout.boxes[key].width


def test_large_tiers_are_folded_and_nobody_is_lost(broken: Broken) -> None:
    world, _ = broken
    picture = pictured(broken, folded_above=1)
    assert {one.name for row in picture.rows for box in row for one in box.members} == set(world.plan.switches)
    folded = [box for row in picture.rows for box in row if box.folded]
    assert folded
    assert {box.state for box in folded} == {"failed"}, "what is folded does not hide a fault"
    drawn = ET.fromstring(svg_text(picture))
    told = [title.text or "" for title in drawn.iter("{http://www.w3.org/2000/svg}title")]
    for name in world.plan.switches:
        assert any(text.startswith(f"{name}:") for text in told)


def test_the_picture_is_told_to_those_who_do_not_see_it(broken: Broken) -> None:
    drawn = ET.fromstring(svg_text(pictured(broken)))
    assert drawn.get("role") == "img"
    by_id = {one.get("id"): one.text for one in drawn.iter() if one.get("id")}
    title, description = (by_id[name] for name in str(drawn.get("aria-labelledby")).split())
    assert title == f"The fabric {NAME}"
    assert "Not as intended: sv-leaf1, sv-spine2" in str(description)
    assert "prefers-color-scheme: dark" in svg_text(pictured(broken))


def test_the_same_files_give_the_same_picture(broken: Broken) -> None:
    for write in (svg_text, mermaid_text, dot_text, drawio_text):
        assert write(pictured(broken)) == write(pictured(broken))


def test_what_switches_say_is_text(broken: Broken) -> None:
    world, verification = broken
    results = tuple(replace(one, seen=HOSTILE) if one.status == "failed" else one for one in verification.results)
    picture = picture_of(world.plan, Verified.of(replace(verification, results=results)))
    drawn = ET.fromstring(svg_text(picture))
    assert not list(drawn.iter("{http://www.w3.org/2000/svg}script"))
    assert any("<script>" in (title.text or "") for title in drawn.iter("{http://www.w3.org/2000/svg}title"))
    ET.fromstring(drawio_text(picture))
    for drawn_text in (svg_text(picture), dot_text(picture), mermaid_text(picture), drawio_text(picture)):
        assert not re.search(r"[\x00-\x08\x0b-\x1f]", drawn_text)


def test_drawio_has_each_box_and_line_with_its_ends(broken: Broken) -> None:
    picture = pictured(broken)
    cells = {cell.get("id"): cell for cell in ET.fromstring(drawio_text(picture)).iter("mxCell")}
    edges = [cell for cell in cells.values() if cell.get("edge")]
    assert len(edges) == len(picture.lines)
    assert all(cells[edge.get(end)].get("vertex") for edge in edges for end in ("source", "target"))
    assert sum(bool(cell.get("vertex")) for cell in cells.values()) == sum(map(len, picture.rows))


def test_no_line_of_drawio_goes_through_a_box() -> None:
    picture = picture_of(open_example("hall-oob").plan, Verified())
    bent = list(ET.fromstring(drawio_text(picture)).iter("mxPoint"))
    assert len(bent) == sum(bool(path.arc) for _, path in laid_out(picture).lines) == 2


@pytest.mark.skipif(not shutil.which("dot"), reason="no Graphviz (`make look-packages`)")
def test_graphviz_draws_it(broken: Broken) -> None:
    hostile = pictured(broken)
    first, *others = hostile.rows[0]
    hostile = replace(hostile, rows=((replace(first, title=f"{HOSTILE}\n\\N x"), *others), *hostile.rows[1:]))
    for picture in (*(picture_of(open_example(one).plan, Verified()) for one in EXAMPLES), pictured(broken), hostile):
        done = subprocess.run(["dot", "-Tsvg"], input=dot_text(picture), capture_output=True, text=True, check=True)
        assert not done.stderr
        drawn = ET.fromstring(done.stdout)
        kinds = Counter(one.get("class") for one in drawn.iter("{http://www.w3.org/2000/svg}g"))
        assert kinds["node"] == sum(map(len, picture.rows))
        assert kinds["edge"] == len(picture.lines)
        said = {(one.text or "").replace("\xa0", " ") for one in drawn.iter("{http://www.w3.org/2000/svg}text")}
        for line in (line for row in picture.rows for box in row for line in text.box_lines(box)):
            assert neutral(line).replace("\n", " ") in said


def test_mermaid_has_nothing_that_it_could_misread(broken: Broken) -> None:
    """Each label holds plain letters and entities alone; https://mermaid.js.org/syntax/flowchart.html."""
    for line in mermaid_text(pictured(broken)).splitlines():
        for label in re.findall(r'"([^"]*)"', line):
            assert re.fullmatch(r"(?:[A-Za-z0-9 .,:()-]|#\d+;|<br/>)*", label), line


def test_what_mermaid_would_refuse_is_folded_further(broken: Broken, monkeypatch: pytest.MonkeyPatch) -> None:
    world, verification = broken
    seen = Verified.of(verification)
    whole, folded = mermaid_fitted(world.plan, seen)
    assert (whole, folded) == (mermaid_text(pictured(broken)), FOLDED_ABOVE)
    monkeypatch.setattr(text, "MOST_LINES", 4)
    fitted, folded = mermaid_fitted(world.plan, seen)
    assert fitted == mermaid_text(pictured(broken, folded_above=folded))
    assert 0 < folded < FOLDED_ABOVE
    assert fitted.count("---") + fitted.count("-.-") <= 4
    monkeypatch.setattr(text, "MOST_TEXT", 10)
    assert mermaid_fitted(world.plan, seen)[1] == 0, "no folding helps"


def test_the_command(sonicfab: Run, tmp_path: Path, broken: Broken) -> None:
    seen = tmp_path / "verify.json"
    seen.write_text(json.dumps(json_value(broken[1])))
    kept = read_verification(seen, NAME)
    assert picture_of(broken[0].plan, Verified.of(kept)) == pictured(broken), "what was kept says the same"
    assert kept.frr == broken[1].frr == dict.fromkeys(broken[0].plan.switches, "10.0.1")
    picture = tmp_path / "fabric.svg"
    done = sonicfab("graph", *example_files(NAME), "--verify", seen, "-o", picture)
    assert done.returncode == 0, done.stderr
    assert ET.fromstring(picture.read_text()).tag == "{http://www.w3.org/2000/svg}svg"
    assert "--fold-above" in sonicfab("graph", "--help").stdout
