"""A thousand switches: what load, plan, render and write cost, how that grows, and the floor of the same run.

The fabric is pods of 8 spines and 32 leaves, numbered, BGP to the host on 16 ports of each leaf. The floor does
nothing but turn the same config_dbs into JSON and write the same files.
"""

from __future__ import annotations

import argparse
import itertools
import json
import os
import sys
import tempfile
import time
from pathlib import Path

from measure import SONICFAB, cost

SPINES, LEAVES = 8, 32
FLOOR = """
import json, pathlib, sys
source, target = map(pathlib.Path, sys.argv[1:])
for file in source.rglob("config_db.json"):
    name, frr = file.parent.name, file.with_name("frr.conf").read_text()
    (target / name).mkdir(parents=True)
    (target / name / "frr.conf").write_text(frr)
    (target / name / "config_db.json").write_text(json.dumps(json.loads(file.read_text()), indent=4))
"""


def write_inputs(
    folder: Path,
    pods: int,
    spine_count: int = SPINES,
    leaf_count: int = LEAVES,
    *,
    host_ports: int = 16,
    unnumbered: bool = False,
) -> tuple[Path, Path]:
    """Inventory and topology of a fabric of that many pods."""
    inventory, topology = folder / "inventory.yml", folder / "topology.yml"
    devices: list[str] = []
    links: list[str] = []
    for pod in range(pods):
        spines = [f"p{pod}-spine{number}" for number in range(spine_count)]
        leaves = [f"p{pod}-leaf{number}" for number in range(leaf_count)]
        for group, names in (("spines", spines), ("leaves", leaves)):
            for name in names:
                number = len(devices) + 1
                mac = f"02:00:00:{number >> 16:02x}:{number >> 8 & 255:02x}:{number & 255:02x}"
                address = f"10.{number >> 16}.{number >> 8 & 255}.{number & 255}/8"
                devices.append(f'  {name}: {{groups: {group}, mac: "{mac}", management: {{address: {address}}}}}\n')
        ports = "".join(f"      {leaf}: Ethernet{4 * number}\n" for number, leaf in enumerate(leaves))
        uplinks = ", ".join(f"Ethernet{48 + 4 * number}" for number in range(spine_count))
        links.append(f"  - spines: [{', '.join(spines)}]\n    uplinks: [{uplinks}]\n    leaves:\n{ports}")
    inventory.write_text(
        "defaults: {management: {gateway: 10.255.255.254}, ntp: [10.255.255.253]}\n"
        "groups:\n  spines: {role: spine, platform: as7726-32x}\n  leaves: {role: leaf, platform: as7326-56x}\n"
        f"devices:\n{''.join(devices)}"
    )
    topology.write_text(
        f"name: scale\nunderlay: {'unnumbered' if unnumbered else '{ipv4: 172.16.0.0/12, ipv6: fd00:1::/48}'}\n"
        "asn: {spine: 4200000000, leaf: 4200000001-4200999999}\n"
        "loopbacks: {ipv4: 192.168.0.0/16, ipv6: fd00:2::/64}\n"
        f"hosts: {{prefixes: {{ipv4: 100.64.0.0/10}}, ports: [{{role: leaf, ports: [Ethernet0-{host_ports - 1}]}}]}}\n"
        f"links:\n{''.join(links)}"
    )
    return inventory, topology


def compare_with_floor(folder: Path, pods: int) -> None:
    """The command as a user runs it, and the floor."""
    inventory, topology = write_inputs(folder, pods)
    for name in ("inventory.yml", "topology.yml"):
        assert (folder / name).exists()
    out = folder / "out"
    command = [*SONICFAB, "render", "-i", str(inventory), "-t", str(topology), "-o", str(out)]
    spent = cost(["sh", "-c", 'rm -rf out && exec "$@"', "sh", *command], folder)
    floor = cost(["sh", "-c", 'rm -rf floor && exec "$@"', "sh", sys.executable, "-c", FLOOR, "out", "floor"], folder)
    switches = pods * (SPINES + LEAVES)
    print(f"{switches:>8} {spent.cpu:>9.2f} {spent.peak:>7.0f} {floor.cpu:>9.2f} {spent.cpu / floor.cpu:>7.1f}")


def stages(folder: Path, pods: int) -> None:
    """Where the time goes, in this process."""
    # here, as the memory that a program is said to have taken is never less than that of the one that started it
    from sonicfab.fabric import open_fabric, render_fabric, write_build

    inventory, topology = write_inputs(folder, pods)
    marks = [("", time.process_time())]
    fabric = open_fabric(inventory, topology)
    marks.append(("load and plan", time.process_time()))
    configs = list(render_fabric(fabric, fabric.plan.switches.values()))
    marks.append(("render", time.process_time()))
    write_build(folder / "stages", fabric.plan, configs)
    marks.append(("write", time.process_time()))
    for (_, before), (name, after) in itertools.pairwise(marks):
        print(f"  {name:16} {after - before:6.2f} CPU s")


def yaml_or_json() -> None:
    """What it costs that config_db templates write YAML: one PORT table, read as such and as JSON."""
    import yaml

    from sonicfab import yamltext
    from sonicfab.fabric import open_fabric
    from sonicfab.render import Renderer, template_folders

    root = Path(__file__).resolve().parents[1]
    fabric = open_fabric(root / "inventories/scs-lab.yml", root / "topologies/spine-leaf-1x2.yml")
    leaf = next(one for one in fabric.plan.switches.values() if one.role == "leaf")
    table = Renderer(template_folders(), fabric.secrets.resolve).render(fabric.plan, leaf).config_db["PORT"]
    texts = {"YAML": yaml.safe_dump({"PORT": table}, default_flow_style=False), "JSON": json.dumps({"PORT": table})}
    for name, text in texts.items():
        started = time.process_time()
        for _ in range(50):
            yamltext.value(yamltext.compose(text)) if name == "YAML" else json.loads(text)
        print(f"  PORT of {len(table)} ports read as {name}: {(time.process_time() - started) * 20:.2f} ms")


def main() -> None:
    """Measure, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pods", type=int, nargs="+", default=[5, 25, 50], help="pods of 40 switches")
    options = parser.parse_args()
    os.environ.pop("SONICFAB_TEMPLATES", None)
    print("sonicfab render: load, plan, render, write")
    print("switches     CPU s      MB   floor s   ratio")
    for pods in options.pods:
        with tempfile.TemporaryDirectory() as folder:
            compare_with_floor(Path(folder), pods)
    print("1,000 switches, stage by stage")
    with tempfile.TemporaryDirectory() as folder:
        stages(Path(folder), 25)
    print("the language of the templates")
    yaml_or_json()


if __name__ == "__main__":
    main()
