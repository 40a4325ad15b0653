"""The result of `sonicfab diff` for people: the worst first, equal changes once, each with its reason."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence

import typer

from sonicfab.compare.builds import Changed, FabricDiff, StepDiff
from sonicfab.compare.folders import FilesDiff
from sonicfab.compare.grouping import Group, Roles, who
from sonicfab.compare.live import LiveDiff
from sonicfab.compare.matrix import Matrix
from sonicfab.compare.notes import Note
from sonicfab.compare.reasons import Reason
from sonicfab.report.console import mark, say, style, table, wrapped

SIGNS = {"add": "+", "remove": "-", "change": "~"}
_COLOURS = {"+": typer.colors.GREEN, "-": typer.colors.RED, "~": typer.colors.YELLOW}
_SEVERITIES = {"error": typer.colors.RED, "warning": typer.colors.YELLOW, "info": None}
_BULLETS = {"error": "!!", "warning": "! ", "info": "* "}


def headline(step: StepDiff, fabric: str) -> str:
    """`FABRIC, 3 switches: from OLD to NEW`."""
    number = len(step.step.switches)
    return f"{fabric}, {number} switch{'es' * (number != 1)}: from {step.step.old.name} to {step.step.new.name}"


def rendered_title(step: StepDiff) -> str:
    """How much is rendered differently."""
    if not step.config_db and not step.frr:
        return "the rendered files are the same"
    return f"what is rendered differently: {counted(step.config_db, step.frr)}"


def counted(config_db: int, frr: int) -> str:
    """`3 changes of config_db, 6 of FRR`."""
    return f"{config_db} change{'s' * (config_db != 1)} of config_db, {frr} of FRR"


def change_text(one: Group, people: str = "") -> str:
    """A group in a line: `~ all 2 leaves: PORT|Ethernet0-47 alias: twentyfiveGigE* -> Eth*/*(Port*) (48 rows)`."""
    if one.kind == "frr":
        place = f"frr.conf: {one.place} / " if one.place else "frr.conf: "
    else:
        place = one.place + (f" {one.field}" if one.field else "") + ": "
    if one.examples:
        parts = [f"{key} {old} -> {new}" if old and new else f"{key} {old or new}" for key, old, new in one.examples]
        said = " ... ".join(parts)
    elif one.action == "change":
        said = f"{one.old} -> {one.new}"
    else:
        said = one.new or one.old
    rows = f" ({one.rows} {'lines' if one.kind == 'frr' else 'rows'})" if one.rows > 1 else ""
    whom = f"{people}: " if people else ""
    return f"{SIGNS[one.action]} {whom}{place}{said}".rstrip(": ") + rows


def blocks(changed: Iterable[Changed]) -> list[tuple[Reason | None, list[Group]]]:
    """The groups by their reason, which is told once for all of them."""
    found: dict[Reason | None, list[Group]] = {}
    for one in changed:
        found.setdefault(one.reason, []).append(one.group)
    return list(found.items())


def show_builds(diff: FabricDiff) -> None:
    """All steps; a fabric of one build has one."""
    for index, step in enumerate(diff.steps):
        if index:
            say("")
        _show_step(diff, step)


def nothing(step: StepDiff, fabric: str) -> str:
    """The one line when nothing differs."""
    same = step.step.old.name == step.step.new.name
    return f"{headline(step, fabric)}: nothing differs" + (", it is the same build" if same else "")


def _show_step(diff: FabricDiff, step: StepDiff) -> None:
    for note in step.alarms:
        _alarm(note, diff.roles)
    if not step.differs:
        say(nothing(step, diff.fabric))
        return
    say(style(headline(step, diff.fabric), bold=True))
    say("")
    say(rendered_title(step))
    for reason, groups in blocks(step.changed):
        show_groups(groups, diff.roles)
        if reason is None:
            _labelled("why", "no fact of the build explains it: look into your own templates")
            continue
        _labelled("why", reason.why)
        _labelled("then", reason.consequence)
        _labelled("source", reason.source)
    for part in step.parts:
        say("")
        say(part.title)
        for note in part.notes:
            _note(note, diff.roles, everyone=len(step.step.switches))


def _alarm(note: Note, roles: Roles) -> None:
    text = f"{mark('failed')} {note.title}, {who(note.switches, roles)}: {note.detail}"
    for line in wrapped(text, rest="  "):
        say(style(line, fg=typer.colors.RED, bold=True))
    _labelled("then", note.reason)
    _labelled("source", note.source)
    say("")


def _note(note: Note, roles: Roles, *, everyone: int) -> None:
    limited = f" ({who(note.switches, roles)})" if note.switches and len(note.switches) < everyone else ""
    text = f"{_BULLETS[note.severity]}{note.title}{limited}: {note.detail}"
    for line in wrapped(text, "  ", "      "):
        say(style(line, fg=_SEVERITIES[note.severity]))
    _labelled("then", note.reason)
    _labelled("source", note.source)


def show_groups(groups: Iterable[Group], roles: Roles) -> None:
    """Each group in a line or two, in the colour of what it does."""
    for one in groups:
        text = change_text(one, who(one.switches, roles) if len(roles) > 1 else "")
        for line in wrapped(text, "  ", "      "):
            say(style(line, fg=_COLOURS[SIGNS[one.action]]))


def _labelled(label: str, text: str) -> None:
    if text:
        for line in wrapped(text, f"      {label:<7}", " " * 13):
            say(line)


def show_files(diff: FilesDiff) -> None:
    """What differs between two folders or files."""
    if not diff.differs:
        say(f"{diff.old} and {diff.new}: nothing differs")
        return
    say(style(f"from {diff.old} to {diff.new}: {counted(diff.config_db, diff.frr)}", bold=True))
    _remarks(diff.remarks)
    show_groups(diff.groups, dict.fromkeys(diff.switches))


def show_live(diff: LiveDiff) -> None:
    """What differs on the switches, seen from what runs to what is intended."""
    for name, why in diff.failed.items():
        say(style(f"{mark('unreached')} {name}: {why}", fg=typer.colors.RED))
    number = f"{len(diff.asked)} switch{'es' * (len(diff.asked) != 1)}"
    if not diff.differs:
        if diff.asked:
            say(f"{diff.fabric}, {number}: nothing differs, they run and store what is intended")
        return
    said = f"{diff.fabric}, {number}: from what runs to what is intended: {counted(diff.config_db, diff.frr)}"
    say(style(said, bold=True))
    _remarks(diff.remarks)
    show_groups(diff.groups, diff.roles)


def _remarks(remarks: Sequence[str]) -> None:
    for remark in remarks:
        say(style(f"  ! {remark}", fg=typer.colors.YELLOW))


def show_matrix(matrix: Matrix) -> None:
    """The steps along the chain of builds, and what cannot run or be rendered."""
    from rich.box import SIMPLE_HEAD
    from rich.table import Table
    from rich.text import Text

    rows = Table(box=SIMPLE_HEAD, pad_edge=False)
    for column in ("from", "to"):
        rows.add_column(column)
    for column in ("config_db", "FRR", "image", "models"):
        rows.add_column(column, justify="right")
    rows.add_column("runs on")
    unfit = {build.name: build.unfit for build in matrix.builds}
    for old, new in matrix.steps:
        cell = matrix.cells[old, new]
        can = Text("all") if not unfit[new] else Text(f"not on {', '.join(unfit[new])}", "red")
        rows.add_row(old, new, str(cell.config_db), str(cell.frr), str(cell.image), str(cell.models), can)
    say(f"{matrix.fabric}, {matrix.switches} switch{'es' * (matrix.switches != 1)}: changes from build to build")
    table(rows)
    for build in matrix.builds:
        for platform, why in build.unfit.items():
            _wrapped(f"{mark('failed')} {build.name} cannot run on {platform}: {why}")
        if build.error:
            _wrapped(f"{mark('skipped')} {build.name} cannot be rendered: {build.error}")
    alone = _outside(matrix)
    if alone:
        _wrapped(f"no step of a chain: {', '.join(alone)} (--from and --to compare any two)")


def _outside(matrix: Matrix) -> list[str]:
    chained: Collection[str] = {name for step in matrix.steps for name in step}
    return [build.name for build in matrix.builds if not build.error and build.name not in chained]


def _wrapped(text: str) -> None:
    for line in wrapped(text, rest="  "):
        say(line)
