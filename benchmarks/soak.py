"""A month of polling in minutes, with everything going wrong now and then.

    python benchmarks/soak.py [--days 30] [--sources 60] [--seed 7] [--every 6]

Invented outlets (soakserver.py) publish at their own rhythm on the loopback; cron's part is played by a loop that polls
every few hours of an invented clock. At any moment about one source in ten is in trouble: refused, hanging, reset,
cut short, 403, 404, 410, 429, 500, 503, redirected, mislabelled, empty, no feed at all, "unchanged" for ever, guids
issued anew. Runs are killed with SIGKILL, kept out by another run's lock, given a wrong clock (once 40 days ahead), and
a full disk. The last two days are calm. Every item stays in its feed longer than any trouble lasts, but for one source
whose feed rolls over while nobody answers: there only what was ever served is expected.

Prints what was hit, and a line for each thing that must hold, `ok` or `FAILED`; exits with 1 when one does not. From
ten days on, memory and time are compared between early days and the last ones. Linux only.
"""

import argparse
import json
import os
import resource
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from itertools import pairwise
from pathlib import Path
from random import Random

from soakserver import FLOODED, MOVED, QUIET, ROLLED, START, Outlet, host, link, outlets, title

from watcher.errors import LockedError, StorageError
from watcher.fetch import Manners
from watcher.health import FULL, MOVED_FOR_GOOD, SHORTEST_QUIET, TOLD_FOR, TROUBLED, judge_all
from watcher.profiles import Profile, ProfileSetting
from watcher.run import learn_profiles, poll
from watcher.run.upkeep import WEEKS, today, upkeep
from watcher.sources import Source, SourceState
from watcher.store import Store, copies, exclusive

SEED = "# La ferroptose\n\nLa ferroptose détruit les cellules tumorales persistantes par le fer des lysosomes.\n"
MANNERS = Manners(contact="soak@example.org", allow_hosts=("127.0.0.0/8",), deadline=1.5)
ALARMS = {  # what a fault is called; with the others a source is well
    **dict.fromkeys(("refused", "hang", "reset", "short", "gzip", "500", "503", "429", "404", "html"), "broken"),
    "403": "blocked",
    "410": "gone",
    "empty": "empty",
}
FAULTS = (*ALARMS, "301", "302", "charset", "guids", "cut", "frozen")
LONGEST = 48  # hours of a fault
FROZEN = 9 * 24  # of "unchanged" for ever: longer than the week after which a document is asked for whole
CALM = 48  # hours at the end without a fault; a third of a short time
LATEST = 36  # hours, in which a source is asked again and an alarm falls: a day of patience, and runs without an end
GROWTH = 1.25  # memory, the last day / the sixth
COMPARED = 10  # days, from which memory and time are compared
SLOWER = 2.0  # processor time of a day, the last five / the five after the first
DAY = timedelta(days=1)


