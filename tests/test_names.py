"""How other people's files speak of Cencori: packages, imports, environment variables and their values."""

from __future__ import annotations

import pytest

from cencori_guard.models import Use
from cencori_guard.names import WORDS, is_real, use_in
from tests.mint import key, opaque

DEPENDENCY, IMPORT, NAME = (Use.DEPENDENCY, False), (Use.IMPORT, False), (Use.NAME, False)
REAL = (Use.NAME, True)

LINES = [
    # Manifests.
    ('    "cencori": "^1.4.2",', DEPENDENCY),
    ("'cencori': '*'", DEPENDENCY),
    ('    "@cencori/react": "workspace:*",', DEPENDENCY),
    ('"cencori-ai-sdk-provider": "1.0.0"', DEPENDENCY),
    ("cencori", DEPENDENCY),
    ("cencori==1.2.0", DEPENDENCY),
    ("cencori>=1,<2  # the gateway", DEPENDENCY),
    ("cencori ~= 1.2", DEPENDENCY),
    ("cencori[async]>=1", DEPENDENCY),
    ('cencori = "^1.2"', DEPENDENCY),
    ('  "cencori>=1.2",', DEPENDENCY),
    ("  'cencori',", DEPENDENCY),
    ("cencori; python_version > '3.8'", DEPENDENCY),
    ("require github.com/cencori/cencori-go v1.2.3", DEPENDENCY),
    ("\tgithub.com/cencori/cencori-go v1.2.3", DEPENDENCY),
    ('gem "cencori", "~> 1.0"', DEPENDENCY),
    # Source.
    ('import { Cencori } from "cencori";', IMPORT),
    ("import Cencori from 'cencori'", IMPORT),
    ('import{Cencori}from"cencori"', IMPORT),
    ('import "cencori";', IMPORT),
    ('const { Cencori } = require("cencori");', IMPORT),
    ("const sdk = await import('cencori')", IMPORT),
    ('import { useChat } from "@cencori/react/chat";', IMPORT),
    ('export * from "cencori/vercel"', IMPORT),
    ("from cencori import Cencori", IMPORT),
    ("import cencori", IMPORT),
    ("import cencori as c", IMPORT),
    ("    from cencori.ai import stream", IMPORT),
    ('import "github.com/cencori/cencori-go"', IMPORT),
    ('\t"github.com/cencori/cencori-go"', IMPORT),
    ('\t_ "github.com/cencori/cencori-go"', IMPORT),
    # Environment variables.
    ("CENCORI_API_KEY=", NAME),
    ("CENCORI_API_KEY", NAME),
    ("export CENCORI_API_KEY=$(pass cencori)", NAME),
    ("CENCORI_API_KEY=your_key_here", NAME),
    ("NEXT_PUBLIC_CENCORI_KEY=${CENCORI_KEY}", NAME),
    ("const k = process.env.CENCORI_API_KEY;", NAME),
    ('os.environ["CENCORI_API_KEY"]', NAME),
    ("CENCORI_PROJECT_ID=4f9d2c1b8a7e6f50", NAME),
    ("CENCORI_BASE_URL=https://cencori.com/api/v1", NAME),
    ("# no mention of anything", None),
    # Speech.
    ("We use cencori for our models.", None),
    ("see https://cencori.com/docs", None),
    ("https://github.com/cencori/cencori/issues/1", None),
    ("mail support@cencori.com", None),
    ("class cencori_client:", None),
    ("cencori_guard = 1", None),
    ("  - id: cencori-guard", None),
    ("cencori-guard==1.0", None),
    ('"cencori-guard": "1.0"', None),
    ("# CENCORISH is a word", None),
]


@pytest.mark.parametrize(("line", "expected"), LINES)
def test_use_in(line: str, expected: tuple[Use, bool] | None) -> None:
    """The first word of ours in the line says what the line is about; a line ending changes nothing."""
    for ending in (b"", b"\r"):
        data = line.encode()
        ats = [data.find(word) for word in WORDS if word in data]
        assert (use_in(data + ending, min(ats)) if ats else None) == expected


