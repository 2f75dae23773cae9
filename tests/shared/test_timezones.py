"""Clock rules: a function whose rules are old does not start, and PostgreSQL is given those of Python."""

import os
import shutil
import subprocess
import sys
from importlib.resources import files
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from pydantic import BaseModel, ValidationError

from shared.timezones import UTC_HOURS, TimeZone, list_outdated_zones
from sql.throwaway import ROOT
from sql.time_zones import TimeZonesAreFixed, renew

RULES = Path(str(files("tzdata"))) / "zoneinfo"


class Body(BaseModel):
    """A body with a time zone in it."""

    time_zone: TimeZone


@pytest.fixture
def old_rules(tmp_path: Path) -> Path:
    """A package tzdata from before British Columbia left the Pacific's clock rules."""
    america = tmp_path / "tzdata" / "zoneinfo" / "America"
    america.mkdir(parents=True)
    for folder in (america, *list(america.parents)[:2]):
        (folder / "__init__.py").touch()
    for zone in UTC_HOURS:
        shutil.copy(RULES / zone, america)
    shutil.copy(RULES / "America" / "Los_Angeles", america / "Vancouver")
    return tmp_path


def start(path: Path, **env: str) -> subprocess.CompletedProcess[str]:
    """Import the rules in a process of its own."""
    command = [sys.executable, "-c", f"import sys; sys.path[:0] = [{str(path)!r}]; import shared.timezones"]
    return subprocess.run(
        command, cwd=ROOT, env={**os.environ, **env}, capture_output=True, text=True, check=False
    )


def test_a_function_with_old_rules_does_not_start(old_rules: Path) -> None:
    """It names the zone and the remedy; who only asks goes on."""
    served = start(old_rules, FUNCTION_TARGET="get_available_slots")

    assert served.returncode != 0
    assert "10:00 in America/Vancouver on 2026-12-01 is taken for 18:00 UTC" in served.stderr
    assert "Install tzdata" in served.stderr.splitlines()[-1]
    assert 0 == start(old_rules).returncode


def test_the_rules_of_the_system_are_not_used(old_rules: Path) -> None:
    """However old they are."""
    folder = str(old_rules / "tzdata" / "zoneinfo")

    assert 0 == start(Path(), FUNCTION_TARGET="get_available_slots", PYTHONTZPATH=folder).returncode
    assert [] == list_outdated_zones()


@pytest.mark.parametrize("name", ["America/St_Johns", "UTC", "Canada/Pacific"])
def test_a_time_zone_has_a_name(name: str) -> None:
    """One that Python and PostgreSQL both know."""
    assert ZoneInfo(Body(time_zone=name).time_zone).key == name


@pytest.mark.parametrize(
    "name", ["", "Nowhere5", "America", "../America/Toronto", "/etc/localtime", "America/Toronto\0"]
)
def test_other_values_are_no_time_zone(name: str) -> None:
    """Not a folder, not a path, not an offset."""
    with pytest.raises(ValidationError, match="is not the name of a time zone"):
        Body(time_zone=name)


def test_postgresql_gets_the_rules_of_python(tmp_path: Path) -> None:
    """Old files are replaced, missing ones added, others left alone, and no half-written one stays."""
    america = tmp_path / "share" / "timezone" / "America"
    america.mkdir(parents=True)
    shutil.copy(RULES / "America" / "Los_Angeles", america / "Vancouver")
    (america / "Springfield").write_bytes(b"TZif of our own")

    renew(tmp_path / "bin")

    assert (america / "Vancouver").read_bytes() == (RULES / "America" / "Vancouver").read_bytes()
    assert (america.parent / "Europe" / "Paris").exists()
    assert (america / "Springfield").exists()
    assert [] == list(tmp_path.rglob(".*"))
    assert [] == [
        path for path in tmp_path.rglob("*") if path.is_file() and not path.read_bytes().startswith(b"TZif")
    ]


def test_old_rules_that_cannot_be_replaced_are_reported(tmp_path: Path) -> None:
    """The stack does not start an hour wrong."""
    (tmp_path / "share").mkdir()
    (tmp_path / "share" / "timezone").touch()

    with pytest.raises(TimeZonesAreFixed, match="make it writable"):
        renew(tmp_path / "bin")
