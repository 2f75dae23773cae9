"""Modules that libraries of ours import and nothing of ours uses: each is read when something of it is asked for.

They are a tenth of a cold start: an HTTP client's mails, logging set up from a file, archives. The standard library's
`LazyLoader` reads a module as soon as it is imported once more.
"""

import sys
from _thread import RLock
from importlib.util import find_spec, module_from_spec
from typing import Any

NAMES = ("shutil", "logging.config", "http.client")


def read_later(name: str) -> None:
    """Put the module in its place, and read it when it is asked for a name that is not known before.

    Names of the import system itself (`__path__`) are known or missing either way.
    """
    spec = find_spec(name)
    assert spec and spec.loader
    loader, module = spec.loader, module_from_spec(spec)
    one_at_a_time, is_begun = RLock(), False

    def read(attribute: str) -> Any:
        nonlocal is_begun
        if not attribute.startswith("__"):
            with one_at_a_time:
                if not is_begun:
                    is_begun = True  # it may ask for a name of its own meanwhile
                    try:
                        loader.exec_module(module)
                    except BaseException:
                        is_begun = False
                        raise
                    del vars(module)["__getattr__"]
            if attribute in vars(module):
                return vars(module)[attribute]
        raise AttributeError(f"module {name!r} has no attribute {attribute!r}")

    vars(module)["__getattr__"] = read
    sys.modules[name] = module
    parent, _, child = name.rpartition(".")
    if parent:
        setattr(sys.modules[parent], child, module)


for _name in NAMES:
    if _name not in sys.modules:
        read_later(_name)
