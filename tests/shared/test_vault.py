"""The vault: what is sealed opens where it belongs, and nowhere else."""

import base64
import json
import uuid

import pytest

from shared.settings import MissingSettings
from shared.vault import CannotOpen, Context, Vault, VaultSettings

PLAIN = "000123456789"
KEYS = {key_id: base64.b64encode(key_id.encode() * 16).decode() for key_id in ("k1", "k2")}
HERE = Context(uuid.uuid4(), "account_number")


def vault(current: str = "k1", *key_ids: str) -> Vault:
    return Vault.of(json.dumps({"current": current, "keys": {each: KEYS[each] for each in key_ids or KEYS}}))


def test_a_sealed_value_can_be_opened() -> None:
    """The value says its key, and never looks the same twice."""
    first, second = (vault().seal(PLAIN, HERE) for _ in range(2))

    assert first != second
    assert first.startswith("v1.k1.") and PLAIN not in first
    assert PLAIN == vault().open(first, HERE) == vault().open(second, HERE)


def test_an_altered_value_does_not_open() -> None:
    """Any single character, the key id and the version included."""
    sealed = vault().seal(PLAIN, HERE)

    for at, letter in enumerate(sealed):
        for other in "A2.=":
            if other != letter:
                with pytest.raises(CannotOpen) as refused:
                    vault().open(sealed[:at] + other + sealed[at + 1 :], HERE)
                assert PLAIN not in str(refused.value) and sealed not in str(refused.value)


@pytest.mark.parametrize(
    "elsewhere", [Context(uuid.uuid4(), HERE.field), Context(HERE.practitioner_id, "routing_number")]
)
def test_a_moved_value_does_not_open(elsewhere: Context) -> None:
    """Somebody else's row, or the other column."""
    sealed = vault().seal(PLAIN, HERE)

    with pytest.raises(CannotOpen, match="altered or moved"):
        vault().open(sealed, elsewhere)


@pytest.mark.parametrize(
    "value", ["", PLAIN, "base64:MDAw", "v1.k1", "v2.k1.AAAA", "v1..AAAA", "v1.k1.", "v1.k1.é"]
)
def test_a_value_that_was_never_sealed_does_not_open(value: str) -> None:
    """Neither a plain number nor what the existing function stored."""
    with pytest.raises(CannotOpen):
        vault().open(value, HERE)


def test_values_under_an_earlier_key_still_open() -> None:
    """Old values open while their key is in the ring, new ones are sealed with the current key."""
    old = vault("k1").seal(PLAIN, HERE)
    turned = vault("k2")

    assert PLAIN == turned.open(old, HERE)
    assert turned.seal(PLAIN, HERE).startswith("v1.k2.")
    with pytest.raises(CannotOpen, match="key k1, which is not in the ring"):
        vault("k2", "k2").open(old, HERE)


def test_a_fingerprint_reveals_equal_values_and_nothing_else() -> None:
    """It depends on value, place and key, and is not the value."""
    elsewhere = Context(uuid.uuid4(), HERE.field)
    print_of = vault().fingerprint(PLAIN, HERE)

    assert print_of == vault().fingerprint(PLAIN, HERE)
    assert PLAIN not in print_of and print_of.startswith("k1.")
    assert 4 == len(
        {
            print_of,
            vault().fingerprint(PLAIN + "0", HERE),
            vault().fingerprint(PLAIN, elsewhere),
            vault("k2").fingerprint(PLAIN, HERE),
        }
    )


@pytest.mark.parametrize(
    "ring",
    [
        "",
        "secret-words",
        '"secret-words"',
        "[]",
        "{}",
        '{"current": "k1", "keys": {}}',
        json.dumps({"current": "k3", "keys": KEYS}),
        '{"current": "k1", "keys": {"k1": "c2VjcmV0LXdvcmRz"}}',
        '{"current": "k1", "keys": {"k1": "secret words"}}',
        '{"current": "k1", "keys": {"k1": 7}}',
        json.dumps({"current": "k.1", "keys": {"k.1": KEYS["k1"]}}),
    ],
)
def test_a_function_does_not_start_without_valid_keys(ring: str) -> None:
    """The message names the setting, and has nothing of its value in it."""
    with pytest.raises(MissingSettings, match="BANKING_KEYS") as refused:
        VaultSettings.from_environment({"BANKING_KEYS": ring})

    assert "secret" not in str(refused.value) and KEYS["k1"] not in str(refused.value)
    assert refused.value.__cause__ is None


def test_a_ring_does_not_print_its_keys() -> None:
    """It may end up in a traceback."""
    settings = VaultSettings.from_environment({"BANKING_KEYS": json.dumps({"current": "k1", "keys": KEYS})})

    assert KEYS["k1"] not in f"{settings!r} {settings.vault!r} {settings}"
    assert PLAIN == settings.vault.open(vault().seal(PLAIN, HERE), HERE)
