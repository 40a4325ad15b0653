"""What `ports:` says of a bundle or of its members, and neither can have: it would be dropped without a word."""

from __future__ import annotations

from collections.abc import Iterator

from sonicfab.errors import Problem
from sonicfab.plan.cabling import Cabling

_OF_MEMBERS = ("speed", "fec", "autoneg", "adv_speeds", "adv_interface_types", "breakout")
"""What LACP knows nothing of: fields of PORT, of which PORTCHANNEL has none (sonic-portchannel.yang)."""


def misplaced(cabling: Cabling) -> Iterator[Problem]:
    """Settings of the ports of a bundle that are said of the bundle, and uses of a bundle that are said of a port."""
    members = cabling.members
    for end, said in cabling.settings.items():
        channel = cabling.channel(end)
        if channel is not None:
            if channel.far and said.use not in (None, "bgp"):
                message = f"{end} is a bundle to {channel.far}: it has no other use"
                hint = "take it out here; `use` of the bundle itself makes it carry networks"
                yield Problem("topology", said.path("use"), message, hint)
            for name in _OF_MEMBERS:
                if name in said.paths:
                    hint = f"say it of its members: {', '.join(channel.members)}"
                    message = f"{end} is a bundle, and {name} is of its ports"
                    yield Problem("topology", said.path(name), message, hint, alike=f"{name} of a bundle")
        elif end in members and said.use in ("access", "trunk"):
            owner = members[end].name
            message = f"{end} is a member of {owner}: it has no other use"
            hint = f"say of {owner} what it is for, and nothing of its members"
            yield Problem("topology", said.path("use"), message, hint, alike=f"member of {owner}")
