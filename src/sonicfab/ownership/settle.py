"""What a switch is to run, once it is known what is on it: what was rendered, and beside it what is not ours."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace

from sonicfab import tables
from sonicfab.configdb import SECRET_TABLES, ConfigDb, Row, diff, natural_key
from sonicfab.frr import conf
from sonicfab.frr.parts import Foreign, carried, foreign
from sonicfab.hints import first_of
from sonicfab.ownership.daemons import Made, made_of, writes_everywhere
from sonicfab.ownership.factory import Factory
from sonicfab.ownership.left import Left
from sonicfab.ownership.planned import Planned
from sonicfab.ownership.ports import kept_rows, named, users, words_of
from sonicfab.ownership.record import Record

Rows = dict[str, dict[str, Row]]
_SHOWN = 4
_UNPLANNED = "not in the plan"
_OF_PORTS = ("INTERFACE", "VLAN_SUB_INTERFACE")
_USES = ("INTERFACE", "PORTCHANNEL_MEMBER", "VLAN_MEMBER")  # of ports, that are not beside each other


@dataclass(frozen=True)
class Rendered:
    """What is to run as far as it is ours; `frr` is None where SONiC makes FRR's config from CONFIG_DB.

    `planned` tells what of it is ours; None says all of it.
    """

    config_db: ConfigDb = field(repr=False)
    frr: str | None = field(repr=False)
    owned: Collection[str] = field(repr=False)
    planned: Planned | None = None


@dataclass(frozen=True)
class OnSwitch:
    """What a switch runs and stores, and the record of what of it is ours.

    `running_frr` is FRR's running config; "" where it is not known.
    """

    running: ConfigDb = field(repr=False)
    stored: ConfigDb = field(repr=False)
    stored_frr: str = field(repr=False)
    record: Record = field(repr=False)
    running_frr: str = field(default="", repr=False)


@dataclass(frozen=True)
class Settled:
    """The whole of what the switch is to run in the owned tables and in FRR.

    Attributes:
        config_db, frr, owned: what was rendered, with what is another's in it.
        made: lines of FRR's running config that SONiC's daemons make of rows.
        theirs: what is another's and stays, grouped, in words.
        blocked: what is another's and cannot stay beside what was rendered.
        shared: frr.conf has parts that are another's, or may have been written by another.
    """

    config_db: ConfigDb = field(repr=False)
    frr: str | None = field(repr=False)
    owned: frozenset[str] = field(repr=False)
    made: Made = field(default=Made(), repr=False)
    theirs: tuple[str, ...] = ()
    blocked: tuple[str, ...] = ()
    shared: bool = False

    def is_stored(self, stored_frr: str) -> bool:
        """Whether the frr.conf of the next start is as it is to be.

        Ours alone is the same to the byte; one that another writes, too, comes from `vtysh` and means the same.
        """
        if stored_frr == self.frr or self.frr is None:
            return True
        alike = self.shared and bool(stored_frr)
        return alike and not conf.diff(self.frr, self.made.without(stored_frr, self.frr))


def frr_conf_counts(running: ConfigDb, intended: ConfigDb) -> bool:
    """Whether FRR starts from frr.conf: in the one routing mode that keeps it, which is a fact of the image build.

    In every other SONiC makes FRR's config itself (docker_init.sh of the bgp container), and so it does where the rows
    for frrcfgd are intended, whatever its mode is called.
    """
    framework = intended.get("DEVICE_METADATA", {}).get("localhost", {}).get("frr_mgmt_framework_config")
    if framework == "true" and intended.get("BGP_GLOBALS"):
        return False
    mode = running.get("DEVICE_METADATA", {}).get("localhost", {}).get("docker_routing_config_mode")
    return mode is not None and mode == intended.get("DEVICE_METADATA", {}).get("localhost", {}).get(
        "docker_routing_config_mode"
    )


def settle(rendered: Rendered, there: OnSwitch, *, take_over: bool = False) -> Settled:
    """Tell ours from another's, row by row and part by part of frr.conf.

    Another's is what stands in the stored config, was not rendered now nor when the switch was last confirmed, and is
    not SONiC's factory default. What somebody has changed and not saved is no part of it: that is drift.
    With `take_over`, nothing in the owned tables and in frr.conf is another's.
    """
    left = rendered.planned.left if rendered.planned and not take_over else Left()
    if left:
        rows = left.rows(rendered.config_db, there.running, there.record.rows)
        rendered = replace(rendered, config_db=rows, frr=None if left.frr else rendered.frr)
    made = made_of(there.running)
    if there.running_frr:
        made = made.with_left_over(there.stored_frr, there.running_frr)
    if left.lines or not writes_everywhere(rendered.frr or ""):
        made = made.with_everywhere()
    other, by_hand = Foreign(), made.without(there.stored_frr, rendered.frr or "")
    counts = frr_conf_counts(there.running, rendered.config_db)
    if rendered.frr is not None and not take_over and counts:
        lines = there.record.lines if rendered.planned else None
        other = foreign(by_hand, rendered.frr, there.record.frr, lines)
        other = left.with_lines(other, by_hand, rendered.frr) if left.lines else other
    work = _Rows(rendered, there, other)
    if not take_over:
        work.keep_rows()
        work.keep_ports()
        if rendered.planned is not None:
            work.keep_fields()
        if rendered.frr is not None and not counts:
            work.block_sessions()
    work.free_members(take_over=take_over)
    said = [*work.said(), *work.others(), *_frr_said(other)]
    said += [f"left, by the topology: {first_of(left.said(), _SHOWN)}"] if left else []
    blocked = [*work.blocked, *_frr_said(Foreign(parts=other.blocked))]
    frr = rendered.frr if rendered.frr is None else carried(rendered.frr, other)
    # of a switch that was begun with carefully, somebody else may have written all of it
    shared = frr != rendered.frr or by_hand != there.stored_frr or rendered.planned is not None
    return Settled(work.rows, frr, frozenset(work.owned), made, tuple(said), tuple(blocked), shared)


class _Rows:
    """The tables, as they become."""

    def __init__(self, rendered: Rendered, there: OnSwitch, other: Foreign) -> None:
        self._rendered, self._there = rendered, there
        text = " ".join((*other.parts, *(line for some in other.lines.values() for line in some), *other.sections))
        self._frr_words = set(named(text.split()))
        # what is stored is still the factory default while what was pushed runs already and is looked at
        self._stored_factory, self._running_factory = Factory(there.stored), Factory(there.running)
        self.rows: Rows = {table: dict(rows) for table, rows in rendered.config_db.items()}
        # a table of which the plan has no row any more loses the rows that were ours
        had = {table for table in there.record.rows if tables.table(table).owner == "operator"}
        self.owned = set(rendered.owned) | had
        self.blocked: list[str] = []
        self._beside: list[str] = []
        self._theirs: Rows = {}
        self._fields: dict[tuple[str, tuple[str, ...]], list[str]] = {}
        self._ports: Mapping[str, tuple[str, ...]] = {}

    def keep_rows(self) -> None:
        """Rows of tables that we own row by row."""
        for table in sorted(self.owned):
            intended = self._rendered.config_db.get(table)
            if self._is_listed(table, intended):
                continue  # all of it is what was rendered: the inventory lists the rows, or a template says none
            for key, row in self._there.stored.get(table, {}).items():
                if not self._is_ours(table, key, intended or {}):
                    self._theirs.setdefault(table, {})[key] = row
        self._without_factory_interfaces()
        for table, rows in self._theirs.items():
            self.rows[table] = {**self.rows.get(table, {}), **rows}

    def _is_listed(self, table: str, intended: Mapping[str, Row] | None) -> bool:
        facts, planned = tables.table(table), self._rendered.planned
        if planned is None:
            return facts.owner == "service" or facts.whole or (facts.owner == "operator" and intended == {})
        if table == "PORT":
            return True  # keep_ports looks at it
        return (facts.owner == "service" and table not in planned.by_row) or (
            facts.owner == "operator" and intended == {}
        )

    def keep_fields(self) -> None:
        """Fields that the plan does not decide, in rows that are ours."""
        for table in sorted(self.owned):
            rows, stored = self.rows.get(table, {}), self._there.stored.get(table, {})
            for key in rows.keys() & stored.keys() & self._rendered.config_db.get(table, {}).keys():
                left = {name: value for name, value in stored[key].items() if self._is_left(table, key, name)}
                if left and not (table == "PORT" and key in self._ports):
                    rows[key] = {**left, **rows[key]}
                    self._fields.setdefault((table, tuple(sorted(left))), []).append(key)

    def _is_left(self, table: str, key: str, name: str) -> bool:
        planned = self._rendered.planned
        if name in self._rendered.config_db[table][key] or name in tables.table(table).system_fields:
            return False
        if planned is None or planned.is_absent(table, key, name):
            return False
        return not (self._there.record.has_field(table, key, name) or self._stored_factory.has_field(table, key, name))

    def _is_ours(self, table: str, key: str, intended: Mapping[str, Row]) -> bool:
        # an interface is the unit: an address on one of ours is a change of ours
        if key in intended or (table.endswith("INTERFACE") and key.partition("|")[0] in intended):
            return True
        return self._there.record.has_row(table, key)

    def _without_factory_interfaces(self) -> None:
        """A bare row of the factory default stays where an address on it does, or it is no interface any more."""
        for table, rows in list(self._theirs.items()):
            factory = {key for key, row in rows.items() if self._stored_factory.has(table, key, row)}
            held = self._frr_words | {key.partition("|")[0] for key in rows.keys() - factory if "|" in key}
            left = {key: row for key, row in rows.items() if key not in factory or key in held}
            if left:
                self._theirs[table] = left
            else:
                del self._theirs[table]

    def keep_ports(self) -> None:
        """Ports that another's rows, or parts of frr.conf, use and the plan does not."""
        running, intended = self._there.running, self._rendered.config_db
        if "PORT" not in self.owned or "PORT" not in intended:
            return
        others = {table: rows for table, rows in running.items() if table not in self.owned}
        if self._running_factory.vlan:
            others = {table: self._not_factory(table, rows) for table, rows in others.items()}
        for table, rows in self._theirs.items():
            others[table] = rows
        ports, used = running.get("PORT", {}), self._planned()
        found: dict[str, tuple[str, ...]] = {port: () for port in ports if self._is_spared(port, used)}
        found.update(users(others, ports))
        for port in self._frr_words & ports.keys():
            found[port] = (*found.get(port, ()), "FRR")
        if not found:
            return
        keep = {port: by for port, by in found.items() if port not in used}
        stays, dropped = kept_rows(ports, intended["PORT"], keep.keys())
        for port in sorted(dropped & used | (stays.keys() & used), key=natural_key):
            self.blocked.append(f"{port}, which is planned and shares its lanes with {first_of(sorted(keep), _SHOWN)}")
        if self._rendered.planned is not None:
            dropped |= intended["PORT"].keys() - ports.keys() - used  # nobody planned a port that is not there
        rows = {port: row for port, row in self.rows["PORT"].items() if port not in dropped}
        stored = self._there.stored.get("PORT", {})
        self.rows["PORT"] = {**rows, **{port: self._kept(port, stored.get(port, row)) for port, row in stays.items()}}
        self._ports = {port: keep.get(port, ("PORT",)) for port in stays}

    def _is_spared(self, port: str, used: Collection[str]) -> bool:
        """Whether nothing is planned for a port of the switch, nor was."""
        return self._rendered.planned is not None and port not in used and not self._there.record.used_port(port)

    def _kept(self, port: str, row: Row) -> Row:
        """The row of a port that stays, with what is decided of it all the same; what was, and is not, goes."""
        planned, rendered = self._rendered.planned, self._rendered.config_db["PORT"].get(port, {})
        if planned is None:
            return row
        ours = {name for name in row if self._there.record.has_field("PORT", port, name)}
        ours |= planned.fields("PORT", port, frozenset())
        kept = {name: value for name, value in row.items() if name not in ours}
        return {**kept, **{name: rendered[name] for name in ours & rendered.keys()}}

    def block_sessions(self) -> None:
        """BGP that SONiC makes of another's rows ends with the routing mode that makes it: frr.conf would have none."""
        for table in sorted(self._theirs):
            if table.startswith("BGP_"):
                rows = first_of(sorted(self._theirs[table], key=natural_key), _SHOWN)
                self.blocked.append(f"{table} {rows}, of which the planned routing mode makes no session")

    def _not_factory(self, table: str, rows: Mapping[str, Row]) -> dict[str, Row]:
        return {key: row for key, row in rows.items() if not self._running_factory.has(table, key, row)}

    def _planned(self) -> set[str]:
        """Ports that are up in what was rendered, or that one of its rows uses."""
        intended, planned = self._rendered.config_db, self._rendered.planned
        if planned is not None:
            return {port for port in intended["PORT"] if not planned.spares("PORT", port)}
        up = {port for port, row in intended["PORT"].items() if row.get("admin_status") == "up"}
        ours = {table: rows for table, rows in intended.items() if table != "PORT"}
        return up | users(ours, intended["PORT"]).keys()

    def free_members(self, *, take_over: bool) -> None:
        """A port that we route, bundle or put into a VLAN has no other use: SONiC refuses the one or the other."""
        for table, theirs in self._theirs.items():
            if tables.table(table).member_of or table in _OF_PORTS:
                self._block(table, self._other_uses(table, theirs))
        for table, rows in self._there.running.items():
            if table in self.owned or not (
                tables.table(table).member_of or (table == "VLAN" and self._running_factory.vlan)
            ):
                continue
            gone = {key for key, row in rows.items() if self._running_factory.has(table, key, row)}
            held = self._other_uses(table, {key: row for key, row in rows.items() if key not in gone})
            if take_over:
                gone |= held.keys()
            else:
                self._block(table, held)
            if gone:
                self.owned.add(table)
                self.rows[table] = {key: row for key, row in rows.items() if key not in gone}

    def _other_uses(self, table: str, rows: Mapping[str, Row]) -> dict[str, str]:
        """What the plan uses the ports of others' rows for, where that cannot be beside them, by the row's key."""
        intended = self._rendered.config_db
        return {key: use for key, row in rows.items() if (use := _other_use(table, key, row, intended))}

    def _runs_beside(self, table: str, key: str, row: Row) -> bool:
        """Whether another's row and what cannot be beside it run already, where not all of a switch is ours."""
        if self._rendered.planned is None:
            return False
        running = self._there.running
        new = {
            name: {key: row for key, row in rows.items() if key not in running.get(name, {})}
            for name, rows in self._rendered.config_db.items()
            if name in _USES
        }
        return not _other_use(table, key, row, new)

    def _use(self, port: str) -> str:
        """Why a port is another's: something uses it, or nobody has planned it; it may have been set all the same."""
        if self._ports[port]:
            return f"used by {', '.join(self._ports[port])}"
        as_it_came = self.rows["PORT"][port] == self._rendered.config_db["PORT"].get(port, {})
        return _UNPLANNED if as_it_came else f"{_UNPLANNED}, set by another"

    def _block(self, table: str, uses: Mapping[str, str]) -> None:
        """What runs beside each other already is no reason to change nothing at all: it is told, and stays."""
        for key in sorted(uses):
            rows, told = self._there.running.get(table, {}), f"{table}|{key}, whose port is {uses[key]} in the plan"
            beside = key in rows and self._runs_beside(table, key, rows[key])
            (self._beside if beside else self.blocked).append(told)

    def others(self) -> list[str]:
        """Tables that are never rendered, where not all of the switch is ours; those of SONiC itself are no news."""
        if self._rendered.planned is None:
            return []
        stored = {name: rows for name, rows in self._there.stored.items() if rows and name not in self.owned}
        mine = {name for name in stored if tables.table(name).owner == "operator" and name not in tables.of_system()}
        counts = [f"{name} ({len(stored[name])})" for name in sorted(mine)]
        return [f"other tables: {first_of(counts, 3 * _SHOWN)}"] if counts else []

    def said(self) -> list[str]:
        """What stays, a few words for each table."""
        by_use: dict[str, list[str]] = {}
        for port in sorted(self._running("PORT", self._ports), key=natural_key):
            by_use.setdefault(self._use(port), []).append(port)
        uses = sorted(by_use, key=lambda use: use == _UNPLANNED)
        lines = [f"PORT {first_of(by_use[use], _SHOWN)} ({use})" for use in uses]
        for table, rows in sorted(self._theirs.items()):
            if stay := self._running(table, rows):
                lines.append(f"{table} {_keys(table, stay)}")
        for (table, names), keys in sorted(self._fields.items()):
            if stay := self._running(table, keys, names):
                lines.append(f"{table} {_keys(table, stay)}: {', '.join(names)}")
        return lines + self._beside

    def _running(self, table: str, keys: Collection[str], names: Collection[str] = ()) -> list[str]:
        """Of rows, or fields of rows, that are another's those that run as they are to: the others are changes."""
        now, rows = self._there.running.get(table, {}), self.rows.get(table, {})

        def part(row: Row) -> Row:
            return {name: value for name, value in row.items() if not names or name in names}

        be, have = ({table: {key: part(some[key]) for key in keys if key in some}} for some in (rows, now))
        changed = {one.key for one in diff(be, have, {table})}
        return [key for key in keys if key not in changed]


