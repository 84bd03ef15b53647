"""Articles with their names, and where they were seen."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime

from watcher.articles import Status
from watcher.identity import SAME_WORK, Alias, Identified, volumes_of
from watcher.relevance import Score
from watcher.store.opinions import Opinions
from watcher.store.rows import ARTICLE_COLUMNS, article_row, iso
from watcher.store.works import Works
from watcher.stories import Known, Related
from watcher.tellings import FEW_STUDIES
from watcher.works import further, is_journals, notices, outcome, status_of


def _journals(identified: Identified) -> str:
    """The journal's version that a preprint names."""
    found = (r.of for r in identified.relations if r.kind == "preprint_of" and not r.passive)
    return next((":".join(of) for of in found), "")


_PAIRS = 200  # aliases in one `VALUES (...)`
_KNOWN = """SELECT a.scheme, a.value, a.article, articles.story,
        (SELECT value FROM aliases d WHERE d.article = a.article AND d.scheme = 'doi' ORDER BY value LIMIT 1),
        (SELECT group_concat(value, char(10)) FROM aliases t WHERE t.article = a.article AND t.scheme = 'title')
    FROM (VALUES {}) AS asked
    CROSS JOIN aliases a ON a.scheme = asked.column1 AND a.value = asked.column2
    CROSS JOIN articles ON articles.id = a.article"""


