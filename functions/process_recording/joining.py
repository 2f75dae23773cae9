"""Joining a recording's parts to one file to download: copied, never decoded, the same bytes each time.

The parts are gone through twice. The first time says how long the file is, its hash, and where what is in it: storage
takes no upload whose length it does not know, and a player finds a moment by the index at the file's beginning. The
second time it is sent. A join that goes on after a kill gives the same bytes, and sends from where storage stands.
"""

import time
from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from shared.call import Call
from shared.storage.supabase import Storage

from .contract import JoinClaim, finish_join_rpc, record_join_rpc, renew_join_lease_rpc
from .digest import Digest
from .sources import Index, source

RENEW_LEASE_EVERY_S = 30  # it lasts for 120


class NotWhole(Exception):
    """What came out is shorter than what was recorded, or storage holds other bytes than were sent."""


@dataclass(frozen=True, slots=True)
class Measured:
    """What the parts give: bytes without their index, and the index."""

    size: int
    sha256: str
    index: Index


class Join:
    """One recording's join, for as long as its lease is ours."""

    def __init__(self, call: Call[Any], claim: JoinClaim, storage: Storage, program: str) -> None:
        self._database = call.service
        self._claim = claim
        self._storage = storage
        self._source = source(storage, program, claim.files)
        self._path = f"{claim.session_id}/{claim.id}/joined.{self._source.kind}"
        self._renewed_at = time.monotonic()

    @property
    def lease(self) -> dict[str, UUID]:
        """What every step shows."""
        return {"recording_id": self._claim.id, "lease_id": self._claim.lease_id}

    async def run(self) -> int:
        """Join, send, read back; gives the size. Raises NotJoinable, NotWhole, FfmpegFailed and what storage raises."""
        measured = await self._measure()
        seconds, recorded = measured.index.seconds, self._claim.seconds
        if seconds < recorded - 2 * self._source.films - 0.02 * recorded:
            raise NotWhole(f"{seconds:.1f} of {recorded} seconds came out.")
        size = measured.size + measured.index.size
        upload, offset = await self._resume(measured, size)
        digest = Digest()
        async with aclosing(self._from(measured.index, offset, digest)) as pieces:
            async for _ in self._storage.send(upload, offset, size, pieces):
                await self._renew_lease()
            # All of it, where an earlier run sent it whole and was killed before it could say so.
            async for _ in pieces:
                pass
        if self._source.index != measured.index:
            await self._record(measured, size, None)
            raise NotWhole("The parts gave other bytes the second time.")
        sha256 = await digest.hexdigest()
        await self._check(measured, size, sha256)
        await self._database.rpc(finish_join_rpc, **self.lease, sha256=sha256)
        return size

    async def _measure(self) -> Measured:
        digest, size = Digest(), 0
        async with aclosing(self._source.read(None)) as pieces:
            async for piece in pieces:
                size += len(piece)
                await digest.update(piece)
                await self._renew_lease()
        return Measured(size, await digest.hexdigest(), self._source.index)

    async def _resume(self, measured: Measured, size: int) -> tuple[str, int]:
        """Where the upload goes on, if the parts gave the same before; else at 0, with a new one."""
        claim = self._claim
        if claim.upload_url and claim.parts_sha256 == measured.sha256:
            offset = await self._storage.offset(claim.upload_url)
            if offset is not None:
                return claim.upload_url, offset
        upload = await self._storage.begin_upload(self._path, size, f"video/{self._source.kind}")
        await self._record(measured, size, upload)
        return upload, 0

    async def _from(self, index: Index, offset: int, digest: Digest) -> AsyncGenerator[bytes, None]:
        """The file's bytes from `offset` on; those before it go into the digest only."""
        at = 0
        async with aclosing(self._source.read(index)) as pieces:
            async for piece in pieces:
                await digest.update(piece)
                await self._renew_lease()
                if at + len(piece) > offset:
                    yield piece[max(0, offset - at) :]
                at += len(piece)

    async def _check(self, measured: Measured, size: int, expected: str) -> None:
        stored, found = Digest(), 0
        async with aclosing(self._storage.read(self._path)) as pieces:
            async for piece in pieces:
                await stored.update(piece)
                found += len(piece)
                await self._renew_lease()
        if await stored.hexdigest() != expected:
            await self._record(measured, size, None)  # the next run sends it anew
            raise NotWhole(f"Of {size} bytes storage has {found} or other ones.")

    async def _record(self, measured: Measured, size: int, upload: str | None) -> None:
        await self._database.rpc(
            record_join_rpc,
            **self.lease,
            kind=self._source.kind,
            storage_path=self._path,
            size_bytes=size,
            parts_sha256=measured.sha256,
            duration_seconds=round(measured.index.seconds),
            upload_url=upload,
        )

    async def _renew_lease(self) -> None:
        if time.monotonic() - self._renewed_at > RENEW_LEASE_EVERY_S:
            await self._database.rpc(renew_join_lease_rpc, **self.lease)
            self._renewed_at = time.monotonic()
