"""What `feeds.yaml` may say, and every way in which it can be wrong."""

import re
from datetime import timedelta
from pathlib import Path
from typing import Any, get_args

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from watcher.config import LARGEST, Reason, Settings, load
from watcher.digest import DigestSetting
from watcher.errors import ConfigError, Mistake, UsageError
from watcher.outbox import MailSettings
from watcher.profiles import ProfileSetting
from watcher.rules import Rules
from watcher.sources import Source

WHOLE = """\
contact: you@example.org            # goes into the User-Agent
language: fr                        # fr or en
timezone: Europe/Paris
database: watcher.db
allow_hosts: [127.0.0.0/8]
sources:
  - {id: inserm-presse, name: "Inserm, salle de presse", url: https://presse.inserm.fr/feed/, kind: feed,
     language: fr, every: 6h}
profiles:
  - {name: osteosarcome-mt2a, seeds: seeds/osteosarcome-mt2a, threshold: 50, include: [], exclude: [], weights: {}}
digests:
  - {name: hebdo, profiles: [osteosarcome-mt2a], every: week, day: friday, to: [you@example.org], language: en,
     most: 25, when_empty: yes}
mail: {from: veille@example.org, host: smtp.example.org, port: 465, security: tls, user: veille}
"""
SOURCES = "sources: [{id: a, url: https://a.org/}]\n"
URL = "url: https://a.org/"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    (tmp_path / "seeds" / "osteosarcome-mt2a").mkdir(parents=True)
    return tmp_path / "feeds.yaml"


def read(file: Path, text: str | bytes) -> Settings:
    file.write_bytes(text.encode() if isinstance(text, str) else text)
    return load(file)


def mistakes(file: Path, text: str | bytes) -> tuple[Mistake, ...]:
    with pytest.raises(ConfigError) as caught:
        read(file, text)
    return caught.value.mistakes


def test_the_whole_file(file: Path) -> None:
    seeds = file.parent / "seeds" / "osteosarcome-mt2a"
    assert read(file, WHOLE) == Settings(
        file=file,
        contact="you@example.org",
        language="fr",
        timezone="Europe/Paris",
        database=file.parent / "watcher.db",
        allow_hosts=("127.0.0.0/8",),
        sources=(
            Source(
                id="inserm-presse",
                name="Inserm, salle de presse",
                url="https://presse.inserm.fr/feed/",
                kind="feed",
                language="fr",
                every=timedelta(hours=6),
            ),
        ),
        profiles=(ProfileSetting(name="osteosarcome-mt2a", seeds=seeds, threshold=50.0),),
        digests=(
            DigestSetting(
                name="hebdo",
                profiles=("osteosarcome-mt2a",),
                every="week",
                day="friday",
                to=("you@example.org",),
                language="en",
                most=25,
                when_empty=True,
            ),
        ),
        mail=MailSettings(
            sender="veille@example.org", host="smtp.example.org", port=465, security="tls", user="veille"
        ),
    )


def test_a_source_needs_only_an_id_and_a_url(file: Path) -> None:
    found = read(file, SOURCES)
    assert found.sources == (Source(id="a", url="https://a.org/"),)
    assert (found.contact, found.language, found.timezone) == ("", "fr", "Europe/Paris")
    assert (found.database, found.allow_hosts, found.digests) == (file.parent / "watcher.db", (), ())


@pytest.mark.parametrize(
    ("said", "wanted"),
    [
        ("host: smtp.chu.fr", {"host": "smtp.chu.fr"}),
        ("host: localhost, security: none", {"host": "localhost", "security": "none"}),
        ('host: "::1", security: none, port: 25', {"host": "::1", "security": "none", "port": 25}),
        ("sendmail: yes", {"sendmail": "sendmail"}),
        ("sendmail: no, host: smtp.chu.fr", {"host": "smtp.chu.fr"}),
        ("maildir: boite", {"maildir": "boite"}),
    ],
)
def test_the_ways_that_mail_leaves(file: Path, said: str, wanted: dict[str, Any]) -> None:
    if "maildir" in wanted:
        wanted = {"maildir": file.parent / wanted["maildir"]}
    found = read(file, SOURCES + f"mail: {{from: a@b.fr, {said}}}\n")
    assert found.mail == MailSettings(sender="a@b.fr", **wanted)


