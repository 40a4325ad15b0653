"""Templates of a site run in a sandbox: attacks on it, each as a site template of a real render."""

from __future__ import annotations

import dataclasses
import json
import os
import re
from pathlib import Path

import pytest

from conftest import ROOT, Run
from known import get_build
from sonicfab import render, sandbox
from sonicfab.builds import Build
from sonicfab.errors import TemplateError
from sonicfab.explain.trace import TracingRenderer
from sonicfab.families import Family
from sonicfab.render import Renderer, template_folders
from test_golden import open_example

LEAF = "st01-sw25g-r01-u34"
FILES = ["-i", ROOT / "inventories/scs-lab.yml", "-t", ROOT / "topologies/spine-leaf-1x2.yml"]
GLOBALS = "__init__.__globals__.__builtins__.__import__('os').system('touch {mark}')"


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Limits that an attack reaches at once."""
    monkeypatch.setattr(render, "limits", lambda: sandbox.limits(seconds=0.5, memory=256 << 20))


def told(folder: Path, kind: type[Renderer] = Renderer, build: Build | None = None) -> str:
    """What the error says when a leaf is rendered with the templates of a folder."""
    fabric = open_example("scs-lab")
    renderer = kind(template_folders([folder]), lambda ref, _what: str(ref))
    make = renderer.trace if isinstance(renderer, TracingRenderer) else renderer.render
    leaf = fabric.plan.switches[LEAF]
    with pytest.raises(TemplateError) as caught:
        make(fabric.plan, dataclasses.replace(leaf, build=build or leaf.build))
    return "\n".join([str(caught.value), caught.value.hint, *map(str, caught.value.diagnostics)])


def write(folder: Path, text: str, name: str = "config_db/x.yml.j2") -> None:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


ESCAPES = (
    "{{ cycler." + GLOBALS + " }}",
    "{{ lipsum.__globals__['os'].system('touch {mark}') }}",
    "{{ joiner." + GLOBALS + " }}",
    "{{ namespace." + GLOBALS + " }}",
    "{{ switch.__class__." + GLOBALS + " }}",
    "{{ ''.__class__.__mro__[1].__subclasses__() }}",
    "{{ switch|attr('__class__') }}",
    "{{ (switch|attr)('__class__') }}",
    "{{ '{0.__class__}'.format(switch) }}",
    "{{ ('{0.__class__.__init__}'|attr('format'))(switch) }}",
    "{{ '{x.__class__}'.format_map({'x': switch}) }}",
    "{{ ['{0.__class__}']|map('format', switch)|first }}{{ switch['__class__'] }}",
    "{{ self.__init__ }}",
    "{{ loop.__class__ }}{{ self._TemplateReference__context.environment }}",
    "{% macro m() %}{% endmacro %}{{ m.__globals__ }}",
    "{{ [switch]|map(attribute='__class__')|list }}{{ ([switch]|map(attribute='__class__')|first).__mro__ }}",
    "{{ switch.interfaces.clear() }}",
    "{{ fabric.switches.update({}) }}",
    "{{ build.port_defaults.update(a='b') }}",
    "{{ dict.__subclasses__() }}",
    "{% set x = namespace() %}{% set x.__class__ = 1 %}{{ x.__init__ }}",
    "{{ build.yang.read_text() }}",
    "{{ build.yang.parent.joinpath('mark').write_text('x') }}",
    "{{ build.yang.cwd() }}",
    "{{ (build.yang / 'x').read_text() }}",
    "{{ get_flashed_messages.__globals__ }}",
    "{{ range.__globals__ }}",
    "{{ caller.__class__ }}",
)


@pytest.mark.parametrize("kind", [Renderer, TracingRenderer])
@pytest.mark.parametrize("text", ESCAPES)
def test_no_way_out(text: str, kind: type[Renderer], tmp_path: Path) -> None:
    mark = tmp_path / "mark"
    (tmp_path / "yang").mkdir()
    learned = dataclasses.replace(get_build("community-202411"), yang=tmp_path / "yang")
    write(tmp_path / "own", 'X:\n  row:\n    f: "' + text.replace("{mark}", str(mark)).replace('"', "'") + '"\n')
    said = told(tmp_path / "own", kind, build=learned)
    assert re.search(r"config_db/x\.yml\.j2:3: error: ", said), said
    assert not mark.exists()


def test_what_is_refused_is_told_with_its_place_and_a_hint(tmp_path: Path) -> None:
    write(tmp_path, "X:\n  row:\n    f: {{ ''.__class__.__mro__ }}\n")
    said = told(tmp_path)
    assert f"{tmp_path}/config_db/x.yml.j2:3: error: rendering {LEAF} failed: access to attribute '__class__'" in said
    assert "hint: templates see the plan and the facts of the switch, and reach nothing else" in said


@pytest.mark.parametrize(
    "text",
    [
        "{{ 'x' * 1000000000000 }}",
        "{{ 1000000000000 * 'x' }}",
        "{{ [0] * 1000000000000 }}",
        "{{ 10 ** 10 ** 10 }}",
        "{% set ns = namespace(n=3) %}{% for i in range(99) %}{% set ns.n = ns.n * ns.n %}{% endfor %}",
        "{% set ns = namespace(s='x') %}{% for i in range(99) %}{% set ns.s = ns.s + ns.s %}{% endfor %}",
        "{% set ns = namespace(s='xxxx') %}{% for i in range(99) %}{% set ns.s = ns.s ~ ns.s %}{% endfor %}",
        "{% for i in range(10000000000) %}{% endfor %}",
        "{% for a in range(99999) %}{% for b in range(99999) %}{% endfor %}{% endfor %}",
        "{{ 'x'|center(100000000000) }}",
        "{{ '%100000000000d' % 1 }}",
        "{{ '{:>100000000000}'.format(1) }}",
        "{{ 'x'.ljust(100000000000) }}",
        "{{ 'x'|indent(100000000000, true) }}",
        "{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}",
        "{% include 'config_db/x.yml.j2' %}",
        "{% for r in [[1]] recursive %}{{ loop([r]) }}{% endfor %}",
        "{% for a in [1] %}" * 30 + "{% endfor %}" * 30,
        "{{ " + "(" * 2000 + "1" + ")" * 2000 + " }}",
        "X: " + "[" * 20000 + "]" * 20000,
        "X:\n  r: {f: &a [x, x]}\n" + "{{ 'y' * 999 }}",
        "{{ '" + "x" * (1 << 20) + "' }}",
    ],
    ids=lambda text: text[:60],
)
def test_what_takes_too_much(text: str, tmp_path: Path, small: None) -> None:
    write(tmp_path, text + "\n")
    assert "x.yml.j2" in told(tmp_path)


def test_limits_are_gone_afterwards(tmp_path: Path, small: None) -> None:
    import resource
    import signal

    before = (resource.getrlimit(resource.RLIMIT_AS), signal.getsignal(signal.SIGPROF))
    write(tmp_path, "{{ 'x'|center(100000000000) }}")
    told(tmp_path)
    assert (resource.getrlimit(resource.RLIMIT_AS), signal.getsignal(signal.SIGPROF)) == before
    assert signal.getitimer(signal.ITIMER_PROF) == (0, 0)


@pytest.fixture
def outside(tmp_path: Path) -> Path:
    secret = tmp_path / "secret"
    secret.write_text("s3cret\n")
    return secret


@pytest.mark.parametrize("name", ["/etc/hostname", "../secret", "frr/../../secret", "./../secret", "frr//../../secret"])
def test_no_include_from_outside(name: str, tmp_path: Path, outside: Path) -> None:
    write(tmp_path / "own", f"{{% include '{name}' %}}")
    said = told(tmp_path / "own")
    assert f"there is no template {name}" in said
    assert "s3cret" not in said


@pytest.mark.parametrize("kind", ["file", "folder", "template"])
def test_no_link_out_of_the_folder(kind: str, tmp_path: Path, outside: Path) -> None:
    own = tmp_path / "own"
    if kind != "template":
        write(own, "{% include 'link/secret' %}" if kind == "folder" else "{% include 'link' %}")
    if kind == "template":
        (own / "config_db").mkdir(parents=True)
        (own / "config_db/y.yml.j2").symlink_to(outside)
    else:
        (own / "link").symlink_to(outside if kind == "file" else outside.parent)
    said = told(own)
    assert "is a link to a file outside of" in said
    assert "s3cret" not in said


def test_no_pipe(tmp_path: Path) -> None:
    write(tmp_path, "{% include 'pipe' %}")
    os.mkfifo(tmp_path / "pipe")
    assert "is not a plain file" in told(tmp_path)


def test_a_link_within_the_folder_counts(tmp_path: Path) -> None:
    write(tmp_path, "X:\n  row:\n    f: v\n", "kept/real.j2")
    (tmp_path / "config_db").mkdir()
    (tmp_path / "config_db/x.yml.j2").symlink_to("../kept/real.j2")
    fabric = open_example("scs-lab")
    config = Renderer(template_folders([tmp_path]), lambda ref, _: str(ref)).render(
        fabric.plan, fabric.plan.switches[LEAF]
    )
    assert config.config_db["X"] == {"row": {"f": "v"}}
    assert config.site_templates == (f"{tmp_path}/config_db/x.yml.j2",)


def test_what_a_site_needs_still_works(tmp_path: Path) -> None:
    """Methods of texts, lists, addresses and the plan; macros, includes, loops, namespaces."""
    write(tmp_path, "{% macro line(p) %}{{ p.upper().ljust(4) }}{% endmacro %}", "lib/macros.j2")
    write(
        tmp_path,
        "{% from 'lib/macros.j2' import line %}{% set ns = namespace(n=0) %}"
        "{% for i in range(3) %}{% set ns.n = ns.n + i * 2 %}{% endfor %}"
        "X:\n  row:\n    a: '{{ line('ab') }}'\n    b: '{{ ns.n }}'\n"
        "    c: '{{ switch.loopback('ipv4') }}'\n    d: '{{ '{:>4}'.format('x') }}'\n"
        "    e: '{{ switch.management.address.network.network_address }}'\n"
        "    f: '{{ platform.ports(build.port_table).items()|list|length }}'\n"
        "    g: '{{ ['a', 'b']|join(',') }}{{ 'a,b'.split(',')|last }}{{ {'k': 'v'}.get('k') }}'\n"
        "    h: '{% for x in [1, 2] %}{{ loop.cycle('o', 'e') }}{{ loop.index }}{% endfor %}'\n",
    )
    fabric = open_example("scs-lab")
    config = Renderer(template_folders([tmp_path]), lambda ref, _: str(ref)).render(
        fabric.plan, fabric.plan.switches[LEAF]
    )
    row = config.config_db["X"]["row"]
    assert row["a"] == "AB  "
    assert (row["b"], row["d"], row["f"], row["g"], row["h"]) == ("6", "   x", "56", "a,bbv", "o1e2")
    assert row["c"] == str(fabric.plan.switches[LEAF].loopback(Family.IPV4))


COMMANDS = (
    ["render"],
    ["validate", "--no-yang"],
    ["diff", "--to", "community-202505"],
    ["diff", "--matrix"],
    ["explain", LEAF, "VERSIONS"],
)


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_the_output_says_which_site_templates_take_part(command: list[str], sonicfab: Run, tmp_path: Path) -> None:
    name, *words = command
    assert "templates" not in sonicfab(name, *FILES, *words, "--limit", LEAF, cwd=tmp_path).stderr or name == "explain"
    write(tmp_path / "templates", "X:\n  row: {}\n")
    limit = [] if name == "explain" else ["--limit", LEAF]
    done = sonicfab(name, *FILES, *words, *limit, "--format", "json", cwd=tmp_path)
    assert "with this site's templates: templates/config_db/x.yml.j2\n" in done.stderr
    assert json.loads(done.stdout)["site_templates"] == ["templates/config_db/x.yml.j2"]


def test_a_folder_that_is_a_link_is_not_picked_up(sonicfab: Run, tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "templates").symlink_to("elsewhere")
    done = sonicfab("render", *FILES, cwd=tmp_path)
    assert done.returncode == 2
    assert "./templates is a link, and is not followed by itself" in done.stderr
    assert "--templates elsewhere" in done.stderr
    assert sonicfab("render", *FILES, "--templates", "elsewhere", cwd=tmp_path).returncode == 0


def test_the_folder_of_sonicfab_itself_is_no_site_folder(sonicfab: Run) -> None:
    done = sonicfab("explain", *FILES, LEAF, "VERSIONS", cwd=ROOT)
    assert done.returncode == 0
    assert "site" not in done.stderr


def test_code_of_a_merge_request_does_not_run(sonicfab: Run, tmp_path: Path) -> None:
    """As it was: ./templates, picked up by itself, ran a program."""
    write(tmp_path / "templates", "{{ cycler.__init__.__globals__.os.system('touch ran') }}")
    done = sonicfab("validate", *FILES, cwd=tmp_path)
    assert done.returncode == 2
    assert "templates/config_db/x.yml.j2:1: error: rendering" in done.stderr
    assert not (tmp_path / "ran").exists()
