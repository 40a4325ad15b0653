"""Whatever dies during a push, a switch ends with the old or the new config. docs/push-faults.md has every case.

Here are a few of them, each point and each killer at least once, and what two operators, Ctrl-C and a full disk of
the operator's do. All of it goes on at the same time, each on a leaf of its own.
"""

from __future__ import annotations

import json
import re
import signal
import subprocess
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path

import pytest

from conftest import ROOT, Run
from labs import needs_lab
from patience import communicate, until
from pushcut import POINTS
from pushfaults import FEW, HOW, KILLERS, Bench, Cell, Seen, bench_of, cells, end, learn_all, spread
from pushfaults_fabric import WAYS
from pushtogether import HAPPENS, MOMENTS

LEAVES = [f"pf-leaf{number}" for number in range(1, 9)]
CELLS = (
    Cell("reload", "proving", "freeze"),
    Cell("reload", "applying", "sigkill"),
    Cell("reload", "upload", "cut-mgmt"),
    Cell("reload", "started", "kill-switch"),
    Cell("reload", "staged", "reload-hangs"),
    Cell("patch+frr-delta", "between", "kill-switch"),
    Cell("reload", "confirm-killed", "sigkill"),
    Cell("reload", "confirming", "cut-mgmt"),
    Cell("reload", "going-back", "reload-refused-quietly"),
    Cell("reload", "unconfirmed", "disk-full"),
    Cell("reload", "applied", "kill-bgpd"),
    Cell("frr-delta", "going-back", "bgp-start-limit"),
    Cell("reload", "checking", "sigkill-resume"),
    Cell("reload", "armed", "sigkill-rollback"),
    Cell("reload", "confirmed", "sigkill-resume"),
    Cell("reload", "before-arm", "disk-full"),
)
DOCS = ROOT / "docs" / "push-faults.md"


def test_every_point_and_every_killer_is_here() -> None:
    assert {cell.point for cell in CELLS} == set(POINTS)
    assert {cell.killer for cell in CELLS} == set(KILLERS)
    assert {cell.way for cell in CELLS} == set(WAYS)


def test_the_page_has_every_cell_and_none_between() -> None:
    """`make push-faults` writes it; a point or killer that was added since is not in it."""
    text = DOCS.read_text()
    for way in WAYS:
        table = text.split(f"## Way `{way}`\n", 1)[1].split("\n## ", 1)[0]
        rows = [line.strip("| ").split(" | ") for line in table.splitlines() if line.startswith("|")]
        assert rows[0][1:] == [KILLERS[killer] for killer in KILLERS if way == "reload" or killer in FEW]
        assert [row[0] for row in rows[2:]] == [
            said for point, said in POINTS.items() if any(cell.point == point for cell in cells(way))
        ]
        for row in rows[2:]:
            assert len(row) == len(rows[0])
            assert all(re.fullmatch(f"(old|new) [{''.join(HOW)}]", cell) for cell in row[1:]), row
    table = text.split("## Switches that need each other\n", 1)[1]
    rows = [line.strip("| ").split(" | ") for line in table.splitlines() if line.startswith("|")]
    assert rows[0][1:] == list(HAPPENS.values())
    assert [row[0] for row in rows[2:]] == list(MOMENTS)
    assert {(len(row), *row[1:]) for row in rows[2:]} == {(7, "old", "new", "old", "old", "old", "old")}


_GUARDED = "cd /etc/sonic/sonicfab && cat guard/id && find guard backup ended -type f | sort"


def two_operators(bench: Bench, leaf: str) -> None:
    """The second one is told who is at it and writes nothing, however late it comes."""
    bench.learn_new(leaf, "both")
    begun: list[subprocess.Popen[str]] = []
    try:
        _two_operators(bench, leaf, begun)
    finally:
        for one in begun:  # where the test has failed, they are still there
            end(one)
    bench.reset(leaf)


def _two_operators(bench: Bench, leaf: str, begun: list[subprocess.Popen[str]]) -> None:
    folders = [bench.folder / f"operator{number}" for number in range(3)]
    late = bench.start(leaf, "before-arm", "both", folders[0], "--way", "reload")
    begun.append(late)
    until(lambda: (folders[0] / "reached").exists(), 60)
    # its guard has to outlast the other two, whatever the load
    first = bench.start(leaf, "staged", "both", folders[1], "--way", "reload", "--confirm-within", "900")
    begun.append(first)
    until(lambda: (folders[1] / "reached").exists(), 60)
    before, guarded = Seen.of(bench.lab, leaf), bench.lab.inside(leaf, _GUARDED).out
    third = bench.start(leaf, "none", "both", folders[2], "--way", "reload")
    begun.append(third)
    (folders[0] / "go").touch()
    outputs = [communicate(one, 120)[0] for one in (late, third)]
    assert bench.lab.inside(leaf, _GUARDED).out == guarded
    push_id = guarded.split()[0]
    assert not Seen.of(bench.lab, leaf).unlike(before)
    (folders[1] / "go").touch()
    output = communicate(first, 120)[0]
    assert f'"push": "{push_id}"' in output, "the guard is that of the first"
    for one, said in zip((late, third), outputs, strict=True):
        assert one.returncode == 3, said
        assert re.search(rf"push {push_id} of \S+@\S+ is (under way|in progress)", said), said
    assert first.returncode == 0, output
    assert not Seen.of(bench.lab, leaf).unlike(bench.new[leaf, "both"])


