"""The command that looks over the whole installation."""

import sys
from collections.abc import Iterator
from datetime import UTC, datetime, tzinfo

import click

from watcher import doctor, schedule
from watcher.cli.choices import Choices, json_option, now, with_choices
from watcher.cli.collect import manners_of
from watcher.cli.post import lists_of, mail_of
from watcher.cli.schedule import job_of
from watcher.cli.words import error_said, example, reason_said, t
from watcher.doctor import Finding, MailFact
from watcher.errors import ConfigError, UnwellError, UsageError, WatcherError
from watcher.health import judge_all
from watcher.post import Posted
from watcher.render.doctor import checkup, checkup_json
from watcher.render.json import dumped
from watcher.render.terminal import console
from watcher.run import learn_profiles
from watcher.run.checkup import (
    clock_of_a_server,
    look_at_database,
    look_at_mail,
    look_at_profiles,
    look_at_seeds,
    versions,
)
from watcher.schedule import Medium, Standing
from watcher.seeds import ENDINGS, LARGEST
from watcher.sources import SourceState, state_of


@click.command(
    "doctor",
    help=t(
        "Examine réglages, profils, sources, courrier, horloge, base et machine ; dit ce qui ne va pas et que faire.",
        "Look at settings, profiles, sources, mail, clock, database and machine; say what is wrong and what to do.",
    ),
    epilog=example("watcher doctor", "watcher doctor --offline --json"),
)
@click.option(
    "--offline", is_flag=True, help=t("Sans le réseau : ni courrier, ni horloge.", "No network: no mail, no clock.")
)
@json_option
@with_choices
def doctor_command(choices: Choices, *, offline: bool, as_json: bool) -> None:
    try:
        zone: tzinfo
        found = [*_on_settings(choices), *_on_the_rest(choices, offline=offline)]
        reasons = {finding.reason for finding in found}
        unseen = ["mail"] * (choices.settings.mail is not None and "mail" not in reasons)
        unseen += ["clock"] * ("clock-alone" in reasons)
        language, zone = choices.language, choices.zone
    except ConfigError as error:  # the settings cannot be read: what they speak of cannot be looked at
        found, unseen = list(doctor.on_settings(error_said(error))), [*doctor.AREAS[1:-1]]
        language, zone = t("fr", "en"), UTC
        found += [*doctor.on_clock(now(), None, None), *_on_machine()]
    if as_json:
        click.echo(dumped(checkup_json(found, language, zone, unseen=unseen, fault=_fault_said)))
    else:
        console().print(checkup(found, language, zone, unseen=unseen, fault=_fault_said))
    if problems := sum(finding.severity == "problem" for finding in found):
        raise UnwellError("unwell", count=problems)


def _on_settings(choices: Choices) -> Iterator[Finding]:
    settings, secrets = choices.settings, ""
    try:
        contact = manners_of(choices).contact
        if settings.mail:
            mail_of(choices)
    except WatcherError as error:
        contact, secrets = settings.contact, " ; ".join(error_said(error))
    yield from doctor.on_settings((), contact=bool(contact), secrets=secrets)


def _on_the_rest(choices: Choices, *, offline: bool) -> Iterator[Finding]:
    settings, moment, file = choices.settings, now(), choices.database_file
    fact = look_at_database(file, choices.backups)
    seeds = tuple(look_at_seeds(settings.profiles))
    yield from doctor.on_seeds(len(settings.profiles), seeds)
    states: dict[str, SourceState] = {}
    letters: tuple[Posted, ...] = ()
    if not (fact.fault or fact.damage):
        with choices.store() as store:
            states, letters = store.states(), store.letters()
            if not any(seed.fault for seed in seeds):
                profiles = learn_profiles(settings.profiles, store)
                yield from doctor.on_profiles(*look_at_profiles(profiles, settings.rules, store, moment))
    fares = [judge_all(source, state_of(source, states), moment) for source in settings.sources]
    yield from doctor.on_sources(fares, moment, polled=fact.last_run is not None)
    talk = None if offline else _talk(choices)
    lists = len(lists_of(choices))
    yield from doctor.on_mail(moment, talk, letters, lists=lists, configured=settings.mail is not None)
    yield from doctor.on_schedule(_standings(choices), fact.last_run, moment)
    yield from doctor.on_database(fact, moment)
    theirs = None if offline else _clock(choices, states)
    yield from doctor.on_clock(now(), theirs, fact.last_run)
    yield from _on_machine()


def _on_machine() -> Iterator[Finding]:
    encodings = {"screen": sys.stdout.encoding or "", "files": sys.getfilesystemencoding()}
    return doctor.on_machine(encodings, versions())


def _talk(choices: Choices) -> MailFact | None:
    if choices.settings.mail is None:
        return None
    try:
        return look_at_mail(mail_of(choices))
    except WatcherError:  # the password's file, which is a finding of its own
        return None


def _clock(choices: Choices, states: dict[str, SourceState]) -> datetime | None:
    try:
        return clock_of_a_server(choices.settings.sources, states, manners_of(choices))
    except WatcherError:
        return None


def _standings(choices: Choices) -> dict[Medium, Standing]:
    try:
        job = job_of(choices)
    except UsageError:  # a name that no entry can hold
        return {}
    return {medium: schedule.standing(medium, job) for medium in schedule.MEDIA}


def _fault_said(reason: str, file: str, detail: str) -> str:
    facts = {"file": file, "folder": file, "detail": detail, "limit": LARGEST, "endings": " ".join(ENDINGS)}
    return reason_said(reason, **facts)
