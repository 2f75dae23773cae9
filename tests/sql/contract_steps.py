"""Signing a contract as the function does."""

from typing import Any

from .conftest import PRACTITIONER, Sandbox

SIGN = (
    "select * from public.sign_practitioner_contract(%s, ip_address => '192.0.2.7', user_agent => 'Browser')"
)


def sign(sandbox: Sandbox) -> dict[str, Any]:
    """The practitioner signs through the function."""
    sandbox.act_as("service")
    (signed,) = sandbox.run(SIGN, PRACTITIONER)
    return signed
