"""BGP out of CONFIG_DB: what is rendered means for FRR what frr.conf means, and what cannot is refused."""

from __future__ import annotations

import copy
import random
from collections.abc import Mapping
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import jinja2
import pytest

from conftest import ROOT
from known import get_build
from sonicfab.configdb import ConfigDb
from sonicfab.errors import Problem
from sonicfab.frr.frrcfgd import FrrcfgdError, frr_conf
from sonicfab.frr.meaning import differences, meaning
from sonicfab.plan.assemble import PlanProblems
from sonicfab.plan.types import FabricPlan
from sonicfab.render import Renderer, SwitchConfig, template_folders
from sonicfab.schema.facts import builtin
from sonicfab.validate.findings import errors
from sonicfab.validate.schema import SchemaCheck
from sonicfab.validate.unified import beside_models, check_unified
from test_sessions import UNDERLAYS, planned

ABLE = ["community-202411", "community-202511", "community-202605"]
HOSTS: dict[str, Any] = {
    "prefixes": {"ipv4": "10.20.0.0/24", "ipv6": "fd00:20::/112"},
    "max_prefixes": {"limit": "10", "restart": "5"},
    "ports": [
        {"role": "leaf", "ports": "Ethernet0-3"},
        {"switches": "leaf1", "ports": "Ethernet8", "bgp": {"max_prefixes": {"limit": "4", "warning_only": "true"}}},
        {
            "switches": "leaf1",
            "ports": "Ethernet9",
            "bgp": {"bfd": "true", "shutdown": "true", "keepalive": "5", "hold": "30"},
        },
    ],
}
OUTSIDE: dict[str, Any] = {
    "policies": {
        "FROM-TRANSIT": [
            {"deny": ["10.0.0.0/10 le 32", "fd00::/8 le 128"]},
            {
                "permit": ["198.51.100.0/22 ge 23 le 24", "2001:db8::/32 le 48"],
                "as_path": "^64999_",
                "communities": ["64999:100", "no-export"],
                "set": {"metric": "50", "communities": ["65000:1", "65000:2"]},
            },
            {"permit": "default"},
        ]
    },
    "outside": [
        {
            "name": "transit",
            "switch": "leaf1",
            "interface": "Ethernet40",
            "address": ["203.0.113.2/30", "2001:db8:ff::2/64"],
            "peer": ["203.0.113.1", "2001:db8:ff::1"],
            "asn": "64999",
            "accept": "FROM-TRANSIT",
            "announce": ["10.120.0.0/16 le 32"],
            "originate_default": "true",
        },
        {
            "name": "far",
            "switch": "leaf2",
            "peer": "192.0.2.99",
            "multihop": "3",
            "asn": "64998",
            "accept": "default",
            "announce": ["10.120.0.0/16 le 32"],
        },
    ],
}


def both(build: str = "community-202605", **more: Any) -> tuple[FabricPlan, FabricPlan]:
    """A fabric with its frr.conf, and the same with BGP from CONFIG_DB."""
    more.setdefault("loopbacks", {"ipv4": "10.0.0.0/24", "ipv6": "fd00::/112"})
    bgp = more.pop("bgp", {})
    pair = [
        planned([], build, unfit=True, bgp={**bgp, "source": source}, **copy.deepcopy(more))
        for source in ("frr.conf", "config_db")
    ]
    return pair[0], pair[1]


def rendered(plan: FabricPlan) -> dict[str, SwitchConfig]:
    renderer = Renderer(template_folders(), lambda *_: "s3cr3t")
    return {name: renderer.render(plan, switch) for name, switch in plan.switches.items()}


def made(config: ConfigDb, build: str) -> str:
    daemon = get_build(build).frrcfgd
    assert daemon is not None
    return daemon.makes(config)


def assert_the_same(build: str, **more: Any) -> None:
    plain, unified = both(build, **more)
    schema = builtin(get_build(build).schema)
    for (name, one), other in zip(rendered(plain).items(), rendered(unified).values(), strict=True):
        assert other.frr == ""
        assert differences(made(other.config_db, build), one.frr) == []
        assert len(meaning(one.frr)) > 10
        wrong = errors(SchemaCheck(schema).check(other.config_db))
        left = [item for item in wrong if beside_models(item, other.config_db, get_build(build)).severity == "error"]
        assert left == [], name
        assert errors(check_unified(other.config_db, get_build(build))[1]) == []


@pytest.mark.parametrize("build", ABLE)
@pytest.mark.parametrize("underlay", UNDERLAYS, ids=str)
def test_both_ways_mean_the_same(build: str, underlay: Any) -> None:
    bgp = {"bfd": "true", "maximum_paths": "16", "groups": {"leaf": {"connect_retry": "5", "allowas_in": "1"}}}
    assert_the_same(build, underlay=underlay, bgp=bgp, hosts=HOSTS, **(OUTSIDE if build != ABLE[0] else {}))