@dataclass(slots=True)
class Truth:
    """What the watcher can know of one source, by what it was served and recorded."""

    outlet: Outlet
    fault: str = ""
    seen: set[int] = field(default_factory=set)
    newest: datetime | None = None
    gap: datetime | None = None
    flood: datetime | None = None
    moved: datetime | None = None
    settled: bool = False  # the settings have its new address
    asked: float = 0.0  # the hour at which it last was
    calm: float = 0.0  # the hour since which nothing is wrong with it

    def learn(self, fault: str, numbers: range, now: datetime) -> None:
        """Take in one answer that was recorded; `numbers` is empty when no items came."""
        self.fault = fault
        if self.outlet.number == MOVED and fault == "301" and not self.settled:
            self.moved = self.moved or now
        if fault == "cut":
            numbers = numbers[len(numbers) // 2 + 2 :]  # the newest are on top
        if not numbers:
            return
        new = [n for n in numbers if n not in self.seen]
        if not self.seen:
            self.newest = START + timedelta(hours=self.outlet.times[numbers[-1]])
        elif new:
            self.newest = now
            if len(new) == len(numbers) >= FULL:
                self.gap = now
            if self.outlet.number == FLOODED and len(new) >= 70:
                self.flood = now
        if fault != "cut":
            self.seen |= set(numbers)

    def alarms(self, now: datetime) -> set[str]:
        """The words that must be said of it, silence apart."""
        told = {"gap": self.gap, "flood": self.flood}
        words = {word for word, at in told.items() if at and at >= now - TOLD_FOR}
        if self.moved and now - self.moved >= MOVED_FOR_GOOD:
            words.add("moved")
        return words | ({ALARMS[self.fault]} if self.fault in ALARMS else set())

    def silence(self, now: datetime) -> bool | None:
        """Whether it must be called silent; None where either is fair."""
        if self.newest is None or self.fault in ALARMS or now - self.newest <= SHORTEST_QUIET:
            return False
        times = self.outlet.times
        usual = statistics.median(b - a for a, b in pairwise(times) if b - a > 6) / 24
        longest = max(3 * (int(usual) + 2) * DAY, SHORTEST_QUIET) + DAY / 2
        if self.outlet.number == QUIET:
            longest = SHORTEST_QUIET
        return True if now - self.newest > longest else None


@dataclass(slots=True)
class Town:
    """The server's end of the line."""

    process: "subprocess.Popen[str]"
    port: int

    def order(self, hour: float, faults: dict[int, str]) -> list[tuple[int, str, int, int]]:
        """Set the hour and the faults; what was served since the last order."""
        assert self.process.stdin
        assert self.process.stdout
        print(json.dumps({"hour": hour, "faults": faults}), file=self.process.stdin, flush=True)
        return [tuple(one) for one in json.loads(self.process.stdout.readline())]


@contextmanager
def town(seed: int, days: int, sources: int) -> Iterator[Town]:
    """The outlets, served by a process of their own."""
    command = [sys.executable, str(Path(__file__).with_name("soakserver.py")), *map(str, (seed, days, sources))]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        try:
            yield Town(process=process, port=int(process.stdout.readline()))
        finally:
            process.kill()


@dataclass(slots=True)
class Soak:
    """One watcher in that world, and all that is counted."""

    folder: Path
    town: Town
    days: int
    lots: Random
    truths: tuple[Truth, ...]
    sources: tuple[Source, ...]
    profiles: tuple[Profile, ...] = ()
    faults: dict[int, tuple[str, float]] = field(default_factory=dict)  # by source, and until which hour
    seconds: float = 0.5  # of a run
    hits: Counter[str] = field(default_factory=Counter)
    rose: Counter[str] = field(default_factory=Counter)
    fell: Counter[str] = field(default_factory=Counter)
    last: dict[int, set[str]] = field(default_factory=dict)
    wrong: list[str] = field(default_factory=list)
    idle: float = 0.0  # the longest time in which a source was not asked, hours
    lag: float = 0.0  # the longest time that an alarm outlived its cause, hours
    memory: list[float] = field(default_factory=list)  # MB, day by day
    costs: list[float] = field(default_factory=list)  # seconds of processor time, day by day

    @property
    def calm(self) -> float:
        """The hour from which nothing goes wrong any more."""
        return 24.0 * self.days - min(CALM, 8.0 * self.days)

    @property
    def database(self) -> Path:
        """The one that all runs write to."""
        return self.folder / "watcher.db"

    # The world goes on

    def turn(self, hour: float) -> None:
        """Let an hour come: old faults end, new ones begin."""
        calm = hour >= self.calm
        for number, (_, until) in tuple(self.faults.items()):
            if hour >= until or calm:
                del self.faults[number]
                self.truths[number].calm = hour
        for number, truth in enumerate(self.truths):
            if number not in self.faults and number != MOVED and not calm and self.lots.random() < 0.025:
                self._begin(truth, hour)
        if 18 <= hour < 48 and not calm:
            self.faults[ROLLED] = ("refused", 48.0)
        if hour >= 30:  # not in the hour of the wrong clock, by which it would be new for 40 days
            self.faults[MOVED] = ("301", 24.0 * self.days)
        if hour == 12 * 24:  # a person reads the alarm and writes the new address into the settings
            self.sources = tuple(
                replace(s, url=s.url.replace("/feed", "/new/feed")) if n == MOVED else s
                for n, s in enumerate(self.sources)
            )
            self.truths[MOVED].moved, self.truths[MOVED].settled = None, True

    def _begin(self, truth: Truth, hour: float) -> None:
        fault = self.lots.choice(FAULTS)
        lasts = float(self.lots.randint(6, LONGEST))
        if fault == "frozen":
            lasts = FROZEN if truth.outlet.stay(24 * self.days) > FROZEN + 3 * 24 else lasts
        self.faults[truth.outlet.number] = (fault, hour + lasts)

    # A run, and what may become of it

    def run(self, now: datetime, *, everyone: bool = False) -> None:
        """One run of `watcher poll`, as the command does it."""
        with exclusive(self.database), Store(self.database) as store:
            self.profiles = self.profiles or learn_profiles(
                (ProfileSetting(name="ferro", seeds=self.folder / "seeds", threshold=50.0),), store, keep=True
            )
            poll(self.sources, self.profiles, store, MANNERS, clock=lambda: now, everyone=everyone)
            upkeep(store, today(now), now)

    def apart(self, task: Callable[[], None]) -> int:
        """Do something in a process of its own; its number."""
        if child := os.fork():
            return child
        code = 1
        try:
            task()
            code = 0
        except StorageError:
            code = 3
        finally:
            os._exit(code)

    def killed(self, now: datetime) -> None:
        """A run that is killed while it is at work."""
        child = self.apart(lambda: self.run(now))
        time.sleep(self.lots.random() * self.seconds)
        os.kill(child, signal.SIGKILL)
        _, status = os.waitpid(child, 0)
        self.hits["run killed" if os.WIFSIGNALED(status) else "run over before it was killed"] += 1

    def kept_out(self, now: datetime) -> None:
        """A run while another one holds the lock."""
        ready, told = os.pipe()

        def hold() -> None:
            with exclusive(self.database):
                os.write(told, b"!")
                time.sleep(60)

        other = self.apart(hold)
        os.read(ready, 1)
        try:
            self.run(now)
            self.wrong.append(f"{now:%d %Hh}: two runs at work")
        except LockedError:
            self.hits["run kept out by a lock"] += 1
        os.kill(other, signal.SIGKILL)
        os.waitpid(other, 0)
        os.close(ready)
        os.close(told)

    def full(self, now: datetime) -> None:
        """A run for which the disk has no room: no file may grow beyond what the database has."""

        def starved() -> None:
            size = self.database.stat().st_size
            resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))
            self.run(now)

        _, status = os.waitpid(self.apart(starved), 0)
        code = os.waitstatus_to_exitcode(status)
        self.hits["disk full" if code == 3 else "room enough on a full disk"] += 1
        if code not in (0, 3):
            self.wrong.append(f"{now:%d %Hh}: a full disk ended a run with {code}")

    def clock(self, hour: float) -> datetime:
        """What the machine's clock says: it is wrong now and then."""
        right = START + timedelta(hours=hour)
        if hour == 24:
            self.hits["clock wrong by 40 days"] += 1
            return right + 40 * DAY
        if 24 <= hour < self.calm and self.lots.random() < 0.03:
            self.hits["clock wrong"] += 1
            return right + timedelta(hours=self.lots.choice((-48, -3, 3, 30)))
        return right

    def tick(self, hour: float, *, everyone: bool = False) -> None:
        """One moment at which cron starts a run, and what must hold afterwards."""
        self.turn(hour)
        for number in self.faults:
            self.hits[self.faults[number][0]] += 1
        faults = {number: fault for number, (fault, _) in self.faults.items()}
        self.town.order(hour, faults)
        now, begun, fate = self.clock(hour), time.monotonic(), self.lots.random()
        rough = 12 <= hour < self.calm and hour != 24
        if rough and fate < 0.06:
            self.killed(now)
        elif rough and fate < 0.10:
            self.kept_out(now)
        elif rough and fate < 0.13:
            self.full(now)
        else:
            self.run(now, everyone=everyone)
            self.seconds = 0.7 * self.seconds + 0.3 * (time.monotonic() - begun)
        served = self.town.order(hour, faults)
        with Store(self.database) as store:
            states = store.states()
        self.learn(served, states, now, hour)
        self.look(states, hour)

    # What must hold

    def learn(
        self, served: list[tuple[int, str, int, int]], states: dict[str, SourceState], now: datetime, hour: float
    ) -> None:
        """Tell the truths what was served and recorded: a killed run may have asked and not written it down."""
        answers = {number: (fault, newest, oldest) for number, fault, newest, oldest in served}
        for number, truth in enumerate(self.truths):
            state = states.get(f"s{number}")
            if state is None or state.checked != now:
                continue
            self.idle = max(self.idle, hour - truth.asked)
            truth.asked = hour
            if number in answers:
                fault, newest, oldest = answers[number]
                truth.learn(fault, range(oldest, newest + 1) if newest >= 0 else range(0), now)
            elif self.faults.get(number, ("", 0.0))[0] == "refused":
                truth.learn("refused", range(0), now)

    def look(self, states: dict[str, SourceState], hour: float) -> None:
        """Compare what the watcher says of each source with what is true."""
        now = START + timedelta(hours=hour)
        for number, (truth, source) in enumerate(zip(self.truths, self.sources, strict=True)):
            state = states.get(source.id)
            if state is None or state.checked is None:
                continue
            said = {str(one.word) for one in judge_all(source, state, now)} - {"well"}
            before, self.last[number] = self.last.get(number, set()), said
            self.rose.update(said - before)
            self.fell.update(before - said)
            wanted = truth.alarms(now)
            if said - {"silent"} != wanted:
                self.wrong.append(f"day {hour / 24:.2f}, s{number}: says {said or '-'}, not {wanted or '-'}")
            must = truth.silence(now)
            if must is not None and must != ("silent" in said):
                self.wrong.append(f"day {hour / 24:.2f}, s{number}: {'not ' * must}called silent ({truth.newest})")
            if said & TROUBLED and self.faults.get(number, ("",))[0] not in ALARMS:
                self.lag = max(self.lag, hour - truth.calm)

    def live(self, every: float) -> None:
        """Day after day, then a last run that asks everybody."""
        for day in range(self.days):
            used = processor()
            for step in range(int(24 / every)):
                self.tick(24 * day + step * every)
            self.costs.append(processor() - used)
            self.memory.append(resident())
        self.tick(24.0 * self.days, everyone=True)


