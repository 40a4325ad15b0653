"""The numbers file: what sonicfab has allotted from the pools, kept in git beside the topology.

It is what keeps every number where it is when switches and links come, go or change places in the file.
"""

from __future__ import annotations

from sonicfab.model.fields import Strict
from sonicfab.model.topology import Pools, SwitchNumbers


class Numbers(Strict):
    """Allotted numbers by switch name, and link networks by link name (`leaf1:Ethernet72 - spine1:Ethernet0`)."""

    switches: dict[str, SwitchNumbers] = {}
    links: dict[str, Pools] = {}
