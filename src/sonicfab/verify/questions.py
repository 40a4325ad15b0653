"""The questions of the checks: a command each, and what makes a value of its output."""

from __future__ import annotations

from sonicfab.ownership import record
from sonicfab.switch import commands, lldp, parse, parse_state
from sonicfab.switch.ask import Question

BGP = Question("bgp", commands.BGP_STATE, parse_state.bgp_state)
ZEBRA = Question("zebra", commands.ZEBRA_STATE, parse_state.zebra_state)
LLDP = Question("lldp", commands.LLDP_NEIGHBORS, lldp.lldp_neighbors)
SONIC_PORTS = Question("ports", commands.SONIC_PORTS, parse_state.sonic_ports)
TRANSCEIVERS = Question("transceivers", commands.TRANSCEIVERS, parse_state.transceivers)
PORT_COUNTERS = Question("counters", commands.PORT_ERRORS, parse_state.port_errors)
RUNNING_CONFIG_DB = Question("running config_db", commands.RUNNING_CONFIG_DB, parse.config_db)
STORED_CONFIG_DB = Question("stored config_db", commands.STORED_CONFIG_DB, parse.config_db)
RUNNING_FRR = Question("running frr", commands.RUNNING_FRR, parse.frr_config)
STORED_FRR = Question("stored frr", commands.STORED_FRR, str)
MODE_RESETTERS = Question("mode resetters", commands.MODE_RESETTERS, str.split)
RECORD = Question("record of ours", commands.RECORD, record.read)
HEALTH = Question("health", commands.HEALTH, parse_state.health)
DISK = Question("disk", commands.DISK, parse_state.filesystems)
FORWARDING = Question("forwarding", commands.FORWARDING, parse_state.forwarding)
TSA = Question("tsa", commands.TSA, parse_state.tsa)
