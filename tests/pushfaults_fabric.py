"""The fabric that is pushed to: a spine, and leaves that are each pushed to on their own."""

from __future__ import annotations

from pathlib import Path

SPINE = "pf-spine1"

_INVENTORY = """\
defaults:
  image_build: community-202411
  ssh: {user: admin, key: "file:~/.ssh/id_ed25519"}
  management: {gateway: 192.0.2.1, vrf: true}
  timezone: Europe/Berlin
groups:
  spines: {role: spine, platform: as7726-32x}
  leaves: {role: leaf, platform: as7326-56x}
devices:
  pf-spine1: {groups: spines, mac: "02:00:5e:10:01:00", management: {address: 192.0.2.11/24}}
"""
_TOPOLOGY = """\
name: pushfaults
underlay: unnumbered
asn: {spine: 65501, leaf: 65401-65499}
loopbacks: {ipv4: 10.10.21.0/24, ipv6: "fd00:21::/64"}
"""
WAYS = {"reload": "both", "patch+frr-delta": "both", "frr-delta": "frr"}
"""The ways that are cut, and the topology that each pushes."""


def write_fabric(folder: Path, leaves: int) -> None:
    """inventory.yml, and a topology each for the old config and the new ones."""
    names = [f"pf-leaf{number}" for number in range(1, leaves + 1)]
    devices = "".join(
        f'  {name}: {{groups: leaves, mac: "02:00:5e:20:{number:02}:00", '
        f"management: {{address: 192.0.2.{20 + number}/24}}}}\n"
        for number, name in enumerate(names, 1)
    )
    (folder / "inventory.yml").write_text(_INVENTORY + devices)
    links = "".join(f"  - {SPINE}:Ethernet{4 * n} - {name}:Ethernet72\n" for n, name in enumerate(names))
    numbers = f'  {SPINE}: {{asn: 65501, ipv4: 10.10.21.1, ipv6: "fd00:21::1"}}\n' + "".join(
        f'  {name}: {{asn: {65410 + n}, ipv4: 10.10.21.{10 + n}, ipv6: "fd00:21::{10 + n}"}}\n'
        for n, name in enumerate(names)
    )
    for kind, paths, ports in (("old", 16, "0-2"), ("frr", 8, "0-2"), ("both", 8, "0-3")):
        bgp = f"bgp: {{connect_retry: 1, maximum_paths: {paths}}}\n"
        where = f"[{{role: leaf, ports: [Ethernet{ports}]}}]"
        hosts = f'hosts: {{prefixes: {{ipv4: 10.10.22.0/24, ipv6: "fd00:22::/64"}}, ports: {where}}}\n'
        text = f"{_TOPOLOGY}{bgp}links:\n{links}{hosts}switches:\n{numbers}"
        (folder / f"{kind}.yml").write_text(text)


def fabric_files(folder: Path, kind: str) -> list[str]:
    """-i and -t of the old or a new config."""
    return ["-i", str(folder / "inventory.yml"), "-t", str(folder / f"{kind}.yml")]
