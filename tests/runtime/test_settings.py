"""Settings: malformed ones are named with their problem and an example, and no secret is shown."""

from pathlib import Path

import pytest

from runtime.settings import Settings, SettingsError, load, variable

EXAMPLES = {variable(name): str(field.examples[0]) for name, field in Settings.model_fields.items() if field.examples}

MALFORMED = [
    ("LINE_NODE", "Line 1", "should match pattern"),
    ("LINE_SIP_BIND", "5060", "not host:port"),
    ("LINE_SIP_BIND", "127.0.0.1:0", "port from 1 to 65535"),
    ("LINE_SIP_BIND", "127.0.0.1:65536", "port from 1 to 65535"),
    ("LINE_API_BIND", "http://127.0.0.1:8080", "not host:port"),
    ("LINE_AGI_ADDRESSES", "127.0.0.1:4573,elsewhere", "not host:port"),
    ("LINE_AGI_ADDRESSES", ",", "at least 1 item"),
    ("LINE_TRUNK_MATCH", "203.0.113.5/8", "not an IP network"),
    ("LINE_AMI_PERMIT", "127.0.0.1/32,anywhere", "not an IP network"),
    ("LINE_AMI_PERMIT", ",", "at least 1 item"),
    ("LINE_TRUSTED_PROXIES", "10.0.0.5,*", "not an IP network"),
    ("LINE_EXTERNAL_ADDRESS", "our.house", "not an IP address"),
    ("LINE_RTP_PORTS", "20000", "not first-last"),
    ("LINE_RTP_PORTS", "20999-20000", "first < last"),
    ("LINE_RTP_PORTS", "80-90", "1024 <= first"),
    ("LINE_DEFAULT_REGION", "us", "not a region"),
    ("LINE_NUMBERS", "+14155550199,4155550198", "number 2 of the list is not E.164"),
    ("LINE_DATABASE_URL", "mysql://line@localhost/line", "not a PostgreSQL address"),
    ("LINE_NUMBER_KEY", "secret", "not 32 bytes as 64 hex digits or as base64"),
    ("LINE_NUMBER_KEY", "ab" * 31, "not 32 bytes"),
    ("LINE_NUMBER_KEY", "A" * 42 + "=", "not 32 bytes"),
    ("LINE_NUMBER_KEY_PREVIOUS", "ab" * 33, "not 32 bytes"),
    ("LINE_OPENS_BEFORE_SECONDS", "a minute", "valid integer"),
    ("LINE_OPENS_BEFORE_SECONDS", "-1", "greater than or equal to 0"),
    ("LINE_CLOSES_AFTER_SECONDS", "86401", "less than or equal to 86400"),
    ("LINE_MAX_CALL_SECONDS", "60", "greater than or equal to 600"),
    ("LINE_RING_SECONDS", "1", "greater than or equal to 5"),
    ("LINE_CALLER_ID", "mine", "'diversion', 'plain' or 'line_number'"),
    ("LINE_DENY_PREFIXES", "+1900,900", "prefix 2 of the list"),
    ("LINE_TRUNK_TRANSPORT", "sctp", "'udp', 'tcp' or 'tls'"),
    ("LINE_TRUNK_USERNAME", "a name;", "should match pattern"),
    ("LINE_TRUNK_PASSWORD", "long; word", "without spaces and semicolons"),
    ("LINE_LOG_LEVEL", "loud", "'debug', 'info'"),
    ("LINE_WEBHOOK_URL", "http://platform.example/hooks", "not https; http is for localhost alone"),
    ("LINE_WEBHOOK_URL", "http://localhost.example/", "not https"),
    ("LINE_WEBHOOK_URL", "ftp://localhost/", "not https"),
    ("LINE_WEBHOOK_URL", "platform.example/hooks", "not a web address"),
    ("LINE_WEBHOOK_URL", "https://platform.example:99999/", "not a web address"),
    ("LINE_WEBHOOK_URL", "https://platform .example/", "not a web address"),
    ("LINE_WEBHOOK_URL", "https://line@platform.example/", "has a user name"),
    ("LINE_WEBHOOK_SECRET", "hunter2", "not whsec_ and then 24 to 64 bytes in base64"),
    ("LINE_WEBHOOK_SECRET", "whsec_c2hvcnQ=", "not whsec_ and then"),
    ("LINE_WEBHOOK_ALLOW_PRIVATE", "perhaps", "valid boolean"),
    ("LINE_SMS", "pigeon", "'sip', 'http' or 'off'"),
    ("LINE_SMS_FROM", "4155550199", "should match pattern"),
    ("LINE_SMS_URL", "http://sms.example/", "not https"),
    ("LINE_AMI_TEXTER_SECRET", "two words", "without spaces and semicolons"),
    ("LINE_PORTAL_URL", "javascript:alert(1)", "not https:// and a host"),
]


@pytest.mark.parametrize(("name", "value", "problem"), MALFORMED, ids=[f"{n}={v}" for n, v, _ in MALFORMED])
def test_a_malformed_setting_is_named_with_its_problem_and_an_example(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str, problem: str
) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(SettingsError) as caught:
        load()
    (line,) = str(caught.value).splitlines()
    assert line.startswith(f"{name}: ")
    assert problem in line
    assert line.endswith(f"Example: {name}={EXAMPLES[name]}")


