"""A lab switch behaves like SONiC where it matters: each rule here was recorded from SONiC 202411's own programs.

Where those recordings are at hand, texts and exit codes are compared with them word by word.
"""

from __future__ import annotations

import json
import re
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from conftest import REFERENCE, Run
from known import get_build
from labs import LEAF1, LEAF2, SPINE, Done, Lab, booted, needs_lab, rendered
from patience import Patience
from sonicfab.lab.container import START_SCRIPT, start_script

pytestmark = needs_lab
RECORDED = REFERENCE / "recorded" / "202411"
BROKEN = '{"PORT": {"Ethernet0": {"mtu": "9000",}}}\n'


@pytest.fixture(scope="module")
def lab(sonicfab: Run) -> Iterator[Lab]:
    with booted(sonicfab, "sonic-rules", "scs-lab", "--swss-ready-after", "2") as one:
        yield one


def like_recorded(case: str, done: Done) -> None:
    """Same exit code, same words on stdout, last line of stderr alike."""
    file = RECORDED / f"{case}.json"
    if not file.exists():
        return
    record = json.loads(file.read_text())
    assert done.code == record["exit_code"], f"{case}: {done}"
    assert done.out.strip() == record["stdout"].strip(), case


def put(lab: Lab, switch: str, text: str, path: str = "/tmp/in.json") -> None:
    assert lab.inside(switch, f"cat > {path}", text).code == 0


def settle(lab: Lab, switch: str) -> None:
    """Wait until `config reload` is not refused any more."""
    time.sleep(2.2)
    assert lab.inside(switch, "systemctl is-active swss").out == "active\n"


def test_the_factory_default_has_an_address_and_a_neighbour_on_every_port(lab: Lab) -> None:
    for switch, ports in ((LEAF1, 56), (SPINE, 32)):
        config = lab.config_db(switch)
        assert len(config["PORT"]) == len(config["BGP_NEIGHBOR"]) == ports
        assert sum("|" in key for key in config["INTERFACE"]) == ports
        assert config["DEVICE_METADATA"]["localhost"]["bgp_asn"] == "65100"
        running = lab.inside(switch, "vtysh -c 'show running-config'").out
        assert running.count(" remote-as ") == ports
        assert "router bgp 65100" in running
        assert lab.inside(switch, "ls /etc/sonic/frr/frr.conf").code != 0, "mode separated has no frr.conf"


def test_load_merges_and_never_deletes_or_checks(lab: Lab) -> None:
    """config/main.py load(): mod_config() of sonic-swss-common."""
    put(
        lab,
        LEAF2,
        json.dumps({"PORT": {"Ethernet0": {"description": "server1"}}, "VLAN": {"Vlan100": {"vlanid": "100"}}}),
    )
    before = lab.config_db(LEAF2)
    done = lab.inside(LEAF2, "config load -y /tmp/in.json")
    like_recorded("config-write/load_merge", done)
    after = lab.config_db(LEAF2)
    assert after["PORT"]["Ethernet0"] == {**before["PORT"]["Ethernet0"], "description": "server1"}
    assert after["VLAN"] == {"Vlan100": {"vlanid": "100"}}
    assert after["BGP_NEIGHBOR"] == before["BGP_NEIGHBOR"]
    put(lab, LEAF2, json.dumps({"VLAN": {"Vlan100": None}, "NOSUCH": {"x": {"y": True, "n": 7}}}))
    like_recorded("config-write/load_invalid_yang", lab.inside(LEAF2, "config load -y /tmp/in.json"))
    after = lab.config_db(LEAF2)
    assert "VLAN" not in after
    assert after["NOSUCH"] == {"x": {"y": "True", "n": "7"}}


def test_load_of_a_missing_and_of_a_broken_file(lab: Lab) -> None:
    before = lab.config_db(LEAF2)
    like_recorded("config-write/load_missing_file", lab.inside(LEAF2, "config load -y /tmp/nosuch.json"))
    put(lab, LEAF2, BROKEN)
    done = lab.inside(LEAF2, "config load -y /tmp/in.json")
    like_recorded("config-write/load_broken_json", done)
    assert done.code == 1
    assert "JSONDecodeError" in done.err
    assert lab.config_db(LEAF2) == before


