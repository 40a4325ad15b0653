"""Every command that sonicfab runs on a switch. A test compares this list with docs/switch-contract.md.

Words in braces are filled in by `operations`, quoted for the shell. Nothing here ever holds a secret: what is
secret travels in files, through stdin. Root is had with `sudo -n`: SONiC's admin needs no password for it.
"""

from __future__ import annotations

STAGE = "/etc/sonic/sonicfab"
"""What sonicfab keeps on a switch: the candidate that is being loaded, and backups."""

BACKUPS_KEPT = 5

IDENTITY = {
    "sonic_version": "cat /etc/sonic/sonic_version.yml",
    "platform": "show platform summary --json",
    "mac": "sudo -n sonic-cfggen -H -v DEVICE_METADATA.localhost.mac",
    "lab": "cat /etc/sonic/sonicfab-lab.json 2>/dev/null || echo null",
}
"""Who are you? No real switch has the file of the last one."""

RUNNING_CONFIG_DB = "sudo -n sonic-cfggen -d --print-data"
RUNNING_FRR = "sudo -n vtysh -c 'show running-config'"
STORED_CONFIG_DB = "sudo -n cat /etc/sonic/config_db.json"
STORED_FRR = "sudo -n cat /etc/sonic/frr/frr.conf"

MODE_RESETTERS = "ls /etc/sonic/minigraph.xml /etc/sonic/golden_config_db.json 2>/dev/null || true"
"""Files from which db_migrator.py takes the routing mode, whatever the config says (sonic-utilities)."""

BACKUP = (
    "sudo -n sh -c 'umask 077 && mkdir -p {stage}/backup/{id} && cd /etc/sonic && "
    "cp -p config_db.json {stage}/backup/{id}/ && "
    "{{ [ ! -e frr/frr.conf ] || cp -p frr/frr.conf {stage}/backup/{id}/; }} && "
    "ls -1d {stage}/backup/* | head -n -{kept} | xargs -r rm -rf'"
)
"""Keep config_db.json and frr.conf under the push's id, and the newest few of such backups."""

UPLOAD_FOLDER = "mktemp -d /tmp/sonicfab.XXXXXX"
STAGE_FILES = (
    "sudo -n sh -c 'umask 077 && mkdir -p {stage}/candidate && "
    "install -m 0600 {folder}/config_db.json {folder}/frr.conf {stage}/candidate/'; "
    "code=$?; rm -rf {folder}; exit $code"
)
CHECK_CONFIG_DB = "sudo -n sonic-cfggen -j {stage}/candidate/config_db.json --print-data > /dev/null"
"""SONiC's own loader reads the file: `config reload` finds broken JSON only after it has stopped everything."""
CHECK_FRR = "sudo -n vtysh -C -f {stage}/candidate/frr.conf"
"""Fails while the bgp container is stopped, as everything does that needs FRR."""

INSTALL_FRR = (
    "sudo -n sh -c 'mkdir -p /etc/sonic/frr && install -m 0640 -o 300 -g 300 {stage}/candidate/frr.conf "
    "/etc/sonic/frr/.frr.conf.sonicfab && mv -f /etc/sonic/frr/.frr.conf.sonicfab /etc/sonic/frr/frr.conf'"
)
"""300 is the user and group frr of the bgp container (sonic-buildimage rules/config FRR_USER_UID)."""

RELOAD = (
    "sudo -n sh -c 'rm -f {stage}/reload.exit && setsid -f sh -c "
    '"config reload -y {stage}/candidate/config_db.json > {stage}/reload.log 2>&1; '
    'echo \\$? > {stage}/reload.exit" '
    "< /dev/null > /dev/null 2>&1'"
)
"""Detached from the session: it goes on when the reload takes the management interface down."""
RELOAD_RESULT = "sudo -n sh -c 'cat {stage}/reload.exit 2>/dev/null || echo; cat {stage}/reload.log'"
SAVE = "sudo -n config save -y"