def test_a_password_in_the_settings_is_not_shown(file: Path) -> None:
    (mistake,) = mistakes(file, SOURCES + "mail: {from: a@b.fr, host: a.fr, password: hunter22}")
    assert "hunter22" not in repr(mistake)


@pytest.mark.parametrize(
    ("said", "wanted"), [("yes", True), ("true", True), ("no", False), ("false", False), ('"yes"', True)]
)
def test_a_source_may_ask_for_full_texts(file: Path, said: str, *, wanted: bool) -> None:
    (source,) = read(file, f"sources: [{{id: a, url: https://a.org/, full_text: {said}}}]\n").sources
    assert source.full_text is wanted


def test_rules_for_one_profile_and_for_all(file: Path) -> None:
    text = """rules: {never: [tabac | nicotine]}
profiles:
  - {name: osteosarcome-mt2a, always: [méthotrexate], must: [os], include: [zinc]}
"""
    found = read(file, SOURCES + text)
    assert found.rules == (
        Rules(never=("tabac | nicotine",)),
        Rules(profile="osteosarcome-mt2a", always=("méthotrexate",), must=("os",)),
    )
    assert found.profiles[0].include == ("zinc",)
    assert read(file, SOURCES + "rules: {}\nprofiles: [{name: osteosarcome-mt2a, never: []}]").rules == ()


def test_without_profiles_every_visible_folder_of_seeds_is_one(file: Path) -> None:
    for name in ("zona", ".git", "Épilepsie"):
        (file.parent / "seeds" / name).mkdir()
    (file.parent / "seeds" / "notes.txt").touch()
    assert [(p.name, p.seeds.name) for p in read(file, SOURCES).profiles] == [
        (name, name) for name in ("osteosarcome-mt2a", "zona", "Épilepsie")
    ]


def test_an_empty_list_of_profiles_is_none_and_a_missing_folder_too(file: Path, tmp_path: Path) -> None:
    assert read(file, SOURCES + "profiles: []").profiles == ()
    (tmp_path / "elsewhere").mkdir()
    assert read(tmp_path / "elsewhere" / "feeds.yaml", SOURCES).profiles == ()


@pytest.mark.parametrize("seeds", ["", ", seeds: ", ", seeds: seeds/osteosarcome-mt2a", ", seeds: ~"])
def test_a_profile_has_the_folder_of_its_name(file: Path, seeds: str) -> None:
    (profile,) = read(file, SOURCES + f"profiles: [{{name: osteosarcome-mt2a{seeds}}}]").profiles
    assert profile.seeds == file.parent / "seeds" / "osteosarcome-mt2a"


def test_what_a_person_says_about_a_profile(file: Path) -> None:
    said = """profiles:
  - name: osteosarcome-mt2a
    threshold: 12.5
    include: [MT2A, "os  long"]
    exclude: [chien]
    weights: {zinc: 2, métastase: 0.5}
"""
    (profile,) = read(file, SOURCES + said).profiles
    assert profile.threshold == 12.5
    assert (profile.include, profile.exclude) == (("MT2A", "os long"), ("chien",))
    assert profile.weights == (("zinc", 2.0), ("métastase", 0.5))


def test_a_digest_that_names_no_profile_has_them_all(file: Path) -> None:
    assert read(file, SOURCES + "digests: [{name: hebdo}]").digests[0].profiles == ("osteosarcome-mt2a",)


@pytest.mark.parametrize(
    ("said", "duration"),
    [("5m", timedelta(minutes=5)), ("6h", timedelta(hours=6)), ("2d", timedelta(days=2)), ("1w", timedelta(weeks=1))],
)
def test_durations(file: Path, said: str, duration: timedelta) -> None:
    assert read(file, f"sources: [{{id: a, {URL}, every: {said}}}]").sources[0].every == duration


def test_words_are_never_taken_for_booleans_or_octal_numbers(file: Path) -> None:
    (source,) = read(file, f"sources: [{{id: 010, {URL}, name: 0755, language: no}}]").sources
    assert (source.id, source.name, source.language) == ("010", "0755", "no")


