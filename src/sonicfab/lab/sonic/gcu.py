"""`config apply-patch`, `replace`, `rollback` and the checkpoints: the generic config updater.

Follows sonic-utilities config/main.py and generic_config_updater/ of 202411; texts and exit codes as recorded from
the real programs. There is no YANG library here: of the models, it knows which tables have one, and the few rules of
`_invalid`. The order of the changes and their number are its own, and it takes no time.
"""

from __future__ import annotations

import argparse
import copy
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NoReturn

from sonicfab.lab.sonic import db, facts, paths, services

CHECKPOINTS = paths.ETC / "checkpoints"
_DAEMONS_TABLES = ("BUFFER_PG", "BUFFER_PROFILE", "FLEX_COUNTER_TABLE")
"""Not compared afterwards, because daemons write there, too: change_applier.py."""
_ILLEGAL = ("/PFC_WD/GLOBAL/POLL_INTERVAL", "/PFC_WD/GLOBAL", "/LOOPBACK_INTERFACE/Loopback0")
"""Must not be removed: gu_common.py validate_field_operation."""
_BARE = {  # (what the row refers to, the list of the model): its reference, as libyang writes it
    "INTERFACE": ("sonic-interface", "sonic-port:PORT/sonic-port:PORT_LIST"),
    "LOOPBACK_INTERFACE": ("sonic-loopback-interface", ""),
}

Operation = dict[str, Any]
Config = dict[str, Any]


_ARGUMENTS = {
    "apply-patch": "PATCH_FILE_PATH",
    "replace": "TARGET_FILE_PATH",
    "rollback": "CHECKPOINT_NAME",
    "checkpoint": "CHECKPOINT_NAME",
    "delete-checkpoint": "CHECKPOINT_NAME",
    "list-checkpoints": "",
}
"""What click calls the argument of each command."""


class GcuError(Exception):
    """What the command refuses."""


def add_commands(commands: Any) -> None:  # noqa: ANN401 - argparse has no public name for it
    """Its commands, among those of `config`."""
    for name, argument in (("apply-patch", "file"), ("replace", "file"), ("rollback", "name")):
        parser: argparse.ArgumentParser = commands.add_parser(name, usage=f"[OPTIONS] {_ARGUMENTS[name]}")
        parser.add_argument("-d", "--dry-run", action="store_true")
        parser.add_argument("-v", "--verbose", action="store_true")
        parser.add_argument(argument, metavar=_ARGUMENTS[name])
    for name in ("checkpoint", "delete-checkpoint"):
        usage = f"[OPTIONS] {_ARGUMENTS[name]}"
        commands.add_parser(name, usage=usage).add_argument("name", metavar=_ARGUMENTS[name])
    commands.add_parser("list-checkpoints")


def run(options: argparse.Namespace) -> int:
    """The command; none of its failures is a traceback, all end with 2."""
    if getattr(options, "dry_run", False):
        print("** DRY RUN EXECUTION **")
    try:
        {
            "apply-patch": _apply_patch,
            "replace": _replace,
            "rollback": _rollback,
            "checkpoint": _checkpoint,
            "delete-checkpoint": _delete_checkpoint,
            "list-checkpoints": _list_checkpoints,
        }[options.command](options)
    except (GcuError, OSError, ValueError) as err:
        sys.stdout.flush()
        return _fail(options.command, str(err))
    return 0


def _fail(command: str, reason: str) -> int:
    first = {
        "apply-patch": f"Failed to apply patch due to: {reason}",
        "replace": "Failed to replace config",
        "rollback": "Failed to rollback config",
        "checkpoint": "Failed to create a config checkpoint",
        "delete-checkpoint": "Failed to delete config checkpoint",
        "list-checkpoints": "Failed to list config checkpoints",
    }[command]
    print(f"{first}\nUsage: config {command} [OPTIONS] {_ARGUMENTS[command]}", file=sys.stderr)
    print(f'Try "config {command} -h" for help.\n\nError: {reason}', file=sys.stderr)
    return 2


