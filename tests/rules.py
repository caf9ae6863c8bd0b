"""Which test shows which rule: `python -m tests.rules` writes docs/rules.md, `--check` fails where it would change.

A test shows the rules that its name begins with: `test_w6_…`, `test_a1_a2_…`.
"""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs" / "rules.md"

RULES = {
    "W1": "the window is half-open, both margins are settings",
    "W2": "judged once, when it arrives; a call that is up goes on",
    "W3": "redials inside the window reach the same client; talk time adds up",
    "W4": "refused after the window",
    "W5": "one clock, the database's; time zones only show a time",
    "W6": "of two open consultations exactly one wins",
    "W7": "overlapping windows get different line numbers where there are any",
    "A1": "caller numbers are compared in E.164",
    "A2": "a withheld caller is refused",
    "A3": "a number on nobody's profile is refused; the line's own are nobody's",
    "A4": "several numbers per provider; a number belongs to one provider or practice",
    "A5": "only what was referred and is neither cancelled nor superseded",
    "A6": "the line number must be the consultation's",
    "A7": "too early, too late, nothing near",
    "A8": "a caller number that fails verification is refused",
    "A9": "a shared phone asks for the PIN",
    "A10": "any fault refuses",
    "A11": "ceilings on calls that are up",
    "A12": "every attempt is recorded with what it was decided on",
    "A13": "the provider hears why",
    "C1": "the client sees the provider's number",
    "C2": "the provider hears the client's own ringing, busy or no answer",
    "C3": "the client's number and network never reach the provider",
    "C4": "no audio can be captured",
    "E1": "connected: both legs in one bridge",
    "E2": "talk time: the time both were in it",
    "E3": "what is recorded of a call, and nothing else",
    "E4": "one outcome for every call, whatever was down; nothing lost, nothing invented",
    "E5": "dispositions",
    "S1": "a final status never changes",
    "S2": "a connected call completes its consultation",
    "S3": "a task opens when nobody has said whether it took place",
    "S4": "one text in the provider's daytime, never after an opt-out",
    "S5": "three days after the end it is unknown, and no answer is taken",
    "S6": "reschedule and cancellation",
    "S7": "the provider may say whether it took place",
    "S8": "evidence after a final status is kept beside it",
    "F1": "the line knows its own health",
    "F2": "while the line is down the direct number is shown, and every showing recorded",
    "F3": "clients' pages show the direct number, the pop-up the line number in its place",
    "F4": "report an issue, one click away",
    "P1": "no number stands whole where it need not",
    "P2": "who was shown a number leaves a row that cannot be altered",
    "P3": "every surface authenticates",
}
# Rules whose issues are not done yet. Some have tests already; they get their row when they are whole.
LATER: tuple[str, ...] = ()


def tests() -> Iterator[tuple[str, str]]:
    """Every test as its file and name."""
    for path in sorted((ROOT / "tests").rglob("test_*.py")):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name.startswith("test_"):
                yield str(path.relative_to(ROOT)), node.name


def shown_by(name: str) -> list[str]:
    """The rules that a test's name begins with."""
    found = []
    for word in name.removeprefix("test_").split("_"):
        if not re.fullmatch(r"[wacesfp][0-9]{1,2}", word):
            break
        found.append(word.upper())
    return found


def page() -> str:
    """The page. Raises SystemExit naming every rule without a test, and every test of a rule that there is not."""
    showing: dict[str, list[tuple[str, str]]] = {rule: [] for rule in (*RULES, *LATER)}
    wrong = []
    for path, name in tests():
        for rule in shown_by(name):
            if rule in showing:
                showing[rule].append((path, name))
            else:
                wrong.append(f"{path}: {name} shows {rule}, which is no rule")
    wrong += [
        f"{rule} ({RULES[rule]}) has no test: name one test_{rule.lower()}_…" for rule in RULES if not showing[rule]
    ]
    if wrong:
        raise SystemExit("\n".join(wrong))
    lines = [
        "# Rules and the tests that show them",
        "",
        "Made by `make rules` from the tests' names; `make check` fails where a rule has none. Tests under",
        "`tests/calls` are real calls through a real Asterisk.",
        "",
        "| rule | what | real calls | other tests |",
        "|---|---|---|---|",
    ]
    for rule, what in RULES.items():
        calls = [_shown(path, name) for path, name in showing[rule] if path.startswith("tests/calls")]
        others = sum(not path.startswith("tests/calls") for path, _ in showing[rule])
        lines.append(f"| {rule} | {what} | {'<br>'.join(sorted(set(calls))) or '-'} | {others} |")
    return "\n".join(lines) + "\n"


def _shown(path: str, name: str) -> str:
    words = name.removeprefix("test_").split("_")
    said = " ".join(words[len(shown_by(name)) :])
    return f"[{said}](../{path})"


def main() -> None:
    """Write the page, or with `--check` compare it."""
    if "--check" not in sys.argv[1:]:
        PAGE.write_text(page())
    elif not PAGE.exists() or PAGE.read_text() != page():
        raise SystemExit("docs/rules.md is not what the tests say: run `make rules`")


if __name__ == "__main__":
    main()
