"""Where templates run: they see the plan and the facts, and reach nothing else of the machine.

A site's templates come with its files, so a merge request may bring them: they must not be able to run code, to read
files, or to take all time and memory of the machine that renders them.
"""

from __future__ import annotations

import ipaddress
import json
import pickle
import re
import resource
import signal
import sys
import threading
import types
from collections.abc import Callable, Iterator, MutableMapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import fields, is_dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

import jinja2
from jinja2.bccache import Bucket
from jinja2.exceptions import SecurityError
from jinja2.loaders import split_template_path
from jinja2.runtime import Context, Macro
from jinja2.sandbox import ImmutableSandboxedEnvironment, modifies_known_mutable

from sonicfab.caches import cache_file, keep, kept
from sonicfab.hints import did_you_mean
from sonicfab.ipam import TEXT_OF

MAX_SECONDS = 20.0
"""Of the processor, for all files of one switch; the built-in templates take a few thousandths."""
MAX_MEMORY = 1 << 30
"""Bytes that rendering one switch may add to the process."""
MAX_TEMPLATE = 1 << 20
"""Bytes of a template's file."""
MAX_TEXT = 10_000_000
"""Characters, or entries, that an operator may make at once."""
MAX_NUMBER = 1 << 128
"""No address, AS number or counter of a network is larger."""

_PURE_TYPES = (str, int, float, bool, list, tuple, dict, set, frozenset, types.MappingProxyType)
"""Their methods compute, and do nothing else; those that change a value are refused by Jinja's immutable sandbox."""
PURE_MODULES = frozenset(
    f"sonicfab.{name}"
    for name in (
        *("plan.types", "plan.bgp", "plan.options", "plan.interfaces", "plan.services", "plan.bundles", "plan.vlans"),
        *("plan.management", "plan.outside", "model.policies"),
        *("platforms", "builds", "asn", "families", "roles"),
    )
)
"""The plan and the facts: frozen dataclasses, whose methods compute."""


class TemplateLimitError(jinja2.TemplateRuntimeError):
    """A template takes more than it may."""


class Hinted(str):
    """A message with what may have been meant."""

    hint: str = ""


class UnknownName(jinja2.StrictUndefined):
    """A name that a value of the plan or the facts has not: an error where it is used, with the nearest that it has."""

    @property
    def _undefined_message(self) -> str:
        said = Hinted(super()._undefined_message)
        kind = type(self._undefined_obj)
        if kind.__module__ in PURE_MODULES and isinstance(self._undefined_name, str):
            said.hint = _meant(self._undefined_obj, self._undefined_name)
        elif isinstance(self._undefined_obj, str):
            said.hint = (
                "it is text; a loop over a mapping gives names: `for one in NAMES.values()` gives what they name"
            )
        return said


def _meant(of: object, word: str) -> str:
    """What a name that a value has not may have meant: that of plan.json, one of a value in it, or the nearest."""
    kind = type(of)
    for name, in_file in getattr(kind, "__file_names__", {}).items():
        if in_file == word:
            return f"did you mean '{name}'? plan.json calls it '{word}'"
    for one in fields(of) if is_dataclass(of) else ():
        part = getattr(of, one.name)
        if type(part).__module__ in PURE_MODULES and hasattr(part, word):
            return f"did you mean '{one.name}.{word}'?"
        for inner in part[:1] if isinstance(part, tuple) else ():
            if type(inner).__module__ in PURE_MODULES and hasattr(inner, word):
                return f"each of '{one.name}' has '{word}'"
    return did_you_mean(word, (name for name in dir(kind) if not name.startswith("_")))


_PLAIN = frozenset({str, int})
"""Most of what expressions write."""


def _text_of(value: object) -> object:
    """What an expression writes: one part of a value of the plan, never all of it."""
    if type(value) in _PLAIN:
        return value
    if type(value).__str__ is object.__str__ and is_dataclass(value):
        message = Hinted(f"a {type(value).__name__} is no text for a config")
        message.hint = f"write one of its parts: {', '.join(one.name for one in fields(value))}"
        raise jinja2.TemplateRuntimeError(message)
    write = TEXT_OF.get(type(value))
    return write(value) if write else value


_PAIR = re.compile(r"\\\\|\\u(d[89ab]..)\\u(d[c-f]..)")


def _yaml_string(value: object, **options: Any) -> str:  # noqa: ANN401 - options of json.dumps
    """The value as JSON that is YAML, too, which has no surrogates: JSON writes all above U+FFFF as pairs of them."""
    return _PAIR.sub(_character, json.dumps(value, **options))


def _character(pair: re.Match[str]) -> str:
    if not pair[1]:
        return pair[0]  # a backslash as text
    high, low = (int(half, 16) for half in pair.groups())
    return f"\\U{0x10000 + ((high - 0xD800) << 10) + low - 0xDC00:08x}"


