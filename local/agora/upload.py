"""What a recording has put into its bucket, and what is still on its way there through Agora's backup."""

from dataclasses import dataclass, field
from pathlib import Path

from .bucket import Bucket
from .media import Padded

Content = bytes | Path | Padded


@dataclass
class Upload:
    """One recording's files, by key, in the order in which they came."""

    bucket: Bucket
    keys: list[str] = field(default_factory=list)
    _late: list[tuple[str, Content]] = field(default_factory=list)

    @property
    def is_late(self) -> bool:
        return bool(self._late)

    @property
    def keys_to_come(self) -> list[str]:
        late = (self.bucket.key(name) for name, _ in self._late)
        return [key for key in late if key not in self.keys]

    async def write(self, name: str, content: Content, late: bool = False) -> None:
        """Put a file, or have it come late."""
        if late:
            self._late.append((name, content))
            return
        await self.bucket.write(name, content)
        if (key := self.bucket.key(name)) not in self.keys:
            self.keys.append(key)

    async def write_late_files(self) -> None:
        for name, content in self._late:
            await self.write(name, content)
