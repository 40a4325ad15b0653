"""The result of `sonicfab diff` for a merge request: a tidy table, the reasons below it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from sonicfab.compare.builds import FabricDiff, StepDiff
from sonicfab.compare.folders import FilesDiff
from sonicfab.compare.grouping import Group, Roles, who
from sonicfab.compare.live import LiveDiff
from sonicfab.compare.matrix import Matrix
from sonicfab.compare.notes import Note
from sonicfab.report.console import say
from sonicfab.report.diff import blocks, change_text, counted, headline, nothing, rendered_title
from sonicfab.report.markup import cell, code, escaped, limited

_REST = "{} changes more do not fit here: `sonicfab diff` shows all"


def markdown_builds(diff: FabricDiff) -> None:
    """All steps of a fabric."""
    for step in diff.steps:
        _step(diff, step)


def _step(diff: FabricDiff, step: StepDiff) -> None:
    if not step.differs:
        say(f"{escaped(nothing(step, diff.fabric))}\n")
    else:
        say(f"### {escaped(headline(step, diff.fabric))}\n")
    for note in step.alarms:
        said = f"{note.title}, {who(note.switches, diff.roles)}: {note.detail}"
        say(f"> **{escaped(said)}**  \n> {escaped(note.reason)}{_source(note.source)}\n")
    if not step.differs:
        return
    say(f"**{_upper(rendered_title(step))}**\n")
    if step.changed:
        say("| where | change | switches |\n| --- | --- | --- |")
        for one in step.changed:
            say(_row(one.group, who(one.group.switches, diff.roles)))
        say("")
        reasons = dict.fromkeys((reason, groups[0].section) for reason, groups in blocks(step.changed))
        for reason, section in reasons:
            if reason is None:
                say(f"- `{section}`: no fact of the build explains it: look into your own templates")
            else:
                then = f"; {escaped(reason.consequence)}" if reason.consequence else ""
                say(f"- {code(section or 'frr.conf')}: {escaped(reason.why)}{then}{_source(reason.source)}")
        say("")
    for part in step.parts:
        say(f"<details open><summary>{_upper(part.title)}: {len(part.notes)}</summary>\n")
        say("| | what | change |\n| --- | --- | --- |")
        for note in part.notes:
            _note(note, diff.roles, everyone=len(step.step.switches))
        say("\n</details>\n")


def _note(note: Note, roles: Roles, *, everyone: int) -> None:
    limited = f" ({who(note.switches, roles)})" if note.switches and len(note.switches) < everyone else ""
    marks = {"error": "✘", "warning": "!", "info": ""}
    then = f"<br>{cell(note.reason)}" if note.reason else ""
    title, source = cell(note.title + limited), _source(note.source)
    say(f"| {marks[note.severity]} | {title} | {cell(note.detail)}{then}{source} |")


def markdown_files(diff: FilesDiff) -> None:
    """Two folders or files."""
    if not diff.differs:
        say(f"`{diff.old}` and `{diff.new}`: nothing differs")
        return
    title = f"### From `{diff.old}` to `{diff.new}`: {counted(diff.config_db, diff.frr)}\n"
    say(limited([title, *_flat(diff.groups, diff.remarks, dict.fromkeys(diff.switches))], _REST))


def markdown_live(diff: LiveDiff) -> None:
    """What runs and what is intended."""
    for name, why in diff.failed.items():
        say(f"> **{escaped(name)}: {escaped(why)}**\n")
    if not diff.differs:
        say(f"{escaped(diff.fabric)}: {len(diff.asked)} switches run and store what is intended")
        return
    title = f"### {escaped(diff.fabric)}, from what runs to what is intended: {counted(diff.config_db, diff.frr)}\n"
    say(limited([title, *_flat(diff.groups, diff.remarks, diff.roles)], _REST))


def _flat(groups: Iterable[Group], remarks: Iterable[str], roles: Roles) -> Iterator[str]:
    told = [f"- {escaped(remark)}" for remark in remarks]
    if told:
        yield "\n".join(told) + "\n"
    rows = [_row(one, who(one.switches, roles)) for one in groups]
    if rows:
        yield "| where | change | switches |\n| --- | --- | --- |"
    yield from rows


def markdown_matrix(matrix: Matrix) -> None:
    """The steps along the chain of builds."""
    unfit = {build.name: build.unfit for build in matrix.builds}
    say(f"### {escaped(matrix.fabric)}: changes from build to build\n")
    say("| from | to | config_db | FRR | image | runs on |\n| --- | --- | ---: | ---: | ---: | --- |")
    for old, new in matrix.steps:
        step = matrix.cells[old, new]
        runs = f"**not on {', '.join(unfit[new])}**" if unfit[new] else "all"
        say(f"| {old} | {new} | {step.config_db} | {step.frr} | {step.image} | {runs} |")
    said = [f"{b.name} cannot run on {platform}: {why}" for b in matrix.builds for platform, why in b.unfit.items()]
    said += [f"{build.name} cannot be rendered: {build.error}" for build in matrix.builds if build.error]
    if said:
        say("")
        for line in said:
            say(f"- {escaped(line)}")


def _row(one: Group, people: str) -> str:
    where = one.place if one.kind == "config_db" else "frr.conf"
    text = change_text(one)
    sign, rest = text[0], text[2:]
    shown = rest.removeprefix("frr.conf: ") if one.kind == "frr" else rest.removeprefix(one.place).lstrip(" :")
    return f"| {code(where)} | {sign} {code(shown) if shown else 'the row'} | {cell(people)} |"


def _source(source: str) -> str:
    return f" (source: {escaped(source)})" if source else ""


def _upper(text: str) -> str:
    return text[:1].upper() + text[1:]
