"""The program in which libyang runs: it can crash on an input, and then this process dies and no other.

Stands alone, imports nothing of sonicfab. Requests and answers are JSON, one a line, on stdin and stdout:

    {"library": FOLDER, "models": FOLDER, "modules": [NAME, ...]}  ->  {"ok": true}
    {"xml": TEXT}                                                  ->  {"ok": true}

or {"ok": false, "message": TEXT, "path": TEXT}: what libyang says, and where in the data. It ends with its stdin.
"""

from __future__ import annotations

import json
import os
import resource
import signal
import sys
from typing import Any

LIMIT = 120
"""Seconds for one request. The parent has less patience; this is for the case that the parent is no more."""


def main() -> None:
    """Answer requests until there are no more."""
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)  # should the library print, it is no answer
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))  # a dump would hold the config with its secrets
    context: Any = None
    for line in sys.stdin.buffer:
        signal.alarm(LIMIT)  # the kernel ends this process, also where it hangs inside the library
        request = json.loads(line)
        if context is None:
            sys.path.append(request["library"])
            context, answer = load(request["models"], request["modules"])
        else:
            answer = check(context, request["xml"])
        answers.write(json.dumps(answer).encode() + b"\n")
        answers.flush()
        signal.alarm(0)


def load(folder: str, modules: list[str]) -> tuple[Any, dict[str, Any]]:
    """The models in libyang; AllImplemented is not used: loading those of 202605 with it crashes."""
    import oopt_gnpy_libyang as libyang

    libyang.set_log_options(libyang.LogOptions.Store)
    libyang.set_log_level(libyang.LogLevel.Error)
    options = libyang.ContextOptions.NoYangLibrary | libyang.ContextOptions.DisableSearchCwd
    context = libyang.Context(folder, options)
    try:
        for module in modules:
            context.load_module(module)
    except libyang.Error as err:
        return context, refusal(context, err)
    return context, {"ok": True}


def check(context: Any, xml: str) -> dict[str, Any]:  # noqa: ANN401 - a library without types
    """Whether the models accept the data; MultiError is not used: with it a bad list key crashes."""
    import oopt_gnpy_libyang as libyang

    parsing = libyang.ParseOptions.Strict | libyang.ParseOptions.NoState
    try:
        context.parse_data(xml, libyang.DataFormat.XML, parsing, libyang.ValidationOptions.NoState)
    except libyang.Error as err:
        return refusal(context, err)
    return {"ok": True}


def refusal(context: Any, err: Exception) -> dict[str, Any]:  # noqa: ANN401
    """What libyang said first, with the place that it gave."""
    said = [(one.message, getattr(one, "data_path", None) or getattr(one, "path", None)) for one in context.errors()]
    context.clean_all_errors()
    message, path = next(((text, where) for text, where in said if text), (str(err), None))
    return {"ok": False, "message": " ".join(message.split()), "path": path or ""}


if __name__ == "__main__":
    main()
