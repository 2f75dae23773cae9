"""The archive, made while it is sent: a piece of one file is in memory, whatever the recordings weigh."""

import json
from collections.abc import Iterator
from urllib.parse import quote
from zipfile import ZIP_DEFLATED

import httpx
from zipstream import ZipStream

from shared.settings import ServiceSettings, SupabaseSettings

from .contract import Part

BUCKET = "session-recordings"
PIECE_BYTES = 256 * 1024
README = """Your data
=========

Everything that we know of you, as of {date}.

  data/*.json    a file for each kind: your account and profile, your sessions, journal, consents, payments and so on.
                 Times are UTC, amounts ending in _minor are cents.
  signatures/    what you drew when you signed. Its SHA-256 and the hash of the signed text are in data/waivers.json.
  recordings/    the recordings of your sessions that you may watch. Those of classes show other people, so they are
                 not in here; you can watch them on our pages.

Of other people this has the names of your practitioners and nothing else. Notes that a practitioner keeps for themself
are theirs and are not in here. If you think that something is missing or wrong, please write to us.
"""


def archive(parts: list[Part], date: str) -> Iterator[bytes]:
    """The zip's bytes. A file that cannot be read is named in MISSING.txt, and the rest comes all the same."""
    missing: list[str] = []
    stream = ZipStream(sized=False)
    stream.add(README.format(date=date), "README.txt", compress_type=ZIP_DEFLATED)
    for part in parts:
        if part.rows is not None:
            text = json.dumps(part.rows, indent=2, ensure_ascii=False)
            stream.add(text, f"data/{part.name}.json", compress_type=ZIP_DEFLATED)
        elif part.content is not None:
            stream.add(part.content, part.name)
    yield from stream.all_files()
    with httpx.Client(timeout=httpx.Timeout(60, connect=5), trust_env=False) as client:
        for part in parts:
            if part.storage_path is None:
                continue
            # Video is stored as it is: compressing it again costs time and wins nothing.
            stream.add(_stored(client, part, missing), part.name)
            yield from stream.all_files()
    if missing:
        stream.add("These could not be read just now:\n" + "\n".join(missing) + "\n", "MISSING.txt")
    yield from stream.finalize()


def _stored(client: httpx.Client, part: Part, missing: list[str]) -> Iterator[bytes]:
    key = ServiceSettings.read().key
    origin = SupabaseSettings.read().supabase_url.rstrip("/")
    url = f"{origin}/storage/v1/object/{BUCKET}/{quote(part.storage_path or '')}"
    try:
        with client.stream("GET", url, headers={"apikey": key, "authorization": f"Bearer {key}"}) as reply:
            if reply.status_code != 200:
                missing.append(part.name)
                return
            yield from reply.iter_raw(PIECE_BYTES)
    except httpx.TransportError:
        missing.append(part.name)
