"""Where a line sets a variable of Cencori's."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cencori_guard.inlining.assignments import assignments, defined, sets_variables

N, K = "NEXT_PUBLIC_CENCORI_KEY", "CENCORI_API_KEY"

LINES = {
    "env file": (f"{N}=abc", [(N, "abc")]),
    "exported": (f"export {N}='a b'", [(N, "'a b'")]),
    "quoted": (f'{N}="a#b"', [(N, '"a#b"')]),
    "empty": (f"{N}=", [(N, "")]),
    "spaces": (f"{N} = abc", [(N, "abc")]),
    "comment behind": (f"{N}=abc # or {K}=x", [(N, "abc")]),
    "comment": (f"# {N}=abc", []),
    "comment of a script": (f"// {N}=abc", []),
    "yaml": (f"  {N}: abc", [(N, "abc")]),
    "yaml, quoted": (f"  '{N}': \"abc\"", [(N, '"abc"')]),
    "yaml, a list": (f"      - {N}=abc", [(N, "abc")]),
    "yaml, in short": (f"env: {{ A: b, {N}: abc }}", [(N, "abc")]),
    "yaml, nothing": (f"  {N}:", [(N, "")]),
    "workflow": (f"  {N}: ${{{{ secrets.{K} }}}}", [(N, f"${{{{ secrets.{K} }}}}")]),
    "compose": (f"    {N}: ${{{K}}}", [(N, f"${{{K}}}")]),
    "dockerfile, argument": (f"ARG {N}", [(N, "")]),
    "dockerfile, argument with a default": (f"ARG {N}=abc", [(N, "abc")]),
    "dockerfile, env": (f"ENV {N}=${K}", [(N, f"${K}")]),
    "dockerfile, env without a sign": (f"ENV {N} ${K}", [(N, f"${K}")]),
    "dockerfile, two": (f"ENV A=b {N}=abc", [(N, "abc")]),
    "docker build": (f"docker build --build-arg {N}=${K} .", [(N, f"${K}")]),
    "docker build, in quotes": (f'docker build --build-arg "{N}=${K}" .', [(N, f"${K}")]),
    "docker build, passed on": (f"docker build --build-arg {N} .", [(N, "")]),
    "before a command": (f"{N}=${K} next build", [(N, f"${K}")]),
    "script of a package": (f'"build": "cross-env {N}=${K} next build",', [(N, f"${K}")]),
    "json": (f'    "{N}": "abc",', [(N, '"abc"')]),
    "toml": (f'{N} = "abc"', [(N, '"abc"')]),
    "powershell": (f"$env:{N} = '{K}'", [(N, f"'{K}'")]),
    "written to a file": (f'echo "{N}=${K}" >> .env.production', [(N, f"${K}")]),
    "said": (f'echo "set {N}=your key"', []),
    "described": (f'description: "set {N}=your key"', []),
    "another name with it": (f"PUBLIC_URL=${K}", [("PUBLIC_URL", f"${K}")]),
    "another name": ("NEXT_PUBLIC_API_URL=https://cencori.com", []),
    "compared": (f'if [ "${N}" == "x" ]; then', []),
    "referred to": (f"run: deploy ${{{N}}}", []),
    "a sentence": (f"Set the variable {N} to your key", []),
}


# As they stand in a file of that name.
IN_FILES = {
    "json, a sentence": ("en.json", f'"hint": "Set {N}=${K} in your env"', []),
    "json, a script": ("package.json", f'"build": "{N}=${K} next build"', [N]),
    "json, a script behind another": ("package.json", f'"b": "tsc && {N}=${K} vite build"', [N]),
    "yaml, a block of text": ("a.yml", f"description: >\n  Never set {N}=${{{K}}} there\n", []),
    "yaml, after a block of text": ("a.yml", f"description: >\n  Never\nenv:\n  {N}: ${{{{ secrets.{K} }}}}\n", [N]),
    "yaml, in one line": ("a.yml", f'- {{ name: B, env: {{ {N}: "${{{{ secrets.{K} }}}}" }} }}', [N]),
    "yaml, written by tee": ("a.yml", f'- run: echo "{N}=${{{{ secrets.{K} }}}}" | tee -a .env', [N]),
    "shell, said and then set": ("a.sh", f"echo building && {N}=${K} npm run build", [N]),
    "shell, looked for": ("a.sh", f"grep -q '{N}=${K}' .env && exit 1", []),
    "shell, emptied": ("a.sh", f"{N}= {K}=${K} next build", [N, K]),
    "toml, with blanks": ("a.toml", f'{N} = "x"', [N]),
}


@pytest.mark.parametrize("name", IN_FILES)
def test_in_files(name):
    file, text, expected = IN_FILES[name]
    assert [a.name for a in assignments(text.encode(), file.encode())] == expected


def test_definitions_of_a_command():
    text = f"esbuild --define:__KEY__=${K} a.ts; x --define:A=1 --define:B='\"${{{K}}}\"'".encode()
    assert [name for name, _ in defined(text)] == [K, K]


@pytest.mark.parametrize("name", LINES)
def test_lines(name):
    line, expected = LINES[name]
    text = f"first\n{line}\nlast".encode()
    found = list(assignments(text))
    assert [(a.name, a.value.decode()) for a in found] == expected
    assert all(text[a.at :].startswith(a.name.encode()) for a in found)


REFERENCES = {
    f"${{{{ secrets.{K} }}}}": [K], f"${K}": [K], f"${{{K}}}": [K], f"$({K})": [K], f'"${{{K}:-x}}"': [K],
    f"%{K}%": [K],
    f"${{{{ secrets.{K} != '' }}}}": [],
    f"${{{K}:+true}}": [],
    f"var.{K}": [K], f"${{{{ vars.{N} }}}}": [N], "abc": [], K: [], "$OTHER": [], "": [],
}  # fmt: skip


@pytest.mark.parametrize("value", REFERENCES)
def test_references(value):
    (assigned,) = assignments(f"{N}={value}\n".encode()) if " " not in value else assignments(f"{N}: {value}".encode())
    assert assigned.references == REFERENCES[value]


FILES = {
    ".env": True, ".env.production": True, "Dockerfile": True, "Dockerfile.web": True, "web.dockerfile": True,
    "Containerfile": True, "ci.yml": True, ".gitlab-ci.yaml": True, "netlify.toml": True, "vercel.json": True,
    "package.json": True, "build.sh": True, "Makefile": True, "justfile": True, "main.tf": True, "Jenkinsfile": True,
    "package-lock.json": False, "a.ts": False, "README.md": False, "notes.txt": False, "dockerfile_notes.md": False,
}  # fmt: skip


@pytest.mark.parametrize("name", FILES)
def test_files(name):
    assert sets_variables(name.encode()) == FILES[name]


@given(st.binary(max_size=300))
def test_any_bytes(data):
    """Whatever the bytes, what is given stands where it is said to."""
    text = data + b"\nCENCORI_API_KEY=x\n" + data
    found = list(assignments(text))
    assert all(text[a.at :].startswith(a.name.encode()) for a in found)
    assert (b"CENCORI_API_KEY", len(data) + 1) in [(a.name.encode(), a.at) for a in found]
