"""The main job end to end on a lab: factory default, push, verify, break, explain, repair."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from conftest import Run
from labs import LEAF1, LEAF2, SPINE, Lab, booted, needs_lab, quick_files, rendered
from patience import communicate, until
from sonicfab.frr import conf
from sonicfab.operations.site import OpenSite
from sonicfab.operations.users import plan_users
from sonicfab.switch.state.accounts import USERS
from sonicfab.switch.users import Wanted
from sonicfab.switch.users import apply as apply_users

pytestmark = needs_lab


@pytest.fixture(scope="module")
def factory(sonicfab: Run) -> Iterator[Lab]:
    """A lab as it boots: every switch in its factory default config."""
    with booted(sonicfab, "factory") as lab:
        yield lab


@pytest.fixture(scope="module")
def fabric(sonicfab: Run, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    """A lab to which the example was pushed."""
    files = quick_files(tmp_path_factory.mktemp("fabric"))
    with booted(sonicfab, "fabric", "scs-lab", "--swss-ready-after", "1", files=files) as lab:
        done = lab.sonicfab("push", "--yes")
        assert done.returncode == 0, done.stderr + done.stdout
        yield lab


def good(lab: Lab) -> None:
    """The fabric is as intended (again)."""
    done = lab.verify()
    assert done.returncode == 0, done.stdout


# from factory default


def test_a_dry_run_shows_and_changes_nothing(factory: Lab) -> None:
    before = {switch: factory.config_db(switch) for switch in (LEAF1, LEAF2, SPINE)}
    done = factory.sonicfab("push", "--dry-run")
    assert done.returncode == 5
    assert "- BGP_NEIGHBOR: 56 rows (10.0.0.1 ... 10.0.0.111)" in done.stdout
    assert "+ DEVICE_METADATA|localhost docker_routing_config_mode: split-unified" in done.stdout
    assert "3 would change" in done.stdout
    assert {switch: factory.config_db(switch) for switch in before} == before
    assert factory.inside(SPINE, "ls /etc/sonic/sonicfab").code != 0


def test_every_line_fits_a_hundred_columns_or_is_a_change(factory: Lab) -> None:
    done = factory.sonicfab("push", "--dry-run", "--limit", SPINE)
    for line in done.stdout.splitlines():
        assert len(line) <= 100 or line.startswith("  "), line


def test_nothing_is_pushed_when_nobody_can_answer(factory: Lab) -> None:
    done = factory.sonicfab("push")
    assert done.returncode == 2
    assert "say --yes" in done.stderr
    assert factory.inside(SPINE, "ls /etc/sonic/sonicfab").code != 0


def test_factory_default_is_not_as_intended(factory: Lab) -> None:
    factory.hears_lldp({SPINE: 2, LEAF1: 1, LEAF2: 1})
    done = factory.verify(0)
    assert done.returncode == 4
    assert f"✘ not-pushed: {LEAF1} does not run the fabric's config" in done.stdout
    assert "it runs AS 65100; planned: AS 65404 with 1 session" in done.stdout
    assert "seen: 56 sessions that nobody planned" in done.stdout
    assert "NOT as intended: 3 findings" in done.stdout


def test_a_merge_would_be_seen(factory: Lab, sonicfab: Run, tmp_path: Path) -> None:
    """`config load` of the right files leaves the factory neighbours: neither push nor verify calls that done."""
    folder = rendered(sonicfab, tmp_path)[LEAF2]
    factory.inside(LEAF2, "cat > /tmp/c.json", (folder / "config_db.json").read_text())
    factory.inside(LEAF2, "cat > /etc/sonic/frr/frr.conf", (folder / "frr.conf").read_text())
    assert factory.inside(LEAF2, "config load -y /tmp/c.json && systemctl restart bgp").code == 0
    done = factory.sonicfab("push", "--dry-run", "--limit", LEAF2)
    assert done.returncode == 3, "nobody has saved it"
    assert f"{LEAF2}: somebody has changed it and not saved that" in done.stdout
    done = factory.sonicfab("push", "--dry-run", "--limit", LEAF2, "--overwrite-drift")
    assert done.returncode == 5
    assert "- BGP_NEIGHBOR: 56 rows" in done.stdout
    assert "- DEVICE_METADATA|localhost bgp_asn: 65100" in done.stdout


# pushed


def test_a_second_push_finds_nothing_to_do(fabric: Lab) -> None:
    command = "stat -c '%n %Y %i' /etc/sonic/*.json /etc/sonic/frr/*; ls /etc/sonic/sonicfab/backup"
    before = fabric.inside(LEAF1, command).out
    done = fabric.sonicfab("push")
    assert done.returncode == 0, done.stdout
    assert "3 unchanged" in done.stdout
    assert fabric.inside(LEAF1, command).out == before, "not a byte is written"


def test_verify_is_green(fabric: Lab) -> None:
    done = fabric.verify()
    assert done.returncode == 0, done.stdout
    assert done.stdout.count("✔ Established") == 4
    assert "✔ 8 of 8 sessions" in done.stdout
    assert "✔ 12 of 12 loopback routes" in done.stdout
    assert "✔ 12 of 12 loopback pings" in done.stdout
    assert "0 of 30 host ports have a host" in done.stdout
    assert all(len(line) <= 100 for line in done.stdout.splitlines())
    assert done.stdout.splitlines()[-1].startswith("spine-leaf-1x2: as intended: all 100 expectations met")


def test_verify_for_programs(fabric: Lab) -> None:
    result = json.loads(fabric.verify(30, "--format", "json").stdout)
    assert (result["format_version"], result["verdict"], result["counts"]["failed"]) == (2, "ok", 0)
    assert result["counts"]["ok"] == 100
    assert result["findings"] == []
    sessions = [one for one in result["results"] if one["check"] == "bgp" and one["status"] == "ok"]
    assert {one["peer"]["remote_asn"] for one in sessions} == {65404, 65405, 65501}


def test_verify_for_ci(fabric: Lab) -> None:
    suites = ET.fromstring(fabric.verify(30, "--format", "junit").stdout)
    assert {suite.get("name") for suite in suites} == {LEAF1, LEAF2, SPINE}
    assert all(suite.get("failures") == suite.get("errors") == "0" for suite in suites)
    hosts = [one for suite in suites for one in suite if "host" in one.get("name", "").split()]
    assert len(hosts) == 60, "30 host ports, two families each"
    skipped = 3 + 6  # a lab has no ASIC, no NTP daemon and no rsyslogd
    assert sum(len(suite) for suite in suites) == 100 + skipped + len(hosts)


def test_limit(fabric: Lab) -> None:
    done = fabric.verify(30, "--limit", "leaf")
    assert done.returncode == 0
    assert "✔ 4 of 4 sessions" in done.stdout
    done = fabric.verify(5, "--limit", "*u36")
    assert f" {SPINE} " in done.stdout
    assert "Ethernet76" in done.stdout
    done = fabric.verify(5, "--limit", "u36")
    assert done.returncode == 2
    assert "no such switch" in done.stderr


def test_what_was_pushed_is_what_the_next_start_loads(fabric: Lab, sonicfab: Run, tmp_path: Path) -> None:
    for switch, folder in rendered(sonicfab, tmp_path, files=fabric.files).items():
        stored = json.loads(fabric.inside(switch, "cat /etc/sonic/config_db.json").out)
        for table, rows in json.loads((folder / "config_db.json").read_text()).items():
            for key, row in rows.items():
                assert stored[table][key].items() >= row.items()
        assert fabric.inside(switch, "cat /etc/sonic/frr/frr.conf").out == (folder / "frr.conf").read_text()


def test_frr_conf_is_in_canonical_form(fabric: Lab, sonicfab: Run, tmp_path: Path) -> None:
    """Line by line what `show running-config` prints, object by object: FRR's releases order them differently."""
    for switch, folder in rendered(sonicfab, tmp_path, files=fabric.files).items():
        running = fabric.inside(switch, "vtysh -c 'show running-config'").out
        wanted = (folder / "frr.conf").read_text()
        assert conf.diff(wanted, running) == []
        assert blocks(wanted) - conf.unprinted(running) == blocks(running)


