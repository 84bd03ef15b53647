"""The commands that send regular digests, and those that look after the letters."""

import os
from dataclasses import replace

import click

from watcher.cli.choices import Choices, aside, json_option, now, with_choices
from watcher.cli.ending import end_with, of_sent, telling_option
from watcher.cli.words import error_said, example, t
from watcher.cli.working import working
from watcher.cli.writing import writer_of
from watcher.config.secrets import FILE, read_mail_password, read_push_addresses
from watcher.digest import DigestSetting
from watcher.errors import UndeliveredError, UsageError, WatcherError
from watcher.outbox import MailSettings, Outs
from watcher.post import OPEN, Posted, again, dropped
from watcher.render.copies import copy_say
from watcher.render.json import dumped, letter_json, made_json, sent_json
from watcher.render.post import answer_said, letter_page, letter_said, letters_say, made_said, outbox_table, part_of
from watcher.render.terminal import console
from watcher.run import learn_profiles
from watcher.run.send import Made, SendReport, World, due_letters, make_due, recover, send, try_letters
from watcher.store import Store, exclusive


@click.command(
    "send",
    help=t(
        "Fait les digests réguliers échus (« digests » dans feeds.yaml), chacun une fois par période, et les envoie.",
        "Make the regular digests that are due (`digests` in feeds.yaml), each once a period, and send them.",
    ),
    epilog=example("watcher send", "watcher send --dry-run", "watcher send --test marie@example.org"),
)
@click.option(
    "--dry-run",
    "dry",
    is_flag=True,
    help=t("Montrer ce qui partirait, ne rien envoyer ni noter.", "Show what would leave; send and note nothing."),
)
@click.option(
    "--test",
    "reader",
    metavar="ADDRESS",
    help=t(
        "Envoyer à cette adresse chaque digest tel qu’il serait aujourd’hui, sans rien noter.",
        "Send this address every digest as it would be today, and note nothing.",
    ),
)
@json_option
@telling_option
@with_choices
def send_command(choices: Choices, *, dry: bool, reader: str | None, as_json: bool, telling: bool) -> None:
    if reader is not None:
        _test(choices, reader)
    elif dry:
        with aside(choices, must=True) as copied:
            show_dry_run(copied, as_json=as_json)
    else:
        outs_of(choices)  # without a way out there is nothing to begin
        with working(choices, "send", quiet=as_json) as (store, tally):
            report = send_due(choices, store)
            tally.posted(report)
        show_report(choices, report, as_json=as_json)
        if not (report.made or report.letters or report.waiting or as_json):
            click.echo(letters_say(choices.language, "nothing-due"), err=True)
        stop_if_ill(report)
        if telling:
            end_with(of_sent(report))


def lists_of(choices: Choices) -> tuple[DigestSetting, ...]:
    """The regular digests that have somebody to go to."""
    return tuple(setting for setting in choices.settings.digests if setting.delivered)


def send_due(choices: Choices, store: Store) -> SendReport:
    """Make what is due and send it; raises UsageError("no-mail") without a way out."""
    return send(_world(choices, store), store, outs_of(choices), writer_of(choices), clock=now)


def show_report(choices: Choices, report: SendReport, *, as_json: bool = False) -> None:
    """Say what was made and sent: one line a list on stdout, one on stderr for each letter that did not leave."""
    language = choices.language
    if as_json:
        click.echo(dumped(sent_json(report)))
    for made in report.made:
        if made.outcome == "failed" or not as_json:
            click.echo(_line(made, language), err=made.outcome == "failed")
        for letter in made.letters:
            if letter.state == "refused":
                click.echo(f"! {letter_said(language, letter, choices.zone)}", err=True)
    for letter in report.letters:
        if letter.state != "sent":
            mark = "" if letter.state == "parted" else "! "
            click.echo(f"{mark}{letter_said(language, letter, choices.zone)}", err=True)
    if report.waiting and not as_json:
        click.echo(letters_say(language, "waiting", report.waiting), err=True)


def show_ill(choices: Choices, report: SendReport) -> None:
    """Say on stderr what a person has to look after, and nothing else."""
    for made in report.made:
        if made.outcome == "failed":
            click.echo(_line(made, choices.language), err=True)
    for letter in report.ill_letters:
        click.echo(f"! {letter_said(choices.language, letter, choices.zone)}", err=True)


