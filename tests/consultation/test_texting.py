"""What texts say, and what their answers mean (S4)."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consultation.texting import Answer, meaning, reminder

URL = "https://line.example.org/portal"
# 3GPP TS 23.038: what a text of 160 characters may consist of.
GSM_7 = set(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿"
    "abcdefghijklmnopqrstuvwxyzäöñüà"
)
CLINICAL = re.compile(
    "therap|terap|client|patient|pacient|consult|treat|tratam|clinic|clínic|health|salud|m[eé]dic|doctor"
)


@pytest.mark.parametrize("language", ["en", "es"])
@pytest.mark.parametrize("url", [URL, None])
def test_s4_a_reminder_is_one_text_says_nothing_clinical_and_how_to_stop_it(language: str, url: str | None) -> None:
    text = reminder(language, url)
    assert len(text) <= 160
    assert set(text) <= GSM_7
    assert not CLINICAL.search(text.lower().replace(URL, ""))
    assert "STOP" in text
    assert (URL in text) == (url is not None)
    assert "None" not in text
    assert "  " not in text


def test_s4_a_reminder_is_in_the_providers_language() -> None:
    assert "Reply STOP" in reminder("en-GB", URL)
    assert "responda STOP" in reminder("es-MX", URL)
    assert reminder("fr", URL) == reminder("en", URL)
    assert reminder("fr", URL, "es") == reminder("es", URL)


@pytest.mark.parametrize(
    "text",
    [
        *("STOP", "stop", "Stop.", " stop!\n", "STOPALL", "unsubscribe", "CANCEL", "end", "quit", "revoke"),
        *("opt out", "OPT-OUT", "stop texting me", "Unsubscribe me please"),
    ],
)
def test_s4_every_common_way_to_opt_out_is_understood(text: str) -> None:
    assert meaning(text) is Answer.OPT_OUT


@pytest.mark.parametrize("text", ["START", "start", "Yes", "yes!", "UNSTOP"])
def test_s4_a_number_may_opt_in_again(text: str) -> None:
    assert meaning(text) is Answer.OPT_IN


@pytest.mark.parametrize("text", ["", "?", "Yes, it did", "Cancel my booking", "the end", "non-stop", "ok", "停止"])
def test_s4_any_other_text_changes_nothing(text: str) -> None:
    assert meaning(text) is None


@given(st.text())
def test_s4_any_text_at_all_can_be_read(text: str) -> None:
    assert meaning(text) in (None, Answer.OPT_IN, Answer.OPT_OUT)
