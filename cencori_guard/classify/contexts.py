"""What kind of place a path is."""

from __future__ import annotations

from collections.abc import Callable

from cencori_guard.models import Blob, Context
from cencori_guard.places import base_name, is_document, is_env_file, is_shipped_file, shipped_ancestors

# Whether a directory, relative to the root of the scan, holds what browsers load.
HoldsWebFiles = Callable[[bytes], bool]


def context_of(blob: Blob, holds_web_files: HoldsWebFiles) -> Context:
    """The context of *blob*: the most specific that fits."""
    if blob.metadata:
        return Context.GIT_METADATA
    path, name = blob.path, base_name(blob.path)
    if is_shipped_file(name) or any(map(holds_web_files, shipped_ancestors(path))):
        return Context.CLIENT_BUNDLE
    if is_env_file(name):
        return Context.ENV_FILE
    if is_document(name):
        return Context.DOCUMENT
    return Context.SOURCE
