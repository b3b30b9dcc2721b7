"""Real apps, built by the real bundlers: ``fixtures/apps/NAME``, each with a variant that leaks a key, or none.

An app is what stands in ``base``, with the files of one variant laid over it:

- ``public``: a variable with the bundler's prefix for the browser holds the key, and client code reads it;
- ``define``: the configuration hands the server's key to client code; a literal in the source where there is no way to;
- ``clean``: the key is in an ignored env file, and only server code reads it, when it runs.

Only ``install`` needs the network.  What came out once stands in ``fixtures/builds``, for
those who have none.  Node and npm must be there.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

APPS = Path(__file__).resolve().parent.parent / "fixtures" / "apps"
VARIANTS = ("public", "define", "clean")
PLACEHOLDER = "@KEY@"


class Builder(NamedTuple):
    """How one app is built: the command, and the directories that it writes, what ships first."""

    command: tuple[str, ...]
    output: tuple[str, ...]
    app: str = ""  # the directory in ``fixtures/apps``, where it is not the builder's own name


BUILD = ("npm", "run", "build")

BUILDERS: dict[str, Builder] = {
    "vite": Builder(BUILD, ("dist",)),
    "esbuild": Builder(BUILD, ("public/build",)),
    "webpack": Builder(BUILD, ("public/dist",)),
    "rollup": Builder(BUILD, ("public/bundle",)),
    "parcel": Builder(BUILD, ("dist", ".parcel-cache")),
    "next": Builder(BUILD, (".next",)),
    "astro": Builder(BUILD, ("dist", ".astro")),
    "sveltekit": Builder(BUILD, ("build", ".svelte-kit")),
    "next-webpack": Builder(("npx", "next", "build", "--webpack"), (".next",), app="next"),
    "rspack": Builder(BUILD, ("dist",)),
    "react-router": Builder(BUILD, ("build",)),
    "react-scripts": Builder(BUILD, ("build",)),
    "nuxt": Builder(BUILD, (".output", ".nuxt")),
}

# What every build gets, and next to nothing else: no key of the tester's own, no telemetry, no look at the network.
FIXED = {
    "CI": "1",
    "LANG": "C.UTF-8",
    "TZ": "UTC",
    "NO_COLOR": "1",
    "ASTRO_TELEMETRY_DISABLED": "1",
    "NEXT_TELEMETRY_DISABLED": "1",
    "NUXT_TELEMETRY_DISABLED": "1",
    "DO_NOT_TRACK": "1",
    "npm_config_update_notifier": "false",
}


class BuildError(Exception):
    """A command of npm's or a bundler's failed; the message has the end of what it printed."""


def app(name: str) -> Path:
    """Where the files stand from which *name* is made."""
    return APPS / (BUILDERS[name].app or name)


def run(command: tuple[str, ...], where: Path, environment: dict[str, str], seconds: int = 600) -> None:
    """Run *command* in *where*."""
    with subprocess.Popen(
        command,
        cwd=where,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        start_new_session=True,
    ) as process:
        try:
            said, _ = process.communicate(timeout=seconds)
            end = f"exit code {process.returncode}"
        except subprocess.TimeoutExpired:
            # With all that it started: npm's own end would leave the bundler running.
            os.killpg(process.pid, signal.SIGKILL)
            said, _ = process.communicate()
            end = f"not done in {seconds} s"
    if process.returncode:
        raise BuildError(f"{' '.join(command)} in {where}: {end}\n{said.decode(errors='replace')[-4000:]}")


def install(name: str, where: Path, environ: Mapping[str, str]) -> Path:
    """The ``node_modules`` for *name*, installed into *where* unless it is there for the same package.json.

    *environ*: the user's own, with the npm settings in it that say where packages come from.
    """
    wanted = (app(name) / "base" / "package.json").read_bytes()
    have = where / "package.json"
    if have.is_file() and have.read_bytes() == wanted:
        return where / "node_modules"
    where.parent.mkdir(parents=True, exist_ok=True)
    # Beside it, then renamed: an install that was cut short is never taken for a whole one.
    with tempfile.TemporaryDirectory(prefix=f".{name}-", dir=where.parent) as scratch:
        fresh = Path(scratch) / name
        fresh.mkdir()
        (fresh / "package.json").write_bytes(wanted)
        environment = {key: value for key, value in environ.items() if not key.upper().startswith("CENCORI")}
        environment.pop("NODE_ENV", None)
        command = ("npm", "install", "--no-package-lock", "--no-audit", "--no-fund", "--ignore-scripts")
        run((*command, "--include=dev", "--prefer-offline"), fresh, environment)
        shutil.rmtree(where, ignore_errors=True)
        fresh.rename(where)
    return where / "node_modules"


def make(name: str, variant: str, key: str, where: Path) -> None:
    """Write the app *name* in *variant* into *where*, with *key* in it; nothing is installed."""
    for layer in ("base", variant):
        root = app(name) / layer
        for path in sorted(root.rglob("*")):
            if path.is_file():
                target = where / path.relative_to(root)
                target.parent.mkdir(parents=True, exist_ok=True)
                target.write_text(path.read_text(encoding="utf-8").replace(PLACEHOLDER, key), encoding="utf-8")


def link(source: str, target: str) -> str:
    """A hard link, or a copy where there can be none."""
    try:
        os.link(source, target)
    except OSError:
        shutil.copy2(source, target)
    return target


def build(name: str, variant: str, key: str, where: Path, modules: Path, environ: Mapping[str, str]) -> None:
    """Make the app in *where*, and build it with the packages in *modules*, which ``install`` gave."""
    make(name, variant, key, where)
    # No symlink: bundlers follow it, refuse what is outside of the project, or put its path into their maps.
    shutil.copytree(modules, where / "node_modules", symlinks=True, copy_function=link)
    with tempfile.TemporaryDirectory(prefix="home-") as home:
        cache = next((text for option, text in environ.items() if option.lower() == "npm_config_cache"), None)
        environment = {
            **FIXED,
            "PATH": environ["PATH"],
            "HOME": home,
            "npm_config_cache": cache or str(Path(environ.get("HOME", "/root")) / ".npm"),
        }
        run(BUILDERS[name].command, where, environment)
