"""What is kept of a share link: hashes only, made here, so that neither token nor password reaches the database."""

import asyncio
import hashlib
import re
import secrets

TOKEN = re.compile(r"[\w-]{43}", re.ASCII)
# Each takes some 50 ms of one core and 16 MiB: two at a time, however many guess.
_hashing = asyncio.Semaphore(2)


def new_token() -> str:
    """256 random bits."""
    return secrets.token_urlsafe(32)


def sha256_of(token: str) -> str:
    """By which the database finds a link."""
    return hashlib.sha256(token.encode()).hexdigest()


async def scrypt_of(password: str, token: str) -> str:
    """By which the database knows a password. The salt is the token: random, different for each link, kept nowhere."""
    async with _hashing:
        made = await asyncio.to_thread(
            hashlib.scrypt, password.encode(), salt=token.encode(), n=2**14, r=8, p=1, dklen=32
        )
    return made.hex()