BGP_SUMMARY = "sudo -n vtysh -c 'show bgp summary json'"
BGP_NEIGHBORS = "sudo -n vtysh -c 'show bgp neighbors json'"
BGP_ROUTES = "sudo -n vtysh -c 'show ip route bgp json' -c 'show ipv6 route bgp json'"
INTERFACES = "sudo -n vtysh -c 'show interface json'"
LLDP_NEIGHBORS = "sudo -n docker exec lldp lldpctl -f json0"
UPTIME = "cat /proc/uptime"
HOSTNAME = "hostname"

PING = (
    "printf '%s\\n' {targets} | "
    "xargs -P 16 -I @ sh -c 'ping -q -n -c {count} -i 0.3 -W 1 -I {source} @ > /dev/null 2>&1 || echo @'"
)
"""Prints the targets that did not answer, each asked `count` times from the address `source`."""

ZEBRA_STATE = "sudo -n vtysh -c 'show interface json' -c 'show ip route bgp json' -c 'show ipv6 route bgp json'"
BGP_STATE = (
    "sudo -n vtysh -c 'show bgp summary json' -c 'show bgp neighbors json' "
    "-c 'show bgp ipv4 unicast json' -c 'show bgp ipv6 unicast json'"
)
"""A vtysh each for zebra and bgpd: it stops at the first daemon that does not answer, and starting it is what costs."""
SONIC_PORTS = "sudo -n sonic-db-dump -n APPL_DB -k 'PORT_TABLE:*'"
TRANSCEIVERS = "sudo -n sonic-db-dump -n STATE_DB -k 'TRANSCEIVER_INFO|*'"
PORT_COUNTERS = "sudo -n portstat -j"
"""Of the ASIC; the kernel's own counters know only what the switch itself sends and receives."""
HEALTH = (
    "cat /proc/uptime && "
    "{ find /var/core -maxdepth 1 -type f -newermt \"$(uptime -s)\" -printf '%f\\n' 2>/dev/null || true; }"
)
"""The uptime, and the core files that have been written since the start."""

PING_SIZED = (
    "printf '%s\\n' {targets} | xargs -P 32 -n 1 "
    "ping -n -c 1 -w 1 -M do -s {size} -I {source} 2>/dev/null | sed -n 's/.*bytes from \\([^ ]*\\): .*/\\1/p'"
)
"""Prints the targets that answered one packet of that size that must not be fragmented."""

START_FRR = (
    'sudo -n sh -c \'i=0; until vtysh -c "show version" > /dev/null 2>&1; do '
    "i=$((i + 1)); [ $i -lt {tries} ] || exit 1; sleep 1; done; "
    "install -m 0640 -o 300 -g 300 {folder}/frr.conf /etc/sonic/frr/frr.conf && "
    "rm -rf {folder} && systemctl restart bgp'"
)
"""A virtual machine of a stock image, once its FRR runs: it starts with its config_db.json and without frr.conf."""
CAN_PING = "command -v ping"
"""Asked of stock virtual images alone; a switch has it."""

PORT_CONFIG = "cat /usr/share/sonic/device/{platform}/{hwsku}/port_config.ini"
INIT_CFG = "sudo -n cat /etc/sonic/init_cfg.json"
YANG_MODELS = "[ ! -d /usr/local/yang-models ] || tar -C /usr/local/yang-models -czf - . | base64 -w 0"
"""Nothing when the image has none; base64, because what a command prints is text to a transport."""
DATABASE_VERSION = "sudo -n sonic-db-cli CONFIG_DB hget 'VERSIONS|DATABASE' VERSION"
MIGRATOR = "grep 'CURRENT_VERSION *=' /usr/local/bin/db_migrator.py 2>/dev/null || true"
FRR_VERSION = "sudo -n vtysh -c 'show version'"
BGP_START = "sudo -n docker exec bgp cat /usr/bin/docker_init.sh"
BGP_PROGRAMS = "sudo -n docker exec bgp sh -c 'cat /usr/share/sonic/templates/supervisord/supervisord.conf*.j2'"
PROCESSES = "pgrep -a -x 'zebra|ntpd|chronyd' || true"
SOFTWARE = "sudo -n sh -c 'python3 -V; docker --version; docker exec database redis-server --version; true'"
