"""A child process for bytes that may be hostile: little memory, little time, no secrets, no files to write.

Libraries that take PDFs and pictures apart are large and written in C; a crafted file can make them eat all memory
or never come back. Here that costs a child and one sentence, not the web process or the worker.
"""

import base64
import importlib
import json
import subprocess
import sys
import tempfile
from collections.abc import Callable
from typing import Any

from domain.kernel.errors import Invalid

MB = 1024 * 1024


class Unreadable(Invalid):
    """A file that could not be taken apart within the limits."""


def confined(
    work: Callable[..., Any], content: bytes, *, memory_mb: int = 1024, cpu_s: int = 20, wall_s: int = 40, **facts: Any
) -> Any:
    """What a function of a module makes of the bytes, computed in a child; facts and answer are plain JSON.

    Bytes in the answer's first level come back as bytes. Raises `Invalid` with the function's own sentence, or
    `Unreadable` when the child dies, runs out of memory or takes too long.
    """
    # "-P": the folder that it runs in is everybody's, and no module may come from there.
    command = [
        sys.executable, "-B", "-P", "-m", "domain.kernel.confined",
        f"{work.__module__}:{work.__qualname__}", str(memory_mb), str(cpu_s), json.dumps(facts),
    ]  # fmt: skip
    # None of our own variables: what holds an address or a key is not for this child.
    environment = {"LANG": "C.UTF-8", "OMP_NUM_THREADS": "2", "HOME": tempfile.gettempdir()}
    try:
        child = subprocess.run(
            command, input=content, capture_output=True, timeout=wall_s, check=False, env=environment,
            cwd=tempfile.gettempdir(),
        )  # fmt: skip
        answer = json.loads(child.stdout.rpartition(b"\n")[2])
    except (subprocess.TimeoutExpired, ValueError):
        raise Unreadable("This file could not be read: it takes too much time or memory, or it is damaged.") from None
    if "refused" in answer:
        raise Invalid(answer["refused"])
    return _with_bytes(answer["answer"])


def _with_bytes(answer: Any) -> Any:
    if isinstance(answer, dict):
        return {
            key: base64.b64decode(value["base64"]) if isinstance(value, dict) and set(value) == {"base64"} else value
            for key, value in answer.items()
        }
    return answer


def _limit(memory_mb: int, cpu_s: int) -> None:
    import resource

    limits = {
        resource.RLIMIT_AS: memory_mb * MB, resource.RLIMIT_CPU: cpu_s, resource.RLIMIT_FSIZE: 0,
        resource.RLIMIT_CORE: 0,
    }  # fmt: skip
    for limit, value in limits.items():
        try:
            resource.setrlimit(limit, (value, value))
        except (ValueError, OSError):  # macOS knows no limit of the address space; time still is limited
            continue


def _main() -> None:
    name, memory_mb, cpu_s, facts = sys.argv[1:]
    _limit(int(memory_mb), int(cpu_s))
    module, _, function = name.partition(":")
    try:
        made = getattr(importlib.import_module(module), function)(sys.stdin.buffer.read(), **json.loads(facts))
        if isinstance(made, dict):
            made = {
                key: {"base64": base64.b64encode(value).decode()} if isinstance(value, bytes) else value
                for key, value in made.items()
            }
        answer: dict[str, Any] = {"answer": made}
    except Invalid as refusal:
        answer = {"refused": str(refusal)}
    # A library may have printed something; the answer is the last line.
    sys.stdout.write("\n" + json.dumps(answer))
    sys.stdout.flush()


if __name__ == "__main__":
    _main()
