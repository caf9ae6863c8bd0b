"""All that may be registered in the running Asterisk. What one more module would bring stands on no list here."""

from __future__ import annotations


def _words(*lines: str) -> frozenset[str]:
    return frozenset(word for line in lines for word in line.split())


# What the dialplan does.
USED = _words(
    "AGI Answer CELGenUserEvent Dial Gosub Goto GotoIf Hangup Log PJSIPHangup Playback Progress Read Return Set",
    "UserEvent Wait",
)
# Brought by Asterisk's core, or by a module that is needed for another of its applications. The dialplan has none of
# them, and nobody else can run an application: no manager user may originate or redirect, and our AGI servers send
# nothing but SET VARIABLE. So these could do harm and cannot:
#   Bridge       takes a channel of another call
#   EAGI         hands audio to a local program (and astagidir is empty)
#   RetryDial    dials again and again
#   MessageSend  texts; the texter uses the manager's action of that name
BROUGHT = _words(
    "BackGround Bridge Busy CallCompletionCancel CallCompletionRequest ClearHash Congestion DeadAGI EAGI ExecIfTime",
    "GosubIf GotoIfTime Incomplete MSet MessageSend NoOp Proceeding RaiseException RetryDial Ringing SayAlpha",
    "SayAlphaCase SayDigits SayMoney SayNumber SayOrdinal SayPhonetic StackPop Verbose WaitDigit WaitExten",
)
# What must never be there, said by name: a list above that names one of these is a mistake.
RECORDS = _words("ConfBridge Dictate MeetMe MixMonitor Monitor Record StopMixMonitor VoiceMail VoiceMailMain")
SPIES = _words("BackgroundDetect ChanSpy DAHDIScan ExtenSpy Pickup PickupChan WaitForNoise WaitForSilence")
STREAMS = _words("AudioSocket ExternalIVR ICES JACK MP3Player NBScat Stasis StreamEcho")
TRANSCRIBES = _words("SpeechActivateGrammar SpeechBackground SpeechCreate SpeechLoadGrammar SpeechStart")
SHELLS_OUT = _words("Exec ExecIf Macro SMS System TryExec TrySystem")
ORIGINATES = _words("ChannelRedirect FollowMe Originate Page Queue")
TRANSFERS = _words("AttendedTransfer BlindTransfer Park ParkAndAnnounce Transfer")
NEVER = RECORDS | SPIES | STREAMS | TRANSCRIBES | SHELLS_OUT | ORIGINATES | TRANSFERS

# What the dialplan evaluates, and what else the same modules bring.
FUNCTIONS_USED = _words(
    "ARRAY CALLERID CHANNEL FILTER GROUP GROUP_COUNT IF LEN MESSAGE PJSIP_HEADER REGEX SHIFT STIR_SHAKEN TIMEOUT"
)
FUNCTIONS_BROUGHT = _words(
    "AMI_CLIENT CHANNELS CHANNEL_EXISTS CONNECTEDLINE CSV_QUOTE DELETE EVAL EXCEPTION EXISTS FEATURE FEATUREMAP",
    "FIELDNUM FIELDQTY GROUP_LIST GROUP_MATCH_COUNT HASH HASHKEYS IFTIME IMPORT ISNULL KEYPADHASH LISTFILTER LOCAL",
    "LOCAL_PEEK LOG_GROUP LTRIM MASTER_CHANNEL MESSAGE_DATA PASSTHRU PJSIP_DIAL_CONTACTS PJSIP_DTMF_MODE",
    "PJSIP_HEADERS PJSIP_HEADER_PARAM PJSIP_INHERITABLE_HEADER PJSIP_MEDIA_OFFER PJSIP_MOH_PASSTHROUGH",
    "PJSIP_PARSE_URI PJSIP_PARSE_URI_FROM PJSIP_RESPONSE_HEADER PJSIP_RESPONSE_HEADERS PJSIP_SEND_SESSION_REFRESH",
    "PJSIP_TRANSFER_HANDLING POP PUSH QUOTE REDIRECTING REPLACE RTRIM SET STACK_PEEK STRBETWEEN STRFTIME STRPTIME",
    "STRREPLACE TESTTIME TOLOWER TOUPPER TRIM UNSHIFT VARIABLE_EXISTS",
)
HOOK_INTO_AUDIO = _words(
    "AGC AUDIOHOOK_INHERIT DENOISE FRAME_DROP FRAME_TRACE JITTERBUFFER MIXMONITOR PERIODIC_HOOK PITCH_SHIFT SPEECH",
    "SPEECH_ENGINE SPEECH_GRAMMAR SPEECH_TEXT TALK_DETECT VOLUME",
)
REACH_OUT_OR_WRITE = _words("CURL CURLOPT DB DB_DELETE ENUMLOOKUP ENV FILE FILE_FORMAT ODBC REALTIME SHELL SYSINFO")
FUNCTIONS_NEVER = HOOK_INTO_AUDIO | REACH_OUT_OR_WRITE

# AGI's commands come with res_agi, all of them or none. Of them `record file` could record, `speech …` reach
# recognisers (none is loaded), and `exec` do anything at all. They are held by who may speak: our own servers, at the
# addresses of the settings, which send SET VARIABLE and nothing else.
AGI_COMMANDS = {
    *("answer", "asyncagi break", "channel status", "control stream file", "database del", "database deltree"),
    *("database get", "database put", "exec", "get data", "get full variable", "get option", "get variable", "gosub"),
    *("hangup", "noop", "receive char", "receive text", "record file", "say alpha", "say date", "say datetime"),
    *("say digits", "say number", "say phonetic", "say time", "send image", "send text", "set autohangup"),
    *("set callerid", "set context", "set extension", "set music", "set priority", "set variable"),
    *("speech activate grammar", "speech create", "speech deactivate grammar", "speech destroy"),
    *("speech load grammar", "speech recognize", "speech set", "speech unload grammar", "stream file", "tdd mode"),
    *("verbose", "wait for digit"),
}

# The manager's actions that the listener's one right, `reporting`, brings. All of them read, but for those of the
# trunk's registration and the turn of the log file.
REPORTING = _words(
    "CoreSettings CoreShowChannelMap CoreShowChannels CoreStatus DBGet DBGetTree DeviceStateList ExtensionState",
    "ExtensionStateList Getvar LoggerRotate MailboxCount MailboxStatus PJSIPQualify PJSIPRegister",
    "PJSIPShowRegistrationsOutbound PJSIPUnregister PresenceState ShowDialPlan Status",
)
# Asterisk asks for no right at all for these, the first two of which end a bridge: whoever has a password may. That is
# the listener and the worker. Another such action has to stand here first.
WITHOUT_A_RIGHT = _words(
    "BridgeDestroy BridgeKick BridgeInfo BridgeList BridgeTechnologyList BridgeTechnologySuspend",
    "BridgeTechnologyUnsuspend Challenge Events ListCommands Login Logoff Ping WaitEvent",
)
