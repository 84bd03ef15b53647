"""Build the package as it would be published, install it elsewhere, and try what a new reader types first.

Writes nothing into the checkout. Prints a line a step; exits with 1 at the first one that fails.
"""

import os
import shutil
import subprocess
import sys
import tarfile
import tempfile
import zipfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
WANTED = (
    "watcher/py.typed",
    "watcher/lexicon.tsv",
    "watcher/background.tsv.gz",
    "watcher/demo/world.yaml",
    "watcher/render/templates/mail.html",
    "watcher/render/templates/page.html",
    "watcher/render/templates/story.html",
    "watcher/starter/feeds.yaml",
)
FIRST_WORDS = (  # what is typed in an empty folder, and what must be in the answer
    (("--version",), "version"),
    (("init", "X"), "feeds.yaml"),
    (("--config", "X/feeds.yaml", "profiles", "list"), "ferroptose-cd44"),
    (("demo",), "lundi 23 novembre 2026"),
)
NOT_COPIED = shutil.ignore_patterns(".*", "build", "dist", "__pycache__", "*.egg-info", "*.db", "*.lock")


class _FailedError(Exception):
    """What was not as it should be."""


def main() -> int:
    """Take every step; 0 when all of them went well."""
    with tempfile.TemporaryDirectory(prefix="watcher-wheel-") as place:
        try:
            _steps(Path(place).resolve())
        except (_FailedError, OSError, subprocess.TimeoutExpired) as error:
            print(f"FAILED  {error}")
            return 1
    return 0


def _steps(place: Path) -> None:
    wheel, sdist = _built(place)
    _done(f"built {sdist.name} and {wheel.name}")
    _check_content(wheel, sdist)
    _done("the wheel holds the starter, the data files and no tests")
    program = _installed(wheel, place / "venv")
    _done("installed in a new venv with its dependencies")
    empty = place / "empty"
    empty.mkdir()
    for words, wanted in FIRST_WORDS:
        said = _run(program, *words, cwd=empty)
        if wanted not in said:
            raise _FailedError(f"watcher {' '.join(words)}: no {wanted!r} in what it says\n{said}")
        _done(f"watcher {' '.join(words)}")


def _built(place: Path) -> tuple[Path, Path]:
    """The wheel and the sdist; the wheel is made from the sdist, as it is where no wheel can be had."""
    copy, dist = place / "checkout", place / "dist"
    shutil.copytree(ROOT, copy, ignore=NOT_COPIED)
    # hatchling leaves out what .gitignore names, and so must the copy.
    shutil.copy(ROOT / ".gitignore", copy)
    _run(sys.executable, "-m", "build", "--no-isolation", "--outdir", str(dist), str(copy), cwd=place)
    (wheel,), (sdist,) = dist.glob("*.whl"), dist.glob("*.tar.gz")
    return wheel, sdist


def _check_content(wheel: Path, sdist: Path) -> None:
    with zipfile.ZipFile(wheel) as packed:
        names = set(packed.namelist())
    with tarfile.open(sdist) as packed_source:
        sources = {name.partition("/")[2] for name in packed_source.getnames()}
    seeds = [seed.relative_to(ROOT).as_posix() for seed in sorted((ROOT / "seeds").rglob("*")) if seed.is_file()]
    rooms = [room.relative_to(ROOT).as_posix() for room in sorted((ROOT / "watcher").rglob("*.py"))]
    missing = [name for name in (*WANTED, *(f"watcher/starter/{seed}" for seed in seeds), *rooms) if name not in names]
    if missing or not seeds:
        raise _FailedError(f"not in the wheel: {', '.join(missing) or 'any seed'}")
    if strangers := [n for n in names if not n.startswith(("watcher/", "literature_watcher-")) or "test" in n.lower()]:
        raise _FailedError(f"in the wheel by mistake: {', '.join(sorted(strangers))}")
    if absent := {"feeds.yaml", "pyproject.toml", "LICENSE", "NOTICE", "README.md", *seeds} - sources:
        raise _FailedError(f"not in the sdist: {', '.join(sorted(absent))}")


def _installed(wheel: Path, venv: Path) -> str:
    """The program, installed where nothing of the checkout can be seen."""
    _run(sys.executable, "-m", "venv", str(venv), cwd=wheel.parent)
    folder = venv / ("Scripts" if os.name == "nt" else "bin")
    _run(str(folder / "python"), "-m", "pip", "install", "--quiet", str(wheel), cwd=wheel.parent)
    return str(folder / "watcher")


def _run(*command: str, cwd: Path) -> str:
    """What a program says; raises _FailedError with all of it when the program fails."""
    ours = ("PYTHONPATH", "PYTHONHOME", "VIRTUAL_ENV", "WATCHER_")
    environment = {k: v for k, v in os.environ.items() if not k.startswith(ours)} | {"PYTHONIOENCODING": "utf-8"}
    run = subprocess.run(
        command, cwd=cwd, env=environment, capture_output=True, encoding="utf-8", timeout=600, check=False
    )
    if run.returncode:
        raise _FailedError(f"{' '.join(command)} exited with {run.returncode}\n{run.stdout}{run.stderr}")
    return run.stdout


def _done(step: str) -> None:
    print(f"ok      {step}", flush=True)


if __name__ == "__main__":
    sys.exit(main())
