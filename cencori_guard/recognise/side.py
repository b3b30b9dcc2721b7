"""What a text says of where it runs."""

from __future__ import annotations

from cencori_guard.inlining.pages import scripts
from cencori_guard.models import Side
from cencori_guard.patterns import lazy
from cencori_guard.search.part import Candidate

# Directives and imports stand at the beginning; licences before them can be long.
HEAD = 32_768
# What may stand before the directives: blanks, comments, other directives (ECMA-262, 11.2.1).
_DIRECTIVE = lazy(
    rb"\A(?:\xef\xbb\xbf)?(?:#![^\n]*+\n)?"
    rb"(?:[\s;]++|//[^\n]*+\n|/\*[^*]*+(?:\*(?!/)[^*]*+)*\*/|[\"']use (?!client|server)[\w -]{1,40}[\"'])*"
    rb"(?P<quote>[\"'])use (?P<side>client|server)(?P=quote)"
)
_COMMENT = lazy(rb"/\*[^*]*+(?:\*(?!/)[^*]*+)*\*/|(?m:^[ \t]*+//[^\n]*+)")
_ONLY = lazy(rb"(?m)^[ \t]*+import[ \t]++[\"'](?P<side>client|server)-only[\"']")
_MODULES = (
    rb"node:[\w/]++|fs|fs/promises|http|https|child_process|express|fastify|koa|hono|dotenv|dotenv/config"
    rb"|next/server|next/headers|@nestjs/[\w-]++|@hapi/hapi|@sveltejs/kit/node|h3|@remix-run/node|@vercel/node|aws-lambda"
)
_NODE = lazy(
    rb"(?m)^[ \t]*+(?:import\b(?! type\b)[^\n;]{0,400}?[\"'](?:" + _MODULES + rb")[\"']"
    rb"|\}[ \t]*+from[ \t]*+[\"'](?:" + _MODULES + rb")[\"']"
    rb"|(?:const|let|var)\b[^\n;]{1,200}?\brequire\([\"'](?:" + _MODULES + rb")[\"']\))"
)
_EXPORTS = (
    rb"getServerSideProps|getStaticProps|getStaticPaths|getServerData|loader|action|GET|POST|PUT|PATCH|DELETE|load"
)
_ROUTE = lazy(
    rb"(?m)^[ \t]*+export\s++(?:(?:const|(?:async\s++)?function\*?)\s++(?:" + _EXPORTS + rb")\b"
    rb"|\{[^}]{0,400}?\b(?:" + _EXPORTS + rb")\b)"
)


def side_in(head: bytes) -> Side | None:
    """What a text that begins with *head* says: by its directive, or what it imports and exports; None if nothing."""
    directive = _DIRECTIVE.match(head)
    if directive:
        return Side.CLIENT if directive["side"] == b"client" else Side.SERVER
    bare = _COMMENT.sub(b"", head)
    only = _ONLY.search(bare)
    if only:
        return Side.CLIENT if only["side"] == b"client" else Side.SERVER
    if head.startswith(b"#!") or _NODE.search(bare):
        return Side.NODE
    return Side.ROUTE if _ROUTE.search(bare) else None


def side_at(candidate: Candidate) -> Side | None:
    """What the text around *candidate* says; None too where its beginning is no longer there."""
    begin = candidate.base
    if begin < candidate.begin or candidate.form.wide:
        return None
    if candidate.blob.path.endswith(b".astro"):
        return _side_in_astro(candidate)
    return side_in(bytes(candidate.data[begin : min(candidate.end, begin + HEAD)]))


def _side_in_astro(candidate: Candidate) -> Side | None:
    """In one of Astro's components scripts alone run on the client."""
    text = bytes(candidate.data[candidate.base : min(candidate.end, candidate.base + 4 * HEAD)])
    at = candidate.at - candidate.base
    return Side.CLIENT if any(begin <= at < end for begin, end in scripts(text)) else Side.SERVER
