"""The archive, made while it is sent: a piece of one file is in memory, whatever the recordings weigh."""

import json
from collections.abc import Iterator
from zipfile import ZIP_DEFLATED

from anyio import from_thread
from zipstream import ZipStream

from shared.storage.supabase import Storage, StorageRefused, StorageUnavailable

from .contract import Part

BUCKET = "session-recordings"
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
    for part in parts:
        if part.storage_path is None:
            continue
        # Video is stored as it is: compressing it again costs time and wins nothing.
        stream.add(_stored(part.storage_path, part.name, missing), part.name)
        yield from stream.all_files()
    if missing:
        stream.add("These could not be read just now:\n" + "\n".join(missing) + "\n", "MISSING.txt")
    yield from stream.finalize()


def _stored(path: str, name: str, missing: list[str]) -> Iterator[bytes]:
    """A file's bytes. The archive is made in a thread, and storage is asked by the event loop that serves it."""
    pieces = Storage(BUCKET).read(path)
    try:
        while (piece := from_thread.run(anext, pieces, None)) is not None:
            yield bytes(piece)
    except (StorageUnavailable, StorageRefused):
        missing.append(name)
