"""Words out of prose: cleaning, folding, words, language of a passage."""

import re
import unicodedata

# Control, format (bidi overrides, zero widths, tags, soft hyphens), surrogate, private and unassigned characters:
# none of them is text, several of them rewrite a terminal or hide a word.
_UNPRINTABLE = ("Cc", "Cf", "Cs", "Co", "Cn")
_COMBINING = "\u0300-\u036f\u0483-\u0489\u1dc0-\u1dff\u20d0-\u20ff\ufe00-\ufe0f"
_PILED_MARKS = re.compile(f"([{_COMBINING}]{{3}})[{_COMBINING}]+")
_ORDINARY = re.compile("[ -~\u00a0-\u00ac\u00ae-\u017f\u2010-\u2027\u2030-\u203a\u20ac]*")

_SHOUT = re.compile(r"[A-ZÀ-Ý]{6}|[A-ZÀ-Ý]{4}.{16}", re.DOTALL)  # longer than acronyms are
_WORD = re.compile(r"[^\W_]+(?:[-\u2010\u2011][^\W_]+)*|[.;:!?()\[\]«»\"“”]|,(?!\d)")
_LIGATURES = str.maketrans({"œ": "oe", "æ": "ae", "ß": "ss", "ø": "o", "ł": "l", "đ": "d", "ı": "i"})
_GREEK = str.maketrans(dict(zip("αβγδεζηθικλμνξοπρστυφχψως", "abgdezhqiklmnxoprstufcyws", strict=True)))

_FRENCH = frozenset(
    """a ai ainsi alors apres au aucun aucune aujourd aussi autre autres aux avaient avait avant avec avoir beaucoup
    bien c ca car ce ceci cela celle celles celui cependant ces cet cette ceux chaque chez ci comme comment contre d
    dans de
    deja depuis des desormais deux dont donc du elle elles en encore enfin entre environ est et etaient etait etant ete
    etre eu eux faire fait fois font grace hui il ils j jamais jusqu jusque l la laquelle le lequel les lesquelles
    lesquels leur leurs lors lorsqu lorsque lui m ma mais malgre me meme memes mes moins mon n ne neanmoins ni non nos
    notamment notre nous on ont ou outre par parce parfois parmi pas pendant peu peut peuvent plus plusieurs plutot pour
    pourquoi pourrait pourraient pres presque puis puisque qu quand que quel quelle quelles quelqu quelque quelques
    quels qui quoi rien s sa sans se selon sera seraient serait seront ses si sinon soit sont sous souvent sur surtout
    t ta tandis tant tel telle telles tels tes toi ton toujours tous tout toute toutefois toutes tres trop tu un une
    vers via voici voila vos votre vous y autant dès afin doit doivent peut-etre celles-ci celui-ci ceux-ci toutefois
    elle-meme lui-meme fut furent avons avez etes sommes aura auront ayant soient celles quant desquels desquelles
    auquel auxquels duquel devront devra devrait devraient pourra pourront diront dira dirait viendra viendrait
    devient deviennent devenir sert servent va vont aller venir vient viennent fera feront ferait""".split()
)
_ENGLISH = frozenset(
    """a about above after again against all also although am among an and any are as at be because been before being
    below between both but by can cannot could did do does doing down during each either et few for from further had
    has have having he her here hers him his how however i if in into is it its itself just may me might more most
    much must my neither no nor not now of off often on once only or other others our ours out over own per rather s
    same several shall she should since so some such t than that the their theirs them then there therefore these they
    this those through thus to too toward towards under until up upon us very via was we were what when where whereas
    whether which while who whom whose why will with within without would yet you your yours""".split()
)
_UNITS = frozenset("mg kg ml cl dl mm cm km ng".split())
STOP_WORDS = frozenset(_FRENCH | _ENGLISH | _UNITS)


def clean(prose: str) -> str:
    """Make any string fit to be kept and shown: NFC, no control or hidden characters, single spaces, one line."""
    prose = " ".join(prose.split())
    if not _ORDINARY.fullmatch(prose) and not _is_clean(prose):
        prose = "".join(c if unicodedata.category(c) not in _UNPRINTABLE else " " if c.isspace() else "" for c in prose)
        prose = unicodedata.normalize("NFC", prose)
        while (fewer := unicodedata.normalize("NFC", _PILED_MARKS.sub(r"\1", prose))) != prose:
            prose = fewer  # a mark that is gone may have kept two others apart
        prose = " ".join(prose.split())
    return prose


def _is_clean(prose: str) -> bool:
    return prose.isprintable() and unicodedata.is_normalized("NFC", prose) and not _PILED_MARKS.search(prose)


def fold(prose: str) -> str:
    """Lower case without accents, ligatures opened: what two spellings of one word have in common."""
    return prose.lower() if prose.isascii() else prose.translate(_FOLDED)


class _Folding(dict[int, str]):
    """What each character becomes, worked out when it is first met; none depends on its neighbours."""

    def __missing__(self, code: int) -> str:
        apart = unicodedata.normalize("NFKD", chr(code)).casefold().translate(_LIGATURES)  # apart first: "ǽ", "™"
        self[code] = folded = "".join(c for c in apart if not unicodedata.combining(c))
        return folded


_FOLDED = _Folding()


def words(prose: str) -> list[str]:
    """Split prose into words as written and marks of punctuation, in order.

    Elided words come apart (`l'étude` -> `l`, `étude`), hyphenated ones stay whole. A passage in capitals (a kicker, a
    shouted title) is lowered, all but lone letters, so that its words are not taken for symbols.
    """
    found: list[str] = _WORD.findall(prose)
    if _SHOUT.search(prose) and any(len(word) >= _SHOUTED and word.isupper() for word in found) and _is_shouted(prose):
        return [word if len(word) == 1 else word.lower() for word in found]  # "LYMPHOCYTES T": a letter that tells
    return found


_SHOUTED = 4  # letters


def _is_shouted(prose: str) -> bool:
    """Whether most letters of a passage are capitals; that some follow each other, `_SHOUT` has told before."""
    return sum(map(str.isupper, prose)) > 0.6 * sum(map(str.isalpha, prose))


def language(prose: str) -> str:
    """Tell French from English by the small words of a passage; "" when they do not tell."""
    french = english = 0
    for word in _WORD.findall(fold(prose)):
        french += word in _FRENCH and word not in _ENGLISH
        english += word in _ENGLISH and word not in _FRENCH
    if french + english < 2 or max(french, english) < 2 * min(french, english):
        return ""
    return "fr" if french > english else "en"


def latin(word: str) -> str:
    """Write Greek letters as Latin ones, as gene names are typed (`NF-κB` -> `NF-kB`)."""
    return word if word.isascii() else word.translate(_GREEK)
