"""PDF documents for tests, written by hand: one font, one line below the other."""

import io
from collections.abc import Sequence

# Two codes of the font that WinAnsi has no letter for are the ligatures that typesetters print.
_LIGATURES = {"ﬁ": "\\001", "ﬂ": "\\002"}


def pdf(*pages: Sequence[str], title: str = "") -> bytes:
    """A PDF of one page for each list of lines; what `title` says stands in its metadata."""
    objects = [b"<< /Type /Catalog /Pages 2 0 R >>", b"", _FONT]
    kids = []
    for lines in pages:
        stream = _page(lines)
        objects.append(b"<< /Length %d >>\nstream\n%s\nendstream" % (len(stream), stream))
        kids.append(len(objects) + 1)
        objects.append(
            b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents %d 0 R"
            b" /Resources << /Font << /F1 3 0 R >> >> >>" % len(objects)
        )
    listed = b" ".join(b"%d 0 R" % kid for kid in kids)
    objects[1] = b"<< /Type /Pages /Count %d /Kids [%s] >>" % (len(kids), listed)
    objects.append(b"<< /Title <%s> >>" % ("\ufeff" + title).encode("utf-16-be").hex().encode())
    return _written(objects, info=len(objects) if title else 0)


_FONT = (
    b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica"
    b" /Encoding << /Type /Encoding /BaseEncoding /WinAnsiEncoding /Differences [1 /fi /fl] >> >>"
)


def _page(lines: Sequence[str]) -> bytes:
    shown = [f"({_escaped(line)}) Tj T*" for line in lines]
    return "\n".join(["BT /F1 11 Tf 13 TL 50 800 Td", *shown, "ET"]).encode("cp1252")


def _escaped(line: str) -> str:
    for character in "\\()":
        line = line.replace(character, f"\\{character}")
    for ligature, code in _LIGATURES.items():
        line = line.replace(ligature, code)
    return line


def _written(objects: list[bytes], *, info: int) -> bytes:
    out = b"%PDF-1.5\n"
    places = []
    for number, content in enumerate(objects, 1):
        places.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (number, content)
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    stated = b" /Info %d 0 R" % info if info else b""
    trailer = b"trailer\n<< /Size %d /Root 1 0 R%s >>\n" % (len(objects) + 1, stated)
    head = b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
    return out + head + table + trailer + b"startxref\n%d\n%%%%EOF\n" % len(out)


def locked(document: bytes, *, password: str) -> bytes:
    """The same PDF, encrypted; with an empty password it opens for everybody and only forbids changes."""
    from pypdf import PdfReader, PdfWriter

    writer = PdfWriter(clone_from=PdfReader(io.BytesIO(document)))
    writer.encrypt(password, owner_password="the owner's", algorithm="RC4-128")
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()
