"""Asking the API which keys work, by the whole program, against a real server on this machine.

What is protected: the keys themselves (who gets to see one, and where one is never shown), and the verdicts
(nothing but the API's own words makes a key live or dead, and dead is not believed at once).
"""

from __future__ import annotations

import base64
import gzip
import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections import Counter
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from importlib.resources import files
from pathlib import Path

import jsonschema
import pytest

from cencori_guard.keys import find_keys
from cencori_guard.triage.baseline import Entry, Identity, dump
from cencori_guard.verify import client
from cencori_guard.verify.ask import PARALLEL
from tests import loopback
from tests.conftest import Repo, Result, guard
from tests.loopback import DEAD, LIVE, Answer, Api, Proxy, Request, say
from tests.mint import key, opaque

SCHEMA = json.loads(files("cencori_guard.report").joinpath("schema-v1.json").read_text())
VARIABLE = "CENCORI_GUARD_API_URL"
CONTROL = re.compile(r"csk_[0-9a-f]{48}")
NO_JUDGE = "never issued"


def put(folder: Path, keys: dict[str, str]) -> None:
    """A file for each key, by name."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in keys.items():
        (folder / name).write_text(f"k = '{text}'\n")


def scan(folder: Path, api: str, *args: str, env: dict[str, str] | None = None) -> Result:
    """What ``scan --verify`` says; its JSON is by the schema."""
    result = guard("scan", ".", "--verify", "--api-url", api, "-o", "json", *args, cwd=folder, env=env)
    assert "Traceback" not in result.err
    if result.code != 2:
        jsonschema.validate(result.report(), SCHEMA)
    return result


def found(result: Result) -> dict[str, dict]:
    """The one finding in each file."""
    findings = {f["location"]["path"]: f for f in result.report()["findings"]}
    assert len(findings) == len(result.report()["findings"])
    return findings


def statuses(result: Result) -> dict[str, tuple[str, str]]:
    """(status, severity) by file."""
    return {path: (f["liveness"]["status"], f["severity"]) for path, f in found(result).items()}


def nobody() -> str:
    """A URL at which nobody listens."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return f"http://127.0.0.1:{listener.getsockname()[1]}"


def fingerprint(text: str) -> str:
    return find_keys(text.encode())[0].key.fingerprint()


# What answers mean.


