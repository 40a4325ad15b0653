"""The guard of a push, on switches of a lab: whatever dies, what is there afterwards is old or new as a whole.

Each test makes a change in part, lets something happen, and compares what runs and what is stored, byte by byte.
"""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Callable, Iterator
from importlib.util import find_spec
from pathlib import Path

import pytest

from conftest import Run
from guarded import (
    HOLDER,
    NEW_LINE,
    QUIET,
    STEPS,
    UNDO,
    Subject,
    as_before,
    bgp_step,
    frr_step,
    lab_of,
    patch_step,
    reload_step,
)
from labs import LEAF1, LEAF2, Lab, needs_lab
from patience import until
from sonicfab.errors import SonicfabError, SwitchError
from sonicfab.switch import guard
from sonicfab.switch.operations import Switch
from sonicfab.switch.state.config import RUNNING_FRR
from sonicfab.transport import CommandResult, Transport

pytestmark = needs_lab


@pytest.fixture(scope="module")
def lab(sonicfab: Run, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    with lab_of(sonicfab, tmp_path_factory.mktemp("out"), "guarded") as one:
        yield one


COUNT = iter(range(1000))


@pytest.fixture
def leaf(lab: Lab) -> Iterator[Subject]:
    one = Subject(lab, LEAF1, f"20261122-{next(COUNT):03}")
    yield one
    one.let_go()


def test_a_push_holds_the_switch_against_others(leaf: Subject) -> None:
    with leaf.switch() as switch:
        assert guard.status(switch).state == "none"
        leaf.arm(switch, 60)
        seen = guard.status(switch)
        assert (seen.state, seen.push_id, seen.holder, seen.ended_by) == ("armed", leaf.push_id, HOLDER, "")
        assert 55 < seen.seconds_left <= 60
        with pytest.raises(guard.GuardHeldError, match=re.escape(HOLDER)) as caught:
            guard.arm(switch, "other", "bob", 60, 1000)
        assert caught.value.holder == HOLDER
        assert 55 < caught.value.seconds_left <= 60
        for verb in (guard.confirm, guard.restore, guard.start_reload, guard.apply_frr):
            with pytest.raises(SwitchError, match=f"push {leaf.push_id} of .* is in progress"):
                verb(switch, "other")
        assert guard.status(switch, "other").state == "none"
        # secrets are in there; everything of it is root's alone
        private = "! -path '*/backup/*' ! -path '*/stored/*' ! -name owned.json"  # that has names, and no secret
        assert leaf.inside(f"find /etc/sonic/sonicfab -perm /077 {private}") == ""
        assert "sonicfab" not in leaf.inside("ps -eo args | grep -v 'sonicfab/\\|ps -eo'")
        guard.extend(switch, leaf.push_id, 120)
        assert guard.status(switch).seconds_left > 110
        assert len(leaf.inside("ls /run/sonic/timers").split()) == 1
        guard.restore(switch, leaf.push_id)
        guard.restore(switch, leaf.push_id)
    assert leaf.is_old("asked").begun == ()
    with leaf.switch() as switch, pytest.raises(SwitchError, match="is over on this switch: restored"):
        guard.confirm(switch, leaf.push_id)
    kept = leaf.inside(f"cd /etc/sonic/sonicfab/backup/{leaf.push_id} && sha256sum -c SHA256SUMS && cat config_db.json")
    assert kept == f"./frr.conf: OK\n./config_db.json: OK\n{leaf.old.stored_config_db}"


class Twice(Transport):
    """What the answer of a command's first time is lost of: it is sent again, and each is told of in between."""

    def __init__(self, inner: Transport, between: Callable[[str], None]) -> None:
        self.inner, self._between = inner, between

    def run(self, command: str, *, stdin: bytes = b"", timeout: float = 60.0) -> CommandResult:
        first = self.inner.run(command, stdin=stdin, timeout=timeout)
        assert first.ok, first
        self._between(command)
        again = self.inner.run(command, stdin=stdin, timeout=timeout)
        assert again.ok, again
        return again

    def close(self) -> None:
        self.inner.close()


def test_a_command_that_comes_twice_does_nothing_twice(leaf: Subject) -> None:
    """The daemons that ran between the two run after them, and a line that was taken back by hand stays away."""
    seen: list[str] = []

    def between(command: str) -> None:
        if "apply-frr" in command:
            leaf.inside(f"vtysh -c 'configure terminal' {words}")
        seen.append(leaf.inside("pgrep -x bgpd || true"))

    words = " ".join(f"-c '{line.strip()}'" for line in UNDO.format(asn=leaf.asn).splitlines())
    with leaf.switch() as one:
        switch = Switch(one.name, Twice(one.transport, between))
        leaf.arm(switch, 60)
        assert guard.status(switch).seconds_left > 55
        with pytest.raises(guard.GuardHeldError, match=re.escape(HOLDER)):
            guard.arm(one, leaf.push_id, "bob, who means another push", 60, 1000)
        assert guard.apply_frr(switch, leaf.push_id).ok
        assert NEW_LINE not in one.get(RUNNING_FRR), "the second time nothing was done"
        frr_step(leaf, one)
        bgp_step(leaf, switch)
        assert [seen[-1]] == leaf.inside("pgrep -x bgpd").splitlines(keepends=True), "started once"
        reload_step(leaf, switch)
        assert len(leaf.inside("ls /run/sonic/timers").split()) == 1
        guard.confirm(switch, leaf.push_id)
    leaf.is_new()
    as_before(leaf)


@pytest.mark.parametrize("step", ["frr", "all"])
def test_the_timer_undoes_every_step(step: str, leaf: Subject) -> None:
    with leaf.switch() as switch:
        leaf.arm(switch, 60)
        STEPS[step](leaf, switch)
        if step == "all":
            # a new frr.conf beside an old config_db.json: that is what the boot unit is for
            assert leaf.state().stored_frr != leaf.old.stored_frr
        assert leaf.state().stored_config_db == leaf.old.stored_config_db
        guard.extend(switch, leaf.push_id, 1)
    leaf.is_old("timer")


def test_a_wrong_undo_is_seen_and_bgp_restarted(leaf: Subject) -> None:
    with leaf.switch() as switch:
        leaf.arm(switch, 60, **{"frr.undo": f"router bgp {leaf.asn}\n no bgp bestpath compare-routerid\nexit\n"})
        frr_step(leaf, switch)
        guard.restore(switch, leaf.push_id)
    leaf.is_old("asked")


@pytest.mark.skipif(find_spec("sonicfab.lab.sonic.gcu") is None, reason="no config apply-patch on lab switches")
def test_a_patch_is_undone_by_a_patch_and_a_wrong_one_by_a_reload(leaf: Subject) -> None:
    since = leaf.inside("cat /run/sonic/swss.since")
    with leaf.switch() as switch:
        leaf.arm(switch, 60)
        patch_step(leaf, switch)
        guard.extend(switch, leaf.push_id, 1)
        assert leaf.is_old("timer").begun == ("patch",)
        assert leaf.inside("cat /run/sonic/swss.since") == since
        leaf.push_id += "-wrong"
        leaf.arm(switch, 60)
        patch_step(leaf, switch)
        guard.stage(switch, leaf.push_id, {"undo.json": '[{"op": "remove", "path": "/PORT/Ethernet1/nothing"}]'})
        guard.restore(switch, leaf.push_id)
    leaf.is_old("asked")
    assert leaf.inside("cat /run/sonic/swss.since") != since


def test_what_was_not_saved_comes_back_too(leaf: Subject) -> None:
    stored = leaf.old
    leaf.inside("sonic-db-cli CONFIG_DB hset 'PORT|Ethernet2' description mine > /dev/null")
    leaf.inside(f"vtysh -c 'configure terminal' -c 'router bgp {leaf.asn}' -c 'bgp bestpath compare-routerid'")
    leaf.old = leaf.state()
    assert leaf.old.stored_frr == stored.stored_frr
    try:
        with leaf.switch() as switch:
            leaf.arm(switch, 60)
            reload_step(leaf, switch)
            assert "compare-routerid" not in switch.get(RUNNING_FRR)
            guard.restore(switch, leaf.push_id)
        leaf.is_old("asked")
    finally:
        leaf.inside("config reload -y -f > /dev/null")
    assert leaf.state() == stored


def test_what_ran_need_not_pass_the_models(leaf: Subject) -> None:
    """From 202505 on `config reload FILE` refuses tables without a YANG model, before it stops anything."""
    refuses = 'echo "Config tables are missing yang models: MINE"; exit 1'
    wrapper = f"""#!/bin/sh
case "$*" in "reload -y -f /"*) {refuses} ;; esac
exec sh /tmp/config.real "$@"
"""
    leaf.inside("cp /usr/local/bin/config /tmp/config.real; cat > /tmp/config; chmod 755 /tmp/config", wrapper)
    with leaf.switch() as switch:
        leaf.arm(switch, 60)
        reload_step(leaf, switch)
        leaf.inside("mount --bind /tmp/config /usr/local/bin/config")
        try:
            guard.restore(switch, leaf.push_id)
            leaf.is_old("asked")
        finally:
            leaf.inside("umount /usr/local/bin/config; rm /tmp/config /tmp/config.real")


@pytest.mark.parametrize("step", ["frr", "bgp"])
def test_a_power_cycle_gives_the_old_config(step: str, leaf: Subject) -> None:
    with leaf.switch() as switch:
        leaf.arm(switch, 300)
        STEPS[step](leaf, switch)
    leaf.power_cycle()
    leaf.is_old("boot")


def test_a_power_cycle_during_a_reload_and_during_the_way_back(leaf: Subject) -> None:
    with leaf.switch() as switch, leaf.lab.broken("reload-hangs", leaf.name, amount=2):
        leaf.arm(switch, 300)
        guard.start_reload(switch, leaf.push_id)
        leaf.hangs(1)
        guard.restore(switch, leaf.push_id)  # which hangs, too
        leaf.hangs(0)
        assert guard.status(switch).state == "restoring"
        leaf.lab.fault("kill-switch", leaf.name)
        leaf.lab.heal()
    leaf.is_old("boot")


def test_a_reload_that_hangs_is_ended_and_undone(leaf: Subject) -> None:
    with leaf.switch() as switch, leaf.lab.broken("reload-hangs", leaf.name):
        leaf.arm(switch, 60)
        guard.start_reload(switch, leaf.push_id)
        leaf.hangs(0)
        assert guard.reload_result(switch, leaf.push_id).state == "running"
        with pytest.raises(SwitchError, match="a step of this push is still going on"):
            guard.apply_frr(switch, leaf.push_id)
        guard.extend(switch, leaf.push_id, 1)
        leaf.is_old("timer")
    assert leaf.lab.inside(leaf.name, "pgrep -f '[c]onfig reload'").code == 1


def test_a_reload_that_is_refused_changes_nothing(leaf: Subject) -> None:
    with leaf.switch() as switch, leaf.lab.broken("reload-refused-quietly", leaf.name, amount=600):
        leaf.arm(switch, 60)
        starts = leaf.inside("cat /run/sonic/swss.since")
        guard.start_reload(switch, leaf.push_id)
        until(lambda: guard.reload_result(switch, leaf.push_id).state != "running")
        assert guard.reload_result(switch, leaf.push_id).state == "refused"
        guard.restore(switch, leaf.push_id)
        leaf.is_old("asked")
    assert leaf.inside("cat /run/sonic/swss.since") == starts, "nothing was reloaded to undo nothing"


def test_the_start_limit_of_bgp_stops_nothing(leaf: Subject) -> None:
    with leaf.switch() as switch:
        leaf.arm(switch, 60)
        leaf.lab.fault("bgp-start-limit", leaf.name)
        bgp_step(leaf, switch)
        leaf.lab.heal()
        leaf.lab.fault("bgp-start-limit", leaf.name)
        guard.restore(switch, leaf.push_id)
        leaf.is_old("asked")
    leaf.lab.heal()
    leaf.inside("systemctl reset-failed bgp")


def test_confirmed_is_new_also_after_a_power_cycle(leaf: Subject) -> None:
    with leaf.switch() as switch:
        leaf.arm(switch, 60)
        reload_step(leaf, switch)
        guard.confirm(switch, leaf.push_id)
        seen = guard.status(switch, leaf.push_id)
        assert (seen.state, seen.ended_by, seen.begun) == ("confirmed", "confirm", ("reload",))
        with pytest.raises(SwitchError, match="is over on this switch: confirmed"):
            guard.restore(switch, leaf.push_id)
    leaf.is_new()
    leaf.power_cycle()
    leaf.is_new()
    as_before(leaf)


def test_a_confirm_that_is_killed_leaves_the_rest_to_the_timer(leaf: Subject) -> None:
    """After its one rename: the push is confirmed, and what it kept is removed all the same."""
    with leaf.switch() as switch:
        leaf.arm(switch, 8)
        frr_step(leaf, switch)
        once = "[ -e /run/killed ] || { : > /run/killed; kill -KILL $$; }"
        leaf.inside(f"sed -i 's,^tidy() {{.*,&\\n  {once},' /etc/sonic/sonicfab/guard/guard.sh")
        with pytest.raises(SonicfabError):
            guard.confirm(switch, leaf.push_id)
        assert leaf.inside("rm /run/killed && find /etc/sonic/sonicfab/ended -type f ! -name record") != ""
        assert guard.status(switch, leaf.push_id).state == "confirmed"
    time.sleep(8)
    until(lambda: leaf.inside("pgrep -f '[g]uard.sh fire' || true; ls /run/sonic/timers") == "")
    leaf.left_nothing()
    as_before(leaf)


def test_killed_scripts_are_made_good(leaf: Subject) -> None:
    """SIGKILL of the verb, of the step that it has started, and of the way back itself."""
    with leaf.switch() as switch, leaf.lab.broken("reload-hangs", leaf.name, amount=2):
        leaf.arm(switch, 60)
        guard.start_reload(switch, leaf.push_id)
        leaf.hangs(1)
        leaf.inside("pkill -KILL -f '[g]uard.sh job reload'; pkill -KILL -f '[t]imeout .*config reload'")
        assert guard.reload_result(switch, leaf.push_id).state == "running", "the reload itself still is"
        leaf.inside("pkill -KILL -f '[r]un.py config reload'")
        assert guard.reload_result(switch, leaf.push_id).state == "failed"
        guard.restore(switch, leaf.push_id)
        leaf.hangs(0)
        leaf.inside("pkill -KILL -f '^sh [^ ]*guard.sh fire'; pkill -KILL -f '^sh [^ ]*guard.sh job'")
        assert guard.status(switch).state == "restoring"
        with pytest.raises(guard.GuardHeldError, match="its old config is being put back"):
            guard.arm(switch, "other", "bob", 60, 1000)
        guard.restore(switch, leaf.push_id)
        leaf.is_old("asked")


def test_the_timer_comes_again_when_the_way_back_was_killed(leaf: Subject) -> None:
    with leaf.switch() as switch, leaf.lab.broken("reload-hangs", leaf.name, amount=2):
        leaf.arm(switch, 60)
        leaf.inside("sed -i 's/^AGAIN=30 /AGAIN=2 /' /etc/sonic/sonicfab/guard/guard.sh")
        guard.start_reload(switch, leaf.push_id)
        guard.extend(switch, leaf.push_id, 1)
        until(lambda: leaf.lab.inside(leaf.name, "pkill -KILL -f '^sh [^ ]*guard.sh fire'").code == 0)
        time.sleep(0.5)
    leaf.is_old("timer", timeout=60)


def test_a_full_disk(leaf: Subject) -> None:
    with leaf.switch() as switch:
        listed = "find /etc/sonic /etc/systemd ! -name guard.sh | sort"  # the script stays for the next push
        files = leaf.inside(listed)
        with leaf.lab.broken("disk-full", leaf.name), pytest.raises(SwitchError, match=r"guard.sh|too full"):
            leaf.arm(switch, 60)
        assert leaf.inside(listed) == files
        with pytest.raises(SwitchError, match=r"the disk is too full: \d+ KiB are free and \d+ are needed"):
            guard.arm(switch, leaf.push_id, HOLDER, 60, 1 << 40)
        assert leaf.inside(listed) == files
        leaf.arm(switch, 60)
        reload_step(leaf, switch)
        with leaf.lab.broken("disk-full", leaf.name):
            with pytest.raises(SwitchError, match=r"saved|disk full"):
                guard.confirm(switch, leaf.push_id)
            assert leaf.state().stored_config_db == leaf.old.stored_config_db
            guard.restore(switch, leaf.push_id)
            leaf.is_old("asked")


def test_what_sonic_or_frr_cannot_read_is_refused(leaf: Subject) -> None:
    with leaf.switch() as switch:
        leaf.arm(switch, 60)
        for name, text, said in (
            ("config_db.json", '{"PORT": {,}}', "SONiC cannot read config_db.json: json.*JSONDecodeError"),
            ("frr.delta", "router bgp 1\n bgp bestpath maybe\n", "FRR does not understand frr.delta: .*maybe"),
            ("passwd", "x", "passwd is no file of a push"),
        ):
            with pytest.raises(SwitchError, match=said):
                guard.stage(switch, leaf.push_id, {name: text})
        assert "sonicfab." not in leaf.inside("ls /tmp")
        guard.restore(switch, leaf.push_id)
    leaf.is_old("asked")


def test_no_step_begins_late_or_without_a_timer(leaf: Subject) -> None:
    with leaf.switch() as switch:
        leaf.arm(switch, 60)
        soon = "read -r now _ < /proc/uptime; echo $((${now%.*} * 100 + 800)) > /etc/sonic/sonicfab/guard/deadline"
        leaf.inside(soon)
        with pytest.raises(SwitchError, match="s are left until the old config is put back"):
            guard.apply_frr(switch, leaf.push_id)
        guard.extend(switch, leaf.push_id, 60)
        leaf.inside("systemctl stop 'sonicfab-guard-*.timer'")
        with pytest.raises(SwitchError, match="the timer that would put the old config back is gone"):
            guard.apply_frr(switch, leaf.push_id)
        guard.restore(switch, leaf.push_id)
    assert leaf.is_old("asked").begun == ()


@pytest.mark.parametrize("late", [-0.6, -0.1])
def test_confirm_and_the_timer_at_the_same_time(late: float, leaf: Subject) -> None:
    with leaf.switch() as switch:
        leaf.arm(switch, 60)
        frr_step(leaf, switch)
        guard.extend(switch, leaf.push_id, 2)
        ends = time.monotonic() + guard.status(switch).seconds_left
        time.sleep(max(0.0, ends + late - time.monotonic()))
        said = ""
        try:
            guard.confirm(switch, leaf.push_id)
        except SwitchError as err:
            said = str(err)
        seen = leaf.ended()
        if said:
            assert seen.state == "restored", said
            assert leaf.state() == leaf.old
            return
        assert seen.state == "confirmed"
        now = leaf.state()
        assert NEW_LINE in now.frr
        assert NEW_LINE in now.stored_frr
        leaf.inside("vtysh", f"configure terminal\n{UNDO.format(asn=leaf.asn)}end\n")
        leaf.inside("cat > /etc/sonic/frr/frr.conf; chmod 644 /etc/sonic/frr/frr.conf", leaf.old.stored_frr)
        leaf.inside("cat > /etc/sonic/config_db.json", leaf.old.stored_config_db)
        assert leaf.state() == leaf.old


def test_two_operators_at_once(leaf: Subject) -> None:
    ended: dict[str, str] = {}

    def push(name: str) -> None:
        with leaf.switch() as switch:
            try:
                guard.arm(switch, name, f"operator {name}", 60, 1000)
                ended[name] = "armed"
            except guard.GuardHeldError as err:
                ended[name] = err.holder

    threads = [threading.Thread(target=push, args=(f"{leaf.push_id}-{number}",)) for number in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    winner = next(name for name, how in ended.items() if how == "armed")
    assert sorted(ended.values()) == ["armed", f"operator {winner}", f"operator {winner}"]
    leaf.push_id = winner
    with leaf.switch() as switch:
        guard.restore(switch, winner)
    leaf.is_old("asked")


def test_back_to_the_factory_default(lab: Lab, sonicfab: Run, tmp_path: Path) -> None:
    """A switch whose frr.conf was not there: the mode `separated` deletes it, and bgpcfgd makes 56 neighbours."""
    leaf = Subject(lab, LEAF2, "factory")
    files = leaf.candidate()
    leaf.inside("sonic-cfggen -H -k Accton-AS7326-56X --preset t1 --print-data > /etc/sonic/config_db.json")
    leaf.inside("rm -f /etc/sonic/frr/frr.conf; config reload -y -f > /dev/null")
    leaf.old = leaf.state()
    assert leaf.old.stored_frr == "none\n"
    with leaf.switch() as switch:
        guard.arm(switch, leaf.push_id, HOLDER, 60, 100_000, quiet=QUIET)
        guard.stage(switch, leaf.push_id, files)
        reload_step(leaf, switch)
        guard.restore(switch, leaf.push_id)
    leaf.is_old("asked")
    assert "remote-as" in leaf.old.frr
