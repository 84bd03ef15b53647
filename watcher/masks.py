"""Where people can be reached (e-mail addresses, telephone numbers) taken out of what articles say, before it is kept.

What only looks like it stays to the last byte: identifiers, dates, amounts, web addresses. A number is a telephone's
when it is written as one: two digits at a time as in France, behind `+` or `00` and a country, or behind "Tél. :".
"""

import re
from dataclasses import replace
from hashlib import blake2b

from watcher.articles import Article

MASK = "[…]"

# A text in which this finds nothing holds nothing to mask; most articles stop here. Every alternative begins with one
# character and no other, which makes the search three times faster.
_HINT = re.compile(
    r"@|＠|\+\s?[1-9]|0[1-9][\s.\-/]{0,3}\d\d[\s.\-/]{0,3}\d\d|00\s?[1-9]|33\s?\(|\((?:[\d+]|\s?[aA])|\[\s?[aA]|\{\s?[aA]"
    r"|:\s?[+(]?\d[\d\s.()/\-]{6}|\.\s?[+(]?\d[\d\s.()/\-]{6}"
)

# Left alone, but for an e-mail address that a web address has as a parameter.
_SHIELDED = re.compile(r"(https?://[^\s<>\"'«»,;|]++|\b10\.\d{4,9}/[^\s\"'<>«»|]++)")
_PARAMETER = re.compile(r"(?<==)[\w.+-]++(?:@|%40)(?:[\w-]{1,63}+\.){1,8}[a-zA-Z]{2,24}(?![\w-])")

_AT = r"(?:[@＠]|\s[@＠]\s|\s?[(\[{]\s?(?:at|@|arobase|arob)\s?[)\]}]\s?)"
_DOT = r"(?:\.|\s?[(\[{]\s?(?:dot|point|\.)\s?[)\]}]\s?)"
_LOCAL = rf"(?:(?<![\w+-])[\w+-]++(?:{_DOT}[\w+-]++){{0,8}}+|\"[^\"@\n]{{1,64}}+\"|\{{[^{{}}@\n]{{1,200}}+\}})"
_NAME = r"[^\W_]++(?:-++[^\W_]++)*+"
_MAIL = re.compile(rf"(?:mailto:)?{_LOCAL}{_AT}(?P<host>{_NAME}(?:{_DOT}{_NAME}){{1,8}}+)", re.IGNORECASE)
_LABEL = re.compile(rf"(?:{_DOT}|^)({_NAME})", re.IGNORECASE)
_LAST = re.compile(r"[a-z]{2,24}|[A-Z]{2,24}|xn--[\w-]+|[^\W\d_a-zA-Z]{2,}")  # "fr"; not the "Les" of a next sentence

_S = "[ \u00a0\u2009\u202f]"
_PAIRS = (
    rf"[1-9](?:(?:{_S}?\d\d){{4}}|(?:{_S}?\.{_S}?\d\d){{4}}|(?:{_S}?-{_S}?\d\d){{4}}|(?:{_S}?/{_S}?\d\d){{4}})(?!\d)"
)
_FRENCH = (
    rf"(?:(?:(?:\+|(?<!\d)00){_S}?33\)?|\(\+?33\)|33(?={_S}?\(0\)))(?:{_S}|[.\-/])?(?:\(0\){_S}?|0{_S}?)?"
    rf"|\(0\){_S}?|(?<![\w.,+-])0){_PAIRS}"
)
_MORE = rf"(?:(?:{_S}?[.\-/]{_S}?|{_S})?(?:\(\d{{1,4}}\)|\d++)){{0,10}}+"
_ABROAD = rf"(?:\(\+{_S}?[1-9]\d{{0,2}}\)|(?<![\w\])+])\+{_S}?[1-9]\d*+|(?<![\w.,+-])00{_S}?[1-9]\d*+){_MORE}"
_CALLED = (
    rf"\b(?:(?:t[ée]l\.?|t[ée]l[ée]phone|phone|portable|mobile|fax|t[ée]l[ée]copie){_S}?:|t[ée]l\.|fax\.)"
    rf"{_S}?(?={_S}?[+(\d])"
)
_PHONE = re.compile(
    rf"(?P<called>{_CALLED})(?:{_FRENCH}|(?P<told>(?:\(\+?{_S}?\d{{1,4}}\)|\+?{_S}?\d*+){_MORE}))"
    rf"|{_FRENCH}|(?P<abroad>{_ABROAD})",
    re.IGNORECASE,
)
_DIGITS = range(8, 16)  # of a number with its country: E.164
_AMOUNT = re.compile(rf"\(?\+?{_S}?\d{{1,3}}(?:(?:{_S}\d{{3}})+|(?:\.\d{{3}})+)")  # in thousands
_UNIT = re.compile(rf"{_S}?(?:[%‰€$£]|[kmµμn]?[gLl]\b|[kcmµμn]?m\b)|[.,]\d")
_DATE = re.compile(r"\d{1,2}[./-]\d{1,2}[./-]\d{4}|(?:19|20)\d\d[-/](?:(?:19|20)\d\d|\d\d?[-/]\d\d?)")