def blocks(text: str) -> set[str]:
    """The objects: sections between the exclamation marks at the margin, and lists; without what is the host's."""
    _, _, body = text.partition("service integrated-vtysh-config\n!\n")
    parted = re.sub(r"(?m)^(\S+ prefix-list \S+) .*\n(?!\1 )", r"\g<0>!\n", body)
    return {block.strip("\n") for block in re.split(r"(?m)^!$", parted)} - {"", "end"}


def test_operators_own_tables_survive_a_push(fabric: Lab) -> None:
    rows = {"ACL_TABLE": {"OWN": {"type": "L3", "ports": ["Ethernet0", "Ethernet1"]}}, "NTP_SERVER": {"192.0.2.99": {}}}
    fabric.inside(SPINE, "cat > /tmp/own.json", json.dumps(rows))
    assert fabric.inside(SPINE, "config load -y /tmp/own.json").code == 0
    done = fabric.sonicfab("push", "--yes", "--overwrite-drift")
    assert done.returncode == 0, done.stdout
    assert "- NTP_SERVER|192.0.2.99" in done.stdout
    assert "2 unchanged, 1 changed" in done.stdout
    config = fabric.config_db(SPINE)
    assert config["ACL_TABLE"] == rows["ACL_TABLE"]
    assert "192.0.2.99" not in config["NTP_SERVER"]


