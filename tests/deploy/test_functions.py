"""deploy.yaml, read: what is wrong in an entry is said with its name and its key."""

from pathlib import Path

import pytest

from deploy import functions as deployed

DEFAULTS = """
defaults: {runtime: python311, cpu: 1, memory: 256Mi, timeout: 30s, concurrency: 16, instances: 3, methods: [POST],
           env: [URL], secrets: [KEY], packages: [uvloop]}
functions:
"""


def read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, entries: str) -> dict[str, deployed.Function]:
    """Another deploy.yaml than ours."""
    (tmp_path / "deploy.yaml").write_text(DEFAULTS + entries)
    monkeypatch.setattr(deployed, "ROOT", tmp_path)
    return deployed.functions.__wrapped__()


def test_a_function_adds_to_what_all_have(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Settings, secrets and packages; anything else it says instead."""
    more = "timeout: 5s, env: [SITE], secrets: [SEAL], packages: [tzdata]"
    entry = f"  greet: {{summary: Greet., noun: Greetings, caller: user, {more}}}"

    greet = read(tmp_path, monkeypatch, entry)["greet"]

    assert (("URL", "SITE"), ("KEY", "SEAL"), ("uvloop", "tzdata")) == (
        greet.env,
        greet.secrets,
        greet.packages,
    )
    assert (5, "256Mi") == (greet.timeout, greet.memory)


def test_a_key_that_is_misspelt_or_missing_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With the function it stands under."""
    with pytest.raises(
        ValueError,
        match=r"^deploy\.yaml, greet: summary: Field required; noun: Field required; secret: Extra inputs",
    ):
        read(tmp_path, monkeypatch, "  greet: {caller: user, secret: [SEAL]}")
