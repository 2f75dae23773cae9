"""What is kept of a share link: hashes only. Its token is made by the database, its password is hashed here.

The link of one with a password is `<token>.<salt>`, that of another the token alone.
"""

import asyncio
import hashlib
import secrets

# Each takes some 50 ms of one core and 16 MiB: two at a time, however many guess.
_hashing = asyncio.Semaphore(2)


def new_salt() -> str:
    """Random, different for each link, and kept nowhere: it is in the link, behind the token."""
    return secrets.token_urlsafe(16)


def split(link: str) -> tuple[str, str]:
    """A link's token, and the salt of its password."""
    token, _, salt = link.partition(".")
    return token, salt


def sha256_of(token: str) -> str:
    """By which the database finds a link, and a view."""
    return hashlib.sha256(token.encode()).hexdigest()


async def scrypt_of(password: str, salt: str) -> str:
    """By which the database knows a password."""
    async with _hashing:
        made = await asyncio.to_thread(
            hashlib.scrypt, password.encode(), salt=salt.encode(), n=2**14, r=8, p=1, dklen=32
        )
    return made.hex()
