"""`python -m bench.due 20000`: each scheduled function with so many due rows; calls answer, and the rest shrinks."""

import sys
import tempfile
import time
from pathlib import Path

from local.stack import Stack
from tests.cast import Stage
from tests.due_work import DUE, DueWork, out_of_turn

CALLS = 3


def main() -> None:
    n, names = int(sys.argv[1]), set(sys.argv[2:])
    with tempfile.TemporaryDirectory(prefix="due-") as folder:
        Path(folder).chmod(0o711)
        with Stack(Path(folder) / "stack") as stack:
            stage = Stage(stack.env)
            stage.http.timeout = 900
            work = DueWork(stage.owner, n)
            print(f"{n:,} rows each          call: status, seconds, rows left", flush=True)
            for due in DUE:
                if names and due.function not in names:
                    continue
                work.make(due)
                line = f"{due.function:22} {work.done(due).count(False):7,}"
                for _ in range(CALLS):
                    begun = time.monotonic()
                    reply = stage.invoke_as_service(due.function)
                    done = work.done(due)
                    line += f"   {reply.status_code} {time.monotonic() - begun:5.1f} s {done.count(False):6,}"
                    if out_of_turn(done) > due.runs_side_by_side:
                        line += f" ({out_of_turn(done)} out of turn)"
                    if reply.status_code != 200:
                        line += f" {reply.text[:150]}"
                    if False not in done:
                        break
                print(line, flush=True)
            stage.close()


if __name__ == "__main__":
    main()
