"""How `make docs` makes pages of this folder: MyST for Markdown, Furo for looks, the verbs from their own help."""

from __future__ import annotations

from pathlib import Path

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
html_theme_options = {"navigation_with_keys": True}

ROOT = Path(__file__).resolve().parent.parent
