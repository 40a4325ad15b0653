"""Mistakes at the border that are planted into the example with a border pair."""

from __future__ import annotations

from plants import Fault, Plant

ONE, TWO = "bp-border1", "bp-border2"


def _line(switch: str, old: str, new: str) -> Plant:
    return lambda fabric: fabric[switch].line(old, new)


def _both(*plants: Plant) -> Plant:
    return lambda fabric: [plant(fabric) for plant in plants]


def _fault(code: str, name: str, plant: Plant, *also: str, build: str = "community-202411") -> Fault:
    return Fault(code, name, plant, build, "border-pair", frozenset(also))


_ROUTE = "ip route 198.18.1.0/24 blackhole\n"
_AGGREGATE = "  aggregate-address 10.140.0.0/15\n"
BORDER_FAULTS = (
    _fault(
        "SF-430",
        "a policy that drops all before it permits",
        _line(
            ONE,
            "route-map FROM-UPSTREAM deny 10\n match ip address prefix-list FROM-UPSTREAM-10\n",
            "route-map FROM-UPSTREAM deny 10\n",
        ),
    ),
    _fault(
        "SF-431",
        "a prefix that a wider one before it denies",
        _line(ONE, "FROM-UPSTREAM-10 seq 5 permit 10.0.0.0/8 le 32", "FROM-UPSTREAM-10 seq 5 permit 0.0.0.0/0 le 32"),
    ),
    _fault("SF-432", "a next hop on no subnet", _line(TWO, "198.18.0.0/24 192.0.2.2 ", "198.18.0.0/24 192.0.2.99 ")),
    _fault(
        "SF-433", "a static route to an own address", _line(TWO, "198.18.0.0/24 192.0.2.2 ", "198.18.0.0/24 192.0.2.3 ")
    ),
    _fault(
        "SF-434",
        "a static route over a port that does not route",
        _line(TWO, _ROUTE, "ip route 198.18.1.0/24 Ethernet20\n"),
    ),
    _fault(
        "SF-434",
        "a static route over a VLAN that is not there",
        _line(TWO, _ROUTE, "ip route 198.18.1.0/24 192.0.2.2 Vlan9\n"),
    ),
    _fault("SF-435", "a static route to a connected network", _line(TWO, _ROUTE, "ip route 192.0.2.2/31 blackhole\n")),
    _fault(
        "SF-436", "an aggregate of another's network", _line(TWO, _AGGREGATE, "  aggregate-address 203.0.113.0/24\n")
    ),
    _fault(
        "SF-437",
        "own loopbacks from outside",
        _both(
            _line(
                TWO, "FROM-BACKUP-10 seq 5 permit 10.0.0.0/8 le 32\n", "FROM-BACKUP-10 seq 5 permit 10.0.0.0/16 le 32\n"
            ),
            _line(TWO, "FROM-BACKUP-20 seq 5 permit 0.0.0.0/0\n", "FROM-BACKUP-20 seq 5 permit 10.140.0.0/15 le 32\n"),
        ),
    ),
    _fault(
        "SF-438",
        "everything from outside, without a limit",
        _line(TWO, "FROM-BACKUP-20 seq 5 permit 0.0.0.0/0\n", "FROM-BACKUP-20 seq 5 permit 0.0.0.0/0 le 32\n"),
    ),
    _fault(
        "SF-439",
        "BFD of a static route on FRR 8.1",
        _line(TWO, _ROUTE, "ip route 198.18.1.0/24 192.0.2.2 bfd\n"),
        "SF-209",
        "SF-502",
        build="edgecore-202111",
    ),
    _fault(
        "SF-440",
        "all static routes, without a policy",
        _line(TWO, "redistribute static route-map STATICS\n", "redistribute static\n"),
    ),
    _fault(
        "SF-441",
        "nothing but the aggregate, to anybody",
        _line(TWO, _AGGREGATE, "  aggregate-address 10.140.0.0/15 summary-only\n"),
    ),
    _fault(
        "SF-442",
        "a session from the loopback without multihop",
        _line(
            TWO,
            " neighbor UPSTREAM2 timers 3 9\n",
            " neighbor UPSTREAM2 update-source 10.140.255.2\n neighbor UPSTREAM2 timers 3 9\n",
        ),
    ),
    _fault(
        "SF-403",
        "a policy towards outside that is not defined",
        _line(TWO, "neighbor UPSTREAM2 route-map FROM-BACKUP in", "neighbor UPSTREAM2 route-map FROM-BACKUPS in"),
    ),
    _fault(
        "SF-214",
        "a neighbour outside on no subnet",
        _line(
            TWO,
            " neighbor 192.0.2.2 peer-group UPSTREAM2\n",
            " neighbor 192.0.2.77 peer-group UPSTREAM2\n neighbor 192.0.2.2 peer-group UPSTREAM2\n",
        ),
    ),
)
