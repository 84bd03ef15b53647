"""Where a run tells what it does: the log, the metrics, the address that is asked for after it."""

from pathlib import Path

import pytest

from watcher.config import Settings, load
from watcher.config.secrets import read_ping_address, read_secrets
from watcher.errors import ConfigError, UsageError
from watcher.journal import REQUESTS, RUNS, SOURCES, LogSetting

SOURCE = "sources: [{id: a, url: 'https://a.org/'}]\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path


def read(folder: Path, text: str) -> Settings:
    file = folder / "feeds.yaml"
    file.write_text(SOURCE + text, encoding="utf-8")
    return load(file)


def test_nothing_is_written_unless_it_is_asked_for(folder: Path) -> None:
    settings = read(folder, "")
    assert (settings.log, settings.metrics) == (None, None)


@pytest.mark.parametrize(
    ("text", "setting"),
    [
        ("log: a.log", LogSetting(file=Path("a.log"), level=SOURCES)),
        ("log: {path: b/a.log}", LogSetting(file=Path("b/a.log"), level=SOURCES)),
        ("log: {path: a.log, level: requests}", LogSetting(file=Path("a.log"), level=REQUESTS)),
        ("log: {path: stderr, level: runs}", LogSetting(file=None, level=RUNS)),
    ],
)
def test_a_log_is_a_path_with_a_level(folder: Path, text: str, setting: LogSetting) -> None:
    log = read(folder, text).log
    assert log is not None
    assert log.level == setting.level
    assert log.file == (setting.file and folder / setting.file)


def test_metrics_are_a_path(folder: Path) -> None:
    assert read(folder, "metrics: m/watcher.prom").metrics == folder / "m/watcher.prom"


def test_a_mistake_shows_nothing_of_the_address(folder: Path) -> None:
    with pytest.raises(ConfigError) as caught:
        read(folder, "ping: https://hc-ping.example/canari")
    (mistake,) = caught.value.mistakes
    assert (mistake.reason, mistake.got) == ("ping-here", "***")


def test_the_environment_comes_before_the_file(folder: Path) -> None:
    file = folder / "secrets.yaml"
    assert read_ping_address(file, {}).value == ""
    file.write_text("ping: {address: 'https://hc.example/file'}\n", encoding="utf-8")
    file.chmod(0o600)
    assert read_ping_address(file, {}).value == "https://hc.example/file"
    assert read_ping_address(file, {"WATCHER_PING_ADDRESS": "https://hc.example/own"}).value == "https://hc.example/own"
    assert "hc.example" not in repr(read_ping_address(file, {}))
    assert read_secrets(file, (), {}) == {}  # a part of that file like any other
    file.chmod(0o644)
    with pytest.raises(UsageError) as caught:
        read_ping_address(file, {})
    assert caught.value.reason == "open-secrets"
