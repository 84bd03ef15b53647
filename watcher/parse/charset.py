"""Any document's bytes to clean UTF-8, whatever was declared."""

import codecs
import re
from functools import partial

# Longest first: the UTF-32 mark begins with the UTF-16 one.
_MARKS = (
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
# The first "<" or "{" tells the width and order of unmarked wide characters.
_WIDE = (
    (re.compile(rb"[<{]\0\0\0"), "utf-32-le"),
    (re.compile(rb"\0\0\0[<{]"), "utf-32-be"),
    (re.compile(rb"[<{]\0[^\0]\0"), "utf-16-le"),
    (re.compile(rb"\0[<{]\0[^\0]"), "utf-16-be"),
)
_CHARSET = re.compile(r"charset\s*=\s*[\"']?([\w.:-]{1,40})", re.IGNORECASE)
_DECLARED = re.compile(rb"\s*<\?xml[^>]{0,200}?encoding\s*=\s*[\"']([\w.:-]{1,40})[\"']", re.IGNORECASE)
_META = re.compile(rb"<meta[^>]{0,200}?charset\s*=\s*[\"']?([\w.:-]{1,40})", re.IGNORECASE)
_DECLARATION = re.compile(rb"\s*<\?xml\b[^>]{0,1000}>\s*", re.IGNORECASE)

# Codecs that turn text to text or that can be made to work for ever (punycode, unicode_escape) are not for strangers.
_TRUSTED = re.compile(r"(?:iso8859|cp\d|koi8|mac-|big5|gb|euc|shift_jis|johab|tis|kz1048|ptcp|utf-(?:16|32))")
_PAIR = re.compile(rb"[\xc2-\xf4][\x80-\xbf]")
_NOT_UTF8 = re.compile(rb"(?:[\x80-\xc1\xf5-\xff]|[\xc2-\xf4](?![\x80-\xbf]))+")
_ILLEGAL = bytes(c for c in range(0x20) if c not in b"\t\n\r")
_NONCHARACTERS = re.compile(rb"\xef\xbf[\xbe\xbf]")


def to_utf8(document: bytes, content_type: str = "") -> bytes:
    """Re-encode a document as UTF-8 without mark, control bytes or a declaration that says otherwise.

    A byte-order mark wins; then UTF-8 that is valid from end to end, whatever was declared; then the charset of
    `content_type`, of the XML declaration, of an HTML meta. Bytes that fit nothing are read one by one as Windows-1252.
    """
    utf8 = _decode(document, content_type)
    utf8 = _NONCHARACTERS.sub(b"", utf8.translate(None, _ILLEGAL))
    if found := _DECLARATION.match(utf8):
        return b'<?xml version="1.0" encoding="utf-8"?>\n' + utf8[found.end() :]
    return utf8.lstrip()


def _decode(document: bytes, content_type: str) -> bytes:
    for mark, codec in _MARKS:
        if document.startswith(mark):
            document = document[len(mark) :]
            return _mixed(document, "") if codec == "utf-8" else _recode(document, codec)
    for pattern, codec in _WIDE:
        if pattern.match(document):
            return _recode(document, codec)
    codec = declared(document, content_type)
    if codec.startswith(("utf-16", "utf-32")) and b"\0" in document[:1000]:
        return _recode(document, codec)
    return _mixed(document, codec)


def declared(document: bytes, content_type: str) -> str:
    """The codec that the header, the XML declaration or an HTML meta names; empty for none, or for one unknown."""
    labels = [found[1] for found in (_CHARSET.search(content_type),) if found]
    head = document[:2048]
    labels += [found[1].decode("ascii") for found in (_DECLARED.match(head), _META.search(head)) if found]
    for label in labels:
        try:
            name = codecs.lookup(label).name
        except LookupError:
            continue
        if name in ("utf-8", "ascii"):
            return "utf-8"
        if _TRUSTED.match(name):
            return name
    return ""


def _recode(document: bytes, codec: str) -> bytes:
    # A lone surrogate survives no encoder: it leaves as "?".
    return document.decode(codec, "replace").encode("utf-8", "replace")


def _mixed(document: bytes, codec: str) -> bytes:
    """UTF-8 where it is valid, the declared codec or Windows-1252 where it is not (files sewn together from both)."""
    try:
        document.decode("utf-8")
    except UnicodeDecodeError:
        pass
    else:
        return document
    if codec not in ("", "utf-8", "iso8859-1", "cp1252", "iso8859-15"):
        try:
            return document.decode(codec).encode("utf-8", "replace")
        except (UnicodeError, LookupError):
            codec = ""
    single = "iso8859-15" if codec == "iso8859-15" else "cp1252"
    if not _PAIR.search(document):  # not a single UTF-8 letter: the whole file is in the old charset
        return _single(document, single)
    return _sewn(document, single)


def _single(document: bytes, codec: str) -> bytes:
    if codec == "iso8859-15" and not re.search(rb"[\x80-\x9f]", document):
        return document.decode(codec).encode("utf-8")
    # Windows-1252 under every other name, as browsers read it: nobody means the C1 control characters of Latin-1.
    return document.decode("cp1252", "replace").encode("utf-8")


def _sewn(document: bytes, codec: str) -> bytes:
    handler = "watcher-latin9" if codec == "iso8859-15" else "watcher-cp1252"
    return document.decode("utf-8", handler).encode("utf-8")


def _patch(error: UnicodeError, codec: str) -> tuple[str, int]:
    """Read the bytes that are not UTF-8, as many as lie together, in an old charset."""
    if not isinstance(error, UnicodeDecodeError):
        raise error
    run = _NOT_UTF8.match(error.object, error.start)
    end = max(error.end, run.end()) if run else error.end
    return _single(error.object[error.start : end], codec).decode("utf-8"), end


codecs.register_error("watcher-cp1252", partial(_patch, codec="cp1252"))
codecs.register_error("watcher-latin9", partial(_patch, codec="iso8859-15"))
