"""NAPALM's own contract suite, on the answers of a lab switch: offline, in seconds."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest

napalm = pytest.importorskip("napalm", reason="the extra `napalm` is not installed")

from napalm.base.test import conftest as suite  # noqa: E402 - after the skip
from napalm.base.test.getters import BaseTestGetters  # noqa: E402

from recordings import CASES, MOCKED, RECORDED, RecordedDriver  # noqa: E402
from sonicfab.napalm.driver import SonicDriver  # noqa: E402

NOT_ON_SONIC = {
    "test_get_firewall_policies": "it is no firewall",
    "test_get_probes_config": "it has no probes",
    "test_get_probes_results": "it has no probes",
    "test_get_ntp_peers": "its NTP has servers and pools alone",
    "test_get_ntp_stats": "ntpd and chronyd tell different things, neither all that NAPALM wants",
}
"""Test of NAPALM's suite -> why there is no such getter."""


@pytest.fixture(scope="class")
def set_device_parameters(request: pytest.FixtureRequest) -> Iterator[None]:
    """What NAPALM's suite wants to know."""
    request.cls.driver = SonicDriver
    request.cls.patched_driver = RecordedDriver
    request.cls.vendor = "sonic"
    suite.set_device_parameters(request)  # type: ignore[no-untyped-call]
    yield
    request.cls.device.close()


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """The cases are the folders of each test."""
    suite.pytest_generate_tests(metafunc, str(MOCKED.parent / "any.py"))  # type: ignore[no-untyped-call]


@pytest.mark.usefixtures("set_device_parameters")
class TestGetters(BaseTestGetters):
    """Each getter: keys, types, and the result that is stored."""


def suite_tests() -> set[str]:
    return {name for name in dir(BaseTestGetters) if name.startswith("test_")}


def test_each_test_of_the_suite_has_a_case_or_a_reason() -> None:
    assert set(CASES) | set(NOT_ON_SONIC) == suite_tests() - {"test_method_signatures"}
    assert {folder.name for folder in MOCKED.iterdir()} == set(CASES)


@pytest.mark.parametrize("name", NOT_ON_SONIC)
def test_what_sonic_does_not_have_says_so(name: str) -> None:
    driver: Any = RecordedDriver("127.0.0.1", "admin", "")
    driver.open()
    with pytest.raises(NotImplementedError):
        getattr(driver, name.removeprefix("test_"))()


def test_the_recordings_tell_nothing_of_the_machine_they_were_made_on() -> None:
    for path in RECORDED.rglob("*.json"):
        text = path.read_text(encoding="utf-8")
        found = re.findall(r"/(?:tmp|work|root/\w|srv|mnt|home/(?!admin\b))[\w./-]*", text)
        assert not found, f"{path.name}: {found}"
