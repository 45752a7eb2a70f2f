"""Numbers read where they stand in a text, all at once by NumPy: none becomes an object of Python's.

Eight bytes of a word are eight digits, which three products add up. That is exact: a whole number below 2**53 and a
power of ten up to 22 are doubles, and IEEE 754 rounds their quotient once, as it rounds what a JSON reader makes of the
digits. What is spelt otherwise, by an exponent or by more digits, is for somebody else to read.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Positions = NDArray[np.int64]
    Words = NDArray[np.uint64]

BEFORE, AFTER = 32, 8
"""Bytes that a text has at least before its first value and after its last."""
SELDOM = 4
"""Of so many values, one may be read by somebody else: beyond that, another way is quicker."""
_LONG = 16  # bytes: numbers of more are read by somebody else
_EXACT = 2**53
_TENS = 10.0 ** np.arange(_LONG)
_POWERS = 10 ** np.arange(9, dtype=np.uint64)
_AT_ONCE = 8_192  # values: what is made of so many on the way stays in the processor's cache


class TooUnusual(Exception):
    """Too many numbers are for somebody else to read."""


def _eight(byte: int) -> np.uint64:
    return np.uint64(int.from_bytes(bytes([byte]) * 8, "little"))


_ZEROS, _POINTS, _LOW, _HIGH = _eight(ord("0")), _eight(0x10), _eight(0x76), _eight(0x80)
_POINT, _NIBBLE, _BYTE, _ONE = (np.uint64(number) for number in (ord(".") ^ ord("0"), 15, 255, 1))
_PLACE = np.uint64(0x0706050403020100)  # times 1 << 8 k: its highest byte is 7 - k
_PAIRS, _FOURS, _EIGHTS = (np.uint64(number) for number in (10 << 8 | 1, 100 << 16 | 1, 10_000 << 32 | 1))
_OF_PAIRS, _OF_FOURS = np.uint64(0x00FF00FF00FF00FF), np.uint64(0x0000FFFF0000FFFF)
_SEVEN, _NOUGHT = np.uint64(56), np.uint8(ord("0"))
_LAST = np.array([((1 << 8 * n) - 1) << (64 - 8 * n) for n in range(9)], dtype=np.uint64)


def load(words: Words, ends: Positions) -> Words:
    """Give the eight bytes before each of some positions, the last of them highest."""
    at = ends >> 3
    beyond = ((ends & 7) << 3).view(np.uint64)
    found = words.take(at, mode="clip")
    found <<= np.uint64(64) - beyond  # by 64, which NumPy says is 0, where none is of this word
    at -= 1
    before = words.take(at, mode="clip")
    before >>= beyond
    found |= before
    return found


def masked(words: Words, length: Positions) -> Words:
    """Leave so many of the last bytes of each word, and zero in place of the others."""
    words &= _LAST.take(length, mode="clip")
    return words


def spelt_numbers(
    words: Words, starts: Positions, ends: Positions
) -> tuple[NDArray[np.float64], NDArray[np.bool_], NDArray[np.bool_]]:
    """Read numbers; say of each whether it has a point, and whether it is to be read by somebody else.

    >>> text = bytes(BEFORE) + b"-1.25,1e3,07" + bytes(AFTER + 4)
    >>> spelt_numbers(np.frombuffer(text, np.uint64), np.array([32, 38, 42]), np.array([37, 41, 44]))[0][0]
    np.float64(-1.25)
    """
    values, pointed, odd = np.empty(len(starts)), np.empty(len(starts), np.bool_), np.empty(len(starts), np.bool_)
    for since in range(0, len(starts), _AT_ONCE):
        some = slice(since, since + _AT_ONCE)
        _read(words, starts[some], ends[some], values[some], pointed[some], odd[some])
    return values, pointed, odd


def _read(
    words: Words,
    starts: Positions,
    ends: Positions,
    values: NDArray[np.float64],
    pointed: NDArray[np.bool_],
    odd: NDArray[np.bool_],
) -> None:
    data = words.view(np.uint8)
    first = data.take(starts, mode="clip")
    length = ends - starts
    negative = np.flatnonzero(first == ord("-"))
    if len(negative):
        length[negative] -= 1
        first[negative] = data.take(starts[negative] + 1, mode="clip")
    np.greater_equal((length - 1).view(np.uint64), _LONG, out=odd)  # or shorter than one byte
    if np.count_nonzero(odd) * SELDOM > len(odd) + SELDOM:
        raise TooUnusual
    number, point, bad = _digits_before(words, ends, length)
    fraction = point * _PLACE
    fraction >>= _SEVEN
    bad |= point >> _SEVEN  # no digit after the point
    np.not_equal(point, 0, out=pointed)
    odd |= bad != 0
    first -= _NOUGHT
    odd |= first > 9
    if len(zero := np.flatnonzero(first == 0)):
        second = data.take(ends[zero] - length[zero] + 1, mode="clip")
        odd[zero] |= (length[zero] != 1) & (second != ord("."))
    if len(long := np.flatnonzero(length > 8)):
        more, before, worse = _digits_before(words, ends[long] - 8, length[long] - 8)
        more *= _POWERS.take(8 - pointed[long])
        number[long] += more
        earlier = before != 0
        odd[long] |= (worse != 0) | (earlier & pointed[long]) | (number[long] > _EXACT)
        fraction[long] += earlier * (np.uint64(8) + ((before * _PLACE) >> _SEVEN))
        pointed[long] |= earlier
    pointed &= ~odd  # which somebody else will know
    np.divide(number.view(np.int64), _TENS.take(fraction.view(np.int64), mode="clip"), out=values)
    if len(negative):
        odd[negative] |= values[negative] == 0  # -0 is whole, and -0.0 is not
        values[negative] *= -1


def _digits_before(words: Words, ends: Positions, length: Positions) -> tuple[Words, Words, Words]:
    """Add up so many digits before each position, at most eight."""
    found = load(words, ends)
    found ^= _ZEROS
    return _digits(masked(found, length))


def _digits(words: Words) -> tuple[Words, Words, Words]:
    """Add up digits, of which each byte is one, xor `0`, or a point; words are written over.

    Gives the number without its point, 1 in the byte of the point, and what is not zero where a byte is another.
    """
    point = words & _POINTS
    point >>= np.uint64(4)
    words ^= point * _POINT  # now zero, where it was a point
    bad = words + _LOW
    bad |= words
    bad &= _HIGH  # beyond 9
    other = point * _NIBBLE
    other &= words
    bad |= other
    np.maximum(point, _ONE, out=other)
    other -= _ONE  # the bytes before the point
    bad |= point & other  # a second point
    other &= words
    other *= _BYTE
    words += other  # they move up by one
    words *= _PAIRS
    words >>= np.uint64(8)
    words &= _OF_PAIRS
    words *= _FOURS
    words >>= np.uint64(16)
    words &= _OF_FOURS
    words *= _EIGHTS
    words >>= np.uint64(32)
    return words, point, bad