def test_a_question_nobody_answers(lab: Lab) -> None:
    done = lab.inside(LEAF2, "config load /tmp/in.json < /dev/null")
    like_recorded("config-write/load_no_yes_stdin_closed", done)
    assert (done.code, done.err) == (1, "Aborted!\n")


def test_config_wants_root(lab: Lab) -> None:
    done = lab.inside(LEAF2, "USER=admin config save -y")
    assert (done.code, done.err) == (1, "Root privileges are required for this operation\n")
    assert lab.inside(LEAF2, "USER=admin sudo -n config save -y /tmp/saved.json").code == 0


def test_save(lab: Lab) -> None:
    like_recorded("config-write/save", lab.inside(LEAF2, "config save -y"))
    assert json.loads(lab.inside(LEAF2, "cat /etc/sonic/config_db.json").out) == lab.config_db(LEAF2)
    done = lab.inside(LEAF2, "config save -y /nosuch/x.json")
    like_recorded("config-write/save_bad_dir", done)
    assert done.code == 2


def test_what_config_db_says_happens_in_the_kernel(lab: Lab) -> None:
    rows = {
        "PORT": {"Ethernet76": {"mtu": "4000"}, "Ethernet1": {"admin_status": "down"}},
        "INTERFACE": {"Ethernet76|10.77.0.0/31": {}, "Ethernet76|fd00:77::/127": {}},
        "LOOPBACK_INTERFACE": {"Loopback0|10.77.1.1/32": {}},
        "DEVICE_METADATA": {"localhost": {"hostname": "renamed"}},
    }
    put(lab, LEAF1, json.dumps(rows))
    assert lab.inside(LEAF1, "config load -y /tmp/in.json").code == 0
    links = {link["ifname"]: link for link in json.loads(lab.inside(LEAF1, "ip -j addr").out)}
    assert links["Ethernet76"]["mtu"] == 4000
    assert "UP" in links["Ethernet76"]["flags"]
    assert "UP" not in links["Ethernet1"]["flags"]
    addresses = {f"{one['local']}/{one['prefixlen']}" for one in links["Ethernet76"]["addr_info"]}
    assert {"10.77.0.0/31", "fd00:77::/127"} <= addresses
    assert {one["local"] for one in links["Loopback0"]["addr_info"]} >= {"10.77.1.1"}
    assert lab.inside(LEAF1, "hostname").out == "renamed\n"
    assert lab.inside(LEAF1, "sonic-db-cli CONFIG_DB del 'INTERFACE|Ethernet76|10.77.0.0/31'").code == 0
    assert "10.77.0.0" not in lab.inside(LEAF1, "ip addr show Ethernet76").out


def test_all_ports_have_the_base_mac(lab: Lab) -> None:
    links = json.loads(lab.inside(SPINE, "ip -j link").out)
    macs = {link["address"] for link in links if link["ifname"].startswith(("Ethernet", "eth0"))}
    assert macs == {"90:2d:77:58:27:50"}
    assert lab.inside(SPINE, "sonic-cfggen -H -v DEVICE_METADATA.localhost.mac").out.strip() in macs


def test_database_commands_answer_like_sonic(lab: Lab) -> None:
    assert lab.inside(SPINE, "sonic-db-cli PING").out == "PONG\n"
    for case, command in {
        "dbcli_hgetall_missing_leaf": "sonic-db-cli CONFIG_DB hgetall 'PORT|Ethernet999'",
        "dbcli_hgetall_empty_row_null_leaf": "sonic-db-cli CONFIG_DB hgetall 'LOOPBACK_INTERFACE|Loopback0'",
        "dbcli_hget_missing_leaf": "sonic-db-cli CONFIG_DB hget 'DEVICE_METADATA|localhost' nosuch",
        "dbcli_exists_no_leaf": "sonic-db-cli CONFIG_DB exists 'PORT|Ethernet999'",
        "dbcli_get_initialized_leaf": "sonic-db-cli CONFIG_DB get CONFIG_DB_INITIALIZED",
        "cfggen_var_json_missing_leaf": "sonic-cfggen -d --var-json NOSUCH",
    }.items():
        like_recorded(f"config-read/{case}", lab.inside(SPINE, command))
    done = lab.inside(SPINE, "sonic-db-cli NOSUCH_DB keys '*'")
    assert (done.code, done.err.splitlines()[0]) == (1, "Invalid database name input : 'NOSUCH_DB'")
    missing = lab.inside(SPINE, "sonic-cfggen -d -v DEVICE_METADATA.localhost.nosuch")
    assert (missing.code, missing.out) == (0, "\n")


