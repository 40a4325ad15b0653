"""Every fault by name has its effect on a running lab, is told by `lab status`, and heals without a trace."""

from __future__ import annotations

import difflib
import json
import re
import socket
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from aftermath import aftermath
from conftest import ROOT, Run
from labs import LEAF1, LEAF2, SPINE, Lab, booted, needs_lab, quick_files, rendered
from sonicfab.lab.faults import FAULTS

DOCS = ROOT / "docs" / "lab.md"
UPLINK = f"{LEAF1}:Ethernet76"


def in_lab(test: Callable[..., None]) -> Callable[..., None]:
    """A test that boots a lab; the others here do not."""
    for mark in needs_lab:
        test = mark(test)
    return test


@pytest.fixture(scope="module")
def lab(sonicfab: Run, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    """Booted from rendered configs; who lost a session tries again after a second and not after ten."""
    folder = tmp_path_factory.mktemp("quick")
    files = quick_files(folder)
    rendered(sonicfab, folder / "out", files=files)
    options = ("--swss-ready-after", "1", "--hosts-per-leaf", "1", "--from", folder / "out")
    with booted(sonicfab, "broken", "scs-lab", *options, files=files) as one:
        assert one.verify().returncode == 0
        yield one


_SEEN = """\
sonic-cfggen -d --print-data; vtysh -c 'show running-config'; cat /etc/sonic/frr/frr.conf; hostname
ip -br link | sed 's/@if[0-9]*//; /^Loopback0/d' | sort; ip -br addr show scope global | sed 's/@if[0-9]*//' | sort
df --output=size /; pgrep -x 'bgpd|zebra|staticd|lldpd|redis-server' -l | cut -d' ' -f2 | sort; tc qdisc | sort
ls -I reload.lock /etc/sonic /run/sonic; systemctl is-active bgp lldp
"""


def state(lab: Lab) -> list[str]:
    """What a fault must leave as it was, of each switch."""
    return [
        " ".join([switch, *line.split()])
        for switch in lab.state.switches
        for line in lab.inside(switch, _SEEN).out.splitlines()
    ]


def same(before: list[str], after: list[str]) -> None:
    changes = [line for line in difflib.unified_diff(before, after, n=0, lineterm="") if line[:1] in "+-"]
    assert not changes, "\n".join(changes)


def flags(lab: Lab, node: str, port: str) -> set[str]:
    link = json.loads(lab.inside(node, f"ip -j link show {port}").out)[0]
    return set(link["flags"])


def answer(lab: Lab, switch: str, seconds: float) -> bytes:
    """What the SSH port says first; nothing when it says nothing in that time."""
    with socket.create_connection(("127.0.0.1", lab.state.switches[switch].port), timeout=2) as connection:
        connection.settimeout(seconds)
        try:
            return connection.recv(16)
        except TimeoutError:
            return b""


def running(lab: Lab, switch: str, program: str) -> bool:
    return lab.inside(switch, f"pgrep -x {program}").code == 0


def link_down(lab: Lab) -> None:
    for switch, port in ((LEAF1, "Ethernet76"), (SPINE, "Ethernet116")):
        seen = flags(lab, switch, port)
        assert "UP" in seen, "nobody shut it"
        assert "LOWER_UP" not in seen
    assert f"link-down {LEAF1}:Ethernet76" in lab.verify(0, "--check", "bgp,interface").stdout
    assert lab.inside(SPINE, "config reload -y").code == 0, "a reload does not plug it in"
    assert "LOWER_UP" not in flags(lab, SPINE, "Ethernet116")


def link_flap(lab: Lab) -> None:
    assert int(lab.inside(LEAF1, "cat /sys/class/net/Ethernet76/carrier_changes").out) >= 10
    assert "LOWER_UP" in flags(lab, LEAF1, "Ethernet76")


def swap_cables(lab: Lab) -> None:
    lab.seen("4294967294")


def mtu(lab: Lab) -> None:
    assert "mtu 1500" in lab.inside(LEAF1, "ip link show Ethernet76").out
    done = lab.sonicfab("push", "--dry-run", "--limit", LEAF1, "--overwrite-drift")
    assert done.returncode == 5
    assert "PORT|Ethernet76 mtu" in done.stdout


def cut_mgmt(lab: Lab) -> None:
    with pytest.raises(ConnectionRefusedError):
        answer(lab, LEAF1, 1)
    assert lab.lab("ssh", LEAF1, "true").returncode == 255
    assert lab.lab("ssh", LEAF2, "true").returncode == 0


def hang_mgmt(lab: Lab) -> None:
    assert answer(lab, LEAF1, 1) == b""


def slow_ssh(lab: Lab) -> None:
    assert answer(lab, LEAF1, 0.8) == b""
    assert answer(lab, LEAF1, 10).startswith(b"SSH-2.0")


def kill_bgpd(lab: Lab) -> None:
    assert f"✘ bgpd-down: bgpd does not run on {LEAF1}" in lab.verify(0).stdout
    assert aftermath(lab.name) == [f"{LEAF1}: bgpd has died"], "no lab may end so"


def kill_zebra(lab: Lab) -> None:
    assert not running(lab, LEAF1, "zebra")
    assert running(lab, LEAF1, "bgpd")


def kill_lldpd(lab: Lab) -> None:
    assert not running(lab, LEAF1, "lldpd")


def kill_redis(lab: Lab) -> None:
    assert lab.inside(LEAF1, "sonic-db-cli PING").code != 0
    done = lab.lab("fault", "mtu", UPLINK)
    assert done.returncode == 3
    assert f"{LEAF1} has the fault kill-redis: nothing else can be done there" in done.stderr


def stop_bgp(lab: Lab) -> None:
    assert "container bgp is not running" in lab.verify(0).stdout


def kill_switch(lab: Lab) -> None:
    assert not Path(f"/proc/{lab.state.switches[LEAF1].pid}").exists()
    assert "LOWER_UP" not in flags(lab, SPINE, "Ethernet116"), "its neighbours see dark ports"
    assert answer(lab, LEAF1, 0.5) == b""
    assert "no fault to heal" in lab.lab("heal", SPINE, LEAF2).stdout


def freeze(lab: Lab) -> None:
    assert lab.inside(LEAF1, "timeout 1 vtysh -c 'show version'").code == 124
    shown = lab.inside(LEAF1, "ip -o -6 address show dev Ethernet76 scope link").out
    address = shown.split()[3].partition("/")[0]  # not a loopback: routes go when the hold time is over
    assert lab.inside(SPINE, f"ping -c 1 -W 2 {address}%Ethernet116").code == 0, "the kernel answers on"
    assert answer(lab, LEAF1, 0.5) == b""


def disk_full(lab: Lab) -> None:
    done = lab.inside(LEAF1, "cp /etc/sonic/config_db.json /etc/sonic/copy.json")
    lab.inside(LEAF1, "rm -f /etc/sonic/copy.json")
    assert "No space left on device" in done.err


def wrong_policy(lab: Lab) -> None:
    lab.seen(f"policy-denies: {LEAF1} announces nothing")


def reload_refused(lab: Lab) -> None:
    done = lab.inside(LEAF1, "config reload -y")
    assert done.code == 1
    assert "SwSS container is not ready" in done.out


def reload_refused_quietly(lab: Lab) -> None:
    done = lab.inside(LEAF1, "config reload -y")
    assert done.code == 0
    assert "SwSS container is not ready" in done.out
    assert "Stopping" not in done.out


def reload_hangs(lab: Lab) -> None:
    # once it stands still, which a loaded machine takes its time for
    hangs = "until [ $(cat /run/sonic/reload.hangs) = 0 ]; do sleep 0.1; done; kill -KILL $!; wait $!"
    assert lab.inside(LEAF1, f"config reload -y > /dev/null & {hangs}").code == 137
    assert lab.inside(LEAF1, "vtysh -c 'show version'").code == 1, "the services were stopped"
    assert lab.inside(LEAF1, "config reload -y -f").code == 0, "it was one reload, and no more"


def bgp_start_limit(lab: Lab) -> None:
    done = lab.inside(LEAF1, "systemctl start bgp; systemctl restart bgp")
    assert done.code == 1
    assert "start of the service was attempted too often" in done.err
    assert lab.inside(LEAF1, "systemctl reset-failed bgp && systemctl start bgp").code == 0


EFFECTS: dict[str, tuple[tuple[str, ...], int | None, Callable[[Lab], None]]] = {
    "link-down": ((UPLINK,), None, link_down),
    "link-flap": ((UPLINK,), 5, link_flap),
    "swap-cables": ((UPLINK, f"{LEAF1}:Ethernet0"), None, swap_cables),
    "mtu": ((UPLINK,), None, mtu),
    "cut-mgmt": ((LEAF1,), None, cut_mgmt),
    "hang-mgmt": ((LEAF1,), None, hang_mgmt),
    "slow-ssh": ((LEAF1,), 2, slow_ssh),
    "kill-bgpd": ((LEAF1,), None, kill_bgpd),
    "kill-zebra": ((LEAF1,), None, kill_zebra),
    "kill-lldpd": ((LEAF1,), None, kill_lldpd),
    "kill-redis": ((LEAF1,), None, kill_redis),
    "stop-bgp": ((LEAF1,), None, stop_bgp),
    "freeze": ((LEAF1,), None, freeze),
    "disk-full": ((LEAF1,), None, disk_full),
    "wrong-policy": ((LEAF1,), None, wrong_policy),
    "reload-refused": ((LEAF1,), 600, reload_refused),
    "reload-refused-quietly": ((LEAF1,), 600, reload_refused_quietly),
    "reload-hangs": ((LEAF1,), None, reload_hangs),
    "bgp-start-limit": ((LEAF1,), None, bgp_start_limit),
    "kill-switch": ((LEAF1,), None, kill_switch),
}
UNFELT = {
    "mtu",
    "cut-mgmt",
    "hang-mgmt",
    "slow-ssh",
    "kill-lldpd",
    "disk-full",
    "reload-refused",
    "reload-refused-quietly",
}
"""No session or route has to do with these."""
NETEM = {"link-loss": (20, "loss 20%"), "link-delay": (40, "delay 40ms")}


@in_lab
@pytest.mark.parametrize("name", EFFECTS)
def test_a_fault_has_its_effect_and_heals(name: str, lab: Lab) -> None:
    targets, amount, effect = EFFECTS[name]
    before = state(lab)
    lab.fault(name, *targets, amount=amount)
    try:
        told = lab.lab("status").stdout
        active = json.loads(lab.lab("status", "--format", "json").stdout)["labs"][0]["faults"]
        if FAULTS[name].heals:
            assert f"fault {name} on {' and '.join(targets)}" in told
            assert [(one["name"], tuple(one["targets"])) for one in active] == [(name, targets)]
        else:
            assert active == []
        effect(lab)
    finally:
        lab.heal()
    assert "fault" not in lab.lab("status").stdout
    if name not in UNFELT:
        done = lab.verify(40)
        assert done.returncode == 0, done.stdout
    same(before, state(lab))


@in_lab
@pytest.mark.parametrize("name", NETEM)
def test_loss_and_delay_where_the_kernel_can(name: str, lab: Lab) -> None:
    amount, shown = NETEM[name]
    done = lab.lab("fault", name, UPLINK, "--amount", amount)
    if done.returncode:
        assert lab.inside(LEAF1, "unshare --net tc qdisc add dev lo root netem loss 1%").code != 0
        assert "this kernel cannot lose or delay packets" in done.stderr
        assert "modprobe sch_netem" in done.stderr
        return
    assert shown in lab.inside(LEAF1, "tc qdisc show dev Ethernet76").out
    lab.heal()
    assert "netem" not in lab.inside(LEAF1, "tc qdisc show dev Ethernet76").out


def test_each_fault_is_tested() -> None:
    assert EFFECTS.keys() | NETEM.keys() == FAULTS.keys()


@in_lab
def test_power_loss_keeps_what_was_stored_and_nothing_else(lab: Lab) -> None:
    lab.inside(LEAF2, "echo mine > /etc/sonic/mine; sonic-db-cli CONFIG_DB hset 'VLAN|Vlan7' vlanid 7")
    with lab.broken("kill-switch", LEAF2):
        done = lab.lab("exec", LEAF2, "--", "true")
        assert (done.returncode, f"{LEAF2} does not run" in done.stderr) == (3, True), done.stderr
    assert lab.inside(LEAF2, "cat /etc/sonic/mine; rm /etc/sonic/mine").out == "mine\n"
    assert "VLAN" not in lab.config_db(LEAF2), "it was not saved"
    assert lab.lab("ssh", LEAF2, "--", "cat", "/proc/uptime").returncode == 0, "same key, same host key, same port"
    assert lab.verify(40).returncode == 0


@in_lab
def test_faults_of_one_switch_heal_alone_and_in_turn(lab: Lab) -> None:
    before = state(lab)
    lab.fault("wrong-policy", LEAF1, LEAF2)
    lab.fault("mtu", f"{LEAF1}:Ethernet0", amount=2000)
    lab.fault("freeze", LEAF1)
    lab.heal(LEAF2)
    told = lab.lab("status").stdout
    assert re.findall(r"fault (\S+) on (\S+)", told) == [
        ("wrong-policy", LEAF1),
        ("mtu", f"{LEAF1}:Ethernet0"),
        ("freeze", LEAF1),
    ]
    lab.heal(LEAF1)
    same(before, state(lab))


@in_lab
@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (("link-dwn", UPLINK), 2, "did you mean 'link-down'?"),
        (("link-down",), 2, "link-down: to what?"),
        (("link-down", LEAF1), 2, "link-down is done to a port, not to"),
        (("freeze", UPLINK), 2, "freeze is done to a switch, not to"),
        (("link-down", f"{LEAF1}:Ethernet77"), 2, "has no port Ethernet77"),
        (("link-down", f"{LEAF1}:Ethernet30"), 2, "nothing is plugged into"),
        (("link-down", "st01-sw25g-r01-u33:Ethernet0"), 3, "did you mean 'st01-sw25g-r01-u3"),
        (("swap-cables", UPLINK), 2, "wants two ports, and got 1"),
        (("mtu", UPLINK, "--amount", 70), 2, "70 bytes is not from 1280 to 9216"),
        (("freeze", LEAF1, "--amount", 7), 2, "freeze takes no amount"),
        (("mtu", UPLINK, "--amount", 9100), 3, "is 9100 already"),
    ],
)
def test_impossible_faults_say_why(arguments: tuple[object, ...], code: int, said: str, lab: Lab) -> None:
    done = lab.lab("fault", *arguments)
    assert done.returncode == code, done.stderr
    assert said in done.stderr
    assert json.loads(lab.lab("status", "--format", "json").stdout)["labs"][0]["faults"] == []


@in_lab
def test_the_same_fault_twice_and_two_on_one_cable(lab: Lab) -> None:
    with lab.broken("link-down", UPLINK):
        done = lab.lab("fault", "link-down", UPLINK)
        assert done.returncode == 3
        assert "has the fault link-down already" in done.stderr
        done = lab.lab("fault", "swap-cables", f"{SPINE}:Ethernet116", f"{SPINE}:Ethernet112")
        assert done.returncode == 3
        assert "has the fault link-down" in done.stderr
    assert lab.verify(40).returncode == 0


def test_the_list_of_faults_fits_and_is_in_the_docs(sonicfab: Run) -> None:
    shown = sonicfab("lab", "fault", "--list").stdout
    known = json.loads(sonicfab("lab", "fault", "--list", "--format", "json").stdout)["faults"]
    assert [one["name"] for one in known] == list(FAULTS)
    docs = DOCS.read_text(encoding="utf-8")
    for fault in FAULTS.values():
        assert f" {fault.name} " in shown
        amount = f" (`--amount`, {fault.amount})" if fault.amount else ""
        assert f"| `{fault.name}` | {fault.on} | {fault.says}{amount} | {fault.heals or '-'} |" in docs
    assert all(len(line) <= 100 for line in shown.splitlines())
