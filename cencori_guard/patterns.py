"""Regular expressions that are compiled when they are first used: most scans use few, and each takes a millisecond."""

from __future__ import annotations

import re
from typing import AnyStr, cast


class _Lazy:
    def __init__(self, source: str | bytes) -> None:
        self._source = source

    def __getattr__(self, name: str) -> object:
        compiled = re.compile(self._source)
        for method in ("search", "match", "finditer", "findall", "sub", "split", "fullmatch"):
            setattr(self, method, getattr(compiled, method))  # asked for once
        return getattr(compiled, name)


def lazy(source: AnyStr) -> re.Pattern[AnyStr]:
    """The pattern *source*, to be used as any that is compiled."""
    return cast("re.Pattern[AnyStr]", _Lazy(source))
