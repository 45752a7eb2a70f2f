"""An address is judged by what it resolves to: every way that is known of naming other code is refused."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from mlops.errors import ConfigurationError
from mlops.ml.training.user_models import load
from mlops.ml.user_code.origin import Origin

MODULE = """
import builtins
import collections
import functools
import os
import logging as log
from os import system as Run
from pathlib import Path as Place
from pipelines.churn import helpers
from pipelines.churn.helpers import Helped, helped


class Net:
    class Inner: ...

    def method(self): ...

    @staticmethod
    def static(): ...


def made(c=1.0): ...


def maker():
    def inner(): ...
    return inner


@functools.wraps(made)
def wrapped(): ...


class _Hidden: ...


Evaluate = eval
Import = __import__
Opened = builtins.open
Ordered = collections.OrderedDict
Bound = Net().method
BoundClass = type("X", (), {"f": classmethod(lambda cls: cls)}).f
Static = Net.static
Inner = Net.Inner
Closure = maker()
Anonymous = lambda: None
Partial = functools.partial(os.system, "true")
Instance = Net()
Again = Net
Made = type("Other", (Net,), {})
Subclass = type("Subclass", (os._wrap_close,), {"__module__": "os"})
Number = 3
"""
FOREIGN = {
    "os": "`pipelines.churn.model:os` is neither a class nor a function: module",
    "log": "`pipelines.churn.model:log` is neither a class nor a function: module",
    "helpers": "`pipelines.churn.model:helpers` is neither a class nor a function: module",
    "Run": "`pipelines.churn.model:Run` is neither a class nor a function: builtin_function_or_method",
    "Place": "`pipelines.churn.model:Place` is pathlib.Path by another name",
    "Helped": "`pipelines.churn.model:Helped` is pipelines.churn.helpers.Helped by another name",
    "helped": "`pipelines.churn.model:helped` is pipelines.churn.helpers.helped by another name",
    "Evaluate": "`pipelines.churn.model:Evaluate` is neither a class nor a function: builtin_function_or_method",
    "Import": "`pipelines.churn.model:Import` is neither a class nor a function: builtin_function_or_method",
    "Opened": "`pipelines.churn.model:Opened` is neither a class nor a function: builtin_function_or_method",
    "Ordered": "`pipelines.churn.model:Ordered` is collections.OrderedDict by another name",
    "Bound": "`pipelines.churn.model:Bound` is neither a class nor a function: method",
    "BoundClass": "`pipelines.churn.model:BoundClass` is neither a class nor a function: method",
    "Static": "`pipelines.churn.model:Static` is pipelines.churn.model.Net.static by another name",
    "Inner": "`pipelines.churn.model:Inner` is pipelines.churn.model.Net.Inner by another name",
    "Closure": "`pipelines.churn.model:Closure` is pipelines.churn.model.maker.<locals>.inner by another name",
    "Anonymous": "`pipelines.churn.model:Anonymous` is pipelines.churn.model.<lambda> by another name",
    "Partial": "`pipelines.churn.model:Partial` is neither a class nor a function: partial",
    "Instance": "`pipelines.churn.model:Instance` is neither a class nor a function: Net",
    "Again": "`pipelines.churn.model:Again` is pipelines.churn.model.Net by another name",
    "Made": "`pipelines.churn.model:Made` is pipelines.churn.model.Other by another name",
    "Subclass": "`pipelines.churn.model:Subclass` is os.Subclass by another name",
    "wrapped": "`pipelines.churn.model:wrapped` is pipelines.churn.model.made by another name",
    "Number": "`pipelines.churn.model:Number` is neither a class nor a function: int",
    "_Hidden": "`pipelines.churn.model:_Hidden` is a private name",
    "__builtins__": "`pipelines.churn.model:__builtins__` is a private name",
    "__loader__": "`pipelines.churn.model:__loader__` is a private name",
}


@pytest.fixture
def origin(tmp_path: Path) -> Origin:
    folder = tmp_path / "pipelines" / "churn"
    folder.mkdir(parents=True)
    (folder / "model.py").write_text(MODULE, encoding="utf-8")
    (folder / "helpers.py").write_text("class Helped: ...\n\n\ndef helped(): ...\n", encoding="utf-8")
    return Origin(tmp_path, "churn")


@pytest.mark.parametrize("name", ["Net", "made"])
def test_a_class_or_function_that_the_module_defines_is_admitted(origin: Origin, name: str) -> None:
    assert load(f"pipelines.churn.model:{name}", origin).__qualname__ == name


@pytest.mark.parametrize(("name", "message"), FOREIGN.items(), ids=FOREIGN)
def test_other_code_by_a_name_of_the_module_is_refused(origin: Origin, name: str, message: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        load(f"pipelines.churn.model:{name}", origin)
    assert caught.value.message == message


@pytest.mark.parametrize(
    "address",
    [
        *("os:system", "logging.os:system", "collections._sys:exit", "builtins:eval", "torch.hub:load"),
        *("pipelines.churn.model:os.system", "pipelines.churn.model.os:system", "pipelines.churn:model"),
        *(
            "pipelines.other.model:Net",
            "pipelines.churn..model:Net",
            "pipelines.churn.model:Net()",
            "pipelines.churn.model",
        ),
        *(
            "pipelines.churn.model:Net\n",
            " pipelines.churn.model:Net",
            "pipelines.churn.modél:Net",
            "pipelines/churn/model:Net",
        ),
    ],
)
def test_an_address_elsewhere_is_refused(origin: Origin, address: str) -> None:
    with pytest.raises(ConfigurationError):
        load(address, origin)


def test_a_link_out_of_the_folder_is_refused_before_it_is_imported(origin: Origin, tmp_path: Path) -> None:
    outside = tmp_path / "outside.py"
    outside.write_text("import pathlib\npathlib.Path(__file__).with_name('PWNED').touch()\nclass Net: ...\n")
    (tmp_path / "pipelines" / "churn" / "linked.py").symlink_to(outside)
    with pytest.raises(ConfigurationError, match=r"`pipelines\.churn\.linked` is not in pipelines/churn/"):
        load("pipelines.churn.linked:Net", origin)
    assert not (tmp_path / "PWNED").exists()
    assert "pipelines.churn.linked" not in sys.modules
