"""What templates write is read in a plain way where it is plain, and then exactly as YAML."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sonicfab import yamltext
from sonicfab.yamltext import compose, plain_rows, plain_tables, value
from test_golden import open_example, render_example

_LINES = st.sampled_from(
    [
        *("PORT:", "U: {}", "V:\n  {}", "  Ethernet0:", "  a|b::1/64:", "  b: {}", "    mtu: 9100", '    y: ""'),
        *("    z: fd00::1/64", "    lanes: 1,2", '    q: "a: #b"', "", "  ", "    "),
    ]
)
_ODD = st.sampled_from(
    [
        *("    x:  1", "    w: 'a'", "   d:", "     e: 1", "    f: a b", "    g:", "  c: 1", "a: b", "    l: [a]", "-"),
        *("#", "::", '"', "'", "<<: *a", ": ", "\\", "\t", "|", "&a", "~", "---", "...", "\r", "\x85", "\u2028", "é"),
    ]
)
_PLAIN = st.lists(_LINES, max_size=12).map(lambda lines: "PORT:\n  Ethernet0:\n" + "".join(f"{one}\n" for one in lines))


def agrees(text: str, read_plainly: Callable[[str], Mapping[str, Mapping[str, object]] | None] = plain_tables) -> bool:
    """Whether it was read in the plain way; then YAML says the same."""
    plain = read_plainly(text)
    if plain is None:
        return False
    read = value(compose(text))
    assert plain == read
    assert isinstance(read, dict)
    assert [list(rows) for rows in plain.values()] == [list(rows) for rows in read.values()]
    return True


@given(_PLAIN)
def test_plain_tables_are_what_yaml_makes_of_them(text: str) -> None:
    agrees(text)


@given(_PLAIN, st.integers(0, 200), _ODD)
def test_what_is_not_plain_is_left_to_yaml(text: str, at: int, odd: str) -> None:
    agrees(text[:at] + odd + text[at:])


def test_what_is_plain_and_what_is_not() -> None:
    assert agrees('PORT:\n\n  Ethernet0:\n    mtu: 9100\n    description: "to: #1"\n\n  Ethernet4: {}\nVLAN: {}\n')
    assert agrees("INTERFACE:\n  {}\n")
    for text in (
        "",
        "PORT:\n",  # no rows: a mistake that is told
        "PORT:\n  Ethernet0:\n",
        "PORT:\n  Ethernet0:\n    mtu:\n",
        "PORT:\n  Ethernet0:\n    mtu: 1\n    mtu: 2\n",
        "PORT:\n  a: {}\n  a: {}\n",
        "PORT:\n  a: {}\nPORT:\n  b: {}\n",
        'PORT:\n  a:\n    b: "\\u0041"\n',
        "PORT:\n  a:\n    b: one two\n",
        "PORT:\n  a:\n    b: one:\n",
        "PORT:\n  a:\n    b: [c]\n",
        "PORT:\n  a:\n    b: 1 # why\n",
        "PORT:\n  a:\n    b: 1",
        "PORT:\n  a:\n      b: 1\n",
        "PORT:\n  <<:\n    b: 1\n",
        "- a\n",
    ):
        assert plain_tables(text) is None, text


def test_most_of_what_templates_write_is_plain(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[str] = []

    def note(text: str) -> None:
        seen.append(text)  # and None: it is read as YAML

    monkeypatch.setattr(yamltext, "plain_tables", note)
    slowly = render_example("scs-lab")
    assert sum(map(agrees, seen)) > 0.9 * len(seen) > 0
    monkeypatch.undo()
    assert render_example("scs-lab") == slowly


_ROWS = st.sampled_from(
    [
        *(
            "switches:",
            "links:",
            "freed:",
            "",
            "# a comment: {",
            "  a: {asn: 1}",
            '  b: {mac: "02:00", ipv4: 10.0.0.1/31}',
        ),
        *("  x:E0 - y:E4: {ipv4: 10.0.0.0/31}", '  n: ["fd00::", 1]', "  b: [2]", '  e: {a: ""}'),
    ]
)


@given(st.lists(_ROWS, max_size=8), st.integers(0, 120), _ODD | st.just(""))
def test_plain_rows_are_what_yaml_makes_of_them(lines: list[str], at: int, odd: str) -> None:
    text = "switches:\n" + "".join(f"{line}\n" for line in lines)
    agrees(text, plain_rows)
    agrees(text[:at] + odd + text[at:], plain_rows)


def test_a_file_of_numbers_is_plain_and_what_people_make_of_it_may_be_not() -> None:
    assert agrees(open_example("dc-2x4").numbers, plain_rows)
    first = "switches:\n  a: {asn: 1}\n"
    assert agrees(first, plain_rows)
    for text in (
        "",
        "# nothing\n",
        "switches:\n",
        first + "links:\n",
        first + "  a: {asn: 2}\n",
        first + "switches:\n  b: {asn: 2}\n",
        first + "  b: {asn: 1, asn: 2}\n",
        first + "  b: {asn: 1} # why\n",
        first + "  b: {asn: }\n",
        first + "  b: {}\n",
        first + "  b: {asn: a b}\n",
        first + "  b: {<<: 1}\n",
        first + "  b: &b {asn: 1}\n",
        first + "  b : {asn: 1}\n",
        first + "  b: {asn:1}\n",
        first + "\n---\n",
        first + "  b:\n    asn: 1\n",
        first + " b: {asn: 1}\n",
        first + "  b: {asn: 1}",
    ):
        assert plain_rows(text) is None, text
