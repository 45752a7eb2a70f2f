from __future__ import annotations

from pathlib import Path

import pytest
from jinja2 import UndefinedError
from jinja2.exceptions import SecurityError

from mlops.present.html import html


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    templates = tmp_path / tmp_path.name / "templates"  # a package of this test alone: the interpreter keeps them
    templates.mkdir(parents=True)
    (templates.parent / "__init__.py").touch()
    monkeypatch.syspath_prepend(str(tmp_path))
    return templates


def test_a_value_is_text(package: Path) -> None:
    (package / "a.html").write_text("<p>{{ name }}</p>\n")
    assert html(package.parent.name, "a.html", name="<b>{{7*7}}") == "<p>&lt;b&gt;{{7*7}}</p>\n"


@pytest.mark.parametrize(
    ("template", "error"), [("{{ absent }}", UndefinedError), ("{{ items.append(1) }}", SecurityError)]
)
def test_a_template_cannot_guess_or_change_what_it_is_given(
    package: Path, template: str, error: type[Exception]
) -> None:
    (package / "b.html").write_text(template)
    with pytest.raises(error):
        html(package.parent.name, "b.html", items=[])
