"""Every cell of tests/pushfaults.py, tried in a lab: writes docs/push-faults.md. `make push-faults` runs it."""

from __future__ import annotations

import itertools
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from functools import partial
from pathlib import Path

from pushcut import GUARDED, POINTS
from pushfaults import HEAL_AFTER, HOW, KILLERS, Bench, Cell, Result, bench_of, cells, learn_all, spread
from pushfaults_fabric import WAYS
from pushtogether import HAPPENS, MOMENTS, together_of

_PAGE = """\
# What becomes of a push that something cuts

`make push-faults` tries every cell of these tables in a [lab](lab.md) and writes this page. A push of one switch is
stopped at a point; then the killer comes; the push goes on, if it can. A fault that lasts is healed when the push has
ended, or {heal:.0f} s later; a link stays cut, and a switch frozen, until the guard's time of {guard:.0f} s is over.
A bgpd that is still dead in the end is started again before anything is compared: where it died after the last look at
the sessions, the push has been confirmed all the same.

In the end what the switch runs and stores is compared with both configs: every table of CONFIG_DB, FRR's running
config, config_db.json, frr.conf, and their owners and modes. It must be all **old** or all **new**; what sonicfab
reports must say the same; and no guard, timer, process or file of the push may be left on the switch.

Where nobody comes after a SIGKILL, the switch is judged first; then `push --resume` or `rollback` must tell the same,
and end with the new or the old config. The last two columns do that while the guard still waits, and the cell says
which config the killed push is told to have led to: from there `--resume` goes on to the new one, `rollback` to the
old one, and that is what the switch has then.

{count} cells, {old} of them end old, {new} new, and {between} between.

| | how it came about |
| --- | --- |
{how}
"""


_TOGETHER = """
## Switches that need each other

Here the links of a spine and two leaves get addresses, and no session is up until both of its ends have changed: the
leaves wait for the spine, with their guards armed. All three must end old, or all three new.

"""


def together_page(results: Mapping[str, str]) -> str:
    """The table of those; `MOMENT/WHAT` -> how it ended."""
    text = f"{_TOGETHER}| cut | {' | '.join(HAPPENS.values())} |\n| --- |{' --- |' * len(HAPPENS)}\n"
    for moment in MOMENTS:
        text += f"| {moment} | {' | '.join(results[f'{moment}/{one}'] for one in HAPPENS)} |\n"
    return text


def try_together(folder: Path) -> dict[str, str]:
    """Try each of them, in a lab of its own, but those of which `folder` has results."""
    kept = folder / "together.jsonl"
    lines = kept.read_text().splitlines() if kept.exists() else []
    results: dict[str, str] = dict(json.loads(line) for line in lines)
    todo = [cell for cell in itertools.product(MOMENTS, HAPPENS) if "/".join(cell) not in results]
    if not todo:
        return results
    with (
        tempfile.TemporaryDirectory(dir=folder) as files,
        together_of(_run, Path(files), "pushtogether") as fabric,
        kept.open("a") as file,
    ):
        for moment, happens in todo:
            began = time.monotonic()
            fabric.number()
            outcome = fabric.attempt(moment, happens)
            said = outcome.state if not outcome.wrong else f"**{'; '.join(outcome.wrong)}**"
            results[f"{moment}/{happens}"] = said
            print(f"{time.monotonic() - began:5.0f} s  {moment}, {happens}: {said}", flush=True)
            file.write(json.dumps([f"{moment}/{happens}", said]) + "\n")
            file.flush()
            fabric.unnumber()
            fabric.pushed("--overwrite-drift")
    return results


def page(results: Sequence[Result]) -> str:
    """docs/push-faults.md."""
    states = [result.state for result in results]
    how = "\n".join(f"| {letter} | {text} |" for letter, text in HOW.items())
    text = _PAGE.format(
        heal=HEAL_AFTER,
        guard=GUARDED,
        count=len(results),
        old=states.count("old"),
        new=states.count("new"),
        between=states.count("between"),
        how=how,
    )
    for way in WAYS:
        some = {(one.cell.point, one.cell.killer): one for one in results if one.cell.way == way}
        killers = [killer for killer in KILLERS if any(key[1] == killer for key in some)]
        text += f"\n## Way `{way}`\n\n| cut | {' | '.join(KILLERS[killer] for killer in killers)} |\n"
        text += f"| --- |{' --- |' * len(killers)}\n"
        for point, said in POINTS.items():
            row = [some[point, killer] for killer in killers if (point, killer) in some]
            if row:
                text += f"| {said} | {' | '.join(map(_shown, row))} |\n"
    return text


def _shown(result: Result) -> str:
    state = result.said if result.cell.killer in ("sigkill-resume", "sigkill-rollback") else result.state
    return f"**{result.state}**: {'; '.join(result.wrong)}" if result.wrong else f"{state} {result.how}"


@contextmanager
def _folder() -> Iterator[str]:
    """For the lab and the journals; it stays when PUSH_FAULTS_FOLDER names it."""
    kept = os.environ.get("PUSH_FAULTS_FOLDER")
    if kept:
        Path(kept).mkdir(parents=True, exist_ok=True)
        yield kept
        return
    with tempfile.TemporaryDirectory(prefix="push-faults-") as folder:
        yield folder


def _run(*arguments: object, **_options: object) -> subprocess.CompletedProcess[str]:
    words = [sys.executable, "-m", "sonicfab", *map(str, arguments)]
    return subprocess.run(words, capture_output=True, text=True, check=False)


def _main(target: Path, leaves: int) -> int:
    """Try all cells but those of which PUSH_FAULTS_FOLDER has results, of a run that was cut off, say."""
    names = [f"pf-leaf{number}" for number in range(1, leaves + 1)]
    every = [cell for way in WAYS for cell in cells(way)]
    known: dict[Cell, Result] = {}
    with _folder() as folder:
        kept = Path(folder) / "results.jsonl"
        if kept.exists():
            for line in kept.read_text().splitlines():
                value = json.loads(line)
                known[Cell(**value["cell"])] = Result(**{**value, "cell": Cell(**value["cell"])})

        todo = [cell for cell in every if cell not in known]

        def attempt(bench: Bench, cell: Cell, leaf: str) -> None:
            result = bench.attempt(cell, leaf)
            _tell(result)
            with kept.open("a") as file:
                file.write(json.dumps(asdict(result)) + "\n")
            known[result.cell] = result

        os.environ["SONICFAB_LABS"] = f"{folder}/labs"
        began = time.monotonic()
        if todo:
            with bench_of(_run, "pushfaults", Path(folder), leaves) as bench:
                learn_all(bench, names)
                print(f"ready after {time.monotonic() - began:.0f} s", flush=True)
                spread(names, [partial(attempt, bench, cell) for cell in todo])
            print(f"{len(todo)} cells in {time.monotonic() - began:.0f} s")
        together = try_together(Path(folder))
    results = [known[cell] for cell in every if cell in known]
    target.write_text(page(results) + together_page(together), encoding="utf-8")
    return int(any(result.wrong for result in results) or any(one.startswith("**") for one in together.values()))


def _tell(result: Result) -> None:
    said = result.said if "\n" not in result.said else ""
    print(f"{result.seconds:5.0f} s  {result.cell}: {result.state} {result.how} {said}", flush=True)
    for line in result.wrong:
        print(f"         WRONG {line}", flush=True)


if __name__ == "__main__":
    sys.exit(_main(Path(sys.argv[1]), int(sys.argv[2])))
