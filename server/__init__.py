"""Serves functions over plain uvicorn: one of them, or all by path from one container.

    FUNCTION_TARGET=sign_waiver python -m server     one, as a service of its own
    python -m server                                 all of them, each in a process of its own behind one port

It knows `functions.json`, which `deploy` writes beside it, and no table, no setting and no function by heart. Every
function stays a target of functions-framework, which can serve it as well.
"""

import os

from . import later as later  # before anything that would read them
from .plan import commit

os.environ.setdefault("COMMIT", commit())  # before `shared` is imported, whose log lines carry it
# Before pyreqwest is, whose allocator (mimalloc) asks for pages of 2 MiB: a fifth of what a function's process weighs.
os.environ.setdefault("MIMALLOC_ALLOW_THP", "0")
# Before zoneinfo is, which else reads everything that Python was built with, to find these there.
os.environ.setdefault(
    "PYTHONTZPATH", "/usr/share/zoneinfo:/usr/lib/zoneinfo:/usr/share/lib/zoneinfo:/etc/zoneinfo"
)
