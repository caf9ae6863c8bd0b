"""What holds for every call, whoever calls and whatever is booked (A5-A7, A10, W1, W6)."""

from datetime import datetime

from hypothesis import given
from hypothesis import strategies as st

from consultation.admission import (
    NEAR,
    Admit,
    Attempt,
    Candidate,
    Decision,
    Profile,
    Reason,
    Refuse,
    Standing,
    decide,
    standings,
)
from consultation.numbers import NoNumber, PhoneNumber
from consultation.window import Phase
from tests.consultation.examples import LINE, OTHER_LINE, PROFILE, PROVIDER, diaries, moments

attempts = st.builds(
    Attempt,
    caller=st.sampled_from([PROVIDER, PROVIDER, PROVIDER, *NoNumber]),
    line_number=st.sampled_from([LINE, LINE, OTHER_LINE, None]),
)
known_attempts = st.builds(Attempt, caller=st.just(PROVIDER), line_number=st.sampled_from([LINE, OTHER_LINE]))
profiles = st.sampled_from([PROFILE, PROFILE, PROFILE, None])

W6_ORDER = [Phase.SCHEDULED, Phase.MINUTE_BEFORE, Phase.MINUTE_AFTER]


def may_be_reached(candidate: Candidate, line_number: PhoneNumber | None, now: datetime) -> bool:
    """A5, A6 and W1, told once more in other words."""
    window = candidate.window
    in_time = window.starts_at - window.margins.before <= now < window.ends_at + window.margins.after
    on_line = candidate.line_number is not None and candidate.line_number == line_number
    return in_time and on_line and candidate.referred and not candidate.withdrawn


@given(attempts, profiles, diaries, moments)
def test_a10_only_a_known_caller_is_admitted_and_only_to_what_every_rule_allows(
    attempt: Attempt, profile: Profile | None, diary: list[Candidate], now: datetime
) -> None:
    decision = decide(attempt, profile, diary, now)
    if isinstance(decision, Admit):
        assert isinstance(attempt.caller, PhoneNumber)
        assert profile is not None
        assert decision.candidate in diary
        assert may_be_reached(decision.candidate, attempt.line_number, now)
    else:
        assert isinstance(decision, Refuse)


@given(known_attempts, diaries, moments)
def test_w3_a_known_caller_is_admitted_wherever_the_rules_allow_a_consultation(
    attempt: Attempt, diary: list[Candidate], now: datetime
) -> None:
    allowed = [candidate for candidate in diary if may_be_reached(candidate, attempt.line_number, now)]
    assert isinstance(decide(attempt, PROFILE, diary, now), Admit) == bool(allowed)


@given(known_attempts, diaries, moments)
def test_w6_who_is_reached_goes_before_every_other_that_could_be(
    attempt: Attempt, diary: list[Candidate], now: datetime
) -> None:
    decision = decide(attempt, PROFILE, diary, now)
    if not isinstance(decision, Admit):
        return
    winner = decision.candidate.window
    for candidate in diary:
        if may_be_reached(candidate, attempt.line_number, now):
            turn = W6_ORDER.index(candidate.window.phase(now)) - W6_ORDER.index(winner.phase(now))
            assert turn > 0 or (turn == 0 and candidate.window.starts_at <= winner.starts_at)


@given(attempts, profiles, diaries, moments, st.data())
def test_w6_the_order_in_which_candidates_come_decides_nothing(
    attempt: Attempt, profile: Profile | None, diary: list[Candidate], now: datetime, data: st.DataObject
) -> None:
    shuffled = data.draw(st.permutations(diary))
    assert decide(attempt, profile, shuffled, now) == decide(attempt, profile, diary, now)


@given(known_attempts, diaries, moments)
def test_a7_a_refusal_tells_the_nearest_of_the_windows_within_24_hours(
    attempt: Attempt, diary: list[Candidate], now: datetime
) -> None:
    decision = decide(attempt, PROFILE, diary, now)
    valid = [candidate.window for candidate in diary if candidate.referred and not candidate.withdrawn]
    ahead = [window.opens_at - now for window in valid if now < window.opens_at <= now + NEAR]
    behind = [now - window.closes_at for window in valid if now - NEAR <= window.closes_at <= now]
    match decision:
        case Refuse(Reason.TOO_EARLY, opens_at, _):
            assert opens_at == now + min(ahead)
            assert min(ahead) <= min(behind, default=NEAR)
        case Refuse(Reason.TOO_LATE, None, _):
            assert min(behind) < min(ahead, default=NEAR * 2)
        case Refuse(Reason.NO_CONSULTATION, None, None):
            assert not ahead + behind


@given(attempts, profiles, diaries, moments)
def test_a12_the_standings_tell_what_the_decision_told(
    attempt: Attempt, profile: Profile | None, diary: list[Candidate], now: datetime
) -> None:
    decision: Decision = decide(attempt, profile, diary, now)
    judged = standings(attempt, profile, diary, now)
    assert [candidate for candidate, _ in judged] == diary
    reached = [candidate for candidate, standing in judged if standing is Standing.REACHED]
    assert reached == ([decision.candidate] if isinstance(decision, Admit) else [])


@given(known_attempts, diaries, moments)
def test_a12_every_standing_names_what_stands_in_the_way(
    attempt: Attempt, diary: list[Candidate], now: datetime
) -> None:
    for candidate, standing in standings(attempt, PROFILE, diary, now):
        window, on_line = candidate.window, candidate.line_number == attempt.line_number
        assert {
            Standing.NOT_REFERRED: not candidate.referred,
            Standing.WITHDRAWN: candidate.withdrawn,
            Standing.NOT_OPEN_YET: now < window.opens_at,
            Standing.CLOSED: now >= window.closes_at,
            Standing.OTHER_LINE_NUMBER: not on_line,
            Standing.OUTRANKED: may_be_reached(candidate, attempt.line_number, now),
            Standing.REACHED: may_be_reached(candidate, attempt.line_number, now),
        }[standing]
