"""Work on the workers of a scheduler: what travels, where it goes, and a worker that dies in the middle."""

from __future__ import annotations

import logging
import pickle
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from importlib.metadata import version
from pathlib import Path
from typing import Any, cast

import pytest

from dasks import Cluster, cluster
from oddsshd import KEY, Odd, identity, serving
from patience import until
from sonicfab.access import Access, SshLine, ssh_access
from sonicfab.errors import InputError, SchedulerError, SonicfabError, TransportError
from sonicfab.fabric import Fabric, open_fabric
from sonicfab.load import Secrets
from sonicfab.model.fields import secret_ref
from sonicfab.remote import scheduler as remote
from sonicfab.remote.seal import Seals
from sonicfab.remote.task import Keys, Task
from sonicfab.transport import CommandResult, Transport
from sonicfab.transport.exec import ExecTransport

pytest.importorskip("distributed")

PASSWORD, COMMUNITY = "pa55word-of-ssh", 'commu"nity'


@dataclass(frozen=True)
class Placed:
    name: str
    site: str = ""


@dataclass(frozen=True)
class Here:
    """A line to the machine where the task runs."""

    def connect(self, secrets: Secrets) -> Transport:
        del secrets
        return ExecTransport(["env"])


class Local:
    """A client of Dask that runs each task here, from what would travel; `travelled` is all of that."""

    def __init__(self, *workers: remote.About) -> None:
        self.travelled: list[bytes] = []
        self._workers = workers

    def run(self, function: Callable[..., Any], keys: Any, **_options: Any) -> dict[str, Any]:
        self.travelled.append(pickle.dumps((function, keys)))
        return {f"tcp://192.0.2.{number}:1": one for number, one in enumerate(self._workers)}

    def run_on_scheduler(self, function: Callable[..., Any], *given: Any, **_options: Any) -> Any:
        return function(*given)

    def close(self) -> None:
        pass

    def submit(self, function: Callable[..., Any], *given: Any, **where: Any) -> Done:
        values = [one.value if isinstance(one, Done) else one for one in given]
        self.travelled.append(pickle.dumps((function, values, where)))
        function, values, _ = pickle.loads(self.travelled[-1])
        self.travelled.append(pickle.dumps(function(*values)))
        return Done(pickle.loads(self.travelled[-1]))


@dataclass
class Done:
    value: Any

    def result(self, _timeout: float) -> Any:
        return self.value


WORKER = remote.About("w", frozenset(), 4, version("sonicfab"), "", version("distributed"))


def scheduled(monkeypatch: pytest.MonkeyPatch, client: Local, secrets: Secrets, *send: str) -> remote.Scheduler:
    monkeypatch.setattr(remote, "_client", lambda _address: client)
    monkeypatch.setattr("distributed.fire_and_forget", lambda _future: None)
    return remote.Scheduler("tcp://127.0.0.1:1", secrets, send)


FABRIC = """\
devices:
  sp: {role: spine, platform: as7726-32x, mac: "02:00:00:00:00:01", site: berlin,
    ssh: {password: env:PW, known_hosts: known, agent: false}, snmp: {community: env:COMMUNITY},
    management: {address: 192.0.2.1/24, gateway: 192.0.2.9}}
  lf: {role: leaf, platform: as7326-56x, mac: "02:00:00:00:00:02",
    management: {address: 192.0.2.2/24, gateway: 192.0.2.9}}
"""
TOPOLOGY = "name: far\nasn: {spine: 65501, leaf: 65401}\nloopbacks: {ipv4: 10.0.0.0/24}\nlinks:\n  - sp:1 - lf:49\n"