def masked(prose: str) -> str:
    """A text with e-mail addresses and telephone numbers made `[…]`; itself where there are none."""
    if not _HINT.search(prose):
        return prose
    parts = _SHIELDED.split(prose)  # every second one is shielded
    parts[::2] = (_PHONE.sub(_without_number, _MAIL.sub(_without_address, part)) for part in parts[::2])
    parts[1::2] = (_PARAMETER.sub(MASK, part) for part in parts[1::2])
    return "".join(parts)


def masked_article(article: Article) -> Article:
    """An article whose words, and the names of whose authors, tell nobody's e-mail address or telephone number."""
    title, summary, body = masked(article.title), masked(article.summary), masked(article.body)
    journal = masked(article.journal)
    authors = article.authors
    if any(_HINT.search(name) for name in authors):
        authors = tuple(name for name in map(_name, authors) if name)
    before = (article.title, article.summary, article.body, article.journal, article.authors)
    if (title, summary, body, journal, authors) == before:
        return article
    return replace(article, title=title, summary=summary, body=body, journal=journal, authors=authors)


def masked_guid(guid: str) -> str:
    """A source's own name for an item, with a digest in the place of each e-mail address: it must stay a name."""
    if "@" not in guid or guid.startswith("http"):
        return guid
    return _MAIL.sub(_digest, guid)


def _digest(found: re.Match[str]) -> str:
    if _without_address(found) == found[0]:
        return found[0]
    return blake2b(found[0].lower().encode("utf-8", "replace"), digest_size=8).hexdigest()


def _name(author: str) -> str:
    """`marie@chu.example (Marie Dupont)` is Marie Dupont."""
    name = masked(author)
    return name if name == author else " ".join(name.replace(MASK, " ").split()).strip(" ()<>[],;:")


def _without_address(found: re.Match[str]) -> str:
    """The address ends with the last label that can end one; what follows it is the next sentence."""
    end, labels = 0, 0
    for place, label in enumerate(_LABEL.finditer(found["host"])):
        if place and _LAST.fullmatch(label[1]):
            end, labels = label.end(), place
    return MASK + found["host"][end:] if labels else found[0]


def _without_number(found: re.Match[str]) -> str:
    number = found["told"] or found["abroad"]
    if not number:  # written as in France
        measured = not found["called"] and _UNIT.match(found.string, found.end())
        return found[0] if measured else (found["called"] or "") + MASK
    kept = _at_most(number)
    rest = number[len(kept) :]
    before = found["called"] or ""
    follows = _UNIT.match(found.string, found.end()) and not rest
    right = _is_told(kept) if found["called"] else _is_number(kept) and not follows
    return before + MASK + rest if right else found[0]


def _at_most(number: str) -> str:
    """As many of its groups as a number may have digits; what stands behind them is something else."""
    count = end = 0
    for group in re.finditer(r"\d+", number):
        count += len(group[0])
        if count >= _DIGITS.stop:
            break
        end = group.end()
    return number[: end + number.startswith(")", end)]


def _is_told(number: str) -> bool:
    """Whether what is called a number may be one."""
    return sum(map(str.isdigit, number)) in _DIGITS and not _DATE.fullmatch(number)


def _is_number(number: str) -> bool:
    """Whether what stands behind `+` or `00` is written as telephone numbers are, and not as amounts and measures."""
    digits = sum(map(str.isdigit, number))
    if digits not in _DIGITS:
        return False
    if number.startswith("00") and (digits < 11 or (number.isdigit() and digits != 13)):
        return False
    if _AMOUNT.fullmatch(number):
        return digits > 10
    if re.fullmatch(rf"\+{_S}?\d+", number):
        return digits > 8
    points = number.count(".")
    return not points or (points > 1 and not re.search(rf"\d{_S}\d.*\d{_S}\d", number))