def _apply_patch(options: argparse.Namespace) -> None:
    patch = json.loads(Path(options.file).read_text(encoding="utf-8"))
    if not isinstance(patch, list):
        raise GcuError("Document is expected to be sequence of operations")
    try:
        target = _patched(patch, _running())
    except GcuError as err:
        raise GcuError(f"Validate json patch: {json.dumps(patch)} failed due to:{err}") from err
    known = _tables_with_models()
    if known and (others := sorted(target.keys() - known)):
        print(f"sonic_yang(6):Note: Below table(s) have no YANG models: {', '.join(others)}")
    if wrong := _invalid(target):
        for value, place in wrong:
            print(f"libyang[0]: {value} (path: {place})", file=sys.stderr)
        print(f"sonic_yang(3):Data Loading Failed:{wrong[0][0]}")
        raise GcuError(f"Validate json patch: {json.dumps(patch)} failed due to:Data Loading Failed\n{wrong[0][0]}")
    try:
        _update(patch, dry_run=options.dry_run, verbose=options.verbose)
    except GcuError as err:
        raise GcuError(f"Failed to apply patch on the following scopes:\n- localhost: {err}") from err
    print("Patch applied successfully.")


def _update(patch: list[Operation], *, dry_run: bool, verbose: bool) -> None:
    """PatchApplier.apply() of generic_updater.py."""
    _say("localhost: Patch application starting.")
    _say(f"localhost: Patch: {json.dumps(patch)}")
    _say("localhost getting current config db.")
    running = _running()
    _say("localhost: simulating the target full config after applying the patch.")
    target = _patched(patch, running)
    _say("localhost: validating all JsonPatch operations are permitted on the specified fields")
    removed = {one["path"] for one in _difference(running, target) if one["op"] == "remove"}
    for path in _ILLEGAL:
        if path in removed:
            raise GcuError(f"Given patch operation is invalid. Operation: remove is illegal on field: {path}")
    _say("localhost: validating target config does not have empty tables,")
    print("                            since they do not show up in ConfigDb.")
    if empty := [name for name in target if not target[name]]:
        gap = " " * 33
        names = f"Table{'s' * (len(empty) != 1)}: {', '.join(empty)}"
        what = f"given patch is not valid because it will result in empty tables{gap}which is not allowed in ConfigDb."
        raise GcuError(f"localhost: {what}{gap}{names}")
    _say("localhost: sorting patch updates.")
    _check(patch, running, target, verbose=verbose)
    changes = list(_changes(running, target))
    count = f"{len(changes)} change{'s' * (len(changes) != 1)}"
    end = ":" if changes else "."
    _say(f"The localhost patch was converted into {count}{end}")
    _say(f"localhost: applying {count} in order{end}")
    for change in changes:
        _say(f"  * {json.dumps([change])}")
        if dry_run:
            print(f"** DryRun: Would apply {json.dumps([change])}")
        else:
            _write(change)
    _say("localhost: verifying patch updates are reflected on ConfigDB.")
    if not dry_run and _compared(db.read()) != _compared(target):
        raise GcuError("localhost: after applying patch to config, there are still some parts not updated")
    _say("localhost patch application completed.")


def _running() -> Config:
    """In the order of `sonic-cfggen -d --print-data`."""
    config: Config = json.loads(json.dumps(db.read(), sort_keys=True))
    return config


def _say(text: str) -> None:
    print(f"Patch Applier: {text}", flush=True)


