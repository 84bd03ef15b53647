"""The sources that feeds.yaml holds as comments, for tests."""

import re
from pathlib import Path

from watcher.config import load
from watcher.parse import SERVICES
from watcher.sources import Source

SETTINGS = Path(__file__).resolve().parent.parent / "feeds.yaml"


def shipped(tmp_path: Path) -> dict[str, Source]:
    """The pages that wait as comments, taken into use, by their ids."""
    text = SETTINGS.read_text(encoding="utf-8")
    waiting = re.findall(r"^ *# (- \{.*kind: (?:page|sitemap|seminars),.*\})$", text, flags=re.MULTILINE)
    file = tmp_path / "feeds.yaml"
    file.write_text("sources:\n" + "".join(f"  {line}\n" for line in waiting), encoding="utf-8")
    read = load(file, kinds=SERVICES).sources
    return {one.id: one for one in read}
