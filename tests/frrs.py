"""FRR routers for tests: zebra, bgpd, staticd and bfdd, each set in a network namespace of its own."""

from __future__ import annotations

import itertools
import json
import os
import re
import subprocess
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import patience
from sonicfab.frr.conf import diff
from sonicfab.frr.delta.compute import delta, same
from sonicfab.frr.delta.types import FrrDelta
from sonicfab.lab.netns import Holder

DAEMONS = ("zebra", "bgpd", "staticd", "bfdd")
Session = tuple[int, int, int]
_START = """\
mkdir -p "/run/frr/$1" "/etc/frr/$1" && touch "/etc/frr/$1/vtysh.conf" && chown -R frr:frr /run/frr "/etc/frr/$1"
name=$1
shift
# FRR 10: static routes are told to mgmtd, and a line of a module that is not loaded is an error
if [ -x /usr/lib/frr/mgmtd ]; then set -- mgmtd "$@"; module="-M dplane_fpm_nl"; fi
for daemon; do
  # -d returns when the daemon listens; those of FRR 10 keep open what they were given, and a pipe would never end
  [ "$daemon" = zebra ] && options=${module-} || options=
  "/usr/lib/frr/$daemon" $options -d -F traditional -N "$name" --log file:"/etc/frr/$name/$daemon.log" -A 127.0.0.1 \
    > "/etc/frr/$name/$daemon.out" 2>&1 || { cat "/etc/frr/$name/$daemon.out" >&2; exit 1; }
done
"""
_LOAD = """\
one=
if vtysh --help 2>&1 | grep -q -e --no-fork; then one=--no-fork; fi  # as guard.sh does: one daemon after the other
exec vtysh $one -N "$1" -f "$2"
"""


class Router:
    """A set of running FRR daemons."""

    def __init__(self, holder: Holder, name: str, folder: Path, *daemons: str) -> None:
        self.name, self._holder, self._file = name, holder, folder / f"{name}.conf"
        self._reached = ""  # what `become` saw last
        holder.run("ip", "netns", "add", name)
        holder.run("ip", "-n", name, "link", "set", "lo", "up")
        done = self._run("sh", "-c", _START, "sh", name, *(daemons or DAEMONS))
        assert done.returncode == 0, done.stderr

    def _run(self, *command: str) -> subprocess.CompletedProcess[str]:
        inside = ["nsenter", f"--net=/run/netns/{self.name}", *command]
        return subprocess.run(
            [*self._holder.prefix(), *inside], capture_output=True, text=True, check=False, timeout=60
        )

    def end(self) -> None:
        """End its daemons."""
        self._run("sh", "-c", 'kill $(cat /run/frr/"$1"/*.pid)', "sh", self.name)
        self._holder.run("ip", "netns", "delete", self.name)

    def ip(self, *arguments: str) -> None:
        """An `ip` command in its namespace."""
        self._holder.run("ip", "-n", self.name, *arguments)

    def wire(self, port: str, far: Router, far_port: str) -> None:
        """A cable to another router."""
        ends = ["netns", self.name, "type", "veth", "peer", "name", far_port, "netns", far.name]
        self._holder.run("ip", "link", "add", port, *ends)
        self.ip("link", "set", port, "up")
        far.ip("link", "set", far_port, "up")

    def show(self, command: str) -> Any:
        """What a `show ... json` says."""
        return json.loads(self._run("vtysh", "-N", self.name, "-c", f"{command} json").stdout)

    @property
    def major(self) -> int:
        """The first number of its FRR's version."""
        said = self._run("vtysh", "-N", self.name, "-c", "show version").stdout
        return int(re.findall(r"FRRouting (\d+)", said)[0])

    def running(self) -> str:
        """The running config."""
        return self._run("vtysh", "-N", self.name, "-c", "show running-config").stdout

    def load(self, commands: str) -> subprocess.CompletedProcess[str]:
        """`vtysh -f` of commands."""
        self._reached = ""
        self._file.write_text(commands)
        return self._run("sh", "-c", _LOAD, "sh", self.name, str(self._file))

    def become(self, intended: str) -> FrrDelta:
        """Apply the delta to a config, once, and see that it is reached."""
        running = self._reached or self.running()
        wanted = delta(running, intended)
        assert wanted.refused == ()
        if not wanted.commands:
            assert same(running, intended)
            return wanted
        done = self.load(wanted.commands)
        if wanted.then:
            assert done.returncode == 0, report(self.running(), intended, wanted, done)
            done = self.load(wanted.then)
        reached = self._reached = self.running()
        assert same(reached, intended), report(reached, intended, wanted, done)
        assert done.returncode == 0, report(reached, intended, wanted, done)
        assert delta(reached, intended) == FrrDelta()
        left = self.dangling()
        assert left == [], f"{left}: {report(reached, intended, wanted, done)}"
        return wanted

    def dangling(self) -> list[str]:
        """Next hops whose neighbour was freed: the next link that goes down reads it."""
        said = self._run("vtysh", "-N", self.name, "-c", "show bgp nexthop").stdout
        return [line for line in said.splitlines() if "peer (null)" in line]

    def sessions(self) -> Mapping[str, Session]:
        """The Established sessions: peer -> times that it came up, and the two ports of its TCP connection."""
        found = self.show("show bgp neighbors")
        return {
            name: (one["connectionsEstablished"], one["portLocal"], one["portForeign"])
            for name, one in found.items()
            if isinstance(one, dict) and one.get("bgpState") == "Established"
        }