def test_backups_are_kept_on_the_switch(fabric: Lab) -> None:
    backups = fabric.inside(SPINE, "ls -d /etc/sonic/sonicfab/backup/*/").out.split()
    assert 1 <= len(backups) <= 5
    assert "config_db.json" in fabric.inside(SPINE, f"ls {backups[0]}").out.split()
    assert fabric.inside(SPINE, "stat -c %a /etc/sonic/sonicfab/backup").out.strip() == "700"


# broken


def test_a_port_that_is_shut(fabric: Lab) -> None:
    good(fabric)
    assert fabric.inside(LEAF1, "config interface shutdown Ethernet76").code == 0
    done = fabric.seen("this is: 2 session ends, 2 ports, 2 cable ends")
    assert done.returncode == 4
    assert f"✘ port-shut: {LEAF1}:Ethernet76 is shut" in done.stdout
    assert f"mend: on {LEAF1}: sudo config interface startup Ethernet76" in done.stdout
    assert "this is: 2 session ends, 2 ports, 2 cable ends" in done.stdout
    assert "1 finding (port-shut" in done.stdout, "one broken cable is one finding"
    junit = ET.fromstring(fabric.verify(0, "--format", "junit", "--limit", LEAF1).stdout)
    assert int(junit[0].get("failures", "0")) == 13
    assert "because port-shut" in ET.tostring(junit, encoding="unicode")
    assert fabric.inside(LEAF1, "config interface startup Ethernet76").code == 0
    good(fabric)


def test_another_asn(fabric: Lab) -> None:
    lines = ["configure terminal", "no router bgp 65405", "router bgp 65499", "no bgp ebgp-requires-policy"]
    lines += ("neighbor Ethernet72 interface remote-as external", "address-family ipv6", "neighbor Ethernet72 activate")
    assert fabric.inside(LEAF2, "vtysh " + " ".join(f"-c '{line}'" for line in lines)).code == 0
    done = fabric.seen(f"asn-mismatch: {LEAF2} runs BGP as AS 65499")
    assert done.returncode == 4
    assert f"✘ asn-mismatch: {LEAF2} runs BGP as AS 65499, and the plan has AS 65405" in done.stdout
    assert "1 finding (asn-mismatch" in done.stdout
    done = fabric.sonicfab("push", "--yes", "--overwrite-drift", "--limit", LEAF2)
    assert done.returncode == 0, done.stdout
    good(fabric)


def test_bgpd_stopped(fabric: Lab) -> None:
    assert fabric.inside(SPINE, "pkill bgpd").code == 0
    done = fabric.verify(3)
    assert done.returncode == 4
    assert f"✘ bgpd-down: bgpd does not run on {SPINE}" in done.stdout
    assert "1 finding (bgpd-down" in done.stdout
    done = fabric.sonicfab("push", "--yes")
    assert done.returncode == 0, done.stdout
    good(fabric)


def test_the_bgp_container_stopped(fabric: Lab) -> None:
    """Nothing on the switch can check frr.conf then, and yet the push that starts it again is not refused."""
    with fabric.broken("stop-bgp", LEAF1):
        done = fabric.verify(2, "--limit", LEAF1)
        assert done.returncode == 4
        assert "container bgp is not running" in done.stdout
        done = fabric.sonicfab("push", "--yes")
        assert done.returncode == 0, done.stdout
    good(fabric)


def test_a_policy_that_drops_everything(fabric: Lab) -> None:
    lines = ("configure terminal", "no route-map TO-FABRIC", "exit", "clear bgp * soft")
    assert fabric.inside(LEAF1, "vtysh " + " ".join(f"-c '{line}'" for line in lines)).code == 0
    done = fabric.seen(f"policy-denies: {LEAF1} announces nothing")
    assert done.returncode == 4
    assert "✘ 6 of 8 sessions" in done.stdout, "Established, and useless"
    assert f"✘ policy-denies: {LEAF1} announces nothing on {LEAF1}:Ethernet76" in done.stdout
    assert fabric.sonicfab("push", "--yes", "--overwrite-drift", "--limit", LEAF1).returncode == 0
    good(fabric)


