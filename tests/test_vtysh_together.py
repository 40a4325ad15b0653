"""Many frr.confs read by few processes: the same is found as when each is read by itself."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from known import get_build
from sonicfab.validate import vtysh
from sonicfab.validate.run import Subject, Validator
from sonicfab.validate.together import MARK, Together
from sonicfab.validate.vtysh import check_syntax, frr_version, read_together

pytestmark = pytest.mark.skipif(not frr_version(), reason="FRR is not installed")

WHOLE = """\
frr defaults traditional
ip prefix-list P seq 5 permit any
route-map R permit 10
 match ip address prefix-list P
exit
router bgp 65001
 neighbor G peer-group
 address-family ipv4 unicast
  neighbor G activate
 exit-address-family
exit
"""
PIECES = (
    *WHOLE.splitlines(),
    *("exit", "end", "!", "", "exit-address-family", "interface X", "bfd", " profile P", "vrf V", "exit-vrf"),
    *(" neighbor G activte", "nonsense", " bgp frobnicate", "ip nht resolve-via-default", "log syslog informational"),
    *("route-map SONICFAB permit 1", MARK, "ip route 192.0.2.0/24", "neighbor", "x" * 5000, "\tset src 192.0.2.1\r"),
)


def understood(texts: Sequence[str]) -> list[bool]:
    together = read_together(texts)
    assert together
    try:
        return [together.understood(text) for text in texts]
    finally:
        together.close()


@settings(max_examples=30)
@given(
    st.lists(
        st.lists(st.sampled_from(PIECES), max_size=4).map("\n".join) | st.just(WHOLE),
        min_size=2,
        max_size=3,
        unique=True,
    )
)
def test_what_is_understood_together_is_understood_alone(texts: list[str]) -> None:
    for text, whole in zip(texts, understood(texts), strict=True):
        if whole:
            assert check_syntax(text, frr_version()) == []


@pytest.mark.parametrize(
    ("left_open", "inside"),
    [
        ("router bgp 65001\n", " neighbor G peer-group\n"),
        ("router bgp 65001\n address-family ipv4 unicast\n", "  neighbor G activate\n"),
        ("route-map R permit 10\n", " set src 192.0.2.1\n"),
        ("bfd\n profile P\n", "  detect-multiplier 3\n"),
        ("bfd\n", " profile P\n"),
    ],
)
def test_a_text_begins_at_the_top_level_whatever_came_before(left_open: str, inside: str) -> None:
    here = frr_version()
    assert not check_syntax(left_open, here)
    assert not check_syntax(left_open + inside, here)
    assert check_syntax(inside, here)
    assert understood([left_open, inside])[1] is False


def test_one_that_is_broken_does_not_touch_the_others(monkeypatch: pytest.MonkeyPatch) -> None:
    texts = [f"{WHOLE}hostname sw{number}\n" for number in range(64)]
    for broken in (" neighbor G activte\n", "exit\n", "end\nend\n", "router bgp 65001\n nonsense\n"):
        some = [*texts[:40], texts[40] + broken, *texts[41:]]
        found = understood(some)
        assert found.count(False) <= 8
        assert not found[40] or not check_syntax(some[40], frr_version())
    count = 0
    read = vtysh._read

    def counted(text: str) -> tuple[dict[int, str], str, int]:
        nonlocal count
        count += 1
        return read(text)

    monkeypatch.setattr(vtysh, "_read", counted)
    assert all(understood(texts))
    assert count == 1


def test_findings_are_those_of_each_alone() -> None:
    build = get_build("community-202411")
    texts = [WHOLE, WHOLE.replace("activate", "activte"), WHOLE + "exit\nnonsense\n", WHOLE + "nonsense\n", WHOLE]
    subjects = [Subject(f"sw{number}", build, frr=text) for number, text in enumerate(texts)]
    together = Validator(models=False).validate(subjects).findings
    alone = [one for subject in subjects for one in Validator(models=False).validate([subject]).findings]
    assert sorted(together, key=str) == sorted(alone, key=str)
    assert {one.switch for one in together} >= {"sw1", "sw3"}


def test_what_cannot_be_read_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_text: str) -> list[str]:
        raise OSError(28, "No space left on device")

    together = Together([WHOLE, "hostname x\n"], full)
    with pytest.raises(OSError, match="No space"):
        together.understood(WHOLE)
