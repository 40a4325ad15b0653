"""Random policies, and what a route-map lets through."""

from __future__ import annotations

import random

from frrs import Router

NETWORKS = [f"10.{second}.{third}.{last}" for second in (0, 1) for third in (0, 1, 2) for last in ("0/24", "1/32")]
HEAD = "".join(
    [
        "frr defaults traditional\n!\nrouter bgp 65101\n no bgp network import-check\n !\n",
        " address-family ipv4 unicast\n",
        *(f"  network {network}\n" for network in NETWORKS),
        " exit-address-family\nexit\n!\n",
    ]
)
LISTS = ("ONE", "TWO", "THREE")
MAPS = ("IN", "OUT")
# what stands in a list: few networks, so that lists share them and entries change places
SAID = [
    "10.0.0.0/24 ge 32",
    "10.0.0.0/24",
    "10.0.1.0/24 ge 32",
    "10.0.1.0/24 le 32",
    "10.0.2.0/24 le 32",
    "10.0.0.0/16 le 24",
    "10.1.0.0/16 ge 24",
    "10.1.1.1/32",
    "any",
]


def random_policy(rng: random.Random) -> str:
    """Prefix-lists and route-maps."""
    lines = []
    for name in LISTS:
        said = rng.sample(SAID, rng.randint(0, 4))
        numbers = sorted(rng.sample(range(5, 35, 5), len(said)))
        lines += [f"ip prefix-list {name} seq {number} permit {one}" for number, one in zip(numbers, said, strict=True)]
    for name in MAPS:
        for number in sorted(rng.sample((10, 20, 30), rng.randint(1, 3))):
            lines.append(f"route-map {name} {rng.choice(['permit', 'permit', 'deny'])} {number}")
            if rng.random() < 0.8:
                lines.append(f" match ip address prefix-list {rng.choice(LISTS)}")
            lines.append("exit")
    return HEAD + "\n".join(lines) + "\nend\n"


def lets_through(router: Router) -> dict[str, list[str]]:
    """Route-map -> the networks that it permits, as bgpd sees it."""
    return {name: sorted(router.show(f"show bgp ipv4 unicast route-map {name}").get("routes", {})) for name in MAPS}
