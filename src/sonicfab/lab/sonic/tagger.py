"""802.1Q for trunk ports of a lab switch: what a kernel without VLANs cannot do.

Each port is read as a whole; a frame goes to the device of the VLAN that its tag names, without the tag, and what has
no tag to that of the native VLAN. What comes out of such a device leaves by the port with the tag, or without for the
native one. A frame of a VLAN that the port is not in is dropped. LLDP and the like stay on the link (IEEE 802.1D
7.12.6).
"""

from __future__ import annotations

import array
import fcntl
import json
import select
import socket
import struct
from collections.abc import Callable, Mapping
from typing import Any

from sonicfab.lab.sonic import paths

_ETH_ALL, _SOL_PACKET, _AUXDATA = 0x0003, 263, 8
_OUTGOING = 4
"""PACKET_OUTGOING of sll_pkttype: what this switch sends itself."""
_VLAN_VALID = 0x10
_DOT1Q = b"\x81\x00"
_LINK_LOCAL = b"\x01\x80\xc2\x00\x00"
_LARGEST = 10000
_ETHTOOL, _STXCSUM = 0x8946, 0x00000017


def main(_arguments: list[str]) -> int:
    """The program: it never ends by itself."""
    tags: list[dict[str, Any]] = json.loads((paths.STATE / "tagger.json").read_text(encoding="utf-8"))
    poll, readers = select.poll(), dict[int, Callable[[], None]]()
    ports: dict[str, socket.socket] = {}
    inside: dict[str, dict[int, socket.socket]] = {}
    for one in tags:
        port, vlan, device = one["port"], one["vlan"] if one["tagged"] else 0, _open(one["device"])
        if port not in ports:
            ports[port] = _open(port)
            inside[port] = {}
        inside[port][vlan] = device
        readers[device.fileno()] = _outwards(device, ports[port], vlan)
    for port, opened in ports.items():
        readers[opened.fileno()] = _inwards(opened, inside[port])
    for number in readers:
        poll.register(number, select.POLLIN)
    while True:
        for number, _ in poll.poll():
            try:
                readers[number]()
            except OSError:
                continue  # a device is down, or a frame is larger than it takes


def tagged(frame: bytes, vlan: int) -> bytes:
    """A frame with a tag; 0 for none."""
    return frame[:12] + _DOT1Q + struct.pack("!H", vlan) + frame[12:] if vlan else frame


def _inwards(port: socket.socket, devices: Mapping[int, socket.socket]) -> Callable[[], None]:
    def read() -> None:
        frame, extra, _, address = port.recvmsg(_LARGEST, 64)
        if address[2] == _OUTGOING or frame.startswith(_LINK_LOCAL):
            return
        vlan = 0
        for level, kind, data in extra:  # the kernel takes the tag out of the frame, and tells it beside it
            if level == _SOL_PACKET and kind == _AUXDATA:
                status, _, _, _, _, tci, _ = struct.unpack("=IIIHHHH", data[:20])
                vlan = tci & 0xFFF if status & _VLAN_VALID else 0
        if device := devices.get(vlan):
            device.send(frame)

    return read


def _outwards(device: socket.socket, port: socket.socket, vlan: int) -> Callable[[], None]:
    def read() -> None:
        frame, address = device.recvfrom(_LARGEST)
        if address[2] != _OUTGOING:
            port.send(tagged(frame, vlan))

    return read


def _open(name: str) -> socket.socket:
    opened = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(_ETH_ALL))
    opened.bind((name, 0))
    opened.setsockopt(_SOL_PACKET, _AUXDATA, 1)
    if name.startswith("u"):
        _whole_checksums(opened, "t" + name[1:])
    return opened


def _whole_checksums(opened: socket.socket, name: str) -> None:
    """The kernel leaves checksums to the device, and this one has none that would make them."""
    value = array.array("B", struct.pack("=II", _STXCSUM, 0))
    request = struct.pack("16sP", name.encode(), value.buffer_info()[0])
    try:
        fcntl.ioctl(opened, _ETHTOOL, request.ljust(40, b"\0"))
    except OSError:
        return  # some have no such setting