@pytest.mark.parametrize("host", ["localhost", "Feeds.Hopital.local", "10.0.0.0/8", "192.168.1.1", "'::1'", "fd00::/8"])
def test_hosts(file: Path, host: str) -> None:
    assert read(file, SOURCES + f"allow_hosts: [{host}]").allow_hosts == (host.strip("'").lower(),)


def test_the_database_elsewhere(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", "/home/marie")
    assert read(file, SOURCES + "database: ~/veille/w.db").database == Path("/home/marie/veille/w.db")
    assert read(file, SOURCES + "database: /srv/w.db").database == Path("/srv/w.db")


def test_a_byte_order_mark_and_windows_line_ends(file: Path) -> None:
    assert read(file, b"\xef\xbb\xbf" + WHOLE.replace("\n", "\r\n").encode()).contact == "you@example.org"


def test_other_kinds(file: Path) -> None:
    file.write_text(f"sources: [{{id: a, {URL}, kind: page}}]")
    assert load(file, kinds={"feed": "", "page": ""}).sources[0].kind == "page"


def test_a_service_has_an_address_of_its_own_and_needs_a_query(file: Path) -> None:
    kinds = {"feed": "", "hal": "https://api.example.org/search"}
    rows = ("{id: a, kind: hal, query: fer}", "{id: b, kind: hal, query: zinc}", "{id: c, kind: hal, query: fer}")
    file.write_text("sources:\n" + "\n".join(f"  - {row}" for row in rows[:2]))
    assert {(s.url, s.query) for s in load(file, kinds=kinds).sources} == {(kinds["hal"], q) for q in ("fer", "zinc")}
    file.write_text("sources:\n" + "\n".join(f"  - {row}" for row in (*rows, "{id: d, kind: hal}")))
    with pytest.raises(ConfigError) as caught:
        load(file, kinds=kinds)
    assert [(m.reason, m.line) for m in caught.value.mistakes] == [("duplicate-url", 4), ("query-wanted", 5)]


def test_one_address_may_be_asked_for_different_things(file: Path) -> None:
    """Address, query and `select` make a source; the order of a `select` does not."""
    url = "url: 'https://api.example/list'"
    rows = (
        f"{{id: a, {url}, query: zinc, select: {{server: biorxiv, match: x}}}}",
        f"{{id: b, {url}, query: zinc, select: {{server: medrxiv, match: x}}}}",
        f"{{id: c, {url}, query: zinc}}",
        f"{{id: d, {url}, query: fer}}",
        f"{{id: e, {url}}}",
        f"{{id: f, {url}, query: zinc, select: {{match: x, server: medrxiv}}}}",
    )
    file.write_text("sources:\n" + "\n".join(f"  - {row}" for row in rows))
    with pytest.raises(ConfigError) as caught:
        load(file)
    assert [(m.reason, m.line, m.hint) for m in caught.value.mistakes] == [("duplicate-url", 7, "3")]


def test_no_file(file: Path) -> None:
    with pytest.raises(UsageError) as caught:
        load(file)
    assert (caught.value.reason, caught.value.facts) == ("no-settings", {"file": str(file)})


MANY = """\
contact: Marie Curie
langage: fr
language: de
timezone: Europe/Pari
allow_hosts: [127.0.0.0/99, localhost]
sources:
  - id: Inserm Presse
    url: presse.inserm.fr/feed
    every: 6 heures
  - id: pasteur
    url: https://www.pasteur.fr/rss
    kind: fead
  - id: pasteur
    url: http://WWW.pasteur.fr:80/rss/
    every: 1m
  - name: sans rien
  - Le Monde
profiles:
  - name: absent
    threshold: 150
    weights: {zinc: beaucoup}
    include: zinc
digests:
  - name: hebdo
    profiles: [absant]
    every: semaine
    day: lundi
    to: [marie curie@example.org, marie]
contact: a@b.fr
"""


def test_all_mistakes_at_once_in_the_order_of_the_file(file: Path) -> None:
    assert [(m.line, m.where, m.reason, m.hint) for m in mistakes(file, MANY)] == [
        (1, "contact", "not-a-contact", "prenom.nom@example.org"),
        (2, "langage", "unknown-key", "language"),
        (3, "language", "unknown-language", ""),
        (4, "timezone", "unknown-zone", "Europe/Paris"),
        (5, "allow_hosts[0]", "not-a-host", "127.0.0.1"),
        (7, "sources[0].id", "not-an-id", "inserm-presse"),
        (8, "sources[0].url", "not-a-web-address", "https://www.example.org/feed"),
        (9, "sources[0].every", "not-a-duration", "6h"),
        (12, "sources[1].kind", "unknown-kind", "feed"),
        (13, "sources[2].id", "duplicate-id", "10"),
        (14, "sources[2].url", "duplicate-url", "11"),
        (15, "sources[2].every", "too-often", "5m"),
        (16, "sources[3].id", "missing", ""),
        (16, "sources[3].url", "missing", ""),
        (17, "sources[4]", "not-a-mapping", ""),
        (19, "profiles[0].seeds", "no-such-folder", ""),
        (20, "profiles[0].threshold", "out-of-range", "0-100"),
        (21, "profiles[0].weights.zinc", "not-a-number", "50"),
        (22, "profiles[0].include", "not-a-list", "[zinc]"),
        (25, "digests[0].profiles[0]", "unknown-profile", "absent"),
        (26, "digests[0].every", "unknown-every", "week"),
        (27, "digests[0].day", "unknown-day", "monday"),
        (28, "digests[0].to[0]", "not-an-email", "prenom.nom@example.org"),
        (28, "digests[0].to[1]", "not-an-email", "prenom.nom@example.org"),
        (29, "contact", "duplicate-key", "1"),
    ]


def of_source(said: str) -> str:
    return f"sources:\n  - {{id: a, {URL}, {said}}}"


WRONG: list[tuple[str, str | bytes, int, str]] = [  # reason, file, line, where
    ("too-large", b"#" * (LARGEST + 1), 0, ""),
    ("not-utf-8", SOURCES.encode() + "#\ncontact: é".encode("latin-1"), 3, ""),
    ("not-utf-8", "contact: a".encode("utf-16"), 1, ""),
    ("control-character", "# a\n# \x1b[31m", 2, ""),
    ("control-character", SOURCES + 'contact: "a\\e[31m"', 2, "contact"),
    ("control-character", SOURCES + 'database: "a\\0b"', 2, "database"),
    ("syntax", "contact: a\nlanguage: b: c", 2, ""),
    ("syntax", "contact: a\nlanguage: 'fr\ntimezone: Europe/Paris\n\n", 2, ""),
    ("syntax", "sources: [a", 1, ""),
    ("syntax", 'contact: "\\UFFFFFFFF"', 1, ""),
    ("tab", "sources:\n\t- id: a", 2, ""),
    ("too-deep", "a:\n  " + "[" * 40 + "]" * 40, 2, ""),
    ("several-documents", SOURCES + "---\n" + SOURCES, 2, ""),
    ("alias", of_source("name: &x b"), 2, "sources[0].name"),
    ("alias", of_source("name: *x"), 2, "sources[0].name"),
    ("alias", SOURCES + "allow_hosts: *x", 2, "allow_hosts"),
    ("alias", SOURCES + "profiles: [*x]", 2, "profiles[0]"),
    ("tag", of_source("name: !!python/object:os.system b"), 2, "sources[0].name"),
    ("tag", of_source("name: ! b"), 2, "sources[0].name"),
    ("not-a-mapping", "- a", 1, ""),
    ("not-a-mapping", "just words", 1, ""),
    ("not-a-mapping", SOURCES + "profiles: [a]", 2, "profiles[0]"),
    ("not-a-mapping", SOURCES + "profiles: [{name: osteosarcome-mt2a, weights: [a]}]", 2, "profiles[0].weights"),
    ("not-a-list", "sources: {id: a}", 1, "sources"),
    ("not-a-list", SOURCES + "allow_hosts: localhost", 2, "allow_hosts"),
    ("not-a-text", SOURCES + "contact: [a@b.fr]", 2, "contact"),
    ("not-a-text", SOURCES + "database: {a: b}", 2, "database"),
    ("not-a-text", SOURCES + "allow_hosts: [localhost, ]\n? [a]\n: b", 3, ""),
    ("not-a-text", SOURCES + "allow_hosts:\n  -\n", 3, "allow_hosts[0]"),
    ("not-a-number", SOURCES + "profiles: [{name: osteosarcome-mt2a, threshold: .nan}]", 2, "profiles[0].threshold"),
    ("not-a-number", SOURCES + "profiles: [{name: osteosarcome-mt2a, threshold: [1]}]", 2, "profiles[0].threshold"),
    ("out-of-range", SOURCES + "profiles: [{name: osteosarcome-mt2a, threshold: -1}]", 2, "profiles[0].threshold"),
    ("says-nothing", SOURCES + "profiles: [{name: osteosarcome-mt2a, never: [souris, le]}]", 2, "profiles[0].never[1]"),
    ("says-nothing", SOURCES + "rules: {must: ['rat | 2024']}", 2, "rules.must[0]"),
    ("not-a-list", SOURCES + "rules: {never: souris}", 2, "rules.never"),
    ("unknown-key", SOURCES + "rules: {nevr: [souris]}", 2, "rules.nevr"),
    ("not-a-mapping", SOURCES + "rules: [souris]", 2, "rules"),
    ("out-of-range", SOURCES + "profiles: [{name: osteosarcome-mt2a, weights: {a: 101}}]", 2, "profiles[0].weights.a"),
    ("missing", "", 0, "sources"),
    ("missing", "contact: a@b.fr", 0, "sources"),
    ("missing", "\nsources: []", 2, "sources"),
    ("missing", "sources:\n- id: a", 2, "sources[0].url"),
    ("missing", f"sources:\n- {{id: , {URL}}}", 2, "sources[0].id"),
    ("missing", SOURCES + "profiles: [{threshold: 1}]", 2, "profiles[0].name"),
    ("missing", SOURCES + "digests: [{to: []}]", 2, "digests[0].name"),
    ("unknown-key", SOURCES + "digets: []", 2, "digets"),
    ("unknown-key", of_source("evry: 6h"), 2, "sources[0].evry"),
    ("unknown-key", SOURCES + "<<: {a: b}", 2, "<<"),
    ("duplicate-key", SOURCES + "sources: []", 2, "sources"),
    ("duplicate-key", of_source("id: b"), 2, "sources[0].id"),
    ("duplicate-id", of_source("name: b") + "\n  - {id: a, url: https://b.org/}", 3, "sources[1].id"),
    ("duplicate-id", f"sources: [{{id: a, {URL}}}, {{id: a, url: https://b.org}}]", 1, "sources[1].id"),
    ("duplicate-url", of_source("name: b") + "\n  - {id: b, url: http://A.org:80#x}", 3, "sources[1].url"),
    ("duplicate-name", SOURCES + "profiles: [{name: a, seeds: seeds}, {name: a, seeds: seeds}]", 2, "profiles[1].name"),
    ("duplicate-name", SOURCES + "digests: [{name: a}, {name: a}]", 2, "digests[1].name"),
    ("not-an-id", f"sources: [{{id: é, {URL}}}]", 1, "sources[0].id"),
    ("not-an-id", f"sources: [{{id: '', {URL}}}]", 1, "sources[0].id"),
    ("not-an-id", f"sources: [{{id: {'a' * 64}, {URL}}}]", 1, "sources[0].id"),
    ("not-a-name", SOURCES + "profiles: [{name: ../../etc}]", 2, "profiles[0].name"),
    ("not-a-name", SOURCES + 'digests: [{name: "a\\u202Eb"}]', 2, "digests[0].name"),
    ("not-a-web-address", "sources: [{id: a, url: ftp://a.org/}]", 1, "sources[0].url"),
    ("not-a-web-address", "sources: [{id: a, url: 'https://'}]", 1, "sources[0].url"),
    ("not-a-web-address", "sources: [{id: a, url: 'https://[a'}]", 1, "sources[0].url"),
    ("not-a-web-address", "sources: [{id: a, url: 'https://a.org:99999/'}]", 1, "sources[0].url"),
    ("not-a-web-address", "sources: [{id: a, url: 'https://a.org/b c'}]", 1, "sources[0].url"),
    ("not-an-email", SOURCES + "digests: [{name: a, to: ['a@b.fr, c@d.fr']}]", 2, "digests[0].to[0]"),
    ("not-an-email", SOURCES + 'digests: [{name: a, to: ["a\\u200B@b.fr"]}]', 2, "digests[0].to[0]"),
    ("not-an-email", SOURCES + "digests: [{name: a, to: [a.b.fr]}]", 2, "digests[0].to[0]"),
    ("not-a-contact", SOURCES + "contact: é@b.fr", 2, "contact"),
    ("not-a-host", SOURCES + "allow_hosts: ['localhost:80']", 2, "allow_hosts[0]"),
    ("not-a-host", SOURCES + "allow_hosts: ['*']", 2, "allow_hosts[0]"),
    ("not-a-host", SOURCES + "allow_hosts: [300.1.1.1]", 2, "allow_hosts[0]"),
    ("not-a-path", SOURCES + "database: ''", 2, "database"),
    ("not-a-path", SOURCES + "database: ~nobody-of-this-name/a", 2, "database"),
    ("not-a-duration", of_source("every: 6"), 2, "sources[0].every"),
    ("not-a-duration", of_source("every: ٦h"), 2, "sources[0].every"),
    ("too-often", of_source("every: 4m"), 2, "sources[0].every"),
    ("too-rare", of_source("every: 999999w"), 2, "sources[0].every"),
    ("no-such-folder", SOURCES + "profiles: [{name: a}]", 2, "profiles[0].seeds"),
    ("no-such-folder", SOURCES + "profiles: [{name: a, seeds: feeds.yaml}]", 2, "profiles[0].seeds"),
    ("unknown-zone", SOURCES + "timezone: Europe", 2, "timezone"),
    ("unknown-zone", SOURCES + "timezone: ../../etc/passwd", 2, "timezone"),
    ("unknown-zone", SOURCES + "timezone: Paris", 2, "timezone"),
    ("unknown-language", SOURCES + "language: french", 2, "language"),
    ("unknown-language", of_source("language: fra"), 2, "sources[0].language"),
    ("unknown-kind", of_source("kind: page"), 2, "sources[0].kind"),
    ("not-yes-or-no", of_source("full_text: perhaps"), 2, "sources[0].full_text"),
    ("too-many-readers", SOURCES + f"digests: [{{name: a, to: [{', '.join(['a@b.fr'] * 101)}]}}]", 2, "digests[0].to"),
    ("unknown-every", SOURCES + "digests: [{name: a, every: hour}]", 2, "digests[0].every"),
    ("unknown-day", SOURCES + "digests: [{name: a, day: 1}]", 2, "digests[0].day"),
    ("unknown-profile", SOURCES + "digests: [{name: a, profiles: [b]}]", 2, "digests[0].profiles[0]"),
    ("unknown-language", SOURCES + "digests: [{name: a, language: de}]", 2, "digests[0].language"),
    ("not-yes-or-no", SOURCES + "digests: [{name: a, when_empty: oui}]", 2, "digests[0].when_empty"),
    ("not-a-count", SOURCES + "digests: [{name: a, most: 0}]", 2, "digests[0].most"),
    ("not-a-count", SOURCES + "digests: [{name: a, most: 2.5}]", 2, "digests[0].most"),
    ("not-a-count", SOURCES + "digests: [{name: a, most: 201}]", 2, "digests[0].most"),
    ("not-a-retention", SOURCES + "retention: 24", 2, "retention"),
    ("not-a-retention", SOURCES + "retention: 90d", 2, "retention"),
    ("not-a-retention", SOURCES + "retention: 2m", 2, "retention"),
    ("not-a-text", SOURCES + "digests: [{name: a, most: [1]}]", 2, "digests[0].most"),
    ("not-a-list", SOURCES + "digests: [{name: a, to: a@b.fr}]", 2, "digests[0].to"),
    ("unknown-key", SOURCES + "digests: [{name: a, cap: 5}]", 2, "digests[0].cap"),
    ("not-a-few", SOURCES + "digests: [{name: a, watch: 21}]", 2, "digests[0].watch"),
    ("not-a-few", SOURCES + "digests: [{name: a, watch: -1}]", 2, "digests[0].watch"),
    ("unknown-form", SOURCES + "digests: [{name: a, form: pdf}]", 2, "digests[0].form"),
    ("not-for-letters", SOURCES + "digests: [{name: a, form: markdown, to: [a@b.fr]}]", 2, "digests[0].form"),
    ("push-here", SOURCES + "digests: [{name: a, push: ['slack://T/B/hunter22']}]", 2, "digests[0].push[0]"),
    ("not-an-id", SOURCES + "digests: [{name: a, push: ['Un Salon']}]", 2, "digests[0].push[0]"),
    ("no-such-folder", SOURCES + "templates: absent", 2, "templates"),
    ("missing", SOURCES + "mail: {host: a.fr}", 2, "mail.from"),
    ("missing", SOURCES + "mail: {from: a@b.fr}", 2, "mail.host"),
    ("missing", SOURCES + "mail: {from: a@b.fr, sendmail: no}", 2, "mail.host"),
    ("not-a-mapping", SOURCES + "mail: a@b.fr", 2, "mail"),
    ("not-an-email", SOURCES + "mail: {from: moi, host: a.fr}", 2, "mail.from"),
    ("not-a-server", SOURCES + "mail: {from: a@b.fr, host: 'a.fr:587'}", 2, "mail.host"),
    ("not-a-server", SOURCES + "mail: {from: a@b.fr, host: 10.0.0.0/8}", 2, "mail.host"),
    ("not-a-port", SOURCES + "mail: {from: a@b.fr, host: a.fr, port: 70000}", 2, "mail.port"),
    ("not-a-port", SOURCES + "mail: {from: a@b.fr, host: a.fr, port: smtp}", 2, "mail.port"),
    ("unknown-security", SOURCES + "mail: {from: a@b.fr, host: a.fr, security: ssl}", 2, "mail.security"),
    ("cleartext", SOURCES + "mail: {from: a@b.fr, host: a.fr, security: none}", 2, "mail.security"),
    ("mail-way", SOURCES + "mail:\n  from: a@b.fr\n  host: a.fr\n  maildir: boite", 5, "mail.maildir"),
    ("server-only", SOURCES + "mail: {from: a@b.fr, sendmail: yes, port: 25}", 2, "mail.port"),
    ("secret-here", SOURCES + "mail: {from: a@b.fr, host: a.fr, password: abc}", 2, "mail.password"),
    ("unknown-level", SOURCES + "log: {path: a.log, level: debug}", 2, "log.level"),
    ("unknown-key", SOURCES + "log: {path: a.log, size: 5}", 2, "log.size"),
    ("missing", SOURCES + "log: {level: runs}", 2, "log.path"),
    ("not-a-text", SOURCES + "log: {path: [a.log]}", 2, "log.path"),
    ("not-a-mapping", SOURCES + "log: [a.log]", 2, "log"),
    ("not-a-text-file", SOURCES + "log: /", 2, "log"),
    ("not-a-text-file", SOURCES + "metrics: .", 2, "metrics"),
    ("ping-here", SOURCES + "ping: https://hc-ping.example/abc", 2, "ping"),
]


@pytest.mark.parametrize(("reason", "text", "line", "where"), WRONG, ids=[f"{w[0]}-{i}" for i, w in enumerate(WRONG)])
def test_one_mistake(file: Path, reason: str, text: str | bytes, line: int, where: str) -> None:
    (mistake,) = mistakes(file, text)
    assert (mistake.file, mistake.reason, mistake.line, mistake.where) == (str(file), reason, line, where)


def test_a_folder_is_not_a_file(tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as caught:
        load(tmp_path)
    assert [(m.reason, m.line) for m in caught.value.mistakes] == [("unreadable", 0)]


def test_where_a_digest_goes_and_in_which_form(tmp_path: Path) -> None:
    (tmp_path / "modeles").mkdir()
    (tmp_path / "feeds.yaml").write_text(
        SOURCES
        + "templates: modeles\ndigests:\n  - {name: a, form: text, to: [a@b.fr], push: [salon], watch: 0}\n"
        + "  - {name: b, form: markdown, folder: veille}\n  - {name: c}\n"
    )
    settings = load(tmp_path / "feeds.yaml")
    first, second, third = settings.digests
    assert settings.templates == tmp_path / "modeles"
    assert (first.form, first.push, first.watch, first.delivered) == ("text", ("salon",), 0, True)
    assert (second.form, second.folder, second.watch, second.delivered) == ("markdown", tmp_path / "veille", 5, True)
    assert (third.form, third.delivered) == ("html", False)


def test_an_address_that_is_a_key_is_not_repeated(tmp_path: Path) -> None:
    (tmp_path / "feeds.yaml").write_text(SOURCES + "digests: [{name: a, push: ['slack://T/B/hunter22']}]")
    with pytest.raises(ConfigError) as caught:
        load(tmp_path / "feeds.yaml")
    assert "hunter22" not in repr(caught.value.mistakes)


def test_the_table_has_every_reason() -> None:
    assert {reason for reason, *_ in WRONG} | {"unreadable", "query-wanted"} == set(get_args(Reason))


def test_digests_are_not_blamed_for_profiles_that_cannot_be_read(file: Path) -> None:
    found = mistakes(file, SOURCES + "profiles: {name: a}\ndigests: [{name: b, profiles: [a]}]")
    assert [m.reason for m in found] == ["not-a-list"]


def test_a_mistake_shows_no_password_and_no_terminal_code(file: Path) -> None:
    first, second = mistakes(file, 'sources: [{id: a, url: "ftp://me:secret@a.org"}, {"b\\e[1m": 1}, ]')[:2]
    assert first.got == "ftp://…@a.org"
    assert second.where.isprintable()


@pytest.mark.parametrize(
    ("said", "hint"), [("Paris", "Europe/Paris"), ("europe/paris", "Europe/Paris"), ("montreal", "America/Montreal")]
)
def test_the_nearest_zone(file: Path, said: str, hint: str) -> None:
    (mistake,) = mistakes(file, SOURCES + f"timezone: {said}")
    assert mistake.hint == hint


def test_a_pit_of_brackets(file: Path) -> None:
    (mistake,) = mistakes(file, "[" * 500_000)
    assert mistake.reason in ("too-deep", "syntax")


def test_aliases_do_not_unfold(file: Path) -> None:
    lines = ["a0: &a0 [x]"] + [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 40)]
    assert {m.reason for m in mistakes(file, SOURCES + "\n".join(lines))} == {"alias", "unknown-key"}


WORDS = st.sampled_from(
    [*WHOLE.split(), "id", "a", "&x", "*x", "!!int", "null", "~", "[", "]", "{", "}", ": ", "- ", "\n", "  "]
)
KEYS = st.sampled_from(sorted(set(re.findall(r"(\w+):", WHOLE)) - {"https"}))
SCALARS = st.one_of(st.text(max_size=8), st.integers(), st.floats(), st.none(), st.booleans(), KEYS)


def flow(value: object) -> str:
    """Write a value as YAML, its texts unquoted when they can be."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{flow(key)}: {flow(inner)}" for key, inner in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(flow, value)) + "]"
    if isinstance(value, str) and not value.isalnum():
        return "'" + value.replace("'", "''") + "'"
    return str(value)


TREES = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=5), max_leaves=20
)
quick = settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def never_surprised(file: Path, content: bytes) -> None:
    file.write_bytes(content)
    found: tuple[Mistake, ...] = ()
    try:
        load(file)
    except ConfigError as error:
        found = error.mistakes
    assert [m.line for m in found] == sorted(m.line for m in found)
    assert {m.reason for m in found} <= set(get_args(Reason))


@quick
@given(content=st.binary() | st.text().map(lambda text: text.encode("utf-8", "surrogatepass")))
def test_any_bytes(file: Path, content: bytes) -> None:
    never_surprised(file, content)


@quick
@given(words=st.lists(WORDS, max_size=30))
def test_any_words(file: Path, words: list[str]) -> None:
    never_surprised(file, " ".join(words).encode())


@quick
@given(tree=st.dictionaries(KEYS, TREES, max_size=6))
def test_any_tree(file: Path, tree: dict[str, object]) -> None:
    never_surprised(file, flow(tree).encode("utf-8", "surrogatepass"))