@pytest.mark.parametrize("seed", range(8))
def test_any_fabric_means_the_same(seed: int) -> None:
    """Options, pools and neighbours by chance; what cannot be said is refused, and nothing else is."""
    by_chance = random.Random(seed)

    def one(**options: Any) -> dict[str, Any]:
        return {name: by_chance.choice(values) for name, values in options.items() if by_chance.random() < 0.6}

    bgp = one(keepalive=["2", "5"], hold=["15", "30"], connect_retry=["3", "60"], bfd=["true"])
    bgp |= one(allowas_in=["1", "3"], maximum_paths=["1", "8"])
    bgp["groups"] = {role: one(allowas_in=["2", "3"], connect_retry=["7"]) for role in ("spine", "leaf")}
    length = by_chance.choice(["48", "64", "112", "120"])
    loopbacks = {"ipv4": by_chance.choice(["10.0.0.0/24", "10.0.0.0/20"]), "ipv6": f"fd00::/{length}"}
    hosts = HOSTS if by_chance.random() < 0.7 else {}
    more = OUTSIDE if by_chance.random() < 0.5 else {}
    build = by_chance.choice(ABLE[1:])
    assert_the_same(build, underlay=by_chance.choice(UNDERLAYS), bgp=bgp, loopbacks=loopbacks, hosts=hosts, **more)


def refused(build: str = "community-202605", links: list[Any] | None = None, **more: Any) -> list[Problem]:
    more.setdefault("loopbacks", {"ipv4": "10.0.0.0/24", "ipv6": "fd00::/112"})
    more["bgp"] = {**more.get("bgp", {}), "source": "config_db"}
    with pytest.raises(PlanProblems) as caught:
        planned(links or [], build, unfit=True, **more)
    return caught.value.problems


IBGP = {"link": "spine1:Ethernet120 - spine2:Ethernet120", "bgp": "ibgp"}


def test_aggregates_and_redistribution_mean_the_same() -> None:
    assert_the_same(
        "community-202605",
        policies={"CONNECTED": [{"permit": "10.9.0.0/16 le 24"}]},
        aggregates=[{"prefix": "10.9.0.0/16", "switches": "leaf1"}],
        redistribute=[{"protocol": "connected", "policy": "CONNECTED", "switches": "leaf1"}],
    )


POLICY = {"name": "up", "switch": "leaf1", "interface": "Ethernet40", "asn": "64999", "announce": "default"}


@pytest.mark.parametrize(
    ("said", "path", "why"),
    [
        ({"bgp": {"password": "env:X"}}, ("bgp", "password"), "encrypted"),
        ({"bgp": {"bfd": {"interval": "100"}}}, ("bgp", "bfd"), "timers of BFD"),
        ({"bgp": {"graceful_restart": "restarter"}}, ("bgp", "graceful_restart"), "graceful restart"),
        ({"bgp": {"suppress_fib_pending": "true"}}, ("bgp", "suppress_fib_pending"), "no word"),
        ({"links": [IBGP]}, ("links", 1), "tag"),
        (
            {"switches": {"leaf1": {"extra": {"frr": {"": ["ip route 198.51.100.0/24 blackhole"]}}}}},
            ("switches", "leaf1", "extra", "frr"),
            "no frr.conf",
        ),
        (
            {"routes": [{"prefix": "198.51.100.0/24", "blackhole": "true", "switches": "leaf1"}]},
            ("routes", 0),
            "static routes",
        ),
        ({"build": "community-202505"}, ("bgp", "source"), "number in the keys of PREFIX"),
        ({"build": "community-202405"}, ("bgp", "source"), "docker_init.sh"),
        ({"build": "edgecore-202211"}, ("bgp", "source"), "nobody knows"),
        (
            {"build": "community-202411", "loopbacks": {"ipv4": "10.0.0.0/24", "ipv6": "fd00::/64"}},
            ("loopbacks", "ipv6"),
            "as text",
        ),
        (
            {"outside": [{**POLICY, "accept": "IN"}], "policies": {"IN": [{"permit": "any", "set": {"prepend": "2"}}]}},
            ("policies", "IN", 0, "set", "prepend"),
            "set_repeat_asn",
        ),
        (
            {
                "outside": [{**POLICY, "accept": "IN"}],
                "policies": {"IN": [{"permit": "any", "set": {"local_preference": "200"}}]},
            },
            ("policies", "IN", 0, "set", "local_preference"),
            "set_local_pref",
        ),
    ],
    ids=lambda value: ".".join(map(str, value)) if isinstance(value, tuple) else "",
)
def test_what_frrcfgd_cannot_say_is_refused_where_it_stands(
    said: dict[str, Any], path: tuple[Any, ...], why: str
) -> None:
    found = [one for one in refused(**said) if one.severity == "error"]
    assert {one.path for one in found} == {path}
    assert all(why in one.message and one.hint for one in found)


