"""The ports of a switch model as an image build names them."""

from __future__ import annotations

from collections.abc import Mapping

from sonicfab.builds import cached_by_build, get_build
from sonicfab.platforms import PlatformPort, get_platform


@cached_by_build
def ports_of(platform: str, build: str) -> Mapping[str, PlatformPort]:
    """Port name -> port, in front panel order.

    Raises:
        KeyError: the platform or the build is not known, or the build's ports for this platform are not.
    """
    model, facts = get_platform(platform), get_build(build)
    own = facts.ports.get(model.hwsku)
    if own is None:
        return model.ports(facts.port_table)
    return {
        name: PlatformPort(
            name,
            tuple(int(lane) for lane in row["lanes"].split(",")),
            row.get("alias", name),
            int(row.get("index", 0)),
            int(row["speed"]),
        )
        for name, row in own.items()
    }
