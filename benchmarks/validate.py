"""What validation costs: by the built-in facts for a thousand switches, and one 56-port leaf by each engine.

The fabric is that of benchmarks/scale.py; rendering it is the floor, since nothing can be validated before. The YANG
models are a folder with one folder of models for each build, such as `sonicfab builds learn` or the images have.
"""

from __future__ import annotations

import argparse
import dataclasses
import json
import subprocess
import sys
import tempfile
from pathlib import Path

from measure import cost
from scale import LEAVES, SPINES, write_inputs
from sonicfab.catalog import Catalog
from sonicfab.fabric import open_fabric, render_fabric
from sonicfab.validate.libyang import libyang_folder

_RENDER = """
import gc, sys, pathlib
gc.set_threshold(10_000)
from sonicfab.fabric import open_fabric, render_fabric
from sonicfab.validate.run import Validator
from sonicfab.validate.subjects import of_fabric
fabric = open_fabric(*map(pathlib.Path, sys.argv[1:3]))
configs = list(render_fabric(fabric, fabric.plan.switches.values()))
"""
_VALIDATE = f"""{_RENDER}
result = Validator(vtysh=False, models=False).validate(*of_fabric(fabric.plan, configs))
assert not result.findings, result.findings[0]
"""
_ENGINE = """
import json, sys, pathlib, resource, time
from sonicfab.schema.facts import builtin
from sonicfab.validate.libyang import LibyangCheck
from sonicfab.validate.schema import SchemaCheck
from sonicfab.validate.yang import YangCheck
engine, folder, path, count = sys.argv[1], pathlib.Path(sys.argv[2]), sys.argv[3], int(sys.argv[4])
config, schema = json.loads(pathlib.Path(path).read_text()), builtin(folder.name)
def spent():
    both = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(one.ru_utime + one.ru_stime for one in both), max(one.ru_maxrss for one in both) / 1024
def run(number):
    before, _ = spent()
    check = {"facts": lambda: SchemaCheck(schema), "yangson": lambda: YangCheck(folder, schema),
             "libyang": lambda: LibyangCheck(folder, schema)}[engine]()
    for _ in range(number):
        assert not check.check(config)
    assert getattr(check, "engine", engine) == engine
    if engine == "libyang":
        check.close()  # a process's cost is known when it has ended
    return spent()[0] - before
run(1)  # yangson keeps what it compiled
first = run(1)
print(json.dumps([first, (run(count + 1) - first) / count, spent()[1]]))
"""
CONFIGS = 20


def thousand(folder: Path, pods: int) -> None:
    """By the built-in facts, beside rendering alone."""
    inputs = [str(path) for path in write_inputs(folder, pods)]
    render, both = (cost([sys.executable, "-c", text, *inputs], folder, runs=3) for text in (_RENDER, _VALIDATE))
    own = both.cpu - render.cpu
    switches = pods * (SPINES + LEAVES)
    print(f"{switches:>8} {render.cpu:>10.2f} {own:>10.2f} {own / render.cpu:>7.1f} {both.peak:>7.0f}")


def engines(folder: Path, yang: Path) -> None:
    """One leaf of 56 ports by each engine, for each build whose models are there."""
    fabric = open_fabric(*write_inputs(folder, 1))
    one = fabric.plan.switches["p0-leaf0"]
    for models in sorted(path for path in yang.iterdir() if path.is_dir()):
        # also for builds that this platform cannot run: their models accept it
        (leaf,) = render_fabric(
            fabric, [dataclasses.replace(one, build=Catalog.load().builds[f"community-{models.name}"])]
        )
        path = folder / "config_db.json"
        path.write_text(json.dumps(leaf.config_db))
        for engine in ("facts", "yangson", *(["libyang"] if libyang_folder() else [])):
            command = [sys.executable, "-c", _ENGINE, engine, str(models), str(path), str(CONFIGS)]
            done = subprocess.run(command, capture_output=True, text=True, check=True)
            first, each, peak = json.loads(done.stdout)
            print(f"{models.name:10} {engine:8} {first:>8.2f} {each * 1000:>9.1f} {peak:>7.0f}")


def main() -> None:
    """Measure, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pods", type=int, nargs="+", default=[5, 25], help="pods of 40 switches")
    parser.add_argument(
        "--yang-dir", type=Path, help="a folder with YANG models for each build, named 202411 and so on"
    )
    options = parser.parse_args()
    print("the built-in facts and rules, CPU seconds; MB is the peak of both")
    print("switches     render   validate   ratio      MB")
    for pods in options.pods:
        with tempfile.TemporaryDirectory() as folder:
            thousand(Path(folder), pods)
    if options.yang_dir is None:
        print("the engines: not measured, give --yang-dir")
        return
    print("a leaf of 56 ports; MB is the peak of the larger process")
    print("models     engine    first s   ms each      MB")
    with tempfile.TemporaryDirectory() as folder:
        engines(Path(folder), options.yang_dir)


if __name__ == "__main__":
    main()
