"""ffmpeg, as a process: what is stored in one container comes out in another, never decoded, through pipes.

It is a program of its own, and no part of the bundle: found at FFMPEG_PATH or on PATH. It gets none of our settings,
opens what it is given and nothing else, and ends with whoever reads from it.
"""

import asyncio
import shutil
import ssl
from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from contextlib import aclosing

import certifi

from shared.settings import Settings

QUIET_S = 60  # without a byte from it for so long, it has died on its way
PIECE_BYTES = 256 * 1024
LARGEST_SAID = 2000


class FfmpegSettings(Settings):
    """Where ffmpeg is; without it recordings stay the files that they were recorded in."""

    ffmpeg_path: str = ""

    @property
    def program(self) -> str | None:
        """Its path, if it is there."""
        return shutil.which(self.ffmpeg_path or "ffmpeg")


class FfmpegFailed(Exception):
    """It ended with an error, or stood still; the message is its own."""


def from_address(container: str, address: str) -> list[str]:
    """The options for an input that is read from an address. An answer that breaks off is an error."""
    # It waits for ever, and verifies nobody, unless it is told otherwise.
    options = ["-protocol_whitelist", "http,https,tls,tcp", "-rw_timeout", str(int(QUIET_S * 1_000_000))]
    if address.startswith("https:"):
        certificates = ssl.get_default_verify_paths().cafile or certifi.where()
        options += ["-tls_verify", "1", "-ca_file", certificates]
    return ["-xerror", *options, "-f", container, "-i", address]


def from_pipe(container: str) -> list[str]:
    """The options for an input that is given to `run`."""
    return ["-protocol_whitelist", "pipe", "-f", container, "-i", "pipe:0"]


async def run(
    program: str, arguments: Sequence[str], given: AsyncGenerator[bytes, None] | None = None
) -> AsyncGenerator[bytes, None]:
    """What ffmpeg writes, piece by piece. Raises FfmpegFailed, and whatever `given` raises."""
    process = await asyncio.create_subprocess_exec(
        program,
        *("-hide_banner", "-nostdin", "-loglevel", "error", "-threads", "1"),
        *arguments,
        "pipe:1",
        stdin=asyncio.subprocess.PIPE if given else asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        limit=PIECE_BYTES,
        env={},
    )
    assert process.stdout is not None
    assert process.stderr is not None
    feeding = asyncio.create_task(_feed(process, given)) if given else None
    saying = asyncio.create_task(_last_words(process.stderr))
    try:
        while piece := await asyncio.wait_for(process.stdout.read(PIECE_BYTES), QUIET_S):
            yield piece
        if feeding:
            await feeding
        if await asyncio.wait_for(process.wait(), QUIET_S):
            raise FfmpegFailed(await saying)
    except TimeoutError as error:
        raise FfmpegFailed(f"No byte in {QUIET_S} s.") from error
    finally:
        if process.returncode is None:
            process.kill()
        for task in (feeding, saying):
            if task:
                task.cancel()
        await asyncio.gather(*(task for task in (feeding, saying) if task), return_exceptions=True)
        await process.wait()


async def _feed(process: asyncio.subprocess.Process, given: AsyncGenerator[bytes, None]) -> None:
    assert process.stdin is not None
    try:
        async with aclosing(given):
            async for piece in given:
                process.stdin.write(piece)
                await process.stdin.drain()
    except (BrokenPipeError, ConnectionResetError):
        pass  # it has ended, and says why
    finally:
        process.stdin.close()


async def _last_words(stream: AsyncIterator[bytes]) -> str:
    said = b""
    async for line in stream:
        said = (said + line)[-LARGEST_SAID:]
    return said.decode(errors="replace").strip() or "It said nothing."
