"""What `sonicfab adopt` prints."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import zip_longest
from typing import Any

from sonicfab.adopt.page import Entry
from sonicfab.adopt.tally import Count, Tally
from sonicfab.hints import first_of
from sonicfab.model.leave import FRR_WORD
from sonicfab.operations.adopt import AdoptResult
from sonicfab.report.console import json_result, say, table, wrapped

FORMAT_VERSION = 1
_SHOWN = 4


def show_adopted(done: AdoptResult) -> None:
    """A line for each switch; then what stays beside the files, what looks wrong, and what somebody has to say."""
    adopted = done.adopted
    _show_switches(done)
    show_list("left as it is, where the plan means something else (`leave` in the topology)", _left(done))
    show_list("not ours: the files do not speak of it, and it stays", _sums(adopted.tallies, "not_ours"))
    show_list("kept as extra", _sums(adopted.tallies, "extra"))
    show_list("suspicious", [str(one) for one in adopted.odd])
    show_list("refused", [f"{one.about}: {one.refused}" for one in adopted.refused])
    show_gaps(adopted.gaps)
    for name in adopted.files:
        say(f"{'wrote' if name in done.written else 'as before:'} {done.folder / name}")
    say("\n".join(wrapped(_verdict(done), rest="  ")))


def json_adopted(done: AdoptResult) -> None:
    """The same for programs."""
    adopted = done.adopted
    json_result(
        {
            "format_version": FORMAT_VERSION,
            "fabric": adopted.name,
            "files": {name: str(done.folder / name) for name in adopted.files},
            "unchanged": adopted.unchanged,
            "switches": {
                one.name: {
                    "from": one.source.place,
                    "platform": one.platform.name if one.platform else None,
                    "image_build": one.build.name if one.build else None,
                    "in_files": one.name in adopted.planned,
                    "changes": _changes(done, one.name),
                    "left": list(adopted.leave.get(one.name, ())),
                    "frr_left_because": adopted.whole.get(one.name),
                    "config_db": _counts(adopted.tallies[one.name].config_db),
                    "frr": _counts(adopted.tallies[one.name].frr),
                }
                for one in adopted.switches
            },
            "suspicious": [{"what": one.what, "where": one.where} for one in adopted.odd],
            "refused": [{"what": one.about, "why": one.refused} for one in adopted.refused],
            "gaps": [{"what": one.about, "why": one.why, "lines": one.lines} for one in adopted.gaps],
        }
    )


def _show_switches(done: AdoptResult) -> None:
    from rich.box import SIMPLE_HEAD
    from rich.table import Table

    adopted = done.adopted
    rows = Table(box=SIMPLE_HEAD, pad_edge=False)
    for column in ("switch", "image build", "reproduced", "extra", "left", "not ours", "a push"):
        rows.add_column(column, justify="left" if column in ("switch", "image build", "a push") else "right")
    for one in adopted.switches:
        total = adopted.tallies[one.name].total()
        changes = len(_changes(done, one.name))
        what = (
            "not in the files" if one.name not in adopted.planned else f"{changes} changes" if changes else "unchanged"
        )
        counts = (total.reproduced, total.extra, total.left, total.not_ours)
        rows.add_row(one.name, one.build.name if one.build else "?", *map(str, counts), what)
    table(rows)


def show_gaps(gaps: Sequence[Entry]) -> None:
    """What somebody has to complete, each with its line as it stands in the file."""
    lines = ["\n".join(f"    {line}" for line in one.lines) for one in gaps]
    show_list("to be completed by hand", [f"{one.about}: {one.why}" for one in gaps], lines)


def show_list(title: str, lines: Iterable[str], below: Iterable[str] = ()) -> None:
    """`below` are lines as they stand in a file, one below each of the others; they are not wrapped."""
    some = list(lines)
    if some:
        say(f"{title}:")
        for line, verbatim in zip_longest(some, below, fillvalue=""):
            say("\n".join(wrapped(line, "  ", "    ")))
            if verbatim:
                say(verbatim)
        say("")


def _left(done: AdoptResult) -> list[str]:
    """What is left, equal things once, and all that is left on the same switches together."""
    where: dict[str, list[str]] = {}
    for switch, words in done.adopted.leave.items():
        for word in words:
            why = done.adopted.whole.get(switch) if word == FRR_WORD else ""
            where.setdefault(f"{word}, as {why}" if why else word, []).append(switch)
    alike: dict[tuple[str, ...], list[str]] = {}
    for word, names in where.items():
        alike.setdefault(tuple(names), []).append(word)
    return [f"{'; '.join(words)} ({first_of(names, _SHOWN)})" for names, words in alike.items()]


def _sums(tallies: Mapping[str, Tally], what: str) -> list[str]:
    """`ACL_TABLE 12 rows (leaf1, leaf2)`, the tables together that have as many on the same switches."""
    alike: dict[tuple[int, str, tuple[str, ...]], list[str]] = {}
    for kind in ("config_db", "frr"):
        found: dict[str, dict[str, int]] = {}
        for switch, one in tallies.items():
            for name, count in getattr(one, kind).items():
                if getattr(count, what):
                    found.setdefault(name, {})[switch] = getattr(count, what)
        for name, counts in found.items():
            alike.setdefault((0, kind, tuple(counts)), []).append(f"{name} {sum(counts.values())}")
    unit = {"config_db": "rows of", "frr": "lines of FRR:"}
    return [
        f"{unit[kind]} {first_of(names, 40)} ({first_of(switches, _SHOWN)})"
        for (_, kind, switches), names in alike.items()
    ]


def _changes(done: AdoptResult, switch: str) -> list[str]:
    one = done.adopted.changes.get(switch)
    if one is None:
        return []
    return [
        *map(str, one.config_db),
        *(f"frr: {change}" for change in one.frr),
        *(f"blocked: {b}" for b in one.blocked),
    ]


def _counts(counts: Mapping[str, Count]) -> dict[str, Any]:
    return {
        name: {"reproduced": one.reproduced, "extra": one.extra, "left": one.left, "not_ours": one.not_ours}
        for name, one in counts.items()
    }


def _verdict(done: AdoptResult) -> str:
    adopted = done.adopted
    files = f"-i {done.folder / 'inventory.yml'} -t {done.folder / 'topology.yml'}"
    missing = len(adopted.switches) - len(adopted.planned)
    changed = sum(bool(one) for one in adopted.changes.values())
    if adopted.unchanged:
        said = f"{adopted.name}: a push of these files would change none of {len(adopted.switches)} switches"
    else:
        parts = [f"{missing} of {len(adopted.switches)} switches are not in the files"] if missing else []
        parts += [f"a push would change {changed} switches"] if changed else []
        said = f"{adopted.name}: {'; '.join(parts)}"
    return f"{said}; `sonicfab plan {files}` shows it on the switches themselves"
