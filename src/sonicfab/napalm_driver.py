"""NAPALM's driver `sonic`: NAPALM's getters over the same switch operations that push and verify use.

It adds no public method to NAPALM's interface, and no command to the switch contract.
"""

from __future__ import annotations

import contextlib
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from napalm.base import models
from napalm.base.base import NetworkDriver
from napalm.base.exceptions import (
    CommandErrorException,
    CommandTimeoutException,
    ConnectAuthError,
    ConnectionException,
)

from sonicfab.configdb import SECRET_TABLES, natural_key
from sonicfab.errors import CommandTimeoutError, LoginError, SonicfabError, TransportError
from sonicfab.switch.operations import Switch
from sonicfab.transport.ssh import SshTarget, SshTransport

_SECRET_FIELD = re.compile(r"pass(key|word|phrase)?$|secret|^key$|community", re.IGNORECASE)
_MASK = "********"
_PORT_TABLES = ("PORT", "PORTCHANNEL", "VLAN", "LOOPBACK_INTERFACE", "MGMT_PORT")


class SonicDriver(NetworkDriver):
    """NAPALM driver for community and Edgecore SONiC.

    optional_args: `port` (22), `key_file`, `passphrase`, `known_hosts` (a file instead of ~/.ssh/known_hosts),
    `allow_agent` (True), `use_ssh_config` (True). Host keys are always checked.
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
        options = optional_args or {}
        key = options.get("key_file")
        self.hostname, self.username, self.password, self.timeout = hostname, username, password, timeout
        self._target = SshTarget(
            host=hostname,
            port=int(options.get("port", 22)),
            user=username,
            password=password or None,
            key=Path(key).expanduser() if key else None,
            passphrase=options.get("passphrase"),
            known_hosts=options.get("known_hosts", ""),
            agent=bool(options.get("allow_agent", True)),
            use_user_config=bool(options.get("use_ssh_config", True)),
        )
        self._connected: Switch | None = None

    def open(self) -> None:
        """Connect.

        Raises:
            ConnectAuthError: the switch refused the login.
            ConnectionException: it cannot be reached, or its host key is not the known one.
        """
        with _in_napalms_words():
            self._connected = Switch(self.hostname, SshTransport(self._target, connect_timeout=self.timeout))

    def close(self) -> None:
        """End the connection."""
        if self._connected:
            self._connected.close()
            self._connected = None

    def is_alive(self) -> models.AliveDict:
        """Whether the switch still answers."""
        if self._connected is None:
            return {"is_alive": False}
        try:
            self._connected.hostname()
        except SonicfabError:
            return {"is_alive": False}
        return {"is_alive": True}

    def get_facts(self) -> models.FactsDict:
        """Who the switch is."""
        switch = self._switch()
        with _in_napalms_words():
            facts, hostname, uptime = switch.facts(), switch.hostname(), switch.uptime()
            config = switch.running_config_db()
        vendor, _, model = facts.hwsku.partition("-")
        return {
            "uptime": uptime,
            "vendor": vendor,
            "model": model or facts.hwsku,
            "hostname": hostname,
            "fqdn": hostname,
            "os_version": facts.sonic_version.get("build_version", ""),
            "serial_number": facts.serial,
            "interface_list": _interface_names(config),
        }

    def get_interfaces(self) -> dict[str, models.InterfaceDict]:
        """The interfaces that CONFIG_DB knows, as the kernel has them; speed in Mb/s."""
        switch = self._switch()
        with _in_napalms_words():
            config, seen = switch.running_config_db(), switch.interfaces()
        found: dict[str, models.InterfaceDict] = {}
        for name in _interface_names(config):
            row = next((config[table][name] for table in _PORT_TABLES if name in config.get(table, {})), {})
            interface = seen.get(name)
            found[name] = {
                "is_up": bool(interface and interface.oper_up),
                "is_enabled": bool(interface and interface.admin_up),
                "description": row.get("description", ""),
                "last_flapped": -1.0,
                "speed": float(row.get("speed", interface.speed if interface else 0)),
                "mtu": interface.mtu if interface else int(row.get("mtu", 0)),
                "mac_address": interface.mac.upper() if interface else "",
            }
        return found

    def get_bgp_neighbors(self) -> dict[str, models.BGPStateNeighborsPerVRFDict]:
        """The neighbours of the default VRF; an unnumbered one goes by its port."""
        switch = self._switch()
        with _in_napalms_words():
            summary, neighbors = switch.bgp_summary(), switch.bgp_neighbors()
        router_id = next((neighbor.router_id for neighbor in neighbors.values()), "")
        peers: dict[str, models.PeerDict] = {}
        for row in summary:
            neighbor = neighbors.get(row.peer)
            peer = peers.setdefault(
                row.peer,
                {
                    "local_as": row.local_asn,
                    "remote_as": row.remote_asn,
                    "remote_id": neighbor.remote_router_id if neighbor else "",
                    "is_up": row.established,
                    "is_enabled": "Admin" not in (row.reason, row.state),
                    "description": row.description,
                    "uptime": int(row.uptime) if row.established else -1,
                    "address_family": {},
                },
            )
            peer["address_family"][row.family] = {
                "received_prefixes": row.received,
                "accepted_prefixes": neighbor.accepted.get(row.family, -1) if neighbor else -1,
                "sent_prefixes": row.sent,
            }
        return {"global": {"router_id": router_id, "peers": peers}}

    def get_lldp_neighbors(self) -> dict[str, list[models.LLDPNeighborDict]]:
        """Who is at the other ends; a SONiC switch gives its port's alias."""
        with _in_napalms_words():
            neighbors = self._switch().lldp_neighbors()
        found: dict[str, list[models.LLDPNeighborDict]] = {}
        for one in neighbors:
            found.setdefault(one.local_port, []).append(
                {"hostname": one.system_name or one.chassis, "port": one.port or one.port_description}
            )
        return found

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
        switch = self._switch()
        texts: models.ConfigDict = {"running": "", "startup": "", "candidate": ""}
        with _in_napalms_words():
            if retrieve in ("all", "running"):
                running = json.dumps(switch.running_config_db(), indent=4)
                texts["running"] = _config_text(running, switch.running_frr(), sanitized=sanitized)
            if retrieve in ("all", "startup"):
                stored = switch.stored_config_db()
                texts["startup"] = _config_text(stored, switch.stored_frr(), sanitized=sanitized)
        return texts

    def cli(self, commands: list[str], encoding: str = "text") -> dict[str, str | dict[str, Any]]:
        """Run commands in the switch's shell; their output by command.

        Raises:
            NotImplementedError: for another encoding than text.
        """
        if encoding != "text":
            raise NotImplementedError(f"the shell answers in text, not in {encoding}")
        answers: dict[str, str | dict[str, Any]] = {}
        for command in commands:
            with _in_napalms_words():
                result = self._switch().transport.run(command, timeout=self.timeout)
            answers[command] = result.stdout + result.stderr
        return answers

    def _switch(self) -> Switch:
        if self._connected is None:
            raise ConnectionException(f"{self.hostname}: not connected; call open() first")
        return self._connected


