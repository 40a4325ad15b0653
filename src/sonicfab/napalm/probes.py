"""ping and traceroute."""

from __future__ import annotations

from napalm.base import constants, models

from sonicfab.switch.operations import Switch
from sonicfab.switch.state import probes


def ping(
    switch: Switch,
    destination: str,
    *,
    sources: tuple[str, ...],
    ttl: int,
    timeout: int,
    size: int,
    count: int,
    vrf: str,
) -> models.PingResultDict:
    """What ping returns: that nobody answers is a success with lost packets, that nothing could be sent an error."""
    words = {"ttl": ttl, "timeout": timeout, "size": size, "count": count}
    asked = probes.ping(destination, sources=filter(None, sources), vrf=vrf, **words)
    answers = switch.ask(asked, timeout=60 + count + timeout)
    result = answers.get(asked)
    if result is None:
        return {"error": answers.said(asked)}
    return {
        "success": {
            "probes_sent": result.sent,
            "packet_loss": result.sent - result.received,
            "rtt_min": result.minimum,
            "rtt_max": result.maximum,
            "rtt_avg": result.average,
            "rtt_stddev": result.deviation,
            "results": [{"ip_address": address, "rtt": rtt} for address, rtt in result.replies],
        }
    }


def traceroute(
    switch: Switch, destination: str, *, source: str, ttl: int, timeout: int, vrf: str
) -> models.TracerouteResultDict:
    """What traceroute returns; addresses are not looked up, so a hop's name is its address."""
    asked = probes.traceroute(destination, source=source, ttl=ttl, timeout=timeout, vrf=vrf)
    # three probes for each hop, of which traceroute has 16 on their way at once
    answers = switch.ask(asked, timeout=60 + ttl * timeout * 3 / 16)
    hops = answers.find(asked)
    if not hops:
        return {"error": answers.said(asked)}
    return {
        "success": {
            hop: {"probes": {number: _probe(probe, timeout) for number, probe in enumerate(probes, 1)}}
            for hop, probes in hops.items()
        }
    }


def _probe(probe: probes.Probe, timeout: int) -> models.TracerouteDict:
    if probe.ip is None:
        # as NAPALM's own drivers
        name, address = constants.TRACEROUTE_NULL_HOST_NAME, constants.TRACEROUTE_NULL_IP_ADDRESS
        return {"rtt": timeout * 1000.0, "ip_address": address, "host_name": name}
    return {"rtt": probe.rtt, "ip_address": probe.ip, "host_name": probe.ip}
