from dataclasses import dataclass
from datetime import date
from typing import Optional


@dataclass
class Task:
    title: str
    due: Optional[date]


def by_due_day(tasks):
    """The tasks, the most urgent first."""
    return sorted(tasks, key=lambda task: task.due)
