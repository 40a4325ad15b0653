"""The files of lab switches: those that all share, and those of each. Pure; `seed` writes them."""

from __future__ import annotations

import grp
import json
import pwd
import shlex
from importlib.resources import files
from pathlib import Path

from sonicfab.lab.sonic.__main__ import PROGRAMS
from sonicfab.lab.sonic.channels import STP
from sonicfab.lab.spec import BOND, LabHost, LabSpec, LabSwitch

PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
AUTHORIZED_KEYS = "files/home/admin/.ssh/authorized_keys"
HOST_KEY = "files/etc/ssh/ssh_host_ed25519_key"
SSHD = ("/usr/sbin/sshd", "-i", "-E", "/var/log/sshd.log", "-f", "/etc/ssh/sshd_config")
"""Serves one SSH connection on its stdin and stdout, inside a switch."""
_USERS = ("daemon", "nobody", "frr", "redis", "sshd", "_lldpd")
_GROUPS = ("daemon", "nogroup", "tty", "frr", "frrvty", "redis", "_lldpd")
_HOST_FILES = ("ld.so.cache", "ld.so.conf", "services", "protocols", "localtime", "bash.bashrc", "login.defs")

_SSHD = f"""\
HostKey /etc/ssh/ssh_host_ed25519_key
AuthorizedKeysFile /home/admin/.ssh/authorized_keys
PasswordAuthentication no
KbdInteractiveAuthentication no
# admin is user 0 of a lab switch, because set-user-ID programs such as sudo do nothing in a user namespace
PermitRootLogin yes
AllowUsers admin
StrictModes no
UsePAM no
UseDNS no
PrintMotd no
# OpenSSH's default, sntrup761, takes three times as long to log in
KexAlgorithms curve25519-sha256,curve25519-sha256@libssh.org,ecdh-sha2-nistp256
SetEnv PATH={PATH}
Subsystem sftp internal-sftp
"""

_SUDO = """\
#!/bin/sh
# admin may do everything, as on SONiC; it is user 0 here, so there is nothing to change but the names
while [ $# -gt 0 ]; do
  case $1 in
    -u) shift 2 ;;
    --) shift; break ;;
    -*) shift ;;
    *) break ;;
  esac
done
export SUDO_USER="${USER:-admin}" USER=root
exec "$@"
"""

_DOCKER = """\
#!/bin/sh
# docker exec [OPTIONS] CONTAINER COMMAND: a container is a service of this switch that runs or does not
[ "${1:-}" = exec ] || { echo "docker $*: this lab switch does not do that" >&2; exit 1; }
shift
while [ $# -gt 0 ]; do
  case $1 in
    -u | -e | -w) shift 2 ;;
    -*) shift ;;
    *) break ;;
  esac
done
name=$1
shift
if [ "$name" != database ] && [ ! -e "/run/sonic/$name.since" ]; then
  echo "Error response from daemon: container $name is not running" >&2
  exit 1
fi
[ "$name" = bgp ] && PATH=/opt/frr:$PATH
exec "$@"
"""

_VTYSH = """\
#!/bin/sh
exec docker exec -i bgp vtysh "$@"
"""


def program_files(python: Path, *, compiled: bool = True) -> dict[str, str]:
    """What makes a Debian with FRR a lab switch: path below `usr/`, or below `files/` (its root) -> text.

    Where the modules are not `compiled` for that Python beforehand, it does so once, in a folder of the switch.
    """
    keep = "" if compiled else " -X pycache_prefix=/run/sonic/compiled"
    run = f"exec {shlex.quote(str(python))}{keep} -S -s -E /usr/local/lib/sonic/run.py"
    programs = {f"usr/local/bin/{name}": f'#!/bin/sh\n{run} {name} "$@"\n' for name in PROGRAMS}
    lab = files("sonicfab") / "lab"
    code = {
        f"usr/local/lib/sonic/sonicfab/lab/sonic/{entry.name}": entry.read_text(encoding="utf-8")
        for entry in (lab / "sonic").iterdir()
        if entry.name.endswith(".py")
    }
    frrcfgd = "sonicfab/frr/frrcfgd.py"  # what its templates make is known outside of labs, too
    code[f"usr/local/lib/sonic/{frrcfgd}"] = (files("sonicfab") / "frr/frrcfgd.py").read_text(encoding="utf-8")
    return {  # usr/local/bin comes before whatever of these names the host has
        **programs,
        **code,
        "usr/local/lib/sonic/run.py": code["usr/local/lib/sonic/sonicfab/lab/sonic/__main__.py"],
        "usr/local/lib/sonic/sonicfab/__init__.py": "",  # it would load what no program here needs
        "usr/local/lib/sonic/sonicfab/lab/__init__.py": "",
        "usr/local/lib/sonic/sonicfab/frr/__init__.py": "",
        "usr/local/lib/sonic/switch-start.sh": lab.joinpath("switch-start.sh").read_text(encoding="utf-8"),
        "usr/local/bin/sudo": _SUDO,
        "usr/local/bin/docker": _DOCKER,
        "usr/local/bin/vtysh": _VTYSH,
        "files/etc/pam.d/frr": "auth sufficient pam_permit.so\naccount sufficient pam_permit.so\n",
        "files/etc/profile": f"export PATH={PATH}\n",
        "files/etc/ssh/sshd_config": _SSHD,
    }


