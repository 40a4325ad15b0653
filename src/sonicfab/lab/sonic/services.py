"""The containers `bgp` and `lldp` and what systemd knows of them.

bgp follows sonic-buildimage dockers/docker-fpm-frr/{docker_init.sh,frr/supervisord/supervisord.conf.j2} and
files/build_templates/bgp.service.j2 (StartLimitBurst=3 in 1200 s); lldp follows dockers/docker-lldp/lldpmgrd.
"""

from __future__ import annotations

import fcntl
import json
import os
import pwd
import signal
import subprocess
import time
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from sonicfab.lab.sonic import bgpcfg, channels, db, frrcfgd, kernel, paths, staticroutes
from sonicfab.lab.sonic.facts import lab_facts
from sonicfab.lab.sonic.marks import is_active

START_LIMIT = 3
START_INTERVAL = 1200.0
_FRR_BIN = Path("/usr/lib/frr")
_FRR_RUN = Path("/run/frr")
_REDIS = Path("/run/redis")
_MODULES = ("dplane_fpm_nl", "zebra_fpm")


class StartLimitError(RuntimeError):
    """The service was started too often."""


def active_since(service: str) -> float:
    """When it was started, by the monotonic clock; 0 when it does not run."""
    file = paths.STATE / f"{service}.since"
    return float(file.read_text(encoding="utf-8")) if file.exists() else 0.0


def swss_ready() -> bool:
    """What `config reload` asks before it begins: config/main.py _swss_ready() wants swss up for 120 s.

    A lab may let that time pass faster (`swss_ready_after`), and a fault of a lab may stretch it.
    """
    if reload_refused() is not None:
        return False
    age = time.monotonic() - active_since("swss")
    return is_active("swss") and age >= float(lab_facts()["swss_ready_after"])


def reload_refused() -> int | None:
    """The exit code with which a fault of the lab has `config reload` refused for now."""
    file = paths.STATE / "reload.refused"
    if not file.exists():
        return None
    until, _, code = file.read_text(encoding="utf-8").partition(" ")
    return int(code) if time.time() < float(until) else None


def hang_reload() -> None:
    """Stand still for as long as a fault of the lab lasts, which is for the next few reloads and no more."""
    file = paths.STATE / "reload.hangs"
    if not file.exists() or not (left := int(file.read_text(encoding="utf-8"))):
        return
    file.write_text(str(left - 1), encoding="utf-8")
    while file.exists():
        time.sleep(0.1)


def reset_failed() -> None:
    """`systemctl reset-failed`: forget the starts."""
    (paths.STATE / "bgp.starts").unlink(missing_ok=True)


@contextmanager
def job(*services: str) -> Iterator[None]:
    """A job of systemd: one of a unit at a time, the next when it is done (systemd.unit(5), systemctl(1))."""
    with ExitStack() as stack:
        for service in sorted(services):
            lock = stack.enter_context((paths.STATE / f"{service}.job").open("w"))
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def stop_all() -> None:
    """`systemctl stop sonic.target`."""
    with job("bgp", "lldp", "swss"):
        for stop in (stop_lldp, stop_bgp, stop_swss):
            stop()


def start_all() -> None:
    """`systemctl restart sonic.target`."""
    config = db.read()
    with job("bgp", "lldp", "swss"):
        # an ASIC takes longer to bring its ports up than FRR to start: both ends of a link hear each other's first
        # router advertisement, the next of which comes 10 s later
        _mark("teamd")
        kernel.apply(config, ports_up=False)
        # containers start side by side, and lldpd takes most of a second to let lldpcli in
        from concurrent.futures import ThreadPoolExecutor  # here, for it takes longer to load than `show` to run

        with ThreadPoolExecutor(1) as pool:
            lldp = pool.submit(start_lldp, config)
            start_bgp(config)
            lldp.result()
        start_swss(config)


def start_swss(config: db.Config) -> None:
    """Ports and addresses; teamd.service is started with it (files/build_templates/teamd.service.j2)."""
    _mark("teamd")
    kernel.apply(config)
    _mark("swss")


def stop_swss() -> None:
    """Ports down, addresses gone."""
    _unmark("teamd")
    _unmark("swss")
    kernel.stop()


def start_teamd(config: db.Config) -> None:
    """Port channels."""
    _mark("teamd")
    kernel.apply(config)


def stop_teamd() -> None:
    """Port channels gone, and the addresses with them."""
    _unmark("teamd")
    channels.remove_all()


