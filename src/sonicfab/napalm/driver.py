"""NAPALM's driver `sonic`, over the switch operations that push and verify use; configs go the guarded way of push.

It adds no public method to NAPALM's interface. What each getter returns is made in the module of its subject. Some
types in NAPALM's base class are not what its own text and tests say of the same method; these say what is meant.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from ipaddress import ip_network
from pathlib import Path
from typing import Any

from napalm.base import constants, models
from napalm.base.base import NetworkDriver
from napalm.base.exceptions import (
    CommitConfirmException,
    CommitError,
    ConnectionException,
    MergeConfigException,
    ReplaceConfigException,
)

from sonicfab.errors import SonicfabError
from sonicfab.napalm import bgp, configtext, hardware, interfaces, neighbors, probes, routes, services
from sonicfab.napalm.bgpconfig import bgp_config
from sonicfab.napalm.errors import in_napalms_words
from sonicfab.napalm.session import CommitOptions, ConfigSession
from sonicfab.switch.operations import Switch
from sonicfab.switch.state.config import RUNNING_FRR
from sonicfab.switch.state.system import HOSTNAME
from sonicfab.transport.ssh import SshTransport
from sonicfab.transport.target import SshTarget


class SonicDriver(NetworkDriver):
    """NAPALM driver for community and Edgecore SONiC.

    optional_args: `port` (22), `key_file`, `passphrase`, `known_hosts` (a file instead of ~/.ssh/known_hosts),
    `jump_host` (USER@HOST:PORT to go through, by the same key), `allow_agent` (True), `use_ssh_config` (True);
    of commits: `journal_dir`, `overwrite_drift` (False), `despite_acl` (False), `way`,
    `confirm_within` (300 s). Host keys are always checked.
    """

    platform = "sonic"

    def __init__(
        self,
        hostname: str,
        username: str,
        password: str,
        timeout: int = 60,
        optional_args: dict[str, Any] | None = None,
    ) -> None:
        self.hostname, self.username, self.password, self.timeout = hostname, username, password, timeout
        self._target = _target(hostname, username, password, optional_args or {})
        self._config = ConfigSession(hostname, self._connect, _commits(self._target, optional_args or {}))
        self._connected: Switch | None = None

    def open(self) -> None:
        """Connect.

        Raises:
            ConnectAuthError: the switch refused the login.
            ConnectionException: it cannot be reached, or its host key is not the known one.
        """
        with in_napalms_words():
            self._connected = self._connect()

    def close(self) -> None:
        """End the connection; a candidate is gone with it, a commit that waits for its confirmation is not."""
        self._config.discard()
        if self._connected:
            self._connected.close()
            self._connected = None

    def is_alive(self) -> models.AliveDict:
        """Whether the switch still answers."""
        if self._connected is None:
            return {"is_alive": False}
        try:
            self._connected.get(HOSTNAME)
        except SonicfabError:
            return {"is_alive": False}
        return {"is_alive": True}

    def cli(self, commands: list[str], encoding: str = "text") -> dict[str, str | dict[str, Any]]:
        """Run commands in the switch's shell; their output by command.

        Raises:
            NotImplementedError: for another encoding than text.
        """
        if encoding != "text":
            raise NotImplementedError(f"the shell answers in text, not in {encoding}")
        answers: dict[str, str | dict[str, Any]] = {}
        for command in commands:
            with in_napalms_words():
                result = self._switch().transport.run(command, timeout=self.timeout)
            answers[command] = result.stdout + result.stderr
        return answers

    def get_facts(self) -> models.FactsDict:
        """Who the switch is."""
        with in_napalms_words():
            return interfaces.facts(self._switch())

    def get_interfaces(self) -> dict[str, models.InterfaceDict]:
        """The interfaces that CONFIG_DB knows, as the kernel has them; speed in Mb/s."""
        with in_napalms_words():
            return interfaces.interfaces(self._switch())

    def get_interfaces_ip(self) -> dict[str, models.InterfacesIPDict]:
        """The addresses in effect, link-local ones too."""
        with in_napalms_words():
            return interfaces.interfaces_ip(self._switch())

    def get_interfaces_counters(self) -> dict[str, models.InterfaceCounterDict]:
        """The ASIC's counters of the ports, the kernel's of the management interface."""
        with in_napalms_words():
            return interfaces.interfaces_counters(self._switch())

    def get_vlans(self) -> dict[int, models.VlanDict]:  # type: ignore[override]
        """The VLANs of CONFIG_DB."""
        with in_napalms_words():
            return interfaces.vlans(self._switch())

    def get_network_instances(self, name: str = "") -> dict[str, models.NetworkInstanceDict]:
        """The VRFs of CONFIG_DB, the default and the management VRF among them."""
        with in_napalms_words():
            return interfaces.network_instances(self._switch(), name)

    def get_lldp_neighbors(self) -> dict[str, list[models.LLDPNeighborDict]]:
        """Who is at the other ends; a SONiC switch gives its port's alias."""
        with in_napalms_words():
            return neighbors.lldp_neighbors(self._switch())

    def get_lldp_neighbors_detail(self, interface: str = "") -> models.LLDPNeighborsDetailDict:
        """The same with everything that the other end says."""
        with in_napalms_words():
            return neighbors.lldp_neighbors_detail(self._switch(), interface)

    def get_arp_table(self, vrf: str = "") -> list[models.ARPTableDict]:
        """IPv4 neighbours of all VRFs, or of one."""
        with in_napalms_words():
            return neighbors.arp_table(self._switch(), vrf)

    def get_ipv6_neighbors_table(self) -> list[models.IPV6NeighborDict]:
        """IPv6 neighbours."""
        with in_napalms_words():
            return neighbors.ipv6_neighbors_table(self._switch())

    def get_mac_address_table(self) -> list[models.MACAdressTable]:
        """The MAC addresses that the ASIC knows."""
        with in_napalms_words():
            return neighbors.mac_address_table(self._switch())

    def get_bgp_neighbors(self) -> dict[str, models.BGPStateNeighborsPerVRFDict]:
        """The neighbours of each VRF; an unnumbered one goes by its port."""
        with in_napalms_words():
            return bgp.bgp_neighbors(self._switch())

    def get_bgp_neighbors_detail(self, neighbor_address: str = "") -> dict[str, dict[int, list[dict[str, Any]]]]:  # type: ignore[override]
        """The neighbours of each VRF by their AS, or one by its port or address."""
        with in_napalms_words():
            return bgp.bgp_neighbors_detail(self._switch(), neighbor_address)

    def get_bgp_config(self, group: str = "", neighbor: str = "") -> dict[str, models.BGPConfigGroupDict]:  # type: ignore[override]
        """Peer-groups and neighbours of FRR's running config, default VRF."""
        with in_napalms_words():
            return bgp_config(self._switch().optional(RUNNING_FRR) or "", group, neighbor)

    def get_route_to(  # type: ignore[override]
        self, destination: str = "", protocol: str = "", longer: bool = False
    ) -> dict[str, list[models.RouteDict]]:
        """Routes of the default VRF to an address or a prefix.

        Raises:
            TypeError: the destination is neither.
        """
        try:
            prefix = ip_network(destination, strict=False)
        except ValueError as err:
            raise TypeError(f"Please specify a valid destination: {err}") from err  # as other drivers
        with in_napalms_words():
            return routes.route_to(self._switch(), prefix, protocol, longer=longer)

    def get_snmp_information(self) -> models.SNMPDict:
        """SNMP of CONFIG_DB; the communities are there by name, as NAPALM wants them."""
        with in_napalms_words():
            return services.snmp_information(self._switch())

    def get_ntp_servers(self) -> dict[str, models.NTPServerDict]:
        """NTP servers of CONFIG_DB."""
        with in_napalms_words():
            return services.ntp_servers(self._switch())

    def get_users(self) -> dict[str, models.UsersDict]:
        """Who can log in; no passwords."""
        with in_napalms_words():
            return services.users(self._switch())

    def get_environment(self) -> models.EnvironmentDict:
        """Fans, power, temperatures, CPU and memory (KiB)."""
        with in_napalms_words():
            return hardware.environment(self._switch())

    def get_optics(self) -> dict[str, dict[str, Any]]:  # type: ignore[override]
        """Light and laser current of the modules that measure them."""
        with in_napalms_words():
            return hardware.optics(self._switch())

    def get_config(
        self,
        retrieve: str = "all",
        full: bool = False,  # noqa: ARG002 - SONiC has no defaults to show
        sanitized: bool = False,
        format: str = "text",  # noqa: A002 - NAPALM's name
    ) -> models.ConfigDict:
        """Both files of SONiC as one text each: config_db.json, then frr.conf.

        Raises:
            NotImplementedError: for another format than text.
        """
        if format != "text":
            raise NotImplementedError(f"SONiC's config is text, there is no {format} of it")
        with in_napalms_words():
            switch = self._switch()
            candidate = self._config.texts(switch) if retrieve in ("all", "candidate") else None
            return configtext.config(switch, retrieve, sanitized=sanitized, candidate=candidate)

    def load_replace_candidate(self, filename: str | None = None, config: str | None = None) -> None:
        """Take a config_db.json, an frr.conf or both as what the switch is to have of it, and no more.

        Raises:
            ReplaceConfigException: it is neither, or does not fit the switch's build.
        """
        with in_napalms_words(ReplaceConfigException):
            self._config.load(self._switch(), filename, config, replaces=True)

    def load_merge_candidate(self, filename: str | None = None, config: str | None = None) -> None:
        """Take rows of a config_db.json, lines of FRR or both as what the switch is to have besides.

        Raises:
            MergeConfigException: it is neither, does not fit the switch's build, or its outcome cannot be told.
        """
        with in_napalms_words(MergeConfigException):
            self._config.load(self._switch(), filename, config, replaces=False)

    def compare_config(self) -> str:
        """How what runs would change, a line for each change, secrets masked."""
        with in_napalms_words():
            return self._config.difference(self._switch())

    def commit_config(self, message: str = "", revert_in: int | None = None) -> None:
        """Make the switch run the candidate, proven and stored; or leave it, or have it go back, as it was.

        With `revert_in` it goes back after so many seconds, unless `confirm_commit` comes before.

        Raises:
            CommitError: the switch does not run it; the text says what it runs.
        """
        with in_napalms_words(CommitError), self._reconnected():
            self._config.commit(self._switch(), message, revert_in)

    def has_pending_commit(self) -> bool:
        """Whether a commit with `revert_in` waits for its confirmation, this driver's or another's."""
        with in_napalms_words(CommitConfirmException):
            return self._config.pending(self._switch())

    def confirm_commit(self) -> None:
        """Store what waits for its confirmation, this driver's commit or another's.

        Raises:
            CommitConfirmException: nothing waits, or it cannot be stored.
        """
        with in_napalms_words(CommitConfirmException):
            self._config.confirm(self._switch())

    def discard_config(self) -> None:
        """Forget the candidate."""
        self._config.discard()

    def rollback(self) -> None:
        """Undo the commit that waits for its confirmation; without one go back to before the last one.

        Raises:
            CommitError: there is none, or it cannot be undone.
        """
        with in_napalms_words(CommitError), self._reconnected():
            self._config.rollback(self._switch())

    def ping(
        self,
        destination: str,
        source: str = constants.PING_SOURCE,
        ttl: int = constants.PING_TTL,
        timeout: int = constants.PING_TIMEOUT,
        size: int = constants.PING_SIZE,
        count: int = constants.PING_COUNT,
        vrf: str = constants.PING_VRF,
        source_interface: str = constants.PING_SOURCE_INTERFACE,
    ) -> models.PingResultDict:
        """Ping from the switch."""
        sources = (source, source_interface)
        with in_napalms_words():
            return probes.ping(
                self._switch(),
                destination,
                sources=sources,
                ttl=ttl,
                timeout=timeout,
                size=size,
                count=count,
                vrf=vrf,
            )

    def traceroute(
        self,
        destination: str,
        source: str = constants.TRACEROUTE_SOURCE,
        ttl: int = constants.TRACEROUTE_TTL,
        timeout: int = constants.TRACEROUTE_TIMEOUT,
        vrf: str = constants.TRACEROUTE_VRF,
    ) -> models.TracerouteResultDict:
        """Trace the way from the switch."""
        with in_napalms_words():
            return probes.traceroute(self._switch(), destination, source=source, ttl=ttl, timeout=timeout, vrf=vrf)

    @contextlib.contextmanager
    def _reconnected(self) -> Iterator[None]:
        """A change that may cut the connection: there is one again after it, if the switch can be reached."""
        try:
            yield
        finally:
            try:
                self._switch().get(HOSTNAME)
            except SonicfabError:
                self._connected = None
                with contextlib.suppress(SonicfabError):  # the next method tells that it is not connected
                    self._connected = self._connect()

    def _connect(self) -> Switch:
        return Switch(self.hostname, SshTransport(self._target, connect_timeout=self.timeout))

    def _switch(self) -> Switch:
        if self._connected is None:
            raise ConnectionException(f"{self.hostname}: not connected; call open() first")
        return self._connected


