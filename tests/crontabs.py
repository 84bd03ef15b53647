"""A crontab for tests: a real program on PATH that keeps one file, and what cron makes of a line of it."""

import os
import shlex
from pathlib import Path

PROGRAM = """#!/bin/sh
if [ -f {said} ]; then
    read -r code words < {said}
    echo "$words" >&2
    exit "$code"
fi
case "$*" in
    -l) [ -f {kept} ] || {{ echo "no crontab for reader" >&2; exit 1; }}
        exec cat {kept} ;;
    -) exec cat > {kept} ;;
    *) exit 2 ;;
esac
"""


class Crontab:
    """The program in a folder of its own, its file, and what it says when it refuses."""

    def __init__(self, folder: Path) -> None:
        self.bin = folder / "bin"
        self.kept = folder / "crontab.kept"
        self.said = folder / "crontab.said"
        self.bin.mkdir(parents=True)
        (self.bin / "crontab").write_text(
            PROGRAM.format(kept=shlex.quote(str(self.kept)), said=shlex.quote(str(self.said))), encoding="utf-8"
        )
        (self.bin / "crontab").chmod(0o755)

    @property
    def path(self) -> str:
        """PATH with it first."""
        return f"{self.bin}{os.pathsep}{os.environ['PATH']}"

    def lines(self) -> list[str]:
        """What is run, without comments and empty lines."""
        text = self.kept.read_text(encoding="utf-8")
        return [line for line in text.split("\n") if line and not line.startswith("#")]


def command_of(line: str, *, halves: bool) -> str:
    """What cron hands to the shell: the five fields gone, `\\%` a percent sign, and no other one.

    With `halves` two backslashes are one, as in some crons; in others they stay two.
    """
    command = line.split(" ", 5)[5]
    made = ""
    escaped = False
    for character in command:
        if escaped:
            if character == "%" or (character == "\\" and halves):
                made = made[:-1]
            made += character
            escaped = False
        else:
            assert character != "%", f"cron would end the command here: {line}"
            escaped = character == "\\"
            made += character
    return made