def nothing_left(bench: Bench, leaf: str) -> None:
    """--resume after a push that came to its end says so, and goes on to find nothing to do."""
    folder = bench.folder / "nothing-left"
    done = bench.start(leaf, "none", "frr", folder)
    assert communicate(done, 120)[1] is None
    assert done.returncode == 0
    code, output = bench.after(leaf, "resume", "frr", folder)
    assert code == 0, output
    assert "has left nothing under way" in output
    assert "1 unchanged" in output
    bench.reset(leaf)


def told_of_and_left(bench: Bench, leaf: str) -> None:
    """--resume --dry-run tells what a killed push has left, and leaves it."""
    folder = bench.folder / "dry-run"
    push = bench.start(leaf, "staged", "frr", folder)
    until(lambda: (folder / "reached").exists(), 60)
    end(push)
    _, output = bench.after(leaf, "resume", "frr", folder, "--dry-run")
    assert f"has left 1 under way: {leaf}" in output, output
    assert "config" not in [line.split()[-1] for line in output.splitlines() if f"  {leaf}:" in line]
    bench.guard_is_over(leaf)
    assert not Seen.of(bench.lab, leaf).unlike(bench.old[leaf])
    bench.reset(leaf)


def interrupted(bench: Bench, leaf: str) -> None:
    """Ctrl-C once, while a reload goes on: the switch goes back, and the push ends with 130."""
    folder = bench.folder / "interrupted"
    push = bench.start(leaf, "applying", "both", folder, "--way", "reload")
    until(lambda: (folder / "reached").exists(), 60)
    push.send_signal(signal.SIGINT)
    (folder / "go").touch()
    output = communicate(push, 120)[0]
    assert push.returncode == 130, output
    assert f"{leaf}: old config" in output
    assert last_step(folder) == "restored"
    assert not Seen.of(bench.lab, leaf).unlike(bench.old[leaf])
    bench.reset(leaf)


def no_journal(bench: Bench, leaf: str) -> None:
    """A journal that cannot be written any more ends the push, before a step that it could not note is begun."""
    folder = bench.folder / "no-journal"
    push = bench.start(leaf, "staged", "both", folder, "--way", "reload")
    until(lambda: (folder / "reached").exists(), 60)
    (folder / "go.part").write_text("no journal")
    (folder / "go.part").rename(folder / "go")
    output = communicate(push, 120)[0]
    assert push.returncode == 3, output
    assert '"state": "failed"' in output
    assert "journal.jsonl" in output
    assert last_step(folder) == "staging", "nothing more could be noted"
    record = bench.lab.inside(leaf, "cat /etc/sonic/sonicfab/ended/*/record").out
    assert "ended_by=asked\n" in record
    assert not Seen.of(bench.lab, leaf).unlike(bench.old[leaf])
    bench.reset(leaf)


OTHERS = (two_operators, nothing_left, told_of_and_left, interrupted, no_journal)


def last_step(folder: Path) -> str:
    """The last line of the only journal below a folder."""
    (journal,) = folder.glob("build/*/push/*/journal.jsonl")
    step: str = json.loads(journal.read_text().splitlines()[-1])["step"]
    return step


Failures = dict[str, str]


@pytest.fixture(scope="module")
def failures(sonicfab: Run, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Failures]:
    """What went wrong, by the name of what was tried; everything is tried here."""
    folder = tmp_path_factory.mktemp("push-faults")
    with bench_of(sonicfab, "push-faults", folder, len(LEAVES)) as bench:
        learn_all(bench, LEAVES)
        todo: Sequence[Callable[[str], tuple[str, str]]] = [
            *(partial(attempt, bench, cell) for cell in CELLS),
            *(partial(other, bench, one) for one in OTHERS),
        ]
        yield dict(spread(LEAVES, todo))


def attempt(bench: Bench, cell: Cell, leaf: str) -> tuple[str, str]:
    """A cell; its name and what is wrong."""
    return str(cell), "; ".join(bench.attempt(cell, leaf).wrong)


def other(bench: Bench, test: Callable[[Bench, str], None], leaf: str) -> tuple[str, str]:
    """One of the others; its name and what is wrong."""
    try:
        test(bench, leaf)
    except (AssertionError, subprocess.TimeoutExpired) as err:
        return test.__name__, f"{type(err).__name__}: {err}"
    return test.__name__, ""


@pytest.mark.lab
@needs_lab[1]
@pytest.mark.slow
@pytest.mark.parametrize("name", [*map(str, CELLS), *(one.__name__ for one in OTHERS)])
def test_old_or_new(name: str, failures: Failures) -> None:
    assert not failures[name], failures[name]
