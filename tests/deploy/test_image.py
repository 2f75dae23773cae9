"""What the one image is built from."""

import json
import re
from pathlib import Path

import pytest

from deploy import image, languages
from deploy.functions import ROOT, functions
from deploy.image import assemble
from deploy.pins import pinned


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return assemble(tmp_path_factory.mktemp("image") / "image")


def pins(text: str) -> set[str]:
    return set(re.findall(r"^([\w.-]+)==", text, re.MULTILINE))


def test_it_has_every_function_and_nothing_of_tests_or_tools(folder: Path) -> None:
    app = folder / "app"

    assert {"functions", "shared", "server", "functions.json"} == {path.name for path in app.iterdir()}
    planned = json.loads((app / "functions.json").read_text())["functions"]
    assert [*functions()] == [each["name"] for each in planned]
    for function in functions().values():
        assert (app / "functions" / function.target / "main.py").is_file()
    assert (app / "functions/open_recording/node_modules/hls.js/dist/hls.light.min.js").is_file()
    assert [*languages.FOLDER.glob("*.po")]
    for catalogue in languages.FOLDER.glob("*.po"):
        assert catalogue.read_bytes() == (app / "shared/languages" / catalogue.name).read_bytes()
    assert not [*app.rglob("*.pyc")]  # compiled where it is built, for the Python that is there


def test_it_installs_what_the_functions_need_and_the_server_in_place_of_the_framework(folder: Path) -> None:
    """No Flask, no werkzeug, no gunicorn: nothing there could import them."""
    installed = pins((folder / "requirements.txt").read_text())

    of_framework = {"functions-framework", "flask", "werkzeug", "gunicorn", "cloudevents", "watchdog"}
    of_all = {name for function in functions().values() for name in pins(pinned(function))}
    assert not installed & of_framework
    assert installed >= {"uvicorn", "uvloop", "httptools", "starlette", "pyreqwest", "cronsim", "babel"}
    assert installed >= of_all - of_framework - {
        "blinker",
        "itsdangerous",
        "uvicorn-worker",
        "packaging",
        "deprecation",
    }
    assert {"imageio-ffmpeg"} == pins((folder / "recording.txt").read_text())


def test_its_base_is_the_official_python_by_its_digest() -> None:
    """A tag moves; a digest does not. One file for all engines, run as nobody, by a command without a shell."""
    text = (ROOT / "Containerfile").read_text()

    python = re.escape(image.python())
    assert re.search(rf"^ARG BASE=python:{python}-slim-bookworm@sha256:[0-9a-f]{{64}}$", text, re.MULTILINE)
    assert re.search(rf"^ARG PYTHON={python}$", text, re.MULTILINE)
    assert {"${BASE}"} == {
        name for name in re.findall(r"^FROM (\S+)", text, re.MULTILINE) if name.startswith("$")
    }
    assert "\nUSER 65534:65534\n" in text and '\nCMD ["python", "-m", "server"]\n' in text
