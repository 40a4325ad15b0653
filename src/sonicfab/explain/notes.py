"""Templates that note down what they look at: the values of the plan and the facts behind each line that they make.

At the end of every line of text goes a mark, through includes and macros; everything that a template evaluates has a
note before it and one after it, and between the two the sandbox writes down which values were looked at.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from jinja2 import nodes, pass_context
from jinja2.runtime import Context
from jinja2.visitor import NodeTransformer

from sonicfab.sandbox import PURE_MODULES, Sandbox

OPEN, CLOSE = "\ue000", "\ue001"
"""Round the number of a mark; characters of Unicode's private use area, which no config has."""


@dataclass(frozen=True, slots=True)
class FieldRead:
    """A look at a value of the plan or the facts: the object and the name; `value` is the text that came of it."""

    of: object
    name: str
    value: str = ""


FieldReads = tuple[FieldRead, ...]


@dataclass(frozen=True, slots=True)
class TemplatePlace:
    """A place of a template: a line of text, or what it evaluates there.

    Attributes:
        reads: the `for` and `set` that have made the variables that it reads.
        within: the `if` and `for` around it, the innermost first.
    """

    template: str
    line: int
    kind: str
    reads: tuple[int, ...]
    within: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Reading:
    """How a line of the output was made.

    Attributes:
        expressions: of each expression on it, what it has looked at, and what its variables stand for.
        conditions: what each `if` that it stands in has looked at, the innermost first.
        loops: the same of each `for`, and of the calls of the macros that it is in.
        calls: where the macros were called that it is in, the innermost first.
    """

    site: TemplatePlace
    expressions: tuple[tuple[FieldReads, FieldReads], ...]
    conditions: tuple[FieldReads, ...]
    loops: tuple[FieldReads, ...]
    calls: tuple[TemplatePlace, ...]


class NotingSandbox(Sandbox):
    """The sandbox in which templates are rendered, with notes; `notes` are by the number of their mark."""

    def __init__(self, folders: Sequence[Path]) -> None:
        super().__init__(folders)
        self.notes: list[Reading] = []
        self.sites: list[TemplatePlace] = []
        self._open: list[tuple[TemplatePlace, list[FieldRead], int]] = []
        self._last: dict[int, FieldReads] = {}
        self._line: list[tuple[FieldReads, FieldReads]] = []
        for name in ("mark", "begin", "end"):
            self.filters[_PREFIX + name] = getattr(self, f"_{name}")

    def _parse(self, source: str, name: str | None, filename: str | None) -> nodes.Template:
        tree = super()._parse(source, name, filename)
        _Instrument(name or "", self.sites).visit(tree)
        return tree

    def getattr(self, obj: Any, attribute: str) -> Any:  # noqa: ANN401 - any value of a template
        """An attribute, noted down."""
        self._look(obj, attribute)
        return super().getattr(obj, attribute)

    def getitem(self, obj: Any, argument: Any) -> Any:  # noqa: ANN401
        """An item, or an attribute by a name that was worked out; noted down."""
        self._look(obj, argument)
        return super().getitem(obj, argument)

    def _look(self, obj: object, name: object) -> None:
        if self._open and isinstance(name, str) and type(obj).__module__ in PURE_MODULES:
            self._open[-1][1].append(FieldRead(obj, name))

    # pass_context: or Jinja would work them out when it compiles the template

    @pass_context
    def _begin(self, _context: Context, number: int) -> int:
        self._open.append((self.sites[number], [], len(self.notes)))
        return number

    @pass_context
    def _end(self, _context: Context, number: int, value: Any) -> Any:  # noqa: ANN401
        site, found, noted = self._open.pop()
        text = str(value) if site.kind == "expression" else ""
        own = tuple(FieldRead(one.of, one.name, text) for one in found)
        bound = tuple(FieldRead(one.of, one.name, text) for maker in site.reads for one in self._last.get(maker, ()))
        if site.kind != "expression":
            self._last[number] = own or bound
        # what has made lines of its own is no part of the next, nor is what leaves no word in the line
        elif len(self.notes) == noted and any(map(str.isalnum, text)):
            self._line.append((own, bound))
        return value

    @pass_context
    def _mark(self, _context: Context, number: int) -> str:
        calls = [site for site, _, _ in reversed(self._open)]
        around = [at for site in (self.sites[number], *calls) for at in site.within]
        conditions = [self._last.get(at, ()) for at in around if self.sites[at].kind == "if"]
        loops = [self._last.get(at, ()) for at in around if self.sites[at].kind == "for"]
        loops += [tuple(found) for _, found, _ in reversed(self._open)]
        note = Reading(self.sites[number], tuple(self._line), tuple(conditions), tuple(loops), tuple(calls))
        self.notes.append(note)
        self._line = []
        return f"{OPEN}{len(self.notes) - 1}{CLOSE}"


