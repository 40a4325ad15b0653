"""NAPALM's candidates of a switch whose FRR has its config from CONFIG_DB; without a switch."""

from __future__ import annotations

from typing import Any

import pytest

from known import get_build
from sonicfab.errors import InputError

pytest.importorskip("napalm", reason="the extra `napalm` is not installed")

from sonicfab.napalm.candidate import Seen, read_candidate, target_of
from sonicfab.napalm.configtext import CONFIG_DB_MARK, FRR_MARK

BUILD = get_build("community-202411")
FRR = "frr version 10.0.1\nrouter bgp 65001\n neighbor up peer-group\nexit\nend\n"
RUNNING: dict[str, Any] = {
    "DEVICE_METADATA": {"localhost": {"docker_routing_config_mode": "unified", "frr_mgmt_framework_config": "true"}},
    "BGP_GLOBALS": {"default": {"local_asn": "65001"}},
}
SEEN = Seen(RUNNING, FRR, RUNNING, "", {})
ROWS = '{"BGP_NEIGHBOR": {"default|Ethernet0": {"peer_group_name": "up"}}}'


@pytest.mark.parametrize("replaces", [True, False])
def test_what_get_config_tells_can_be_loaded_again(replaces: bool) -> None:
    """Its FRR part is what frrcfgd has made: nothing to be stored, and no reason to refuse the rows beside it."""
    text = f"{CONFIG_DB_MARK}\n{ROWS}\n{FRR_MARK}\n{FRR}"
    target = target_of("leaf1", read_candidate(text, "it", replaces=replaces), SEEN, BUILD)
    assert target.frr is None
    assert target.config_db["BGP_NEIGHBOR"] == {"default|Ethernet0": {"peer_group_name": "up"}}


@pytest.mark.parametrize("replaces", [True, False])
def test_lines_of_frr_are_refused_with_what_to_change_instead(replaces: bool) -> None:
    text = FRR.replace("exit\n", " neighbor Ethernet0 interface peer-group up\nexit\n")
    with pytest.raises(InputError, match="routing mode unified") as caught:
        target_of("leaf1", read_candidate(text, "it", replaces=replaces), SEEN, BUILD)
    assert "change the rows that frrcfgd makes FRR's config of, such as BGP_NEIGHBOR" in caught.value.hint


def test_with_the_mode_that_keeps_it_comes_an_frr_conf() -> None:
    mode = '{"DEVICE_METADATA": {"localhost": {"docker_routing_config_mode": "split-unified"}}}'
    text = f"{CONFIG_DB_MARK}\n{mode}\n{FRR_MARK}\n{FRR}"
    target = target_of("leaf1", read_candidate(text, "it", replaces=False), SEEN, BUILD)
    assert target.frr
    assert "neighbor up peer-group" in target.frr