class Sandbox(ImmutableSandboxedEnvironment):
    """Jinja's immutable sandbox, with less to call: what is not known to be harmless is refused.

    Jinja's own rule allows every method whose name has no underscore in front. One of a `pathlib.Path`, such as that
    of a learned build's YANG models, would read and write files.
    """

    intercepted_binops = frozenset({"*", "**", "%", "+"})

    def __init__(self, folders: Sequence[Path]) -> None:
        loader = FolderLoader(folders)
        super().__init__(
            loader=loader,
            undefined=UnknownName,
            finalize=_text_of,
            trim_blocks=True,
            lstrip_blocks=True,
            keep_trailing_newline=True,
            autoescape=False,  # the output is configuration, not HTML
            cache_size=-1,
            auto_reload=False,  # a template does not change while it is used
            bytecode_cache=_Compiled() if type(self) is Sandbox else None,  # a class of its own compiles otherwise
        )
        self.policies["json.dumps_function"] = _yaml_string
        self.files = loader.files
        """The files of the templates that have been read."""
        self.texts = loader.texts
        self._plan_types: set[type] = set()

    def make_globals(self, d: MutableMapping[str, Any] | None) -> MutableMapping[str, Any]:
        """Names that all templates know, and those of one: Jinja keeps them apart, and joins them at each rendering."""
        return {**self.globals, **(d or {})}

    def getattr(self, obj: Any, attribute: str) -> Any:  # noqa: ANN401 - any value of a template
        """An attribute; on values of the plan, and on addresses, Jinja need not look for what changes them."""
        if type(obj) in self._plan_types and attribute[0] != "_":
            try:
                return getattr(obj, attribute)
            except AttributeError:
                return self.undefined(obj=obj, name=attribute)
        if type(obj).__module__ in PURE_MODULES or type(obj).__module__ == ipaddress.__name__:
            self._plan_types.add(type(obj))
        return super().getattr(obj, attribute)

    def is_safe_attribute(self, obj: Any, attr: str, value: Any) -> bool:  # noqa: ANN401
        """See Jinja; paths have no attributes here."""
        return not isinstance(obj, Path) and super().is_safe_attribute(obj, attr, value)

    def is_safe_callable(self, obj: Any) -> bool:  # noqa: ANN401
        """Whether a template may call it."""
        if obj is dict:
            return True
        if isinstance(obj, types.FunctionType):  # Jinja's own: its range, its str.format in the sandbox, lipsum
            return str(obj.__globals__.get("__name__")).startswith("jinja2.")
        owner = getattr(obj, "__self__", None)
        if isinstance(obj, types.BuiltinMethodType) and isinstance(owner, _PURE_TYPES):
            return not modifies_known_mutable(owner, obj.__name__)
        if isinstance(obj, types.MethodType):
            module = type(owner).__module__
            return module in PURE_MODULES or module == ipaddress.__name__ or module.startswith("jinja2.")
        # what Jinja itself hands out: macros, loop, cycler, joiner, namespace, super(), a block
        return (obj if isinstance(obj, type) else type(obj)).__module__.startswith("jinja2.")

    def call(self, context: Context, obj: Any, /, *args: Any, **named: Any) -> Any:  # noqa: ANN401
        """See Jinja, which looks at a macro for a long time before it calls it; templates call them a hundred times."""
        if type(obj) is Macro:
            named.pop("_block_vars", None)
            named.pop("_loop_vars", None)
            return obj(*args, **named)
        return super().call(context, obj, *args, **named)

    def call_binop(self, context: Context, operator: str, left: Any, right: Any) -> Any:  # noqa: ANN401
        """An operator whose result can be very large for a short template."""
        if operator == "*":
            _check_repeated(left, right)
            _check_repeated(right, left)
        if operator == "**" and not (_is_small(right, 128) and _is_small(left, MAX_NUMBER)):
            raise TemplateLimitError("this power is larger than any number of a network")
        result = super().call_binop(context, operator, left, right)
        if isinstance(result, int) and not _is_small(result, MAX_NUMBER):
            raise TemplateLimitError("this number is larger than any of a network")
        if isinstance(result, (str, list, tuple)) and len(result) > MAX_TEXT:
            raise TemplateLimitError(f"this is longer than {MAX_TEXT:,} characters or entries")
        return result


class _Compiled(jinja2.BytecodeCache):
    """Templates as Python's bytecode, which compiling them takes longer to make than rendering a switch.

    They are kept by their text, by what this sandbox makes of it, and by the versions of Jinja and Python.
    """

    def __init__(self) -> None:
        with_what = (jinja2.__version__, sys.version, Path(__file__).read_text(encoding="utf-8"))
        self._with = sha256("\0".join(with_what).encode())

    def get_cache_key(self, name: str, filename: str | None = None) -> str:
        """The names stand in the code, for errors."""
        return f"{name}\0{filename}"

    def get_source_checksum(self, source: str) -> str:
        """See Jinja, whose own is SHA-1."""
        return sha256(source.encode()).hexdigest()

    def load_bytecode(self, bucket: Bucket) -> None:
        """Take it from the cache, if it is there and whole."""
        content = kept(self._file(bucket))
        with suppress(pickle.UnpicklingError, EOFError, ValueError, TypeError):
            bucket.bytecode_from_string(content or b"")

    def dump_bytecode(self, bucket: Bucket) -> None:
        """Keep it."""
        keep(self._file(bucket), bucket.bytecode_to_string())

    def _file(self, bucket: Bucket) -> Path:
        digest = self._with.copy()
        digest.update(f"{bucket.key}\0{bucket.checksum}".encode())
        return cache_file("templates", digest.hexdigest())


