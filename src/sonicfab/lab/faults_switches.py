"""Faults of a switch as a whole: its management, its programs, its power, its disk."""

from __future__ import annotations

import os
import time
from functools import partial

from sonicfab.errors import LabError
from sonicfab.lab.faults_base import Amount, Fault, FaultPlace, Lab, Undo
from sonicfab.lab.inside import copy_out
from sonicfab.lab.requests import ask

# which starts of the bgp container systemd remembers stays as it was: an exact undo uses none of the three
_BGP_AGAIN = """\
starts=/run/sonic/bgp.starts
[ ! -e $starts ] || cp -p $starts $starts.kept
systemctl reset-failed bgp
systemctl "$1" bgp || exit 1
if [ -e $starts.kept ]; then mv $starts.kept $starts; else rm -f $starts; fi
"""
_STARTS = "/run/sonic/bgp.starts"
# three starts just now, by the clock that services.py goes by
_LIMIT = f"""\
cat {_STARTS} 2> /dev/null
read -r now _ < /proc/uptime
echo "[$now, $now, $now]" > {_STARTS}
"""
_KILL_REDIS = """\
set -e
cli="redis-cli -s /run/redis/redis.sock"
[ "$($cli save)" = OK ]
dir=$($cli config get dir | tail -n 1)
[ "$dir" = /run/redis ] || mv "$dir/dump.rdb" /run/redis/dump.rdb
kill -KILL "$(cat /run/redis/redis.pid)"
rm -f /run/redis/redis.sock /run/redis/redis.pid
"""
_REDIS_AGAIN = """\
set -e
redis-server --port 0 --unixsocket /run/redis/redis.sock --unixsocketperm 777 --save '' --appendonly no \\
  --daemonize yes --databases 16 --logfile /var/log/redis.log --pidfile /run/redis/redis.pid \\
  --dir /run/redis > /dev/null
until redis-cli -s /run/redis/redis.sock ping 2> /dev/null | grep -q PONG; do sleep 0.05; done
rm /run/redis/dump.rdb
"""
# again when somebody has written something in between: no file system gets smaller than what is on it
_SHRINK = """\
tries=0
until mount -o "remount,size=$(df -k --output=used / | tail -n 1 | tr -d ' ')k" / 2> /dev/null; do
  tries=$((tries + 1))
  [ $tries -lt 50 ] || { echo "the disk is written to all the time" >&2; exit 1; }
done
"""
# what a switch keeps without power: switch-root.sh puts it back
_DISK = ("tar", "-C", "/", "-cf", "-", "etc/sonic", "etc/systemd", "home", "var/log")
_DARK = """\
for port in $(ip -br link show type veth | cut -d@ -f1); do
  echo "link set $port down"; echo "addr flush dev $port"
done
[ ! -e /sys/class/net/Loopback0 ] || echo "link del Loopback0"
echo "addr flush dev eth0"
echo "link set eth0 down"
"""


def _gate(mode: str, lab: Lab, targets: tuple[FaultPlace, ...], amount: int) -> Undo:
    switch = targets[0].switch
    ask(lab.state.folder, do="gate", switch=switch, mode=mode, seconds=amount)
    if mode != "slow":  # connections that are there break, too
        lab.inside(switch, "pkill -KILL -x sshd", check=False)
    return {}


def _open_gate(lab: Lab, targets: tuple[FaultPlace, ...], _undo: Undo) -> None:
    ask(lab.state.folder, do="gate", switch=targets[0].switch, mode="open")


def _kill(program: str, lab: Lab, targets: tuple[FaultPlace, ...], _amount: int) -> Undo:
    _wants(lab, targets[0], program)
    # until none is left: the monitor of lldpd may have started another child meanwhile
    lab.inside(targets[0].switch, 'while pkill -KILL -x "$1"; do sleep 0.05; done', program)
    return {}


def _wants(lab: Lab, target: FaultPlace, program: str) -> None:
    if not lab.inside(target.switch, 'pgrep -x "$1"', program, check=False).strip():
        raise LabError(f"{program} does not run on {target.switch}", "`sonicfab lab status` shows the faults it has")


def _restart_bgp(lab: Lab, targets: tuple[FaultPlace, ...], _undo: Undo) -> None:
    lab.inside(targets[0].switch, _BGP_AGAIN, "restart")


def _restart_lldp(lab: Lab, targets: tuple[FaultPlace, ...], _undo: Undo) -> None:
    lab.inside(targets[0].switch, "systemctl restart lldp")


def _kill_redis(lab: Lab, targets: tuple[FaultPlace, ...], _amount: int) -> Undo:
    _wants(lab, targets[0], "redis-server")
    lab.inside(targets[0].switch, _KILL_REDIS)
    return {}


def _start_redis(lab: Lab, targets: tuple[FaultPlace, ...], _undo: Undo) -> None:
    lab.inside(targets[0].switch, _REDIS_AGAIN)


def _stop_bgp(lab: Lab, targets: tuple[FaultPlace, ...], _amount: int) -> Undo:
    if lab.inside(targets[0].switch, "systemctl is-active bgp", check=False).strip() != "active":
        raise LabError(
            f"the container bgp does not run on {targets[0]}", "`sonicfab lab heal all` starts what a fault stopped"
        )
    lab.inside(targets[0].switch, "systemctl stop bgp")
    return {}


def _start_bgp(lab: Lab, targets: tuple[FaultPlace, ...], _undo: Undo) -> None:
    lab.inside(targets[0].switch, _BGP_AGAIN, "start")


