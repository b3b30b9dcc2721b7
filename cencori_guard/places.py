"""What the names of files and directories say: env files, what ships, what browsers load.

Names come as ``bytes``, as git gives them; functions on *name* take the last part of a path.
"""

from __future__ import annotations

import re

# Directories that are shipped to people, by the names that build tools and servers use.
SHIPPED_DIRECTORIES = frozenset(
    b"dist build public out www static wwwroot htdocs public_html _site storybook-static".split()
)
# What other people wrote, and what tools keep for themselves: never looked for bundles or env files.
DEPENDENCY_DIRECTORIES = frozenset(
    b"node_modules bower_components .git .hg .svn .venv venv .tox .nox __pycache__ site-packages "
    b".mypy_cache .pytest_cache .ruff_cache .gradle Pods .terraform .yarn .pnpm-store".split()
)
_WEB_FILE = rb"(?i)\.(?:html?|css|[cm]?js|wasm)(?:\.map)?(?:\.gz|\.br)?\Z"
_PAGE = rb"(?i)\.html?(?:\.gz|\.br)?\Z"
# Shipped wherever they lie: maps, minified scripts, packaged apps and extensions.
_SHIPPED_FILE = (
    rb"(?i)\.(?:[cm]?js|css)\.map\Z|\.(?:min|bundle|chunk)\.[cm]?js\Z"
    rb"|\.(?:apk|aab|ipa|asar|crx|xpi|dmg|msi|appimage)\Z"
)
_DOCUMENT = rb"(?i)\.(?:md|mdx|markdown|rst|adoc|txt|tex|ipynb|pdf|docx?|odt)\Z"
_ENV_FILE = rb"(?s)(?:.*\.env|\.env\..+|\.envrc|\.dev\.vars(?:\..+)?|\.flaskenv|\.cencorirc)\Z"
_TEMPLATE_WORDS = frozenset(b"example sample template dist defaults default".split())
_MANIFEST = (
    rb"(?:package\.json|deno\.jsonc?|requirements[\w.-]*\.(?:txt|in)|pyproject\.toml|setup\.(?:py|cfg)|Pipfile"
    rb"|environment\.ya?ml|go\.mod|Cargo\.toml|composer\.json|Gemfile|pom\.xml|build\.gradle(?:\.kts)?)\Z"
)


def base_name(path: bytes) -> bytes:
    """The last part of *path*."""
    return path.rpartition(b"/")[2]


def is_env_file(name: bytes) -> bool:
    """Whether *name* is that of a file of environment variables, templates included."""
    return re.match(_ENV_FILE, name) is not None


def is_template(name: bytes) -> bool:
    """Whether an env file of this name is meant to be committed: a template, or the one for tests."""
    return name == b".env.test" or not _TEMPLATE_WORDS.isdisjoint(re.split(rb"[.\-_]", name.lower()))


def is_committed_on_purpose(name: bytes) -> bool:
    """Whether many commit env files of this name: only a real value in one is anything to speak of."""
    return name in (b".envrc", b".flaskenv") or (name.endswith(b".env") and name != b".env")


def is_manifest(name: bytes) -> bool:
    """Whether a file of this name lists what a project depends on."""
    return re.match(_MANIFEST, name) is not None


def is_document(name: bytes) -> bool:
    """Whether *name* is that of prose."""
    return re.search(_DOCUMENT, name) is not None


def is_web_file(name: bytes) -> bool:
    """Whether browsers load files of this name."""
    return re.search(_WEB_FILE, name) is not None


def is_page(name: bytes) -> bool:
    """Whether *name* is that of a page, as built output has one and the output of a compiler has none."""
    return re.search(_PAGE, name) is not None


def is_shipped_file(name: bytes) -> bool:
    """Whether a file of this name is made to be given to people, wherever it lies."""
    return re.search(_SHIPPED_FILE, name) is not None


def shipped_ancestors(path: bytes) -> list[bytes]:
    """The directories above *path* whose names say that they ship, outermost first; none within dependencies."""
    parts = path.split(b"/")[:-1]
    if not DEPENDENCY_DIRECTORIES.isdisjoint(parts):
        return []
    return [b"/".join(parts[: i + 1]) for i, part in enumerate(parts) if part in SHIPPED_DIRECTORIES]