def _check(patch: list[Operation], running: Config, target: Config, *, verbose: bool) -> None:
    """StrictPatchSorter.sort() of patch_sorter.py, before it sorts."""
    if verbose:
        print("Patch Sorter - Strict: Validating patch is not making changes to tables without YANG models.")
    known = _tables_with_models()
    tables = {_steps(one["path"])[0] for one in patch}
    if "bgpraw" in tables or (known and not tables <= known):
        raise GcuError("Given patch is not valid because it has changes to tables without YANG models")
    if verbose:
        print("Patch Sorter - Strict: Validating target config according to YANG models.")
    wrong = _invalid(target)
    reason = f"Data Loading Failed\n{wrong[0][0]}" if wrong else _lanes(target)
    if reason:
        raise GcuError(f"Given patch will produce invalid config. Error: {reason}")
    if verbose:
        print("Patch Sorter - Strict: Sorting patch updates.")
    wrong = _invalid(running)
    if wrong:  # also of the patch that would repair it
        raise GcuError(f"Data Loading Failed\n{wrong[0][0]}")


def _tables_with_models() -> set[str]:
    """Of the switch's build; none when they are not known."""
    return set(facts.lab_facts().get("yang_tables", ()))


def _invalid(config: Config) -> list[tuple[str, str]]:
    """The few rules of the models that are here: what libyang says, and where; a wrong value hides the references."""
    for port, row in sorted(config.get("PORT", {}).items()):
        mtu = str(row.get("mtu", "9100"))
        if not mtu.isdigit() or not 68 <= int(mtu) <= 9216:  # sonic-port.yang
            place = f"/sonic-port:sonic-port/PORT/PORT_LIST[name='{port}']/mtu"
            return [(f'Invalid value "{mtu}" in "mtu" element.', place)]
    return [one for table in _BARE for key in sorted(config.get(table, {})) for one in _dangling(config, table, key)]


def _dangling(config: Config, table: str, key: str) -> Iterator[tuple[str, str]]:
    """An address row refers to the bare row beside it, the bare row of an interface to its port."""
    module, reference = _BARE[table]
    name, _, address = key.partition("|")
    place = f"/{module}:{module}/{table}/{table}_"
    if address and name not in config[table]:
        leaf = f"../../{table}_LIST/name"
        place += f"IPPREFIX_LIST[name='{name}'][ip-prefix='{address}']/name"
    elif reference and not address and name not in config.get("PORT", {}):
        leaf = f"/sonic-port:sonic-port/{reference}/sonic-port:name"
        place += f"LIST[name='{name}']/name"
    else:
        return
    yield f'Leafref "{leaf}" of value "{name}" points to a non-existing leaf.', place


def _lanes(config: Config) -> str:
    """validate_lanes() of gu_common.py."""
    users: dict[str, str] = {}
    for port, row in config.get("PORT", {}).items():
        for lane in (one.strip() for one in row.get("lanes", "").split(",")):
            if lane and not lane.isdigit():
                return f"PORT '{port}' has an invalid lane '{lane}'"
            other = users.setdefault(lane, port)
            if lane and other != port:
                both = ", ".join(f"'{name}'" for name in sorted((other, port)))
                return f"'{lane}' lane is used multiple times in PORT: {{{both}}}"
    return ""


def _changes(running: Config, target: Config) -> Iterator[Operation]:
    """One after the other: what goes, before what it refers to; what comes, the other way round.

    A port that gets other lanes is removed and added again, with what refers to it: lanes are create-only.
    """
    old = copy.deepcopy(running)
    for port, row in target.get("PORT", {}).items():
        if row.get("lanes") != running.get("PORT", {}).get(port, row).get("lanes"):
            for table in ("INTERFACE", "PORT"):
                for key in sorted(old.get(table, {}), key=len, reverse=True):
                    if key.partition("|")[0] == port:
                        del old[table][key]
                        yield {"op": "remove", "path": _pointer(table, key)}
    yield from _difference(old, target, sort=True)


