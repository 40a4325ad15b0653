"""How the switches of a lab are reached."""

from __future__ import annotations

from dataclasses import dataclass, replace

from sonicfab.access import Access, Feature, connect_ssh
from sonicfab.lab.files import SSHD
from sonicfab.lab.state import LabState, find_lab
from sonicfab.lab.stock import STOCK_KINDS
from sonicfab.load import Secrets
from sonicfab.switch import guard
from sonicfab.transport import Transport
from sonicfab.transport.exec import ExecTransport
from sonicfab.transport.target import SshTarget

NO_SUDO = 'sudo() { [ "$1" != -n ] || shift; "$@"; }; eval "$3"'
"""docker-sonic-vs: its one user is root, and sudo is not to be relied on; ExecTransport adds `sh -c COMMAND`."""


PROVIDES = frozenset({Feature.IDENTITY, Feature.PING})
"""What lab switches have, but for those of a stock image."""


def lab_access(lab: LabState) -> Access:
    """The switches of a running lab."""
    provides = frozenset[Feature]() if lab.kind in STOCK_KINDS else PROVIDES
    return Access(
        lambda plan: open_lab_switch(lab, plan.name),
        lab.name,
        provides,
        guard.LAB_QUIET,
        lambda plan: LabLine(lab.name, plan.name),
    )


@dataclass(frozen=True, slots=True)
class LabLine:
    """To a switch of a lab of the machine where it is connected to."""

    lab: str
    name: str

    def connect(self, secrets: Secrets) -> Transport:
        """See Line; a lab has keys of its own."""
        del secrets
        return open_lab_switch(find_lab(self.lab), self.name)


def open_lab_switch(lab: LabState, name: str) -> Transport:
    """A connection by the lab's own keys and host keys alone; without SSH where there is no sshd.

    Raises:
        LabError: the lab has no such switch.
        TransportError: it cannot be reached.
    """
    node = lab.node(name)
    if lab.kind == "sonic-vs":
        return ExecTransport([*lab.enter(name), "sh", "-c", NO_SUDO, "sh"])
    target = SshTarget(
        host=node.container or node.host,
        port=node.port,
        user="admin",
        key=lab.key,
        known_hosts=str(lab.known_hosts),
        agent=False,
        use_user_config=False,
        program=(*lab.enter(name), *SSHD) if lab.kind == "light" else (),
    )
    if lab.kind == "sonic-vm":  # vrnetlab's login; the image knows no key of this lab
        target = replace(target, key=None, password="admin")  # noqa: S106
    return connect_ssh(target)
