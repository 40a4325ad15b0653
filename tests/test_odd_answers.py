"""Whatever a switch answers: a parser ends with a value or an error of its own; a command tells it per switch."""

from __future__ import annotations

import contextlib
import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from conftest import Run
from contract import QUESTIONS
from known import get_platform
from oddsshd import CONTENTS, KEY, TALKS, Odd, identity, serving
from sonicfab.errors import CommandTimeoutError, SwitchError, UnreadableError
from sonicfab.switch import patching
from sonicfab.switch.answers import json_documents, json_object, json_objects
from sonicfab.switch.ask import Answers, Question, split
from sonicfab.switch.operations import read_reload
from sonicfab.switch.state import ports, system
from sonicfab.transport import CommandResult
from sonicfab.transport.ssh import SshTransport
from sonicfab.transport.target import SshTarget

pytestmark = pytest.mark.timeout(300)
QUESTION = Question("one", "true", str)


def facts(*texts: str) -> system.SwitchFacts:
    """From what the questions of identity print."""
    results = {one.name: CommandResult("", 0, text, "", 0.0) for one, text in zip(system.IDENTITY, texts, strict=True)}
    return system.facts(Answers(results))


PARSERS: dict[str, Callable[[str], Any]] = {
    **{name: question.parse for _, name, question in QUESTIONS},
    "facts": lambda text: facts(text, *[text] * 3),
    "fdb": lambda text: ports.fdb(ports.rows(text)),
    "reload": read_reload,
    "patch": lambda text: patching.read_apply_patch(CommandResult("x", 1, text, text, 0.0), dry_run=False),
    "split": lambda text: split([QUESTION], "--m--", CommandResult("x", 0, text + "\n--m-- " + text, text, 0.0)),
    "documents": lambda text: list(json_documents(text, "x")),
    "object": lambda text: json_object(text, "x"),
    "objects": lambda text: json_objects(text, "x"),
}
WORDS = [
    "ipv4Unicast",
    "ipv6Unicast",
    "peers",
    "remoteAs",
    "state",
    "localAs",
    "as",
    "pfxRcd",
    "peerUptimeMsec",
    "addressFamilyInfo",
    "routes",
    "nexthops",
    "selected",
    "active",
    "bestpath",
    "path",
    "mtu",
    "speed",
    "ipAddresses",
    "address",
    "lldp",
    "interface",
    "chassis",
    "port",
    "capability",
    "type",
    "name",
    "value",
    "PORT_TABLE:Ethernet0",
    "TRANSCEIVER_INFO|Ethernet0",
    "FDB_TABLE|Vlan1:aa",
    "RX_ERR",
    "ifname",
    "addr_info",
    "local",
    "prefixlen",
    "stats64",
    "state",
    "lladdr",
    "confirmed",
    "dev",
    "bgpTimerHoldTimeMsecs",
    "connectionsEstablished",
    "peerBfdInfo",
    "neighborCapabilities",
    "age",
    "id",
]
SCALARS = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=8), st.sampled_from(["1e400", "10.0.0.0/8"])
)
SHAPES = st.recursive(
    SCALARS,
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(st.sampled_from(WORDS), inner, max_size=4)),
    max_leaves=12,
)


@pytest.mark.parametrize("name", PARSERS)
@given(text=st.one_of(SHAPES.map(json.dumps), st.binary(max_size=400).map(lambda one: one.decode(errors="replace"))))
@settings(max_examples=60)
@example(text="[[1, 2]]")
@example(text='{"a": {"state": 5}}')
def test_a_parser_ends_with_a_value_or_an_error_of_its_own(name: str, text: str) -> None:
    with contextlib.suppress(SwitchError):
        PARSERS[name](text)


@pytest.mark.parametrize("odd", CONTENTS)
@pytest.mark.parametrize("name", PARSERS)
def test_odd_answers_are_read_or_told_in_time(name: str, odd: str) -> None:
    started = time.process_time()
    said = ""
    try:
        PARSERS[name](CONTENTS[odd].decode(errors="replace"))
    except SwitchError as err:
        said = str(err)
    assert len(said) < 500
    assert time.process_time() - started < 5


def target(port: int, folder: Path) -> SshTarget:
    known = folder / "known_hosts"
    known.write_text(f"[127.0.0.1]:{port} {KEY.get_name()} {KEY.get_base64()}\n")
    return SshTarget("127.0.0.1", port, "admin", "x", known_hosts=str(known), agent=False, use_user_config=False)