class FolderLoader(jinja2.BaseLoader):
    """Templates by name out of folders, the first that has it; a link leads to nothing outside its folder."""

    def __init__(self, folders: Sequence[Path]) -> None:
        self._folders = [(folder, folder.resolve()) for folder in folders]
        self.files: list[str] = []
        """Those that have been read."""
        self.texts: dict[str, str] = {}
        """What they say, by name."""

    def get_source(
        self,
        environment: jinja2.Environment,  # noqa: ARG002 - Jinja's signature
        template: str,
    ) -> tuple[str, str | None, Callable[[], bool] | None]:
        """The text of a template, and its file.

        Raises:
            jinja2.TemplateNotFound: no folder has it; so for a name that leads out of them.
            jinja2.TemplateRuntimeError: it is a link out of its folder, no plain file, too large, or not UTF-8.
        """
        parts = split_template_path(template)  # refuses `..`
        for folder, root in self._folders:
            file = folder.joinpath(*parts)
            if not file.exists() and not file.is_symlink():
                continue
            if not file.resolve().is_relative_to(root):
                raise SecurityError(f"{file} is a link to a file outside of {folder}: templates do not follow it")
            text = _read(file)
            self.files.append(str(file))
            self.texts[template] = text
            return text, str(file), lambda: True
        raise jinja2.TemplateNotFound(template)

    def list_templates(self) -> list[str]:
        """The names of all."""
        found = ((file, folder) for folder, _ in self._folders for file in _files(folder))
        return sorted({file.relative_to(folder).as_posix() for file, folder in found})


def template_files(folders: Sequence[Path]) -> list[str]:
    """The template files that folders have, in order."""
    return [str(file) for folder in folders for file in _files(folder) if file.suffix == ".j2"]


def _files(folder: Path) -> list[Path]:
    return sorted(file for file in folder.rglob("*") if file.is_file() or file.is_symlink())


@contextmanager
def limits(seconds: float = MAX_SECONDS, memory: int = MAX_MEMORY) -> Iterator[None]:
    """Bound what the block takes of the processor and the memory of this process.

    Outside of the main thread there are no signals, and so no limit of time.

    Raises:
        TemplateLimitError: it takes more time.
        MemoryError: it takes more memory.
    """
    with _memory_limit(memory):
        if threading.current_thread() is not threading.main_thread():
            yield
            return

        def too_long(_number: int, _frame: types.FrameType | None) -> None:
            raise TemplateLimitError(f"it has used {seconds:g} s of the processor, and is not done")

        before = signal.signal(signal.SIGPROF, too_long)
        # again and again: the first could be caught on its way, where Jinja asks an object for its name
        signal.setitimer(signal.ITIMER_PROF, seconds, 0.2)
        try:
            yield
        finally:
            signal.setitimer(signal.ITIMER_PROF, 0)
            signal.signal(signal.SIGPROF, before)


@contextmanager
def _memory_limit(more: int) -> Iterator[None]:
    try:
        pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[0])
    except OSError:  # not Linux: no way to know what the process has
        yield
        return
    soft, hard = resource.getrlimit(resource.RLIMIT_AS)
    wanted = pages * resource.getpagesize() + more
    allowed = [limit for limit in (soft, hard) if limit != resource.RLIM_INFINITY]
    resource.setrlimit(resource.RLIMIT_AS, (min([wanted, *allowed]), hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_AS, (soft, hard))


def _read(file: Path) -> str:
    if not file.is_file():
        raise SecurityError(f"{file} is not a plain file")
    with file.open("rb") as stream:
        content = stream.read(MAX_TEMPLATE + 1)
    if len(content) > MAX_TEMPLATE:
        raise TemplateLimitError(f"{file} is larger than {MAX_TEMPLATE >> 20} MB")
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError as err:
        raise jinja2.TemplateRuntimeError(f"{file} is not UTF-8 text") from err


def _is_small(value: object, limit: int) -> bool:
    return not isinstance(value, (int, float)) or -limit <= value <= limit


def _check_repeated(what: object, times: object) -> None:
    if isinstance(what, (str, list, tuple)) and isinstance(times, int) and len(what) * times > MAX_TEXT:
        raise TemplateLimitError(f"this is longer than {MAX_TEXT:,} characters or entries")