def stop_if_ill(report: SendReport) -> None:
    """Raise UndeliveredError when a person has to look after a list or a letter."""
    if report.ill:
        raise UndeliveredError("undelivered", count=report.ill)


def can_leave(choices: Choices) -> bool:
    """Whether the settings name a way out for every digest that wants one."""
    return choices.settings.mail is not None or not any(setting.to for setting in choices.settings.digests)


def outs_of(choices: Choices) -> Outs:
    """Every way out, with its secrets; raises UsageError("no-mail") when a digest goes to readers of mail."""
    settings = choices.settings
    names = [name for setting in settings.digests for name in setting.push]
    push = read_push_addresses(settings.file.parent / FILE, names, os.environ)
    mailed = settings.mail or not lists_of(choices) or not can_leave(choices)
    return Outs(mail=mail_of(choices) if mailed else None, push=push)


def mail_of(choices: Choices) -> MailSettings:
    """How mail leaves, with its password; raises UsageError("no-mail")."""
    settings = choices.settings
    if settings.mail is None:
        raise UsageError("no-mail", file=str(settings.file))
    password = read_mail_password(settings.file.parent / FILE, settings.mail.user, os.environ)
    return replace(settings.mail, password=password)


def _line(made: Made, language: str) -> str:
    detail = "; ".join(error_said(made.error)) if isinstance(made.error, WatcherError) else ""
    return ("! " if made.outcome == "failed" else "") + made_said(language, made, detail)


def _world(choices: Choices, store: Store) -> World:
    settings = choices.settings
    return World(
        lists=lists_of(choices),
        sources=settings.sources,
        profiles=learn_profiles(settings.profiles, store),
        rules=settings.rules,
        zone=choices.zone,
        language=settings.language,
    )


def show_dry_run(choices: Choices, *, as_json: bool) -> None:
    """Show the letters that would leave now, as they would be sent; `choices` have a database that may be changed."""
    if not can_leave(choices):
        raise UsageError("no-mail", file=str(choices.settings.file))
    with choices.store(create=True) as store:
        made = make_due(_world(choices, store), store, writer_of(choices), now=now(), dry=True)
        recover(store)
        due = tuple(filter(None, (store.letter(letter.id) for letter in due_letters(store, now()))))
    if as_json:
        facts = {"made": [made_json(one, whole=True) for one in made]}
        click.echo(dumped(facts | {"letters": [letter_json(letter, whole=True) for letter in due]}))
        return
    for one in made:
        click.echo(_line(one, choices.language), err=True)
    letters = (*(letter for one in made for letter in one.letters if letter.content), *due)
    for letter in letters:
        click.echo(letter_page(letter))
    if not letters:
        click.echo(letters_say(choices.language, "nothing-due"), err=True)


def _test(choices: Choices, reader: str) -> None:
    settings = mail_of(choices)
    with choices.store() as store:
        world = _world(choices, store)
        names = tuple(profile.name for profile in world.profiles)
        lists = choices.settings.digests or (DigestSetting(name="digest", profiles=names),)
        mark = t("[essai] ", "[test] ")
        world, writer = replace(world, lists=lists), writer_of(choices)
        tested = try_letters(world, store, settings, writer, reader, mark=mark, now=now())
    for one in tested:
        said = answer_said(choices.language, f"{reader} ({one.setting.name})", one.answer)
        click.echo(said, err=one.answer.state != "sent")
    if bad := sum(one.answer.state != "sent" for one in tested):
        raise UndeliveredError("untested", count=bad)


# ---- the outbox


@click.group(
    "outbox",
    invoke_without_command=True,
    help=t(
        "Les lettres : ce qu’elles sont devenues, et ce qu’on peut y faire.",
        "The letters: what became of them, and what can be done about it.",
    ),
    epilog=example("watcher outbox", "watcher outbox retry 12"),
)
@click.pass_context
def outbox_command(context: click.Context) -> None:
    if context.invoked_subcommand is None:
        context.invoke(list_command, everything=False, as_json=False)


