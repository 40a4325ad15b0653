"""Every command that sonicfab runs on a switch. A test compares this list with docs/switch-contract.md.

Words in braces are filled in by `operations`, quoted for the shell. Nothing here ever holds a secret: what is
secret travels in files, through stdin. Root is had with `sudo -n`: SONiC's admin needs no password for it.
"""

from __future__ import annotations

STAGE = "/etc/sonic/sonicfab"
"""What sonicfab keeps on a switch: the candidate that is being loaded, and backups."""

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
STORED_FRR = (
    "sudo -n sh -c 'f=/etc/sonic/frr/frr.conf; [ -e $f ] || [ -L $f ] || "
    "{ echo $f: No such file or directory >&2; exit 1; }; "
    'seen=$(LC_ALL=C stat -c "%F with %h name(s)" $f); '
    'case $seen in "regular file with 1 "* | "regular empty file with 1 "*) '
    "exec dd if=$f bs=64k iflag=nofollow,nonblock status=none;; esac; echo $f is $seen >&2; exit 1'"
)
"""Its folder belongs to the user of the bgp container, who may put a link there: root must not read through it."""

RECORD = "sudo -n sh -c '[ ! -e /etc/sonic/sonicfab/owned.json ] || cat /etc/sonic/sonicfab/owned.json'"
"""Which rows and parts of frr.conf were rendered when the config was last confirmed; nothing where that never was."""

MODE_RESETTERS = "ls /etc/sonic/minigraph.xml /etc/sonic/golden_config_db.json 2>/dev/null || true"
"""Files from which db_migrator.py takes the routing mode, whatever the config says (sonic-utilities)."""

FREE_SPACE = "df --output=avail -k /etc/sonic"

UPLOAD_FOLDER = "mktemp -d /tmp/sonicfab.XXXXXX"

CHECK_PATCH = "sudo -n timeout -k 10 {seconds} config apply-patch -d {stage}/guard/candidate/patch.json"
"""A dry run: everything but the writing."""
GUARD_SCRIPT = (
    "sudo -n sh -c 'umask 077 && mkdir -p {stage} && cat > {stage}/guard.sh.$$ && "
    "[ $(wc -c < {stage}/guard.sh.$$) -eq {size} ] && mv -f {stage}/guard.sh.$$ {stage}/guard.sh || "
    "{{ rm -f {stage}/guard.sh.$$; exit 1; }}'"
)
"""Brings switch/guard.sh, on stdin; a script that runs goes on with the file that it was started from."""
GUARD_ARM = "sudo -n sh {stage}/guard.sh arm {id} {seconds} {needs} {quiet}"
"""Who pushes is on stdin, then patterns of what is no difference."""
GUARD_STAGE = "sudo -n sh {stage}/guard.sh stage {id} {folder}; code=$?; rm -rf {folder}; exit $code"
GUARD_APPLY_FRR = "sudo -n sh {stage}/guard.sh apply-frr {id} {seconds}"
GUARD_APPLY_PATCH = "sudo -n sh {stage}/guard.sh apply-patch {id} {seconds}"
GUARD_RELOAD = "sudo -n sh {stage}/guard.sh reload {id}"
GUARD_RELOAD_RESULT = "sudo -n sh {stage}/guard.sh reload-result {id}"
GUARD_RESTART_BGP = "sudo -n sh {stage}/guard.sh restart-bgp {id} {seconds}"
GUARD_EXTEND = "sudo -n sh {stage}/guard.sh extend {id} {seconds}"
GUARD_CONFIRM = "sudo -n sh {stage}/guard.sh confirm {id}"
GUARD_RESTORE = "sudo -n sh {stage}/guard.sh restore {id}"
GUARD_STATUS = (
    "sudo -n sh -c '[ -e {stage}/guard.sh ] || {{ echo state=none; exit 0; }}; exec sh {stage}/guard.sh status {id}'"
)

LAST_BACKUP = (
    "sudo -n sh -c 'cd {stage} 2> /dev/null || exit 0; for id in $(ls -r backup 2> /dev/null); do "
    "if grep -qx state=confirmed ended/$id/record 2> /dev/null; then "
    "cd backup/$id && sha256sum --status -c SHA256SUMS && echo $id; exit; fi; done'"
)
"""The last push that was confirmed, by its name, which begins with its time."""
BACKUP_FILE = "sudo -n sh -c '[ ! -e {stage}/backup/{id}/{name} ] || cat {stage}/backup/{id}/{name}'"

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

