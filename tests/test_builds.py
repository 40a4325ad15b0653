"""What is known of the image builds, and `sonicfab builds`."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import asdict, fields
from pathlib import Path

import pytest

from conftest import ROOT, Golden, Run, with_rows
from known import PLATFORMS, get_build, get_platform, platform_names
from sonicfab.builds import Build, Frrcfgd, fact_texts
from sonicfab.datafiles import fact_names
from sonicfab.ports import defects_on, unfit_for

NO_FACTS = {"name", "vendor", "follows", "defects", "sources", "ports", "yang"}
"""What a build is called, and what is told in another way than by a title and a value."""
MAY_BE_EMPTY = {"platform_modules", "port_defaults", "unfit_platforms"}  # an image may carry none
SHIPPED = fact_names("builds")
COMMUNITY = [name for name in SHIPPED if name.startswith("community-")]


def values(name: str) -> dict[str, object]:
    build = get_build(name)
    return {fact: getattr(build, fact) for fact in fact_texts()}


def test_every_fact_has_a_text() -> None:
    assert set(fact_texts()) == {field.name for field in fields(Build)} - NO_FACTS


@pytest.mark.parametrize("fact", fact_texts())
def test_a_text_is_one_sentence_for_any_two_builds(fact: str) -> None:
    text = fact_texts()[fact]
    assert text.title
    assert not re.search(r"20\d\d\d\d|community|edgecore", text.consequence), "it must be true for any two values"
    assert text.consequence[-1] not in ".!?"
    assert ". " not in text.consequence
    assert text.source.count("{branch}") == 1


@pytest.mark.parametrize("name", COMMUNITY)
def test_a_community_build_lacks_no_fact(name: str) -> None:
    for fact, value in values(name).items():
        assert fact in MAY_BE_EMPTY or value not in ("", (), {}), fact
        assert re.search(r"\d{6}|trixie", get_build(name).source(fact)), f"{fact} has no source"


@pytest.mark.parametrize("name", SHIPPED)
def test_whatever_is_known_has_a_source(name: str) -> None:
    build = get_build(name)
    assert set(build.sources) <= set(fact_texts())
    for fact, value in values(name).items():
        assert build.source(fact) or value in ("", (), {}, None), f"{fact} has a value and no source"
    for defect in defects_on(build, map(get_platform, platform_names())):
        assert all((defect.what, defect.consequence, defect.source))
        assert set(defect.platforms) <= set(platform_names())


def test_builds_of_a_vendor_form_a_chain() -> None:
    for vendor in {get_build(name).vendor for name in SHIPPED}:
        own = [get_build(name) for name in SHIPPED if get_build(name).vendor == vendor]
        assert sorted(build.follows for build in own) == ["", *sorted(build.name for build in own)[:-1]]


def test_only_new_community_builds_check_a_file_and_add_to_ports() -> None:
    """sonic-utilities config/main.py and scripts/db_migrator.py: both began with branch 202505."""
    strict = {name for name in SHIPPED if get_build(name).reload_checks_yang == "always"}
    assert strict == set(COMMUNITY[COMMUNITY.index("community-202505") :])
    assert strict == {name for name in SHIPPED if get_build(name).port_defaults == {"dhcp_rate_limit": "300"}}


# sonicfab builds


def test_list(sonicfab: Run) -> None:
    done = sonicfab("builds", "list")
    assert done.returncode == 0, done.stderr
    assert all(len(line) <= 100 for line in done.stdout.splitlines())
    rows = {line.split()[0]: line.split() for line in done.stdout.splitlines() if line.startswith((" comm", " edge"))}
    assert list(rows) == list(SHIPPED)
    assert rows["community-202511"] == [
        *("community-202511", "community", "10.4.1", "trixie", "202511_01", "split-unified", "yes", "as4630-54te")
    ]
    assert rows["edgecore-202111"] == ["edgecore-202111", "edgecore", "8.1", "bullseye", "2_0_4", "split", "no"]


def test_list_for_programs(sonicfab: Run) -> None:
    value = json.loads(sonicfab("builds", "list", "--format", "json").stdout)
    assert value["format_version"] == 1
    builds = {build["name"]: build for build in value["builds"]}
    assert set(SHIPPED) <= set(builds)
    shown = json.loads(sonicfab("builds", "show", "edgecore-202211", "--format", "json").stdout)
    assert shown == {"format_version": 1, "build": builds["edgecore-202211"]}


@pytest.mark.parametrize("name", SHIPPED)
def test_show_tells_everything(name: str, sonicfab: Run) -> None:
    build = get_build(name)
    done = sonicfab("builds", "show", name)
    assert done.returncode == 0, done.stderr
    assert all(len(line) <= 100 for line in done.stdout.splitlines())
    told = " ".join(done.stdout.split())
    for fact, text in fact_texts().items():
        assert text.title in told
        assert " ".join(build.source(fact).split()) in told
    for defect in defects_on(build, PLATFORMS):
        assert all(" ".join(words.split()) in told for words in (defect.what, defect.consequence, defect.source))
    reasons = [unfit_for(one, build) for one in PLATFORMS]
    assert all(reason in told for reason in reasons if reason)
    assert ("YANG models not known" in told) == (build.vendor == "edgecore")


def test_show_for_programs_is_complete(sonicfab: Run) -> None:
    value = json.loads(sonicfab("builds", "show", "community-202511", "--format", "json").stdout)["build"]
    build = get_build("community-202511")
    for fact in fact_texts():
        told = getattr(build, fact)
        told = json.loads(json.dumps(asdict(told))) if isinstance(told, Frrcfgd) else told
        plain = dict(told) if isinstance(told, Mapping) else list(told) if isinstance(told, tuple) else told
        assert value["facts"][fact]["value"] == plain
        assert value["facts"][fact]["source"] == build.source(fact)
    assert (value["name"], value["vendor"], value["follows"]) == (build.name, "community", "community-202505")
    assert value["yang"] == {"from": "built in", "schema": "202511", "folder": None}
    assert [defect["what"] for defect in value["defects"]] == [defect.what for defect in defects_on(build, PLATFORMS)]
    leaf = value["platforms"]["as7326-56x"]
    assert (leaf["works"], leaf["ports"], leaf["first_alias"]) == (False, 56, "twentyfiveGigE1")
    assert leaf["reason"] == unfit_for(get_platform("as7326-56x"), build)


def test_what_is_not_known_is_null(sonicfab: Run) -> None:
    value = json.loads(sonicfab("builds", "show", "edgecore-202111", "--format", "json").stdout)["build"]
    assert value["yang"] == {"from": None, "schema": None, "folder": None}
    assert value["facts"]["schema"]["value"] is None
    assert value["facts"]["schema"]["source"] is None
    assert value["facts"]["frr_start_lines"]["value"] == []
    assert value["follows"] is None


def test_an_unknown_build_is_bad_input(sonicfab: Run) -> None:
    done = sonicfab("builds", "show", "comunity-202411")
    assert done.returncode == 2
    assert "error: comunity-202411: no such image build\n" in done.stderr
    assert "hint: did you mean 'community-202411'?" in done.stderr


def test_a_learned_build_counts_like_the_others(sonicfab: Run, tmp_path: Path) -> None:
    """Its ports and YANG models are its own; what nobody has said of it is not known, and a model may be missing."""
    profile = {
        "name": "site-a",
        "vendor": "site",
        "port_table": "",
        "identified_by": {"build_version": "site-a.7"},
        "database_version": "version_202411_02",
        "routing_config_mode": "split-unified",
        "frr_start_lines": [],
        "bfd_needs_mgmt_framework": True,
        "ports": {"Accton-AS7326-56X": {"Ethernet0": {"lanes": "3", "alias": "Eth1", "index": "1", "speed": "25000"}}},
    }
    folder = tmp_path / "builds" / "site-a"
    (folder / "yang").mkdir(parents=True)
    (folder / "build.yml").write_text(json.dumps(profile))
    listed = sonicfab("builds", "list", SONICFAB_DATA=str(tmp_path)).stdout
    told = r"site-a\n +vendor +site\n +DB version +202411_02\n +routing mode +split-unified\n +YANG +learned"
    assert re.search(told, listed)  # row by row: with one more word it is too wide for a table
    names = re.search(r"^( +cannot run on +)as4630-54te\n( +)as5835-54x$", listed, re.MULTILINE)
    assert names, "each line of a cell stands below the first"
    assert len(names[1]) == len(names[2])
    shown = sonicfab("builds", "show", "site-a", SONICFAB_DATA=str(tmp_path)).stdout
    assert re.search(r"FRR +not known", shown)
    assert "as7326-56x: 1 port, Eth1 to Eth1" in shown
    assert "as7726-32x: its ports are not known for this build" in shown
    value = json.loads(sonicfab("builds", "show", "site-a", "--format", "json", SONICFAB_DATA=str(tmp_path)).stdout)
    assert value["build"]["yang"] == {"from": "learned", "schema": None, "folder": str(folder / "yang")}
    (folder / "build.yml").write_text("name: site-a\n")
    broken = sonicfab("builds", "list", SONICFAB_DATA=str(tmp_path))
    assert broken.returncode == 2
    assert "not a build profile" in broken.stderr


# docs/builds.md


def test_the_table_in_the_docs_is_that_of_the_data(golden: Golden) -> None:
    page = ROOT / "docs" / "builds.md"
    golden(page, with_rows(page, "build", [docs_row(get_build(name)) for name in SHIPPED]))


def docs_row(build: Build) -> str:
    cells = (
        build.name,
        build.frr,
        build.debian,
        build.database_version,
        f"`{build.routing_config_mode}`",
        build.ntp_daemon,
        build.reload_checks_yang,
        build.schema or "not known",
        ", ".join(one.name for one in PLATFORMS if unfit_for(one, build)) or "-",
    )
    return f"| {' | '.join(cells)} |"


def test_what_speaks_for_a_build_and_against_it(sonicfab: Run) -> None:
    told = json.loads(sonicfab("builds", "choose", "as7326-56x", "--format", "json").stdout)
    found = {one["build"]: one for one in told["builds"]}
    assert set(found) == set(fact_names("builds"))
    assert found["community-202511"]["runs"] is False
    assert told["builds"][-1]["build"] == "community-202511", "what cannot run comes last"
    against = [one["text"] for one in found["edgecore-202111"]["points"] if not one["good"]]
    assert "its YANG models are not public: `validate` goes by those of the nearest build" in against
    said = sonicfab("builds", "choose", "as7326-56x").stdout
    assert said.count("BFD runs only with the management framework") == 1, "what all have is told once"
    assert "  + several switches can share the gateway of a network" in said
    assert "did you mean 'as7326-56x'" in sonicfab("builds", "choose", "as7326-65x").stderr
