"""Modules of the standard library that wait until something of them is asked for."""

import subprocess
import sys
import threading

import pytest

from local.config import ROOT
from server.later import NAMES, read_later

ASKED = """
import sys
import server
{statement}
print("__getattr__" in vars(sys.modules[{name!r}]))
"""
# What libraries do with each of them, first without and then with a name of it.
USES = {
    "shutil": ("import shutil as s; import tempfile", "import shutil; shutil.get_terminal_size()"),
    "logging.config": ("import logging.config", "import logging.config as c; c.dictConfig({'version': 1})"),
    "http.client": ("from http import client", "import http.client; assert http.client.responses[404]"),
}


def run(name: str, statement: str) -> str:
    program = ASKED.format(name=name, statement=statement)
    command = [sys.executable, "-S", "-c", program]
    return subprocess.run(command, check=True, cwd=ROOT, capture_output=True, text=True).stdout.strip()


@pytest.mark.parametrize("name", NAMES)
def test_each_waits_when_it_is_imported_and_is_whole_when_it_is_used(name: str) -> None:
    imported, used = USES[name]

    assert "True" == run(name, imported)
    assert "False" == run(name, used)


def test_a_name_that_it_does_not_have_is_missing_as_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, "colorsys", raising=False)
    read_later("colorsys")
    module = sys.modules["colorsys"]

    assert not hasattr(module, "__path__")
    assert not hasattr(module, "nonsense")
    assert hasattr(module, "rgb_to_hls")


def test_threads_that_ask_at_once_find_it_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, "mailbox", raising=False)
    read_later("mailbox")
    module = sys.modules["mailbox"]
    start, found = threading.Barrier(8), []

    def ask() -> None:
        start.wait()
        found.append(module.Mailbox)

    threads = [threading.Thread(target=ask) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert [module.Mailbox] * 8 == found


def test_one_that_could_not_be_read_is_read_the_next_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """Too many open files, for a moment."""
    monkeypatch.delitem(sys.modules, "this", raising=False)
    read_later("this")
    module = sys.modules["this"]
    monkeypatch.setattr("builtins.print", lambda *_: (_ for _ in ()).throw(OSError("for a moment")))

    with pytest.raises(OSError, match="for a moment"):
        _ = module.d
    monkeypatch.setattr("builtins.print", lambda *_: None)
    assert module.d