ZEBRA_STATE = (
    "sudo -n vtysh -d zebra -c 'show interface json' -c 'show ip route bgp json' -c 'show ipv6 route bgp json'"
)
BGP_STATE = (
    "sudo -n vtysh -d bgpd -c 'show bgp summary json' -c 'show bgp neighbors json' "
    "-c 'show bgp ipv4 unicast json' -c 'show bgp ipv6 unicast json'"
)
"""A vtysh each for zebra and bgpd, which talks to that daemon alone: one that hangs does not keep the other from
answering, and starting vtysh is what costs."""
SONIC_PORTS = "sudo -n sonic-db-dump -n APPL_DB -k 'PORT_TABLE:*'"
TRANSCEIVERS = "sudo -n sonic-db-dump -n STATE_DB -k 'TRANSCEIVER_INFO|*'"
PORT_ERRORS = "sudo -n portstat -j"
"""Of the ASIC; the kernel's own counters know only what the switch itself sends and receives."""
HEALTH = (
    "cat /proc/uptime && "
    "{ find /var/core -maxdepth 1 -type f -newermt \"$(uptime -s)\" -printf '%f\\n' 2>/dev/null || true; }"
)
"""The uptime, and the core files that have been written since the start."""

DISK = "df -k --output=avail,target / /etc/sonic /var/log"
"""KiB that are free."""
FORWARDING = "cat /proc/sys/net/ipv4/conf/all/forwarding /proc/sys/net/ipv6/conf/all/forwarding"
"""SONiC sets both (sonic-buildimage files/image_config/sysctl/90-sonic.conf)."""
TSA = "sudo -n sonic-db-cli CONFIG_DB hget 'BGP_DEVICE_GLOBAL|STATE' tsa_enabled"
"""Whether somebody has run TSA (sonic-buildimage dockers/docker-fpm-frr/base_image_files/TSA); nothing: never."""

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

# What NAPALM's getters ask besides; `queries` fills these in.
DATABASE_ROWS = "sudo -n sonic-db-dump -n {database} -k '{pattern}'"
"""Without -y: with it, sonic-db-dump ignores -k (redis-dump-load 1.1)."""
PORT_COUNTERS = "sudo -n sonic-db-dump -n COUNTERS_DB -k 'COUNTERS:oid:0x1????????????'"
"""Rows of ports alone, not of their queues: bits 55 to 48 of an object's id are its SAI type, 1 for a port
(sonic-sairedis lib/VirtualObjectIdManager.cpp)."""
BGP_VRFS = "sudo -n vtysh -c 'show bgp vrfs json'"
BGP_VRF_SUMMARY = "sudo -n vtysh -c 'show bgp vrf {vrf} summary json'"
BGP_VRF_NEIGHBORS = "sudo -n vtysh -c 'show bgp vrf {vrf} neighbors json'"
ROUTE = "sudo -n vtysh -c 'show {family} route {prefix} json'"
ROUTES_BELOW = "sudo -n vtysh -c 'show {family} route {prefix} longer-prefixes json'"
BGP_ROUTE = "sudo -n vtysh -c 'show bgp {family} unicast {prefix} json'"
BGP_ROUTES_BELOW = "sudo -n vtysh -c 'show bgp {family} unicast {prefix} longer-prefixes json'"
ADDRESSES = "ip -j -s addr show"
NEIGHBORS = "ip -j -s neigh show"
LOAD = "grep ^cpu /proc/stat && sleep 1 && grep ^cpu /proc/stat && grep ^Mem /proc/meminfo"
ACCOUNTS = (
    "sudo -n sh -c 'cat /etc/passwd; echo; cat /etc/group; echo; "
    'cut -d: -f6 /etc/passwd | sort -u | while read -r home; do file="$home/.ssh/authorized_keys"; '
    '[ ! -f "$file" ] || sed "s|^|$home |" "$file"; done\''
)
"""/etc/passwd, /etc/group, and the authorized keys, each after the home it is in; no password of /etc/shadow."""
PING_TARGET = "{vrf}ping -n -c {count} -i 0.2 -t {ttl} -W {timeout} -s {size} {source}-- {target}"
TRACEROUTE = "{vrf}traceroute -n -m {ttl} -w {timeout} {source}-- {target}"
IN_VRF = "sudo -n ip vrf exec {vrf} "
"""What those two begin with when they go out of a VRF."""
