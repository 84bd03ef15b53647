"""The digest as a mail: a whole message (RFC 5322), as plain text and as HTML that asks for nothing from elsewhere."""

import re
from dataclasses import dataclass, replace
from datetime import tzinfo
from email import message_from_bytes
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from hashlib import sha256
from pathlib import Path
from urllib.parse import quote

from watcher.digest import Digest, Form
from watcher.render.html import filled
from watcher.render.sheet import DOT, Sheet, sheet
from watcher.render.text import written
from watcher.render.words import say
from watcher.text import fold

LARGEST = 90_000  # bytes of HTML; Gmail cuts a longer one, and its reader never sees the end


@dataclass(frozen=True, slots=True, kw_only=True)
class Envelope:
    """Who writes to whom, and for which list."""

    sender: str  # its address; its host is the one that the message and its list are named after
    to: str = ""  # one reader's address; "" when it stays unsaid
    name: str = "digest"  # of the digest in the settings
    form: Form = "html"  # with a page beside the text; otherwise the text alone
    unsubscribe: str = ""  # whom to write to for no more of it; the sender when empty


def mail(
    digest: Digest,
    envelope: Envelope,
    language: str,
    zone: tzinfo,
    templates: Path | None = None,
) -> EmailMessage:
    """The message for one reader; made again of the same digest, it is the same to the last byte.

    The subject has words of ours and counts, and nothing that a feed says. All messages of a list are one thread. What
    would make the HTML too large is left out: the extracts of the last stories, then whole stories (see `room`), and
    the mail says how many. `templates` is a folder whose `mail.html` takes the place of ours. Raises ValueError for an
    address that is none, UsageError("bad-template").
    """
    sender = Address(display_name="watcher", addr_spec=envelope.sender)
    read, html = sheet(digest, language, zone), ""
    if envelope.form == "html":
        read, html = _fitting(read, templates)
    message = EmailMessage(policy=SMTP)
    message["From"] = sender
    message["To"] = Address(addr_spec=envelope.to) if envelope.to else "undisclosed-recipients:;"
    message["Subject"] = subject(digest, language)
    message["Date"] = digest.end
    list_name = _list_name(envelope.name)
    thread = f"<{list_name}.{_mark(envelope.name, envelope.sender)}@{sender.domain}>"
    moment = f"{digest.end:%Y%m%d%H%M%S}"
    message["Message-ID"] = f"<{moment}.{_mark(envelope.name, envelope.to, moment)}@{sender.domain}>"
    message["In-Reply-To"] = message["References"] = thread  # a message that was never sent: readers thread by it
    message["List-ID"] = f"<{list_name}.watcher.{sender.domain}>"
    leave = quote(envelope.unsubscribe or envelope.sender, safe="@")
    message["List-Unsubscribe"] = f"<mailto:{leave}?subject={quote(f'unsubscribe {list_name}')}>"
    message["Auto-Submitted"] = "auto-generated"
    message["Content-Language"] = language
    message.set_content(written(read), cte="quoted-printable")
    if html:
        message.add_alternative(html, subtype="html", cte="quoted-printable")
        message.set_boundary(_mark(str(message["Message-ID"])))  # the library draws one by lot
    return message


def room(digest: Digest, language: str, zone: tzinfo, templates: Path | None = None) -> int:
    """How many stories of a digest a message holds, the last ones without their extracts."""
    read, _ = _fitting(sheet(digest, language, zone), templates)
    return sum(len(part.stories) for part in read.parts)


def in_parts(content: bytes, limit: int) -> tuple[EmailMessage, ...]:
    """A mail that is too large for a server as mails in plain text of which none has more than `limit` bytes.

    0 stands for half of what it has. Each story stands in one of them, whole; their texts together are the text of the
    mail. Made again of the same mail they are the same to the last byte. () when it cannot be made smaller.
    """
    whole = message_from_bytes(content, policy=SMTP)
    body = whole.get_body(("plain",))
    if body is None:
        return ()
    blocks = re.findall(r".+?(?:\n{2,}|\Z)", str(body.get_content()).replace("\r\n", "\n"), re.DOTALL)
    empty = len(_part_of(whole, "", 99, 99).as_bytes())
    sizes = [len(_part_of(whole, block, 99, 99).as_bytes()) - empty for block in blocks]
    room = (limit or len(content) // 2) - empty
    texts, left = [""], room
    for block, size in zip(blocks, sizes, strict=True):
        if size > left and texts[-1]:
            texts.append("")
            left = room
        texts[-1] += block
        left -= size
        if left < 0:
            return ()
    if len(texts) == 1 and not whole.is_multipart():
        return ()
    return tuple(_part_of(whole, text, place, len(texts)) for place, text in enumerate(texts, 1))


def _part_of(whole: EmailMessage, text: str, place: int, parts: int) -> EmailMessage:
    message = EmailMessage(policy=SMTP)
    for name, value in whole.items():
        if name.lower() not in ("mime-version", "content-type", "content-transfer-encoding", "subject", "message-id"):
            message[name] = value
    message["Subject"] = f"{whole['Subject']} ({place}/{parts})" if parts > 1 else str(whole["Subject"])
    left, _, right = str(whole["Message-ID"]).partition("@")
    message["Message-ID"] = f"{left}.{place}of{parts}@{right}"
    message.set_content(text, cte="quoted-printable")
    return message


def subject(digest: Digest, language: str) -> str:
    """What a reader sees before opening: news, none, or a failure, and how much of it."""
    stories = sum(len(section.lines) for section in digest.sections)
    if digest.outcome == "failed":
        return say(language, "subject-failed")
    said = say(language, "subject-news", stories) if stories else say(language, "subject-nothing")
    if digest.turns and not stories:
        said = say(language, "subject-turned", len(digest.turns))
    return f"{said}, {say(language, 'failing', len(digest.troubles))}" if digest.troubles else said


def _fitting(whole: Sheet, templates: Path | None) -> tuple[Sheet, str]:
    """As much of a digest as a mail holds."""
    stories = sum(len(part.stories) for part in whole.parts)
    full = kept = stories
    while True:
        read = _cut(whole, full, kept)
        html = filled("mail.html", read, templates)
        if len(html.encode()) < LARGEST or not kept:
            return read, html
        if full:
            full = full * 3 // 4
        else:
            kept = kept * 3 // 4


def _cut(whole: Sheet, full: int, kept: int) -> Sheet:
    """The first stories of a digest, fewer of them with their extract and their other outlets."""
    parts = []
    place = dropped = 0
    for part in whole.parts:
        stories = []
        for story in part.stories:
            place += 1
            if place <= kept:
                stories.append(story if place <= full else replace(story, extract=(), outlets=(), more=""))
            else:
                dropped += 1
        parts.append(replace(part, stories=tuple(stories)))
    said = (say(whole.language, "left-out", dropped) if dropped else "", whole.left_out)
    return replace(whole, parts=tuple(parts), left_out=DOT.join(filter(None, said)))


def _list_name(name: str) -> str:
    """A name as a part of a host name: letters, digits, hyphens."""
    return re.sub("[^a-z0-9]+", "-", fold(name)).strip("-")[:40] or "digest"


def _mark(*facts: str) -> str:
    return sha256("\0".join(facts).encode()).hexdigest()[:16]
