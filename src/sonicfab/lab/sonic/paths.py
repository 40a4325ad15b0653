"""Where things are on a SONiC switch."""

from __future__ import annotations

from pathlib import Path

from sonicfab.lab.sonic import marks

ETC = Path("/etc/sonic")
CONFIG_DB = ETC / "config_db.json"
INIT_CFG = ETC / "init_cfg.json"
SONIC_VERSION = ETC / "sonic_version.yml"
RELOAD_LOCK = ETC / "reload.lock"
FRR = Path("/etc/frr")
"""In the bgp container; /etc/sonic/frr on the host is the same folder."""
BGP_START = Path("/usr/bin/docker_init.sh")
"""In the bgp container; it comes with the lab's build."""
STATE = Path(marks.STATE)
LAB = Path(marks.LAB)
