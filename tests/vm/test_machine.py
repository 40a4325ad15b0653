"""A switch that is a machine, or its disk in a box: pushed to by SSH, guarded by the real systemd, its power cut."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from guarded import HOLDER
from patience import until
from sonicfab.errors import SwitchError
from sonicfab.switch import guard
from vm.box import Box, box_missing
from vm.cuts import POINTS, PUSH, Bench
from vm.machine import Machine
from vm.root import Root, ready_root, vm_missing
from vm.switch import MachineSwitch

pytestmark = [
    pytest.mark.vm,
    pytest.mark.slow,
    pytest.mark.timeout(900),  # the first time, its disk is made
    pytest.mark.skipif(bool(vm_missing()), reason=f"no virtual machine here: {vm_missing()}"),
]
emulated = pytest.mark.skipif(
    not os.environ.get("MACHINES_OF_SONICFAB_TESTS"), reason="takes minutes: `make vm-test` boots a whole machine"
)
_BY_MACHINE = ("confirm: the new frr.conf is in place",)
_BOXED = ("arm: the guard is in place", "confirm: the disk knows", "boot after a cut: the old frr.conf")
"""The points that are tried here; `make power-cuts` tries all."""


def _root() -> Root:
    try:
        return ready_root(Path(os.environ["DEBIAN_OF_SONICFAB_TESTS"]).with_name("vm"), systemd=True)
    except RuntimeError as err:
        pytest.skip(f"no virtual machine here: {err}")


def _bench(machine: Machine | Box, folder: Path) -> Iterator[Bench]:
    leaf = MachineSwitch(machine, folder)
    try:
        machine.boot(300)
        leaf.make()
        yield Bench(leaf)
    finally:
        machine.cut_power()


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    machine = Machine(_root(), tmp_path_factory.mktemp("machine"), megabytes=768)
    yield from _bench(machine, tmp_path_factory.mktemp("switch"))


@pytest.fixture(scope="module")
def boxed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    """The same, in namespaces of this kernel: quicker."""
    if missing := box_missing():
        pytest.skip(f"no box here: {missing}")
    box = Box(_root(), tmp_path_factory.mktemp("box"))
    yield from _bench(box, tmp_path_factory.mktemp("boxed"))


@pytest.fixture
def leaf(boxed: Bench) -> MachineSwitch:
    """As it was made."""
    boxed.at("ready")
    return boxed.leaf


@pytest.fixture
def armed(boxed: Bench) -> MachineSwitch:
    """A push is in progress, which has changed nothing yet."""
    boxed.at("armed")
    return boxed.leaf


@emulated
@pytest.mark.parametrize("point", _BY_MACHINE)
def test_power_cut_gives_all_of_the_old_config_or_all_of_the_new(bench: Bench, point: str) -> None:
    _cut(bench, point)


@pytest.mark.parametrize("point", _BOXED)
def test_boot_after_a_cut_gives_all_of_the_old_config_or_all_of_the_new(boxed: Bench, point: str) -> None:
    _cut(boxed, point)


def test_what_a_cut_has_left_goes_with_the_next_push(boxed: Bench) -> None:
    _cut(boxed, "confirm: the disk knows")
    assert boxed.leaf.left()
    done = boxed.leaf.push("frr")
    assert done.returncode == 0, done.stdout + done.stderr
    assert not boxed.leaf.left()


def _cut(bench: Bench, point: str) -> None:
    if bench.new is None:
        bench.learn_new()
    result = bench.cut(next(one for one in POINTS if one.name.startswith(point)))
    assert not result.wrong
    journal = bench.leaf.machine.run("journalctl -b --no-pager").stdout
    assert "ordering cycle" not in journal


def test_push_is_confirmed_and_is_what_a_boot_gives(leaf: MachineSwitch) -> None:
    done = leaf.push("both", "--way", "reload")
    assert done.returncode == 0, done.stdout + done.stderr
    leaf.ready()
    seen = leaf.seen()
    assert seen.unlike(leaf.old)
    assert not leaf.left()
    leaf.machine.cut_power()
    leaf.boot()
    assert not leaf.seen().unlike(seen)
    assert leaf.push("both").returncode == 0
    assert not leaf.seen().unlike(seen)


@emulated
def test_timer_counts_seconds_whatever_the_clock_says(bench: Bench) -> None:
    bench.at("ready")
    leaf = bench.leaf
    with leaf.switch() as switch:
        guard.arm(switch, PUSH, HOLDER, 60, 100_000, 5)
        armed = _uptime(leaf)
        guard.stage(switch, PUSH, bench.texts())
        assert guard.apply_frr(switch, PUSH).ok
    for jump in ("+5 hours", "-9 hours", "+30 days"):
        leaf.machine.run(f"date -s '{jump}'")
        with leaf.switch() as switch:
            assert guard.status(switch).state == "armed", f"after {jump}"
            assert 0 < guard.status(switch).seconds_left <= 60
    _goes_back(leaf, "timer")
    assert 55 < _uptime(leaf) - armed < 200


def test_start_limit_of_systemd_keeps_no_push_from_a_restart(armed: MachineSwitch) -> None:
    """sonic-buildimage bgp.service.j2: StartLimitBurst=3 in 1200 s."""
    armed.machine.run("systemctl reset-failed bgp; systemctl restart bgp; systemctl restart bgp")
    refused = armed.machine.run("systemctl restart bgp && systemctl restart bgp", check=False)
    assert "start of the service was attempted too often" in refused.stderr
    with armed.switch() as switch:
        assert guard.restart_bgp(switch, PUSH).ok
        guard.restore(switch, PUSH)
    _goes_back(armed, "asked")


def test_full_disk_lets_nothing_begin_and_does_not_bar_the_way_back(boxed: Bench, armed: MachineSwitch) -> None:
    with armed.switch() as switch:
        assert guard.apply_frr(switch, PUSH).ok
        armed.machine.run(_FILL, check=False)
        with pytest.raises(SwitchError, match=r"disk is full|No space left"):
            guard.stage(switch, PUSH, {**boxed.texts(), "frr.conf": "!" * 200_000})
        guard.restore(switch, PUSH)
    _goes_back(armed, "asked")
    with armed.switch() as switch, pytest.raises(SwitchError, match="disk is too full"):
        guard.arm(switch, f"{PUSH}1", HOLDER, 60, 100_000, 5)
    armed.machine.run("rm /fill.*")
    assert not armed.left()


def test_disk_that_turns_read_only_keeps_the_guard_until_it_can_be_written(armed: MachineSwitch) -> None:
    with armed.switch() as switch:
        assert guard.apply_frr(switch, PUSH).ok
        guard.extend(switch, PUSH, 30)
    armed.machine.run("mount --bind /etc/sonic /etc/sonic && mount -o remount,bind,ro /etc/sonic")
    with armed.switch() as switch, pytest.raises(SwitchError):
        guard.confirm(switch, PUSH)
    until(lambda: not _frr_differs(armed), 120)
    with armed.switch() as switch:
        assert guard.status(switch).state in ("armed", "restoring")
    armed.machine.run("mount -o remount,bind,rw /etc/sonic")
    _goes_back(armed, "timer")


_FILL = """i=0; for size in 512M 64M 8M 1M 64K 4K; do
  while fallocate -l $size /fill.$i 2> /dev/null; do i=$((i + 1)); done
done; dd if=/dev/zero of=/fill.end bs=512"""


def _goes_back(leaf: MachineSwitch, by: str) -> None:
    """Wait until a push has ended so, and see that the switch is as it was."""

    def ended() -> bool:
        with leaf.switch() as switch:
            return guard.status(switch, PUSH).state == "restored"

    until(ended, 180)
    with leaf.switch() as switch:
        assert guard.status(switch, PUSH).ended_by == by
    leaf.ready()
    assert not leaf.seen().unlike(leaf.old)
    until(lambda: not leaf.left(), 60)


def _frr_differs(leaf: MachineSwitch) -> bool:
    return any(line.startswith("FRR") for line in leaf.seen().unlike(leaf.old))


def _uptime(leaf: MachineSwitch) -> float:
    return float(leaf.machine.run("cat /proc/uptime").stdout.split()[0])