@outbox_command.command(
    "list",
    help=t(
        "Les lettres, la dernière d’abord : celles des trois derniers mois et celles qui ne sont pas parties.",
        "The letters, the last one first: those of the last three months, and those that did not leave.",
    ),
    epilog=example("watcher outbox list", "watcher outbox list --all --json"),
)
@click.option("--all", "everything", is_flag=True, help=t("Toutes les lettres.", "All letters."))
@json_option
@with_choices
def list_command(choices: Choices, *, everything: bool, as_json: bool) -> None:
    with choices.store() as store:
        letters = store.letters()
    shown = [one for one in letters if everything or one.state in OPEN or (now() - one.made).days < _RECENT]
    if as_json:
        click.echo(dumped([letter_json(letter) for letter in shown]))
    elif shown:
        console().print(outbox_table(shown, choices.language, choices.zone))
    else:
        click.echo(letters_say(choices.language, "no-letters"))


_RECENT = 92  # days


@outbox_command.command(
    "show",
    help=t("Montre une lettre telle qu’elle est envoyée.", "Show a letter as it is sent."),
    epilog=example("watcher outbox show 12"),
)
@click.argument("number", type=int)
@json_option
@with_choices
def show_command(choices: Choices, *, number: int, as_json: bool) -> None:
    with choices.store() as store:
        letter = _letter(store, number)
    if as_json:
        click.echo(dumped(letter_json(letter, whole=True)))
        return
    click.echo(letter_said(choices.language, letter, choices.zone))
    if letter.content:
        click.echo("\n" + letter_page(letter), nl=False)
    elif letter.state == "sent":
        click.echo(copy_say(choices.language, "letter-let-go", period=letter.period, name=letter.list))


@outbox_command.command(
    "retry",
    help=t(
        "Redonne une lettre, telle quelle, au prochain « watcher send ».",
        "Give a letter again, as it is, at the next `watcher send`.",
    ),
    epilog=example("watcher outbox retry 12"),
)
@click.argument("number", type=int)
@with_choices
def retry_command(choices: Choices, *, number: int) -> None:
    with exclusive(choices.database_file), choices.store() as store:
        letter = _letter(store, number)
        if letter.state == "sent":
            raise UsageError("letter-sent", number=number)
        if letter.state == "parted":
            raise UsageError("letter-parted", number=number)
        if not letter.content:
            if letter.subject:
                raise UsageError("letter-forgotten", number=number)
            raise UsageError("letter-empty", number=number)
        _change(choices, store, again(letter, now()))


@outbox_command.command(
    "drop",
    help=t("Retire une lettre : elle ne partira pas.", "Drop a letter: it will not leave."),
    epilog=example("watcher outbox drop 12"),
)
@click.argument("number", type=int)
@with_choices
def drop_command(choices: Choices, *, number: int) -> None:
    with exclusive(choices.database_file), choices.store() as store:
        letter = _letter(store, number)
        if letter.state not in OPEN:
            raise UsageError("letter-closed", number=number)
        _change(choices, store, dropped(letter, now()))


def _letter(store: Store, number: int) -> Posted:
    letter = store.letter(number)
    if letter is None:
        raise UsageError("no-such-letter", number=number)
    return letter


def _change(choices: Choices, store: Store, letter: Posted) -> None:
    with store.transaction():
        store.keep_letter(letter)
    click.echo(letter_said(choices.language, letter, choices.zone))


# ---- what was sent


def print_again(choices: Choices, period: str, name: str, form: str) -> None:
    """Print a past digest exactly as it was sent; raises UsageError when there is none, or several."""
    kinds = {"terminal": "plain", "text": "plain", "html": "html"}
    if form not in kinds:
        raise UsageError("only-as-sent", form=form)
    with choices.store() as store:
        editions = store.editions(name, period)
        letters = [letter for letter in store.letters(name=name, period=period) if letter.subject]
        known = dict.fromkeys(edition.period for edition in store.editions(name))
        frozen = store.letter(letters[0].id) if letters else None
    if not editions:
        raise UsageError("no-such-period", period=period, known=", ".join(list(known)[-6:]) or "–")
    if len(lists := dict.fromkeys(edition.list for edition in editions)) > 1:
        raise UsageError("several-lists", period=period, known=", ".join(lists))
    if frozen is None and not editions[0].stories:
        raise UsageError("nothing-sent", period=period, name=editions[0].list)
    if frozen is None or not frozen.content:
        raise UsageError("letter-forgotten")
    click.echo(part_of(frozen.content, kinds[form]), nl=False)