def _difference(before: Config, after: Config, *, sort: bool = False) -> list[Operation]:
    """A patch from one config to the other; sorted, a table that keeps no row is removed and added as a whole."""
    removals: list[Operation] = []
    additions: list[Operation] = []
    for table in sorted(before.keys() | after.keys(), key=lambda name: (name != "PORT", name)):
        old, new = before.get(table), after.get(table)
        if new is None:
            addresses = [key for key in sorted(old or {}) if "|" in key and key.partition("|")[0] in (old or {})]
            removals += [{"op": "remove", "path": _pointer(table, key)} for key in addresses if sort]
            removals.append({"op": "remove", "path": _pointer(table)})
        elif not isinstance(new, dict):
            additions.append({"op": "add", "path": _pointer(table), "value": new})
        elif old is None or (sort and new and not old.keys() & new.keys()):
            removals += [{"op": "remove", "path": _pointer(table)}] if old else []
            additions.append({"op": "add", "path": _pointer(table), "value": new})
        else:
            gone = sorted(old.keys() - new.keys(), key=lambda key: (-key.count("|"), key))
            removals += [{"op": "remove", "path": _pointer(table, key)} for key in gone]
            for key in sorted(new, key=lambda key: (key.count("|"), key)):
                additions += _row_difference(table, key, old.get(key), new[key])
    return removals + additions


def _row_difference(table: str, key: str, old: dict[str, Any] | None, new: dict[str, Any]) -> Iterator[Operation]:
    if old is None:
        yield {"op": "add", "path": _pointer(table, key), "value": new}
        return
    for field in sorted(old.keys() | new.keys()):
        path = _pointer(table, key, field)
        if field not in new:
            yield {"op": "remove", "path": path}
        elif field not in old or old[field] != new[field]:
            yield {"op": "replace" if field in old else "add", "path": path, "value": new[field]}


def _write(change: Operation) -> None:
    """ChangeApplier.apply(): every row that differs is set as a whole; the daemons of SONiC react to each."""
    before = db.read()
    after = _patched([change], before)
    commands: list[list[str]] = []
    for table in sorted(before.keys() | after.keys()):
        old, new = before.get(table, {}), after.get(table, {})
        for key in sorted(old.keys() | new.keys()):
            if old.get(key) != new.get(key):
                commands += db.set_entry(f"{table}|{key}", old.get(key), new.get(key))
    db.run(commands)
    services.react()


def _compared(config: Config) -> Config:
    return {table: rows for table, rows in config.items() if table not in _DAEMONS_TABLES and rows}


def _replace(options: argparse.Namespace) -> None:
    _replace_by(json.loads(Path(options.file).read_text(encoding="utf-8")), options)
    print("Config replaced successfully.")


def _replace_by(target: Config, options: argparse.Namespace) -> None:
    """ConfigReplacer.replace(); bgpraw of `show runningconfiguration all` is not taken out of the target."""
    say = "Config Replacer:"
    print(f"{say} Config replacement starting.\n{say} Target config length: {len(json.dumps(target))}.")
    print(f"{say} Getting current config db.\n{say} Generating patch between target config and current config db.")
    patch = _difference(_running(), target)
    print(f"{say} Applying patch using 'Patch Applier'.")
    _update(patch, dry_run=options.dry_run, verbose=options.verbose)
    print(f"{say} Verifying config replacement is reflected on ConfigDB.")
    print(f"{say} Config replacement completed.")


def _rollback(options: argparse.Namespace) -> None:
    say = "Config Rollbacker:"
    print(f"{say} Config rollbacking starting.\n{say} Checkpoint name: {options.name}.")
    print(f"{say} Verifying '{options.name}' exists.")
    file = _existing(options.name)
    print(f"{say} Loading checkpoint into memory.\n{say} Replacing config using 'Config Replacer'.")
    _replace_by(json.loads(file.read_text(encoding="utf-8")), options)
    print(f"{say} Config rollbacking completed.\nConfig rolled back successfully.")


def _checkpoint(options: argparse.Namespace) -> None:
    """Overwrites one of the same name, and checks nothing."""
    say, file = "Config Rollbacker:", _file(options.name)
    print(f"{say} Config checkpoint starting.\n{say} Checkpoint name: {options.name}.")
    print(f"{say} Getting current config db.\n{say} Getting checkpoint full-path.")
    print(f"{say} Ensuring checkpoint directory exist.\n{say} Saving config db content to {file}.")
    CHECKPOINTS.mkdir(exist_ok=True)
    file.write_text(json.dumps(_running()), encoding="utf-8")
    print(f"{say} Config checkpoint completed.\nCheckpoint created successfully.")


