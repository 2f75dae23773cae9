"""Serves functions over plain uvicorn: one of them, or all by path from one container.

    FUNCTION_TARGET=sign_waiver python -m server     one, as a service of its own
    python -m server                                 all of them, each in a process of its own behind one port

It knows `functions.json`, which `deploy` writes beside it, and no table, no setting and no function by heart. Every
function stays a target of functions-framework, which can serve it as well.
"""
