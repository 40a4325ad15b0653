"""Links in /etc/sonic/frr, which belongs to the user of the bgp container: root neither reads nor writes through them.

Whoever has taken the container over can put anything there at any time: before a push, or between its steps.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from conftest import Run
from guarded import NEW_LINE, QUIET, Subject, all_steps, as_before, frr_step, lab_of
from labs import LEAF1, Lab, needs_lab
from sonicfab.errors import SwitchError
from sonicfab.switch import guard
from sonicfab.switch.state.config import STORED_FRR

pytestmark = needs_lab

CONF = "/etc/sonic/frr/frr.conf"
SECRET = "root:$6$only-root-may-read-this"
_HOST = f"""\
rm -rf /etc/sonic/host && mkdir -m 700 -p /etc/sonic/host/folder && echo '{SECRET}' > /etc/sonic/host/shadow
chmod 600 /etc/sonic/host/shadow && chown -R root:root /etc/sonic/host
"""
_SEEN = "cd /etc/sonic/host && find . -printf '%p %m %U:%G %n %y\\n' | sort && cat shadow"

PLANTED = {
    "a link to a file": f"ln -s /etc/sonic/host/shadow {CONF}",
    "a dangling link": f"ln -s /etc/sonic/host/new {CONF}",
    "a link to a folder": f"ln -s /etc/sonic/host/folder {CONF}",
    "a second name of a file": f"ln /etc/sonic/host/shadow {CONF}",
    "a folder": f"mkdir -p {CONF}/deep && ln -s /etc/sonic/host/shadow {CONF}/deep/link",
    "a pipe": f"mkfifo {CONF}",
}
"""What may stand in the place of frr.conf."""
STAGED = {
    "a link to a file": "ln -s /etc/sonic/host/shadow",
    "a dangling link": "ln -s /etc/sonic/host/new",
    "a link to a folder": "ln -s /etc/sonic/host/folder",
    "a second name of a file": "ln /etc/sonic/host/shadow",
}
"""What may stand where files were once written aside."""


@pytest.fixture(scope="module")
def lab(sonicfab: Run, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    with lab_of(sonicfab, tmp_path_factory.mktemp("out"), "links") as one:
        yield one


COUNT = iter(range(1000))


@pytest.fixture
def leaf(lab: Lab) -> Iterator[Subject]:
    one = Subject(lab, LEAF1, f"20261126-{next(COUNT):03}")
    one.inside(_HOST)
    before = one.inside(_SEEN)
    yield one
    one.let_go()
    one.inside("find /etc/sonic/frr -name '.sonicfab*' -delete")
    one.inside(f"rm -rf {CONF}; cat > {CONF}; chown frr:frr {CONF}; chmod 644 {CONF}", one.old.stored_frr)
    assert one.inside(_SEEN) == before


@pytest.mark.parametrize("planted", PLANTED)
def test_nothing_is_read_through_what_stands_there_and_no_push_begins(planted: str, leaf: Subject) -> None:
    leaf.inside(f"rm {CONF} && {PLANTED[planted]}")
    with leaf.switch() as switch:
        with pytest.raises(SwitchError, match=f"{CONF} is .*: a push writes and reads nothing but a file of its own"):
            leaf.arm(switch, 60)
        assert guard.status(switch).state == "none"
        with pytest.raises(SwitchError, match=f"{CONF} is ") as caught:
            switch.get(STORED_FRR)
    assert SECRET not in str(caught.value)
    assert leaf.inside(f"grep -rlF '{SECRET}' /etc/sonic/sonicfab || true") == ""


@pytest.mark.parametrize("planted", PLANTED)
@pytest.mark.parametrize("ends", ["confirmed", "restored"])
def test_nothing_is_written_through_what_is_put_there_meanwhile(planted: str, ends: str, leaf: Subject) -> None:
    seen = leaf.inside(_SEEN)
    with leaf.switch() as switch:
        leaf.arm(switch, 120)
        frr_step(leaf, switch)
        # the last moment before root writes there again
        leaf.inside(f"rm {CONF} && {PLANTED[planted]}")
        if ends == "confirmed":
            guard.confirm(switch, leaf.push_id)
            assert NEW_LINE in leaf.inside(f"cat {CONF}")
            assert leaf.inside(f"stat -c '%F %U:%G %a' {CONF}") == "regular file frr:frr 640\n"
            leaf.left_nothing()
        else:
            guard.restore(switch, leaf.push_id)
            leaf.is_old("asked")
    assert leaf.inside(_SEEN) == seen, "what it led to is as it was"
    if ends == "confirmed":
        as_before(leaf)


@pytest.mark.parametrize("planted", ["a link to a file", "a folder"])
def test_nothing_is_written_through_it_at_a_boot(planted: str, leaf: Subject) -> None:
    seen = leaf.inside(_SEEN)
    with leaf.switch() as switch:
        leaf.arm(switch, 120)
        all_steps(leaf, switch)
        leaf.inside(f"rm {CONF} && {PLANTED[planted]}")
    leaf.power_cycle()
    leaf.is_old("boot")
    assert leaf.inside(_SEEN) == seen


@pytest.mark.parametrize("planted", STAGED)
def test_nothing_is_written_through_a_name_that_a_push_might_use(planted: str, leaf: Subject) -> None:
    leaf.inside(f"{STAGED[planted]} /etc/sonic/frr/.sonicfab.part")
    seen = leaf.inside(_SEEN)
    with leaf.switch() as switch:
        leaf.arm(switch, 120)
        frr_step(leaf, switch)
        guard.confirm(switch, leaf.push_id)
    assert NEW_LINE in leaf.inside(f"cat {CONF}")
    assert leaf.inside(_SEEN) == seen
    leaf.inside("rm /etc/sonic/frr/.sonicfab.part")  # the start script of the bgp container chowns all that is there
    as_before(leaf)


def test_a_folder_that_became_a_link_is_refused(leaf: Subject) -> None:
    """Only root can do that, as /etc/sonic is root's; a push says so rather than follow it."""
    leaf.inside("mv /etc/sonic/frr /mnt/frr.real && ln -s /mnt/frr.real /etc/sonic/frr")
    try:
        with leaf.switch() as switch, pytest.raises(SwitchError, match="/etc/sonic/frr is a link"):
            leaf.arm(switch, 60)
    finally:
        leaf.inside("rm /etc/sonic/frr && mv /mnt/frr.real /etc/sonic/frr")


def test_a_folder_of_its_own_file_system_is_refused(leaf: Subject) -> None:
    """A file is put in place by one rename, which leads to no other file system."""
    leaf.inside("mkdir /mnt/frr.mount && cp -a /etc/sonic/frr/. /mnt/frr.mount")
    leaf.inside("mount --bind /mnt/frr.mount /etc/sonic/frr")
    try:
        with leaf.switch() as switch, pytest.raises(SwitchError, match="/etc/sonic/frr is a file system of its own"):
            leaf.arm(switch, 60)
    finally:
        leaf.inside("umount /etc/sonic/frr && rm -r /mnt/frr.mount")


def test_a_mode_that_root_would_not_give_is_not_kept(leaf: Subject) -> None:
    leaf.inside(f"chmod 4755 {CONF}")
    with leaf.switch() as switch:
        guard.arm(switch, leaf.push_id, "ann", 60, 1000, quiet=QUIET)
        assert leaf.inside("stat -c %a /etc/sonic/sonicfab/guard/stored/frr.conf") == "755\n"
        guard.restore(switch, leaf.push_id)
        leaf.ended()
