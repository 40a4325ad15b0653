"""Faults of cables and ports: pulled, flapping, lossy, slow, swapped, and one end with another MTU."""

from __future__ import annotations

import time
import zlib

from sonicfab.errors import LabError
from sonicfab.lab.faults_base import Amount, Fault, FaultPlace, Lab, Undo, nothing_to_heal
from sonicfab.lab.inside import run_below
from sonicfab.lab.netns import UNPLUGGED
from sonicfab.lab.spec import BOND

# a port that came back is a new interface: CONFIG_DB says what it must be, lldpd must be told its alias once more
_SETTLE = """\
echo '{}' > /tmp/nothing.json && config load -y /tmp/nothing.json > /dev/null; rm -f /tmp/nothing.json
if systemctl is-active lldp > /dev/null; then systemctl restart lldp; fi
"""


def _link_down(lab: Lab, targets: tuple[FaultPlace, ...], _amount: int) -> Undo:
    """The far port gets a cable that leads nowhere, and what it had goes to where nothing is plugged in."""
    far, far_port = lab.far_end(targets[0])
    parked, dangling = _parked(far, far_port), _parked(far, far_port, "d")
    undo: Undo = {"far": far, "port": far_port, "parked": parked}
    lab.ip(
        f"-n {far} link set {far_port} netns {UNPLUGGED} name {parked}",
        f"link add {far_port} netns {far} type veth peer name {dangling} netns {UNPLUGGED}",
    )
    _settle(lab, far, far_port)
    return undo


def _plug_in(lab: Lab, _targets: tuple[FaultPlace, ...], undo: Undo) -> None:
    far, port = undo["far"], undo["port"]
    lab.ip(f"-n {far} link del {port}", f"-n {UNPLUGGED} link set {undo['parked']} netns {far} name {port}")
    _settle(lab, far, port)


def _swap(lab: Lab, targets: tuple[FaultPlace, ...], _amount: int) -> Undo:
    first, second = targets
    for target in targets:
        lab.far_end(target)
    _exchange(lab, first, second)
    return {}


def _swap_back(lab: Lab, targets: tuple[FaultPlace, ...], _undo: Undo) -> None:
    _exchange(lab, *targets)


def _exchange(lab: Lab, first: FaultPlace, second: FaultPlace) -> None:
    """The two ends change places: each goes aside first, so that zebra sees ports come and go and no renaming."""
    aside = [(target, _parked(target.switch, target.port)) for target in (first, second)]
    lab.ip(*(f"-n {end.switch} link set {end.port} netns {UNPLUGGED} name {name}" for end, name in aside))
    lab.ip(
        f"-n {UNPLUGGED} link set {aside[0][1]} netns {second.switch} name {second.port}",
        f"-n {UNPLUGGED} link set {aside[1][1]} netns {first.switch} name {first.port}",
    )
    for switch in dict.fromkeys((first.switch, second.switch)):
        _settle(lab, switch, *(end.port for end in (first, second) if end.switch == switch))


def _settle(lab: Lab, node: str, *ports: str) -> None:
    """Make ports that were put in again what they must be; those of a dead switch, its boot takes care of."""
    host = next((one for one in lab.spec.hosts if one.name == node), None)
    if host is not None and host.members:
        lab.ip(*(f"-n {node} link set {port} down" for port in ports))
        lab.ip(*(f"-n {node} link set {port} mtu {host.mtu} master {BOND} up" for port in ports))
        return
    if host is not None:
        lab.ip(f"-n {node} link set eth0 address {host.mac} mtu {host.mtu} up")
        return
    mac = lab.switch(node).mac
    lab.ip(*(f"-n {node} link set {port} address {mac}" for port in ports))
    if lab.up(node):
        lab.inside(node, _SETTLE)


