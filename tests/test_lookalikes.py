"""What only looks like a key is never one: tables of what people write, and generators of more of it."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cencori_guard.keys import PREFIXES, find_keys
from cencori_guard.lookalikes import (
    WORDS_FOR_CERTAIN,
    entropy,
    is_degenerate,
    is_identifier,
    is_repeat,
    is_run,
    looks_random,
    word_score,
)
from tests.mint import BASE58, HEX

ALL_PREFIXES = [*(p.decode() for p in PREFIXES), "cen_test_", "csk_test_", "cpk_test_"]


def drawn(alphabet: str, size: int, seed: int | str = 0) -> str:
    """*size* characters at random; the same for the same *seed*."""
    source = random.Random(f"lookalike/{seed}")
    return "".join(source.choice(alphabet) for _ in range(size))


NAMED_BY_THE_DESIGN = [
    "cen_your_api_key_here",
    "csk_...",
    "csk_…",
    "csk_xxx…",
    "csk_" + "x" * 48,
    "csk_" + "X" * 48,
    "csk_your_key_here",
    "cen_<your-key>",
    "cen_${CENCORI_KEY}",
    "csk_{{ cencori.key }}",
    "${CENCORI_API_KEY}",
    "cencori_sidebar_mode",
    "cake_layer_wrapper_inner_box",
    "csk_cencori_provider",
    "csk_act_open_retry_timer",
    "cencori_gateway.internal.service.local",
]

IDENTIFIERS = [
    "cen_your_api_key_here_0123456789abcdef",
    "cen_YOUR_API_KEY_GOES_HERE_1234",
    "cen_test_your_test_key_goes_here_123",
    "cen_paste-your-key-from-the-dashboard-2",
    "cen_live_key_from_settings_page_42",
    "cen_test_client_returns_401_on_bad_key",
    "cen_test_v2_retry_with_backoff_3_times",
    "cen_error_rate_p99_over_1h_window",
    "cen_x86_64_linux_gnu_gcc_12_release",
    "cen_utf8_to_utf16_conversion_table_v2",
    "cencori_request_duration_seconds_bucket",
    "cencori_requests_total_2xx_and_5xx",
    "cencori_gateway_http2_max_streams_v1beta1",
    "cencori_sha256_of_request_body_hex",
    "cencori_base64_decode_and_md5_sum",
    "cencori_migration_20251120093012_add_key_hash",
    "cencori_20260320T101530Z_backup_full",
    "cencori_getApiKeyFromEnvironmentOrThrow2",
    "cencori_UserSessionTokenRefreshHandlerV2",
    "cencori_MAX_TOKENS_PER_REQUEST_4096",
    "cencori_gpt4o_mini_2024_07_18_price",
    "cencori_claude-3-5-sonnet-20241022",
    "cencori_eu-west-1a.prod.k8s.internal",
    "cencori_ip-10-0-12-34.ec2.internal",
    "cencori_node18_to_node20_upgrade_plan",
    "cencori_i18n_l10n_a11y_e2e_k8s_tests",
    "csk_test_should_reject_expired_keys_401",
    "csk_set_tcb_field_ofld_queue_24",
    "csk_init_act_open_req_v6_wr_size",
    "cpk_test_publishable_key_in_browser_1",
    "cpk_domain_locked_widget_loader_v3",
    "cake_agent_session_budget_2026_limit",
    "cake_php_5_4_to_cake_php_3_migration",
    "cake_autorate_bufferbloat_v3_2_1",
]

FILES_AND_VERSIONS = [
    "cencori_sdk-1.4.2-py3-none-any.whl",
    "cencori_sdk-1.2.3-cp311-cp311-manylinux_2_17_x86_64.manylinux2014_x86_64.whl",
    "cencori_sdk-0.3.0rc1.post4.dev20260320.tar.gz",
    "cencori_sdk-1.4.2.dist-info",
    "cencori_cli_1.4.2-1ubuntu0.22.04.3_amd64.deb",
    "cencori_core.cpython-311-x86_64-linux-gnu.so",
    "cencori_dashboard_screenshot_2026-03-20_at_10.15.30.png",
    "cencori_widget." + drawn(HEX, 8, 1) + ".js",
    "cencori_widget-" + drawn(HEX, 20, 2) + ".js",
    "cencori_widget." + drawn(HEX, 20, 3) + ".chunk.css",
    "cencori_logo." + drawn(HEX, 32, 4) + ".svg",
    "cencori_logo-" + drawn(BASE58, 8, 5) + ".png",
    "cencori_inter_latin." + drawn(HEX, 16, 6) + ".woff2",
    "cencori_hero." + drawn(HEX, 20, 7) + ".avif",
    "cencori_demo." + drawn(HEX, 20, 8) + ".mp4",
    "cencori_manual-" + drawn(HEX, 20, 9) + ".pdf",
    "cencori_app." + drawn(HEX, 20, 10) + ".webmanifest",
    "cencori_app_" + drawn(HEX, 20, 11) + ".js.map",
    "cencori_app-" + drawn(HEX, 16, 12) + ".rlib",
    "cen_widget_" + drawn(HEX, 8, 13),
    "registry.io/cencori_gateway:" + drawn(HEX, 40, 14),
    "cencori_gateway@sha256:" + drawn(HEX, 64, 15),
    "cencori_gateway-1.4.2-alpine3.19-node20.11.1",
    "cencori_gateway_v1.4.2-12-g" + drawn(HEX, 7, 16),  # git describe
    ".cencori_sidebar__" + drawn(BASE58, 5, 17) + " {",
    ".Cencori_cencori_button--primary__a1B2c {",
    ".cencori_navigation_container__3xKq9_active",
    "cencori_sdk@1.4.2(react-dom@18.2.0)",
    "https://cencori_docs.example.com/v1/keys?page=2",
    "cencori_uploads.s3.eu-west-1.amazonaws.com",
]

SEQUENCES = [
    "1234567890" * 5,
    "0123456789abcdef" * 3,
    "abcdef0123456789" * 3,
    "fedcba9876543210" * 3,
    "a1b2c3d4e5f6" * 4,
    "a1b2c3d4e5f6g7h8i9j0",
    "1a2b3c4d5e6f7g8h9i0j",
    "a1b2c3d4e5f6g7h8i9j0k1l2m3n4o5p6",
    "A1B2C3D4E5F6G7H8J9K1L2M3N4P5Q6R7",
    "deadbeef" * 6,
    "DEADBEEF" * 6,
    "cafebabe" * 6,
    "c0ffee" * 8,
    "01" * 24,
    "0" * 48,
    "f" * 48,
    "0" * 47 + "1",
    "a" * 24 + "b" * 24,
    "1" * 32,
    "z" * 32,
    "abcdefghijkmnopqrstuvwxyzABCDEFG",
    "ABCDEFGHJKLMNPQRSTUVWXYZ123456789",
    "qwertyuiopasdfghjklzxcvbnm",
    "qwertyuiop1234567890",
    "qwerty123456qwerty123456",
    "1234567890qwertyuiopasdfghjkl",
    "xxxxxxxxxxxxxxxxxxxx",
    "xxxx-xxxx-xxxx-xxxx-xxxx",
    "XXXXXXXXXXXXXXXX1234",
    "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx1a2b",
    "abc123abc123abc123abc123",
    "abc123def456ghi789jkl012mno345pqr678",
    "foobarfoobarfoobar12",
    "________________________________",
    "--------------------------------",
    "................",
    "00000000-0000-4000-8000-000000000000",
    "000000000000" + "4000" + "8000" + "0" * 12,
    "111111111111" + "4111" + "8111" + "1" * 12,
]

PLACEHOLDERS = [
    "your_api_key_here",
    "YOUR_KEY",
    "your-key-" + drawn(HEX, 20, 20),
    "example_" + drawn(HEX, 24, 21),
    "placeholder_1234567890abcdef",
    "replace-me-with-a-real-key-123",
    "changeme123changeme123",
    "REDACTED_REDACTED_REDACTED_1",
    "insert_your_key_here_12345678",
    "dummy-key-for-unit-tests-1234",
    "fake_" + drawn(HEX, 24, 22),
    "sample-" + drawn(HEX, 24, 23),
    "<key>",
    "[your key]",
    "(48 hex digits)",
    "...",
    "…",
    "*" * 48,
    "•" * 20,
    "${KEY}",
    "$KEY",
    "{{ key }}",
    "{key}",
    "%s",
    "%KEY%",
    "#{key}",
    "' + key",
    '" + randomBytes(24).toString("hex")',
    "[0-9a-f]{48}",
    "\\w+",
    "",
]


@pytest.mark.parametrize("text", [*NAMED_BY_THE_DESIGN, *IDENTIFIERS, *FILES_AND_VERSIONS])
def test_what_people_write_is_no_key(text: str) -> None:
    for before, after in (("", ""), ('key = "', '";\n'), ("\\n", ","), ("/", "/"), ("", ".")):
        assert not find_keys(f"{before}{text}{after}".encode())


@pytest.mark.parametrize("body", [*SEQUENCES, *PLACEHOLDERS])
def test_a_placeholder_after_any_prefix_is_no_key(body: str) -> None:
    for prefix in ALL_PREFIXES:
        assert not find_keys(f"K={prefix}{body}\n".encode())


_WORDS = (
    "api key token user session request response client server gateway agent model provider layer cache retry "
    "timer config setting sidebar mode theme open close read write update delete create index total count error "
    "message handler queue worker budget limit usage metric project team member invite domain browser widget "
    "button header footer page table column row field value default internal service local prod staging dev test "
    "migration schema public private cluster region zone backup restore import export stream chunk prompt embed "
    "completion vector search filter sort order price billing plan credit balance policy audit log event hook"
)
WORDS = _WORDS.split()
NUMBERS = ["1", "2", "3", "42", "99", "404", "1024", "2024", "2026", "v1", "v2", "x2", "3d", "p99", "10ms", "20251120"]


def joined(words: list[str], style: str) -> str:
    """*words* as one identifier."""
    if style == "camel":
        return words[0] + "".join(word.capitalize() for word in words[1:])
    if style == "pascal":
        return "".join(word.capitalize() for word in words)
    if style == "upper":
        return "_".join(words).upper()
    return style.join(words)


# Two words for each number, as in names that people give.
names = st.builds(
    lambda groups, style: joined([part for group in groups for part in group], style),
    st.lists(
        st.one_of(
            st.tuples(st.sampled_from(WORDS), st.sampled_from(WORDS)),
            st.tuples(st.sampled_from(WORDS), st.sampled_from(NUMBERS), st.sampled_from(WORDS)),
        ),
        min_size=1,
        max_size=6,
    ),
    st.sampled_from(["_", "-", ".", "camel", "pascal", "upper"]),
)


@given(prefix=st.sampled_from(ALL_PREFIXES), name=names)
def test_no_identifier_made_of_words_and_numbers_is_a_key(prefix: str, name: str) -> None:
    assert not find_keys((prefix + name).encode())


@given(
    prefix=st.sampled_from(ALL_PREFIXES),
    group=st.text(HEX, min_size=1, max_size=8),
    size=st.sampled_from([16, 24, 32, 40, 48, 64]),
)
def test_no_repeated_group_is_a_key(prefix: str, group: str, size: int) -> None:
    times = size // len(group) + 1
    assert not find_keys((prefix + (group * times)[:size]).encode())


@given(
    prefix=st.sampled_from(ALL_PREFIXES),
    order=st.sampled_from(["0123456789", "0123456789abcdef", "abcdefghijklmnopqrstuvwxyz", "9876543210", "fedcba"]),
    turn=st.integers(0, 25),
    size=st.sampled_from([16, 24, 32, 48]),
    upper=st.booleans(),
)
def test_no_run_is_a_key(prefix: str, order: str, turn: int, size: int, upper: bool) -> None:
    body = (order * 10)[turn : turn + size]
    assert not find_keys((prefix + (body.upper() if upper else body)).encode())


def test_pieces_tell_words_from_chance() -> None:
    """The measures say what their names say."""
    assert entropy(b"aaaa") == 0
    assert entropy(b"abcd") == 2
    assert is_repeat(b"abcabcabcabd")
    assert not is_repeat(drawn(HEX, 48).encode())
    assert is_run(b"0123456789abcdef")
    assert is_run(b"a1b2c3d4e5f6")
    assert not is_run(b"qwertyuiopasdf")
    assert is_run(b"qwertyuiopasdf", keyboard=True)
    assert is_degenerate(b"deadbeef" * 6)
    assert is_identifier(b"provider")
    assert is_identifier(b"20251120")
    assert word_score(b"getApiKeyFromEnvironmentOrThrows") >= WORDS_FOR_CERTAIN


def test_chance_is_seldom_turned_away() -> None:
    """Random bodies: no whole shape is degenerate or made of words, and hardly a loose one with a digit is lost."""
    source = random.Random(7)
    for _ in range(2_000):
        body = bytes(source.choices(BASE58.encode(), k=32))
        assert not is_degenerate(body)
        assert word_score(body) < WORDS_FOR_CERTAIN
    alphabet = BASE58.encode() + b"0OIl"
    for size, most in ((16, 30), (24, 5), (48, 0)):
        bodies = [bytes(source.choices(alphabet, k=size)) for _ in range(3_000)]
        mixed = [b for b in bodies if any(48 <= c < 58 for c in b)]
        assert sum(not looks_random(body) for body in mixed) <= most
