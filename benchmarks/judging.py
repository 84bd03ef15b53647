"""How many articles are judged in a second by five profiles of sixty terms, and how soon five seeds are learnt.

    python benchmarks/judging.py [--articles 2000]

Articles have about 150 words (corpus.py), each read once. Beside it, plain TF-IDF: words counted, weighed and held
against five vectors, on the same articles. Then a fresh Python that imports, reads and learns the five shipped seeds.
Measured in processor time of one core. Exits with 1 when a goal is missed.
"""

import argparse
import math
import os
import re
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

from corpus import piece

from watcher.articles import Article
from watcher.profiles import PHRASE, Profile, ProfileSetting, learn
from watcher.relevance import judge
from watcher.seeds import read_seeds

GOAL = 5000  # articles a second
GOAL_LEARN = 1.0  # seconds
SEEDS = Path(__file__).parents[1] / "seeds"
_LEARN = """
import sys
from pathlib import Path
from watcher.profiles import ProfileSetting, learn
from watcher.seeds import read_seeds
for folder in sys.argv[1:]:
    learn(read_seeds(Path(folder)), ProfileSetting(name="p", seeds=Path(folder)))
"""


def articles(count: int) -> list[Article]:
    """Generated articles of about 150 words; three pieces make one."""
    made = []
    for number in range(count):
        pieces = [piece(number % 40, 3 * number + part) for part in range(3)]
        text = " ".join(f"{p.lead} {p.body}" for p in pieces)
        made.append(Article(source="s", title=pieces[0].title, summary=" ".join(text.split()[:140])))
    return made


def profiles() -> tuple[Profile, ...]:
    """The five shipped profiles, with their sixty heaviest terms."""
    made = []
    for folder in sorted(SEEDS.iterdir()):
        learnt = learn(read_seeds(folder), ProfileSetting(name=folder.name, seeds=folder))
        made.append(Profile(name=learnt.name, terms=learnt.terms[:60], seeds=learnt.seeds))
    return tuple(made)


def by_judge(found: list[Article], wanted: tuple[Profile, ...]) -> None:
    """The scores that `watcher poll` stores."""
    for article in found:
        judge(article, wanted, explained=False)


def by_tfidf(found: list[Article], wanted: tuple[Profile, ...]) -> None:
    """Cosines of TF-IDF vectors to the profiles' terms, each as one word."""
    sought = [{t.label.lower(): t.weight for t in profile.terms if PHRASE not in t.key} for profile in wanted]
    bags = [Counter(re.findall(r"\w{3,}", f"{a.title} {a.title} {a.summary}".lower())) for a in found]
    held = Counter(word for bag in bags for word in bag)
    for bag in bags:
        vector = {w: (1 + math.log(n)) * math.log((1 + len(bags)) / (1 + held[w])) for w, n in bag.items()}
        length = math.hypot(*vector.values()) or 1.0
        for one in sought:
            sum(vector[word] * weight for word, weight in one.items() if word in vector) / length


def learning() -> float:
    """Processor seconds of a fresh Python that learns the five shipped seeds."""
    before = os.times()
    folders = [str(folder) for folder in sorted(SEEDS.iterdir())]
    subprocess.run([sys.executable, "-c", _LEARN, *folders], check=True)
    after = os.times()
    return after.children_user + after.children_system - before.children_user - before.children_system


def main() -> int:
    """Print the speeds; 0 when both goals are reached."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--articles", type=int, default=2000)
    found = articles(parser.parse_args().articles)
    wanted = profiles()
    by_judge(found[:50], wanted)  # the tables are loaded
    rates = {}
    for name, ranker in (("judge", by_judge), ("plain TF-IDF", by_tfidf)):
        began = time.process_time()
        ranker(found, wanted)
        rates[name] = len(found) / (time.process_time() - began)
        print(f"{name:14s}{rates[name]:9.0f} articles a second")
    learnt = min(learning() for _ in range(3))
    print(f"judge is {rates['judge'] / rates['plain TF-IDF']:.2f} times as fast as plain TF-IDF (goal {GOAL} a second)")
    print(f"learning five seeds, cold: {learnt:.2f} s (goal {GOAL_LEARN:.0f} s)")
    return int(rates["judge"] < GOAL or learnt > GOAL_LEARN)


if __name__ == "__main__":
    sys.exit(main())