def test_one_switch_alone_has_it() -> None:
    plan = planned([], "community-202605", unfit=True, switches={"leaf1": {"bgp": "config_db"}})
    configs = rendered(plan)
    assert [name for name, one in configs.items() if not one.frr] == ["leaf1"]
    modes = {
        name: one.config_db["DEVICE_METADATA"]["localhost"]["docker_routing_config_mode"]
        for name, one in configs.items()
    }
    assert modes == {"leaf1": "unified", "leaf2": "split-unified", "spine1": "split-unified", "spine2": "split-unified"}
    assert "BGP_GLOBALS" not in configs["leaf2"].config_db


def test_lengths_are_compared_as_text() -> None:
    """`rb > len` of pref_list.j2: "128" is less than "64", and the list takes every length."""
    tables = {"PREFIX_SET": {"P": {"mode": "IPv6"}}, "PREFIX": {"P|fd00::/64|128..128": {"action": "permit"}}}
    assert "fd00::/64 le 128" in frr_conf(tables)
    with pytest.raises(FrrcfgdError, match="takes 5 for the prefix"):
        frr_conf({**tables, "PREFIX": {"P|5|fd00::/64|128..128": {}}}, numbered=False)


def test_a_group_of_itself_is_no_line_that_frr_takes() -> None:
    """Public configs have it; FRR says `% Malformed address or name`, and a config that it has taken lacks the line."""
    rows = {
        "BGP_GLOBALS": {"default": {"local_asn": "65001"}},
        "BGP_PEER_GROUP": {"default|up": {"peer_group_name": "up", "peer_type": "external"}},
        "BGP_NEIGHBOR": {"default|Ethernet0": {"peer_group_name": "up"}},
    }
    lines = frr_conf(rows).splitlines()
    assert " neighbor up peer-group up" not in lines
    assert {" neighbor up peer-group", " neighbor Ethernet0 interface peer-group up"} <= {*lines}


def test_up_is_no_word_for_the_older_frrcfgd() -> None:
    """Trap: the models say up, frrcfgd of 202411 reads "true"; what is up there is off."""
    plan = replace_words(both("community-202411", hosts=HOSTS)[1])
    _, found = check_unified(plan, get_build("community-202411"))
    assert {one.code for one in found} == {"SF-410"}


def replace_words(plan: FabricPlan) -> ConfigDb:
    tables = copy.deepcopy(dict(rendered(plan)["leaf1"].config_db))
    rows: Any = tables["BGP_PEER_GROUP_AF"]
    for row in rows.values():
        row["admin_status"] = "up"
    return tables


def _of_sonic(config: ConfigDb, folder: Path) -> str:
    """What SONiC's own templates make, as sonic-cfggen renders them: keys of several parts are tuples."""
    env = jinja2.Environment(loader=jinja2.FileSystemLoader(folder), trim_blocks=True)
    for version in (4, 6):
        env.filters[f"ipv{version}"] = lambda text, version=version: _version(text) == version
    tables: dict[str, Mapping[Any, Any]] = {
        table: {tuple(key.split("|")) if "|" in key else key: row for key, row in rows.items()}
        for table, rows in config.items()
    }
    return env.get_template("bgpd.conf.db.j2").render(tables)


def _version(text: str) -> int:
    try:
        return ip_address(text).version
    except ValueError:
        return 0


@pytest.mark.parametrize("build", ABLE)
def test_sonics_own_templates_make_the_same(build: str) -> None:
    folder = ROOT.parent / "shared/frrcfgd" / build.removeprefix("community-")
    if not folder.is_dir():
        pytest.skip("sonic-buildimage src/sonic-frr-mgmt-framework/templates/bgpd is not here")
    plan = both(build, hosts=HOSTS, underlay=UNDERLAYS[1], **(OUTSIDE if build != ABLE[0] else {}))[1]
    for one in rendered(plan).values():
        assert differences(made(one.config_db, build), _of_sonic(one.config_db, folder)) == []


def test_meaning_is_not_words() -> None:
    one = "route-map A permit 1\n on-match next\n set metric 5\nexit\n"
    one += "route-map A permit 10\n match ip address prefix-list P\nexit\n"
    lists = "ip prefix-list P seq 5 permit 10.0.0.0/8 ge 32\n"
    bgp = "router bgp 65000\n address-family ipv4 unicast\n  neighbor X route-map A in\n exit-address-family\nexit\n"
    other = "route-map A permit 7\n match ip address prefix-list Q\n set metric 5\nexit\nroute-map A deny 9\nexit\n"
    same = "ip prefix-list Q permit 10.0.0.0/8 ge 32 le 32\n"
    assert differences(one + lists + bgp, same + bgp + other) == []
    assert differences(one + lists + bgp, other + bgp + same.replace("ge 32", "ge 24")) != []