def shared_files(python: Path, public_key: str, *, compiled: bool = True) -> dict[str, str]:
    """Files of all switches of a lab on one /usr, this machine's or a tree's; paths as above, `usr/` lies over it.

    Users have the numbers of this machine, as the processes that begin a switch.
    """
    return {
        **program_files(python, compiled=compiled),
        "files/etc/passwd": _passwd(),
        "files/etc/group": _group(),
        "files/etc/shadow": "root:*:19000:0:99999:7:::\nadmin:*:19000:0:99999:7:::\n",
        "files/etc/nsswitch.conf": "passwd: files\ngroup: files\nshadow: files\nhosts: files\n",
        "files/etc/hosts": "127.0.0.1 localhost\n::1 localhost\n",
        AUTHORIZED_KEYS: public_key,
    }


def switch_files(spec: LabSpec, switch: LabSwitch) -> dict[str, str]:
    """Files of one switch, paths as above."""
    facts = {
        "format_version": 1,
        "lab": spec.name,
        "switch": switch.name,
        "asic": switch.asic,
        "serial": switch.serial,
        "routing_config_mode": switch.routing_config_mode,
        "frrcfgd": switch.frrcfgd,
        "bfd_needs_mgmt_framework": switch.bfd_needs_mgmt_framework,
        "database_version": switch.database_version,
        "swss_ready_after": spec.swss_ready_after,
        "yang_tables": switch.yang_tables,
        "kept": switch.kept,
    }
    return {
        "files/etc/sonic/sonic_version.yml": switch.sonic_version,
        "files/etc/sonic/sonicfab-lab.json": json.dumps(facts, indent=1),
        "files/host/machine.conf": f"onie_platform={switch.platform}\n",
        **switch.image,
    }


_LACP = "bond mode 802.3ad lacp_rate fast miimon 100"


def server_files(host: LabHost) -> dict[str, str]:
    """Files of a host, paths as above."""
    own = BOND if host.members else "eth0"
    changes = [f"link set {own} address {host.mac} mtu {host.mtu} up", "link set lo up"]
    changes += [f"addr add {address} dev {'lo' if host.bgp else own}" for address in host.addresses]
    changes += [f"addr add {address} dev {own}" for address in host.link_addresses]
    changes += [f"route add default via {gateway}" for gateway in host.gateways]
    zebra = [f"hostname {host.name}", "log file /var/log/frr/zebra.log"]
    for address in host.addresses:
        name, family = ("SRC6", "ipv6") if ":" in address else ("SRC", "ip")
        # what it sends comes from its own address: its interface has none
        zebra += [f"route-map {name} permit 10", f" set src {address.partition('/')[0]}", "exit"]
        zebra.append(f"{family} protocol bgp route-map {name}")
    into_bond = [
        f"link set {end.port} {change}"
        for _, end in host.cables
        # a bond takes nothing that is up, and of one command's changes the kernel does `up` before `master`
        for change in ("down", f"master {BOND}", f"mtu {host.mtu} up")
    ]
    bonds = {
        f"files/etc/sonicfab-host.{kind}": "\n".join([f"link add {BOND} type {made}", *into_bond, ""])
        for kind, made in (("bond", _LACP), ("bridge", STP))
        if host.members
    }
    return {
        **bonds,
        "files/etc/hostname": f"{host.name}\n",
        "files/etc/sonicfab-host.ip": "\n".join([*changes, ""]),
        "files/etc/frr/zebra.conf": "\n".join([*zebra, ""]),
        "files/etc/frr/bgpd.conf": host.bgp,
        **({"files/etc/frr/bfdd.conf": f"hostname {host.name}\n"} if " bfd\n" in host.bgp else {}),
        "files/etc/frr/vtysh.conf": "no service integrated-vtysh-config\n",
    }


def host_files(root: Path) -> list[Path]:
    """Files of /etc that programs of the /usr beside it need."""
    return [path for name in _HOST_FILES if (path := root / "etc" / name).exists()]


def _passwd() -> str:
    rows = ["root:x:0:0:root:/root:/bin/bash", "admin:x:0:0:admin:/home/admin:/bin/bash"]
    for user in pwd.getpwall():
        if user.pw_name in _USERS:
            rows.append(f"{user.pw_name}:x:{user.pw_uid}:{user.pw_gid}::{user.pw_dir}:{user.pw_shell}")
    return "\n".join(rows) + "\n"


def _group() -> str:
    rows = ["root:x:0:"]
    for group in grp.getgrall():
        if group.gr_name in _GROUPS:
            members = ",".join(member for member in group.gr_mem if member in _USERS)
            rows.append(f"{group.gr_name}:x:{group.gr_gid}:{members}")
    return "\n".join(rows) + "\n"