def report(reached: str, intended: str, wanted: FrrDelta, done: subprocess.CompletedProcess[str]) -> str:
    """What one wants to read when a delta misses."""
    from sonicfab.frr.conf import diff

    missing = "\n".join(map(str, diff(intended, reached)))
    said = f"--- commands\n{wanted.commands}--- then\n{wanted.then}---\n{done.stdout}{done.stderr}"
    return f"exit {done.returncode}\n{missing}\n{said}"


_numbers = itertools.count()


def fresh(holder: Holder, folder: Path, *daemons: str) -> Router:
    """A router without a config; with all daemons, or some."""
    return Router(holder, f"router{next(_numbers)}", folder, *daemons)


def canonical(holder: Holder, folder: Path, text: str) -> str:
    """A config as a fresh FRR prints it after it has read it."""
    router = fresh(holder, folder)
    try:
        # by the version of another FRR, it takes and prints what was its default
        done = router.load(re.sub(r"^frr version .*\n", "", text))
        assert done.returncode == 0, f"{done.stdout}{done.stderr}{text}"
        return router.running()
    finally:
        router.end()


def printed_as_written(holder: Holder, folder: Path, text: str) -> None:
    """Nothing of a config is refused; FRR prints each line, and those of neighbours in the order of ours."""
    printed = canonical(holder, folder, text)
    assert list(map(str, diff(text, printed))) == []
    ours, its = (
        [line for line in one.splitlines() if line.startswith((" neighbor", "  neighbor", "  max"))]
        for one in (text, printed)
    )
    assert ours == its


@contextmanager
def holder(folder: Path) -> Iterator[Holder]:
    """Namespaces in which nothing of this machine's FRR is; the programs are another Debian's where one is named."""
    held = Holder(folder)
    try:
        if tree := os.environ.get("FRR_OF_SONICFAB_TESTS"):
            for name in ("etc/ld.so.cache", "usr"):
                held.run("mount", "--bind", f"{tree}/{name}", f"/{name}")
            held.run("sh", "-c", "mount -t tmpfs var-lib /var/lib && mkdir /var/lib/frr && chown frr:frr /var/lib/frr")
        held.run("sh", "-c", "mount -t tmpfs -o mode=755 etc-frr /etc/frr")
        yield held
    finally:
        held.close()


def wait_until(true: Callable[[], bool], seconds: float, what: str) -> None:
    """Poll until it is true; each look starts vtysh."""
    assert patience.wait_until(true, seconds, 0.1), f"not within {seconds} s: {what}"
