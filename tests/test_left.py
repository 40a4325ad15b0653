"""What the topology leaves as it is on a switch: neither pushed, nor a difference."""

from __future__ import annotations

from sonicfab import configdb
from sonicfab.frr import conf
from sonicfab.ownership.daemons import is_on_every_switch
from sonicfab.ownership.left import Left, Place
from sonicfab.ownership.planned import Planned
from sonicfab.ownership.record import Record
from sonicfab.ownership.settle import OnSwitch, Rendered, settle

RENDERED = {
    "DEVICE_METADATA": {"localhost": {"hostname": "leaf1", "docker_routing_config_mode": "split-unified"}},
    "PORT": {"Ethernet0": {"lanes": "1", "speed": "25000", "fec": "rs"}, "Ethernet1": {"lanes": "2", "speed": "25000"}},
    "NTP": {"global": {"src_intf": "eth0"}},
}
RUNNING = {
    "DEVICE_METADATA": {"localhost": {"hostname": "sonic", "docker_routing_config_mode": "other"}},
    "PORT": {"Ethernet0": {"lanes": "1", "speed": "25000"}, "Ethernet1": {"lanes": "2", "speed": "10000"}},
}


def settled(*places: Place, frr: bool = False) -> tuple[list[str], str | None]:
    """What would change, and the frr.conf that would be written."""
    planned = Planned(left=Left(frozenset(places), frr=frr))
    there = OnSwitch(RUNNING, RUNNING, "hostname other\n", Record())
    whole = settle(Rendered(RENDERED, "hostname leaf1\n", RENDERED.keys(), planned), there)
    return [str(one) for one in configdb.diff(whole.config_db, RUNNING, whole.owned)], whole.frr


def test_without_it_all_of_that_changes() -> None:
    changes, frr = settled()
    assert len(changes) == 5
    assert frr is not None


def test_fields_rows_and_tables() -> None:
    changes, _ = settled(
        Place("DEVICE_METADATA", "localhost", "hostname"), Place("PORT", "Ethernet0", "fec"), Place("NTP", "global")
    )
    assert changes == [
        "~ DEVICE_METADATA|localhost docker_routing_config_mode: other -> split-unified",
        "~ PORT|Ethernet1 speed: 10000 -> 25000",
    ]
    assert not [one for one in settled(Place("PORT"))[0] if "PORT" in one]
    assert not [one for one in settled(Place("PORT", "", "speed"))[0] if "speed" in one]


def test_frr_is_left_with_the_mode_that_it_lives_by() -> None:
    changes, frr = settled(frr=True)
    assert frr is None
    assert not any("docker_routing_config_mode" in one for one in changes)


def test_it_is_no_part_of_the_record() -> None:
    planned = Planned(
        left=Left(frozenset({Place("PORT", "Ethernet1"), Place("DEVICE_METADATA", "localhost", "hostname")}))
    )
    record = Record.of(RENDERED, None, planned)
    assert record.rows["PORT"] == {"Ethernet0"}
    assert not record.has_field("DEVICE_METADATA", "localhost", "hostname")


def test_a_difference_of_what_is_left_is_none() -> None:
    left = Left(frozenset({Place("NTP", "global"), Place("PORT", "Ethernet0", "fec")}))
    changes = left.but(configdb.diff(RENDERED, RUNNING, RENDERED.keys()))
    assert not [one for one in changes if one.table == "NTP" or one.field == "fec"]
    assert len(changes) == 3


def test_lines_that_bgpcfgd_makes_everywhere() -> None:
    text = "route-map RM_SET_SRC permit 10\n set src 10.0.0.1\nexit\nip nht resolve-via-default\nservice password\n"
    lines = [(context, line) for _, context, line in conf.lines(text)]
    assert [is_on_every_switch(*one) for one in lines if one[1]] == [True, True, False]