class Articles(Opinions, Works):
    """The part of the database into which articles are written."""

    def known(self, aliases: Iterable[Alias]) -> dict[Alias, Known]:
        """Which of these aliases name an article already, and which one."""
        asked = tuple(aliases)
        found = {}
        for start in range(0, len(asked), _PAIRS):
            part = asked[start : start + _PAIRS]
            rows = self._rows(
                _KNOWN.format(", ".join(["(?, ?)"] * len(part))), [text for pair in part for text in pair]
            )
            for scheme, value, number, story, doi, titles in rows:
                work = ("doi", doi) if doi else None
                volumes = volumes_of(("title", title) for title in (titles or "").split("\n"))
                found[scheme, value] = Known(article=number, story=story, work=work, volumes=volumes)
        return found

    def add(self, related: Related, scores: Iterable[Score], now: datetime, *, background: bool = False) -> int:
        """Record a new article with its aliases, its story and its scores; returns its number.

        One in the `background` is known like any other, and never news.
        """
        identified = related.identified
        status = status_of(identified)
        for _, said in self.said_of(identified.aliases, identified.article.title):
            status = further(status, said)
        article = replace(identified.article, status=status)
        # The number is taken before, and not the story set behind: an update would write the search index once more.
        # A forgotten article's number is nobody else's: letters that were sent still say it.
        taken = "SELECT max(id) FROM articles UNION ALL SELECT max(article) FROM tombstones"
        number = max(int(last or 0) for (last,) in self._rows(taken)) + 1
        row = (number, *article_row(article), iso(now), int(background), related.story or number)
        self._connection.execute(
            f"INSERT INTO articles (id, {ARTICLE_COLUMNS}, first_seen, background, story)"
            f" VALUES ({', '.join('?' * len(row))})",
            row,
        )
        self._write("INSERT OR IGNORE INTO cites VALUES (?, ?, ?)", [(number, *c) for c in related.identified.cites])
        self._keep_ties(number, related.ties)
        if related.telling:
            self.keep_tellings([(number, related.telling)])
        self.keep_scores((number, s) for s in scores)
        self._sighted(number, identified, now)
        self._tell(number, identified, now)
        return number

    def meet(self, number: int, identified: Identified, now: datetime, *, edits: bool = True) -> bool:
        """Record that a known article was seen again; True when its title, text or event changed at its own source.

        With `edits=False` its words stay as they are: a file of articles adds, it does not correct.

        A changed article has no scores until it is judged again. One whose text was let go does not get it back.
        """
        *before, status, volume, pruned = self._rows(
            "SELECT title, summary, body, event, status, volume, pruned FROM articles WHERE id = ?", (number,)
        )[0]
        first = self._rows("SELECT source FROM sightings WHERE article = ? ORDER BY rowid LIMIT 1", (number,))
        self._sighted(number, identified, now)
        self._tell(number, identified, now)
        if self._went_on(number, identified, status, volume, now):
            self._drop_opinions(number)
            return True
        article = identified.article
        after = [
            article.title or before[0],
            article.summary or before[1],
            article.body or before[2],
            iso(article.event) or before[3],
        ]
        if not edits or pruned or before == after or (first and first[0][0] != article.source):
            return False
        self._write(
            "UPDATE articles SET title = ?, summary = ?, body = ?, event = ?, changed = ? WHERE id = ?",
            [(*after, iso(now), number)],
        )
        self._drop_opinions(number)
        return True

    def resolved(self, identified: Identified) -> Identified:
        """A notice that names its paper by title alone, with the identifier of that paper where it is known."""
        for relation in identified.relations:
            if relation.of[0] == "title" and (number := self.titled(relation.of[1])):
                of: Alias = self._rows(
                    "SELECT scheme, value FROM aliases WHERE article = ? AND scheme IN ('doi', 'pmid') ORDER BY scheme",
                    (number,),
                )[0]
                told = tuple(replace(r, of=of) if r is relation else r for r in identified.relations)
                return replace(identified, relations=told, cites=(*identified.cites, of))
        return identified

    def bound(self, identified: Identified) -> frozenset[int]:
        """The known articles that one names as studies, and those that name it; of reviews none."""
        own = [alias for alias in identified.aliases if alias[0] in SAME_WORK]
        if not own and not identified.cites:
            return frozenset()
        named = [*own, *(identified.cites if len(identified.cites) <= FEW_STUDIES or identified.relations else ())]
        return frozenset((*(known.article for known in self.known(named).values()), *self.citing(own)))

    def says_more(self, number: int, identified: Identified) -> bool:
        """Whether it says of a known article anything new that binds it to others."""
        if not identified.relations:
            return False
        rows = self._rows("SELECT kind, passive, scheme, value FROM relations WHERE article = ?", (number,))
        return not {(r.kind, int(r.passive), *r.of) for r in identified.relations} <= set(rows)

    def _went_on(self, number: int, identified: Identified, before: Status, volume: str, now: datetime) -> bool:
        """Record that a known preprint was published, or a paper printed; True when it has its journal's words now."""
        article = identified.article
        appeared = before == "preprint" and is_journals(identified)
        printed = bool(article.volume and not volume and article.journal) and is_journals(identified)
        if not appeared and not printed:
            return False
        because = next((f"{scheme}:{value}" for scheme, value in identified.aliases if scheme == "doi"), "")
        self.raise_status(number, "published" if appeared else "issue", now, because if appeared else "")
        self._write(
            "UPDATE articles SET title = coalesce(nullif(?, ''), title), summary = coalesce(nullif(?, ''), summary),"
            " url = coalesce(nullif(?, ''), url), journal = coalesce(nullif(?, ''), journal),"
            " year = coalesce(nullif(?, ''), year), volume = ?, pages = ?, changed = ? WHERE id = ?",
            [(*((article.title, article.summary, article.url) if appeared else ("", "", "")), article.journal,
              article.year, article.volume, article.pages, iso(now), number)],
        )  # fmt: skip
        return appeared

    def _tell(self, number: int, identified: Identified, now: datetime) -> None:
        """Record what an article says of itself and of others, and what becomes of them by it."""
        if status := status_of(identified):
            self.raise_status(number, status, now, _journals(identified))
        if not identified.relations or not self.keep_relations(number, identified.relations):
            return
        because = next((f"{scheme}:{value}" for scheme, value in identified.aliases), "")
        for relation in notices(identified.relations, identified.aliases):
            for known in self.known([relation.of]).values():
                if known.article != number:
                    self.raise_status(known.article, outcome(relation), now, because)
        # What names another article is no name of this one: it is cited, so that the two are told together.
        of = [relation.of for relation in identified.relations]
        others = [alias for alias, known in self.known(of).items() if known.article != number]
        self._write("INSERT OR IGNORE INTO cites VALUES (?, ?, ?)", [(number, *alias) for alias in others])

    def _sighted(self, number: int, identified: Identified, now: datetime) -> None:
        article = identified.article
        self._write("INSERT OR IGNORE INTO aliases VALUES (?, ?, ?)", [(*a, number) for a in identified.aliases])
        self._write(
            "INSERT OR IGNORE INTO sightings VALUES (?, ?, ?, ?, ?)",
            [(number, article.source, article.guid, article.url, iso(now))],
        )