def test_each_answer_of_the_table(tmp_path: Path) -> None:
    """The status, the reason, and what becomes of the severity, for every answer that the API or others give."""
    shaped = json.loads(LIVE.body)
    exactly = LIVE.body + b" " * (65536 - len(LIVE.body))
    cases: dict[str, tuple[Answer, str, str, str]] = {
        "live.py": (LIVE, "live", "critical", "accepts it"),
        "live-64k.py": (Answer(200, exactly), "live", "critical", "accepts it"),
        "missing.py": (loopback.MISSING, "unknown", "high", "did not get the key"),
        "portal.py": (loopback.PORTAL, "unknown", "high", "portal"),
        "list.py": (say(200, [shaped]), "unknown", "high", "200"),
        "half.py": (say(200, {"period": "24h"}), "unknown", "high", "200"),
        "no-content.py": (Answer(204), "unknown", "high", "204"),
        "proxy-401.py": (Answer(401, b"<h1>401</h1>"), "unknown", "high", "401"),
        "proxy-403.py": (Answer(403, b"Forbidden by your company"), "unknown", "high", "403"),
        "proxy-402.py": (say(402, {"error": "Payment required"}), "unknown", "high", "402"),
        "dead-at-403.py": (say(403, {"error": "Invalid API key"}), "unknown", "high", "403"),
        "404.py": (loopback.NO_SUCH_PATH, "unknown", "high", "404"),
        "429.py": (say(429, {"code": "rate_limit_exceeded"}), "unknown", "high", "429"),
        "500.py": (Answer(500), "unknown", "high", "500"),
        "500-dead.py": (say(500, {"error": "Invalid API key"}), "unknown", "high", "500"),
        "huge.py": (Answer(200, exactly + b" "), "unknown", "high", "64 KiB"),
        "huge-dead.py": (Answer(401, DEAD.body + b" " * 65536), "unknown", "high", "64 KiB"),
        "endless.py": (LIVE._replace(endless=True), "unknown", "high", "64 KiB"),
        "endless-dead.py": (DEAD._replace(endless=True), "unknown", "high", "64 KiB"),
        "cut.py": (LIVE._replace(cut=40), "unknown", "high", "broke off"),
        "cut-dead.py": (DEAD._replace(cut=len(DEAD.body) - 1), "unknown", "high", "broke off"),
        "garbage.py": (Answer(raw=b"\x00\xff\x16\x03 garbage\r\n\r\n"), "unknown", "high", "no answer"),
        "empty.py": (Answer(raw=b""), "unknown", "high", "broke off"),
        "old-http.py": (Answer(raw=b"HTTP/0.9\r\n\r\n" + LIVE.body), "unknown", "high", "no answer"),
        "huge-head.py": (Answer(raw=b"HTTP/1.1 200 OK\r\nX: " + b"x" * 1_000_000), "unknown", "high", "no answer"),
        "two-lengths.py": (
            Answer(raw=b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 9\r\n\r\n" + LIVE.body),
            "unknown",
            "high",
            "no answer",
        ),
        "gzip.py": (Answer(200, gzip.compress(LIVE.body), (("Content-Encoding", "gzip"),)), "unknown", "high", "compr"),
        "not-gzip.py": (Answer(401, DEAD.body, (("Content-Encoding", "br"),)), "unknown", "high", "compressed"),
    }
    cases |= {
        f"dead-{n}.py": (answer, "dead", "high", "invalid or revoked") for n, answer in enumerate(loopback.ALL_DEAD)
    }
    cases |= {
        f"{code.lower()}.py": (answer, "live", "critical", code.lower()) for code, answer in loopback.LIMITED.items()
    }
    cases |= {f"{code}.py": (answer, "unknown", "high", code) for code, answer in loopback.UNAVAILABLE.items()}
    keys = {name: key("secret", f"table {name}") for name in cases}
    put(tmp_path, keys)
    with Api({keys[name]: case[0] for name, case in cases.items()}) as api:
        result = scan(tmp_path, api.url)
        asked = api.asked
    assert statuses(result) == {name: case[1:3] for name, case in cases.items()}
    reasons = {name: f["liveness"]["reason"] for name, f in found(result).items()}
    assert {name: reason for name, reason in reasons.items() if cases[name][3] not in reason} == {}
    assert {name: asked[text] for name, text in keys.items() if asked[text] != 1} == {}
    dead = [reason for name, reason in reasons.items() if cases[name][1] == "dead"]
    assert all("not believed" in reason for reason in dead), "the API says the same when its own look-up fails"
    assert result.code == 1
    assert result.report()["scan"]["complete"], "that the API did not answer leaves nothing unlooked at"


def test_the_summary_counts_every_key(tmp_path: Path) -> None:
    """Standard error ends with how many are live, dead and unknown: all that were asked about, whatever the reasons."""
    answers = [LIVE, DEAD, DEAD, Answer(500), loopback.PORTAL, loopback.NO_SUCH_PATH, Answer(302)]
    keys = {f"{n}.py": key("secret", f"counted {n}") for n in range(len(answers))}
    put(tmp_path, keys)
    with Api(dict(zip(keys.values(), answers))) as api:
        result = scan(tmp_path, api.url)
    last = result.err.splitlines()[-1]
    counted: Counter[str] = Counter()
    for number, status in re.findall(r"(\d+) (live|dead|unknown)", last):
        counted[status] += int(number)
    assert counted == {"live": 1, "dead": 2, "unknown": 4}, last


@pytest.mark.parametrize(("answer", "code"), [(LIVE, 1), (DEAD, 0), (Answer(500), 0)], ids=["live", "dead", "unknown"])
def test_the_exit_code_is_that_without_asking_unless_the_key_is_live(tmp_path: Path, answer: Answer, code: int) -> None:
    put(tmp_path, {"a.py": (text := key("secret-test"))})
    with Api({text: answer}) as api:
        assert scan(tmp_path, api.url, "--fail-on", "high").code == code
        assert api.asked[text] == 1


def test_a_live_key_is_critical_whatever_its_kind_and_place(repo: Repo) -> None:
    keys = {
        "test.py": key("secret-test"),
        "legacy-test.py": key("legacy-test"),
        "base58.py": key("legacy-base58"),
        "agent.py": key("agent-uuid"),
        "likely.py": opaque("live"),
        ".env.example": key("secret", "env"),
        "README.md": key("legacy-hex"),
    }
    put(repo.path, keys)
    repo.write(".gitignore", ".env\n")
    with Api(dict.fromkeys(keys.values(), LIVE)) as api:
        result = scan(repo.path, api.url, "--fail-on", "critical")
    keyed = [f for f in result.report()["findings"] if f["key"]]
    assert {f["location"]["path"] for f in keyed} == set(keys)
    assert {(f["liveness"]["status"], f["severity"]) for f in keyed} == {("live", "critical")}
    assert result.code == 1


def test_nothing_excuses_a_key_that_works(repo: Repo) -> None:
    """An inline comment, config and a baseline excuse a key that is dead or unknown, and none that is known to work."""
    keys = {name: key("secret", f"excused {name}") for name in ("comment.py", "config.py", "baseline.py")}
    repo.write("baseline.py", f"k = '{keys['baseline.py']}'\n")
    created = guard("baseline", "create", cwd=repo.path)
    assert created.code == 0, created.err
    repo.write("comment.py", f"k = '{keys['comment.py']}'  # cencori-guard: allow -- a test\n")
    repo.write("config.py", f"k = '{keys['config.py']}'\n")
    repo.write(".cencori-guard.toml", '[[allow]]\npaths = ["config.py"]\nreason = "a test"\n')
    by = {"comment.py": "inline", "config.py": "config", "baseline.py": "baseline"}
    with Api(dict.fromkeys(keys.values(), LIVE)) as api:
        for path, answer in zip(keys, (DEAD, Answer(503), loopback.PORTAL)):
            api.answer(keys[path], answer)
        result = scan(repo.path, api.url)
        assert {path: f["suppressed"]["by"] for path, f in found(result).items()} == by
        assert result.code == 0
        for text in keys.values():
            api.answer(text, LIVE)
        result = scan(repo.path, api.url)
        assert {p: (f["severity"], f["suppressed"]) for p, f in found(result).items()} == dict.fromkeys(
            by, ("critical", None)
        )
        assert result.code == 1
        for path, finding in found(result).items():
            assert f"what excuses it ({by[path]}" in " ".join(finding["remedy"]), "why it is reported is not said"


# When dead is believed.


def test_dead_is_believed_beside_a_key_that_works(tmp_path: Path) -> None:
    """``--control-env``: it lowers dead to low, and neither unknown nor live; one that works with limits works."""
    good = key("secret", "good")
    keys = {name: key("secret", f"beside {name}") for name in ("dead.py", "live.py", "unknown.py")}
    keys["likely.py"] = opaque("beside")
    put(tmp_path, keys)
    answers = {good: LIVE, keys["live.py"]: LIVE, keys["unknown.py"]: Answer(500)}
    with Api(answers) as api:
        result = scan(tmp_path, api.url, "--control-env", "GOOD", env={"GOOD": f" {good}\n"})
        order = [request.key for request in api.requests]
    expected = {"dead.py": ("dead", "low"), "live.py": ("live", "critical"), "unknown.py": ("unknown", "high")}
    # What looks like a key may be more than the key, or less: that it is dead says nothing of the true one.
    assert statuses(result) == expected | {"likely.py": ("dead", "medium")}
    assert "not believed" not in found(result)["dead.py"]["liveness"]["reason"]
    assert Counter(order)[good] == 1
    assert set(order[1:]) == {good, *keys.values()}
    put(tmp_path / "alone", {"dead.py": keys["dead.py"]})
    with Api({good: loopback.LIMITED["INSUFFICIENT_PERMISSIONS"]}) as api:
        result = scan(tmp_path / "alone", api.url, "--control-env", "GOOD", env={"GOOD": good})
    assert result.code == 0
    assert good not in result.out + result.err


@pytest.mark.parametrize("answer", [DEAD, Answer(500)], ids=["dead", "unknown"])
def test_dead_is_not_believed_beside_a_key_that_does_not_work(tmp_path: Path, answer: Answer) -> None:
    put(tmp_path, {"a.py": key()})
    good = key("secret", "good")
    with Api({good: answer}) as api:
        result = scan(tmp_path, api.url, "--control-env", "GOOD", env={"GOOD": good})
    assert statuses(result) == {"a.py": ("dead", "high")}
    assert result.code == 1
    assert "the key that should work does not" in result.err
    assert good not in result.out + result.err


def test_a_key_of_the_tree_can_be_the_one_that_works(tmp_path: Path) -> None:
    """It is asked once, and is as live as any other."""
    keys = {"dead.py": key("secret", 1), "good.py": key("secret", 2)}
    put(tmp_path, keys)
    with Api({keys["good.py"]: LIVE}) as api:
        result = scan(tmp_path, api.url, "--control-env", "GOOD", env={"GOOD": keys["good.py"]})
        assert api.asked[keys["good.py"]] == 1
    assert statuses(result) == {"dead.py": ("dead", "low"), "good.py": ("live", "critical")}


def test_a_control_variable_without_a_key_is_wrong_usage(tmp_path: Path) -> None:
    """Whatever it holds is not shown, and nothing is asked; nor is a key shown that stands where its name should."""
    text = key()
    put(tmp_path, {"a.py": text})
    values = {
        "unset": None,
        "word": "swordfish-passphrase",
        "publishable": key("publishable"),
        "more": key("secret", 1) + " and more swordfish",
        "two": key("secret", 1) + "\n" + key("secret", 2),
    }
    with Api() as api:
        for name, value in values.items():
            env = {} if value is None else {"GOOD": value}
            result = scan(tmp_path, api.url, "--control-env", "GOOD", env=env)
            assert result.code == 2, name
            assert "GOOD" in result.err
            assert len(result.err.splitlines()) == 1
            assert "swordfish" not in result.err
            assert not any(k.decode() in result.err for k in re.findall(rb"[0-9a-f]{48}", (value or "").encode()))
        result = scan(tmp_path, api.url, "--control-env", text)
        assert result.code == 2
        assert text[-40:] not in result.err + result.out
        assert api.requests == []


def test_dead_is_believed_when_the_baseline_remembers_it_for_ten_minutes(tmp_path: Path) -> None:
    """Ten minutes older: believed.  Nine, none, or one that is still to come: not."""
    now = int(time.time())
    ages = {"ten.py": 600, "old.py": 86400 * 400, "nine.py": 540, "now.py": 0, "future.py": -86400, "never.py": None}
    keys = {name: key("secret", f"remembered {name}") for name in ages}
    put(tmp_path, keys)
    entries = {
        Identity("elsewhere.py", "key-in-source", fingerprint(keys[name])): Entry(dead=now - age)
        for name, age in ages.items()
        if age is not None
    }
    (tmp_path / ".cencori-guard-baseline.json").write_text(dump(entries))
    with Api() as api:
        result = scan(tmp_path, api.url)
    assert statuses(result) == {name: ("dead", "low" if name in ("ten.py", "old.py") else "high") for name in ages}
    assert "as it did" not in found(result)["future.py"]["liveness"]["reason"], "it did nothing yet"
    assert result.code == 1
    for name in keys:
        if name not in ("ten.py", "old.py"):
            (tmp_path / name).unlink()
    with Api() as api:
        assert scan(tmp_path, api.url).code == 0
        api.answer(keys["ten.py"], LIVE)
        api.answer(keys["old.py"], Answer(500))
        assert statuses(scan(tmp_path, api.url)) == {"ten.py": ("live", "critical"), "old.py": ("unknown", "high")}


def test_a_baseline_that_remembers_lowers_nothing_unasked(tmp_path: Path) -> None:
    put(tmp_path, {"a.py": (text := key())})
    entries = {Identity("elsewhere.py", "key-in-source", fingerprint(text)): Entry(dead=1_000_000_000)}
    (tmp_path / ".cencori-guard-baseline.json").write_text(dump(entries))
    result = guard("scan", ".", "-o", "json", cwd=tmp_path)
    assert statuses(result) == {"a.py": ("unchecked", "high")}


# Who is no judge, and gets nothing to see.


@pytest.mark.parametrize(
    "answer",
    [
        loopback.PORTAL,
        LIVE,
        Answer(500),
        loopback.NO_SUCH_PATH,
        say(429, {"code": "rate_limit_exceeded"}),
        loopback.MISSING,
    ],
    ids=["portal", "live", "500", "404", "429", "missing"],
)
def test_who_is_no_judge_of_a_key_never_issued_sees_no_other(tmp_path: Path, answer: Answer) -> None:
    """The first request, with a key drawn on the spot, is the last one unless its answer is dead."""
    good = key("secret", "good")
    put(tmp_path, {"a.py": key(), "b.py": key("agent-uuid")})
    with Api(everything=answer) as api:
        result = scan(tmp_path, api.url, "--control-env", "GOOD", env={"GOOD": good})
        (request,) = api.requests
    assert request.key
    assert CONTROL.fullmatch(request.key)
    assert request.key not in {key(), key("agent-uuid"), good}
    assert statuses(result) == {"a.py": ("unknown", "high"), "b.py": ("unknown", "high")}
    assert all(NO_JUDGE in f["liveness"]["reason"] for f in found(result).values())
    assert result.code == 1


def test_the_key_never_issued_goes_first_and_is_a_new_one_in_each_run(tmp_path: Path) -> None:
    keys = {f"{n}.py": key("secret", n) for n in range(3)}
    put(tmp_path, keys)
    with Api(dict.fromkeys(keys.values(), LIVE), default=DEAD._replace(delay=0.1)) as api:
        for _ in range(2):
            scan(tmp_path, api.url)
        order = [request.key or "" for request in api.requests]
    assert len(order) == 8
    assert {*order[1:4]} == {*order[5:8]} == {*keys.values()}
    assert CONTROL.fullmatch(order[0])
    assert CONTROL.fullmatch(order[4])
    assert len({order[0], order[4], *keys.values()}) == 5


def test_the_request_is_the_documented_one_and_says_nothing_else(tmp_path: Path) -> None:
    """A GET of the metrics with the key in its one header: nothing of this machine, and the control looks the same."""
    put(tmp_path, {"a.py": key()})
    with Api({key(): LIVE}) as api:
        scan(tmp_path, api.url)
        scan(tmp_path, api.url + "/other/")
        requests = list(api.requests)
    assert [r.path for r in requests] == ["/api/v1/metrics?period=24h"] * 2 + ["/other/metrics?period=24h"] * 2
    assert {r.method for r in requests} == {"GET"}
    control, asked = ({n: v for n, v in r.headers.items() if n != "authorization"} for r in requests[:2])
    assert control == asked
    assert set(asked) <= {"host", "user-agent", "accept", "accept-encoding", "connection"}
    assert asked["accept-encoding"] == "identity"
    assert asked["user-agent"].startswith("cencori-guard/")
    assert requests[1].headers["authorization"] == f"Bearer {key()}"


# Who is asked about what.


def test_a_key_is_asked_once_wherever_and_however_it_stands(tmp_path: Path) -> None:
    text, other = key(), key("legacy-base58")
    encoded = base64.b64encode(f"api_key={text}\n".encode()).decode()
    put(tmp_path, {"a.py": text})
    put(tmp_path / "d" / "e", {"c.ts": text, "other.py": other})
    (tmp_path / "b.yaml").write_text(f"data: {encoded}\n")
    (tmp_path / "wide.ps1").write_bytes(f"$k = '{text}'\r\n".encode("utf-16"))
    (tmp_path / "two.txt").write_text(f"{text}\n{text} {other}\n")
    with Api({text: LIVE}) as api:
        result = scan(tmp_path, api.url)
        assert sorted(api.asked.values()) == [1, 1, 1]
        assert api.asked[text] == api.asked[other] == 1
    live = [f for f in result.report()["findings"] if f["liveness"]["status"] == "live"]
    assert {f["location"]["path"] for f in live} == {"a.py", "b.yaml", "d/e/c.ts", "two.txt", "wide.ps1"}
    assert "about 2 keys" in result.err


def test_publishable_keys_are_never_sent(tmp_path: Path) -> None:
    keys = {"a.py": key("publishable"), "b.py": key("publishable-test")}
    put(tmp_path, keys)
    with Api(everything=LIVE) as api:
        result = scan(tmp_path, api.url)
        assert api.requests == []
    assert result.err == ""
    assert statuses(result) == {"a.py": ("unchecked", "info"), "b.py": ("unchecked", "info")}
    put(tmp_path, {"c.py": key()})
    with Api(dict.fromkeys(keys.values(), LIVE)) as api:
        result = scan(tmp_path, api.url)
        assert not set(api.asked) & set(keys.values())
    assert "about 1 key" in result.err
    assert statuses(result)["a.py"] == ("unchecked", "info")


def test_a_key_that_is_where_it_belongs_is_never_sent(repo: Repo) -> None:
    """In ignored env files: nothing has leaked, though two services share it, which is advice alone."""
    repo.write(".gitignore", ".env\n")
    for service in ("api", "web"):
        repo.write(f"{service}/.env", f"CENCORI_API_KEY={key()}\n")
    repo.commit()
    with Api({key(): LIVE}) as api:
        result = scan(repo.path, api.url)
        assert api.requests == []
    assert [(f["rule"], f["liveness"]["status"]) for f in result.report()["findings"]] == [("shared-key", "unchecked")]
    assert (result.code, result.err) == (0, "")


class Watching(Api):
    """Reads a file at each request."""

    def watch(self, file: Path) -> None:
        self._file, self.said = file, list[str]()

    def _begin(self, client: socket.socket, request: Request) -> Answer:
        self.said.append(self._file.read_text())
        return super()._begin(client, request)


def test_says_whom_it_asks_and_how_many_keys_before_it_asks(tmp_path: Path) -> None:
    put(tmp_path / "tree", {"a.py": key(), "b.py": key("secret", 1), "c.py": key("publishable")})
    errors = tmp_path / "stderr"
    with Watching() as api, errors.open("w") as stream:
        api.watch(errors)
        command = [sys.executable, "-m", "cencori_guard", "scan", ".", "--verify", "--api-url", api.url]
        subprocess.run(command, cwd=tmp_path / "tree", stdout=subprocess.DEVNULL, stderr=stream, timeout=60)
        assert api.said[0] == f"cencori-guard: asking 127.0.0.1:{api.port} about 2 keys\n"
        assert len(api.said) == 3


def test_nothing_is_asked_or_said_where_there_is_no_key(tmp_path: Path) -> None:
    put(tmp_path, {"a.py": "nothing"})
    with Api() as api:
        result = scan(tmp_path, api.url, "--control-env", "GOOD", env={"GOOD": key()})
        assert api.requests == []
    assert (result.code, result.err, result.report()["findings"]) == (0, "", [])


def test_without_verify_nobody_is_asked(repo: Repo) -> None:
    """Whatever the environment and the repository name."""
    repo.write("a.py", f"k = '{key()}'\n")
    repo.write(".env.example", "CENCORI_GUARD_API_URL=http://127.0.0.1:1\n")
    repo.git("add", "-A")
    with Api(everything=LIVE) as api, Proxy() as proxy:
        env = {VARIABLE: api.url, "HTTPS_PROXY": proxy.url, "https_proxy": proxy.url, "ALL_PROXY": proxy.url}
        for command in (["scan", "."], ["scan", "--staged"], ["hook", "pre-commit"], ["baseline", "create"]):
            result = guard(*command, cwd=repo.path, env=env)
            assert result.code == (0 if command[0] == "baseline" else 1), result.err
            assert "asking" not in result.err
        assert api.requests == []
        assert proxy.requests == []


@pytest.mark.parametrize("line", ["verify = true", 'api-url = "URL"'])
def test_the_config_of_a_repository_cannot_have_anybody_asked(tmp_path: Path, line: str) -> None:
    put(tmp_path, {"a.py": key()})
    with Api(everything=LIVE) as api:
        for name, table in ((".cencori-guard.toml", ""), ("pyproject.toml", "[tool.cencori-guard]\n")):
            config = tmp_path / name
            config.write_text(table + line.replace("URL", api.url) + "\n")
            result = guard("scan", ".", cwd=tmp_path)
            assert result.code == 2
            assert "unknown key" in result.err
            config.unlink()
        assert api.requests == []


def test_the_option_goes_before_the_variable(tmp_path: Path) -> None:
    put(tmp_path, {"a.py": key()})
    with Api({key(): LIVE}) as named, Api({key(): LIVE}) as other:
        result = scan(tmp_path, named.url, env={VARIABLE: other.url})
        assert statuses(result) == {"a.py": ("live", "critical")}
        assert other.requests == []
        result = guard("scan", ".", "--verify", "-o", "json", cwd=tmp_path, env={VARIABLE: other.url})
        assert statuses(result) == {"a.py": ("live", "critical")}
        assert len(named.requests) == len(other.requests) == 2


def test_options_that_say_how_to_ask_need_verify(tmp_path: Path) -> None:
    """Who believes that keys were verified is told that they were not."""
    put(tmp_path, {"a.py": key()})
    with Api() as api:
        for option, value in (("--api-url", api.url), ("--verify-timeout", "1"), ("--control-env", "GOOD")):
            result = guard("scan", ".", option, value, cwd=tmp_path, env={"GOOD": key()})
            assert result.code == 2
            assert f"{option} goes with --verify" in result.err
        assert api.requests == []


def test_keys_are_not_sent_in_plain_to_another_machine(tmp_path: Path) -> None:
    put(tmp_path, {"a.py": key()})
    with Proxy() as proxy:
        env = {"HTTP_PROXY": proxy.url, "http_proxy": proxy.url, "ALL_PROXY": proxy.url}
        for url, option in (
            ("http://192.0.2.1", True),
            ("http://cencori.com/api/v1", False),
            ("http://localhost.evil.example", True),
            ("ftp://localhost", False),
        ):
            args, more = (["--api-url", url], {}) if option else ([], {VARIABLE: url})
            result = guard("scan", ".", "--verify", *args, cwd=tmp_path, env=env | more)
            assert result.code == 2, url
            assert len(result.err.splitlines()) == 1
            assert (args or [VARIABLE])[0] in result.err
            assert result.out == ""
        assert proxy.requests == []


@pytest.mark.parametrize("args", [["--staged"], ["--history"], ["--stdin"]], ids=str)
def test_every_way_to_scan_can_ask(repo: Repo, args: list[str]) -> None:
    repo.commit("first")
    repo.write("a.py", f"k = '{key()}'\n")
    repo.commit("second")
    repo.write("b.py", f"k = '{key()}'\n")
    repo.git("add", "-A")
    with Api({key(): LIVE}) as api:
        options = ["--verify", "--api-url", api.url, "-o", "json"]
        result = guard("scan", *args, *options, cwd=repo.path, stdin=f"k = '{key()}'\n".encode())
        assert api.asked[key()] == 1
    live = [f for f in result.report()["findings"] if f["liveness"]["status"] == "live"]
    assert {f["severity"] for f in live if f["rule"] == "key-in-source"} == {"critical"}
    assert {f["severity"] for f in live if f["rule"] == "stale-key"} <= {"low"}, "advice is no leak"


# What the other side does.


def test_redirects_are_not_followed(tmp_path: Path) -> None:
    """Neither to another host, which would get the key, nor to the same."""
    keys = {f"{status}.py": key("secret", status) for status in (301, 302, 303, 307, 308)}
    keys |= {"same.py": key("secret", "same"), "refresh.py": key("secret", "refresh")}
    put(tmp_path, keys)
    with Api(everything=LIVE) as other, Api() as api:
        for name, text in keys.items():
            status = int(name[:3]) if name[:3].isdigit() else 307
            where = (api if name == "same.py" else other).url + "/api/v1/metrics?period=24h"
            api.answer(text, Answer(status, headers=(("Location", where), ("Refresh", f"0; url={where}"))))
        api.answer(keys["refresh.py"], Answer(401, b"", (("Refresh", f"0; url={other.url}"),)))
        result = scan(tmp_path, api.url)
        assert other.requests == []
        assert len(api.requests) == 1 + len(keys)
    assert statuses(result) == dict.fromkeys(keys, ("unknown", "high"))
    reasons = {name: f["liveness"]["reason"] for name, f in found(result).items()}
    assert all(f"redirect ({name[:3]})" in reasons[name] for name in keys if name[:3].isdigit())


# The whole program, but that it waits a second for each answer.
IMPATIENT = """
import sys
from cencori_guard.verify import client
client.PATIENCE = 1.0
from cencori_guard.__main__ import main
sys.exit(main())
"""


def scan_impatiently(folder: Path, api: str) -> Result:
    """Ends long before the time for asking is up, or something hangs."""
    options = ["scan", ".", "--verify", "--api-url", api, "--verify-timeout", "100", "-o", "json"]
    command = [sys.executable, "-c", IMPATIENT, *options]
    return Result(subprocess.run(command, cwd=folder, capture_output=True, check=False, timeout=60))


def test_an_answer_that_does_not_come_is_waited_for_five_seconds(tmp_path: Path) -> None:
    """Here: one.  An answer that trickles in is waited for no longer, though each of its bytes comes in time."""
    assert client.PATIENCE == 5.0
    slow = {
        "delay.py": LIVE._replace(delay=60),
        "drip.py": LIVE._replace(drip=0.3),
        "drip-body.py": DEAD._replace(endless=True, drip=0.1),
        "drip-dead.py": DEAD._replace(drip=0.3),
    }
    keys = {name: key("secret", name) for name in (*slow, "live.py", "dead.py")}
    put(tmp_path, keys)
    with Api({keys[name]: answer for name, answer in slow.items()} | {keys["live.py"]: LIVE}) as api:
        result = scan_impatiently(tmp_path, api.url)
    assert statuses(result) == dict.fromkeys(slow, ("unknown", "high")) | {
        "live.py": ("live", "critical"),
        "dead.py": ("dead", "high"),
    }
    assert {found(result)[name]["liveness"]["reason"] for name in slow} == {"no answer within 1 s"}


def test_a_host_that_stops_answering_is_asked_no_more(tmp_path: Path) -> None:
    """With many keys and five seconds for each, nobody waits for all of them."""
    keys = {f"{n:02}.py": key("secret", f"silent {n}") for n in range(PARALLEL * 8)}
    put(tmp_path, keys)
    with Api(dict.fromkeys(keys.values(), LIVE._replace(delay=60))) as api:
        result = scan_impatiently(tmp_path, api.url)
        asked = {name for name, text in keys.items() if api.asked[text]}
    assert statuses(result) == dict.fromkeys(keys, ("unknown", "high"))
    silent = {name for name, f in found(result).items() if f["liveness"]["reason"].startswith("not asked")}
    # How many are asked until then depends on who gives up first, the client or who waits for it.
    assert silent
    assert all("stopped answering" in found(result)[name]["liveness"]["reason"] for name in silent)
    assert not silent & asked
    assert len(asked) >= PARALLEL


def test_when_the_time_for_asking_is_up_what_was_answered_counts(tmp_path: Path) -> None:
    """The rest is unknown: those that were not asked, and those whose answers did not come; nothing hangs."""
    keys = {f"{n:02}.py": key("secret", f"late {n}") for n in range(8)}
    put(tmp_path, keys)
    answers = dict.fromkeys(keys.values(), LIVE._replace(delay=60)) | {keys["00.py"]: LIVE}
    answers |= {keys["01.py"]: DEAD._replace(drip=0.2)}
    with Api(answers) as api:
        result = scan(tmp_path, api.url, "--verify-timeout", "1")
        asked = {name for name, text in keys.items() if api.asked[text]}
    assert len(asked) == PARALLEL + 1, "the one that was answered made room for one more, and no other did"
    assert result.code == 1
    assert statuses(result) == {"00.py": ("live", "critical")} | dict.fromkeys(list(keys)[1:], ("unknown", "high"))
    reasons = {name: f["liveness"]["reason"] for name, f in found(result).items() if name != "00.py"}
    assert {name for name, reason in reasons.items() if "not asked" not in reason} == asked - {"00.py"}
    assert [r for r in reasons.values() if "5 s" in r] == [], "nothing was waited for that long: it had a second"


def test_nobody_there_is_unknown(tmp_path: Path) -> None:
    put(tmp_path, {"a.py": key()})
    result = scan(tmp_path, nobody(), "--control-env", "GOOD", env={"GOOD": key("secret", "good")})
    assert statuses(result) == {"a.py": ("unknown", "high")}
    assert "about 1 key (and about one that should work)" in result.err
    assert "cannot be reached" in found(result)["a.py"]["liveness"]["reason"]
    assert result.code == 1


def test_a_name_that_does_not_resolve_is_unknown(tmp_path: Path) -> None:
    put(tmp_path, {"a.py": key()})
    result = scan(tmp_path, "https://nobody.invalid", "--verify-timeout", "2")
    assert statuses(result) == {"a.py": ("unknown", "high")}
    assert result.code == 1


def test_cookies_are_never_sent_back(tmp_path: Path) -> None:
    """Those would tie one key to another, and one run to the next."""
    keys = {f"{n}.py": key("secret", n) for n in range(PARALLEL * 2)}
    put(tmp_path, keys)
    cookies = (("Set-Cookie", "session=chocolate; Path=/; Max-Age=9999"), ("Set-Cookie", "b=1; Domain=127.0.0.1"))
    with Api(
        dict.fromkeys(keys.values(), LIVE._replace(headers=cookies)), default=DEAD._replace(headers=cookies)
    ) as api:
        scan(tmp_path, api.url)
        assert len(api.requests) == len(keys) + 1
        assert [r for r in api.requests if "cookie" in r.headers or "chocolate" in str(r.headers)] == []


# TLS and proxies.


def test_https_with_a_certificate_that_can_be_verified(tmp_path: Path) -> None:
    """SSL_CERT_FILE names who is trusted; without it, this certificate's authority is not."""
    put(tmp_path / "tree", {"a.py": key()})
    trusted = {"SSL_CERT_FILE": str(loopback.authority_file(tmp_path))}
    with Api({key(): LIVE}, tls=True) as api:
        result = scan(tmp_path / "tree", api.url)
        assert statuses(result) == {"a.py": ("unknown", "high")}
        assert api.requests == []
        result = scan(tmp_path / "tree", api.url, env=trusted | {"SSLKEYLOGFILE": str(tmp_path / "secrets")})
        assert statuses(result) == {"a.py": ("live", "critical")}
        assert len(api.requests) == 2
    assert not (tmp_path / "secrets").exists(), "who records the traffic can read the key"


@pytest.mark.parametrize("fault", ["name", "expired", "authority"])
def test_a_certificate_that_cannot_be_verified_gets_no_key(tmp_path: Path, fault) -> None:
    put(tmp_path / "tree", {"a.py": key()})
    trusted = {"SSL_CERT_FILE": str(loopback.authority_file(tmp_path))}
    with Api(everything=LIVE, tls=loopback.bad_certificate(fault)) as api:
        result = scan(tmp_path / "tree", api.url, env=trusted)
        assert api.requests == []
    assert statuses(result) == {"a.py": ("unknown", "high")}
    assert "certificate" in found(result)["a.py"]["liveness"]["reason"]
    assert result.code == 1


def test_who_speaks_no_tls_gets_no_key(tmp_path: Path) -> None:
    put(tmp_path, {"a.py": key()})
    with Api(everything=LIVE) as api:
        result = scan(tmp_path, api.url.replace("http:", "https:"), "--verify-timeout", "3")
        assert api.requests == []
    assert statuses(result) == {"a.py": ("unknown", "high")}


REMOTE = "api.example.invalid"


@pytest.mark.parametrize("name", ["HTTPS_PROXY", "ALL_PROXY"])
def test_a_proxy_tunnels_and_never_sees_a_key(tmp_path: Path, name: str) -> None:
    """The name is one that nothing but the proxy knows."""
    put(tmp_path / "tree", {"a.py": key()})
    env = {"SSL_CERT_FILE": str(loopback.authority_file(tmp_path))}
    with (
        Api({key(): LIVE}, tls=loopback.certificate(REMOTE)) as api,
        Proxy({f"{REMOTE}:443": ("127.0.0.1", api.port)}) as proxy,
    ):
        result = scan(tmp_path / "tree", f"https://{REMOTE}", env=env | {name: proxy.url})
        seen = proxy.seen
        assert [request.path for request in proxy.requests]
        assert {(request.method, request.path) for request in proxy.requests} == {("CONNECT", f"{REMOTE}:443")}
        assert api.asked[key()] == 1
    assert statuses(result) == {"a.py": ("live", "critical")}
    assert key().encode() not in seen
    assert key().encode()[4:] not in seen
    assert b"authorization" not in seen.lower()


@pytest.mark.parametrize("status", [403, 407])
def test_a_proxy_that_refuses_leaves_it_unknown(tmp_path: Path, status: int) -> None:
    """The password that it was given is shown nowhere."""
    put(tmp_path, {"a.py": key()})
    with Proxy(refuse=status) as proxy:
        env = {"HTTPS_PROXY": proxy.url.replace("//", "//user:swordfish@")}
        result = scan(tmp_path, f"https://{REMOTE}", env=env)
        assert proxy.requests
        assert key().encode() not in proxy.seen
    assert statuses(result) == {"a.py": ("unknown", "high")}
    assert "proxy" in found(result)["a.py"]["liveness"]["reason"]
    assert "swordfish" not in result.out + result.err


def test_a_host_that_needs_no_proxy_is_asked_without_one(tmp_path: Path) -> None:
    put(tmp_path / "tree", {"a.py": key()})
    env = {"SSL_CERT_FILE": str(loopback.authority_file(tmp_path))}
    with Api({key(): LIVE}, tls=True) as api, Proxy(refuse=403) as proxy:
        env |= {"HTTPS_PROXY": proxy.url, "NO_PROXY": "other.example,localhost"}
        result = scan(tmp_path / "tree", api.url, env=env)
        assert proxy.requests == []
        assert len(api.requests) == 2
    assert statuses(result) == {"a.py": ("live", "critical")}


def test_what_goes_without_tls_never_goes_through_a_proxy(tmp_path: Path) -> None:
    """It would leave this machine in plain text."""
    put(tmp_path, {"a.py": key()})
    with Api({key(): LIVE}) as api, Proxy({f"127.0.0.1:{api.port}": ("127.0.0.1", api.port)}) as proxy:
        names = ("HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy")
        result = scan(tmp_path, api.url, env=dict.fromkeys(names, proxy.url))
        assert statuses(result) == {"a.py": ("live", "critical")}
        assert proxy.seen == b""


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("HTTPS_PROXY", "nonsense://swordfish:swordfish@127.0.0.1:1"),
        ("HTTPS_PROXY", "http://["),
        ("HTTPS_PROXY", "http://swordfish:99999999"),
        ("SSL_CERT_FILE", "/no/such/swordfish.pem"),
        ("SSL_CERT_FILE", "FILE"),
    ],
)
def test_nonsense_in_the_environment_is_wrong_usage(tmp_path: Path, name: str, value: str) -> None:
    put(tmp_path, {"a.py": key()})
    if value == "FILE":
        value = str(tmp_path / "certificates")
        Path(value).write_text("no certificates")
    with Proxy() as proxy:
        env = {"ALL_PROXY": proxy.url} | {name: value}
        result = scan(tmp_path, f"https://{REMOTE}", "--verify-timeout", "1", env=env)
        assert proxy.requests == []
    assert result.code == 2
    assert len(result.err.splitlines()) == 1
    assert name in result.err
    assert "swordfish" not in result.err
    assert result.out == ""


