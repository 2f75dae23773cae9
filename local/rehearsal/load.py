"""Callers who do not stop: what each of them got, second by second."""

import threading
import time
from collections import Counter
from types import TracebackType

import httpx

CALLERS = 12


class Load:
    """`with Load(url, headers, names) as load:`; afterwards `load.seen` counts what was answered."""

    def __init__(self, url: str, headers: dict[str, str], names: tuple[str, ...], body: str = "{}") -> None:
        self._url, self._headers, self._names, self._body = url, headers, names, body
        self._over = threading.Event()
        self._threads = [threading.Thread(target=self._call, args=(place,)) for place in range(CALLERS)]
        self.seen: Counter[str] = Counter()
        self.told: dict[str, str] = {}
        self.commits: list[str] = []
        self.slowest_s = 0.0

    def __enter__(self) -> "Load":
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._over.set()
        for thread in self._threads:
            thread.join()

    def _call(self, place: int) -> None:
        # Without keeping connections: who asks on one that is just being closed has to ask again, and browsers do.
        limits = httpx.Limits(max_keepalive_connections=0)
        with httpx.Client(headers=self._headers, timeout=40, limits=limits) as client:
            while not self._over.is_set():
                place += 1
                began = time.monotonic()
                name = self._names[place % len(self._names)]
                try:
                    reply = client.post(f"{self._url}/functions/v1/{name}", content=self._body)
                    said = str(reply.status_code)
                    if said != "200" and said not in self.told:
                        self.told[said] = reply.text[:200]
                    commit = reply.headers.get("x-commit", "")
                    if commit and commit not in self.commits:
                        self.commits.append(commit)
                except httpx.TransportError as error:
                    said = type(error).__name__
                    self.told[said] = str(error)
                self.seen[said] += 1
                self.slowest_s = max(self.slowest_s, time.monotonic() - began)

    def __str__(self) -> str:
        total = sum(self.seen.values())
        answers = ", ".join(f"{count} × {said}" for said, count in self.seen.most_common())
        why = "".join(f"\n      {said}: {told}" for said, told in self.told.items())
        return f"{total} requests: {answers}; the slowest took {self.slowest_s:.2f} s{why}"
