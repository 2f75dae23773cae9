"""What a page runs of others is in its function's bundle, as the lock has it; or there is no bundle."""

import json
import shutil
import subprocess
import sys
from importlib.util import MAGIC_NUMBER, cache_from_source, source_hash
from pathlib import Path

import pytest
from packaging.requirements import Requirement

from deploy import pins
from deploy.bundle import browser_files, build
from deploy.commit import commit
from deploy.functions import Function, functions

FOLDER = functions()["open-recording"].folder


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The function's folder with one package, of which only what is looked at is there."""
    for name in ("package.json", "package-lock.json"):
        shutil.copy(FOLDER / name, tmp_path)
    package = tmp_path / "node_modules" / "hls.js"
    (package / "dist").mkdir(parents=True)
    version = json.loads((tmp_path / "package.json").read_text())["dependencies"]["hls.js"]
    (package / "package.json").write_text(json.dumps({"version": version}))
    for name in ("LICENSE", "dist/hls.light.min.js"):
        (package / name).write_text(name)
    return tmp_path


def test_a_bundle_brings_the_player_and_its_licence(tmp_path: Path) -> None:
    """And nothing else of its thirty megabytes; neither is a copy in the repository."""
    bundle = build(functions()["open-recording"], tmp_path)

    brought = [path for path in (bundle / "node_modules").rglob("*") if path.is_file()]
    assert {path.name for path in brought} == {"hls.light.min.js", "LICENSE"}
    assert b".Hls=" in (bundle / "node_modules/hls.js/dist/hls.light.min.js").read_bytes()
    assert "Apache License" in (bundle / "node_modules/hls.js/LICENSE").read_text()
    assert not (bundle / ".npmrc").exists()


def test_a_bundle_of_a_page_reads_in_every_language(tmp_path: Path) -> None:
    """Its catalogues lie beside its code, and are read from there."""
    bundle = build(functions()["manage-session"], tmp_path)

    program = (
        "from shared.languages import languages, spoken\n"
        "from shared.languages.catalogue import gettext\n"
        "for each in languages():\n"
        "    with spoken(each):\n"
        "        print(gettext('Your session'))\n"
    )
    run = [sys.executable, "-c", program]
    said = subprocess.run(run, cwd=bundle, capture_output=True, text=True, check=True).stdout
    assert ["Your session", "Votre séance"] == said.splitlines()
    assert "babel==" in (bundle / "requirements.txt").read_text()


def test_a_bundle_that_says_nothing_to_people_brings_no_babel(tmp_path: Path) -> None:
    bundle = build(functions()["get-liability-waiver-status"], tmp_path)

    assert "babel==" not in (bundle / "requirements.txt").read_text()


def test_a_bundle_brings_its_code_compiled(tmp_path: Path) -> None:
    """Of every source, for the runtime's Python; it holds as long as they are the same, whatever their dates."""
    bundle = build(with_runtime(sys.version_info.minor), tmp_path)

    sources = [*bundle.rglob("*.py")]
    for source in sources:
        compiled = Path(cache_from_source(str(source))).read_bytes()
        flags, hashed = int.from_bytes(compiled[4:8], "little"), compiled[8:16]
        assert MAGIC_NUMBER == compiled[:4]
        assert (0b11, source_hash(source.read_bytes())) == (flags, hashed), source
        assert str(tmp_path).encode() not in compiled
    assert len(sources) > 20


def with_runtime(minor: int) -> Function:
    return functions()["open-recording"].model_copy(update={"runtime": f"python3{minor}"})


def test_a_bundle_is_of_the_python_that_deploy_yaml_says(tmp_path: Path) -> None:
    """Its pins too: what only another Python needs is not among them. Compiled code of another would be of no use."""
    other = 12 if sys.version_info.minor != 12 else 13
    bundle = build(with_runtime(other), tmp_path)

    assert f"3.{other}\n" == (bundle / ".python-version").read_text()
    assert not [*bundle.rglob("*.pyc")]
    needs = Requirement("only-for-11; python_version < '3.12'")
    assert [] == pins._packages(needs, "3.12")
    assert [("only-for-11", "")] == pins._packages(needs, "3.11")


def test_a_bundle_says_its_commit_and_how_it_is_served(tmp_path: Path) -> None:
    function = functions()["process-recording"]
    bundle = build(function, tmp_path)

    plan = json.loads((bundle / "functions.json").read_text())
    assert commit() == plan["commit"]
    (entry,) = plan["functions"]
    assert (900, 1) == (entry["timeout"], entry["concurrency"])
    assert {*function.settings} == {*entry["settings"]}
    assert (
        "web: exec env FUNCTION_TARGET=process_recording FUNCTION_USE_ASGI=1 python -m server\n"
        == (bundle / "Procfile").read_text()
    )


def test_the_lock_names_a_hash_and_no_address() -> None:
    """Any registry may serve it, and none another file."""
    (package,) = (
        one
        for name, one in json.loads((FOLDER / "package-lock.json").read_text())["packages"].items()
        if name
    )

    assert package["integrity"].startswith("sha512-") and package["license"] == "Apache-2.0"
    assert "resolved" not in package


def test_without_the_package_there_is_no_bundle(folder: Path) -> None:
    assert len(browser_files(folder)) == 2
    shutil.rmtree(folder / "node_modules")

    with pytest.raises(SystemExit, match=r"installed is nothing.*make install"):
        browser_files(folder)


def test_another_version_is_no_bundle(folder: Path) -> None:
    (folder / "node_modules" / "hls.js" / "package.json").write_text('{"version": "0.1.0"}')

    with pytest.raises(SystemExit, match=r"installed is 0\.1\.0"):
        browser_files(folder)


def test_a_file_that_the_package_does_not_have_is_no_bundle(folder: Path) -> None:
    (folder / "node_modules" / "hls.js" / "dist" / "hls.light.min.js").unlink()

    with pytest.raises(SystemExit, match=r"hls\.light\.min\.js, which its packages do not have"):
        browser_files(folder)