def _other_use(table: str, key: str, row: Row, intended: ConfigDb) -> str:
    """What `intended` uses the port of another's row for, where that cannot be beside it; else ""."""
    ports = set(words_of(key, row))
    bundled = {name.partition("|")[2] for name in intended.get("PORTCHANNEL_MEMBER", {})}
    modes = {name.partition("|")[2]: one.get("tagging_mode") for name, one in intended.get("VLAN_MEMBER", {}).items()}
    if bundled & ports:
        return "a member of a port channel"
    if table not in _OF_PORTS and ports & {name.partition("|")[0] for name in intended.get("INTERFACE", {})}:
        return "routed"
    if table != "VLAN_MEMBER":
        return "in a VLAN" if modes.keys() & ports else ""
    twice = row.get("tagging_mode") == "untagged" and any(modes.get(port) == "untagged" for port in ports)
    return "untagged in another VLAN" if twice else ""


def _keys(table: str, keys: Collection[str]) -> str:
    return f"{len(keys)} rows" if table in SECRET_TABLES else first_of(sorted(keys, key=natural_key), _SHOWN)


def _frr_said(other: Foreign) -> list[str]:
    settings = [f"FRR {part}: {first_of(lines, _SHOWN)}" for part, lines in other.settings.items()]
    return [*settings, *([f"FRR: {first_of(other.parts, _SHOWN, '; ')}"] if other.parts else [])]
