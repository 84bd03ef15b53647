"""A digest that goes another way than mail: as a file, or as a few words; each a message that can be frozen."""

from datetime import tzinfo
from email.message import EmailMessage
from email.policy import SMTP
from hashlib import sha256
from pathlib import Path

from watcher.digest import Digest, DigestSetting
from watcher.outbox import Way
from watcher.render.html import page
from watcher.render.mail import subject
from watcher.render.markdown import markdown
from watcher.render.sheet import sheet, worth_showing
from watcher.render.text import text
from watcher.render.words import say

NAMED = 5  # stories that a short message names
LONGEST = 120  # characters of a title in one
_ENDINGS = {"html": ("html", "html"), "text": ("plain", "txt"), "markdown": ("markdown", "md")}


def parcel(  # noqa: PLR0913, PLR0917 - each is a part of what it is, or of where it goes
    digest: Digest, setting: DigestSetting, way: Way, recipient: str, period: str, zone: tzinfo,
    templates: Path | None = None,
) -> EmailMessage:  # fmt: skip
    """The message that goes to a folder ("folder") or to a place for short messages ("push").

    Made again of the same digest it is the same to the last byte. A file is named after the list and its period, so
    that putting it there twice leaves one. Raises UsageError("bad-template").
    """
    language = setting.language
    message = EmailMessage(policy=SMTP)
    message["Subject"] = subject(digest, language)
    message["Date"] = digest.end
    mark = sha256("\0".join((setting.name, period, way, recipient)).encode()).hexdigest()[:32]
    message["Message-ID"] = f"<{mark}@{way}.watcher.localhost>"
    if way == "push":
        message.set_content(short(digest, language, zone), cte="quoted-printable")
        return message
    kind, ending = _ENDINGS[setting.form]
    if setting.form == "html":
        document = page(digest, language, zone, templates)
    else:
        document = (markdown if setting.form == "markdown" else text)(digest, language, zone)
    message.set_content(
        document.encode("utf-8", "replace"),
        maintype="text",
        subtype=kind,
        cte="base64",
        disposition="inline",
        filename=f"{setting.name}-{period}.{ending}",
        params={"charset": "utf-8"},
    )
    return message


def short(digest: Digest, language: str, zone: tzinfo) -> str:
    """A digest in a few lines for a telephone or a chat: what there is, the best stories, what is wrong."""
    read = sheet(digest, language, zone)
    stories = sorted(
        ((line.score.value, story) for section, part in zip(worth_showing(digest), read.parts, strict=True)
         for line, story in zip(section.lines, part.stories, strict=True)),
        key=lambda one: -one[0],
    )  # fmt: skip
    lines = [read.title]
    for _, story in stories[:NAMED]:
        title = f"{story.status} — {story.title}" if story.status else story.title
        lines += ["", f"{story.score}  {_clipped(title)}", *([story.url] if story.url else [])]
    if len(stories) > NAMED:
        lines += ["", say(language, "more", len(stories) - NAMED)]
    for turned in read.turned[:NAMED]:
        lines += ["", f"{turned.status} — {_clipped(turned.title)}", *([turned.url] if turned.url else [])]
    if len(read.turned) > NAMED:
        lines += ["", say(language, "more", len(read.turned) - NAMED)]
    if digest.outcome != "news":
        lines += ["", read.told]
    if read.failing:
        names = ", ".join(one.name for one in read.ailing if one.troubled)
        lines += ["", say(language, "pair", name=read.failing, value=names)]
    return "\n".join(lines) + "\n"


def _clipped(title: str) -> str:
    return title if len(title) <= LONGEST else title[: LONGEST - 1].rstrip() + "…"
