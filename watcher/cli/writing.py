"""What leaves, written with a person's own templates where these work, and with ours where they do not."""

from collections.abc import Callable
from email.message import EmailMessage
from pathlib import Path
from typing import TypeVar

import click

from watcher.cli.choices import Choices
from watcher.cli.words import error_said, t
from watcher.digest import Digest, DigestSetting
from watcher.errors import UsageError
from watcher.outbox import Way
from watcher.run.send import Writer, stories_of

T = TypeVar("T")


def writer_of(choices: Choices) -> Writer:
    """Messages as `render` makes them."""
    from watcher.render.mail import Envelope, in_parts, mail, room  # noqa: PLC0415 - jinja2 is nothing for a poll
    from watcher.render.parcels import parcel  # noqa: PLC0415

    zone, settings = choices.zone, choices.settings
    sender = settings.mail.sender if settings.mail else ""
    own = forgiving(settings.templates)

    def write(digest: Digest, setting: DigestSetting, reader: str, language: str) -> EmailMessage:
        envelope = Envelope(sender=sender, to=reader, name=setting.name, form=setting.form)
        return own(lambda folder: mail(digest, envelope, language, zone, folder))

    def holds(digest: Digest, setting: DigestSetting, language: str) -> int:
        if setting.form != "html" or (setting.delivered and not setting.to):
            return stories_of(digest)  # only the page of a letter is ever cut
        return own(lambda folder: room(digest, language, zone, folder))

    def pack(digest: Digest, setting: DigestSetting, way: Way, recipient: str, period: str) -> EmailMessage:
        return own(lambda folder: parcel(digest, setting, way, recipient, period, zone, folder))

    return Writer(write=write, room=holds, parcel=pack, split=in_parts)


def forgiving(templates: Path | None) -> Callable[[Callable[[Path | None], T]], T]:
    """What makes a document with the templates of a folder and, where one of them is wrong, with ours.

    Each mistake is said once. A document is the same whenever it is made, so a digest that was measured with one
    template is not written with another.
    """
    told = set[str]()

    def make(document: Callable[[Path | None], T]) -> T:
        try:
            return document(templates)
        except UsageError as error:
            if error.reason != "bad-template":
                raise
            (line,) = error_said(error)
            if line not in told:
                told.add(line)
                click.echo(f"! {line} {t('; le nôtre sert à sa place', '; ours is used in its place')}", err=True)
            return document(None)

    return make