def test_traffic_that_is_dropped_although_the_routes_are_there(fabric: Lab) -> None:
    assert fabric.inside(SPINE, "sysctl -qw net.ipv4.ip_forward=0").code == 0
    done = fabric.verify(3)
    assert done.returncode == 4
    assert fabric.inside(SPINE, "sysctl -qw net.ipv4.ip_forward=1").code == 0
    assert "✔ 12 of 12 loopback routes" in done.stdout
    assert f"✘ not-forwarding: the kernel of {SPINE} does not forward IPv4" in done.stdout
    assert f"{SPINE}: net.ipv4.conf.all.forwarding = 0" in done.stdout
    good(fabric)


# refused before anything is written


def unchanged(lab: Lab, switch: str) -> str:
    return lab.inside(switch, "sonic-cfggen -d --print-data | sha256sum; cat /etc/sonic/frr/frr.conf | sha256sum").out


def test_a_golden_config_that_would_delete_frr_conf(fabric: Lab) -> None:
    fabric.inside(LEAF1, "echo '{}' > /etc/sonic/golden_config_db.json")
    fabric.inside(LEAF1, "config interface shutdown Ethernet0")
    before = unchanged(fabric, LEAF1)
    done = fabric.sonicfab("push", "--yes")
    fabric.inside(LEAF1, "rm /etc/sonic/golden_config_db.json")
    assert done.returncode == 3
    assert "/etc/sonic/golden_config_db.json would reset docker_routing_config_mode" in done.stdout
    assert unchanged(fabric, LEAF1) == before
    assert fabric.sonicfab("push", "--yes", "--overwrite-drift").returncode == 0


def test_a_full_disk(fabric: Lab) -> None:
    fabric.inside(LEAF1, "config interface shutdown Ethernet0")
    before = unchanged(fabric, LEAF1)
    with fabric.broken("disk-full", LEAF1):
        done = fabric.sonicfab("push", "--yes", "--overwrite-drift")
    assert done.returncode == 3
    assert f"{LEAF1}: its disk has 0 KiB free" in done.stdout
    assert unchanged(fabric, LEAF1) == before
    assert fabric.inside(LEAF1, "ls -d /tmp/sonicfab.*").code != 0, "nothing is left in /tmp"
    assert fabric.sonicfab("push", "--yes", "--overwrite-drift").returncode == 0


def test_an_frr_conf_that_frr_does_not_understand(fabric: Lab, tmp_path: Path) -> None:
    (tmp_path / "frr").mkdir()
    (tmp_path / "frr" / "route_source.j2").write_text("router bgpp 1\n!\n")
    before = unchanged(fabric, SPINE)
    done = fabric.sonicfab("push", "--yes", "--limit", SPINE, "--templates", tmp_path)
    assert done.returncode == 3
    assert re.search(r"FRR does not understand frr.conf: line \d+: % Unknown command.*router bgpp 1", done.stdout)
    assert unchanged(fabric, SPINE) == before


def test_a_reload_that_is_refused_is_waited_for(fabric: Lab) -> None:
    assert fabric.inside(SPINE, "config interface shutdown Ethernet112 && config reload -y -f").code == 0
    assert fabric.inside(SPINE, "config interface shutdown Ethernet112").code == 0
    with fabric.broken("reload-refused", SPINE, amount=600):
        push = fabric.begun("push", "--yes", "--overwrite-drift", "--way", "reload")
        assert push.stderr is not None
        waits = any(f"{SPINE}: waiting: config reload says: SwSS container" in line for line in push.stderr)
    said, _ = communicate(push, 120)
    assert waits, said
    assert push.returncode == 0, said
    good(fabric)


def test_another_switch_than_the_inventory_means(fabric: Lab, sonicfab: Run, tmp_path: Path) -> None:
    inventory = Path(fabric.files[1]).read_text().replace("90:2d:77:58:27:50", "90:2d:77:58:27:51")
    inventory = inventory.replace("platform: as7326-56x", "platform: as7326-56x\n    image_build: community-202405")
    (tmp_path / "inventory.yml").write_text(inventory)
    files = ["-i", tmp_path / "inventory.yml", *fabric.files[2:]]
    done = sonicfab("push", *files, "--lab-name", fabric.name, "--yes")
    assert done.returncode == 3
    assert f"{SPINE}: what answers is not the switch that the inventory means" in done.stdout
    assert "its base MAC is 90:2d:77:58:27:50, not 90:2d:77:58:27:51" in done.stdout
    assert "it runs community-202411.sonicfab-lab, not community-202405" in done.stdout
    assert "nothing was changed" in done.stderr


