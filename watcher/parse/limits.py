"""Read a suspicious document in a process of its own, which no document can keep busy or fill for ever."""

import io
import os
import pickle
import re
import signal
import subprocess
import sys
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from watcher.articles import Parsed
from watcher.sources import Source, Trouble


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What reading one document may take."""

    cpu: int = 20  # seconds
    wall: float = 30.0  # seconds, for a machine that is busy with other things
    memory: int = 2**30  # bytes of address space


USUAL = Limits()

LARGE = 100_000  # bytes; what a library makes of less ends soon, were it to grow with the square
DEEP = 200  # elements open at once
MANY_DECLARATIONS = 20
_DECLARATION = re.compile(rb"<!(?!--|\[CDATA\[)")
_TAG = re.compile(rb"</?\w[^<>]*+>")


def suspicious(document: bytes) -> bool:
    """Whether a document that is out of the ordinary may take long to read: large, deeply nested, or full of "<!"."""
    if len(document) > LARGE or len(_DECLARATION.findall(document)) > MANY_DECLARATIONS:
        return True
    depth = deepest = 0
    for tag in _TAG.findall(document):
        depth += -1 if tag.startswith(b"</") else not tag.endswith(b"/>")
        deepest = max(deepest, depth)
    return deepest > DEEP


def read_apart(document: bytes, source: Source, address: str, allowed: Limits = USUAL) -> Parsed | Trouble:
    """Read a feed in a child process with `feed.read_here`; one that is stopped or dies is a Trouble."""
    home = str(Path(__file__).parent.parent.parent)
    paths = os.pathsep.join(filter(None, (home, os.environ.get("PYTHONPATH"))))
    try:
        child = subprocess.run(  # noqa: S603 - this very program
            [sys.executable, "-P", "-m", __name__],
            input=pickle.dumps((document, source, address, allowed)),
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            timeout=allowed.wall,
            check=False,
            env={name: value for name, value in os.environ.items() if not name.startswith("WATCHER_")}  # passwords
            | {"PYTHONPATH": paths},
        )
    except subprocess.TimeoutExpired:
        return Trouble(kind="too-large", detail=f"parser stopped after {allowed.wall:.0f} s")
    if child.returncode == -signal.SIGXCPU:
        return Trouble(kind="too-large", detail=f"parser stopped after {allowed.cpu} s")
    if child.returncode == _OUT_OF_MEMORY:
        return Trouble(kind="too-large", detail=f"parser stopped at {allowed.memory // 2**20} MiB")
    with suppress(Exception):  # half an answer, or none
        if isinstance(read := _Values(io.BytesIO(child.stdout)).load(), Parsed | Trouble):
            return read
    return Trouble(kind="broken", detail=f"parser died ({child.returncode})")


_OUT_OF_MEMORY = 12  # exit code of the child


class _Values(pickle.Unpickler):
    """Takes nothing but our values from a process that a stranger's bytes went through."""

    def find_class(self, module: str, name: str) -> object:
        if module in ("watcher.articles", "watcher.sources", "datetime") or (module, name) == ("builtins", "frozenset"):
            return super().find_class(module, name)
        raise pickle.UnpicklingError(name)


def _limit(allowed: Limits) -> None:
    with suppress(ImportError, OSError, ValueError):  # Windows has none of them, macOS no limit of memory
        import resource

        resource.setrlimit(resource.RLIMIT_CPU, (allowed.cpu, allowed.cpu + 5))
        resource.setrlimit(resource.RLIMIT_AS, (allowed.memory, allowed.memory))


def _child() -> int:
    """What the child does: values from stdin, limits, values to stdout."""
    from watcher.parse import feed

    document, source, address, allowed = pickle.load(sys.stdin.buffer)  # noqa: S301 - our parent's
    _limit(allowed)
    try:
        sys.stdout.buffer.write(pickle.dumps(feed.read_here(document, source, address)))
    except MemoryError:
        return _OUT_OF_MEMORY
    return 0


if __name__ == "__main__":
    sys.exit(_child())
