"""How rare a key is in the language at large and in biomedical writing.

Rarity inside the small stream that watcher sees would make every odd word look telling; measured against both
backgrounds, what is left is what the subject is about. Made by `tools/make_background.py`.
"""

import gzip
from functools import cache
from importlib.resources import files

FILE = "background.tsv.gz"
GENERAL_FLOOR = 2e-8  # the frequency given to a word too rare to be listed
_RAREST = (77, 40)  # the same for a key that is in neither list, in -10 log10


@cache
def _table() -> dict[str, tuple[int, int]]:
    table: dict[str, tuple[int, int]] = {}
    packed = files("watcher").joinpath(FILE).read_bytes()
    for line in gzip.decompress(packed).decode().splitlines()[1:]:
        key, general, biomedical = line.split("\t")
        table[key] = (int(general), int(biomedical) if biomedical else _RAREST[1])
    return table


def rarest() -> tuple[float, float]:
    """The rarity of a key that neither background knows."""
    return _RAREST[0] / 10, _RAREST[1] / 10


def rarity(key: str) -> tuple[float, float]:
    """-log10 of a key's frequency among general words (about 2 to 7.7), and of its share of abstracts (0 to 4)."""
    general, biomedical = _table().get(key, _RAREST)
    return general / 10, biomedical / 10
