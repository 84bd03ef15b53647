"""JSON Feed."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from watcher.articles import Article, Parsed
from watcher.parse import parse
from watcher.sources import Source, Trouble

SOURCE = Source(id="labo", url="https://labo.fr/feed.json", language="fr")
VERSION = "https://jsonfeed.org/version/1.1"


def read(document: str | bytes | dict[str, Any]) -> Parsed | Trouble:
    if isinstance(document, dict):
        document = json.dumps(document)
    raw = document.encode() if isinstance(document, str) else document
    return parse(raw, SOURCE, address="https://labo.fr/feed.json", content_type="application/feed+json")


def articles(document: str | bytes | dict[str, Any]) -> tuple[Article, ...]:
    parsed = read(document)
    assert isinstance(parsed, Parsed)
    return parsed.articles


def item(**fields: object) -> dict[str, Any]:
    return {"version": VERSION, "title": "Le labo", "items": [fields]}


def test_a_full_item() -> None:
    [article] = articles(
        item(
            id=7,
            url="/a",
            title="Un <i>gène</i>",
            summary="Court.",
            content_html="<p>Plus long &amp; détaillé.</p>",
            date_published="2024-09-03T10:00:00+02:00",
            authors=[{"name": "A. Martin"}, {"url": "x"}],
            language="en-GB",
            attachments=[{"url": "javascript:x"}],
        )
    )

    assert article == Article(
        source="labo",
        guid="7",
        url="https://labo.fr/a",
        title="Un gène",
        summary="Court.",
        body="Plus long & détaillé.",
        language="en",
        published=datetime(2024, 9, 3, 8, tzinfo=UTC),
        authors=("A. Martin",),
    )


def test_ids_that_look_alike_stay_apart() -> None:
    found = articles({"version": VERSION, "items": [{"id": "007"}, {"id": 7}, {"id": 10.10}]})

    assert [a.guid for a in found] == ["007", "7", "10.1"]


def test_an_id_that_is_an_address_serves_as_link_and_content_as_summary() -> None:
    [article] = articles(
        item(id="https://labo.fr/b", content_text="Dit.", author={"name": "B"}, date_modified="2024-01-02")
    )

    assert (article.url, article.summary, article.body, article.authors) == ("https://labo.fr/b", "Dit.", "", ("B",))
    assert article.language == "fr"
    assert article.published == datetime(2024, 1, 2, tzinfo=UTC)


def test_items_that_are_nothing_are_skipped_and_counted() -> None:
    parsed = read(
        {"version": VERSION, "items": [None, 3, {}, {"title": "T"}, {"content_text": "sans nom"}, {"id": ""}]}
    )

    assert isinstance(parsed, Parsed)
    assert ([a.title or a.summary for a in parsed.articles], parsed.skipped) == (["T", "sans nom"], 2)


def test_hidden_characters_lone_surrogates_and_huge_numbers() -> None:
    raw = '{"items": [{"id": ' + "9" * 5000 + ', "title": "a\\ud800\\u001b[1m\\u202eb", "x": NaN}]}'

    [article] = articles(raw)

    assert (article.title, len(article.guid)) == ("a[1mb", 5000)


@pytest.mark.parametrize("codec", ["utf-8-sig", "utf-16", "utf-16-le", "utf-32"])
def test_other_encodings(codec: str) -> None:
    raw = json.dumps(item(id="a", title="été"), ensure_ascii=False).encode(codec)

    assert articles(raw)[0].title == "été"


@pytest.mark.parametrize(
    ("document", "kind"),
    [
        ('{"version": "https://jsonfeed.org/version/1", "items": []}', "empty"),
        ('{"version": "https://jsonfeed.org/version/1", "items": null}', "empty"),
        ('{"version": "https://jsonfeed.org/version/1"}', "empty"),
        ('{"version": "https://jsonfeed.org/version/1", "items": [{"id": "a"', "broken"),
        ('{"error": "no"}', "not-a-feed"),
        ('{"items": 3', "not-a-feed"),
        ('{"a": ' * 100_000, "not-a-feed"),
        ("[" * 200_000, "not-a-feed"),
        ('[{"id": "a"}]', "not-a-feed"),
    ],
)
def test_what_is_no_use(document: str, kind: str) -> None:
    trouble = read(document)

    assert isinstance(trouble, Trouble)
    assert trouble.kind == kind


def test_long_fields_are_cut() -> None:
    [article] = articles(
        item(id="a", title="t" * 9000, content_html="<div>" * 100_000 + "x", content_text="y" * 999_999)
    )

    assert (len(article.title), len(article.summary)) == (1_000, 65_536)
