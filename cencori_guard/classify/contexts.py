"""What kind of place a path is."""

from __future__ import annotations

from cencori_guard.frameworks.layout import Layout
from cencori_guard.keys import Key, Kind
from cencori_guard.models import Blob, Context, Side
from cencori_guard.places import base_name, is_document, is_env_file


def context_of(blob: Blob, layout: Layout, key: Key, said: Side | None = None) -> Context:
    """The context of *key* in *blob*: the most specific that fits.  *said*: what the text says of where it runs."""
    if blob.metadata:
        return Context.GIT_METADATA
    path, name = blob.path, base_name(blob.path)
    if layout.ships(path):
        return Context.CLIENT_BUNDLE
    if is_env_file(name):
        return Context.ENV_FILE
    if is_document(name):
        return Context.DOCUMENT
    if key.kind is not Kind.PUBLISHABLE and layout.side(path, said) is Side.CLIENT:
        return Context.CLIENT_SOURCE
    return Context.SOURCE
