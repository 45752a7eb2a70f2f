"""What of persons a column holds, told by its values and its name; clean tables hold nothing of the sort."""

from __future__ import annotations

import doctest

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlops.ml.data import person_numbers, types
from mlops.ml.data.person_numbers import is_national
from mlops.ml.data.personal import doubt, found

DNI = [f"{number:08d}{'TRWAGMYFPDXBNJZSQVHLCKE'[number % 23]}" for number in range(12_345_678, 12_345_698)]
NIR = [f"{n}{97 - n % 97:02d}" for n in range(1_840_575_116_001, 1_840_575_116_021)]
CORSICA = [f"184052{island}{n:06d}" for island in "AB" for n in range(116_001, 116_011)]
CORSICA = [f"{n}{97 - int(n.replace('2A', '19').replace('2B', '18')) % 97:02d}" for n in CORSICA]
CARDS = [
    "4111 1111 1111 1111",
    "5500005555555559",
    "378282246310005",
    "6011111111111117",
    "30569309025904",
    "5105105105105100",
    "4012888888881881",
]
IBANS = ["DE89 3704 0044 0532 0130 00", "GB29NWBK60161331926819", "FR1420041010050500013M02606", "NL91ABNA0417164300"]


NATIONAL = {
    "Aadhaar": "2341 2341 2346",
    "AHV": "756.9217.0769.85",
    "BSN": "1112.22.333",
    "CNP": "1630615123457",
    "codice fiscale": "RCCMNL83S18D969H",
    "CPF": "390.533.447-05",
    "CURP": "BOXW310820HNERXN09",
    "DNI": "54362315-K",
    "EGN": "752316 926 3",
    "fødselsnummer": "151086 95088",
    "henkilötunnus": "131052-308T",
    "identity number of South Africa": "7503305044089",
    "NHS number": "943-476-5870",
    "NIE": "x-2482300w",
    "NINO": "AB123456C",
    "NIR": "2 95 10 99 126 111 93",
    "personnummer": "880320-0016",
    "PESEL": "44051401359",
    "resident identity card": "360426199101010071",
    "rijksregisternummer": "85.07.30-033 28",
    "social security number": "536-90-4399",
    "Steuer-ID": "36 574 261 809",
    "T.C. kimlik no": "17291716060",
}


@pytest.mark.parametrize("number", NATIONAL.values(), ids=NATIONAL)
def test_a_number_that_a_state_gives_is_told_and_one_with_another_last_digit_is_not(number: str) -> None:
    assert is_national(number)
    last = number[-1]
    wrong = [
        number[:-1] + other
        for other in ("0123456789" if last.isdigit() else "ABCDEFGHJKLMNPQRSTVWXYZ")
        if other != last
    ]
    checked = number not in (NATIONAL["NINO"], NATIONAL["social security number"])  # these two have no check digit
    assert not checked or sum(map(is_national, wrong)) <= 2  # of another state


@given(st.lists(st.integers(0, 10**13), min_size=40, max_size=60, unique=True))
def test_numbers_that_are_just_numbers_are_nobodys(numbers: list[int]) -> None:
    for width in (9, 10, 11, 12, 13):
        texts = [f"{number % 10**width:0{width}d}" for number in numbers]
        assert sum(map(is_national, texts)) < 0.8 * len(texts)


@pytest.mark.parametrize(
    ("name", "values", "what"),
    [
        ("x1", [f"ann{index}@firm.co.uk" for index in range(20)], "e-mail addresses"),
        ("x2", [f"+49 170 {index:07d}" for index in range(20)], "telephone numbers"),
        ("x3", [f"(555) 01{index:02d}-1234" for index in range(20)], "telephone numbers"),
        ("x4", [f"10.0.3.{index}" for index in range(20)], "IP addresses"),
        ("x5", [f"2001:db8::{index:x}" for index in range(20)], "IP addresses"),
        ("x6", IBANS, "accounts"),
        ("x7", CARDS, "accounts"),
        ("x8", [f"123-45-{index:04d}" for index in range(20)], "national numbers"),
        ("x9", DNI, "national numbers"),
        ("x10", NIR, "national numbers"),
        ("x12", CORSICA, "national numbers"),
        ("x13", [f"+1 (555) 010-{index:04d} x{index % 9}" for index in range(20)], "telephone numbers"),
        ("x14", [f"(030) 90{index:04d} Ext. {index}" for index in range(20)], "telephone numbers"),
        ("customer", [f"SMITH, ANN {chr(65 + index)}" for index in range(20)], "names"),
        ("Patient", [f"Eve{chr(97 + index)} Novák" for index in range(20)], "names"),
        ("phone", [f"555{index:07d}" for index in range(20)], "telephone numbers"),
        ("Phone Number", [None, *[f"555{index:07d}" for index in range(20)]], "telephone numbers"),
        ("lastName", [f"Smith{chr(97 + index)}" for index in range(20)], "names"),
        ("owner", [f"Ann{chr(97 + index)} Lee" for index in range(20)], "names"),
        ("Name", [f"Brau{chr(97 + index)}, Mr. Owen Harris" for index in range(20)], "names"),
        ("email", [f"user-{index}" for index in range(20)], "e-mail addresses"),
        ("home_address", [f"{index} High St" for index in range(20)], "street addresses"),
        ("ssn", [f"{123_456_789 + index}" for index in range(20)], "national numbers"),
        ("x11", [*[f"ann{index}@firm.org" for index in range(19)], "none given", None], "e-mail addresses"),
    ],
)
def test_what_names_reaches_or_pays_a_person_is_told(name: str, values: list[str | None], what: str) -> None:
    settled = types.settle(pl.Series(name, values))
    assert found(settled.values, settled.type) == what


@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("phone", ["yes", "no"] * 20),
        ("email", ["1", "0"] * 20),
        ("name", [f"Mazda RX{index}" for index in range(40)]),
        ("customer", [f"C-{index:05d}" for index in range(40)]),
        ("passenger", ["first", "second", "third"] * 20),
        ("product_name", [f"Blue Chair {chr(65 + index % 26)}" for index in range(40)]),
        ("when", [f"2024-01-{index:02d}" for index in range(1, 29)]),
        ("code", [f"{index:010d}" for index in range(40)]),
        ("milliseconds", [str(1_700_000_000_000 + index * 977) for index in range(400)]),
        ("version", [f"1.2.{index}" for index in range(40)]),
        ("price", [f"{index}.50" for index in range(40)]),
        ("income", [str(index * 1_000) for index in range(40)]),
        ("city", ["Bonn", "Rome", "New York"] * 10),
        ("tax", [f"{index}.5" for index in range(40)]),
        ("mobile", ["5", "7", "12"] * 20),
        ("ip", [str(index) for index in range(40)]),
        ("zip", [str(10_000 + index) for index in range(40)]),
    ],
)
def test_what_only_sounds_or_looks_a_little_like_it_is_not(name: str, values: list[str]) -> None:
    settled = types.settle(pl.Series(name, values))
    assert found(settled.values, settled.type) is None


def test_where_and_when_somebody_lives_or_was_born_is_asked_about() -> None:
    assert doubt("zip") == (
        "`zip` may tell where somebody lives: it is learnt from; write `personal: true` in its rule to leave it out"
    )
    for name in ("latitude", "Longitude", "post_code", "dateOfBirth", "birth_date", "dob"):
        assert doubt(name)
    for name in ("birth_weight", "flat", "latency", "zipped", "age", "plate"):
        assert doubt(name) is None


def test_the_examples_of_numbers_hold() -> None:
    assert doctest.testmod(person_numbers).failed == 0
