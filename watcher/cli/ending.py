"""How a command ends for another program: something new, nothing new, or something failed (`--exit-code`)."""

from typing import Literal

import click

from watcher.cli.words import t
from watcher.digest import Digest
from watcher.errors import UnreadableError
from watcher.run.send import SendReport

NOTHING, NOTHING_PARTLY = 5, 6  # exit codes; without --exit-code both are 0, so that cron takes them for no failure

Ending = Literal["news", "nothing", "failed"]  # failed: no source could be read

telling_option = click.option(
    "--exit-code",
    "telling",
    is_flag=True,
    help=t(
        "Finir par 5 s’il n’y a rien de nouveau, 6 si de plus une source a échoué, 0 s’il y a du nouveau.",
        "End with 5 when there is nothing new, 6 when a source failed besides, 0 when there is something new.",
    ),
)


def of_digest(composed: Digest) -> Ending:
    """What a digest has to say."""
    return composed.outcome


def of_sent(report: SendReport) -> Ending:
    """What the digests that were made had to say."""
    outcomes = [made.digest.outcome for made in report.made if made.outcome == "made" and made.digest]
    if "news" in outcomes:
        return "news"
    return "failed" if "failed" in outcomes else "nothing"


def end_with(ending: Ending, *, partly: bool = False) -> None:
    """End the command with the code of what it found; `partly`: some of the sources did not answer.

    Raises UnreadableError when none did.
    """
    if ending == "failed":
        raise UnreadableError("none-read")
    if ending == "nothing":
        click.get_current_context().exit(NOTHING_PARTLY if partly else NOTHING)
