"""The command `config`: load, reload, save, interface startup|shutdown, and those of `gcu`.

Follows sonic-utilities config/main.py of 202411; texts and exit codes as recorded from the real program.
"""

from __future__ import annotations

import argparse
import fcntl
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from sonicfab.lab.sonic import cfggen, click, db, facts, gcu, log, paths, portchannel, services

_CFGGEN = "/usr/local/bin/sonic-cfggen"
NOT_READY = 1


def main(arguments: list[str]) -> int:
    """The program."""
    if os.environ.get("SUDO_USER") is None and os.environ.get("USER") != "root":
        print("Root privileges are required for this operation", file=sys.stderr)
        return 1
    parser = click.Parser("config")
    commands = parser.commands()
    load = commands.add_parser("load", usage="[OPTIONS] [FILENAME]")
    load.add_argument("-y", "--yes", action="store_true")
    load.add_argument("filename", nargs="?", default=str(paths.CONFIG_DB))
    reload = commands.add_parser("reload", usage="[OPTIONS] [FILENAME]")
    reload.add_argument("-y", "--yes", action="store_true")
    reload.add_argument("-f", "--force", action="store_true")
    reload.add_argument("-n", "--no_service_restart", action="store_true")
    reload.add_argument("-l", "--load-sysinfo", action="store_true")
    reload.add_argument("-b", "--bypass-lock", action="store_true")
    reload.add_argument("filename", nargs="?")
    save = commands.add_parser("save", usage="[OPTIONS] [FILENAME]")
    save.add_argument("-y", "--yes", action="store_true")
    save.add_argument("filename", nargs="?", default=str(paths.CONFIG_DB))
    interface = commands.add_parser("interface", usage="[OPTIONS] COMMAND [ARGS]...")
    interface.add_argument("action", choices=["startup", "shutdown"])
    interface.add_argument("name")
    gcu.add_commands(commands)
    portchannel.add_commands(commands)
    options = parser.parse_args(arguments)
    said = " ".join(["config", *arguments])
    log.note("config", f"{said}: begins")
    ended = "a traceback"
    try:
        code = _run(options)
        ended = f"exit code {code}"
    finally:
        log.note("config", f"{said}: {ended}")
    return code


def _run(options: argparse.Namespace) -> int:
    if options.command == "load":
        return _load(options.filename, yes=options.yes)
    if options.command == "reload":
        return _reload(options)
    if options.command == "save":
        return _save(options.filename, yes=options.yes)
    if options.command == "interface":
        return _interface(options.name, options.action)
    if options.command == "portchannel":
        code = portchannel.run(options)
        services.react()
        return code
    return gcu.run(options)


def _load(filename: str, *, yes: bool) -> int:
    """Merge a file: what is not in it stays. Nothing is checked, and a missing file is no error."""
    if not yes and not _confirm(f"Load config from the file(s) {filename} ?"):
        return 1
    if not Path(filename).exists():
        print(f"The config_db file {filename} doesn't exist")
        return 0
    print(f"Running command: {_CFGGEN} -j {filename} --write-to-db", flush=True)
    db.merge(json.loads(Path(filename).read_text(encoding="utf-8")))
    services.react()
    return 0


def _reload(options: argparse.Namespace) -> int:
    """Under the lock, as the real command does everything, its refusals included."""
    if options.bypass_lock:
        return _reload_locked(options)
    with paths.RELOAD_LOCK.open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            print(f"Failed to acquire lock on {paths.RELOAD_LOCK}")
            return 1
        print(f"Acquired lock on {paths.RELOAD_LOCK}", flush=True)
        try:
            return _reload_locked(options)
        finally:
            print(f"Released lock on {paths.RELOAD_LOCK}", flush=True)


def _reload_locked(options: argparse.Namespace) -> int:
    if not options.force and not options.no_service_restart:
        if facts.lab_facts().get("system_state", "running") == "starting":
            print("System is not up. Retry later or use -f to avoid system checks")
            return NOT_READY
        if not services.swss_ready():
            print("SwSS container is not ready. Retry later or use -f to avoid system checks")
            code = services.reload_refused()
            return NOT_READY if code is None else code
    what = f"the file(s) {options.filename}" if options.filename else "the default config file(s)"
    if not options.yes and not _confirm(f"Clear current config and reload config in config_db format from {what} ?"):
        return 1
    if not options.no_service_restart:
        print("Disabling container monitoring ...")
        print("Stopping SONiC target ...", flush=True)
        services.stop_all()
        services.hang_reload()
    file = options.filename or str(paths.CONFIG_DB)
    if not Path(file).exists():
        print(f"The config file {file} doesn't exist", flush=True)
    else:
        # broken JSON raises here, after the services were stopped, and leaves them so
        given = json.loads(Path(file).read_text(encoding="utf-8"))
        _fill(file, given, load_sysinfo=options.load_sysinfo)
    if not options.no_service_restart:
        print("Restarting SONiC target ...", flush=True)
        services.reset_failed()
        services.start_all()
        print("Enabling container monitoring ...")
        print("Reloading Monit configuration ...", flush=True)
    return 0