# When the API asks to wait.


def test_a_key_is_asked_again_when_the_api_asks_to_wait(tmp_path: Path) -> None:
    """By header in seconds or as a date, or by the body; but never beyond the time for asking."""
    tomorrow = format_datetime(datetime.now(UTC) + timedelta(days=1), usegmt=True)
    nothing_said = say(429, {"error": "Rate limit exceeded", "code": "rate_limit_exceeded"})
    again = {
        "seconds.py": loopback.rate_limited(3_600_000, retry_after="1"),
        "date.py": loopback.rate_limited(3_600_000, retry_after="Thu, 01 Jan 2026 00:00:00 GMT"),
        "body.py": loopback.rate_limited(50),
        "nonsense.py": loopback.rate_limited(50, retry_after="soon"),
        "html.py": Answer(429, b"<h1>429</h1>", (("Retry-After", "0"),)),
    }
    never = {
        "nothing.py": nothing_said,
        "long.py": loopback.rate_limited(50, retry_after="3600"),
        "tomorrow.py": loopback.rate_limited(50, retry_after=tomorrow),
        "long-body.py": loopback.rate_limited(3_600_000),
    }
    keys = {name: key("secret", name) for name in (*again, *never, "always.py", "dead.py")}
    put(tmp_path, keys)
    answers = {keys[name]: [answer, LIVE] for name, answer in (again | never).items()}
    answers |= {keys["always.py"]: [loopback.rate_limited(50)], keys["dead.py"]: [loopback.rate_limited(50), DEAD]}
    with Api(answers) as api:
        result = scan(tmp_path, api.url, "--verify-timeout", "2.6")
        asked = {name: api.asked[text] for name, text in keys.items()}
    assert 2 <= asked.pop("always.py") <= 3
    assert asked == dict.fromkeys(again, 2) | dict.fromkeys(never, 1) | {"dead.py": 2}
    expected = dict.fromkeys(again, ("live", "critical")) | dict.fromkeys(never, ("unknown", "high"))
    assert statuses(result) == expected | {"always.py": ("unknown", "high"), "dead.py": ("dead", "high")}
    assert {found(result)[name]["liveness"]["reason"].count("429") for name in (*never, "always.py")} == {1}