def start_bgp(config: db.Config) -> None:
    """Start the bgp container: docker_init.sh, the daemons, `vtysh -b`, bgpcfgd.

    Raises:
        StartLimitError: it was started three times within 20 minutes already.
    """
    _count_start()
    metadata = config.get("DEVICE_METADATA", {}).get("localhost", {})
    # the start script of the build: which files of FRR survive, and which lines are appended to them
    subprocess.run(["sh", str(paths.BGP_START)], capture_output=True, check=True)
    # supervisord.conf.j2: bfdd only with frr_mgmt_framework_config "true"; mgmtd where this FRR has it
    framework = metadata.get("frr_mgmt_framework_config") == "true"
    bfdd = framework or not lab_facts()["bfd_needs_mgmt_framework"]
    daemons = ["mgmtd", "zebra", "staticd", "bgpd", *(["bfdd"] if bfdd else [])]
    for daemon in daemons:
        _start_daemon(daemon)
    (paths.STATE / "zebra.kept").unlink(missing_ok=True)
    mode = metadata.get("docker_routing_config_mode", "")
    if mode in ("unified", lab_facts()["routing_config_mode"]):
        _load_frr_conf()
    _mark("bgp")
    if framework:
        frrcfgd.remember(config)
    else:
        bgpcfg.run(config)
        staticroutes.forget()
        bgpcfg.configure(staticroutes.changes(config))
    _keep(config)


def _keep(config: db.Config) -> None:
    """Tell zebra of interfaces that it would not survive the end of: lab/planned.py _kept. No config shows it."""
    told = paths.STATE / "zebra.kept"
    known = set(told.read_text(encoding="utf-8").split()) if told.exists() else set()
    names = {name for table in lab_facts()["kept"] for name in config.get(table, {})}
    if names - known:
        bgpcfg.configure([line for name in sorted(names - known) for line in (f"interface {name}", "exit")])
        told.write_text("\n".join(names | known), encoding="utf-8")


def react() -> None:
    """What SONiC's daemons do when CONFIG_DB has been written: ports and addresses, and routes that bgpcfgd makes."""
    config = db.read()
    kernel.apply(config)
    if is_active("bgp"):
        _keep(config)
    framework = config.get("DEVICE_METADATA", {}).get("localhost", {}).get("frr_mgmt_framework_config") == "true"
    if is_active("bgp") and framework and (lines := frrcfgd.changes(config)):
        bgpcfg.configure(lines)
    if is_active("bgp") and not framework and (lines := staticroutes.changes(config)):
        bgpcfg.configure(lines)


def _load_frr_conf() -> None:
    """`vtysh -b`, without the line `frr version`.

    That line names the build's FRR, and a newer one then takes the defaults of that release and prints what it would
    not print there: with 8.1, FRR 8.4 has `no bgp hard-administrative-reset`.
    """
    integrated = paths.FRR / "frr.conf"
    if not integrated.exists():
        return
    lines = integrated.read_text(encoding="utf-8").splitlines(keepends=True)
    loaded = paths.STATE / "frr.conf.loaded"
    loaded.write_text("".join(line for line in lines if not line.startswith("frr version ")), encoding="utf-8")
    # supervisord does not look at its exit code: a bad line comes up silently short
    subprocess.run([bgpcfg.VTYSH, "-f", str(loaded)], capture_output=True, check=False)


def stop_bgp() -> None:
    """Stop the bgp container: all FRR daemons."""
    _unmark("bgp")
    _end([_pid(file) for file in _FRR_RUN.glob("*.pid")])


def start_lldp(config: db.Config) -> bool:
    """Start lldpd; as lldpmgrd does, a port's id is its alias and its description that of PORT.

    False when it cannot be: a lab without root may not run lldpcli (`lab doctor` says so). The reason is in its log.
    """
    metadata = config.get("DEVICE_METADATA", {}).get("localhost", {})
    lines = [f"configure system hostname {metadata.get('hostname', 'sonic')}", "configure lldp tx-interval 5"]
    for name, port in config.get("PORT", {}).items():
        line = f"configure ports {name} lldp portidsubtype local {port.get('alias', name)}"
        description = port.get("description")
        lines.append(f'{line} description "{description}"' if description else line)
    command = ["lldpd", "-I", "Ethernet*,eth0", "-C", "eth0", "-S", "SONiC"]
    try:
        # lldpd is silent until it has read this: no frame goes out whose port id is still a MAC address
        Path("/etc/lldpd.d").mkdir(exist_ok=True)
        Path("/etc/lldpd.d/sonic.conf").write_text("\n".join([*lines, ""]), encoding="utf-8")
        Path("/run/lldpd").mkdir(exist_ok=True)
        user = pwd.getpwnam("_lldpd")
        os.chown("/run/lldpd", user.pw_uid, user.pw_gid)
        subprocess.run(command, capture_output=True, text=True, check=True)
        # on a busy machine lldpd's own lldpcli may give up before it says so: lldpd would be silent for ever
        told = "\n".join([*lines, "resume", ""])
        subprocess.run(["lldpcli"], input=told, capture_output=True, text=True, check=True)
    except (OSError, LookupError, subprocess.CalledProcessError) as err:
        reason = err.stderr if isinstance(err, subprocess.CalledProcessError) else str(err)
        Path("/var/log/lldpd.log").write_text(f"{reason.strip()}\n", encoding="utf-8")
        _end(_named("lldpd"))  # without what lldpcli tells it, it would say nothing for ever
        return False
    _mark("lldp")
    return True