@pytest.fixture
def fabric(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Fabric:
    monkeypatch.setenv("PW", PASSWORD)
    monkeypatch.setenv("COMMUNITY", COMMUNITY)
    (tmp_path / "i.yml").write_text(FABRIC)
    (tmp_path / "t.yml").write_text(TOPOLOGY.replace("sp:1 - lf:49", "sp:Ethernet0 - lf:Ethernet48"))
    monkeypatch.chdir(tmp_path)  # the worker's folder
    return open_fabric(tmp_path / "i.yml", tmp_path / "t.yml")


def test_a_site_is_of_a_switch_or_a_group(fabric: Fabric) -> None:
    assert {name: one.site for name, one in fabric.plan.switches.items()} == {"sp": "berlin", "lf": ""}


@pytest.mark.parametrize("text", [COMMUNITY, f'a {COMMUNITY} b "commu\\"nity" c', "none", "", "\x02ab:env:X:text\x03"])
def test_what_is_sealed_is_opened_again(text: str) -> None:
    seals = Seals("ab12", {"env:A": COMMUNITY, "env:B": "nity", "file:x y": "ab12:env"})
    closed = seals.close(text)
    assert "nity" not in closed
    assert seals.open(closed) == text


def test_a_mark_that_a_switch_prints_is_no_secret() -> None:
    seals = Seals("ab12", {"env:A": COMMUNITY})
    assert (
        seals.open("\x02ff00:env:A:text\x03 \x02ab12:env:B:text\x03")
        == "\x02ff00:env:A:text\x03 \x02ab12:env:B:text\x03"
    )


def test_secrets_do_not_travel(fabric: Fabric, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """By SSH to a real server, with a password of the inventory; a config has a secret in it, and so has the answer."""
    client = Local(replace(WORKER, sites=frozenset({"berlin"})))
    plan = fabric.plan.switches["sp"]
    who = identity(plan.mac, plan.platform.platform, plan.platform.hwsku)
    fabric.secrets.resolve(secret_ref("env:COMMUNITY"), "the community")  # as render does
    with serving(Odd(content=f"community {COMMUNITY}".encode()), who) as port:
        (tmp_path / "known").write_text(f"[127.0.0.1]:{port} {KEY.get_name()} {KEY.get_base64()}\n")
        near = ssh_access(fabric.secrets)
        line = near.line
        assert line is not None
        access = replace(
            near,
            line=lambda one: replace(cast("SshLine", line(one)), hosts=("127.0.0.1",), ssh=replace(one.ssh, port=port)),
        )
        far = remote.remote_access(
            scheduled(monkeypatch, client, fabric.secrets), access, [plan], fabric.plan.switches.values()
        )
        switch = far.open(plan)
        done = switch.transport.run(f"show {COMMUNITY}", stdin=f'{{"c": "{COMMUNITY}"}}'.encode())
        switch.close()
    assert logging.getLogger("netmiko").filters == [], "netmiko would keep one with the password for each connection"
    assert done.stdout == f"community {COMMUNITY}"
    assert done.command == f"show {COMMUNITY}"
    travelled = b"".join(client.travelled)
    assert b"PW" in travelled, "by name"
    assert b"env:COMMUNITY" in travelled
    for secret in (PASSWORD, COMMUNITY, COMMUNITY.replace('"', '\\"')):
        assert secret.encode() not in travelled


def test_a_secret_that_is_sent_is_not_looked_for(fabric: Fabric, monkeypatch: pytest.MonkeyPatch) -> None:
    client = Local(WORKER)
    fabric.secrets.resolve(secret_ref("env:COMMUNITY"), "the community")
    scheduler = scheduled(monkeypatch, client, fabric.secrets, "env:COMMUNITY")
    access = Access(lambda _plan: ExecTransport([]), line=lambda _plan: Here())
    far = remote.remote_access(scheduler, access, [Placed("x")], [Placed("x")])
    monkeypatch.delenv("COMMUNITY")
    plan: Any = Placed("x")
    assert far.connect(plan).run("cat", stdin=f"is {COMMUNITY}".encode()).stdout == f"is {COMMUNITY}"
    assert COMMUNITY.encode() in b"".join(client.travelled)
    with pytest.raises(InputError, match="takes a reference"):
        scheduled(monkeypatch, client, fabric.secrets, COMMUNITY)


def test_what_a_worker_lacks_is_told_before_anything_is_done(monkeypatch: pytest.MonkeyPatch) -> None:
    berlin = replace(WORKER, name="b1", sites=frozenset({"berlin"}))
    switches = [Placed("leaf1", "rome"), Placed("leaf2", "rome"), Placed("leaf3", "berlin"), Placed("leaf4")]
    cases: dict[str, tuple[list[Any], list[Placed]]] = {
        r"no worker for site rome \(leaf1, leaf2\)$": ([WORKER, berlin], switches),
        r"no worker for switches without a site \(leaf4\)$": ([berlin], switches[2:]),
        "b1 has sonicfab 0.0.1, not": ([replace(berlin, version="0.0.1", dask="1.0")], switches[2:3]),
        "b1 has Dask 1.0, not": ([replace(berlin, dask="1.0")], switches[2:3]),
        "b1 lacks a secret: X is not set": ([replace(berlin, lacks="X is not set")], switches[2:3]),
        "No module named": ([ModuleNotFoundError("No module named 'sonicfab'")], switches[2:3]),
    }
    for told, (workers, asked) in cases.items():
        scheduler = scheduled(monkeypatch, Local(*workers), Secrets(Path()))
        with pytest.raises(InputError, match=told):
            scheduler.prepare(asked)
    scheduler = scheduled(monkeypatch, Local(WORKER, berlin), Secrets(Path()))
    assert scheduler.prepare(switches[2:]) == 8


def test_a_scheduler_of_another_dask(monkeypatch: pytest.MonkeyPatch) -> None:
    other = Local()
    monkeypatch.setattr(other, "run_on_scheduler", lambda *_, **_options: "2024.8.0", raising=False)
    with pytest.raises(InputError, match=r"has Dask 2024.8.0, and here is") as caught:
        scheduled(monkeypatch, other, Secrets(Path()))
    assert "or 2024.8.0 here" in caught.value.hint


def test_a_scheduler_that_does_not_understand_this_dask(monkeypatch: pytest.MonkeyPatch) -> None:
    """As one of 2024.8 and a client of 2026.8 part."""

    class Client:
        scheduler_comm = None

        def __init__(self, *_given: Any, **_options: Any) -> None:
            raise TypeError("Scheduler.identity() got an unexpected keyword argument 'n_workers'")

    monkeypatch.setattr("distributed.Client", Client)
    monkeypatch.setattr(remote, "greeted", lambda *_given: None)
    with pytest.raises(InputError, match=r"does not understand Dask .* as it is here: Scheduler.identity"):
        remote.Scheduler("tcp://127.0.0.1:1", Secrets(Path()))


def test_a_scheduler_that_goes_meanwhile(monkeypatch: pytest.MonkeyPatch) -> None:
    """As Dask tells it once its client has given up."""
    from distributed.client import ClosedClientError

    client = Local(WORKER)
    far = remote.remote_access(
        scheduled(monkeypatch, client, Secrets(Path())),
        Access(lambda _plan: ExecTransport([]), line=lambda _plan: Here()),
        [Placed("x")],
        [Placed("x")],
    )

    def closed(*_given: Any, **_where: Any) -> Done:
        raise ClosedClientError("Client is closed")

    transport = far.connect(Placed("x"))  # type: ignore[arg-type]
    monkeypatch.setattr(client, "submit", closed)
    with pytest.raises(SchedulerError, match="Client is closed"):
        transport.run("true")
    transport.close()


@pytest.mark.parametrize("address", ["localhost", "http://127.0.0.1:1", "tcp://127.0.0.1:1"])
def test_a_scheduler_that_is_not_there(address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(remote, "_FIRST", 0.3)
    with pytest.raises(SonicfabError, match=address):
        remote.Scheduler(address, Secrets(Path()))


@pytest.fixture(scope="module")
def workers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    """Two at berlin, which can load this module."""
    with cluster(tmp_path_factory.mktemp("dask"), PYTHONPATH=str(Path(__file__).parent)) as found:
        for name in ("one", "two"):
            found.add(name, "--resources", "site-berlin=1")
        found.wait()
        yield found


def test_a_worker_that_is_killed_loses_nothing(workers: Cluster, tmp_path: Path) -> None:
    """What it was at is done by the other one, from the start; the connection is made anew there."""
    scheduler = remote.Scheduler(workers.address, Secrets(Path()))
    access = Access(lambda _plan: ExecTransport([]), line=lambda _plan: Here())
    places = [Placed(f"leaf{number}", "berlin") for number in range(12)]
    far = remote.remote_access(scheduler, access, places, places)
    assert far.at_once == 32
    with pytest.raises(InputError, match="no worker for site rome"):
        scheduler.prepare([Placed("x", "rome")])

    def ask(place: Any) -> CommandResult:
        transport = far.connect(place)
        return transport.run(f"echo $PPID >> {place.name}; while [ ! -e go ]; do sleep 0.1; done; echo {place.name}")

    from concurrent.futures import ThreadPoolExecutor

    with ThreadPoolExecutor(12) as pool:
        futures = [pool.submit(ask, place) for place in places]
        until(lambda: all((workers.folder / one.name).exists() for one in places), 60)
        workers.kill("one")
        time.sleep(0.5)
        (workers.folder / "go").touch()
        assert [one.result(90).stdout for one in futures] == [f"{place.name}\n" for place in places]
    begun = [len((workers.folder / one.name).read_text().splitlines()) for one in places]
    assert set(begun) == {1, 2}, "some were at the dead one, and some were not"
    workers.kill("two")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(remote, "_LATER", 1.0)
        with pytest.raises(TransportError, match=r"no worker of .* site berlin in time"):
            far.connect(places[0]).run("true", timeout=0.5)  # type: ignore[arg-type]
    scheduler.close()


def test_a_task_is_small_and_plain() -> None:
    plain = pickle.loads(pickle.dumps(Task("c", Here(), Keys("r"), "uptime")))
    assert plain == Task("c", Here(), Keys("r"), "uptime")