def test_a_list_is_one_field_with_an_at_sign(lab: Lab) -> None:
    """sonic-swss-common configdb.h: joined by commas; a member that is no string fails."""
    put(lab, SPINE, json.dumps({"VLAN": {"Vlan100": {"dhcp_servers": ["192.0.2.1", "192.0.2.2"]}}}))
    assert lab.inside(SPINE, "config load -y /tmp/in.json").code == 0
    assert lab.inside(SPINE, "sonic-db-cli CONFIG_DB hget 'VLAN|Vlan100' dhcp_servers@").out == "192.0.2.1,192.0.2.2\n"
    assert lab.config_db(SPINE)["VLAN"]["Vlan100"] == {"dhcp_servers": ["192.0.2.1", "192.0.2.2"]}
    put(lab, SPINE, json.dumps({"VLAN": {"Vlan100": {"dhcp_servers": [1]}}}))
    done = lab.inside(SPINE, "config load -y /tmp/in.json")
    assert done.code == 1
    assert "TypeError" in done.err


def test_reload_flushes_and_does_not_save(lab: Lab, sonicfab: Run, tmp_path: Path) -> None:
    folder = rendered(sonicfab, tmp_path)[LEAF1]
    put(lab, LEAF1, (folder / "config_db.json").read_text())
    put(lab, LEAF1, (folder / "frr.conf").read_text(), "/etc/sonic/frr/frr.conf")
    stored = lab.inside(LEAF1, "cat /etc/sonic/config_db.json").out
    settle(lab, LEAF1)
    done = lab.inside(LEAF1, "config reload -y /tmp/in.json")
    like_recorded("config-write/reload_file", done)
    assert done.code == 0
    config = lab.config_db(LEAF1)
    assert "BGP_NEIGHBOR" not in config
    assert config["FEATURE"]["bgp"]["state"] == "enabled", "init_cfg.json is loaded first"
    assert lab.inside(LEAF1, "cat /etc/sonic/config_db.json").out == stored, "nothing was saved"
    assert lab.inside(LEAF1, "cat /etc/sonic/frr/frr.conf").out == (folder / "frr.conf").read_text()
    assert "router bgp 65404" in lab.inside(LEAF1, "vtysh -c 'show running-config'").out


def test_reload_is_refused_while_swss_is_young(lab: Lab) -> None:
    settle(lab, SPINE)
    assert lab.inside(SPINE, "config reload -y").code == 0
    done = lab.inside(SPINE, "config reload -y")
    like_recorded("config-write/reload_refused_swss_young", done)
    assert done.code == 1
    assert "SwSS container is not ready" in done.out


def test_reload_of_broken_json_leaves_the_services_stopped(lab: Lab) -> None:
    before = lab.config_db(SPINE)
    put(lab, SPINE, BROKEN)
    done = lab.inside(SPINE, "config reload -y -f /tmp/in.json")
    like_recorded("config-write/reload_broken_json", done)
    assert done.code == 1
    assert lab.config_db(SPINE) == before
    bgp = lab.inside(SPINE, "vtysh -c 'show version'")
    assert bgp.code == 1
    assert "is not running" in bgp.err
    like_recorded("config-write/reload_missing_file", done := lab.inside(SPINE, "config reload -y -f /tmp/nosuch.json"))
    assert done.code == 0
    assert lab.inside(SPINE, "vtysh -c 'show version'").code == 0, "services run again, CONFIG_DB is as it was"


def test_reload_waits_for_nobody_who_holds_the_lock(lab: Lab) -> None:
    done = lab.inside(SPINE, "flock /etc/sonic/reload.lock config reload -y -f")
    like_recorded("config-write/reload_while_locked", done)
    assert done.code == 1


