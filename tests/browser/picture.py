"""`make picture`: docs/front-page.png, the front page of the stack that runs, in few colours."""

import sys
import tempfile
from pathlib import Path

from PIL import Image

from local.config import ROOT
from local.envfile import read_env
from tests.browser_scene import play

PICTURE = ROOT / "docs" / "front-page.png"


def main(state: Path) -> None:
    """Take it and keep it small."""
    with tempfile.TemporaryDirectory() as folder:
        taken = Path(folder) / "taken.png"
        play("picture.mjs", {"home": read_env(state)["SUPABASE_URL"]}, OUT=str(taken))
        Image.open(taken).convert("RGB").quantize(48).save(PICTURE, optimize=True)
    print(f"{PICTURE.relative_to(ROOT)}: {PICTURE.stat().st_size / 1000:.0f} kB")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