def test_every_malformed_setting_is_named_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value, _ in MALFORMED:
        monkeypatch.setenv(name, value)
    with pytest.raises(SettingsError) as caught:
        load()
    named = {line.partition(":")[0] for line in str(caught.value).splitlines()}
    assert named == {name for name, _, _ in MALFORMED}


def test_p3_the_value_of_a_secret_is_not_repeated(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LINE_DATABASE_URL", "mysql://line:hunter2@db/line")
    monkeypatch.setenv("LINE_NUMBER_KEY", "hunter2")
    with pytest.raises(SettingsError) as caught:
        load()
    assert "hunter2" not in repr(caught.value)
    assert caught.value.__suppress_context__


def test_p1_a_malformed_line_number_is_not_repeated(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LINE_NUMBERS", "4155550177")
    with pytest.raises(SettingsError) as caught:
        load()
    assert "4155550177" not in str(caught.value)


@pytest.mark.parametrize("name", ["LINE_DATABASE_URL", "LINE_API_TOKEN", "LINE_AMI_SECRET", "LINE_SMS_TOKEN"])
def test_p3_settings_in_force_do_not_show_their_secrets(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.setenv(name, "postgresql://line:hunter2@db/line")
    settings = load()
    assert "hunter2" not in f"{settings} {settings!r} {settings.model_dump()} {settings.model_dump_json()}"
    assert "hunter2" in settings.environment()[name]


def test_p3_no_secret_has_a_default() -> None:
    settings = load()
    assert (settings.database_url, settings.api_token, settings.ami_secret) == (None, None, None)
    assert settings.number_keys() == []


@pytest.mark.parametrize("name", Settings.model_fields)
def test_every_setting_says_what_it_is_for_and_its_example_is_valid(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    assert Settings.model_fields[name].description
    monkeypatch.setenv(variable(name), EXAMPLES[variable(name)])
    assert load().text(name) == EXAMPLES[variable(name)]


def test_p3_a_webhook_secret_is_hidden_and_may_be_two_while_it_is_changed(monkeypatch: pytest.MonkeyPatch) -> None:
    both = f"{EXAMPLES['LINE_WEBHOOK_SECRET']},whsec_{'QUJD' * 8}"
    monkeypatch.setenv("LINE_WEBHOOK_SECRET", both)
    settings = load()
    assert "QUJD" not in f"{settings!r} {settings.model_dump_json()}"
    assert settings.environment()["LINE_WEBHOOK_SECRET"] == both


def test_webhooks_by_http_are_for_this_machine_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    for url in ("http://localhost:8000/hooks", "http://127.0.0.1/", "http://[::1]:8000/"):
        monkeypatch.setenv("LINE_WEBHOOK_URL", url)
        assert load().webhook_url == url


def test_w1_the_margins_are_a_minute_and_the_second_may_be_0(monkeypatch: pytest.MonkeyPatch) -> None:
    assert (load().opens_before_seconds, load().closes_after_seconds) == (60, 60)
    monkeypatch.setenv("LINE_CLOSES_AFTER_SECONDS", "0")
    assert load().closes_after_seconds == 0


def test_s2_by_default_any_connection_completes_and_w2_a_call_may_last_four_hours() -> None:
    assert (load().completed_after_seconds, load().max_call_seconds) == (0, 4 * 60 * 60)


def test_a_list_is_separated_by_commas_with_any_space_around(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LINE_NUMBERS", " +14155550199 ,+14155550198,, ")
    monkeypatch.setenv("LINE_AGI_ADDRESSES", "127.0.0.1:4573, [::1]:4574")
    settings = load()
    assert settings.numbers == ["+14155550199", "+14155550198"]
    assert [(address.host, address.port) for address in settings.agi_addresses] == [("127.0.0.1", 4573), ("::1", 4574)]


def test_an_empty_variable_is_one_that_is_not_set(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in EXAMPLES:
        monkeypatch.setenv(name, "")
    assert load() == Settings()


def test_what_is_not_said_listens_where_it_is_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LINE_AGI_ADDRESSES", "127.0.0.1:7001,127.0.0.1:7002")
    monkeypatch.setenv("LINE_AMI_ADDRESS", "127.0.0.1:7003")
    assert (load().listening_agi(), load().listening_ami()) == ("127.0.0.1:7001", "127.0.0.1:7003")
    monkeypatch.setenv("LINE_AGI_BIND", "0.0.0.0:7004")
    monkeypatch.setenv("LINE_AMI_BIND", "10.0.0.2:7005")
    assert (load().listening_agi(), load().listening_ami()) == ("0.0.0.0:7004", "10.0.0.2:7005")


def test_the_environment_goes_before_the_file(monkeypatch: pytest.MonkeyPatch, empty_environment: Path) -> None:
    (empty_environment / ".env").write_text("LINE_NODE=fromfile\nLINE_RING_SECONDS=30\n")
    monkeypatch.setenv("LINE_NODE", "fromenv")
    assert (load().node, load().ring_seconds) == ("fromenv", 30)


@pytest.mark.parametrize("given", [{}, EXAMPLES], ids=["defaults", "examples"])
def test_the_environment_handed_on_gives_the_same_settings(
    monkeypatch: pytest.MonkeyPatch, given: dict[str, str]
) -> None:
    for name, value in given.items():
        monkeypatch.setenv(name, value)
    settings = load()
    for name, value in settings.environment().items():
        monkeypatch.setenv(name, value)
    assert load() == settings