def test_a_wait_that_is_too_long_is_not_begun(tmp_path: Path) -> None:
    """And one that is not asked for is not made up: both are unknown at once."""
    keys = {"long.py": key("secret", 1), "nothing.py": key("secret", 2)}
    put(tmp_path, keys)
    with Api(
        {
            keys["long.py"]: loopback.rate_limited(50, retry_after="90"),
            keys["nothing.py"]: say(429, {"code": "rate_limit_exceeded"}),
        }
    ) as api:
        began = time.monotonic()
        result = scan(tmp_path, api.url, "--verify-timeout", "40")
        assert time.monotonic() - began < 30, "it waited until the time for asking was up"
        assert set(api.asked.values()) == {1}
    assert statuses(result) == dict.fromkeys(keys, ("unknown", "high"))


def test_the_key_never_issued_is_asked_again_too(tmp_path: Path) -> None:
    put(tmp_path, {"a.py": key()})
    with Api({key(): LIVE}, default=[loopback.rate_limited(50), DEAD]) as api:
        result = scan(tmp_path, api.url)
        first, second, third = (request.key for request in api.requests)
    assert first == second
    assert third == key()
    assert statuses(result) == {"a.py": ("live", "critical")}


# Many at once, and an end before the end.


def test_many_keys_are_asked_a_few_at_a_time_and_each_once(tmp_path: Path) -> None:
    keys = {f"{n}.py": key("secret", f"many {n}") for n in range(50)}
    put(tmp_path, keys)
    answers = {text: (LIVE if n % 2 else DEAD)._replace(delay=0.03) for n, text in enumerate(keys.values())}
    with Api(answers) as api:
        result = scan(tmp_path, api.url)
        assert {api.asked[text] for text in keys.values()} == {1}
        assert len(api.requests) == 51
        assert 1 < api.most_at_once <= PARALLEL <= 10
    expected = {name: ("live", "critical") if n % 2 else ("dead", "high") for n, name in enumerate(keys)}
    assert statuses(result) == expected