@contextlib.contextmanager
def _in_napalms_words() -> Iterator[None]:
    """Errors as NAPALM's callers expect them."""
    try:
        yield
    except SonicfabError as err:
        text = f"{err} ({err.hint})" if err.hint else str(err)
        raise next(theirs for ours, theirs in _EXCEPTIONS if isinstance(err, ours))(text) from err


_EXCEPTIONS: tuple[tuple[type[SonicfabError], type[Exception]], ...] = (
    (LoginError, ConnectAuthError),
    (CommandTimeoutError, CommandTimeoutException),
    (TransportError, ConnectionException),
    (SonicfabError, CommandErrorException),  # it answers, but not like SONiC
)


def _interface_names(config: dict[str, dict[str, Any]]) -> list[str]:
    names = {key for table in _PORT_TABLES for key in config.get(table, {}) if "|" not in key}
    return sorted(names, key=natural_key)


def _config_text(config_db: str, frr: str, *, sanitized: bool) -> str:
    if sanitized:
        config_db = json.dumps(_sanitize(json.loads(config_db)), indent=4)
        frr = re.sub(r"(?m)(\bpassword (?:\d )?)\S+", rf"\g<1>{_MASK}", frr)
    return f"! /etc/sonic/config_db.json\n{config_db}\n! /etc/sonic/frr/frr.conf\n{frr}"


def _sanitize(config: dict[str, dict[str, dict[str, Any]]]) -> dict[str, Any]:
    return {
        table: {
            (f"{_MASK}{number}" if table in SECRET_TABLES else key): {
                field: _MASK if _SECRET_FIELD.search(field) else value for field, value in row.items()
            }
            for number, (key, row) in enumerate(rows.items(), 1)
        }
        for table, rows in config.items()
    }
