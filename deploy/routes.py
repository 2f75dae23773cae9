"""Where each function answers, and to whom."""

from .functions import functions


def write() -> None:
    """Print a line for each function: path, verbs, callers, and its schedule if it has one."""
    for function in functions().values():
        verbs, callers = ",".join(function.methods), ",".join(function.callers)
        line = f"/functions/v1/{function.name:<30} {verbs:<9} {callers:<13} {function.schedule or ''}"
        print(line.rstrip())