def test_an_interrupt_while_asking_shows_what_was_found_and_answered(tmp_path: Path) -> None:
    keys = {"0.py": key("secret", "quick")} | {f"{n}.py": key("secret", f"slow {n}") for n in range(1, PARALLEL + 1)}
    put(tmp_path, keys)
    answers = {text: LIVE._replace(delay=60) for text in keys.values()} | {keys["0.py"]: LIVE}
    with Api(answers) as api:
        command = [sys.executable, "-m", "cencori_guard", "scan", ".", "--verify", "--api-url", api.url, "-o", "json"]
        with subprocess.Popen(
            command,
            cwd=tmp_path,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env=dict(os.environ),
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),
        ) as process:
            try:
                # The last key is asked when the answer to the first was taken.
                end = time.monotonic() + 30
                while len(api.requests) < 1 + len(keys) and process.poll() is None and time.monotonic() < end:
                    time.sleep(0.01)
                process.send_signal(signal.SIGINT)
                out, err = process.communicate(timeout=30)
            finally:
                process.kill()
    assert process.returncode == 130
    assert "Traceback" not in err
    report = json.loads(out)
    jsonschema.validate(report, SCHEMA)
    said = {f["location"]["path"]: (f["liveness"]["status"], f["severity"]) for f in report["findings"]}
    assert said == {"0.py": ("live", "critical")} | dict.fromkeys(list(keys)[1:], ("unknown", "high"))
    reasons = {f["liveness"]["reason"] for f in report["findings"] if f["severity"] == "high"}
    assert reasons == {"not asked to the end"}


