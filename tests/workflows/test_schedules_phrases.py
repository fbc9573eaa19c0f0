"""Time phrases: a table of what is understood on a Monday morning in Berlin, and of what is refused rather than misread."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from workflows.errors import InvalidError
from workflows.schedules import parse, understand

BERLIN = ZoneInfo("Europe/Berlin")
NOW = datetime(2026, 3, 30, 10, 0, tzinfo=BERLIN)

ONCE = {
    "remind me in 2 hours to X": "2026-03-30 12:00",
    "in 10 minutes X": "2026-03-30 10:10",
    "X in 10 seconds": "2026-03-30 10:00:10",
    "1h30m X": "2026-03-30 11:30",
    "in half an hour X": "2026-03-30 10:30",
    "in an hour and a half X": "2026-03-30 11:30",
    "in 2 and a half hours X": "2026-03-30 12:30",
    "in 1 hour and 30 minutes remind me to X": "2026-03-30 11:30",
    "remind me in a couple of minutes to X": "2026-03-30 10:02",
    "5 minutes from now X": "2026-03-30 10:05",
    "in two weeks X": "2026-04-13 10:00",
    "in 2 months X": "2026-05-30 10:00",
    "in 3 days at 9am X": "2026-04-02 09:00",
    "2030-06-15T09:30:00+00:00 X": "2030-06-15 11:30",
    "tomorrow 9am X": "2026-03-31 09:00",
    "X tomorrow at 9, please": "2026-03-31 09:00",
    "tomorrow X at 9am": "2026-03-31 09:00",
    "the day after tomorrow at 10:15 X": "2026-04-01 10:15",
    "tomorrow morning X": "2026-03-31 09:00",
    "tomorrow afternoon at 3 X": "2026-03-31 15:00",
    "tonight at 8 X": "2026-03-30 20:00",
    "this evening X": "2026-03-30 18:00",
    "half past nine tomorrow X": "2026-03-31 09:30",
    "tomorrow at quarter to eight X": "2026-03-31 07:45",
    "at 5 X": "2026-03-30 17:00",
    "at 2:30 X": "2026-03-30 14:30",
    "at 17:30 X": "2026-03-30 17:30",
    "remind me at noon to X": "2026-03-30 12:00",
    "at midnight X": "2026-03-31 00:00",
    "7 in the morning X": "2026-03-31 07:00",
    "remind me tomorrow to X": "2026-03-31 09:00",
    "tomorrow remind me at 5pm to X": "2026-03-31 17:00",
    "on friday at 3pm X": "2026-04-03 15:00",
    "friday next week at 3pm X": "2026-04-10 15:00",
    "next monday at 9 X": "2026-04-06 09:00",
    "monday at 9 X": "2026-04-06 09:00",
    "june 15th at 9:30 X": "2026-06-15 09:30",
    "15 june 2027 at 10:00 X": "2027-06-15 10:00",
    "last friday of the month at 4pm X": "2026-04-24 16:00",
    "remind me on wed to X": "2026-04-01 09:00",
    "X at 9 tomorrow morning": "2026-03-31 09:00",
    "29 february at 9 X": "2028-02-29 09:00",
    "on the 15th at 9 X": "2026-04-15 09:00",
    "X at 3pm on friday after next": "2026-04-10 15:00",
    "mañana 9am X": "2026-03-31 09:00",
    "recuérdame mañana a las 9 X": "2026-03-31 09:00",
    "übermorgen um 15:30 X": "2026-04-01 15:30",
    "el lunes a las 9 X": "2026-04-06 09:00",
    "am freitag um 15 uhr X": "2026-04-03 15:00",
    "5 de mayo 10:00 X": "2026-05-05 10:00",
    "in 2 stunden X": "2026-03-30 12:00",
    "demain à 9h X": "2026-03-31 09:00",
    "tomorrow at 9am sharp X": "2026-03-31 09:00",
    "in an hour's time X": "2026-03-30 11:00",
}
AGAIN = {
    "every 15 minutes X": "every 15 minutes",
    "every half hour X": "every 30 minutes",
    "every hour X": "every 1 hour",
    "every 2 days X": "every 2 days",
    "every day at 9 X": "daily@09:00",
    "daily at 9:30 X": "daily@09:30",
    "X every day": "daily@09:00",
    "every morning at 7 X": "daily@07:00",
    "every evening X": "daily@18:00",
    "every weekday at 9 X": "weekly@1,2,3,4,5@09:00",
    "monday to friday at 9 X": "weekly@1,2,3,4,5@09:00",
    "on weekends at 11 X": "weekly@0,6@11:00",
    "every monday at 10 X": "weekly@1@10:00",
    "every monday remind me at 5pm to X": "weekly@1@17:00",
    "every mon, wed and fri at 10:30 X": "weekly@1,3,5@10:30",
    "X on tuesdays and thursdays at 18:00": "weekly@2,4@18:00",
    "at noon every day X": "daily@12:00",
    "once a week on monday at 9 X": "weekly@1@09:00",
    "every month on the 1st at 9 X": "0 9 1 * *",
    "on the 1st and 15th of each month at 9am X": "0 9 1,15 * *",
    "every 15th at 9 X": "0 9 15 * *",
    "every year on march 5 at 9 X": "0 9 5 3 *",
    "every day at 9 and 17 X": "0 9,17 * * *",
    "every weekday except friday at 9 X": "weekly@1,2,3,4@09:00",
    "every day except sunday at 7am X": "weekly@1,2,3,4,5,6@07:00",
    "every 30 minutes between 9 and 17 on weekdays X": "*/30 9-16 * * 1-5",
    "every 2 hours between 8am and 6pm X": "0 8,10,12,14,16 * * *",
    "every 30 minutes on weekdays X": "*/30 * * * 1-5",
    "every 2 hours on weekdays X": "0 */2 * * 1-5",
    "every hour between 9am and 5pm X": "0 9-16 * * *",
    "every weekday other than friday at 9 X": "weekly@1,2,3,4@09:00",
    "every day at 9 except weekends X": "weekly@1,2,3,4,5@09:00",
    "from monday to friday at 9 X": "weekly@1,2,3,4,5@09:00",
    "on the first of every month at 9 X": "0 9 1 * *",
    "every friday afternoon X": "weekly@5@15:00",
    "daily@09:00 X": "daily@09:00",
    "every(15 minutes) X": "every 15 minutes",
    "0 9 * * 1-5 X": "0 9 * * 1-5",
    "@daily X": "@daily",
    "every monday to wednesday at 9 X": "weekly@1,2,3@09:00",
    "mondays to fridays at 9 X": "weekly@1,2,3,4,5@09:00",
    "every saturday-monday at 9 X": "weekly@0,1,6@09:00",
    "in the evenings X": "daily@18:00",
    "mornings at 7 X": "daily@07:00",
    "on monday mornings at 7 X": "weekly@1@07:00",
    "every night at 2am X": "daily@02:00",
}
REFUSED = {
    "": "does not say when",
    "just words": "does not say when",
    "10 check": "does not say when",
    "10x check": "does not say when",
    "tomorrow 9am": "add what is to happen",
    "2030-06-15T09:30:00 check": "explicit timezone offset",
    "100000000000000000000d check": "too far",
    "today at 9 X": "2026-03-30T09:00:00.02:00 is in the past",
    "check the report tomorrow": "say at what time",
    "at 9 X": "9am or 21:00",
    "tomorrow at 3 X": "3am or 15:00",
    "tomorrow at 2:30 X": "2:30am or 14:30",
    "tomorrow at midnight X": "Midnight",
    "monday at 11 X": "It is Monday today",
    "next friday at 3pm X": "friday next week",
    "february 30 at 9 X": "no 30th day",
    "february 31 at 9 X": "no 31st day",
    "june 42 at 9 X": "no 42nd day",
    "june 53 at 9 X": "no 53rd day",
    "every week X": "say on which day",
    "every day at 9 and 17:30 X": "same minute",
    "every 3 days at 9 X": "every 2 weeks",
    "every other week on monday at 10 X": "every 2 weeks",
    "first monday of every month at 9 X": "not the first or the last weekday",
    "last day of every month at 18:00 X": "does not say when",
    "every last friday of the month at 4pm X": "not the first or the last weekday",
    "every hour except on sundays X": "does not say when",
    "every day except holidays at 9 X": "does not say when",
    "every weekday at 9 except the 1st X": "does not say when",
    "every tuesday between 3 and 5 X": "does not say when",
    "every 20 minutes between 8:30 and 10 X": "full hour",
    "every hour from 9 to 5 X": "5am or 17:00",
    "every 45 minutes between 9 and 17 X": "make up an hour",
    "every weekday at 9 and every saturday at 10 X": "does not say when",
    "remind me next week to X": "say on which day",
    "every day at 9 until end of april X": "until it is cancelled",
    "every weekday 9am for 2 weeks X": "does not say when",
    "every 5 minutes for an hour X": "does not say when",
    "two days before friday at 10 X": "does not say when",
    "in an hour fifteen X": "does not say when",
    "tomorrow 9am UTC X": "does not say when",
    "send the report by friday 5pm": "does not say when",
    "the meeting is tomorrow at 9": "does not say when",
    "on monday at 9 every week X": "does not say when",
    "mañana 9:00 EST X": "does not say when",
    "remind me to get out 9:00": "9am or 21:00",
    "mayo 9:00 X": "does not say when",
    "61 9 * * * X": "minutes go from 0 to 59",
    "remind me 15 minutes before the call at 16:00": "counted from another time",
    "remind me the day before the trip on june 5 at 9am": "counted from another time",
    "remind me tomorrow to call Anna friday at 9am": "two times",
    "remind me tonight that I have to be there tomorrow at 9am": "two times",
    "don't remind me at 17:00": "asks for none",
    "remind me tomorrow same time to X": "does not say when",
    "remind me every tuesday lunch to X": "does not say when",
    "remind me monday to call Anna friday at 9am": "two times",
    "in 10 minutes X and in 20 minutes Y": "two times",
    "X at 17:00 and Y at 18:00": "two times",
    "every monday at 9 X, every tuesday at 10 Y": "two times",
    "daily reminder at 17:00 to X": "does not say when",
    "on march 30 at 9 X": "It is March 30 today",
    "on the 30th at 9 X": "It is the 30th today",
    "saturday night at 1am X": "do not go together",
    "tomorrow afternoon at 9 X": "do not go together",
    "every evening at 12 X": "do not go together",
    "every friday at midnight X": "Midnight",
    "every 10 minutes X 5 times": "until it is cancelled",
    "every day X until friday": "until it is cancelled",
    "every day this week at 9 X": "does not say when",
    "every day at 9, not on sundays X": "does not say when",
    "every day about 10 X": "does not say when",
    "every hour this afternoon X": "does not say when",
    "every hour after 17:00 X": "does not say when",
    "every 5 minutes on the 1st X": "does not say when",
    "every 10 minutes between 9 and 10 tomorrow X": "does not say when",
    "the day after june 5 at 9 X": "does not say when",
    "after tomorrow at 9 X": "does not say when",
    "tomorrow at 9am, then weekly X": "does not say when",
    "at 14:00 ET X": "does not say when",
    "tomorrow at 9am London time X": "does not say when",
    "mañana a las 9 de la noche X": "does not say when",
    "mañana a las 9 y media X": "does not say when",
    "mañana a las 3 X": "does not say when",
    "in 2 tagen um 9 uhr X": "does not say when",
    "morgen um 9 uhr abends X": "does not say when",
}


@pytest.mark.parametrize(("phrase", "local"), ONCE.items())
def test_a_time_to_come_is_understood(phrase: str, local: str) -> None:
    understood = understand(phrase, NOW, BERLIN)

    assert understood.at == datetime.fromisoformat(local).replace(tzinfo=BERLIN).astimezone(UTC)
    assert (understood.kind, understood.text) == ("one-shot", "X")


@pytest.mark.parametrize(("phrase", "schedule"), AGAIN.items())
def test_what_recurs_is_understood(phrase: str, schedule: str) -> None:
    understood = understand(phrase, NOW, BERLIN)

    assert (understood.schedule, understood.schedule and understood.schedule.text) == (parse(schedule), schedule)
    assert (understood.kind, understood.text) == ("schedule", "X")


@pytest.mark.parametrize(("phrase", "sentence"), REFUSED.items())
def test_what_is_unclear_is_refused_with_a_way_to_be_clear(phrase: str, sentence: str) -> None:
    with pytest.raises(InvalidError, match=sentence):
        understand(phrase, NOW, BERLIN)


@pytest.mark.parametrize(
    ("said", "text"),
    [
        ("check the 5 servers tomorrow at 9", "check the 5 servers"),
        ("call Anna at 555-1234 tomorrow at 9am", "call Anna at 555-1234"),
        ("tomorrow 9am check the meeting at 10", "check the meeting at 10"),
        ("every friday at 5pm post the weekly summary", "post the weekly summary"),
        ("restart server 2 in 10 minutes", "restart server 2"),
        ("in 10 minutes tea time", "tea time"),
        ("weekly report every friday at 5pm", "weekly report"),
        ("every monday at 9 send the report, daily summary and chart", "send the report, daily summary and chart"),
        ("summarize the last 24 hours every day at 9am", "summarize the last 24 hours"),
        ("post a summary of the day at 18:00 every weekday", "post a summary of the day"),
        ("tomorrow at 9 buy milk, 2 eggs and the 5 o'clock tea", "buy milk, 2 eggs and the 5 o'clock tea"),
        ("remind me that the rent is due on the 1st of each month", "the rent is due"),
        ("every day at 9am this week’s numbers", "this week’s numbers"),
        ("in 5 min, remind me: tea\n- green\n- black", "tea\n- green\n- black"),
        ("please remind me at 17:00 that the rent is due", "the rent is due"),
        ("every weekday at 9 remind me of the stand-up", "the stand-up"),
        ("in 2 hours remind me of tea", "tea"),
        ("remind me every weekday at 9 of tea", "tea"),
        ("remind me of tea in 2 hours", "tea"),
        ("remind me of rent on the 1st of each month", "rent"),
    ],
)
def test_the_text_stays_as_it_was_said(said: str, text: str) -> None:
    assert understand(said, NOW, BERLIN).text == text


@pytest.mark.parametrize(
    ("said", "mode", "workflow"),
    [
        ("remind me in 2 hours to call Anna", "notify", ""),
        ("in 2 hours remind me to call Anna", "notify", ""),
        ("check this again in 10 minutes", "prompt_agent", ""),
        ("run the report workflow on Mondays", "run_workflow", "report"),
        ("schedule the Tea report workflow for Mondays at 9", "run_workflow", "Tea report"),
        ("every monday at 9 start workflow “Weekly report”", "run_workflow", "Weekly report"),
    ],
)
def test_the_words_say_what_kind_of_work_it_is(said: str, mode: str, workflow: str) -> None:
    understood = understand(said, NOW, BERLIN)

    assert (understood.mode, understood.workflow) == (mode, workflow)


def test_a_local_time_in_a_gap_is_the_first_minute_after_it() -> None:
    before = datetime(2026, 3, 28, 12, 0, tzinfo=BERLIN)

    assert understand("tomorrow at 2:30am X", before, BERLIN).at == datetime(2026, 3, 29, 1, 0, tzinfo=UTC)


@pytest.mark.parametrize("phrase", ["at 12 X", "at 12:30 X", "at quarter to 12 X"])
def test_a_twelve_in_the_evening_is_asked_about(phrase: str) -> None:
    with pytest.raises(InvalidError, match=r"may be (midday or midnight|tonight or tomorrow)"):
        understand(phrase, NOW.replace(hour=22), BERLIN)


def test_a_day_is_that_of_the_person_and_not_of_the_server() -> None:
    late = datetime(2026, 3, 30, 23, 30, tzinfo=UTC)

    assert understand("today at 9am X", late, BERLIN).at == datetime(2026, 3, 31, 7, 0, tzinfo=UTC)
