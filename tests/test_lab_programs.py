"""The programs of lab switches, as far as they need no switch."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from conftest import REFERENCE
from known import get_build
from patience import until
from sonicfab.datafiles import fact_names
from sonicfab.lab.initcfg import init_cfg, init_cfg_text
from sonicfab.lab.sonic import cfggen, config, db, redis, show, texts
from sonicfab.lab.sonic.staticroutes import commands, routes_of
from sonicfab.schema.facts import builtin
from sonicfab.validate.reading import as_config_db
from sonicfab.validate.schema import SchemaCheck


@pytest.mark.parametrize(
    ("key", "row", "lines"),
    [
        ("198.18.0.0/15", {"nexthop": "192.0.2.1", "ifname": "eth0"}, ["ip route 198.18.0.0/15 192.0.2.1 eth0 tag 1"]),
        ("default|198.18.0.0/15", {"blackhole": "true"}, ["ip route 198.18.0.0/15 blackhole tag 1"]),
        (
            "Vrf1|2001:db8::/32",
            {"nexthop": "2001:db8:1::1,::", "ifname": ",Ethernet0", "distance": "0,250", "nexthop-vrf": "default,"},
            [
                "ipv6 route 2001:db8::/32 2001:db8:1::1 nexthop-vrf default vrf Vrf1 tag 1",
                "ipv6 route 2001:db8::/32 Ethernet0 250 vrf Vrf1 tag 1",
            ],
        ),
        ("10.0.0.0/8", {"nexthop": "192.0.2.1", "advertise": "false"}, ["ip route 10.0.0.0/8 192.0.2.1 tag 2"]),
        ("10.0.0.0/8", {"nexthop": "192.0.2.1,192.0.2.2", "ifname": "eth0"}, []),  # lists of different sizes
        ("10.0.0.0/8", {"nexthop": "0.0.0.0"}, []),  # no address and no port
        ("10.0.0.0/8", {"nexthop": "2001:db8::1"}, []),
        ("10.0.0.0/8", {"nexthop": "192.0.2.1", "bfd": "true"}, []),
        ("ten/8", {"nexthop": "192.0.2.1"}, []),
    ],
)
def test_what_bgpcfgd_makes_of_a_static_route(key: str, row: dict[str, str], lines: list[str]) -> None:
    """managers_static_rt.py: generate_command(), IpNextHop, IpNextHopSet."""
    made = commands({}, routes_of({"STATIC_ROUTE": {key: row}}), "")
    assert made == lines
    assert commands(routes_of({"STATIC_ROUTE": {key: row}}), {}, "") == [f"no {line}" for line in lines]


def test_static_routes_are_redistributed_from_the_first_to_the_last() -> None:
    one = routes_of({"STATIC_ROUTE": {"10.0.0.0/8": {"nexthop": "192.0.2.1"}}})
    both = routes_of({"STATIC_ROUTE": {one: {"nexthop": "192.0.2.1"} for one in ("10.0.0.0/8", "192.168.0.0/16")}})
    begun = commands({}, one, "65001")
    assert begun[:4] == [
        "ip route 10.0.0.0/8 192.0.2.1 tag 1",
        "route-map STATIC_ROUTE_FILTER permit 10",
        "match tag 1",
        "exit",
    ]
    assert begun[4] == "router bgp 65001"
    assert begun.count("redistribute static route-map STATIC_ROUTE_FILTER") == 2
    assert commands(one, both, "65001") == ["ip route 192.168.0.0/16 192.0.2.1 tag 1"]
    assert commands(both, {}, "65001")[-1] == "no route-map STATIC_ROUTE_FILTER"
    assert commands(both, both, "65001") == []


def test_show_vlan_brief(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """As tests/vlan_test.py of sonic-utilities has it, without the column of its DHCP plugin."""
    tagged = {f"Vlan1000|Ethernet{port}": {"tagging_mode": "untagged"} for port in (16, 4)}
    there = {
        "VLAN": {"Vlan2000": {"vlanid": "2000"}, "Vlan1000": {"vlanid": "1000"}},
        "VLAN_INTERFACE": {
            "Vlan2000": {"proxy_arp": "enabled"},
            "Vlan1000": {},
            "Vlan1000|fc02:1000::1/64": {},
            "Vlan1000|192.168.0.1/21": {},
        },
        "VLAN_MEMBER": {"Vlan1000|PortChannel1002": {"tagging_mode": "tagged"}, **tagged},
    }
    monkeypatch.setattr(db, "read", lambda: there)
    assert show.main(["vlan", "brief"]) == 0
    assert (
        capsys.readouterr().out
        == """\