def _flap(lab: Lab, targets: tuple[FaultPlace, ...], amount: int) -> Undo:
    switch, port = targets[0].switch, targets[0].port
    lab.far_end(targets[0])
    try:
        for _ in range(amount):
            lab.ip(f"-n {switch} link set {port} down")
            time.sleep(0.1)
            lab.ip(f"-n {switch} link set {port} up")
            time.sleep(0.1)
    finally:
        lab.ip(f"-n {switch} link set {port} up")
    return {}


def _loss(lab: Lab, targets: tuple[FaultPlace, ...], amount: int) -> Undo:
    return _netem(lab, targets[0], f"loss {amount}%")


def _delay(lab: Lab, targets: tuple[FaultPlace, ...], amount: int) -> Undo:
    return _netem(lab, targets[0], f"delay {amount}ms")


def _netem(lab: Lab, target: FaultPlace, what: str) -> Undo:
    lab.far_end(target)
    try:
        run_below(lab.state, "unshare", "--net", "tc", "qdisc", "add", "dev", "lo", "root", "netem", *what.split())
    except LabError as err:
        raise LabError(f"this kernel cannot lose or delay packets: {err}", "sudo modprobe sch_netem") from err
    run_below(lab.state, *_tc(target, "add"), "netem", *what.split())
    return {}


def _no_netem(lab: Lab, targets: tuple[FaultPlace, ...], _undo: Undo) -> None:
    run_below(lab.state, *_tc(targets[0], "del"))


def _tc(target: FaultPlace, action: str) -> list[str]:
    return ["tc", "-n", target.switch, "qdisc", action, "dev", target.port, "root"]


def _mtu(lab: Lab, targets: tuple[FaultPlace, ...], amount: int) -> Undo:
    switch, port = targets[0].switch, targets[0].port
    lab.far_end(targets[0])
    before = lab.inside(switch, 'sonic-db-cli CONFIG_DB hget "PORT|$1" mtu', port).strip()
    if before == str(amount):
        raise LabError(f"the MTU of {targets[0]} is {amount} already", "give another one with --amount")
    lab.inside(switch, 'sonic-db-cli CONFIG_DB hset "PORT|$1" mtu "$2"', port, str(amount))
    return {"mtu": before}


def _old_mtu(lab: Lab, targets: tuple[FaultPlace, ...], undo: Undo) -> None:
    action = 'hset "PORT|$1" mtu "$2"' if undo["mtu"] else 'hdel "PORT|$1" mtu'
    lab.inside(targets[0].switch, f"sonic-db-cli CONFIG_DB {action}", targets[0].port, undo["mtu"])


def _parked(node: str, port: str, prefix: str = "p") -> str:
    """A name for an end that is out of its switch: interface names have 15 characters at most."""
    return f"{prefix}{zlib.crc32(f'{node}:{port}'.encode()):08x}"


FAULTS = (
    Fault(
        "link-down",
        "port",
        "The cable is pulled: both ports are up, and neither has link.",
        "plugs it in again",
        _link_down,
        _plug_in,
    ),
    Fault(
        "link-flap",
        "port",
        "The port goes down and up, several times within seconds.",
        "",
        _flap,
        nothing_to_heal,
        Amount("times", 5, 1, 1000),
    ),
    Fault(
        "link-loss",
        "port",
        "What the port sends is lost in part (needs netem in the kernel).",
        "removes the queue",
        _loss,
        _no_netem,
        Amount("percent", 30, 1, 100),
    ),
    Fault(
        "link-delay",
        "port",
        "What the port sends arrives later (needs netem in the kernel).",
        "removes the queue",
        _delay,
        _no_netem,
        Amount("milliseconds", 100, 1, 60000),
    ),
    Fault(
        "swap-cables",
        "two ports",
        "The cables of two ports are in each other's place.",
        "swaps them back",
        _swap,
        _swap_back,
    ),
    Fault(
        "mtu",
        "port",
        "One end has another MTU, in CONFIG_DB and in effect.",
        "sets the old one",
        _mtu,
        _old_mtu,
        Amount("bytes", 1500, 1280, 9216),
    ),
)