def _delete_checkpoint(options: argparse.Namespace) -> None:
    say = "Config Rollbacker:"
    print(f"{say} Deleting checkpoint starting.\n{say} Checkpoint name: {options.name}.")
    print(f"{say} Checking checkpoint exists.")
    file = _existing(options.name)
    print(f"{say} Deleting checkpoint.")
    file.unlink()
    print(f"{say} Deleting checkpoint completed.\nCheckpoint deleted successfully.")


def _list_checkpoints(_options: argparse.Namespace) -> None:
    names = [file.name.removesuffix(".cp.json") for file in CHECKPOINTS.glob("*.cp.json")]
    print(json.dumps(names, indent=4))


def _file(name: str) -> Path:
    return CHECKPOINTS / f"{name}.cp.json"


def _existing(name: str) -> Path:
    if not _file(name).is_file():
        raise GcuError(f"Checkpoint '{name}' does not exist")
    return _file(name)


def _pointer(*steps: str) -> str:
    return "".join("/" + step.replace("~", "~0").replace("/", "~1") for step in steps)


def _steps(path: str) -> list[str]:
    if not path.startswith("/"):
        raise GcuError("Location must start with /" if path else "Wrong patch with empty path.")
    return [step.replace("~1", "/").replace("~0", "~") for step in path.split("/")[1:]]


def _patched(patch: list[Operation], config: Config) -> Config:
    """RFC 6902, with the complaints of the library jsonpatch."""
    document = copy.deepcopy(config)
    for one in patch:
        if not isinstance(one, dict) or not {"op", "path"} <= one.keys():
            raise GcuError("Operation does not contain 'op' member")
        op = one["op"]
        if op in ("add", "replace", "test") and "value" not in one:
            raise GcuError("The operation does not contain a 'value' member")
        if op in ("move", "copy"):
            value = copy.deepcopy(_get(document, _steps(one["from"])))
            if op == "move":
                _set(document, "remove", _steps(one["from"]), None)
            _set(document, "add", _steps(one["path"]), value)
        elif op == "test":
            found, value = _get(document, _steps(one["path"])), one["value"]
            if found != value:
                raise GcuError(f"{found} ({type(found)}) is not equal to tested value {value} ({type(value)})")
        elif op in ("add", "remove", "replace"):
            _set(document, op, _steps(one["path"]), copy.deepcopy(one.get("value")))
        else:
            raise GcuError(f"Unknown operation {op!r}")
    return document


def _get(node: Any, steps: list[str]) -> Any:  # noqa: ANN401 - any JSON
    for step in steps:
        if isinstance(node, list):
            node = node[_index(node, step)]
        elif isinstance(node, dict) and step in node:
            node = node[step]
        else:
            raise GcuError(f"member '{step}' not found in {node}")
    return node


def _set(document: Config, op: str, steps: list[str], value: Any) -> None:  # noqa: ANN401 - any JSON
    parent, last = _get(document, steps[:-1]), steps[-1]
    if isinstance(parent, list):
        if op == "add":
            parent.insert(len(parent) if last == "-" else _index(parent, last, len(parent)), value)
        elif op == "remove":
            del parent[_index(parent, last)]
        else:
            parent[_index(parent, last)] = value
        return
    if not isinstance(parent, dict):
        _not_there(op, last)
    if op != "add" and last not in parent:
        _not_there(op, last)
    if op == "remove":
        del parent[last]
    else:
        parent[last] = value


def _not_there(op: str, name: str) -> NoReturn:
    raise GcuError(f"can't {op} a non-existent object '{name}'")


def _index(items: list[Any], step: str, limit: int | None = None) -> int:
    if not step.isdigit() or int(step) > (len(items) - 1 if limit is None else limit):
        raise GcuError(f"list index '{step}' out of range")
    return int(step)
