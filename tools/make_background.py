"""Make `watcher/background.tsv.gz`: how rare each key is in the language at large and in biomedical writing.

    tools/make_background.py PAIRS.jsonl [PAIRS.jsonl.gz ...]

PAIRS holds one object a line, {"fr": abstract, "en": abstract}. Only document frequencies are kept of them. The general
frequencies are those of the `wordfreq` package (CC BY-SA 4.0, see NOTICE). Run again whenever the lexicon or the
folding rules change: keys are what `watcher.lexicon` makes of the words.
"""

import gzip
import io
import json
import math
import sys
from collections import Counter, defaultdict
from collections.abc import Iterator
from pathlib import Path

import wordfreq

from watcher.background import FILE, GENERAL_FLOOR
from watcher.lexicon import BREAK, concepts, plain_keys, read

LEAST_GENERAL = 2e-7  # rarer words are told by the default as well
LEAST_DOCUMENTS = 2


def general_frequencies() -> dict[str, float]:
    """Key -> probability in French or in English, whichever is greater."""
    found: dict[str, float] = {}
    for language in ("fr", "en"):
        total: defaultdict[str, float] = defaultdict(float)
        for word, frequency in wordfreq.get_frequency_dict(language, "large").items():
            keys = read(word).keys
            for key in keys:
                if key != BREAK:
                    total[key] += frequency
        for key, frequency in total.items():
            found[key] = max(found.get(key, 0.0), frequency)
    for concept in concepts().values():  # a phrase is rarer than the rarest of its words
        forms = [[k for k in plain_keys(f) if k != BREAK] for f in concept.french + concept.english]
        phrases = [min(found.get(k, GENERAL_FLOOR) for k in form) / 20 for form in forms if len(form) > 1]
        found[concept.key] = max([found.get(concept.key, 0.0), *phrases])
    return found


def documents(files: list[str]) -> Iterator[dict[str, str]]:
    """The pairs of all files."""
    for file in files:
        opener = gzip.open if file.endswith(".gz") else open
        with opener(file, "rt", encoding="utf-8") as lines:
            for line in lines:
                yield json.loads(line)


def document_frequencies(files: list[str]) -> tuple[dict[str, float], int]:
    """Key -> share of abstracts that hold it, in French or in English, whichever is greater; and how many pairs."""
    counts: dict[str, Counter[str]] = {"fr": Counter(), "en": Counter()}
    pairs = 0
    for pair in documents(files):
        pairs += 1
        for language, count in counts.items():
            reading = read(pair[language])
            count.update(set(reading.keys + reading.inner) - {BREAK})
    keys = {k for count in counts.values() for k, n in count.items() if n >= LEAST_DOCUMENTS}
    return {k: max(c[k] for c in counts.values()) / pairs for k in keys}, pairs


def main() -> None:
    """Write the file."""
    general = general_frequencies()
    biomedical, pairs = document_frequencies(sys.argv[1:])
    keys = sorted({k for k, f in general.items() if f >= LEAST_GENERAL} | set(biomedical))
    lines = [f"# key\tgeneral\tbiomedical: -10 log10 of the frequency; {pairs} abstract pairs\n"]
    for key in keys:
        g = round(-10 * math.log10(max(general.get(key, 0.0), GENERAL_FLOOR)))
        b = round(-10 * math.log10(biomedical[key])) if key in biomedical else ""
        lines.append(f"{key}\t{g}\t{b}\n")
    target = Path(__file__).parent.parent / "watcher" / FILE
    with io.BytesIO() as raw:
        with gzip.GzipFile(fileobj=raw, mode="wb", mtime=0) as packed:  # no time stamp: the same input, the same bytes
            packed.write("".join(lines).encode())
        target.write_bytes(raw.getvalue())
    print(f"{len(keys)} keys, {target.stat().st_size} bytes")


if __name__ == "__main__":
    main()
