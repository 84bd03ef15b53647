"""Make `docs/demo.svg`, the README's picture: the second day of the demo as its terminal shows it."""

from io import StringIO
from pathlib import Path

from watcher.cli.demo import live
from watcher.render.terminal import console

WIDTH = 100
TARGET = Path(__file__).parent.parent / "docs" / "demo.svg"


def main() -> None:
    """Live two days, draw the second."""
    nowhere, screen = console(), console(width=WIDTH, record=True)
    nowhere.file = screen.file = StringIO()
    live({1: nowhere, 2: screen})
    svg = screen.export_svg(title="watcher demo")
    TARGET.write_text(svg, encoding="utf-8")
    print(f"{TARGET}: {len(svg)} bytes")


if __name__ == "__main__":
    main()
