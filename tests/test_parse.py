"""What holds for documents of every kind."""

import pytest

from watcher.articles import Parsed
from watcher.parse import parse
from watcher.sources import Source, Trouble

FEED = Source(id="f", url="https://presse.example/feed")


def rss(*titles: str) -> bytes:
    items = "".join(f"<item><guid>{n}</guid><title>{title}</title></item>" for n, title in enumerate(titles))
    return f"<rss version='2.0'><channel><title>P</title>{items}</channel></rss>".encode()


def read(*titles: str) -> Parsed | Trouble:
    return parse(rss(*titles), FEED, address=FEED.url, content_type="")


@pytest.mark.parametrize(
    ("title", "kind"),
    [
        ("Error", "broken"),
        ("Erreur 404", "broken"),
        ("404 Not Found", "broken"),
        ("Error 503: Service temporarily unavailable", "broken"),
        ("Une erreur est survenue.", "broken"),
        ("Page introuvable", "broken"),
        ("Site en maintenance", "broken"),
        ("429 Too Many Requests", "broken"),
        ("Access denied", "blocked"),
        ("Accès refusé", "blocked"),
        ("403 Forbidden", "blocked"),
        ("Just a moment...", "blocked"),
        ("Attention Required! | Cloudflare", "blocked"),
    ],
)
def test_a_feed_of_nothing_but_failure_is_trouble(title: str, kind: str) -> None:
    found = read(title)
    assert isinstance(found, Trouble)
    assert (found.kind, found.detail) == (kind, title)
    assert isinstance(read(title, title), Trouble)


@pytest.mark.parametrize(
    "titles",
    [
        ("Error", "La ferroptose des cellules persistantes"),
        ("Error",) * 4,  # a subject, or a number of them
        ("Erreur médicale : un rapport",),
        ("404 patients suivis pendant dix ans",),
        ("Not found in translation",),
        ("Maintenance of stem cells",),
        ("Just a page",),
        ("2026",),
        ("医学",),
    ],
)
def test_an_article_is_an_article(titles: tuple[str, ...]) -> None:
    found = read(*titles)
    assert isinstance(found, Parsed)
    assert [article.title for article in found.articles] == list(titles)
