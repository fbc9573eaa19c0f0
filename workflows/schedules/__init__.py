"""Schedules: reading their strings, telling when they are due, saying what they mean. Pure: no database, no clock of its own."""

from workflows.schedules.bounds import check_interval
from workflows.schedules.counting import Overdue, due_between
from workflows.schedules.describing import describe
from workflows.schedules.notes import Due, upcoming
from workflows.schedules.oneshot import parse_delay, when, zone_of
from workflows.schedules.parsing import parse
from workflows.schedules.phrases import Understood, understand
from workflows.schedules.schedule import Kind, Schedule
from workflows.schedules.times import next_after

__all__ = [
    "Due",
    "Kind",
    "Overdue",
    "Schedule",
    "Understood",
    "check_interval",
    "describe",
    "due_between",
    "next_after",
    "parse",
    "parse_delay",
    "understand",
    "upcoming",
    "when",
    "zone_of",
]
