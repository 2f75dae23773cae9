"""uvicorn without its command line, whose click is half of what importing it costs.

uvicorn's own `__init__` imports the command line. Here the package is put in its place without having been run, so that
its modules find each other, and is given the two names that they ask it for. A test holds this against the version
in the lock.
"""

import importlib
import importlib.util
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from types import ModuleType

if "uvicorn" not in sys.modules:
    spec = importlib.util.find_spec("uvicorn")
    assert spec
    package: "ModuleType" = importlib.util.module_from_spec(spec)
    sys.modules["uvicorn"] = package
    package.Config = importlib.import_module("uvicorn.config").Config  # type: ignore[attr-defined]
    package.Server = importlib.import_module("uvicorn.server").Server  # type: ignore[attr-defined]

from uvicorn.config import Config as Config
from uvicorn.server import Server as Uvicorn

__all__ = ["Config", "Uvicorn"]