def processor() -> float:
    """Seconds of processor time so far, of this process and those it waited for."""
    used = (resource.getrusage(resource.RUSAGE_SELF), resource.getrusage(resource.RUSAGE_CHILDREN))
    return sum(one.ru_utime + one.ru_stime for one in used)


def resident() -> float:
    """MB of memory of this process now."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 2**20


def expected(truth: Truth, end: float) -> set[int]:
    """The items that must be stored: all that came out, or of a feed that rolled over unseen all that was served."""
    outlet = truth.outlet
    first = max(0, outlet.last(0) - outlet.size + 1)
    return truth.seen if outlet.number == ROLLED else set(range(first, outlet.last(end) + 1))


Finding = tuple[str, bool, str]


def of_articles(soak: Soak, store: Store) -> Iterator[Finding]:
    """Whether what is stored is what was published."""
    end = 24.0 * soak.days
    published = {(link(t.outlet.number, n), title(t.outlet.number, n)) for t in soak.truths for n in expected(t, end)}
    rows = [(str(url), str(name)) for url, name in store._rows("SELECT url, title FROM articles")]
    stay = min(t.outlet.stay(end) for t in soak.truths if t.outlet.number != ROLLED)
    lost, strange = {u for u, _ in published} - {u for u, _ in rows}, {u for u, _ in rows} - {u for u, _ in published}
    told = f"{len(rows)} stored, {len(published)} published, {len(lost)} missing, {len(strange)} never published"
    yield "every article", not lost and not strange, f"{told}; items stayed {stay / 24:.1f} days or more"
    twice = [url for url, count in Counter(url for url, _ in rows).items() if count > 1]
    yield "none twice", len(rows) == len({url for url, _ in rows}), f"{len(twice)} twice"
    garbled = set(rows) - published if not strange else set()
    yield "titles as published", not garbled, f"{len(garbled)} others {sorted(garbled)[:1] or ''}"


def of_alarms(soak: Soak, states: dict[str, SourceState]) -> Iterator[Finding]:
    """Whether the alarms agreed with their causes, and rose and fell at all."""
    end = START + timedelta(days=soak.days)
    for told in ("gap", "flood"):  # they are told for 30 days: look again when those are over
        for source in soak.sources:
            at = getattr(states[source.id], told)
            if at and told not in {h.word for h in judge_all(source, states[source.id], max(at + TOLD_FOR, end) + DAY)}:
                soak.fell[told] += told in soak.last[int(source.id[1:])]
    must = {"broken", "silent", "gap", "flood"} if soak.days < 14 else {"broken", "blocked", "gone", "empty", "silent"}
    must |= {"gap", "flood", "moved"} if soak.days >= 14 else set()
    counts = ", ".join(f"{word} {soak.rose[word]}/{soak.fell[word]}" for word in sorted(soak.rose))
    never = sorted(word for word in must if not (soak.rose[word] and soak.fell[word]))
    yield "alarms as their causes", not soak.wrong, f"{len(soak.wrong)} times otherwise"
    yield "alarms rose and fell", not never, f"rose/fell: {counts}{'; never: ' if never else ''}{', '.join(never)}"
    left = {n for n, said in soak.last.items() if said & TROUBLED}
    yield "every source asked", soak.idle <= LATEST, f"{soak.idle:.0f} h between two times at most"
    yield "alarms fell in time", soak.lag <= LATEST and not left, f"{soak.lag:.0f} h after the cause at most"


def of_costs(soak: Soak) -> Iterator[Finding]:
    """Whether the last days cost what the first ones did; few days do not tell."""
    if soak.days < COMPARED:
        return
    sixth = soak.memory[min(5, len(soak.memory) // 2)]
    last = soak.memory[-1]
    yield "memory flat", last <= GROWTH * sixth + 8, f"{sixth:.0f} MB on an early day, {last:.0f} MB on the last"
    early, late = statistics.median(soak.costs[1:6]), statistics.median(soak.costs[-5:])
    yield "time of a day flat", late <= SLOWER * early, f"{early:.2f} s of processor early, {late:.2f} s late"


def of_database(soak: Soak, store: Store) -> Iterator[Finding]:
    """Whether the database is sound and its copies are few."""
    damage = store.damage()
    yield "database sound", not damage, damage or f"{soak.database.stat().st_size / 2**20:.1f} MB"
    day = today(START + timedelta(days=soak.days))
    made = copies(store.file, store.backups)
    known, to_come = [c for c in made if c.day <= day], [c for c in made if c.day > day]
    due = min(WEEKS, (soak.days + 6) // 7)
    yield (
        "copies",
        1 <= len(known) <= WEEKS and len(known) >= due - 1,
        f"{len(known)}, and {len(to_come)} of days to come",
    )


def soaked(days: int, sources: int, seed: int, every: float) -> bool:
    """Live through it and report; True when everything held."""
    begun = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="soak-") as folder, town(seed, days, sources) as there:
        (Path(folder) / "seeds").mkdir()
        (Path(folder) / "seeds" / "seed.md").write_text(SEED, encoding="utf-8")
        soak = Soak(
            folder=Path(folder),
            town=there,
            days=days,
            lots=Random(seed),
            truths=tuple(Truth(outlet=outlet) for outlet in outlets(seed, days, sources)),
            sources=tuple(Source(id=f"s{n}", url=f"http://{host(n)}:{there.port}/feed") for n in range(sources)),
        )
        soak.live(every)
        with Store(soak.database) as store:
            states = store.states()
            findings = (
                *of_articles(soak, store),
                *of_alarms(soak, states),
                *of_costs(soak),
                *of_database(soak, store),
            )
    print(f"{days} days, {sources} sources, seed {seed}: {time.monotonic() - begun:.0f} s")
    print("  hit: " + ", ".join(f"{what} {count}" for what, count in sorted(soak.hits.items())))
    for what, held, told in findings:
        print(f"{what:24s}{'ok' if held else 'FAILED':8s}{told}")
    for line in soak.wrong[:20]:
        print(f"  {line}")
    return all(held for _, held, _ in findings)


def main() -> int:
    """Soak; 0 when everything held."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--days", type=int, default=30, help="3 or more")
    parser.add_argument("--sources", type=int, default=60, help="4 to 250")
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--every", type=float, default=6.0, help="hours between two runs")
    options = parser.parse_args()
    if options.days < 3 or not 4 <= options.sources <= 250:
        parser.error("three days and four sources at least, 250 sources at most")
    with suppress(KeyboardInterrupt):
        return 0 if soaked(options.days, options.sources, options.seed, options.every) else 1
    return 130


if __name__ == "__main__":
    sys.exit(main())
