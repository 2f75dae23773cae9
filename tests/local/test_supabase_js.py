"""The client that the frontend uses, unmodified, against the stack."""

from collections.abc import Callable
from uuid import UUID, uuid4

from local.stack import Stack


def test_supabase_js_signs_up_stores_and_calls(stack: Stack, node: Callable[..., str]) -> None:
    """Auth, tables, storage and functions all answer the client behind one origin."""
    names = ("SUPABASE_URL", "SUPABASE_PUBLISHABLE_KEY", "SUPABASE_SECRET_KEY")
    settings = {name: stack.env[name] for name in names}

    printed = node("supabase_js.mjs", **settings, EMAIL=f"{uuid4().hex}@demo.test")

    assert UUID(printed.strip())
