"""Foreign bytes as they go wrong: a good example, with odd values put into it, cut, doubled, moved or encoded anew."""

import re
from collections.abc import Callable, Sequence

from hypothesis import strategies as st

VALUE = re.compile(rb'"(?:[^"\\]|\\.)*"|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null|\[\]|\{\}')
ODD_VALUES = (
    b"null", b"true", b"false", b"0", b"-1", b"-0.0", b"1.0", b"1e3", b"1e400", b"-1e400", b"1e-400", b"NaN",
    b"Infinity", b"9" * 30, b"9" * 5000, b"0." + b"3" * 400, b'""', b'" "', b'"\\u0000"', b'"\\ud800"',
    b'"\\udc00x"', b'"\xff\xfe"', b'"\xed\xa0\x80"', b'"NaN"', b'"1.0"', b'"1e5"', b'"-5"', b'"\xd9\xa1\xd9\xa2"',
    b'"0x10"', b'"1_000"', b'"' + b"9" * 400 + b'"', b'"' + b"x" * 20_000 + b'"', b'"a\\nb"', b'"\\u001b[31m"',
    b'"\xe2\x80\xae"', b'"{{ 7 * 7 }}"', b'"../../etc/passwd"', b'"9999-12-31 23:59:59"', b'"0000-00-00 00:00:00"',
    b'"2026-02-30"', b'"0001-01-01T00:00:00+14:00"', b"[]", b"{}", b"[[]]", b"[null]", b'[{"id":[]}]', b'{"":0}',
    b'{"id":{"id":1}}', b'[1,"1",1.0]', b"[" * 3000 + b"]" * 3000, b'{"a":' * 300 + b"0" + b"}" * 300,
)  # fmt: skip
ODD_BYTES = (
    b"", b"\0", b"\xff", b"\xef\xbb\xbf", b"\xff\xfe", b"\x1a", b"\r", b"\n", b"\r\n", b"\x85", b"\xe2\x80\xa8",
    b'"', b"'", b",", b";", b"\t", b"\\", b"{", b"}", b"[", b"]", b"<", b"&", b"]]>", b"<!DOCTYPE a>", b"&#0;",
    b"%00", b"=1+1",
)  # fmt: skip
ENCODINGS = ("utf-16", "utf-16-be", "utf-32", "utf-8-sig", "utf-7", "cp037")

Change = Callable[[bytes], bytes]


@st.composite
def _value_replaced(draw: st.DrawFn) -> Change:
    place, value = draw(st.integers(0, 10_000)), draw(st.sampled_from(ODD_VALUES))

    def change(content: bytes) -> bytes:
        found = list(VALUE.finditer(content))
        if not found:
            return value
        there = found[place % len(found)]
        return content[: there.start()] + value + content[there.end() :]

    return change


@st.composite
def _spliced(draw: st.DrawFn) -> Change:
    """Takes out some bytes and puts in others; nothing, odd bytes, or what is elsewhere in the example."""
    start, gone = draw(st.integers(0, 10_000)), draw(st.sampled_from((0, 0, 1, 2, 7, 40, 10_000)))
    put = draw(st.one_of(st.sampled_from(ODD_BYTES), st.binary(max_size=8), st.integers(0, 10_000)))

    def change(content: bytes) -> bytes:
        at = start % (len(content) + 1)
        other = content[put % (len(content) + 1) :][:60] if isinstance(put, int) else put
        return content[:at] + other + content[at + gone :]

    return change


@st.composite
def _lines_moved(draw: st.DrawFn) -> Change:
    """A line that is doubled, left out, or put elsewhere."""
    one, other, times = draw(st.integers(0, 999)), draw(st.integers(0, 999)), draw(st.integers(0, 2))

    def change(content: bytes) -> bytes:
        lines = content.split(b"\n")
        line = lines.pop(one % len(lines))
        at = other % (len(lines) + 1)
        return b"\n".join([*lines[:at], *[line] * times, *lines[at:]])

    return change


@st.composite
def _encoded(draw: st.DrawFn) -> Change:
    encoding = draw(st.sampled_from(ENCODINGS))
    return lambda content: content.decode("latin-1").encode(encoding, "replace")


CHANGES = st.one_of(*[_value_replaced()] * 3, *[_spliced()] * 2, _lines_moved(), _encoded())


@st.composite
def odd(draw: st.DrawFn, examples: Sequence[bytes]) -> bytes:
    """One of the good examples after one to four changes; now and then bytes that were never anything."""
    if draw(st.integers(0, 30)) == 0:
        return draw(st.binary(max_size=200))
    content = draw(st.sampled_from(examples))
    for change in draw(st.lists(CHANGES, min_size=1, max_size=4)):
        content = change(content)
    return content


@st.composite
def odd_line(draw: st.DrawFn, examples: Sequence[bytes]) -> bytes:
    """The same on one line."""
    return draw(odd(examples)).replace(b"\n", b" ").replace(b"\r", b" ")