def restart_redis() -> None:
    """An empty one, as `switch-start.sh` starts it."""
    _end([_pid(_REDIS / "redis.pid")])
    (_REDIS / "redis.sock").unlink(missing_ok=True)
    options = {"port": "0", "unixsocket": str(_REDIS / "redis.sock"), "unixsocketperm": "777", "save": ""}
    options |= {"appendonly": "no", "daemonize": "yes", "databases": "16", "logfile": "/var/log/redis.log"}
    options |= {"pidfile": str(_REDIS / "redis.pid")}
    words = [word for name, value in options.items() for word in (f"--{name}", value)]
    subprocess.run(["redis-server", *words], capture_output=True, check=True)
    deadline = time.monotonic() + 10
    while not (_REDIS / "redis.sock").exists() and time.monotonic() < deadline:
        time.sleep(0.02)


def stop_lldp() -> None:
    """Stop lldpd: its monitor, and the child that holds the lock on its socket."""
    _unmark("lldp")
    _end(_named("lldpd"))


def _start_daemon(name: str) -> None:
    program = _FRR_BIN / name
    if not program.exists():
        return
    command = [str(program), "-d", "-A", "127.0.0.1", "--log", f"file:/var/log/frr/{name}.log"]
    if name == "zebra":
        command += ["-s", "90000000", *_fpm_module()]
    # into a file: FRR 10's mgmtd keeps what it was given open, and a pipe would never end
    said = paths.STATE / f"{name}.said"
    with said.open("w", encoding="utf-8") as out:
        done = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=out, stderr=out, check=False)
    if done.returncode:
        raise RuntimeError(f"{name} does not start: {said.read_text(encoding='utf-8').strip()}")


def _fpm_module() -> list[str]:
    # Debian's place, and that of FRR's own packages; all of /usr/lib is too much to look through
    folders = [*Path("/usr/lib").glob("*/frr/modules"), Path("/usr/lib/frr/modules")]
    for name in _MODULES:
        if any((folder / f"{name}.so").exists() for folder in folders):
            return ["-M", name]
    return []


def _count_start() -> None:
    file = paths.STATE / "bgp.starts"
    now = time.monotonic()
    starts: list[float] = json.loads(file.read_text(encoding="utf-8")) if file.exists() else []
    starts = [start for start in starts if now - start < START_INTERVAL]
    if len(starts) >= START_LIMIT:
        raise StartLimitError
    file.write_text(json.dumps([*starts, now]), encoding="utf-8")


def _mark(service: str) -> None:
    (paths.STATE / f"{service}.since").write_text(str(time.monotonic()), encoding="utf-8")


def _unmark(service: str) -> None:
    (paths.STATE / f"{service}.since").unlink(missing_ok=True)


def _named(program: str) -> list[int]:
    found: list[int] = []
    for file in Path("/proc").glob("[0-9]*/comm"):
        try:
            if file.read_text(encoding="utf-8").strip() == program:
                found.append(int(file.parent.name))
        except OSError:
            continue  # it has just ended
    return found


def _pid(file: Path) -> int:
    try:
        return int(file.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return 0


def _end(pids: Iterable[int]) -> None:
    """SIGTERM, and SIGKILL for those that are still there after five seconds."""
    waiting = [pid for pid in pids if pid and _signal(pid, signal.SIGTERM)]
    deadline = time.monotonic() + 5
    while waiting and time.monotonic() < deadline:
        time.sleep(0.02)
        waiting = [pid for pid in waiting if _signal(pid, 0)]
    for pid in waiting:
        _signal(pid, signal.SIGKILL)


def _signal(pid: int, number: int) -> bool:
    try:
        os.kill(pid, number)
    except ProcessLookupError:
        return False
    return True