# The command for one key.


def verify(api: str, stdin: str, *args: str, cwd: Path, env: dict[str, str] | None = None) -> Result:
    return guard("verify", "--api-url", api, *args, cwd=cwd, stdin=stdin.encode(), env=env)


def test_verify_answers_by_its_exit_code(tmp_path: Path) -> None:
    """1 live, 0 dead, 3 not known; in words, with the redacted key, and on standard output alone."""
    text = key("agent-uuid")
    with Api() as api:
        for answer, code, says in (
            (LIVE, 1, "is live: the API accepts it"),
            (DEAD, 0, "seems to be dead now: the API says that it is invalid or revoked"),
            (Answer(500), 3, "may be live, or dead: the API failed (500)"),
        ):
            api.answer(text, answer)
            result = verify(api.url, text, cwd=tmp_path)
            assert result.code == code, answer
            assert says in " ".join(result.out.split())
            assert result.out.startswith(text[:9] + "… ")
            assert result.err == f"cencori-guard: asking 127.0.0.1:{api.port} about 1 key\n"
            assert text not in result.out
        assert api.asked[text] == 3
        result = verify(api.url, text[:-1], cwd=tmp_path)
        assert result.code == 3, "half a key is dead for certain, and says nothing of the whole one"
        assert api.asked[text[:-1]] == 1
    with Api(everything=LIVE) as api:
        result = verify(api.url, text, cwd=tmp_path)
        assert result.code == 3, "a host that accepts everything"
        assert text not in api.asked


