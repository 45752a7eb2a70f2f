"""How `make docs` makes pages of this folder: MyST for Markdown, Furo for looks, the verbs from their own help."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from mlops import __version__

project = "MLOps by pull request"
author = "its founders"
version = release = __version__

extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx_click", "sphinx_copybutton"]
exclude_patterns = ["conf.py"]
nitpicky = False

myst_enable_extensions = ["colon_fence", "deflist"]
myst_heading_anchors = 3  # a heading is a place to link to, spelt as on GitHub
suppress_warnings = ["misc.highlighting_failure"]  # YAML with `{`…`}` of GitHub's, shell with its answers

autodoc_member_order = "bysource"
autodoc_typehints = "description"

html_theme = "furo"
html_title = f"MLOps by pull request {__version__}"
html_static_path = ["_static"]
html_css_files = ["phone.css"]
html_copy_source = False
html_show_sphinx = False
html_show_copyright = False  # the licence is in the repository; without a year it said nothing
html_theme_options = {"navigation_with_keys": True}

ROOT = Path(__file__).resolve().parent.parent


def setup(app: Any) -> None:
    """Have every page's contents corrected, after Furo has made them."""
    app.connect("html-page-context", _levels, priority=900)


def _levels(_: Any, __: str, ___: str, context: dict[str, Any], ____: Any) -> None:
    """Say of which level the captions of the contents are, which Sphinx makes headings without one.

    A block of code is scrolled by keys too, where it is wider than a phone.
    """
    for part in {"furo_navigation_tree", "body"} & context.keys():
        context[part] = context[part].replace('role="heading">', 'role="heading" aria-level="2">')
    if "body" in context:
        context["body"] = context["body"].replace("<pre>", '<pre tabindex="0">')
