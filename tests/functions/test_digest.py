"""The hash of a copy: made in a thread, of the same bytes as they went by."""

import asyncio
import hashlib
import os

from functions.process_recording.digest import BLOCK_BYTES, Digest


def test_it_is_the_sha256_of_all_pieces() -> None:
    """Of none, of small and large ones, and asked in between."""
    pieces = [b"", b"a", os.urandom(BLOCK_BYTES - 1), os.urandom(3 * BLOCK_BYTES + 7), b"z" * 65_536]

    async def run() -> None:
        digest, so_far = Digest(), b""
        assert await digest.hexdigest() == hashlib.sha256(b"").hexdigest()
        for piece in pieces:
            await digest.update(piece)
            so_far += piece
        assert await digest.hexdigest() == hashlib.sha256(so_far).hexdigest()
        await digest.update(b"more")
        assert await digest.hexdigest() == hashlib.sha256(so_far + b"more").hexdigest()

    asyncio.run(run())
