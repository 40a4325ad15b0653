"""How a planned switch is reached, and whether what answers is that switch."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from enum import Enum
from pathlib import Path
from typing import Protocol

from sonicfab.builds import Build
from sonicfab.errors import TransportError, WrongSwitchError
from sonicfab.load import Secrets
from sonicfab.model.fields import parse_jump_host
from sonicfab.plan.management import ManagementPlan, SshPlan
from sonicfab.platforms import Platform
from sonicfab.runner import WORKERS
from sonicfab.switch import guard
from sonicfab.switch.operations import Switch
from sonicfab.switch.state.system import SwitchFacts
from sonicfab.transport import Transport
from sonicfab.transport.target import SshTarget


class Reachable(Protocol):
    """What must be known of a switch to reach it and to know it again: its plan, or its settings alone."""

    @property
    def name(self) -> str: ...  # noqa: D102
    @property
    def platform(self) -> Platform: ...  # noqa: D102
    @property
    def build(self) -> Build: ...  # noqa: D102
    @property
    def mac(self) -> str: ...  # noqa: D102
    @property
    def serial(self) -> str: ...  # noqa: D102
    @property
    def ssh(self) -> SshPlan: ...  # noqa: D102
    @property
    def management(self) -> ManagementPlan: ...  # noqa: D102


class Line(Protocol):
    """How one switch is connected to, as a frozen value that can be pickled: references of secrets, nothing open.

    With it another process does the work of this one (`sonicfab.remote`).
    """

    def connect(self, secrets: Secrets) -> Transport:
        """Connect by the secrets of the machine where this runs.

        Raises:
            TransportError: it cannot be reached.
            InputError: what the login needs is not there.
        """


class Feature(Enum):
    """What a real switch has, and those of some labs have not."""

    IDENTITY = "it says that it is the planned model and build, and runs the config that was rendered for it"
    ASIC = "an ASIC and optics, which tell of speed, FEC and transceivers"
    CONTAINERS = "all of SONiC's containers and programs"
    PING = "a ping"


@dataclass(frozen=True)
class Access:
    """Opens connections to the switches of a fabric: those of a lab, or those that the inventory tells of.

    Attributes:
        lab: the name of the lab; "" for real switches.
        provides: what all of them have.
        quiet: how many seconds they may be quiet on their way back.
        line: how another process connects to one of them.
        at_once: how many are worked on at a time.
    """

    connect: Callable[[Reachable], Transport]
    lab: str = ""
    provides: frozenset[Feature] = frozenset(Feature)
    quiet: int = guard.QUIET
    line: Callable[[Reachable], Line] | None = None
    at_once: int = WORKERS

    def open(self, plan: Reachable, *, any_build: bool = False, timeout: float = 60) -> Switch:
        """Connect, and refuse what is not the planned switch; `any_build` lets it run whatever image it runs.

        Once it is connected, it is to say within `timeout` seconds who it is.

        Raises:
            WrongSwitchError: it is another switch, a lab switch instead of a real one, or the other way round.
            TransportError: it cannot be reached.
            SwitchError: it does not answer like SONiC.
        """
        switch = Switch(plan.name, self.connect(plan))
        if Feature.IDENTITY not in self.provides:
            return switch
        try:
            check_identity(plan, switch.facts(timeout), self.lab, any_build=any_build)
        except BaseException:
            switch.close()
            raise
        return switch


def connect_ssh(target: SshTarget) -> Transport:
    """A connection; who makes none does not load paramiko and netmiko, which takes longer than to render a fabric.

    Raises:
        HostKeyError, LoginError, TransportError: as SshTransport.
    """
    from sonicfab.transport.ssh import SshTransport

    return SshTransport(target)


@dataclass(frozen=True, slots=True)
class SshLine:
    """By SSH, at the first of the hosts that answers.

    A push that gives a switch its address begins at one and ends at the other: what is known of the host key of either
    counts for both, and where it answered last is asked first.
    """

    name: str
    ssh: SshPlan
    hosts: tuple[str, ...]

    def connect(self, secrets: Secrets) -> Transport:
        """See Line."""
        jump = _jump(self, secrets) if self.ssh.jump_host else None
        first = _answered.get(self, self.hosts[0])
        errors: list[TransportError] = []
        for host in sorted(self.hosts, key=lambda host: host != first):
            target = _target(self, secrets, host, self.ssh.port, self.ssh.user)
            others = tuple(one for one in self.hosts if one != host)
            try:
                found = connect_ssh(replace(target, known_as=others, jump=jump))
            except TransportError as err:
                errors.append(err)
                continue
            _answered[self] = host
            return found
        if len(errors) == 1:
            raise errors[0]
        raise type(errors[-1])("; ".join(map(str, errors)), next((one.hint for one in errors if one.hint), ""))


_answered: dict[SshLine, str] = {}


def ssh_access(secrets: Secrets) -> Access:
    """The real switches, at their management addresses; one that has not its address yet, at its `contact`."""

    def line(plan: Reachable) -> SshLine:
        hosts = (str(plan.management.address.ip), plan.management.contact)
        return SshLine(plan.name, plan.ssh, tuple(dict.fromkeys(one for one in hosts if one)))

    return Access(lambda plan: line(plan).connect(secrets), line=line)


def check_identity(plan: Reachable, facts: SwitchFacts, lab: str, *, any_build: bool = False) -> None:
    """Compare what a switch says of itself with the plan; with `any_build` all but its image build.

    Raises:
        WrongSwitchError: with everything in which they differ.
    """
    if lab != facts.lab:
        raise WrongSwitchError(_lab_mismatch(plan, facts, lab), "--lab means the lab, no --lab the real switches")
    differences = [
        f"its {what} is {seen or 'unknown'}, not {wanted}"
        for what, seen, wanted in (
            ("platform", facts.platform, plan.platform.platform),
            ("HWSKU", facts.hwsku, plan.platform.hwsku),
            ("base MAC", facts.mac, plan.mac),
            ("serial number", facts.serial, plan.serial or facts.serial),
        )
        if seen != wanted
    ]
    if facts.lab and facts.lab_switch != plan.name:
        differences.append(f"it is {facts.lab_switch} of the lab")
    if not any_build and not plan.build.is_told_by(facts.sonic_version):
        says = facts.sonic_version.get("build_version", "unknown")
        differences.append(f"it runs {says}, not {plan.build.name}")
    if differences:
        raise WrongSwitchError(
            f"{plan.name}: what answers is not the switch that the inventory means: {'; '.join(differences)}",
            "nothing was changed on it; correct the inventory, or the address",
        )


def _lab_mismatch(plan: Reachable, facts: SwitchFacts, lab: str) -> str:
    if not lab:
        return f"{plan.name}: what answers is a switch of the lab {facts.lab}, not a real one"
    if not facts.lab:
        return f"{plan.name}: what answers is a real switch, not one of the lab {lab}"
    return f"{plan.name}: what answers belongs to the lab {facts.lab}, not to {lab}"


def _key(plan: SshLine, secrets: Secrets) -> str | Path | None:
    ssh = plan.ssh
    if ssh.key is None:
        return None
    if ssh.key.scheme == "file" and str(ssh.key) not in secrets.given:
        return secrets.path(ssh.key)
    return secrets.resolve(ssh.key, f"SSH key of {plan.name}")


def _target(plan: SshLine, secrets: Secrets, host: str, port: int, user: str) -> SshTarget:
    """A host to log in to as the inventory says of a switch; its host keys are in a file beside the inventory."""
    ssh = plan.ssh
    return SshTarget(
        host=host,
        port=port,
        user=user,
        password=secrets.resolve(ssh.password, f"SSH password of {plan.name}") if ssh.password else None,
        key=_key(plan, secrets),
        passphrase=secrets.resolve(ssh.passphrase, "passphrase of the SSH key") if ssh.passphrase else None,
        known_hosts=str(secrets.folder / Path(ssh.known_hosts).expanduser()) if ssh.known_hosts else "",
        agent=ssh.agent,
    )


def _jump(plan: SshLine, secrets: Secrets) -> SshTarget:
    """The host on the way: by the same key, password and known hosts as the switch."""
    jump = parse_jump_host(plan.ssh.jump_host)
    return _target(plan, secrets, jump.host, jump.port or 22, jump.user or plan.ssh.user)
