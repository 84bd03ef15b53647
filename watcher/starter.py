"""The settings and the seeds that a new folder starts from."""

from collections.abc import Iterator
from contextlib import contextmanager
from importlib.resources import as_file, files
from pathlib import Path


@contextmanager
def starter() -> Iterator[Path]:
    """A folder that holds `feeds.yaml` and `seeds/`: inside the installed package, or at the top of a checkout."""
    packed = files("watcher").joinpath("starter")
    if packed.is_dir():
        with as_file(packed) as folder:
            yield folder
    else:
        yield Path(__file__).parent.parent
