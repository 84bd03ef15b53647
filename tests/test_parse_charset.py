"""Whatever the bytes and the labels, readable UTF-8 comes out."""

import codecs

import pytest
from hypothesis import given
from hypothesis import strategies as st

from watcher.parse.charset import to_utf8

TEXT = "L’étude d’été : cœur, 12 € et naïveté"


def document(declared: str, text: str = TEXT) -> str:
    label = f' encoding="{declared}"' if declared else ""
    return f'<?xml version="1.0"{label}?>\n<a>{text}</a>'


@pytest.mark.parametrize(
    ("written", "declared", "header"),
    [
        ("utf-8", "utf-8", ""),
        ("utf-8", "iso-8859-1", "text/xml; charset=ISO-8859-1"),  # valid UTF-8 wins over what is said
        ("utf-8", "utf8", "text/xml; charset=us-ascii"),
        ("utf-8", "", ""),
        ("cp1252", "utf-8", "application/rss+xml; charset=utf-8"),
        ("cp1252", "iso-8859-1", ""),  # a browser reads Latin-1 as Windows-1252
        ("cp1252", "windows-1252", ""),
        ("cp1252", "", ""),
        ("cp1252", "x-no-such-charset", "text/xml; charset=klingon"),
        ("utf-16", "utf-16", ""),
        ("utf-16-le", "utf-16", ""),
        ("utf-16-be", "", ""),
        ("utf-32", "utf-32", ""),
        ("utf-8-sig", "iso-8859-1", ""),
    ],
)
def test_french_survives_right_wrong_and_missing_labels(written: str, declared: str, header: str) -> None:
    utf8 = to_utf8(document(declared).encode(written), header).decode("utf-8")

    assert utf8 == f'<?xml version="1.0" encoding="utf-8"?>\n<a>{TEXT}</a>'


def test_latin_9_keeps_its_euro_and_its_oe() -> None:
    assert "cœur à 12 €" in to_utf8(document("iso-8859-15", "cœur à 12 €").encode("iso-8859-15")).decode()


def test_other_old_charsets_are_believed_from_the_header_before_the_declaration() -> None:
    raw = document("iso-8859-1", "Łódź").encode("cp1250")

    assert "Łódź" in to_utf8(raw, "text/xml; charset=windows-1250").decode()


def test_a_file_sewn_together_from_two_charsets_reads_well_in_both() -> None:
    raw = b"<a>" + "été en UTF-8, ".encode() + "été en latin-1 – fin".encode("cp1252") + b"</a>"

    assert to_utf8(raw).decode() == "<a>été en UTF-8, été en latin-1 – fin</a>"


def test_bytes_that_mean_nothing_anywhere_become_replacement_characters() -> None:
    assert to_utf8(b"<a>\x81 \xc3\xa9</a>").decode() == "<a>\N{REPLACEMENT CHARACTER} é</a>"


def test_bytes_that_xml_forbids_are_removed() -> None:
    assert to_utf8(b"<a>x\x00y\x1b[31mz\x07\xef\xbf\xbf\tw</a>") == b"<a>xy[31mz\tw</a>"


def test_leading_blank_lines_go_wherever_the_declaration_is() -> None:
    assert (
        to_utf8(b"\n\n <?xml version='1.0'?>" + b"\n" * 50 + b"<a/>") == b'<?xml version="1.0" encoding="utf-8"?>\n<a/>'
    )
    assert to_utf8(b"\r\n\t {}") == b"{}"


@pytest.mark.parametrize("label", ["rot13", "punycode", "idna", "unicode_escape", "hex", "undefined", "utf-7"])
def test_codecs_that_are_no_charsets_are_not_obeyed(label: str) -> None:
    assert "été" in to_utf8(document(label, "été").encode("cp1252")).decode()


def test_ten_megabytes_of_old_letters_are_read_at_once() -> None:
    assert len(to_utf8("é".encode("cp1252") * 5_000_000 + "é".encode())) == 10_000_002


@given(
    st.binary(max_size=300),
    st.sampled_from([b"", *(getattr(codecs, m) for m in ("BOM_UTF8", "BOM_UTF16", "BOM_UTF32"))]),
    st.text(max_size=40),
)
def test_any_bytes_become_valid_utf8(raw: bytes, mark: bytes, header: str) -> None:
    to_utf8(mark + raw, header).decode("utf-8")
