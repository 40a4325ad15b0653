"""What one can do with a switch, on top of a transport."""

from __future__ import annotations

import base64
import secrets
import shlex
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address
from typing import Any

from sonicfab.errors import CommandTimeoutError, SwitchError
from sonicfab.hints import first_of
from sonicfab.switch import commands, lldp, parse, patching
from sonicfab.switch.answers import reading
from sonicfab.switch.ask import AbsentError, Answers, Question, failure, script, split
from sonicfab.switch.lldp import LldpNeighbor
from sonicfab.switch.parse import BgpNeighbor, BgpPeer, Interface, Route, SwitchFacts
from sonicfab.switch.patching import PatchResult
from sonicfab.transport import CommandResult, Transport

_REFUSALS = (
    "System is not up",
    "SwSS container is not ready",
    "Relevant services are not up",
    "Failed to acquire lock",
)
"""How `config reload` says "later", on stdout; older builds with exit code 0 (sonic-buildimage issue 8853)."""


@dataclass(frozen=True, slots=True)
class ReloadResult:
    """How far a reload has come: `running`, `done`, `refused` for now, or `failed`; `said` is why."""

    state: str
    said: str


class Switch:
    """A switch that is connected; `name` is only for messages."""

    def __init__(self, name: str, transport: Transport) -> None:
        self.name = name
        self.transport = transport

    def facts(self, timeout: float = 60) -> SwitchFacts:
        """Who it says it is, told within `timeout` seconds.

        Raises:
            SwitchError: it does not answer like SONiC.
            TransportError: the connection broke; so for every operation.
        """
        asked = [Question(name, command, str) for name, command in commands.IDENTITY.items()]
        results = self._ask(asked, timeout)
        return parse.facts({name: self._good(result).stdout for name, result in results.items()})

    def running_config_db(self) -> dict[str, dict[str, dict[str, str]]]:
        """CONFIG_DB."""
        return parse.config_db(self._run(commands.RUNNING_CONFIG_DB).stdout)

    def running_frr(self) -> str:
        """FRR's running config; "" when the bgp container does not run.

        Raises:
            SwitchError: it runs, and its config cannot be read.
        """
        return self._optional(commands.RUNNING_FRR)

    def stored_config_db(self) -> str:
        """The config_db.json that the next start loads."""
        return self._run(commands.STORED_CONFIG_DB).stdout

    def stored_frr(self) -> str:
        """The frr.conf on disk; "" when there is none.

        Raises:
            SwitchError: it is there and cannot be read.
        """
        return self._optional(commands.STORED_FRR)

    def mode_resetters(self) -> list[str]:
        """Files that would reset the routing mode at the next reload."""
        return self._run(commands.MODE_RESETTERS).stdout.split()

    def free_space(self) -> int:
        """Bytes free where its config is."""
        answer = self._run(commands.FREE_SPACE).stdout.split()
        try:
            return int(answer[-1]) * 1024
        except (IndexError, ValueError) as err:
            raise SwitchError(f"{self.name}: df does not say how much is free") from err

    def start_frr(self, frr: str, timeout: float) -> None:
        """Give frr.conf to a virtual machine that has just booted with its config_db.json.

        Raises:
            SwitchError: its FRR does not start within `timeout` seconds, or it cannot be written.
        """
        folder = self._run(commands.UPLOAD_FOLDER).stdout.strip()
        self.transport.put(frr.encode(), f"{folder}/frr.conf")
        command = commands.START_FRR.format(folder=shlex.quote(folder), tries=int(timeout))
        result = self.transport.run(command, timeout=timeout + 60)
        if not result.ok:
            raise SwitchError(f"{self.name}: FRR does not start: {result.said}")

    def check_patch(self, limit: float) -> PatchResult:
        """Whether the switch's config updater would apply the staged patch, told within `limit` seconds."""
        command = commands.CHECK_PATCH.format(stage=commands.STAGE, seconds=max(1, round(limit)))
        return patching.read_apply_patch(self.transport.run(command, timeout=limit + 30), dry_run=True)

    def bgp_summary(self) -> list[BgpPeer]:
        """All peers; none when bgpd does not run.

        Raises:
            SwitchError: bgpd or its container does not run.
        """
        return parse.bgp_summary(self._run(commands.BGP_SUMMARY).stdout)

    def bgp_neighbors(self) -> dict[str, BgpNeighbor]:
        """Peer -> what only the long form tells."""
        return parse.bgp_neighbors(self._run(commands.BGP_NEIGHBORS).stdout)

    def bgp_routes(self) -> dict[str, Route]:
        """Prefix -> selected BGP route, both families."""
        return parse.bgp_routes(self._run(commands.BGP_ROUTES).stdout)

    def interfaces(self) -> dict[str, Interface]:
        """Name -> interface."""
        return parse.interfaces(self._run(commands.INTERFACES).stdout)

    def lldp_neighbors(self) -> list[LldpNeighbor]:
        """Who is at the other ends of the cables."""
        return lldp.lldp_neighbors(self._run(commands.LLDP_NEIGHBORS).stdout)

    def hostname(self) -> str:
        """The host name."""
        return self._run(commands.HOSTNAME).stdout.strip()

    def uptime(self) -> float:
        """Seconds since the start."""
        with reading("/proc/uptime"):
            return float(self._run(commands.UPTIME).stdout.split()[0])

    def unreachable(
        self, source: IPv4Address | IPv6Address, targets: Iterable[IPv4Address | IPv6Address], count: int = 2
    ) -> set[str]:
        """Those of the targets that do not answer a ping from `source`."""
        words = " ".join(str(target) for target in targets)
        if not words:
            return set()
        return set(self._run(commands.PING.format(targets=words, count=count, source=source)).stdout.split())

    def ask(self, questions: Sequence[Question[Any]], timeout: float = 120, *, each: float = 0) -> Answers:
        """The answers to several questions, in one exec channel; `each` bounds every one that root asks, in seconds.

        Raises:
            SwitchError: the account's shell could not run them.
        """
        asked = list({one.name: one for one in questions}.values())
        return Answers(self._ask(asked, timeout, each) if asked else {})

    def port_config(self, platform: str, hwsku: str) -> str:
        """The port_config.ini of a model that the image knows; "" when it does not."""
        words = {"platform": shlex.quote(platform), "hwsku": shlex.quote(hwsku)}
        return self._try(commands.PORT_CONFIG.format(**words))

    def init_cfg(self) -> str:
        """What SONiC merges below every config_db.json; "" when it is not there.

        Raises:
            SwitchError: it is there and cannot be read.
        """
        return self._optional(commands.INIT_CFG)

    def yang_models(self) -> bytes:
        """The folder of YANG models as a gzipped tar; b"" when the image has none.

        Raises:
            SwitchError: what arrived is not whole.
        """
        text = self._run(commands.YANG_MODELS).stdout
        try:
            return base64.b64decode(text, validate=True)
        except ValueError as err:
            raise SwitchError(f"{self.name}: the YANG models did not arrive whole", "try again") from err

    def database_version(self) -> str:
        """VERSIONS|DATABASE of CONFIG_DB; "" when it has none."""
        return self._try(commands.DATABASE_VERSION).strip()

    def migrator(self) -> str:
        """The lines of db_migrator.py that say to which version it migrates."""
        return self._run(commands.MIGRATOR).stdout

    def frr_version(self) -> str:
        """FRR's `show version`; "" when the bgp container does not run."""
        return self._try(commands.FRR_VERSION)

    def bgp_start_script(self) -> str:
        """docker_init.sh of the bgp container; "" when it does not run."""
        return self._try(commands.BGP_START)

    def bgp_programs(self) -> str:
        """The template of what supervisord starts in the bgp container; "" when it does not run."""
        return self._try(commands.BGP_PROGRAMS)

    def processes(self) -> list[str]:
        """The command lines of zebra and of the NTP daemon, as far as they run."""
        lines = self._run(commands.PROCESSES).stdout.splitlines()
        return [line.partition(" ")[2] for line in lines]

    def software(self) -> str:
        """What Python, Docker and redis say of their versions."""
        return self._run(commands.SOFTWARE).stdout

    def close(self) -> None:
        """End the connection."""
        self.transport.close()

    def _optional(self, command: str) -> str:
        """What a command prints; "" when it says that there is nothing to print, and then alone."""
        result = self.transport.run(command)
        said = f"{result.stderr}\n{result.stdout}"
        if not result.ok and isinstance(failure(result.said, said), AbsentError):
            return ""
        return self._good(result).stdout

    def _try(self, command: str) -> str:
        """What a command prints; "" when it fails."""
        result = self.transport.run(command)
        return result.stdout if result.ok else ""

    def _run(self, command: str, failure: str = "") -> CommandResult:
        return self._good(self.transport.run(command), failure)

    def _good(self, result: CommandResult, failure: str = "") -> CommandResult:
        if not result.ok:
            what = failure or f"`{result.command.split(' {')[0][:60]}` failed with exit code {result.exit_code}"
            raise SwitchError(f"{self.name}: {what}: {result.said}")
        return result

    def _ask(self, asked: Sequence[Question[Any]], timeout: float, each: float = 0) -> dict[str, CommandResult]:
        mark = f"--{secrets.token_hex(8)}--"
        try:
            result = self.transport.run(script(asked, mark, each), timeout=timeout)
        except CommandTimeoutError as err:
            names = first_of([one.name for one in asked], 4)
            raise CommandTimeoutError(f"{self.name}: no answer within {timeout:.0f} s to {names}") from err
        try:
            return split(asked, mark, result)
        except SwitchError as err:
            raise SwitchError(f"{self.name}: {err}") from err


def read_reload(text: str) -> ReloadResult:
    """How a reload goes, from a line with its exit code (empty while it goes on) and what it has printed."""
    first, _, log = text.partition("\n")
    if not first:
        return ReloadResult("running", "")
    refusal = next((line for line in log.splitlines() if line.startswith(_REFUSALS)), "")
    if refusal:
        return ReloadResult("refused", refusal)
    lines = log.strip().splitlines()
    said = lines[-1] if lines else f"exit code {first}"
    return ReloadResult("done" if first == "0" else "failed", said)