def test_the_bgp_service_starts_three_times_in_twenty_minutes(lab: Lab) -> None:
    """bgp.service: StartLimitBurst=3, StartLimitIntervalSec=1200."""
    assert lab.inside(LEAF2, "systemctl reset-failed bgp").code == 0
    codes = [lab.inside(LEAF2, "systemctl restart bgp").code for _ in range(4)]
    assert codes == [0, 0, 0, 1]
    assert lab.inside(LEAF2, "vtysh -c 'show version'").code == 1
    assert lab.inside(LEAF2, "systemctl reset-failed bgp && systemctl start bgp").code == 0
    assert lab.inside(LEAF2, "vtysh -c 'show version'").code == 0


@pytest.mark.parametrize(
    ("mode", "kept"),
    [("split-unified", True), ("split", False), ("separated", False), ("unified", True), ("other", True)],
)
def test_which_mode_keeps_frr_conf(mode: str, kept: bool, lab: Lab) -> None:
    """docker_init.sh; `unified` keeps the file, but writes its own content."""
    own = "hostname mine\nrouter bgp 65001\nexit\n"
    put(lab, LEAF2, own, "/etc/sonic/frr/frr.conf")
    lab.inside(LEAF2, f"sonic-db-cli CONFIG_DB hset 'DEVICE_METADATA|localhost' docker_routing_config_mode {mode}")
    assert lab.inside(LEAF2, "systemctl reset-failed bgp && systemctl restart bgp").code == 0
    text = lab.inside(LEAF2, "cat /etc/sonic/frr/frr.conf").out
    assert bool(text) == kept
    assert ("hostname mine" in text) == (mode in ("split-unified", "other"))
    if mode == "split-unified":
        assert text == own + "no zebra nexthop kernel enable\nfpm address 127.0.0.1\nno fpm use-next-hop-groups\n"


def test_an_edgecore_image_keeps_frr_conf_in_split(lab: Lab) -> None:
    """metal-stack/metal-roles sonic-config: `split` is there what split-unified is elsewhere."""
    own = "frr version 8.1\nhostname mine\nrouter bgp 65001\n bgp router-id 10.9.9.8\nexit\n"
    lab_file = "/etc/sonic/sonicfab-lab.json"
    before = lab.inside(LEAF2, f"cat {lab_file}").out
    edgecore = get_build("edgecore-202111")
    try:
        facts = {**json.loads(before), "routing_config_mode": edgecore.routing_config_mode}
        put(lab, LEAF2, json.dumps(facts), lab_file)
        put(lab, LEAF2, start_script(edgecore), "/tmp/start")
        mount = f"chmod 755 /tmp/start && mount --bind /tmp/start {START_SCRIPT}"
        assert lab.inside(LEAF2, mount).code == 0
        for mode, loaded in (("split", True), ("split-unified", False), ("separated", False)):
            put(lab, LEAF2, own, "/etc/sonic/frr/frr.conf")
            lab.inside(
                LEAF2, f"sonic-db-cli CONFIG_DB hset 'DEVICE_METADATA|localhost' docker_routing_config_mode {mode}"
            )
            assert lab.inside(LEAF2, "systemctl reset-failed bgp && systemctl restart bgp").code == 0
            assert (lab.inside(LEAF2, "cat /etc/sonic/frr/frr.conf").out == own) == (mode != "separated"), mode
            running = lab.inside(LEAF2, "vtysh -c 'show running-config'").out
            assert ("bgp router-id 10.9.9.8" in running) == loaded, mode
            assert "hard-administrative-reset" not in running, "a default of FRR 8.1, which a newer FRR would print"
    finally:
        put(lab, LEAF2, before, lab_file)
        lab.inside(LEAF2, f"umount {START_SCRIPT}")