def _reach_start_limit(lab: Lab, targets: tuple[FaultPlace, ...], _amount: int) -> Undo:
    return {"starts": lab.inside(targets[0].switch, _LIMIT)}


def _forget_starts(lab: Lab, targets: tuple[FaultPlace, ...], undo: Undo) -> None:
    starts = undo["starts"].strip()
    lab.inside(targets[0].switch, f'{{ [ -z "$1" ] && rm -f {_STARTS}; }} || echo "$1" > {_STARTS}', starts)


def _kill_switch(lab: Lab, targets: tuple[FaultPlace, ...], _amount: int) -> Undo:
    switch = targets[0].switch
    disk = lab.seed(switch) / "disk.tar"
    lab.inside(switch, "kill -STOP -1")  # the disk is that of one moment
    dark = lab.inside(switch, _DARK)
    copy_out(lab.state, switch, disk, *_DISK)
    ask(lab.state.folder, do="gate", switch=switch, mode="hang")
    os.kill(lab.state.node(switch).pid, 9)
    deadline = time.monotonic() + 10
    while lab.up(switch) and time.monotonic() < deadline:
        time.sleep(0.02)
    # its ports outlive it: without power they are dark, and the kernel has forgotten everything
    for line in dark.splitlines():
        lab.ip(f"-n {switch} {line}")
    for family in ("-4", "-6"):
        lab.ip(f"{family} -n {switch} route flush table all", f"{family} -n {switch} neigh flush all")
    return {}


def _boot_switch(lab: Lab, targets: tuple[FaultPlace, ...], _undo: Undo) -> None:
    switch = targets[0].switch
    ask(lab.state.folder, do="boot", switch=switch)
    (lab.seed(switch) / "disk.tar").unlink(missing_ok=True)
    ask(lab.state.folder, do="gate", switch=switch, mode="open")


def _freeze(lab: Lab, targets: tuple[FaultPlace, ...], _amount: int) -> Undo:
    ask(lab.state.folder, do="gate", switch=targets[0].switch, mode="hang")
    lab.inside(targets[0].switch, "kill -STOP -1")
    return {}


def _thaw(lab: Lab, targets: tuple[FaultPlace, ...], _undo: Undo) -> None:
    lab.inside(targets[0].switch, "kill -CONT -1")
    ask(lab.state.folder, do="gate", switch=targets[0].switch, mode="open")


def _fill_disk(lab: Lab, targets: tuple[FaultPlace, ...], _amount: int) -> Undo:
    size = lab.inside(targets[0].switch, "df -k --output=size / | tail -n 1").strip()
    # not a byte is written: the disk becomes as small as what is on it
    lab.inside(targets[0].switch, _SHRINK)
    return {"size": size}


def _give_disk_back(lab: Lab, targets: tuple[FaultPlace, ...], undo: Undo) -> None:
    lab.inside(targets[0].switch, 'mount -o "remount,size=$1k" /', undo["size"])


_SECONDS = Amount("seconds", 5, 1, 600)
FAULTS = (
    Fault(
        "cut-mgmt",
        "switch",
        "SSH to the switch is refused; connections that are there break.",
        "opens the port",
        partial(_gate, "refuse"),
        _open_gate,
    ),
    Fault(
        "hang-mgmt",
        "switch",
        "SSH to the switch connects, and then nothing comes; connections break.",
        "opens the port",
        partial(_gate, "hang"),
        _open_gate,
    ),
    Fault(
        "slow-ssh",
        "switch",
        "SSH to the switch answers late.",
        "opens the port",
        partial(_gate, "slow"),
        _open_gate,
        _SECONDS,
    ),
    Fault(
        "kill-bgpd",
        "switch",
        "bgpd dies; nothing starts it again.",
        "restarts the container bgp",
        partial(_kill, "bgpd"),
        _restart_bgp,
    ),
    Fault(
        "kill-zebra",
        "switch",
        "zebra dies: routes are not installed any more.",
        "restarts the container bgp",
        partial(_kill, "zebra"),
        _restart_bgp,
    ),
    Fault(
        "kill-lldpd",
        "switch",
        "lldpd dies: neighbours forget the switch after a while.",
        "restarts the container lldp",
        partial(_kill, "lldpd"),
        _restart_lldp,
    ),
    Fault(
        "kill-redis",
        "switch",
        "redis dies: CONFIG_DB cannot be read.",
        "starts it with what was in it",
        _kill_redis,
        _start_redis,
        stuns=True,
    ),
    Fault(
        "stop-bgp",
        "switch",
        "The container bgp is stopped.",
        "starts it; systemd's count of starts stays",
        _stop_bgp,
        _start_bgp,
    ),
    Fault(
        "bgp-start-limit",
        "switch",
        "The container bgp has been started three times: systemd refuses the next start.",
        "gives it the count that it had",
        _reach_start_limit,
        _forget_starts,
    ),
    Fault(
        "kill-switch",
        "switch",
        "The switch loses power: ports dark, SSH hangs, what was not saved is lost.",
        "boots it from what it has stored",
        _kill_switch,
        _boot_switch,
        stuns=True,
    ),
    Fault(
        "freeze",
        "switch",
        "All its programs stand still; the kernel forwards on.",
        "lets them run on",
        _freeze,
        _thaw,
        stuns=True,
    ),
    Fault(
        "disk-full",
        "switch",
        "Nothing can be written any more, /etc/sonic included.",
        "gives the disk its size back",
        _fill_disk,
        _give_disk_back,
    ),
)
