"""What is written is the same to the byte whatever seed Python's hashes have: no order comes from a set."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from conftest import EXAMPLES, ROOT, example_files
from labs import LEAF1
from test_schema import OWN_MODEL

SEEDS = ("1", "2", "3")
MORE_MODEL = """
module sonic-{name} {{
  namespace "urn:example:sonic-{name}";
  prefix {name};
  import sonic-rack {{ prefix rack; }}
  revision 2026-01-01;
  augment "/rack:sonic-rack/rack:RACK/rack:RACK_LIST" {{ leaf {name} {{ type string {{ length "1..{length}"; }} }} }}
  container sonic-{name} {{
    container {upper} {{
      list {upper}_LIST {{ key "name"; leaf name {{ type string {{ pattern "{name}[0-9]+"; }} }} }}
    }}
  }}
}}
"""

DRIVER = """
import contextlib, io, os, sys
from pathlib import Path
from sonicfab.cli.app import app

out = Path(sys.argv[1])
for number, line in enumerate(sys.stdin.read().splitlines()):
    said, wrong = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(said), contextlib.redirect_stderr(wrong), contextlib.suppress(SystemExit):
        app(line.split(), prog_name="sonicfab")
    (out / f"{number:02} {line.split()[0]}").write_text(f"{line}\\n{said.getvalue()}{wrong.getvalue()}")
"""


def commands(folder: Path) -> list[str]:
    """A command of each kind that makes something of files; the words of one have no blanks in them."""
    found = ["builds list", "builds show edgecore-202211", "schema inventory", "schema topology", "explain-code SF-402"]
    found += [
        "init started",
        *(f"builds show {build} --format json" for build in ("community-202505", "edgecore-202111")),
    ]
    for inventory in EXAMPLES:
        files = " ".join(example_files(inventory))
        found += [
            f"render {files} -o build",
            f"render {files} -o build.json --format json",
            *(f"validate {files} --format {kind}" for kind in ("table", "json", "sarif")),
            f"diff {files} --matrix",
            f"diff {files} --matrix --format json",
            f"lab render {files} -o clab --kind light",
            f"lab render {files} -o clab-vm --kind sonic-vm",
        ]
    files = " ".join(example_files("scs-lab"))
    for subject in ("PORT Ethernet76 fec", "DEVICE_METADATA", "frr router-id"):
        found += [f"explain {files} {LEAF1} {subject}{kind}" for kind in ("", " --format json")]
    found += [
        f"diff {files} --from community-202305 --to community-202505 --format {one}" for one in ("table", "markdown")
    ]
    for case in ("everything-at-once", "duplicate-asn", "duplicate-mac"):
        for path in (ROOT / "tests" / "errors" / case).glob("*.yml"):
            base = ROOT / "tests" / "errors" / "base"
            other = {
                one: path.parent / one if (path.parent / one).exists() else base / one
                for one in ("inventory.yml", "topology.yml")
            }
            found += [f"render -i {other['inventory.yml']} -t {other['topology.yml']} -o bad"]
    return found


def run(seed: str, script: str, folder: Path, *arguments: object, said: str = "") -> None:
    folder.mkdir(exist_ok=True)
    done = subprocess.run(
        [sys.executable, "-c", script, *map(str, arguments)],
        cwd=folder,
        env={
            **os.environ,
            "PYTHONHASHSEED": seed,
            "XDG_CACHE_HOME": str(folder.parent / f"cache{seed}"),
            "COLUMNS": "100",
        },
        input=said,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr


def written(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


def test_what_is_made_of_files(tmp_path: Path) -> None:
    lines = commands(tmp_path)
    for seed in SEEDS[:2]:
        run(seed, DRIVER, tmp_path / seed, ".", said="\n".join(lines))
    one, two = (written(tmp_path / seed) for seed in SEEDS[:2])
    assert len(one) > len(lines), "files are among it"
    assert one.keys() == two.keys()
    assert [name for name in one if one[name] != two[name]] == []
    refused = [name for name, text in one.items() if b"Usage: " in text or b"internal error" in text]
    assert refused == [], "each command is one"


FACTS = """
import sys
from pathlib import Path
from sonicfab.schema.generate import dumps, facts_of, merge
from sonicfab.schema.models import compile_models

Path("facts.json").write_text(dumps(merge({"own": facts_of(compile_models(Path(sys.argv[1])))})))
"""


def test_the_facts_of_models(tmp_path: Path) -> None:
    models = tmp_path / "models"
    models.mkdir()
    (models / "sonic-rack.yang").write_text(OWN_MODEL)
    for number, name in enumerate(("alpha", "beta", "gamma", "delta", "epsilon", "zeta")):
        text = MORE_MODEL.format(name=name, upper=name.upper(), length=number + 2)
        (models / f"sonic-{name}.yang").write_text(text)
    for seed in SEEDS:
        run(seed, FACTS, tmp_path / seed, models)
    assert len({(tmp_path / seed / "facts.json").read_bytes() for seed in SEEDS}) == 1
