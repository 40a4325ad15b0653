"""What the topology gives a switch beside the plan, and where it stands there."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field, replace

from sonicfab.configdb import ConfigDb, Row, Table, is_secret
from sonicfab.errors import KeyPath, Problem
from sonicfab.frr import conf
from sonicfab.frr.abbreviated import in_full
from sonicfab.frr.bgp import neighbor_of
from sonicfab.frr.chosen import without
from sonicfab.frr.conf import Context
from sonicfab.frr.delta.kinds import slot
from sonicfab.frr.parts import INSTANCE, Foreign, laid_out
from sonicfab.model.extra import context_of
from sonicfab.model.leave import frr_lines
from sonicfab.model.topology import SwitchEntry, Topology


@dataclass(frozen=True, slots=True)
class Extra:
    """Rows and lines as given; none are planned.

    Attributes:
        frr: context, as the topology writes it -> its lines.
        path: of the mapping in the topology.
        left: lines of FRR that the plan has and the switch does not get, as `frr.chosen` names them.
    """

    config_db: Mapping[str, Table] = field(default_factory=dict)
    frr: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    path: KeyPath = field(default=(), compare=False)
    left: tuple[str, ...] = ()

    @classmethod
    def of(cls, topology: Topology, switch: str) -> Extra:
        """What stands there for a switch."""
        entry = topology.switches.get(switch) or SwitchEntry()
        planned = (entry.ownership or topology.ownership) == "planned"
        left = frr_lines([*topology.leave, *entry.leave]) if planned else ()
        return cls(entry.extra.config_db, entry.extra.frr, ("switches", switch, "extra"), left)

    def with_secrets(self, secret: Callable[[str, str, str], str]) -> Extra:
        """The same with what its references stand for: `secret` is told reference, use and file."""
        config: dict[str, Table] = {
            table: {
                key: {
                    name: secret(value, f"{table} {name}", "config_db.json")
                    if isinstance(value, str) and is_secret(table, name)
                    else value
                    for name, value in row.items()
                }
                for key, row in rows.items()
            }
            for table, rows in self.config_db.items()
        }
        frr = {
            context: tuple(
                f"{conf.parted(line)[0]} {secret(conf.parted(line)[1], 'a password of FRR', 'frr.conf')}"
                if conf.parted(line)[1]
                else line
                for line in lines
            )
            for context, lines in self.frr.items()
        }
        return replace(self, config_db=config, frr=frr)

    def row_path(self, table: str, key: str, name: str = "") -> KeyPath | None:
        """Where a row, or a field of it, stands; None when it does not."""
        row = self.config_db.get(table, {}).get(key)
        if row is None or (name and name not in row):
            return None
        return (*self.path, "config_db", table, key, *([name] if name else ()))

    def line_path(self, context: Context, line: str) -> KeyPath | None:
        """Where a line stands, or, of an empty one, the context itself; None when it does not."""
        written = " / ".join(context)
        key = (*self.path, "frr", written)
        if not line:
            return key if written in self.frr else None
        if line in self.frr.get(written, ()):
            return (*key, self.frr[written].index(line))
        return self.line_path((*context, line), "")

    def lines(self) -> Iterator[tuple[Context, str]]:
        """Every line in its context; a context that has none is the line of the one that it is in."""
        for written, lines in self.frr.items():
            context = context_of(written)
            yield from ((context, line) for line in lines)
            if not lines and context:
                yield context[:-1], context[-1]

    @property
    def neighbors(self) -> frozenset[str]:
        """The neighbours of BGP that are in it, by lines of FRR or rows for frrcfgd."""
        rows = (key.rpartition("|")[2] for key in self.config_db.get("BGP_NEIGHBOR", {}))
        return frozenset([*rows, *(name for _, line in self.lines() if (name := neighbor_of(line)))])

    def with_rows(
        self, tables: ConfigDb, writers: Mapping[str, str], spared: Mapping[str, Mapping[str, frozenset[str]]]
    ) -> tuple[dict[str, Table], list[Problem]]:
        """The tables with these rows in them, and where they say what is planned already.

        `writers` has the template of each table, `spared` the rows that nobody has planned, with their fields that are.
        """
        made, problems = dict(tables), list[Problem]()
        for table, rows in self.config_db.items():
            merged: dict[str, Row] = dict(tables.get(table, {}))
            for key, row in rows.items():
                there = merged.get(key)
                if there is None:
                    merged[key] = row
                    continue
                planned = spared.get(table, {}).get(key, there.keys()) & there.keys()
                merged[key] = {**there, **{name: value for name, value in row.items() if name not in planned}}
                names = [name for name in row if name in planned] if row else [""]
                problems += [self._planned(table, key, name, writers.get(table, "")) for name in names]
            made[table] = merged
        return made, problems

    def _planned(self, table: str, key: str, name: str, writer: str) -> Problem:
        path = self.row_path(table, key, name) or self.path
        what = f"{table}|{key}{f' {name}' if name else ''}"
        hint = f"the plan has it, and templates/{writer} writes it: change the plan, or take this out"
        return Problem("topology", path, f"extra: {what} is planned already", hint, on_key=not name)

    def with_lines(self, text: str) -> tuple[str, list[Problem]]:
        """A frr.conf with these lines in it and without those that are left; and where they say what is planned."""
        if not self.frr and not self.left:
            return text, []
        lines, problems = self.lines_in(text)
        return "".join(f"{line}\n" for _, line in lines), problems

    def lines_in(self, text: str) -> tuple[list[tuple[int, str]], list[Problem]]:
        """The same line by line, with the number of each that was there before, else 0."""
        kept = without(text, self.left) if self.left else list(enumerate(text.splitlines(), 1))
        text = "".join(f"{line}\n" for _, line in kept)
        planned = conf.read(text)
        taken = {(context, slot(context, line)): line for context, some in planned.items() for line in some}
        lines: dict[Context, list[str]] = {}
        sections: dict[str, list[conf.Command]] = {}
        problems: list[Problem] = []
        for context, line in self.lines():
            have = taken.get((context, slot(context, line)))
            if full := _in_full(context, line):
                path = self.line_path(context, line) or self.path
                told = f"extra: '{conf.masked(' / '.join([*context, line]))}' is abbreviated"
                problems.append(
                    Problem("topology", path, told, f"FRR prints it as '{conf.masked(full)}'", on_key=not line)
                )
            elif ours := _other_instance((*context, line), planned):
                hint = f"FRR has one default instance of BGP, and that of the plan is '{ours}'"
                path = self.line_path(context, line) or self.path
                at = path[:-1] if isinstance(path[-1], int) else path
                problems.append(Problem("topology", at, f"extra: another '{context[0]}'", hint, on_key=True))
            elif have is not None or (*context, line) in planned:
                problems.append(self._said(context, line, have))
            elif not context or context[:1] in planned:
                lines.setdefault(context, []).append(line)
            else:
                sections.setdefault(context[0], []).append((context, line))
        written = tuple(conf.written(commands).rstrip("\n") for commands in sections.values())
        other = Foreign(lines={context: tuple(some) for context, some in lines.items()}, sections=written)
        return [(kept[number - 1][0] if number else 0, line) for number, line in laid_out(text, other)], problems

    def _said(self, context: Context, line: str, have: str | None) -> Problem:
        what = conf.masked(" / ".join([*context, line]))
        hint = "change the plan, or take this out: `sonicfab explain` tells where the plan has it from"
        there = f": '{conf.masked(have)}'" if have not in (None, line) else ""
        path = self.line_path(context, line) or self.path
        return Problem("topology", path, f"extra: '{what}' is planned already{there}", hint)


def _in_full(context: Context, line: str) -> str:
    """The line in its context with all words in full; "" where none is abbreviated."""
    path = (*context, line)
    full = [in_full(path[:number], one) for number, one in enumerate(path)]
    return " / ".join(new or old for new, old in zip(full, path, strict=True)) if any(full) else ""


def _other_instance(line: Context, planned: Collection[Context]) -> str:
    """The default instance of BGP of the plan, where a line is in another one."""
    ours = next((context[0] for context in planned if context and INSTANCE.fullmatch(context[0])), "")
    return ours if ours and INSTANCE.fullmatch(line[0]) and line[0] != ours else ""
