"""`sonicfab builds model`: a switch model out of the device folder of an image, usable as it is written."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from conftest import Run

SKU, PLATFORM = "Accme-X8", "x86_64-accme_x8-r0"
INI = "# name lanes alias index speed autoneg\n" + "".join(
    [
        *(f"Ethernet{n} {n + 1} Eth{n + 1}(Port{n + 1}) {n + 1} 1000 on\n" for n in range(4)),
        "Ethernet4 5,6,7,8 Eth5(Port5) 5 100000 off\n",
        "Ethernet8 9,10,11,12 Eth6(Port6) 6 100000 off\n",
    ]
)
INTERFACES = {
    **{f"Ethernet{n}": {"breakout_modes": {"1x1G": [f"Eth{n + 1}(Port{n + 1})"]}} for n in range(4)},
    "Ethernet4": {
        "breakout_modes": {
            "1x100G[40G]": ["Eth5(Port5)"],
            "4x25G[10G]": [f"Eth5/{part}(Port5)" for part in range(1, 5)],
            "2x25G(2)+1x50G(2)": ["a", "b", "c"],
        }
    },
    "Ethernet8": {"breakout_modes": {"1x100G[40G]": ["Eth6(Port6)"]}},
}


def device(folder: Path, *, platform_json: bool = True) -> Path:
    place = folder / PLATFORM
    (place / SKU).mkdir(parents=True)
    (place / SKU / "port_config.ini").write_text(INI)
    (place / "default_sku").write_text(f"{SKU} t1\n")
    (place / "platform_asic").write_text("broadcom\n")
    if platform_json:
        (place / "platform.json").write_text(json.dumps({"chassis": {}, "interfaces": INTERFACES}))
    return place


def test_a_learned_model_is_rendered_and_split(sonicfab: Run, tmp_path: Path) -> None:
    data = {"SONICFAB_DATA": str(tmp_path / "data")}
    done = sonicfab("builds", "model", "x8", "--from", device(tmp_path), "--table", "edgecore", **data)
    assert done.returncode == 0, done.stderr
    assert "6 ports" in done.stdout
    assert "2x25G(2)+1x50G(2) has parts of several kinds" in done.stderr
    assert "lanes_per_core" in done.stderr
    (tmp_path / "i.yml").write_text(
        "defaults: {platform: x8, image_build: edgecore-202211, management: {gateway: 192.0.2.1}}\n"
        'devices:\n  leaf1: {role: leaf, mac: "02:00:5e:20:01:00", management: {address: 192.0.2.21/24}}\n'
    )
    head = "name: x\nasn: {leaf: 65401}\nloopbacks: {ipv4: 10.0.0.0/24}\nhosts: {prefixes: {ipv4: 10.1.0.0/24}}\n"
    entry = "ports:\n  - {switches: leaf1, ports: Ethernet%d, breakout: 4x10G, use: bgp}\n"
    files = ("-i", tmp_path / "i.yml", "-t", tmp_path / "t.yml")
    (tmp_path / "t.yml").write_text(head + entry % 4)
    done = sonicfab("render", *files, "-o", tmp_path / "out", **data)
    assert done.returncode == 0, done.stderr
    made = json.loads((tmp_path / "out" / "x" / "leaf1" / "config_db.json").read_text())
    assert made["PORT"]["Ethernet0"]["autoneg"] == "on"
    assert made["PORT"]["Ethernet6"].items() >= {"alias": "Eth5/3(Port5)", "lanes": "7", "speed": "10000"}.items()
    assert made["BREAKOUT_CFG"] == {"Ethernet4": {"brkout_mode": "4x25G[10G]"}}
    (tmp_path / "t.yml").write_text(head + entry % 8)
    refused = sonicfab("render", *files, "-o", tmp_path / "out", **data)
    assert refused.returncode == 2
    assert "platform.json of the image has no other mode for it" in refused.stderr


def test_without_platform_json_the_ports_are_what_they_are(sonicfab: Run, tmp_path: Path) -> None:
    data = {"SONICFAB_DATA": str(tmp_path / "data")}
    place = device(tmp_path, platform_json=False)
    done = sonicfab("builds", "model", "x8", "--from", place, **data)
    assert done.returncode == 0, done.stderr
    assert "there is no platform.json" in done.stderr
    assert "breakouts" not in (tmp_path / "data" / "platforms" / "x8.yml").read_text()
    again = sonicfab("builds", "model", "x8", "--from", place, **data)
    assert (again.returncode, "x8 is known already" in again.stderr) == (2, True)
    assert sonicfab("builds", "model", "x8", "--from", place, "--replace", **data).returncode == 0


@pytest.mark.parametrize("name", ["as7726-32x", "A B"])
def test_names_that_ship_or_are_none(name: str, sonicfab: Run, tmp_path: Path) -> None:
    assert sonicfab("builds", "model", name, "--from", device(tmp_path), "--replace").returncode == 2


def test_a_folder_that_is_none_of_a_platform(sonicfab: Run, tmp_path: Path) -> None:
    done = sonicfab("builds", "model", "x8", "--from", tmp_path)
    assert done.returncode == 2
    assert "scp -r SWITCH:/usr/share/sonic/device/PLATFORM ." in done.stderr
    place = device(tmp_path)
    (place / "platform.json").write_text("{")
    assert "not JSON" in sonicfab("builds", "model", "x8", "--from", place).stderr


def test_a_learned_file_that_is_damaged_is_told(sonicfab: Run, tmp_path: Path) -> None:
    (tmp_path / "platforms").mkdir()
    (tmp_path / "platforms" / "x8.yml").write_text("name: x8\n")
    done = sonicfab("builds", "list", SONICFAB_DATA=str(tmp_path))
    assert done.returncode == 2
    assert "not a switch model" in done.stderr