def test_verify_believes_dead_beside_a_key_that_works(tmp_path: Path) -> None:
    good = key("secret", "good")
    with Api({good: LIVE}) as api:
        result = verify(api.url, key(), "--control-env", "GOOD", cwd=tmp_path, env={"GOOD": good})
        assert result.code == 0
        assert "not believed" not in " ".join(result.out.split())
        assert "accepts one that works" in " ".join(result.out.split())
        api.answer(good, DEAD)
        result = verify(api.url, key(), "--control-env", "GOOD", cwd=tmp_path, env={"GOOD": good})
        assert "not believed" in " ".join(result.out.split())
        assert "the key that should work does not" in result.err


@pytest.mark.parametrize(
    "form",
    ["\r\n '{}' \r\n", '"{0}"\n{0}', "export CENCORI_API_KEY={}\n"],
)
def test_verify_takes_a_key_as_people_paste_it(tmp_path: Path, form: str) -> None:
    with Api({key(): LIVE}) as api:
        assert verify(api.url, form.format(key()), cwd=tmp_path).code == 1
        assert api.asked[key()] == 1


def test_verify_says_what_is_wrong_and_shows_nothing_of_what_it_was_given(tmp_path: Path) -> None:
    one, two = key("secret", 1), key("secret", 2)
    with Api(everything=LIVE) as api:
        for stdin, says in (
            ("", "no Cencori key"),
            ("csk_swordfish", "no Cencori key"),
            (f"{one}\n{two}", "more than one"),
            (f"{one} {key('publishable')}", "more than one"),
            (key("publishable"), "publishable"),
        ):
            result = verify(api.url, stdin, cwd=tmp_path)
            assert result.code == 2
            assert says in result.err
            assert len(result.err.splitlines()) == 1
            assert result.out == ""
            assert "swordfish" not in result.err
            assert not any(text in result.err for text in re.findall(r"[0-9a-f]{40}", stdin))
        for args in ([one], ["swordfish", two], ["--", one], [f"--{one}"]):
            result = verify(api.url, two, *args, cwd=tmp_path)
            assert result.code == 2
            assert result.out == ""
            assert "swordfish" not in result.err
            assert one[-40:] not in result.err
        assert api.requests == []


