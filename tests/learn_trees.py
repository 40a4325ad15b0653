"""An unpacked image and a sonic-buildimage checkout, made up for tests: nothing in them is copied."""

from __future__ import annotations

from pathlib import Path

from known import get_build, get_platform
from sonicfab.ports import ports_of

LEAF_DEVICE = "x86_64-accton_as7326_56x-r0/Accton-AS7326-56X"
MODULE = 'module {0} {{\n  namespace "urn:{0}";\n  prefix p;\n}}\n'
VERSION = "build_version: 'site.7'\ndebian_version: '12.8'\nkernel_version: '6.1.0-29-2-amd64'\nbranch: 'site'\n"
START = """\
#!/usr/bin/env bash
append() {
    FILE_NAME=${1}
    grep -q '^no fpm use-next-hop-groups' $FILE_NAME || {
        echo "no fpm use-next-hop-groups" >> $FILE_NAME
        echo "fpm address 127.0.0.1" >> $FILE_NAME
    }
}
# /etc/frr
if [ -z "$CONFIG_TYPE" ] || [ "$CONFIG_TYPE" == "separated" ]; then
    if [ -n "$X" ]; then
        sonic-cfggen -d -t gen_frr.conf.j2,/etc/frr/frr.conf
    fi
    rm -f /etc/frr/frr.conf
elif [ "$CONFIG_TYPE" == "split-unified" ]; then
    rm -f /etc/frr/bgpd.conf /etc/frr/zebra.conf \\
          /etc/frr/staticd.conf
    append /etc/frr/frr.conf
elif [ "$CONFIG_TYPE" == "unified" ]; then
    sonic-cfggen -d \\
        -t gen_frr.conf.j2,/etc/frr/frr.conf
fi
"""
SUPERVISORD = """\
[program:zebra]
command=/usr/lib/frr/zebra -A 127.0.0.1 -M dplane_fpm_sonic -M snmp
[program:bgpd]
{% if FEATURE is defined %}
command=/usr/lib/frr/bgpd -A 127.0.0.1 -M bmp
{% else %}
command=/usr/lib/frr/bgpd -A 127.0.0.1
{% endif %}
{% if DEVICE_METADATA.localhost.frr_mgmt_framework_config == "true" %}
[program:bfdd]
command=/usr/lib/frr/bfdd -A 127.0.0.1
[program:frrcfgd]
command=/usr/local/bin/frrcfgd
{% else %}
[program:bgpcfgd]
command=/usr/local/bin/bgpcfgd
{% endif %}
"""


def write(root: Path, files: dict[str, str]) -> Path:
    for name, text in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text, encoding="utf-8")
    return root


def port_rows(columns: str = "alias speed name index lanes") -> str:
    """The ports of a leaf, made from what ships, in an order of columns that no image has."""
    ports = ports_of(get_platform("as7326-56x"), get_build("community-202411")).values()
    rows = [
        {
            "name": port.name,
            "lanes": ",".join(map(str, port.lanes)),
            "alias": f"own{port.name}",
            "index": str(port.index),
            "speed": str(port.speed),
        }
        for port in ports
    ]
    lines = [" ".join(row[column] for column in columns.split()) for row in rows]
    return "\n".join(["# ports of this site", "", f"# {columns}", *lines, ""])


def image_root(root: Path, ports: str = "") -> Path:
    layers = "var/lib/docker/overlay2"
    return write(
        root,
        {
            "etc/sonic/sonic_version.yml": VERSION,
            "etc/sonic/init_cfg.json": '{"FEATURE": {"bgp": {"state": "enabled"}}}',
            f"usr/share/sonic/device/{LEAF_DEVICE}/port_config.ini": ports or port_rows(),
            "usr/local/yang-models/own-port.yang": MODULE.format("own-port"),
            "usr/local/bin/db_migrator.py": "class M:\n    def __init__(self):\n"
            "        self.CURRENT_VERSION = 'version_202411_09'\n",
            "usr/sbin/chronyd": "",
            "usr/bin/python3.11": "",
            f"{layers}/aa/diff/usr/bin/docker_init.sh": START,
            f"{layers}/bb/diff/usr/bin/docker_init.sh": "#!/bin/sh\n# another container\n",
            f"{layers}/aa/diff/usr/share/sonic/templates/supervisord/supervisord.conf.j2": SUPERVISORD,
            f"{layers}/cc/diff/var/lib/dpkg/status": "Package: frr\nStatus: install ok\nVersion: 10.0.1-sonic-0\n\n",
        },
    )


def checkout(root: Path) -> Path:
    models = "src/sonic-yang-models"
    setup = (
        "from setuptools import setup\n"
        "yang_files = ['own-port.yang', 'own-types.yang', 'own-lost.yang']\n"
        "setup(data_files=[('yang-models', ['./yang-models/' + y for y in yang_files]), ('other', ['x.yang'])])\n"
    )
    return write(
        root,
        {
            ".git/HEAD": "ref: refs/heads/site-branch\n",
            "slave.mk": "IMAGE_DISTRO := trixie\nIMAGE_PATH = $(X)/$(IMAGE_DISTRO)\n",
            "rules/frr.mk": "FRR_VERSION = 10.4.1\nFRR_TAG = frr-$(FRR_VERSION)\n",
            "rules/linux-kernel.mk": "KVERSION_SHORT := $(KERNEL_VERSION)-x\nKERNEL_VERSION = 6.12.41\n",
            "dockers/docker-fpm-frr/docker_init.sh": START,
            "dockers/docker-fpm-frr/frr/supervisord/supervisord.conf.j2": '{% include "supervisord.conf.common.j2" %}',
            "dockers/docker-fpm-frr/frr/supervisord/supervisord.conf.common.j2": SUPERVISORD,
            "files/image_config/chrony/chrony.conf.j2": "",
            "platform/broadcom/rules.mk": "#include $(PLATFORM_PATH)/platform-modules-accton.mk\n",
            f"device/accton/{LEAF_DEVICE}/port_config.ini": port_rows("name lanes"),
            f"{models}/setup.py": setup,
            f"{models}/yang-models/own-port.yang": MODULE.format("own-port"),
            f"{models}/yang-models/own-unused.yang": MODULE.format("own-unused"),
            f"{models}/yang-templates/own-types.yang.j2": MODULE.format("own-types")
            + '{% if yang_model_type == "py" %}\n// for the switch\n{% endif %}\n',
        },
    )
