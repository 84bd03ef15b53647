"""The commands that look back: why not, what if, how much is missed."""

from pathlib import Path

import click

from watcher.cli.choices import Choices, duration, json_option, now, with_choices
from watcher.cli.words import example, t
from watcher.config import Settings, load
from watcher.parse import SERVICES
from watcher.profiles import Profile
from watcher.render.json import absence_json, audit_json, dumped, replayed_json
from watcher.render.steering import absence_page, audit_page, replay_page
from watcher.render.terminal import console
from watcher.run import audit, learn_profiles, previous, replayed, why_not
from watcher.store import Store

_PERIOD = t("Période, jusqu’à maintenant (12h, 7d, 2w).", "Period, up to now (12h, 7d, 2w).")
_back = click.option("--since", default="8w", show_default=True, help=_PERIOD)


@click.command(
    "why-not",
    help=t(
        "Dit quelle étape a tenu un article hors du digest de la période.",
        "Say which stage kept an article out of the digest of the period.",
    ),
    epilog=example("watcher why-not 42", "watcher why-not https://presse.inserm.fr/un-article/"),
)
@click.argument("key")
@click.option("--since", default="7d", show_default=True, help=_PERIOD)
@json_option
@with_choices
def why_not_command(choices: Choices, *, key: str, since: str, as_json: bool) -> None:
    period, settings = duration(since), choices.settings
    with choices.store() as store:
        profiles = learn_profiles(settings.profiles, store)
        found = why_not(key, settings.sources, profiles, store, since=period, now=now(), rules=settings.rules)
    if as_json:
        click.echo(dumped(absence_json(found)))
    else:
        console().print(absence_page(found, choices.language, choices.zone))


@click.command(
    "replay",
    help=t(
        "Rejoue les digests passés : ce que les profils actuels, ou ceux d’un autre fichier, y auraient changé.",
        "Replay past digests: what the present profiles, or those of another file, would have changed in them.",
    ),
    epilog=example("watcher replay --since 8w", "watcher replay --since 8w --profile-from essai/feeds.yaml"),
)
@_back
@click.option(
    "--profile-from",
    "other",
    type=click.Path(path_type=Path),
    help=t(
        "Les profils de ce fichier de réglages, comparés aux vôtres ; sans lui, les vôtres à leur état précédent.",
        "The profiles of these settings against yours; without it, yours against their state before.",
    ),
)
@json_option
@with_choices
def replay_command(choices: Choices, *, since: str, other: Path | None, as_json: bool) -> None:
    period, settings = duration(since), choices.settings
    changed = load(other, kinds=SERVICES) if other else settings
    with choices.store() as store:
        before, after = _two_states(settings, changed, store)
        found = replayed(store, before, after, since=period, now=now(), rules=settings.rules, rules_after=changed.rules)
    if as_json:
        click.echo(dumped([replayed_json(one) for one in found]))
        return
    screen = console()
    for part in replay_page(found, choices.language):
        screen.print(part)


def _two_states(settings: Settings, changed: Settings, store: Store) -> tuple[tuple[Profile, ...], tuple[Profile, ...]]:
    """Ours and those of other settings, each with what the verdicts teach; or ours as they were and as they are."""
    now_ours = learn_profiles(settings.profiles, store)
    if changed is not settings:
        return now_ours, learn_profiles(changed.profiles, store)
    states = {profile.name: previous(profile, store) for profile in now_ours}
    return tuple((states[p.name] or (p,))[0] for p in now_ours), now_ours


@click.command(
    "audit",
    help=t(
        "Tire au sort des articles juste sous le seuil, à juger en quelques secondes ; estime le rappel.",
        "Draw articles just below the threshold at random, to be labelled in seconds; estimate the recall.",
    ),
    epilog=example("watcher audit", "watcher audit --profile ferroptose-cd44 --size 20"),
)
@click.option("--profile", "name", default="", help=t("Ce profil seulement.", "This profile only."))
@click.option("--size", default=20, show_default=True, type=click.IntRange(3, 500), help=t("Articles.", "Articles."))
@_back
@json_option
@with_choices
def audit_command(choices: Choices, *, name: str, size: int, since: str, as_json: bool) -> None:
    period, settings = duration(since), choices.settings
    if name:
        choices.profile_setting(name)
    with choices.store() as store:
        profiles = [p for p in learn_profiles(settings.profiles, store) if name in ("", p.name)]
        found = [audit(p, store, size=size, since=period, now=now(), rules=settings.rules) for p in profiles]
    if as_json:
        click.echo(dumped([audit_json(one) for one in found]))
        return
    screen = console()
    for one in found:
        for part in audit_page(one, choices.language, choices.zone):
            screen.print(part)