def _target(hostname: str, username: str, password: str, options: dict[str, Any]) -> SshTarget:
    key = options.get("key_file")
    common: dict[str, Any] = {
        "key": Path(key).expanduser() if key else None,
        "passphrase": options.get("passphrase"),
        "known_hosts": options.get("known_hosts", ""),
        "agent": bool(options.get("allow_agent", True)),
        "use_user_config": bool(options.get("use_ssh_config", True)),
    }
    jump = None
    if options.get("jump_host"):
        user, _, where = str(options["jump_host"]).rpartition("@")
        host, _, port = where.partition(":")
        jump = SshTarget(host, int(port or 22), user or username, **common)
    port_number = int(options.get("port", 22))
    return SshTarget(hostname, port_number, username, password=password or None, jump=jump, **common)


def _commits(target: SshTarget, options: dict[str, Any]) -> CommitOptions:
    where = target.host if target.port == 22 else f"{target.host}_{target.port}"
    folder = options.get("journal_dir") or Path.home() / ".local" / "state" / "sonicfab" / "napalm" / where
    return CommitOptions(
        Path(folder).expanduser(),
        overwrite_drift=bool(options.get("overwrite_drift")),
        despite_acl=bool(options.get("despite_acl")),
        way=str(options.get("way", "")),
        confirm_within=float(options.get("confirm_within", CommitOptions.confirm_within)),
    )
