"""A NetBox on loopback: the shapes of its API (4.x), page by page, and the ways in which it fails."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

TOKEN = "0123456789abcdef0123456789abcdef01234567"
Record = dict[str, Any]
PATHS = ("dcim/devices", "dcim/interfaces", "ipam/ip-addresses")


@dataclass
class World:
    """What it has, and how it behaves.

    Attributes:
        asked: the path and the query of every request.
        failing: a part of a path -> the HTTP status, `hang`, or the text that is answered there.
    """

    tables: dict[str, list[Record]] = field(default_factory=lambda: {name: [] for name in PATHS})
    asked: list[str] = field(default_factory=list)
    failing: dict[str, int | str] = field(default_factory=dict)
    url: str = ""

    def add(self, table: str, **record: Any) -> Record:
        """One more record, with a number and an address of its own."""
        number = len(self.tables[table]) + 1 + 1000 * (list(PATHS).index(table) + 1)
        made = {"id": number, "url": f"{self.url}/api/{table}/{number}/", "display": record.get("name", ""), **record}
        self.tables[table].append(made)
        return made


@contextmanager
def netbox() -> Iterator[World]:
    """It runs meanwhile."""
    world = World()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            _answer(self, world)

        def log_message(self, *_words: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    world.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield world
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def _answer(handler: BaseHTTPRequestHandler, world: World) -> None:
    parts = urlsplit(handler.path)
    world.asked.append(handler.path)
    fails = next((how for part, how in world.failing.items() if part in parts.path), None)
    if fails == "hang":
        time.sleep(3)
        return
    if isinstance(fails, str):
        _say(handler, 200, fails)
        return
    if isinstance(fails, int):
        _say(handler, fails, json.dumps({"detail": "Not as it should be."}))
        return
    if handler.headers.get("Authorization") != f"Token {TOKEN}":
        _say(handler, 403, json.dumps({"detail": "Invalid token"}))
        return
    table = parts.path.removeprefix("/api/").strip("/")
    if table not in world.tables:
        _say(handler, 404, "<html>Page Not Found</html>")
        return
    query = parse_qs(parts.query)
    found = [one for one in world.tables[table] if _fits(one, query)]
    limit, offset = int(query.get("limit", ["50"])[0]), int(query.get("offset", ["0"])[0])
    rest = [(key, value) for key, values in query.items() if key not in ("limit", "offset") for value in values]
    after = urlencode([*rest, ("limit", limit), ("offset", offset + limit)])
    following = f"{world.url}{parts.path}?{after}" if offset + limit < len(found) else None
    page = {"count": len(found), "next": following, "previous": None, "results": found[offset : offset + limit]}
    _say(handler, 200, json.dumps(page))


def _fits(record: Record, query: dict[str, list[str]]) -> bool:
    if "device_id" in query:
        of = (record.get("device") or {}).get("id", (record.get("assigned_object") or {}).get("device", {}).get("id"))
        return str(of) in query["device_id"]
    return "site" not in query or (record.get("site") or {}).get("slug") in query["site"]


def _say(handler: BaseHTTPRequestHandler, status: int, text: str) -> None:
    data = text.encode()
    handler.send_response(status)
    handler.send_header("Content-Type", "application/json")
    handler.send_header("API-Version", "4.4")
    handler.send_header("Content-Length", str(len(data)))
    handler.end_headers()
    handler.wfile.write(data)


def brief(record: Record, *keys: str) -> Record:
    """A record as others refer to it."""
    return {key: record[key] for key in ("id", "url", "display", *keys) if key in record}


def _choice(value: str) -> Record:
    return {"value": value, "label": value}


def _model(world: World, model: str) -> Record:
    slug = model.lower().replace(" ", "-")
    maker = {"id": 1, "url": f"{world.url}/api/dcim/manufacturers/1/", "display": "Edgecore", "name": "Edgecore"}
    where = f"{world.url}/api/dcim/device-types/1/"
    return {"id": 1, "url": where, "display": model, "manufacturer": maker, "model": model, "slug": f"edgecore-{slug}"}


def device(world: World, name: str | None, role: str, model: str, **more: Any) -> Record:
    """A device, its eth0 with a MAC and an address, and Loopback0; `asn`, `platform`, `mac`, `address`, `loopback`."""
    told = {"platform": "community-202411", "asn": None, "mac": True, "address": True, "loopback": True, **more}
    number = len(world.tables["dcim/devices"]) + 1
    platform = told["platform"]
    made = world.add(
        "dcim/devices",
        name=name,
        device_type=_model(world, model),
        role={"id": 1, "url": f"{world.url}/api/dcim/device-roles/1/", "display": role, "name": role, "slug": role},
        platform={"id": 1, "url": f"{world.url}/api/dcim/platforms/1/", "display": platform, "slug": platform},
        site={"id": 1, "url": f"{world.url}/api/dcim/sites/1/", "display": "fra1", "name": "fra1", "slug": "fra1"},
        serial=f"S{number}",
        status=_choice("active"),
        custom_fields={"asn": told["asn"]},
        primary_ip4=None,
        oob_ip=None,
        tags=[],
    )
    mac = f"02:00:5E:10:{number:02X}:00" if told["mac"] else None
    management = interface(world, made, "eth0", mgmt_only=True, mac_address=mac)
    if told["address"]:
        address(world, management, f"192.0.2.{number}/24")
    if told["loopback"]:
        address(world, interface(world, made, "Loopback0", type=_choice("virtual")), f"10.0.0.{number}/32")
    return made


def interface(world: World, of: Record, name: str, **more: Any) -> Record:
    """An interface of a device, without a cable."""
    base: Record = {
        "device": brief(of, "name"),
        "name": name,
        "type": _choice("100gbase-x-qsfp28"),
        "enabled": True,
        "lag": None,
        "mgmt_only": False,
        "mac_address": None,
        "mode": None,
        "untagged_vlan": None,
        "tagged_vlans": [],
        "cable": None,
        "link_peers": [],
        "link_peers_type": None,
        "connected_endpoints": None,
        "connected_endpoints_type": None,
        "connected_endpoints_reachable": None,
    }
    return world.add("dcim/interfaces", **{**base, **more})


def address(world: World, on: Record, text: str) -> Record:
    """An address of an interface."""
    return world.add(
        "ipam/ip-addresses",
        address=text,
        family={"value": 6 if ":" in text else 4, "label": "IP"},
        status=_choice("active"),
        assigned_object_type="dcim.interface",
        assigned_object_id=on["id"],
        assigned_object={**brief(on, "name"), "device": on["device"]},
    )


def cable(world: World, one: Record, other: Record) -> None:
    """Between two interfaces: each tells of the other, as after a trace."""
    number = len(world.tables["dcim/interfaces"])
    plug = {"id": number, "url": f"{world.url}/api/dcim/cables/{number}/", "display": f"#{number}", "label": ""}
    for end, far in ((one, other), (other, one)):
        told = {**brief(far, "name", "device"), "cable": plug, "_occupied": True}
        end.update(cable=plug, link_peers=[told], link_peers_type="dcim.interface")
        end.update(connected_endpoints=[told], connected_endpoints_type="dcim.interface")
        end.update(connected_endpoints_reachable=True)
