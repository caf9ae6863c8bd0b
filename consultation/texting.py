"""What text messages say, and what the answers to them mean (S4)."""

from __future__ import annotations

import re
from enum import StrEnum

LANGUAGES = ("en", "es")

# Letters that every phone's 7-bit alphabet has, so that a text is one message and not two: hence no accents.
_REMINDER = {
    "en": ("You have a question waiting about a recent booking.", "Please answer it", "in your portal"),
    "es": ("Tiene una pregunta pendiente sobre una reserva reciente.", "Responda", "en su portal"),
}
_OPT_OUT = {"en": "Reply STOP to opt out.", "es": "Para no recibir mensajes, responda STOP."}

# 47 CFR 64.1200(a)(10) names stop, quit, end, revoke, opt out, cancel and unsubscribe; carriers add STOPALL.
_OUT = frozenset({"stop", "stopall", "quit", "end", "revoke", "optout", "cancel", "unsubscribe"})
_IN = frozenset({"start", "yes", "unstop"})
# These mean it whatever follows ("Stop texting me"); "Cancel my booking" or "Yes it did" need not.
_OUT_AS_FIRST_WORD = frozenset({"stop", "stopall", "unsubscribe"})


class Answer(StrEnum):
    """What a text from a provider asks for."""

    OPT_OUT = "opted_out"
    OPT_IN = "opted_in"


def reminder(language: str, portal_url: str | None, default_language: str = "en") -> str:
    """The reminder in the provider's language (a tag such as es-MX). Names no client and nothing clinical (S4)."""
    wanted = language.partition("-")[0].lower()
    spoken = wanted if wanted in LANGUAGES else default_language
    question, please, where = _REMINDER[spoken]
    link = f": {portal_url} " if portal_url else ". "
    return f"{question} {please} {where}{link}{_OPT_OUT[spoken]}"


def meaning(text: str) -> Answer | None:
    """What a text that came in asks for; None for any other text."""
    words = re.findall(r"[a-z]+", text.lower())
    whole = "".join(words)
    if whole in _OUT or (words and words[0] in _OUT_AS_FIRST_WORD):
        return Answer.OPT_OUT
    return Answer.OPT_IN if whole in _IN else None
