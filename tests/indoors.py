"""Commands typed without a process of their own, in a small folder to watch from."""

import io
import os
import sys
from collections.abc import Iterator
from contextlib import chdir, contextmanager, redirect_stderr, redirect_stdout
from datetime import UTC, datetime, timedelta
from pathlib import Path

from watcher.articles import Article
from watcher.cli import main
from watcher.identity import identify
from watcher.run import take_in
from watcher.store import Store

NOW = datetime.now(UTC).replace(microsecond=0)
SETTINGS = """
allow_hosts: [127.0.0.0/8]
sources:
  - {{id: presse, url: "{url}"}}
digests:
  - {{name: hebdo, to: [anne@chu.example]}}
mail: {{from: veille@chu.example, maildir: mails}}
"""
SEED = "# La ferroptose\n\nLa ferroptose détruit les cellules tumorales persistantes par le fer des lysosomes.\n"


class Room:
    """A folder with settings, in which commands are typed."""

    def __init__(self, folder: Path, url: str = "http://127.0.0.1:1/feed") -> None:
        self.folder = folder
        self.database = folder / "watcher.db"
        self.backups = folder / "backups"
        (folder / "seeds" / "ferro").mkdir(parents=True)
        (folder / "seeds" / "ferro" / "seed.md").write_text(SEED, encoding="utf-8")
        self.watch(url)

    def watch(self, url: str, *more: str) -> None:
        """Write settings with one source."""
        text = SETTINGS.format(url=url) + "\n".join(more)
        (self.folder / "feeds.yaml").write_text(text, encoding="utf-8")

    def type(self, *words: str | Path) -> tuple[int, str, str]:
        """Run a command to its end: exit code, stdout, stderr."""
        out, err = _page(), _page()
        before, sys.argv = sys.argv, ["watcher", *map(str, words)]
        try:
            with chdir(self.folder), redirect_stdout(out), redirect_stderr(err):
                main()
        except SystemExit as end:
            code = end.code
        finally:
            sys.argv = before
        return int(code or 0), _read(out), _read(err)

    def refused(self, code: int, *words: str | Path) -> str:
        """Run a command that must end with this code and one line that says why; returns that line."""
        ended, out, err = self.type(*words)
        said = [line for line in err.splitlines() if line.startswith("watcher: ")]
        assert (ended, len(said)) == (code, 1), (ended, out, err)
        assert "{" not in said[0]
        return said[0]

    def fill(self, *numbers: int, seen: datetime = NOW) -> None:
        """Put articles into the database."""
        with Store(self.database) as store:
            add(store, *numbers, seen=seen)

    def count(self) -> int:
        """How many articles the database knows."""
        with Store(self.database, create=False) as store:
            return store.count()


def add(store: Store, *numbers: int, seen: datetime = NOW, words: int = 10) -> None:
    """Articles with a text of their own."""
    articles = tuple(
        Article(
            source="presse", guid=f"a{n}", url=f"https://presse.example/{n}", published=seen - timedelta(hours=1),
            title=f"Ferroptose et lysosomes : étude n° {n} de l’institut",
            summary=" ".join(f"mot{n}x{word}" for word in range(words)),
        )
        for n in numbers
    )  # fmt: skip
    take_in(iter(identify(articles)), (), store, seen)


def damaged(file: Path, *, first: int = 4096, last: int | None = None) -> None:
    """Scribble over a file."""
    content = bytearray(file.read_bytes())
    content[first:last] = b"\xa5" * len(content[first:last])
    file.write_bytes(content)


@contextmanager
def mask(value: int) -> Iterator[None]:
    """Files are made as if nobody cared who reads them."""
    before = os.umask(value)
    try:
        yield
    finally:
        os.umask(before)


def mode(file: Path) -> int:
    """Who may do what with a file."""
    return file.stat().st_mode & 0o777


def _page() -> io.TextIOWrapper:
    return io.TextIOWrapper(io.BytesIO(), encoding="utf-8", write_through=True)


def _read(page: io.TextIOWrapper) -> str:
    page.flush()
    raw = page.buffer
    assert isinstance(raw, io.BytesIO)
    return raw.getvalue().decode()
