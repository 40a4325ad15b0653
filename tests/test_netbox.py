"""`sonicfab import netbox`: a NetBox on loopback, by NetBox's own client; the files that come of it are planned."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from known import CATALOG
from netboxes import TOKEN, World, address, cable, device, interface, netbox
from sonicfab.adopt.imported import Imported, imported
from sonicfab.adopt.netbox import Said, tell
from sonicfab.adopt.netboxapi import NetBox, Records, fetch
from sonicfab.errors import InputError, LoginError, SonicfabError, TransportError
from sonicfab.fabric import open_fabric, render_fabric
from sonicfab.operations.netbox import import_netbox
from sonicfab.report.netbox import json_imported, show_imported
from sonicfab.roles import Role

pytest.importorskip("pynetbox")
SPINE, LEAF = "AS7726-32X", "AS7326-56X"
NAMES = ("dc1-spine1", "dc1-spine2", "dc1-leaf1", "dc1-leaf2")


@pytest.fixture(autouse=True)
def _no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "https_proxy", "all_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)


@pytest.fixture
def world() -> Iterator[World]:
    with netbox() as one:
        yield one


def fabric(world: World, **more: Any) -> dict[str, Any]:
    """Two spines, two leaves, each cabled to both spines; NAME -> device, NAME:PORT -> interface."""
    found: dict[str, Any] = {}
    for number, (name, role, model) in enumerate(
        zip(NAMES, ("spine", "spine", "leaf", "leaf"), (SPINE, SPINE, LEAF, LEAF), strict=True)
    ):
        asn = 65500 if role == "spine" else 65400 + number
        found[name] = device(world, name, role, model, **{"asn": asn, **more})
    for leaf in (1, 2):
        for spine in (1, 2):
            one = interface(world, found[f"dc1-leaf{leaf}"], f"Ethernet{44 + 4 * spine}")
            other = interface(world, found[f"dc1-spine{spine}"], f"Ethernet{4 * leaf - 4}")
            cable(world, one, other)
            found[f"dc1-leaf{leaf}:{one['name']}"], found[f"dc1-spine{spine}:{other['name']}"] = one, other
    return found


NOTHING = Said()


def told_of(world: World, said: Said = NOTHING, page: int = 200, **filters: list[str]) -> Imported:
    records = fetch(NetBox(world.url, TOKEN, 5, page), filters)
    return imported(tell(records, CATALOG, said), CATALOG)


def gaps(found: Imported) -> dict[str, str]:
    return {one.about: one.why for one in found.gaps}


def completed(found: Imported, folder: Path) -> tuple[Path, Path]:
    """The files with what is behind `#` said."""
    for name, text in found.files.items():
        said = text.replace("# management: {gateway: ADDRESS}", "management: {gateway: 192.0.2.254}")
        (folder / name).write_text(said.replace("# defaults:", "defaults:"))
    return folder / "inventory.yml", folder / "topology.yml"


def test_a_fabric_is_written_and_planned(world: World, tmp_path: Path) -> None:
    fabric(world)
    found = told_of(world)
    assert found.name == "fabric"
    assert (found.links, set(found.planned)) == (4, set(NAMES))
    assert gaps(found) == {"defaults management.gateway": gaps(found)["defaults management.gateway"]}
    assert found.refused == []
    plan = open_fabric(*completed(found, tmp_path)).plan
    assert {name: one.asn for name, one in plan.switches.items()} == {
        "dc1-spine1": 65500, "dc1-spine2": 65500, "dc1-leaf1": 65402, "dc1-leaf2": 65403,
    }  # fmt: skip
    assert {frozenset((str(link.a), str(link.b))) for link in plan.links} == {
        frozenset((f"dc1-spine{spine}:Ethernet{4 * leaf - 4}", f"dc1-leaf{leaf}:Ethernet{44 + 4 * spine}"))
        for leaf in (1, 2)
        for spine in (1, 2)
    }
    leaf = plan.switches["dc1-leaf1"]
    assert (leaf.mac, str(leaf.management.address), leaf.build.name) == (
        "02:00:5e:10:03:00",
        "192.0.2.3/24",
        "community-202411",
    )
    assert (leaf.platform.name, leaf.role, leaf.serial) == ("as7326-56x", Role.LEAF, "S3")
    assert "10.0.0.3/32" in str(leaf)


def test_all_pages_are_read(world: World) -> None:
    fabric(world)
    found = told_of(world, page=3)
    assert found.planned == set(NAMES)
    assert [one for one in world.asked if "offset=3" in one and "dcim/devices" in one]
    assert [one for one in world.asked if "offset=6" in one and "dcim/interfaces" in one]


def test_netbox_own_filters_choose_devices(world: World) -> None:
    fabric(world)
    world.tables["dcim/devices"][0]["site"]["slug"] = "ber1"
    found = told_of(world, site=["fra1"])
    assert found.planned == set(NAMES[1:])
    assert [one for one in found.left_out if "dc1-spine1" in one]


def test_what_netbox_does_not_tell_is_a_gap_and_not_invented(world: World, tmp_path: Path) -> None:
    fabric(world, asn=None, loopback=False)
    found = told_of(world)
    assert found.planned == set(NAMES), "all else can be planned"
    told = gaps(found)
    assert told["asn of leaf"] == "NetBox has no ASN of dc1-leaf1, dc1-leaf2: say the pool, one number or a range"
    assert told["loopbacks"] == "NetBox has no address of an interface Loopback0: say the pool"
    texts = "".join(found.files.values())
    assert "4294" not in texts, "the numbers that stood in for them"
    assert "#   leaf: ASN" in texts or "# leaf: ASN" in texts


@pytest.mark.parametrize(
    ("more", "why"),
    [
        ({"mac": False}, "NetBox has no MAC address of its management interface: write mac"),
        ({"address": False}, "NetBox has no address of its management interface: write it instead of ADDRESS/24"),
        ({"platform": "sonic"}, "its platform in NetBox names no image build"),
    ],
)
def test_a_device_that_lacks_something_is_a_gap(world: World, more: dict[str, Any], why: str) -> None:
    fabric(world)
    device(world, "dc1-leaf3", "leaf", LEAF, asn=65499, **more)
    found = told_of(world)
    assert why in gaps(found)["device dc1-leaf3"]
    assert found.planned == set(NAMES)


def test_a_build_and_a_role_that_are_given_count(world: World) -> None:
    there = fabric(world, platform="sonic")
    third = device(world, "dc1-leaf3", "tor-2", LEAF, asn=65499)
    third["role"]["slug"] = "pod"
    cable(world, interface(world, third, "Ethernet48"), interface(world, there["dc1-spine1"], "Ethernet8"))
    said = Said({"": "community-202411"}, {"dc1-leaf3": Role.LEAF})
    assert told_of(world, said).planned == {*NAMES, "dc1-leaf3"}
    assert "--role dc1-leaf3=ROLE says it" in gaps(told_of(world, Said(said.builds)))["device dc1-leaf3"]


def test_what_is_no_switch_is_left_out(world: World) -> None:
    there = fabric(world)
    server = device(world, "srv1", "server", "PowerEdge R650")
    cable(world, interface(world, server, "enp1s0f0"), interface(world, there["dc1-leaf1"], "Ethernet0"))
    found = told_of(world)
    assert "srv1: neither a model nor a role that is known: PowerEdge R650, role server" in found.left_out
    assert "the cable of dc1-leaf1:Ethernet0: srv1 enp1s0f0 is at its far end" in found.left_out


def test_ports_by_their_alias_and_ports_that_there_are_none_of(world: World, tmp_path: Path) -> None:
    there = fabric(world)
    there["dc1-leaf1:Ethernet48"]["name"] = "Eth49(Port49)"
    other = interface(world, there["dc1-leaf2"], "swp7")
    cable(world, other, interface(world, there["dc1-spine1"], "Ethernet96"))
    found = told_of(world)
    told = gaps(found)
    assert "NetBox calls it swp7, and that is no port of the model" in told["dc1-leaf2:swp7"]
    assert found.planned == set(NAMES)
    assert [one for one in told if one.startswith("link ")]


def test_vlans_and_bundles(world: World, tmp_path: Path) -> None:
    there = fabric(world)
    leaf = there["dc1-leaf1"]
    vlan = {"id": 7, "url": f"{world.url}/api/ipam/vlans/7/", "display": "storage (30)", "vid": 30, "name": "storage"}
    interface(world, leaf, "Ethernet1", mode={"value": "access", "label": "Access"}, untagged_vlan=vlan)
    channel = interface(
        world,
        leaf,
        "PortChannel5",
        type={"value": "lag", "label": "LAG"},
        mode={"value": "tagged", "label": "Tagged"},
        tagged_vlans=[vlan],
    )
    for port in ("Ethernet2", "Ethernet3"):
        interface(
            world,
            leaf,
            port,
            lag={"id": channel["id"], "url": channel["url"], "name": "PortChannel5", "display": "PortChannel5"},
        )
    address(world, interface(world, leaf, "Vlan30", type={"value": "virtual", "label": "Virtual"}), "10.40.30.1/24")
    found = told_of(world)
    assert found.refused == []
    planned = open_fabric(*completed(found, tmp_path))
    rows = next(iter(render_fabric(planned, [planned.plan.switches["dc1-leaf1"]]))).config_db
    assert rows["VLAN_MEMBER"].keys() == {"Vlan30|Ethernet1", "Vlan30|PortChannel5"}
    assert rows["PORTCHANNEL_MEMBER"].keys() == {"PortChannel5|Ethernet2", "PortChannel5|Ethernet3"}
    assert "Vlan30|10.40.30.1/24" in rows["VLAN_INTERFACE"]


def test_names_that_no_host_may_have(world: World) -> None:
    fabric(world)
    device(world, "leaf of Bob", "leaf", LEAF)
    device(world, None, "leaf", LEAF)
    device(world, "dc1-leaf1", "leaf", LEAF)
    told = gaps(told_of(world))
    assert told["device leaf of Bob"] == "its name is none that a host may have"
    assert told["device dc1-leaf1"] == "another device has the name"
    assert [one for one in told if one.startswith("device device ")]


@pytest.mark.parametrize(
    ("failing", "kind", "said"),
    [
        ({"": 403}, LoginError, r"the token may not read devices \(HTTP 403\)"),
        ({"interfaces": 401}, LoginError, r"the token may not read interfaces \(HTTP 401\)"),
        ({"": 404}, InputError, "there is no NetBox API"),
        ({"": 400}, InputError, "it knows no such --filter"),
        ({"addresses": 500}, TransportError, r"it failed when asked for addresses \(HTTP 500\)"),
        ({"": 502}, TransportError, "HTTP 502"),
        ({"": "hang"}, TransportError, "no answer within 1 s when asked for devices"),
        ({"": "<html>Welcome</html>"}, InputError, "is not NetBox's API"),
        ({"": "[1, 2]"}, InputError, "is not NetBox's API"),
        ({"": '{"count": 1, "results": 7}'}, InputError, "is not NetBox's API"),
        ({"": '{"count": 1, "next": null, "results": ["x"]}'}, InputError, "is not NetBox's API"),
        ({"interfaces": '{"truncated": '}, InputError, "what it says of interfaces is not NetBox's API"),
    ],
)
def test_how_it_fails(world: World, failing: dict[str, int | str], kind: type[Exception], said: str) -> None:
    fabric(world)
    world.failing.update({key.replace("addresses", "ip-addresses"): how for key, how in failing.items()})
    with pytest.raises(kind, match=said) as caught:
        fetch(NetBox(world.url, TOKEN, 1), {})
    assert TOKEN not in str(caught.value)


def test_a_wrong_token_and_nobody_there(world: World) -> None:
    fabric(world)
    with pytest.raises(LoginError, match="may not read devices"):
        fetch(NetBox(world.url, "nonsense"), {})
    with pytest.raises(TransportError, match="cannot be reached: ConnectionError"):
        fetch(NetBox("http://127.0.0.1:9", TOKEN), {})
    assert TOKEN not in repr(NetBox(world.url, TOKEN))


@pytest.mark.parametrize("spoilt", [{}, {"id": 1}, {"id": 1, "name": 7, "device_type": None, "role": "leaf"}])
def test_records_that_lack_all_are_no_traceback(spoilt: dict[str, Any]) -> None:
    with pytest.raises(InputError, match="none of these devices is a switch"):
        imported(tell(Records([spoilt], [], []), CATALOG, Said()), CATALOG)


def test_nothing_at_all(world: World) -> None:
    with pytest.raises(InputError, match="none of these devices is a switch"):
        told_of(world)


def test_what_is_written_and_told(world: World, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    fabric(world)
    done = import_netbox(NetBox(world.url, TOKEN), tmp_path)
    assert int(done.exit_code) == 5
    show_imported(done)
    shown = capsys.readouterr().out
    assert "fabric: 4 switches and 4 links between them; 1 lines stand behind # in the files" in " ".join(shown.split())
    assert max(map(len, shown.replace(str(tmp_path), "site").splitlines())) <= 100
    json_imported(done)
    read = json.loads(capsys.readouterr().out)
    assert read["switches"]["dc1-leaf1"]["in_files"] is True
    assert [one["what"] for one in read["gaps"]] == ["defaults management.gateway"]
    with pytest.raises(SonicfabError, match="there already, nothing was written"):
        import_netbox(NetBox(world.url, TOKEN), tmp_path)
