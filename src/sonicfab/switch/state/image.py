"""What a running image says of itself, for `builds learn`."""

from __future__ import annotations

import base64

from sonicfab.errors import SwitchError
from sonicfab.switch.ask import Question


def yang_models(text: str) -> bytes:
    """The folder of YANG models as a gzipped tar; b"" when the image has none.

    Raises:
        SwitchError: what arrived is not whole.
    """
    try:
        return base64.b64decode(text, validate=True)
    except ValueError as err:
        raise SwitchError("the YANG models did not arrive whole", "try again") from err


def processes(text: str) -> list[str]:
    """The command lines of `pgrep -a`."""
    return [line.partition(" ")[2] for line in text.splitlines()]


PORT_CONFIG = Question(
    "port_config.ini",
    "cat /usr/share/sonic/device/{platform}/{hwsku}/port_config.ini",
    str,
    "the ports of each model that sonicfab knows",
)
INIT_CFG = Question(
    "init_cfg.json", "sudo -n cat /etc/sonic/init_cfg.json", str, "what SONiC merges below every config_db.json"
)
YANG_MODELS = Question(
    "YANG models",
    "[ ! -d /usr/local/yang-models ] || tar -C /usr/local/yang-models -czf - . | base64 -w 0",
    yang_models,
    "its YANG models",
)
"""Nothing when the image has none; base64, because what a command prints is text to a transport."""
DATABASE_VERSION = Question(
    "database version",
    "sudo -n sonic-db-cli CONFIG_DB hget 'VERSIONS|DATABASE' VERSION",
    str.strip,
    "the version of its CONFIG_DB",
)
MIGRATOR = Question(
    "migrator",
    "grep 'CURRENT_VERSION *=' /usr/local/bin/db_migrator.py 2>/dev/null || true",
    str,
    "the database version of the image itself",
)
FRR_VERSION = Question("FRR version", "sudo -n vtysh -c 'show version'", str, "FRR's version")
BGP_START = Question(
    "docker_init.sh",
    "sudo -n docker exec bgp cat /usr/bin/docker_init.sh",
    str,
    "routing modes, lines that are appended to frr.conf",
)
BGP_PROGRAMS = Question(
    "supervisord.conf",
    "sudo -n docker exec bgp sh -c 'cat /usr/share/sonic/templates/supervisord/supervisord.conf*.j2'",
    str,
    "FRR's daemons, bfdd, bgpcfgd",
)
PROCESSES = Question(
    "processes", "pgrep -a -x 'zebra|ntpd|chronyd' || true", processes, "the FPM module of zebra, the NTP daemon"
)
SOFTWARE = Question(
    "software",
    "sudo -n sh -c 'python3 -V; docker --version; docker exec database redis-server --version; true'",
    str,
    "versions on the host",
)
