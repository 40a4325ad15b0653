"""The start of a switch: CONFIG_DB from the saved or the factory config, then the services.

Follows sonic-buildimage files/image_config/config-setup/config-setup (factory) and the database container.
"""

from __future__ import annotations

import json

from sonicfab.lab.sonic import cfggen, config, db, paths, services, units


def main(arguments: list[str]) -> int:
    """The program, run once by the switch's init; takes no arguments."""
    del arguments
    paths.STATE.mkdir(parents=True, exist_ok=True)
    units.run_before("database.service")
    if not paths.CONFIG_DB.exists():
        sku = cfggen.default_sku()
        data: dict[str, object] = cfggen.platform_info()
        ports = {"DEVICE_METADATA": {"localhost": {"hwsku": sku}}, "PORT": cfggen.port_table(sku)}
        factory = cfggen.t1_preset(cfggen.deep_update(data, ports))
        paths.CONFIG_DB.write_text(json.dumps(factory, indent=4, sort_keys=True), encoding="utf-8")
    _load()
    # a switch that people log in to has been up for a while: `config reload` does not refuse
    (paths.STATE / "swss.since").write_text("-3600", encoding="utf-8")
    return 0


def restart_database() -> None:
    """`systemctl restart database`: what was not saved is lost, and what requires it is restarted.

    sonic-buildimage files/build_templates/docker_image_ctl.j2 postStartAction().
    """
    services.stop_all()
    services.restart_redis()
    services.reset_failed()
    _load()


def _load() -> None:
    saved = json.loads(paths.CONFIG_DB.read_text(encoding="utf-8"))
    db.merge(cfggen.deep_update(json.loads(paths.INIT_CFG.read_text(encoding="utf-8")), saved))
    db.set_initialized()
    config.migrate()
    services.start_all()
