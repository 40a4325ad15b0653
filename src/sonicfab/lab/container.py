"""What the image of a lab switch's build holds: how its bgp container starts, and the ports of its models. Pure.

The start script is what the lab runs, and what `sonicfab builds learn` reads; so is the list of programs. They do what
sonic-buildimage dockers/docker-fpm-frr/{docker_init.sh,frr/supervisord/supervisord.conf.j2} do, in words of their own.
"""

from __future__ import annotations

from collections.abc import Iterable

from sonicfab.builds import Build
from sonicfab.platforms import Platform
from sonicfab.ports import ports_of

START_SCRIPT = "/usr/bin/docker_init.sh"
_ALWAYS = ("zebra", "staticd", "bgpd")

_START = """\
#!/bin/sh
# The start of the bgp container of {build}, as this lab switch does it: which of FRR's files stay, and what is
# appended to them. {keeping} is the mode of this build that keeps frr.conf.
CONFIG_TYPE=$(sonic-cfggen -d -v DEVICE_METADATA.localhost.docker_routing_config_mode)
TEMPLATES=/usr/share/sonic/templates

write_default_zebra_config()
{{
    FILE_NAME=$1
    touch $FILE_NAME
{lines}}}

mkdir -p /etc/frr
if [ -z "$CONFIG_TYPE" ] || [ "$CONFIG_TYPE" = "separated" ]; then
    rm -f /etc/frr/frr.conf
    sonic-cfggen -d -t $TEMPLATES/bgpd/gen_bgpd.conf.j2,/etc/frr/bgpd.conf \\
        -t $TEMPLATES/zebra/zebra.conf.j2,/etc/frr/zebra.conf \\
        -t $TEMPLATES/staticd/gen_staticd.conf.j2,/etc/frr/staticd.conf
    write_default_zebra_config /etc/frr/zebra.conf
    echo "no service integrated-vtysh-config" > /etc/frr/vtysh.conf
{split}elif [ "$CONFIG_TYPE" = "{keeping}" ]; then
    echo "service integrated-vtysh-config" > /etc/frr/vtysh.conf
    rm -f /etc/frr/bgpd.conf /etc/frr/zebra.conf /etc/frr/staticd.conf
    write_default_zebra_config /etc/frr/frr.conf
elif [ "$CONFIG_TYPE" = "unified" ]; then
    rm -f /etc/frr/bgpd.conf /etc/frr/zebra.conf /etc/frr/staticd.conf
    sonic-cfggen -d -t $TEMPLATES/gen_frr.conf.j2,/etc/frr/frr.conf
    echo "service integrated-vtysh-config" > /etc/frr/vtysh.conf
fi

chown -R frr:frr /etc/frr/
"""

_SPLIT = """\
elif [ "$CONFIG_TYPE" = "split" ]; then
    echo "no service integrated-vtysh-config" > /etc/frr/vtysh.conf
    rm -f /etc/frr/frr.conf
    write_default_zebra_config /etc/frr/zebra.conf
"""

_PROGRAM = """\
[program:{name}]
command={command}

"""
_FRAMEWORK = '{% if DEVICE_METADATA.localhost.frr_mgmt_framework_config == "true" %}\n'


def container_files(build: Build, hwsku: str, platforms: Iterable[Platform]) -> dict[str, str]:
    """Files below the switch's root, without the leading slash; `platforms` are the models that the image knows.

    Raises:
        KeyError: the ports of the model `hwsku` under this build are not known.
    """
    files = {
        START_SCRIPT.lstrip("/"): start_script(build),
        "usr/share/sonic/templates/supervisord/supervisord.conf.j2": programs(build),
    }
    for model in platforms:
        try:
            text = port_config(model, build)
        except KeyError:
            if model.hwsku == hwsku:
                raise
            continue  # an image that does not know this model
        device = f"usr/share/sonic/device/{model.platform}"
        files[f"{device}/default_sku"] = f"{model.hwsku} t1\n"
        files[f"{device}/{model.hwsku}/port_config.ini"] = text
    return files


def start_script(build: Build) -> str:
    """docker_init.sh; what it appends comes in the build's own lines."""
    append = "    grep -qxF '{0}' $FILE_NAME || echo '{0}' >> $FILE_NAME\n"
    lines = [append.format(line) for line in build.frr_start_lines]  # a profile has no quotes in them
    keeping = build.routing_config_mode
    split = "" if keeping == "split" else _SPLIT
    return _START.format(build=build.name, keeping=keeping, lines="".join(lines), split=split)


def programs(build: Build) -> str:
    """The programs of the bgp container, with the FPM module of the build; the lab's zebra loads the machine's."""
    module = f" -M {build.fpm_module}" if build.fpm_module else ""
    commands = {"zebra": f"/usr/lib/frr/zebra -A 127.0.0.1 -s 90000000{module}"}
    deaf = {name: "" if name in build.frr_telnet_daemons else " -P 0" for name in build.frr_daemons or _ALWAYS}
    text = "".join(
        _PROGRAM.format(name=name, command=commands.get(name, f"/usr/lib/frr/{name} -A 127.0.0.1") + option)
        for name, option in deaf.items()
    )
    bfdd = _PROGRAM.format(name="bfdd", command="/usr/lib/frr/bfdd -A 127.0.0.1")
    text += f"{_FRAMEWORK}{bfdd}{{% endif %}}\n" if build.bfd_needs_mgmt_framework else bfdd
    daemons = ("frrcfgd", build.bgp_daemon or "bgpcfgd")
    with_framework, without = (_PROGRAM.format(name=name, command=f"/usr/local/bin/{name}") for name in daemons)
    return f"{text}{_FRAMEWORK}{with_framework}{{% else %}}\n{without}{{% endif %}}\n"


def port_config(model: Platform, build: Build) -> str:
    """port_config.ini of a model.

    Raises:
        KeyError: its ports under this build are not known.
    """
    rows = [
        f"{port.name} {','.join(map(str, port.lanes))} {port.alias} {port.index} {port.speed}"
        for port in ports_of(model, build).values()
    ]
    return "\n".join(["# name lanes alias index speed", *rows, ""])
