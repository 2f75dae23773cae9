"""A SHA-256 made beside the bytes that go by: a thread hashes one block while the next one is read."""

import asyncio
import hashlib

from shared.storage.carrier import Piece

BLOCK_BYTES = 1024 * 1024  # a thread's start is nothing beside it, and two of them are all that is held


class Digest:
    """Fed piece by piece, in order; never further behind than a block."""

    def __init__(self) -> None:
        self._sha256 = hashlib.sha256()
        self._held = bytearray()
        self._hashing: asyncio.Future[None] | None = None

    async def update(self, piece: Piece) -> None:
        """Take a piece. Waits only where the thread is a whole block behind."""
        if len(piece) >= BLOCK_BYTES and not self._held:
            await self._pass_on(piece)  # as it is, without a copy
            return
        self._held += piece
        if len(self._held) >= BLOCK_BYTES:
            await self._pass_on_held()

    async def hexdigest(self) -> str:
        """Of all that was given so far."""
        await self._pass_on_held()
        if self._hashing:
            await self._hashing
        return self._sha256.hexdigest()

    async def _pass_on_held(self) -> None:
        block, self._held = self._held, bytearray()
        await self._pass_on(block)

    async def _pass_on(self, block: Piece | bytearray) -> None:
        if self._hashing:
            await self._hashing
        self._hashing = asyncio.get_running_loop().run_in_executor(None, self._sha256.update, block)
