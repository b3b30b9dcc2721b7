"""The rules: what each is for, and how to mend what it finds.  The one place for these texts."""

from __future__ import annotations

from typing import NamedTuple

from cencori_guard.models import Rule


class RuleText(NamedTuple):
    """What people read about a rule: what it fires on, why that matters, how bad it is."""

    fires_on: str
    why: str
    severity: str


RULES: dict[Rule, RuleText] = {
    Rule.KEY_IN_SOURCE: RuleText(
        "a key in any file that git tracks or would track",
        "Whoever can read the repository, now or in its history, can spend your money and read your data.",
        "high; medium for a test key; one lower when only likely; info for a publishable key",
    ),
    Rule.KEY_IN_CLIENT_BUNDLE: RuleText(
        "a key in what is shipped to people: built output, static directories, source maps, app archives, "
        "even where git ignores it",
        "Everyone who opens the page or unpacks the app has the key.",
        "critical; high for a test key; one lower when only likely; info for a publishable key",
    ),
    Rule.KEY_IN_CLIENT_SOURCE: RuleText(
        'a secret key, in source that runs in the browser (`"use client"`, `*.client.*`, components, what a framework '
        "bundles for the client)",
        "With the next build it is in the bundle, and everyone who opens the page has it.",
        "high; medium for a test key; one lower when only likely",
    ),
    Rule.KEY_IN_ENV_FILE: RuleText(
        "a key in an env file that git tracks (templates too), or in one that is neither tracked nor ignored",
        "An env file that git knows is published with the next push; one that no rule ignores, with the next "
        "`git add .`.",
        "high; medium for a test key; one lower when only likely; info for a publishable key",
    ),
    Rule.KEY_IN_GIT_METADATA: RuleText(
        "a key in a commit or tag message, a ref name, a note, a remote's URL",
        "Messages, names and notes travel with every clone, and no later commit can change them; a URL is shown by "
        "many a tool.",
        "high; medium for a test key; one lower when only likely; info for a publishable key",
    ),
    Rule.ENV_FILE_TRACKED: RuleText(
        "an env file is in git, key or no key; templates such as `.env.example` excepted",
        "The next person who fills in a real value commits it without noticing.",
        "medium for `.env` and `*.local` in a project that uses Cencori, else low",
    ),
    Rule.ENV_FILE_NOT_IGNORED: RuleText(
        "an env file lies in the tree and no committed ignore rule covers it",
        "`git add .` takes it along. A rule in `.git/info/exclude` or in a global excludes file protects one "
        "person only.",
        "high with a key or a real value for a Cencori name in it, else low",
    ),
    Rule.ENV_IGNORE_MISSING: RuleText(
        "the project uses Cencori, and no committed ignore rule would cover `.env`",
        "The SDKs read `CENCORI_API_KEY`, sooner or later from a `.env` that somebody puts there.",
        "medium",
    ),
    Rule.PUBLIC_ENV_NAME: RuleText(
        "a secret key, or the name of the server key, under a name that a bundler inlines (`NEXT_PUBLIC_`, `VITE_`, "
        "…); names with `PUBLISHABLE` excepted",
        "The name alone decides: what stands under it is copied into client code wherever that reads it.",
        "high with a secret key or set from the server key (medium for a test key, one lower when only likely); low "
        "for a name alone",
    ),
    Rule.SERVER_KEY_IN_CLIENT_CODE: RuleText(
        "client source reads `CENCORI_API_KEY`, or a bundler's `define` or `env` setting hands it over",
        "A setting copies the key into the bundle as soon as it is set where the build runs; a read is a call that "
        "belongs on a server, and works on no other side.",
        "high for a setting, medium for a read",
    ),
    Rule.SHARED_KEY: RuleText(
        "one key stands in the env files of two environments or two services",
        "Whoever gets at the weakest of them has all of them, and to revoke the key stops them all.",
        "low",
    ),
    Rule.STALE_KEY: RuleText(
        "a key has been in git longer than 90 days (`max-key-age-days`); found with `--history` and `--range`",
        "The vendor's advice is to replace keys every 90 days; one that lies in a history is replaced last, and found "
        "first.",
        "low",
    ),
}
