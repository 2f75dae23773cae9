"""Copying a take's files: bucket to storage in a stream, resumable at any byte, equal to the last one.

The source's SHA-256 is made while its bytes go by. What storage then holds is read back and hashed as well: only that
proves that the copy is whole, wherever the bytes were lost. A copy that goes on after a kill reads the source from
its first byte again, for the hash, and sends from where storage stands.
"""

import time
from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Any
from uuid import UUID

from shared.call import Call
from shared.recorded_media import inspect_recording, select
from shared.recordings import Take
from shared.storage.bucket import Bucket, BucketObject
from shared.storage.supabase import Storage

from .contract import (
    RecordingFile,
    next_take_file_rpc,
    plan_take_files_rpc,
    record_take_upload_rpc,
    renew_take_lease_rpc,
    verify_take_file_rpc,
)
from .digest import Digest

RENEW_LEASE_EVERY_S = 30  # it lasts for 120
CONTENT_TYPES = {
    "mp4": "video/mp4",
    "m3u8": "application/vnd.apple.mpegurl",
    "ts": "video/mp2t",
    "webm": "video/webm",
}


class NotEqual(Exception):
    """What storage holds is not what the bucket holds."""


class Copy:
    """One take's copy, for as long as its lease is ours."""

    def __init__(self, call: Call[Any], take: Take, bucket: Bucket, storage: Storage) -> None:
        self._database = call.service
        self._take = take
        self._bucket = bucket
        self._storage = storage
        self._renewed_at = time.monotonic()

    @property
    def lease(self) -> dict[str, UUID | None]:
        """What every step shows: without it, a process that slept too long would write into another's work."""
        return {"take_id": self._take.id, "lease_id": self._take.lease_id}

    async def plan(self) -> None:
        """Write down which files make the take, in which order."""
        take = self._take
        media = await inspect_recording(self._bucket, take.folder, take.mode, take.agora_sid)
        chosen = await select(self._bucket, media)
        files = [
            {
                "position": position,
                "kind": part.kind,
                "source_key": part.key,
                "source_etag": media.objects[part.key].etag,
                "size_bytes": part.size,
                "storage_path": f"{take.session_id}/{take.recording_id}/{part.name}",
            }
            for position, part in enumerate(chosen.parts, start=1)
        ]
        await self._database.rpc(
            plan_take_files_rpc,
            **self.lease,
            files=files,
            duration_seconds=round(chosen.duration_seconds),
        )

    async def run(self) -> None:
        """Copy every file that is not verified yet."""
        while True:
            found = await self._database.rpc(next_take_file_rpc, **self.lease)
            self._renewed_at = time.monotonic()
            if found.file is None:
                return
            await self._copy(found.file)

    async def _copy(self, file: RecordingFile) -> None:
        source = BucketObject(file.source_key, file.size_bytes, file.source_etag)
        digest = Digest()
        upload, offset = await self._resume(file)
        async with aclosing(self._from(source, offset, digest)) as pieces:
            async for _ in self._storage.send(upload, offset, file.size_bytes, pieces):
                await self._renew_lease()
            async for (
                _
            ) in pieces:  # nothing, unless an earlier run sent it all and was killed before it could say so
                pass
        sha256 = await digest.hexdigest()
        await self._check(file, sha256)
        await self._database.rpc(verify_take_file_rpc, **self.lease, file_id=file.id, sha256=sha256)

    async def _resume(self, file: RecordingFile) -> tuple[str, int]:
        """Where the upload goes on: at storage's count, or at 0 with a new one."""
        if file.upload_url:
            offset = await self._storage.offset(file.upload_url)
            if offset is not None:
                return file.upload_url, offset
        extension = file.storage_path.rpartition(".")[2]
        upload = await self._storage.begin_upload(
            file.storage_path, file.size_bytes, CONTENT_TYPES[extension]
        )
        await self._record_upload(file, upload)
        return upload, 0

    async def _from(
        self, source: BucketObject, offset: int, digest: Digest
    ) -> AsyncGenerator[memoryview, None]:
        """The source's bytes from `offset` on; those before it go into the digest only."""
        at = 0
        async with aclosing(self._bucket.stream(source)) as chunks:
            async for chunk in chunks:
                await digest.update(chunk)
                await self._renew_lease()
                if at + len(chunk) > offset:
                    yield chunk[max(0, offset - at) :]
                at += len(chunk)

    async def _check(self, file: RecordingFile, expected: str) -> None:
        stored, size = Digest(), 0
        async with aclosing(self._storage.read(file.storage_path)) as pieces:
            async for piece in pieces:
                await stored.update(piece)
                size += len(piece)
                await self._renew_lease()
        if await stored.hexdigest() != expected:
            await self._record_upload(file, None)  # the next run sends it anew
            raise NotEqual(
                f"{file.source_key} has {file.size_bytes} bytes, and storage {size} or other ones."
            )

    async def _record_upload(self, file: RecordingFile, upload: str | None) -> None:
        await self._database.rpc(record_take_upload_rpc, **self.lease, file_id=file.id, upload_url=upload)

    async def _renew_lease(self) -> None:
        if time.monotonic() - self._renewed_at > RENEW_LEASE_EVERY_S:
            await self._database.rpc(renew_take_lease_rpc, **self.lease)
            self._renewed_at = time.monotonic()
