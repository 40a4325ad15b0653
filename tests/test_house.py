"""The rules of the house: imports point down, modules stay small, who prints and who reaches out."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

SRC = Path(__file__).parents[1] / "src" / "sonicfab"

LAYERS = (  # low to high; modules of one line do not import each other
    {"errors", "asn", "ipam", "hints", "datafiles", "yamltext"},
    {"configdb", "frrconf", "document", "platforms", "builds", "model.fields", "runner", "transport"},
    {"frrdelta.kinds", "frrdelta.lists", "frrdelta.tree", "frrdelta.types"},
    {"frrdelta.changes", "frrdelta.peers"},
    {"frrdelta.merge"},
    {"frrdelta.bgp"},
    {"frrdelta.effects", "frrdelta.refusals"},
    {"frrdelta.compute"},
    {"ports", "schema.facts", "schema.models", "validate.codes", "validate.libyang_child"},
    {"schema.generate", "validate.findings"},
    {"validate.conditions", "validate.reading", "validate.translate"},
    {"validate.tree"},
    {"validate.bgp", "validate.device", "validate.interfaces", "validate.schema", "validate.vtysh", "validate.yang"},
    {"validate.frr", "validate.libyang", "validate.links"},
    {"validate.run"},
    {"model.inventory", "model.topology", "transport.exec", "output"},
    {"transport.ssh"},
    {"model.numbers"},
    {"load", "plan.types"},
    {"plan.settings", "plan.numbers", "plan.dump"},
    {"plan.cabling"},
    {"plan.sessions"},
    {"plan.assemble"},
    {
        "render",
        "switch.answers",
        "switch.ask",
        "switch.commands",
        "switch.parse",
        "switch.patching",
        "push.patch_rules",
    },
    {"push.patch", "switch.databases", "switch.kernel", "switch.lldp", "switch.parse_state"},
    {"learn.image", "learn.portconfig", "learn.tree"},
    {"learn.findings", "learn.schema", "learn.yang"},
    {"lab.container", "lab.hosts"},
    {
        "switch.operations",
        "fabric",
        "validate.subjects",
        "verify.paths",
        "verify.results",
        "lab.spec",
        "lab.state",
        "lab.stock",
    },
    {"verify.expect", "verify.wiring"},
    {"verify.checks.base", "verify.checks.questions"},
    {
        "verify.checks.bgp",
        "verify.checks.config",
        "verify.checks.interfaces",
        "verify.checks.lldp",
        "verify.checks.ping",
        "verify.checks.routes",
        "verify.checks.system",
    },
    {"verify.registry", "verify.explain.base"},
    {
        "verify.explain.cables",
        "verify.explain.configs",
        "verify.explain.consequences",
        "verify.explain.daemons",
        "verify.explain.ports",
        "verify.explain.reach",
        "verify.explain.routes",
        "verify.explain.sessions",
    },
    {"verify.explain.run"},
    {
        "learn.folder",
        "learn.profile",
        "switch.guard",
        "switch.queries",
        "napalm.errors",
        "napalm.names",
        "napalm.bgpconfig",
    },
    {
        "napalm.bgp",
        "napalm.configtext",
        "napalm.hardware",
        "napalm.interfaces",
        "napalm.neighbors",
        "napalm.probes",
        "napalm.routes",
        "napalm.services",
    },
    {"lab.files", "lab.clabfile", "lab.docker"},
    {"access", "learn.switch", "lab.seed", "push.comparison", "push.journal"},
    {
        "push.batches",
        "push.drain",
        "push.gate",
        "push.ways",
        "napalm.candidate",
        "verify.run",
        "lab.netns",
        "lab.doctor",
        "lab.clab",
        "lab.image",
        "lab.gate",
        "lab.inside",
        "lab.requests",
    },
    {"verify.snapshot"},
    {"push.change", "push.refusals", "lab.keeper", "lab.control", "lab.faults_base", "lab.logs", "lab.save"},
    {"push.run", "push.settle", "lab.faults_cables", "lab.faults_config", "lab.faults_switches"},
    {"napalm.session"},
    {"napalm.driver"},
    {"lab.faults"},
    {"compare.differences", "compare.notes"},
    {"compare.grouping", "compare.reasons", "compare.image", "compare.schema"},
    {"compare.builds", "compare.folders", "compare.live"},
    {"compare.matrix", "explain.inputs", "explain.trace"},
    {"explain.lines", "explain.tables"},
    {"explain.answer"},
    {"report.console"},
    {"report.findings", "report.lab_faults"},
    {
        "report.build",
        "report.builds",
        "report.ci",
        "report.diff",
        "report.explain",
        "report.lab",
        "report.learn",
        "report.progress",
        "report.validate",
        "report.verify",
    },
    {"report.diffjson", "report.markdown", "report.push", "report.watch"},
    {"cli.complete"},
    {"cli.options"},
    {"cli.lab_use", "cli.push_run"},
    {"cli.lab_faults"},
    {
        "cli.builds_learn",
        "cli.explain",
        "cli.files",
        "cli.lab_clab",
        "cli.push",
        "cli.render",
        "cli.validate",
        "cli.verify",
    },
    {"cli.builds", "cli.ci", "cli.diff", "cli.lab", "cli.rollback"},
    {"cli.app"},
    {"__main__"},
)
RANK = {name: rank for rank, names in enumerate(LAYERS) for name in names}

LAB_LAYERS = (  # what runs inside a lab switch stands alone
    {"paths", "db", "log"},
    {"kernel", "bgpcfg", "counters", "units"},
    {"cfggen"},
    {"services", "dbcli", "dbdump", "show"},
    {"gcu"},
    {"config", "systemctl", "systemdrun"},
    {"boot"},
    {"__main__"},
)
LAB_RANK = {name: rank for rank, names in enumerate(LAB_LAYERS) for name in names}


def module_name(path: Path) -> str:
    parts = path.relative_to(SRC).with_suffix("").parts
    return ".".join(part for part in parts if part != "__init__") or "sonicfab"


MODULES = sorted(SRC.rglob("*.py"))
NAMES = {module_name(path) for path in MODULES}
MAX_LINES = 500
MAX_FUNCTION_LINES = 60

MAY_PRINT = ("report.", "cli.", "lab.sonic.")
MAY_START_PROCESSES = ("transport.exec", "lab.", "cli.lab", "cli.ci", "validate.libyang", "validate.vtysh")
MAY_OPEN_SOCKETS = ("transport.ssh", "lab.gate", "lab.requests")
MAY_READ_ENVIRONMENT = ("load", "builds", "schema.models", "cli.", "lab.")  # where learned builds and caches are


def imports(tree: ast.AST) -> Iterator[tuple[str, int]]:
    """(module below sonicfab, line) of every import, also those inside functions."""
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom):
            assert not node.level, f"line {node.lineno}: a relative import"
            module = node.module or ""
            if module == "sonicfab" or module.startswith("sonicfab."):
                base = module.removeprefix("sonicfab").lstrip(".")
                for alias in node.names:
                    full = f"{base}.{alias.name}".lstrip(".")
                    yield (full if full in NAMES else base), node.lineno
        elif isinstance(node, ast.Import):
            for alias in node.names:
                if alias.name.startswith("sonicfab."):
                    yield alias.name.removeprefix("sonicfab."), node.lineno


@pytest.mark.parametrize("path", MODULES, ids=module_name)
def test_imports_point_down(path: Path) -> None:
    name = module_name(path)
    found = {
        (module, line) for module, line in imports(ast.parse(path.read_text())) if module and module != "__version__"
    }
    if path.name == "__init__.py" and name not in RANK:
        assert not found, f"{name}: a package file imports nothing"
        return
    if name.startswith("lab.sonic."):
        own = name.removeprefix("lab.sonic.")
        for module, line in found:
            assert module == "lab.sonic" or module.startswith("lab.sonic."), f"{name}:{line} is not alone: {module}"
            target = module.removeprefix("lab.sonic").lstrip(".")
            if target:
                assert LAB_RANK[target] < LAB_RANK[own], f"{name}:{line} imports {target} from its own layer or above"
        return
    assert name in RANK, f"{name} has no layer: add it to LAYERS"
    for module, line in found:
        if module == "lab.sonic.__main__":
            assert name == "lab.files"  # the list of its programs
            continue
        assert module in RANK, f"{name}:{line} imports {module}, which has no layer"
        assert RANK[module] < RANK[name], f"{name}:{line} imports {module} from its own layer or above"


def test_every_layer_has_its_modules() -> None:
    assert set(RANK) <= NAMES
    assert {f"lab.sonic.{name}" for name in LAB_RANK} <= NAMES


@pytest.mark.parametrize("path", sorted([*MODULES, *Path(__file__).parent.rglob("*.py")]), ids=lambda path: path.name)
def test_modules_and_functions_stay_small(path: Path) -> None:
    text = path.read_text()
    assert len(text.splitlines()) <= MAX_LINES, f"{path} is longer than {MAX_LINES} lines: split it by subject"
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            lines = (node.end_lineno or node.lineno) - node.lineno + 1
            assert lines <= MAX_FUNCTION_LINES, f"{path.name}: {node.name} has {lines} lines"


def calls(tree: ast.AST) -> Iterator[tuple[str, int]]:
    """(dotted name, line) of every call."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            yield ast.unparse(node.func), node.lineno


@pytest.mark.parametrize("path", MODULES, ids=module_name)
def test_who_reaches_out(path: Path) -> None:
    """Only some print, start processes, open sockets or read the environment; the rest is pure."""
    name = module_name(path)
    tree = ast.parse(path.read_text())
    rules = (
        (("print", "typer.echo", "typer.secho", "sys.stdout.write"), (*MAY_PRINT, "lab.keeper")),
        (("subprocess.run", "subprocess.Popen", "os.system"), MAY_START_PROCESSES),
        (("socket.socket", "socket.create_connection"), MAY_OPEN_SOCKETS),
        (("os.environ.get", "os.getenv"), MAY_READ_ENVIRONMENT),
    )
    for called, line in calls(tree):
        for functions, allowed in rules:
            if called in functions:
                assert name.startswith(allowed), f"{name}:{line} calls {called}"


def test_no_heavy_import_for_help() -> None:
    """`sonicfab --help` must not load what only a command needs."""
    import subprocess
    import sys

    code = "import sys; from sonicfab.cli.app import app; print(*sorted(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    loaded = set(done.stdout.split())
    assert not loaded & {"pydantic", "jinja2", "netmiko", "paramiko", "napalm", "yaml", "rich.table"}