_PREFIX = "sonicfab."


class _Instrument(NodeTransformer):
    """Puts the marks and the notes into a template."""

    def __init__(self, template: str, sites: list[TemplatePlace]) -> None:
        self._template, self._sites = template, sites
        self._within: tuple[int, ...] = ()
        self._makers: dict[str, int] = {}
        """Variable -> the site that has made it, where the template is being visited."""

    def visit_Output(self, node: nodes.Output) -> nodes.Output:  # noqa: N802 - Jinja calls it so
        """Text and expressions."""
        made: list[nodes.Expr] = []
        for one in node.nodes:
            if isinstance(one, nodes.TemplateData):
                made += self._text(one)
            else:
                made.append(self._noted(one, "expression"))
        node.nodes = made
        return node

    def visit_If(self, node: nodes.If) -> nodes.If:  # noqa: N802
        """What is in it stands under its condition, also what its `elif` and `else` hold."""
        outer = self._within
        node.test = self._noted(node.test, "if", inside=True)
        self.generic_visit(node)
        self._within = outer
        return node

    def visit_For(self, node: nodes.For) -> nodes.For:  # noqa: N802
        """Its variables stand for what it goes through."""
        outer, makers = self._within, self._makers
        node.iter = self._noted(node.iter, "for", inside=True)
        self._makers = {**makers, **dict.fromkeys(_names(node.target), len(self._sites) - 1)}
        if node.test is not None:
            node.test = self._noted(node.test, "if", inside=True)
        self.generic_visit(node)
        self._within, self._makers = outer, makers
        return node

    def visit_Assign(self, node: nodes.Assign) -> nodes.Assign:  # noqa: N802
        """Its variable stands for what it was worked out of."""
        node.node = self._noted(node.node, "set")
        self._makers.update(dict.fromkeys(_names(node.target), len(self._sites) - 1))
        return node

    def visit_Macro(self, node: nodes.Macro) -> nodes.Macro:  # noqa: N802
        """What stands round a macro is not what stands round its call, and its arguments are nobody's."""
        outer, makers = self._within, self._makers
        names = {name for one in node.args for name in _names(one)}
        self._within, self._makers = (), {name: site for name, site in makers.items() if name not in names}
        self.generic_visit(node)
        self._within, self._makers = outer, makers
        return node

    def _text(self, data: nodes.TemplateData) -> Iterator[nodes.Expr]:
        *ended, rest = data.data.split("\n")
        for line, text in enumerate(ended, data.lineno):
            yield nodes.TemplateData(text, lineno=line)
            yield _filter("mark", self._site(line, "line"), [], line)
            yield nodes.TemplateData("\n", lineno=line)
        if rest:
            yield nodes.TemplateData(rest, lineno=data.lineno + len(ended))

    def _noted(self, node: nodes.Node, kind: str, *, inside: bool = False) -> nodes.Expr:
        reads = tuple(dict.fromkeys(self._makers[name] for name in _names(node) if name in self._makers))
        site = self._site(node.lineno, kind, reads)
        if inside:
            self._within = (len(self._sites) - 1, *self._within)
        # Python evaluates arguments in their order: the beginning is noted before what stands between
        return _filter("end", _filter("begin", site, [], node.lineno), [cast("nodes.Expr", node)], node.lineno)

    def _site(self, line: int, kind: str, reads: tuple[int, ...] = ()) -> nodes.Const:
        self._sites.append(TemplatePlace(self._template, line, kind, reads, self._within))
        return nodes.Const(len(self._sites) - 1, lineno=line)


def _names(node: nodes.Node) -> tuple[str, ...]:
    own = [node] if isinstance(node, nodes.Name) else []
    return tuple(dict.fromkeys(one.name for one in (*own, *node.find_all(nodes.Name))))


def _filter(name: str, node: nodes.Expr, args: list[nodes.Expr], line: int) -> nodes.Filter:
    return nodes.Filter(node, _PREFIX + name, args, [], None, None, lineno=line)