def test_a_bad_line_in_frr_conf_comes_up_silently_short(lab: Lab) -> None:
    lab.inside(
        LEAF2, "sonic-db-cli CONFIG_DB hset 'DEVICE_METADATA|localhost' docker_routing_config_mode split-unified"
    )
    text = "router bgp 65001\n bgp bestpath as-path multipath-relaxx\n bgp router-id 10.9.9.9\nexit\n"
    put(lab, LEAF2, text, "/etc/sonic/frr/frr.conf")
    assert lab.inside(LEAF2, "vtysh -C -f /etc/sonic/frr/frr.conf").code == 2
    assert lab.inside(LEAF2, "systemctl reset-failed bgp && systemctl restart bgp").code == 0
    assert "bgp router-id 10.9.9.9" in lab.inside(LEAF2, "vtysh -c 'show running-config'").out


def test_golden_config_resets_the_mode_at_reload(lab: Lab) -> None:
    """db_migrator.py migrate_routing_config_mode()."""
    golden = json.dumps({"DEVICE_METADATA": {"localhost": {"docker_routing_config_mode": "separated"}}})
    put(lab, LEAF2, golden, "/etc/sonic/golden_config_db.json")
    assert lab.inside(LEAF2, "config reload -y -f").code == 0
    assert lab.config_db(LEAF2)["DEVICE_METADATA"]["localhost"]["docker_routing_config_mode"] == "separated"
    assert lab.inside(LEAF2, "rm /etc/sonic/golden_config_db.json").code == 0


def test_bgpcfgd_acts_on_bgp_neighbor_in_every_mode(lab: Lab) -> None:
    """A merge that leaves factory neighbours in CONFIG_DB is seen in FRR, although frr.conf is ours."""
    rows = {
        "DEVICE_METADATA": {"localhost": {"bgp_asn": "65001", "docker_routing_config_mode": "split-unified"}},
        "BGP_NEIGHBOR": {"10.0.0.1": {"asn": "65200", "name": "OLD", "local_addr": "10.0.0.0"}},
    }
    put(lab, LEAF2, json.dumps(rows))
    put(lab, LEAF2, "router bgp 65001\nexit\n", "/etc/sonic/frr/frr.conf")
    assert (
        lab.inside(LEAF2, "config load -y /tmp/in.json && systemctl reset-failed bgp && systemctl restart bgp").code
        == 0
    )
    running = lab.inside(LEAF2, "vtysh -c 'show running-config'").out
    assert "neighbor 10.0.0.1 remote-as 65200" in running
    assert re.search(r"route-map RM_SET_SRC permit 10\n set src ", running)


def test_bgpcfgd_makes_the_routes_of_static_route(lab: Lab) -> None:
    """managers_static_rt.py: at once when a row is written, and anew when the container has been restarted."""

    def routes() -> list[str]:
        running = lab.inside(LEAF2, "vtysh -c 'show running-config'").out
        return [line.strip() for line in running.splitlines() if line.strip().startswith(("ip route", "ipv6 route"))]

    write = "sonic-db-cli CONFIG_DB"
    before = routes()
    row = "'STATIC_ROUTE|198.18.0.0/15'"
    assert lab.inside(LEAF2, f"{write} hset {row} nexthop 192.0.2.1 ifname eth0").code == 0
    assert [line for line in routes() if line not in before] == ["ip route 198.18.0.0/15 192.0.2.1 eth0 tag 1"]
    try:
        assert lab.inside(LEAF2, "systemctl reset-failed bgp && systemctl restart bgp").code == 0
        assert "ip route 198.18.0.0/15 192.0.2.1 eth0 tag 1" in routes()
        assert lab.inside(LEAF2, f"{write} hset {row} advertise false").code == 0
        assert [line for line in routes() if "198.18" in line] == ["ip route 198.18.0.0/15 192.0.2.1 eth0 tag 2"]
    finally:
        assert lab.inside(LEAF2, f"{write} del {row}").code == 0
    assert routes() == before


def test_two_restarts_at_once_are_two_jobs(lab: Lab) -> None:
    """Jobs of a unit come one after the other: none of them finds the daemons that the other has just started."""
    assert lab.inside(LEAF2, "systemctl reset-failed bgp").code == 0
    many = "systemctl restart bgp & one=$!; systemctl restart bgp & other=$!; wait $one && wait $other"
    done = lab.inside(LEAF2, many)
    assert done.code == 0, done.err
    assert lab.inside(LEAF2, "pgrep -xc bgpd; pgrep -xc zebra").out.split() == ["1", "1"]
    assert lab.inside(LEAF2, "systemctl reset-failed bgp").code == 0


