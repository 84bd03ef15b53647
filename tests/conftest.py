"""What holds for every test."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from servers import Server, http_server

from watcher.store import Store

# A busy machine is no fault of a test.
settings.register_profile("patient", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("patient")


@pytest.fixture(autouse=True)
def _no_settings_from_outside(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever proxy or certificates the machine uses, the tests ask the servers that they start."""
    for name in ("http_proxy", "https_proxy", "all_proxy", "no_proxy", "SSL_CERT_FILE", "REQUESTS_CA_BUNDLE"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    """An empty database."""
    with Store(tmp_path / "watcher.db") as store:
        yield store


@pytest.fixture
def server() -> Iterator[Server]:
    """A server on the loopback that has nothing to say yet."""
    with http_server({}) as server:
        yield server


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Where nothing may be missing (WATCHER_CI), a test that skipped is a failure and is named."""
    skipped = terminalreporter.stats.get("skipped", [])
    if os.environ.get("WATCHER_CI") and skipped:
        for report in skipped:
            terminalreporter.write_line(f"SKIPPED, and none may: {report.nodeid} {report.longrepr}", red=True)


@pytest.hookimpl(tryfirst=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    if os.environ.get("WATCHER_CI") and reporter and reporter.stats.get("skipped"):
        session.exitstatus = pytest.ExitCode.TESTS_FAILED