def _fill(file: str, given: dict[str, Any], *, load_sysinfo: bool) -> None:
    """Empty CONFIG_DB and fill it from init_cfg.json and the file, then migrate."""
    localhost = (given.get("DEVICE_METADATA") or {}).get("localhost") or {}
    db.flush()
    if load_sysinfo or not localhost.get("platform") or not localhost.get("mac"):
        sku = localhost.get("hwsku", "")
        print(f"Running command: {_CFGGEN} -H -k {sku} --write-to-db", flush=True)
        cfggen.main(["-H", "-k", sku, "--write-to-db"])
    print(f"Running command: {_CFGGEN} -j {paths.INIT_CFG} -j {file} --write-to-db", flush=True)
    init = json.loads(paths.INIT_CFG.read_text(encoding="utf-8"))
    db.merge(cfggen.deep_update(init, given))
    db.set_initialized()
    print("Running command: /usr/local/bin/db_migrator.py -o migrate", flush=True)
    migrate()


def migrate() -> None:
    """The parts of db_migrator.py that matter to a rendered config.

    migrate_routing_config_mode(): minigraph.xml and golden_config_db.json reset the routing mode; bare rows are
    added for addresses without one; VERSIONS becomes that of the image.
    """
    config = db.read()
    commands: list[list[str]] = []
    mode = _forced_mode()
    if mode is not None:
        commands.append(["HSET", "DEVICE_METADATA|localhost", "docker_routing_config_mode", mode])
    for table in ("INTERFACE", "LOOPBACK_INTERFACE", "VLAN_INTERFACE", "PORTCHANNEL_INTERFACE"):
        rows = config.get(table, {})
        bare = {key.partition("|")[0] for key in rows} - rows.keys()
        commands += [["HSET", f"{table}|{name}", "NULL", "NULL"] for name in sorted(bare)]
    version = str(facts.lab_facts()["database_version"])
    commands.append(["HSET", "VERSIONS|DATABASE", "VERSION", version])
    db.run(commands)


def _forced_mode() -> str | None:
    golden = paths.ETC / "golden_config_db.json"
    if (paths.ETC / "minigraph.xml").exists():
        return "separated"
    if golden.exists():
        metadata = json.loads(golden.read_text(encoding="utf-8")).get("DEVICE_METADATA", {}).get("localhost", {})
        return str(metadata.get("docker_routing_config_mode"))
    return None


def _save(filename: str, *, yes: bool) -> int:
    if not yes and not _confirm("Existing files will be overwritten, continue?"):
        return 1
    command = f"{_CFGGEN} -d --print-data > {filename}"
    print(f"Running command: {command}", flush=True)
    done = subprocess.run(["/bin/sh", "-c", f': > "{filename}"'], check=False)
    if done.returncode:
        return done.returncode
    text = json.dumps(_natural(db.read()), indent=4)
    Path(filename).write_text(text, encoding="utf-8")
    return 0


def _interface(name: str, action: str) -> int:
    table = "PORTCHANNEL" if name.startswith("PortChannel") else "PORT"
    if name not in db.read().get(table, {}):
        print(f"Usage: config interface {action} [OPTIONS] <interface_name>", file=sys.stderr)
        print("Error: Interface name is invalid. Please enter a valid interface name!!", file=sys.stderr)
        return 2
    db.merge({table: {name: {"admin_status": "up" if action == "startup" else "down"}}})
    services.react()
    return 0


def _natural(value: Any) -> Any:  # noqa: ANN401 - any JSON
    if not isinstance(value, dict):
        return value
    return {key: _natural(value[key]) for key in sorted(value, key=db.natural)}


def _confirm(question: str) -> bool:
    try:
        answer = input(f"{question} [y/N]: ")
    except EOFError:
        print("Aborted!", file=sys.stderr)
        return False
    return answer.strip().lower() in ("y", "yes")