def test_systemctl_answers_for_several_units(lab: Lab) -> None:
    """A line for each; 0 when at least one is active, 3 when none is (systemctl(1), as recorded)."""
    done = lab.inside(SPINE, "systemctl is-active bgp nosuch.timer lldp.service swss")
    assert (done.code, done.out) == (0, "active\ninactive\nactive\nactive\n")
    done = lab.inside(SPINE, "systemctl is-active --quiet nosuch.timer nosuch")
    assert (done.code, done.out) == (3, "")


def test_portstat(lab: Lab) -> None:
    """utilities_common/portstat.py: a row for each port, numbers with commas, U, D or X."""
    rows = json.loads(lab.inside(SPINE, "portstat -j").out)
    assert rows.keys() == lab.config_db(SPINE)["PORT"].keys()
    assert set(rows["Ethernet112"]) == {
        *("STATE", "RX_OK", "RX_BPS", "RX_UTIL", "RX_ERR", "RX_DRP", "RX_OVR"),
        *("TX_OK", "TX_BPS", "TX_UTIL", "TX_ERR", "TX_DRP", "TX_OVR"),
    }
    assert (rows["Ethernet112"]["STATE"], rows["Ethernet112"]["RX_ERR"]) == ("U", "0")
    assert int(rows["Ethernet112"]["TX_OK"].replace(",", "")) > 0
    assert rows["Ethernet0"]["STATE"] in ("D", "X"), "nothing is plugged in"
    assert lab.inside(SPINE, "portstat -j -i Ethernet999").out == "", "no row, no word, as recorded"
    table = lab.inside(SPINE, "portstat -e -i Ethernet112").out.splitlines()
    assert table[0].split() == ["IFACE", "STATE", "RX_ERR", "RX_DRP", "RX_OVR", "TX_ERR", "TX_DRP", "TX_OVR"]
    assert table[2].split()[:2] == ["Ethernet112", "U"]


def test_lldp_tells_the_alias(lab: Lab) -> None:
    """lldpmgrd: portidsubtype local ALIAS."""
    patience = Patience(30)
    while not patience.ended:
        data = json.loads(lab.inside(SPINE, "docker exec lldp lldpctl -f json0").out or "{}")
        found = [one for block in data.get("lldp", []) for one in block.get("interface", [])]
        ports = {one["name"]: one["port"][0]["id"][0]["value"] for one in found}
        if len(ports) == 2 and not any(":" in port for port in ports.values()):
            assert ports == {"Ethernet112": "hundredGigE55", "Ethernet116": "hundredGigE56"}
            return
        time.sleep(1)
    pytest.skip("lldpd does not run in this lab") if not lab.inside(SPINE, "pgrep lldpd").out else pytest.fail(
        str(ports)
    )


def test_what_the_switch_says_of_itself(lab: Lab) -> None:
    summary = json.loads(lab.inside(SPINE, "show platform summary --json").out)
    assert (summary["platform"], summary["hwsku"]) == ("x86_64-accton_as7726_32x-r0", "Accton-AS7726-32X")
    case = RECORDED / "identity" / "show_platform_summary_spine.json"
    if case.exists():
        assert lab.inside(SPINE, "show platform summary").out == json.loads(case.read_text())["stdout"]
    assert "branch: '202411'" in lab.inside(SPINE, "cat /etc/sonic/sonic_version.yml").out
    assert "SONiC Software Version" in lab.inside(SPINE, "show version").out
    status = lab.inside(SPINE, "show interfaces status").out.splitlines()
    assert len(status) == 34
    assert "hundredGigE1" in status[2]


def test_the_hosts_own_files_are_out_of_reach(lab: Lab) -> None:
    assert lab.inside(SPINE, "touch /usr/bin/sonicfab-was-here").code != 0
    assert lab.inside(SPINE, "ls /root /home").out.split() == ["/home:", "admin", "/root:"]
    assert lab.inside(SPINE, "ip -br link show type veth").out.count("Ethernet") == 32