+-----------+-----------------+-----------------+----------------+-------------+
|   VLAN ID | IP Address      | Ports           | Port Tagging   | Proxy ARP   |
+===========+=================+=================+================+=============+
|      1000 | 192.168.0.1/21  | Ethernet4       | untagged       | disabled    |
|           | fc02:1000::1/64 | Ethernet16      | untagged       |             |
|           |                 | PortChannel1002 | tagged         |             |
+-----------+-----------------+-----------------+----------------+-------------+
|      2000 |                 |                 |                | enabled     |
+-----------+-----------------+-----------------+----------------+-------------+
"""
    )


def test_init_cfg_is_the_one_of_202411() -> None:
    """Row by row as on the real image, save for the banner's words, and FEATURE's conditions, which are decided."""
    recorded = REFERENCE / "recorded" / "202411" / "contract" / "INIT_CFG.json"
    if not recorded.exists():
        pytest.skip(f"no recordings of SONiC beside this checkout: {recorded}")
    real = json.loads(json.loads(recorded.read_text())["out"])
    ours = init_cfg("community-202411")
    assert ours.keys() == real.keys()
    for table in sorted(real):
        assert ours[table].keys() == real[table].keys(), table
        for key, row in real[table].items():
            if table != "FEATURE":
                assert {**ours[table][key], "motd": row.get("motd")} == {**row, "motd": row.get("motd")}, (table, key)


@pytest.mark.parametrize("build", [name for name in fact_names("builds") if get_build(name).schema])
def test_init_cfg_fits_the_models_of_its_build(build: str) -> None:
    """A row that the models refuse blocks every patch, as does one that is left from another release."""
    tables, read = as_config_db(json.loads(init_cfg_text(get_build(build))))
    assert read == []
    found = SchemaCheck(builtin(get_build(build).schema)).check(tables)
    assert [str(one) for one in found if one.severity == "error"] == []


def test_init_cfg_of_a_learned_build_is_its_own(learned: Path) -> None:
    folder = learned / "site-1"
    folder.mkdir(parents=True)
    folder.joinpath("init_cfg.json").write_text('{"OWN": {}}')
    assert init_cfg_text(replace(get_build("community-202411"), name="site-1")) == '{"OWN": {}}'


@pytest.mark.parametrize(
    ("words", "usage", "error"),
    [  # as recorded from 202411, and click 7.0 core.py, exceptions.py
        (["nosuch"], "config [OPTIONS] COMMAND [ARGS]...", 'No such command "nosuch".'),
        (["reload", "-x"], "config reload [OPTIONS] [FILENAME]", "no such option: -x"),
        (["apply-patch"], "config apply-patch [OPTIONS] PATCH_FILE_PATH", 'Missing argument "PATCH_FILE_PATH".'),
        (["save", "a", "b"], "config save [OPTIONS] [FILENAME]", "Got unexpected extra argument (b)"),
    ],
)
def test_config_refuses_as_click_does(
    words: list[str], usage: str, error: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("USER", "root")
    with pytest.raises(SystemExit) as ended:
        config.main(words)
    said = capsys.readouterr()
    command = usage.partition(" [")[0]
    assert (ended.value.code, said.out) == (2, "")
    assert said.err == f'Usage: {usage}\nTry "{command} -h" for help.\n\nError: {error}\n'


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    """The socket of a redis."""
    if not shutil.which("redis-server"):
        pytest.skip("redis is not installed")
    folder = tempfile.mkdtemp(prefix="redis-")  # the name of a socket must be short
    path = f"{folder}/s"
    with subprocess.Popen(
        ["redis-server", "--port", "0", "--unixsocket", path, "--save", "", "--dir", folder], stdout=subprocess.DEVNULL
    ) as running:
        until(lambda: Path(path).exists())
        yield path
        running.kill()
    shutil.rmtree(folder)


ASKED = (
    ("PING",),
    ("SET", "a key", "grün\n\r\nzwei"),
    ("GET", "a key"),
    ("GET", "nothing"),
    ("SET", "long", "x" * 100_000),
    ("GET", "long"),
    ("HSET", "PORT|Ethernet0", "mtu", "9100", "alias", ""),
    ("HGETALL", "PORT|Ethernet0"),
    ("HGETALL", "nothing"),
    ("HGET", "PORT|Ethernet0", "alias"),
    ("DEL", "PORT|Ethernet0", "nothing"),
    ("EVAL", "return {1, {'a', false}, {}, 'b'}", "0"),
    ("EVAL", "return cjson.encode({a = {}})", "0"),
    ("EVAL", "return redis.status_reply('fine')", "0"),
    ("LRANGE", "a key", "0", "1"),
)


def test_redis_is_heard_as_redis_cli_hears_it(server: str) -> None:
    for words in ASKED:  # in databases of their own, for what is written is counted
        cli = subprocess.run(
            ["redis-cli", "-s", server, "-n", "4", *words], capture_output=True, check=True
        ).stdout.decode()
        assert redis.ask(*words, database=5, path=server) == cli, words
    with pytest.raises(RuntimeError, match="ERR unknown command 'NOSUCH'"):
        redis.ask("NOSUCH", database=4, path=server)
    assert redis.ask("GET", "a key", database=6, path=server) == "\n", "a database of its own"
    with pytest.raises(RuntimeError, match="ERR DB index is out of range"):  # and is not asked of database 0
        redis.ask("SET", "a key", "lost", database=99, path=server)


def test_redis_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(RuntimeError, match=r"Could not connect to Redis at .*: No such file or directory"):
        redis.ask("PING", database=4, path=str(tmp_path / "s"))


_VALUES = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False), st.text(max_size=9)),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(st.text(max_size=5), inner, max_size=3)),
    max_leaves=20,
)


@given(value=_VALUES)
def test_json_is_written_and_read_as_json_does(value: object) -> None:
    text = json.dumps(value, indent=4, sort_keys=True)
    assert texts.dumps(value) == text
    assert texts.loads(f" {text}\n") == value


_NO_JSON = ("", " ", "{", "[1,]", "{} x", "nul", '{"a": "\n"}', "[1]]", '"\\x"', "\ufeff1", '{"PORT": {,}}')


@pytest.mark.parametrize("text", _NO_JSON)
def test_what_is_no_json_is_told_in_the_words_of_json(text: str) -> None:
    said = []
    for loads in (json.loads, texts.loads):
        with pytest.raises(json.JSONDecodeError) as caught:
            loads(text)
        said.append(str(caught.value))
    assert said[0] == said[1]


_ALONE = """
import sys
sys.path.insert(0, sys.argv[1])
import texts
for text in sys.argv[2:]:
    for name in [one for one in sys.modules if one.partition(".")[0] == "json"]:
        del sys.modules[name]
    try:
        texts.loads(text)
    except ValueError as err:
        print(type(err).__name__)
"""


def test_so_it_is_in_a_program_that_has_not_loaded_json() -> None:
    command = [sys.executable, "-I", "-S", "-c", _ALONE, str(Path(texts.__file__).parent), *_NO_JSON]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["JSONDecodeError"] * len(_NO_JSON)


@pytest.mark.parametrize(
    ("words", "given"),
    [
        ("-d --print-data", {"from-db": [""], "print-data": [""]}),
        ("-H -k SKU --preset t1", {"platform-info": [""], "hwsku": ["SKU"], "preset": ["t1"]}),
        ("-j a.json -jb.json --var-json=PORT", {"json": ["a.json", "b.json"], "var-json": ["PORT"]}),
    ],
)
def test_what_cfggen_is_asked(words: str, given: dict[str, list[str]]) -> None:
    assert cfggen._options(words.split()) == given


@pytest.mark.parametrize("words", ["-x", "-dH", "--print-data=1", "-d more", "-j", "--preset l2", "--", "-"])
def test_what_cfggen_does_not_do_here(words: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert cfggen.main(words.split()) == 2
    assert "sonic-cfggen: error: this lab switch does not do that" in capsys.readouterr().err
