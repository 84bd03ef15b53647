"""The password of the mail server and the address for messages: where they are found, and that nobody sees them."""

import time
from collections.abc import Iterator
from pathlib import Path

import keyring
import pytest
from keyring.backend import KeyringBackend
from keyring.errors import KeyringLocked

from watcher.config import secrets
from watcher.config.secrets import read_mail_password, read_push_addresses, read_secrets
from watcher.errors import ConfigError, UsageError
from watcher.sources import Secret, Source

BOTH = """\
mail: {password: "from the file"}
push: {salon: "ntfy://room", garde: "json://night"}
inserm: {user: marie, password: other}
"""


class Ring(KeyringBackend):
    """A keyring of one entry, which may be locked or slow."""

    priority = 1
    trouble: Exception | None = None
    wait = 0.0

    def get_password(self, service: str, username: str) -> str | None:
        time.sleep(self.wait)
        if self.trouble:
            raise self.trouble
        return "from the ring" if (service, username) == ("watcher", "marie") else None

    def set_password(self, service: str, username: str, password: str) -> None:
        raise NotImplementedError


@pytest.fixture(autouse=True)
def ring() -> Iterator[Ring]:
    before = keyring.get_keyring()
    ring = Ring()  # type: ignore[no-untyped-call]
    keyring.set_keyring(ring)
    yield ring
    keyring.set_keyring(before)


def written(folder: Path, text: str, mode: int = 0o600) -> Path:
    file = folder / "secrets.yaml"
    file.write_text(text, encoding="utf-8")
    file.chmod(mode)
    return file


def test_the_environment_then_the_file_then_the_keyring(tmp_path: Path) -> None:
    file = written(tmp_path, BOTH)
    said = {"WATCHER_MAIL_PASSWORD": "from outside", "WATCHER_PUSH_NULLE_PART": "json://elsewhere"}
    assert read_mail_password(file, "marie", said) == Secret("from outside")
    assert read_mail_password(file, "marie", {}) == Secret("from the file")
    assert read_mail_password(tmp_path / "none.yaml", "marie", {}) == Secret("from the ring")
    assert read_mail_password(tmp_path / "none.yaml", "luc", {}) == Secret("")
    assert read_mail_password(tmp_path / "none.yaml", "", {}) == Secret("")
    places = ("salon", "garde", "nulle-part")
    kept = {"salon": Secret("ntfy://room"), "garde": Secret("json://night")}
    assert read_push_addresses(file, places, {}) == kept
    assert read_push_addresses(file, ("garde",), {}) == {"garde": Secret("json://night")}
    assert read_push_addresses(file, places, said) == kept | {"nulle-part": Secret("json://elsewhere")}
    assert read_push_addresses(tmp_path / "none.yaml", places, {}) == {}


@pytest.mark.parametrize("text", ["", "mail:\n", "push: {address: a}\n", "mail: {}\n"])
def test_a_file_that_says_nothing_of_mail(tmp_path: Path, text: str) -> None:
    assert read_mail_password(written(tmp_path, text), "marie", {}) == Secret("from the ring")


@pytest.mark.parametrize("trouble", [KeyringLocked("open it first"), RuntimeError("no bus")])
def test_a_keyring_that_fails_is_no_password(tmp_path: Path, ring: Ring, trouble: Exception) -> None:
    ring.trouble = trouble
    assert read_mail_password(tmp_path / "none.yaml", "marie", {}) == Secret("")


def test_a_keyring_that_waits_for_a_person_is_left(tmp_path: Path, ring: Ring, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(secrets, "KEYRING_PATIENCE", 0.2)
    ring.wait = 2.0
    started = time.monotonic()
    assert read_mail_password(tmp_path / "none.yaml", "marie", {}) == Secret("")
    assert time.monotonic() - started < 1.5


def test_sources_and_mail_share_the_file_and_nothing_else(tmp_path: Path) -> None:
    sources = (Source(id="inserm", url="https://a.example/"), Source(id="mail", url="https://b.example/"))
    found = read_secrets(written(tmp_path, BOTH), sources, {})
    assert {name: secret.password for name, secret in found.items()} == {"inserm": Secret("other")}


@pytest.mark.parametrize(
    ("text", "reason", "where"),
    [
        ("mail: {pasword: hunter22}", "unknown-key", "mail"),
        ("mail: hunter22", "not-a-mapping", "mail"),
        ("mail: {password: [hunter22]}", "not-a-text", "mail"),
        ("mail: {password: {hunter22: a}}", "not-a-text", "mail"),
        ('mail: {password: "hunter22\\n2"}', "control-character", "mail"),
        ("mail: {password: hunter22", "syntax", ""),
    ],
)
def test_what_is_wrong_with_it_and_not_a_word_of_it(tmp_path: Path, text: str, reason: str, where: str) -> None:
    with pytest.raises(ConfigError) as caught:
        read_mail_password(written(tmp_path, text), "marie", {})
    (mistake,) = caught.value.mistakes
    assert (mistake.reason, mistake.where) == (reason, where)
    assert "hunter22" not in repr(mistake)


def test_others_must_not_read_it(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="open-secrets"):
        read_mail_password(written(tmp_path, BOTH, 0o640), "marie", {})
