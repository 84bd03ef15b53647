"""The command that lives three days of the sample world."""

import tempfile
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import click
from rich.console import Console
from rich.rule import Rule
from rich.text import Text

from watcher.cli.words import LANGUAGE, example, t
from watcher.config import load
from watcher.demo import World, open_world
from watcher.fetch import Manners
from watcher.parse import SERVICES
from watcher.profiles import Profile
from watcher.render.terminal import console, show_digest
from watcher.render.words import date_said, summary_said
from watcher.run import digest, learn_profiles, poll
from watcher.starter import starter
from watcher.store import Store

DAY_ONE = datetime(2026, 11, 23, 7, 0, tzinfo=UTC)  # a Monday morning
ZONE = ZoneInfo("Europe/Paris")


@click.command(
    "demo",
    help=t(
        "Vit trois jours d’un monde d’exemple, sans réseau et sans rien laisser derrière soi.",
        "Live three days of a sample world, without network and without leaving anything behind.",
    ),
    epilog=example("watcher demo", "WATCHER_LANG=en watcher demo"),
)
def demo_command() -> None:
    screen = console()
    live({1: screen, 2: screen, 3: screen})


def live(screens: Mapping[int, Console]) -> None:
    """Days of the sample world, each on its screen: day 1 fills, day 2 brings news, day 3 brings nothing."""
    with starter() as model:
        profiles = learn_profiles(load(model / "feeds.yaml", kinds=SERVICES).profiles)
    with (
        tempfile.TemporaryDirectory(prefix="watcher-demo-") as folder,
        open_world(DAY_ONE) as world,
        Store(Path(folder) / "watcher.db") as store,
    ):
        for day, screen in screens.items():
            world.set_day(day)
            _one_day(day, world, profiles, store, screen)


def _one_day(day: int, world: World, profiles: tuple[Profile, ...], store: Store, screen: Console) -> None:
    moment = world.now(day)
    report = poll(
        world.sources, profiles, store, Manners(allow_hosts=("127.0.0.1",)), clock=lambda: moment, everyone=True
    )
    today = date_said(LANGUAGE, moment, ZONE, day=True)
    screen.print(Rule(Text(f"{t('Jour', 'Day')} {day} · {today}", style="bold"), style="bold"))
    screen.print(Text(summary_said(LANGUAGE, report.summary, report.resting)))
    screen.print()
    since = timedelta(hours=20)  # what came this morning, not yesterday's
    composed = digest(world.sources, profiles, store, since=since, now=moment, language=LANGUAGE)
    show_digest(composed, screen, language=LANGUAGE, zone=ZONE)
    screen.print()