def test_verify_quietly_is_the_exit_code_alone(tmp_path: Path) -> None:
    """Whom it asks is still said: that is never hidden."""
    with Api({key(): LIVE}) as api:
        result = verify(api.url, key(), "-q", cwd=tmp_path)
    assert (result.code, result.out) == (1, "")
    assert re.fullmatch(r"(cencori-guard: asking \S+ about 1 key\n)?", result.err)


def test_verify_is_quiet_wherever_the_option_stands(tmp_path: Path) -> None:
    """The design: -v and -q stand before or after the command."""
    with Api({key(): LIVE}) as api:
        result = guard("-q", "verify", "--api-url", api.url, cwd=tmp_path, stdin=key().encode())
    assert (result.code, result.out) == (1, "")


# No key is ever shown.


def echoes(text: str) -> dict[str, Answer]:
    """Answers in which the server gives the key back, in every place there is, by what they come to."""
    headers = (
        ("Location", f"/{text}"),
        ("Set-Cookie", f"{text}={text}"),
        ("WWW-Authenticate", f'Bearer realm="{text}"'),
        ("Server", text),
        (text, text),
    )
    raw = text.encode()
    return {
        "live": LIVE._replace(body=LIVE.body[:-1] + b', "' + raw + b'": "' + raw + b'"}', headers=headers),
        "limited": say(403, {"error": text, "code": "billing_frozen", "message": text}, *headers),
        "dead": say(401, {"error": "Invalid API key", "message": text, text: text}, *headers),
        "unknown-401": say(401, {"error": text, "code": text}, *headers),
        "unknown-missing": say(401, {"error": f"Missing API key {text}"}, *headers),
        "unknown-503": say(503, {"error": text, "code": "rate_limit_unavailable", "message": text}, *headers),
        "unknown-429": say(429, {"error": text, "retry_after_ms": text}, ("Retry-After", text)),
        "unknown-307": Answer(307, raw, headers),
        "unknown-location": Answer(302, raw, (("Location", f"https://{text}.invalid:{text}/"),)),
        "unknown-phrase": Answer(raw=b"HTTP/1.1 500 " + raw + b"\r\nContent-Length: 0\r\n\r\n"),
        "unknown-status": Answer(raw=b"HTTP/1.1 " + raw + b"\r\n\r\n"),
        "unknown-version": Answer(raw=raw + b" 200 OK\r\n\r\n"),
        "unknown-header": Answer(raw=b"HTTP/1.1 200 OK\r\n" + raw + b"\r\n\r\n"),
        "unknown-length": Answer(raw=b"HTTP/1.1 200 OK\r\nContent-Length: " + raw + b"\r\n\r\n"),
        "unknown-transfer": Answer(raw=b"HTTP/1.1 200 OK\r\nTransfer-Encoding: " + raw + b"\r\n\r\n"),
        "unknown-chunk": Answer(raw=b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + raw + b"\r\n"),
        "unknown-coding": Answer(200, LIVE.body, (("Content-Encoding", text), ("Content-Type", text))),
    }


def test_no_key_is_in_any_output_whatever_the_server_sends_back(tmp_path: Path) -> None:
    """Headers, body, reason phrase, and answers that are none: nothing of them is told, in no format."""
    kinds = list(echoes("x"))
    keys = {f"{kind}.py": key("secret", f"echo {kind}") for kind in kinds}
    good = key("secret", "good")
    put(tmp_path / "tree", keys)
    answers = {keys[f"{kind}.py"]: echoes(keys[f"{kind}.py"])[kind] for kind in kinds} | {good: echoes(good)["dead"]}
    with Api(answers) as api:
        outputs = ["-o", f"json={tmp_path / 'r.json'}", "-o", f"jsonl={tmp_path / 'r.jsonl'}", "-o", "text"]
        options = ["--verify", "--api-url", api.url, "--control-env", "GOOD", "-v"]
        result = guard("scan", ".", *options, *outputs, cwd=tmp_path / "tree", env={"GOOD": good})
        assert {api.asked[text] for text in keys.values()} == {1}
        sent = {request.key for request in api.requests if request.key}
    assert len(sent) == len(keys) + 2
    report = json.loads((tmp_path / "r.json").read_text())
    jsonschema.validate(report, SCHEMA)
    said = {f["location"]["path"][:-3]: f["liveness"]["status"] for f in report["findings"]}
    assert said == {kind: {"limited": "live"}.get(kind, kind.partition("-")[0]) for kind in kinds}
    for where in (result.out, result.err, (tmp_path / "r.json").read_text(), (tmp_path / "r.jsonl").read_text()):
        assert where
        for text in sent:
            assert text[8:] not in where.replace("\n", ""), "a key is shown"
            assert text[8:][::-1] not in where
            assert base64.b64encode(text.encode()).decode() not in where
            assert text[4:].encode().hex() not in where


@pytest.mark.parametrize("kind", ["live", "unknown-phrase"])
def test_verify_shows_no_key_whatever_the_server_sends_back(tmp_path: Path, kind: str) -> None:
    with Api({key(): echoes(key())[kind]}) as api:
        result = verify(api.url, key(), "-v", cwd=tmp_path)
    assert result.code == (1 if kind == "live" else 3)
    assert key()[8:] not in (result.out + result.err).replace("\n", "")


def test_a_control_that_the_server_sends_back_is_not_shown(tmp_path: Path) -> None:
    """What was drawn on the spot looks like a key, and nobody should have to wonder whose it is."""

    class Mirror(Api):
        def _begin(self, client: socket.socket, request: Request) -> Answer:
            super()._begin(client, request)
            return echoes(request.key or "")["unknown-503"]

    put(tmp_path, {"a.py": key()})
    with Mirror() as api:
        result = guard("scan", ".", "--verify", "--api-url", api.url, "-v", cwd=tmp_path)
        (request,) = api.requests
    assert request.key
    assert NO_JUDGE in " ".join(result.out.split())
    assert request.key[8:] not in (result.out + result.err).replace("\n", "")


def test_nothing_but_the_verifier_takes_the_text_of_a_key() -> None:
    """``Key.bearer`` is the one way to it."""
    package = Path(str(files("cencori_guard")))
    users = {
        path.relative_to(package).as_posix()
        for path in package.rglob("*.py")
        if re.search(r"\bbearer\b", path.read_text(), re.IGNORECASE)
    }
    assert {user for user in users if ".bearer(" in (package / user).read_text()} == {"verify/client.py"}
    assert {user for user in users if not user.startswith("verify/")} == {"keys.py"}, "is it taken by another name?"
    assert [path for path in package.rglob("*.py") if re.search(r"\bkey\._text\b", path.read_text())] == []