@pytest.mark.parametrize("talk", ["endless", "endless errors", "half, then closed"])
def test_what_a_channel_does_is_unreadable_and_the_connection_of_use(
    talk: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sonicfab.transport.ssh.MAX_OUTPUT", 1 << 20)
    odd = Odd(talk=TALKS[talk])
    with serving(odd, {}) as port:
        transport = SshTransport(target(port, tmp_path))
        with pytest.raises(UnreadableError, match=r"printed more than 1 MB|closed the channel after 10 bytes"):
            transport.run("show", timeout=30)
        odd.talk, odd.content = None, b"fine"
        assert transport.run("show").stdout == "fine"
        transport.close()


def test_a_request_without_a_reply_is_not_waited_for_for_ever(tmp_path: Path) -> None:
    with serving(Odd(reply=False), {}) as port:
        transport = SshTransport(target(port, tmp_path))
        started = time.monotonic()
        with pytest.raises(CommandTimeoutError, match="no answer within 1 s"):
            transport.run("show", timeout=1)
        assert time.monotonic() - started < 15
        transport.close()


SPINE, LEAF = get_platform("as7726-32x"), get_platform("as7326-56x")


def inputs(folder: Path, spine: int, leaf: int) -> list[object]:
    """A spine and a leaf whose addresses ~/.ssh/config turns into 127.0.0.1 and 127.0.0.2."""
    known = "".join(
        f"[{address}]:{port} {KEY.get_name()} {KEY.get_base64()}\n"
        for address, port in (("127.0.0.1", spine), ("127.0.0.2", leaf))
    )
    (folder / "known_hosts").write_text(known)
    (folder / ".ssh").mkdir()
    (folder / ".ssh/config").write_text("".join(f"Host 10.66.0.{n}\n  HostName 127.0.0.{n}\n" for n in (1, 2)))
    (folder / "i.yml").write_text(
        "defaults: {management: {gateway: 10.66.0.254}, ssh: {password: env:PW, agent: false,\n"
        "  known_hosts: known_hosts}}\n"
        "devices:\n"
        f"  sp: {{role: spine, platform: as7726-32x, mac: '02:00:00:00:00:01', ssh: {{port: {spine}}},\n"
        "    management: {address: 10.66.0.1/24}}\n"
        f"  lf: {{role: leaf, platform: as7326-56x, mac: '02:00:00:00:00:02', ssh: {{port: {leaf}}},\n"
        "    management: {address: 10.66.0.2/24}}\n"
    )
    (folder / "t.yml").write_text(
        "name: odd\nunderlay: unnumbered\nasn: {spine: 65501, leaf: 65401-65499}\n"
        "loopbacks: {ipv4: 10.0.0.0/24}\nlinks:\n  - sp:Ethernet0 - lf:Ethernet48\n"
        "switches: {sp: {asn: 65501, ipv4: 10.0.0.1}, lf: {asn: 65401, ipv4: 10.0.0.2}}\n"
    )
    return ["-i", folder / "i.yml", "-t", folder / "t.yml"]


COMMANDS = {
    "verify": ["verify", "--timeout", "1", "--format", "json"],
    "plan": ["plan"],
    "push": ["push", "--yes"],
    "diff": ["diff", "--live"],
}


@pytest.mark.parametrize("odd", [*CONTENTS, "half, then closed", "connection closed"])
def test_commands_tell_it_per_switch(odd: str, sonicfab: Run, tmp_path: Path) -> None:
    """One switch is odd, the other one only empty: both are told of, nothing is an internal error."""
    way = Odd(content=CONTENTS.get(odd, b""), talk=TALKS.get(odd))
    spine = identity("02:00:00:00:00:01", SPINE.platform, SPINE.hwsku)
    leaf = identity("02:00:00:00:00:02", LEAF.platform, LEAF.hwsku)
    with serving(way, spine, "127.0.0.1") as one, serving(Odd(code=1, stderr=b"no\n"), leaf, "127.0.0.2") as other:
        files = inputs(tmp_path, one, other)
        for name, words in COMMANDS.items():
            done = sonicfab(words[0], *files, *words[1:], cwd=tmp_path, PW="x", HOME=str(tmp_path))
            said = done.stdout + done.stderr
            assert "internal error" not in said, said
            assert "Traceback" not in said, said
            assert done.returncode in (3, 4, 5), (name, done.returncode, said[-2000:])
            assert "sp" in said, said
            assert "lf" in said, said
            assert "\x1b" not in said, said
            assert "\x07" not in said, said
    assert len(way.asked) >= (4 if odd != "connection closed" else 0)
