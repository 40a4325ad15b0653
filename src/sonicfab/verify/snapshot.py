"""What a verification saw, kept in a file; and what has changed since. Pure. No secret is in it: no config is."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from sonicfab.errors import InputError
from sonicfab.switch.ask import Answers
from sonicfab.switch.state.bgp import BGP_STATE
from sonicfab.switch.state.lldp import LLDP_NEIGHBORS
from sonicfab.switch.state.ports import PORT_ERRORS
from sonicfab.switch.state.routes import ZEBRA_STATE
from sonicfab.switch.state.system import HEALTH
from sonicfab.verify.run import Verification

FORMAT_VERSION = 1
Snapshot = dict[str, Any]


@dataclass(frozen=True, slots=True)
class ChangeSince:
    """One thing that is not as it was: `worse`, `better`, or just `other`."""

    kind: Literal["worse", "better", "other"]
    switch: str
    what: str


def snapshot(verification: Verification, taken: str) -> Snapshot:
    """The results and key facts, as JSON; `taken` is the time in words."""
    return {
        "format_version": FORMAT_VERSION,
        "fabric": verification.fabric,
        "taken": taken,
        "checks": list(verification.checks),
        "results": {_key(one): [one.status, one.seen] for one in verification.results},
        "findings": [f"{one.code} {', '.join(one.where)}" for one in verification.findings],
        "switches": {name: _facts(answers) for name, answers in verification.answers.items()},
    }


def _key(one: Any) -> str:  # noqa: ANN401 - a CheckResult
    return " ".join(word for word in (one.switch, one.check, one.subject, one.family) if word)


def _facts(answers: Answers) -> dict[str, Any]:
    bgp, zebra, health = answers.find(BGP_STATE), answers.find(ZEBRA_STATE), answers.find(HEALTH)
    facts: dict[str, Any] = {}
    if bgp is not None:
        facts["sessions"] = {
            peer: {
                "state": one.state,
                "established": one.established,
                "up_since": one.up_since,
                "received": dict(one.received),
            }
            for peer, one in bgp.sessions.items()
        }
    if zebra is not None:
        facts["routes"] = {prefix: list(route.ports) for prefix, route in zebra.routes.items()}
        facts["ports"] = {name: one.oper_up for name, one in zebra.interfaces.items() if name.startswith("Ethernet")}
    lldp = answers.find(LLDP_NEIGHBORS)
    if lldp is not None:
        facts["lldp"] = {one.local_port: f"{one.system_name}:{one.port}" for one in lldp}
    errors = answers.find(PORT_ERRORS)
    if errors is not None:
        facts["errors"] = dict(errors)
    if health is not None:
        facts["uptime"] = health.uptime
    return facts


def check_snapshot(data: object, file: str, fabric: str) -> Snapshot:
    """A snapshot that was read from a file.

    Raises:
        InputError: it is none, of another format, or of another fabric.
    """
    if not isinstance(data, dict) or not {"format_version", "fabric", "results", "switches"} <= data.keys():
        raise InputError(f"{file} is not a snapshot", "`sonicfab verify --snapshot FILE` writes one")
    if data["format_version"] != FORMAT_VERSION:
        raise InputError(f"{file} has format {data['format_version']}, and this sonicfab reads {FORMAT_VERSION}")
    if data["fabric"] != fabric:
        raise InputError(f"{file} is of the fabric {data['fabric']}, not of {fabric}")
    return data


def compare(before: Snapshot, now: Snapshot) -> list[ChangeSince]:
    """What has changed, the worse first."""
    found = [*_results(before, now)]
    for name, facts in now["switches"].items():
        old = before["switches"].get(name)
        if old is not None:
            found += _sessions(name, old, facts)
            found += _routes(name, old, facts)
            found += _rest(name, old, facts)
    order = {"worse": 0, "better": 1, "other": 2}
    return sorted(found, key=lambda one: order[one.kind])


def _results(before: Snapshot, now: Snapshot) -> Iterator[ChangeSince]:
    was, is_ = before["results"], now["results"]
    for key, (status, seen) in is_.items():
        switch, _, rest = key.partition(" ")
        old = was.get(key, (None, ""))[0]
        bad, was_bad = status in ("failed", "unreached"), old in ("failed", "unreached")
        if bad and not was_bad:
            yield ChangeSince("worse", switch, f"{rest}: {seen}")
        elif was_bad and status == "ok":
            yield ChangeSince("better", switch, f"{rest}: {seen}")
    for key, (status, seen) in was.items():
        if key not in is_ and status == "failed" and key.split(" ")[1] in now["checks"]:
            switch, _, rest = key.partition(" ")
            yield ChangeSince("better", switch, f"{rest}: gone, was {seen}")


def _sessions(name: str, old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[ChangeSince]:
    was, is_ = old.get("sessions", {}), new.get("sessions", {})
    for peer, one in is_.items():
        before = was.get(peer)
        if before is None or "sessions" not in old:
            continue
        times = one["established"] - before["established"]
        both = one["state"] == before["state"] == "Established"
        if both and (times > 0 or one["up_since"] > before["up_since"] + 1):
            yield ChangeSince("worse", name, f"session {peer} has flapped{f' {times} times' if times > 1 else ''}")
        for family, count in one["received"].items():
            had = before["received"].get(family, 0)
            if both and count != had:
                kind: Literal["worse", "other"] = "worse" if count < had and not count else "other"
                yield ChangeSince(kind, name, f"session {peer}: {had} -> {count} {family} prefixes accepted")
    for peer in sorted(was.keys() - is_.keys()) if "sessions" in new else ():
        yield ChangeSince("worse" if was[peer]["state"] == "Established" else "other", name, f"session {peer} is gone")


def _routes(name: str, old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[ChangeSince]:
    if "routes" not in old or "routes" not in new:
        return
    was, is_ = old["routes"], new["routes"]
    for prefix, ports in was.items():
        now = is_.get(prefix)
        if now is None:
            yield ChangeSince("worse", name, f"route {prefix} is gone, was via {', '.join(ports)}")
        elif len(now) < len(ports):
            yield ChangeSince("worse", name, f"route {prefix}: {len(ports)} -> {len(now)} paths")
        elif len(now) > len(ports):
            yield ChangeSince("better", name, f"route {prefix}: {len(ports)} -> {len(now)} paths")
        elif now != ports:
            yield ChangeSince("other", name, f"route {prefix}: via {', '.join(ports)} -> {', '.join(now)}")
    for prefix in sorted(is_.keys() - was.keys()):
        yield ChangeSince("other", name, f"route {prefix} is new, via {', '.join(is_[prefix])}")


def _rest(name: str, old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[ChangeSince]:
    if "uptime" in old and "uptime" in new and new["uptime"] < old["uptime"]:
        yield ChangeSince("worse", name, f"it has been restarted, {new['uptime']:.0f} s ago")
    for port, count in new.get("errors", {}).items():
        had = old.get("errors", {}).get(port)
        if had is not None and count > had:
            yield ChangeSince("worse", name, f"{port}: {count - had} more frames with errors")
    if "lldp" in old and "lldp" in new:
        for port in sorted(old["lldp"].keys() | new["lldp"].keys()):
            was, is_ = old["lldp"].get(port), new["lldp"].get(port)
            if was and is_ and was != is_:
                yield ChangeSince("other", name, f"LLDP on {port}: {was} -> {is_}")