ASSIGNMENTS = [
    "CENCORI_API_KEY={}",
    "CENCORI_API_KEY = {}",
    "CENCORI_API_KEY='{}'",
    'CENCORI_API_KEY="{}" # live',
    "CENCORI_API_KEY={} # live",
    "export CENCORI_API_KEY={}",
    "CENCORI_KEY: {}",
    '"CENCORI_API_KEY": "{}",',
    "CENCORI_TEST_API_KEY={}",
    "NEXT_PUBLIC_CENCORI_KEY={}",
    "MY_CENCORI_SECRET={}",
    "CENCORI_TOKEN={}",
]


@pytest.mark.parametrize("line", ASSIGNMENTS)
def test_a_real_value_for_a_secret_name(line: str) -> None:
    for value in (key("secret"), key("agent-uuid"), opaque(), "s3cr3t-of-some-other-kind"):
        data = line.format(value).encode()
        assert use_in(data, data.index(b"CENCORI")) == REAL
    for value in ("", "<key>", "${KEY}", "xxxxxxxxxxxx", "changeme"):
        data = line.format(value).encode()
        assert use_in(data, data.index(b"CENCORI")) == NAME


@pytest.mark.parametrize("name", ["NEXT_PUBLIC_CENCORI_PUBLISHABLE_KEY", "CENCORI_PROJECT", "CENCORI"])
def test_a_name_that_is_not_secret_has_no_secret_value(name: str) -> None:
    data = f"{name}={key('publishable')}".encode()
    assert use_in(data, data.index(b"CENCORI")) == NAME


def test_each_name_in_a_line_is_judged_by_itself() -> None:
    data = f"A=1 CENCORI_PROJECT=abcdefghijkl\tCENCORI_API_KEY={key()}".encode()
    assert use_in(data, data.rindex(b"CENCORI")) == REAL


VALUES = [
    ("", False),
    ("=", False),
    ('=""', False),
    ("=''  # empty", False),
    ("= # to be filled in", False),
    ("=short", False),
    ("=$KEY", False),
    ("=${CENCORI_KEY:-}", False),
    ("=$(op read x)", False),
    ("=%CENCORI_KEY%", False),
    ("={{ vault.cencori }}", False),
    ("=<your key here>", False),
    ("=your_api_key_here", False),
    ("=YOUR-API-KEY", False),
    ("=cen_your_api_key_here", False),
    ("=csk_...", False),
    ("=csk_…", False),
    ("=csk_" + "x" * 48, False),
    ("=csk_" + "X" * 48, False),
    ("=********", False),
    ("=changeme", False),
    ("=change-me-please", False),
    ("=replace-with-key", False),
    ("=placeholder", False),
    ("=example-key", False),
    ("=op://vault/cencori/key", False),
    ("=undefined", False),
    ("=null", False),
    ("=REDACTED", False),
    ("=todo-fill-in", False),
    ("=s3cr3t-v4lue", True),
    (": s3cr3t-v4lue", True),
    ('="s3cr3t v4lue"', True),
    ("='s3cr3t#v4lue'", True),
    ("=s3cr3t#v4lue", True),
    ("=`s3cr3t-v4lue`", True),
    ('="s3cr3t-v4lue" # your key', True),
    ("=s3cr3t-v4lue # your key", True),
]


@pytest.mark.parametrize(("value", "expected"), VALUES)
def test_is_real(value: str, expected: bool) -> None:
    assert is_real(value.encode()) is expected


def test_every_kind_of_key_is_a_real_value() -> None:
    """A hundred keys of each body: none reads as a placeholder by chance."""
    for seed in range(100):
        for shape in ("secret", "legacy-base58", "agent-uuid", "secret-test"):
            assert is_real(b"=" + key(shape, seed).encode())