def test_the_lab_and_the_real_switches_are_never_mixed_up(fabric: Lab, sonicfab: Run, tmp_path: Path) -> None:
    """An inventory that leads to the lab's own door, without --lab; and a lab switch that does not say so, with it."""
    port = fabric.state.switches[SPINE].port
    ssh = f"ssh:\n    port: {port}\n    key: file:{fabric.state.key}\n    known_hosts: {fabric.state.known_hosts}"
    (tmp_path / "inventory.yml").write_text(Path(fabric.files[1]).read_text().replace("ssh:", ssh, 1))
    (tmp_path / ".ssh").mkdir()
    (tmp_path / ".ssh" / "config").write_text("Host 10.10.23.110\n  HostName 127.0.0.1\n")
    files = ["-i", tmp_path / "inventory.yml", *fabric.files[2:]]
    done = sonicfab("push", *files, "--yes", "--limit", SPINE, HOME=str(tmp_path))
    assert done.returncode == 3
    assert f"{SPINE}: what answers is a switch of the lab fabric, not a real one" in done.stdout
    fabric.inside(LEAF1, "mv /etc/sonic/sonicfab-lab.json /etc/sonic/away.json")
    done = fabric.sonicfab("push", "--yes", "--limit", LEAF1)
    verified = fabric.verify(0, "--limit", LEAF1)
    fabric.inside(LEAF1, "mv /etc/sonic/away.json /etc/sonic/sonicfab-lab.json")
    assert done.returncode == 3
    assert "platform summary" in done.stdout or "is a real switch, not one of the lab fabric" in done.stdout
    assert verified.returncode == 3


def test_a_host_key_that_changed_and_one_that_is_unknown(fabric: Lab, tmp_path: Path) -> None:
    known = fabric.state.known_hosts
    backup = tmp_path / "known_hosts"
    shutil.copy(known, backup)
    lines = known.read_text().splitlines()
    other = lines[-1].split()[2]
    known.write_text("\n".join([" ".join([*lines[0].split()[:2], other]), *lines[2:]]) + "\n")
    done = fabric.verify(0)
    shutil.copy(backup, known)
    assert done.returncode in (3, 4)
    assert "has another host key than the known one" in done.stdout
    assert "ssh-keygen -R" in done.stdout
    assert "is not known" in done.stdout
    commands = [line for line in done.stdout.splitlines() if f"`ssh -o UserKnownHostsFile={known} -p " in line]
    assert commands, "a command in one line"


def test_a_login_that_is_refused(fabric: Lab) -> None:
    fabric.inside(LEAF1, "mv /home/admin/.ssh/authorized_keys /home/admin/.ssh/away")
    done = fabric.sonicfab("push", "--dry-run", "--limit", LEAF1)
    fabric.inside(LEAF1, "mv /home/admin/.ssh/away /home/admin/.ssh/authorized_keys")
    assert done.returncode == 3
    assert "refused the login" in done.stdout


def test_accounts_are_set_and_go_back_by_themselves(fabric: Lab, tmp_path: Path) -> None:
    """The password of admin, and a key beside that of the lab; without a confirmation both are as before."""
    inventory = tmp_path / "inventory.yml"
    users = "users: [{name: admin, password: file:hash, keys: file:key.pub}]"
    text = Path(fabric.files[1]).read_text().replace("defaults:\n", f"defaults:\n  {users}\n", 1)
    inventory.write_text(text)
    (tmp_path / "hash").write_text("$6$salt$abcdefghijklmnopqrstuvwxyz\n")
    (tmp_path / "key.pub").write_text("ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIB1111111111111111111111111 alice@desk\n")
    site = OpenSite.open(inventory, fabric.files[3], lab=fabric.name, limit=LEAF1)
    show = "getent shadow admin | cut -d: -f2; cat /home/admin/.ssh/authorized_keys; ls /etc/sonic/sonicfab"
    before = fabric.inside(LEAF1, show).out
    planned = plan_users(site)
    assert [one.changes for one in planned.switches] == [{"admin": ["its password", "+ key alice@desk"]}]
    assert [one.error for one in planned.apply()] == [None]
    after = fabric.inside(LEAF1, show).out
    assert "$6$salt$abc" in after
    assert before.splitlines()[1] in after, "the key of the lab is still there"
    assert plan_users(site).todo == []
    (tmp_path / "hash").write_text("$6$other$abcdefghijklmnopqrstuvwxyz\n")
    with closing(site.access.open(site.switches[0])) as switch:
        question = USERS.of(names="admin")
        apply_users(switch, {"admin": Wanted("$6$other$abcdefghijklmnopqrstuvwxyz", ())}, switch.get(question), 2)
        assert "$6$other" in fabric.inside(LEAF1, show).out
        until(lambda: fabric.inside(LEAF1, show).out == after, 30)
