"""Fans, power, temperatures, CPU, memory, and the optics of ports."""

from __future__ import annotations

import math
from typing import Any

from napalm.base import models

from sonicfab.configdb import natural_key
from sonicfab.switch.operations import Switch
from sonicfab.switch.state import ports
from sonicfab.switch.state.ports import Fields, number, yes
from sonicfab.switch.state.system import LOAD

_NO_LIGHT = -40.0
"""dBm of 0.1 uW, the least that a module can report (SFF-8472); SONiC writes -inf when it reports 0."""
_LANES = range(1, 9)


def environment(switch: Switch) -> models.EnvironmentDict:
    """What get_environment returns; memory in KiB."""
    rows = switch.get(ports.SENSORS)
    load = switch.get(LOAD)
    return {
        "fans": {name: {"status": _is_ok(fan)} for name, fan in _sorted(rows, "FAN_INFO")},
        "temperature": {name: _temperature(one) for name, one in _sorted(rows, "TEMPERATURE_INFO")},
        "power": {
            name: {"status": _is_ok(psu), "capacity": number(psu, "max_power"), "output": number(psu, "power")}
            for name, psu in _sorted(rows, "PSU_INFO")
        },
        "cpu": {cpu: {"%usage": busy} for cpu, busy in load.cpus.items()},
        # NAPALM's `available_ram` is all that there is
        "memory": {"available_ram": load.memory, "used_ram": load.memory - load.memory_available},
    }


def optics(switch: Switch) -> dict[str, dict[str, Any]]:
    """What get_optics returns: ports whose module measures something. SONiC keeps no average, minimum or maximum."""
    rows = switch.get(ports.OPTICS)
    found: dict[str, dict[str, Any]] = {}
    for port, sensor in _sorted(rows, "TRANSCEIVER_DOM_SENSOR"):
        channels = [_channel(sensor, lane) for lane in _LANES if _measures(sensor, lane)]
        if channels:
            found[port] = {"physical_channels": {"channel": channels}}
    return found


def _is_ok(fields: Fields) -> bool:
    return yes(fields, "presence") and yes(fields, "status")


def _temperature(fields: Fields) -> models.TemperatureDict:
    value = number(fields, "temperature")
    return {
        "temperature": value,
        "is_alert": yes(fields, "warning_status") or value > number(fields, "high_threshold", math.inf),
        "is_critical": value > number(fields, "critical_high_threshold", math.inf),
    }


def _measures(sensor: Fields, lane: int) -> bool:
    return any(_is_dark(sensor, name) or not math.isnan(number(sensor, name, math.nan)) for name in _fields(lane))


def _channel(sensor: Fields, lane: int) -> dict[str, Any]:
    received, sent, bias = _fields(lane)
    state = {
        "input_power": _power(sensor, received),
        "output_power": _power(sensor, sent),
        "laser_bias_current": number(sensor, bias, 0.0),
    }
    return {
        "index": lane - 1,
        "state": {name: {"instant": value, "avg": 0.0, "min": 0.0, "max": 0.0} for name, value in state.items()},
    }


def _power(sensor: Fields, name: str) -> float:
    return _NO_LIGHT if _is_dark(sensor, name) else max(number(sensor, name, 0.0), _NO_LIGHT)


def _is_dark(sensor: Fields, name: str) -> bool:
    return sensor.get(name, "").strip().lower().startswith("-inf")


def _fields(lane: int) -> tuple[str, str, str]:
    return f"rx{lane}power", f"tx{lane}power", f"tx{lane}bias"


def _sorted(rows: ports.Rows, table: str) -> list[tuple[str, Fields]]:
    return sorted(ports.table(rows, table).items(), key=lambda item: natural_key(item[0]))
