"""What the parts of `mail:`, and those of a digest, must be together."""

from collections.abc import Mapping
from typing import Any

from watcher.config.tree import Node
from watcher.outbox import is_loopback

SERVER_ONLY = ("port", "security", "user")


def check_mail(node: Node, fields: Mapping[str, Node], values: Mapping[str, Any]) -> bool:
    """Whether they go together: one way out, a sender, no password, and no cleartext to another machine."""
    before = len(node.book.mistakes)
    ways = [key for key in ("host", "maildir", "sendmail") if values.get(key)]
    if "from" not in fields:
        node.wrong("missing", key="from")
    if "password" in fields:
        fields["password"].wrong("secret-here", got="***")
    if not {"host", "maildir", "sendmail"} & set(fields) or (not ways and "host" not in fields):
        node.wrong("missing", key="host")
    for extra in ways[1:]:
        fields[extra].wrong("mail-way", hint=str(fields[ways[0]].line))
    for key in SERVER_ONLY if "host" not in fields else ():
        if key in fields:
            fields[key].wrong("server-only")
    if values.get("security") == "none" and values.get("host") and not is_loopback(values["host"]):
        fields["security"].wrong("cleartext", hint="starttls")
    return len(node.book.mistakes) == before


def check_digest(fields: dict[str, Node]) -> dict[str, Node]:
    """The same parts of a digest; a letter that would be Markdown is a mistake."""
    form = fields.get("form")
    if form and form.text == "markdown" and "to" in fields:
        form.wrong("not-for-letters", hint="text")
    return fields


def is_port(text: str) -> bool:
    """Whether a text is the number of a port."""
    return text.isascii() and text.isdigit() and len(text) <= 5 and 0 < int(text) < 65536
