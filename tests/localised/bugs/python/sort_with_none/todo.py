from datetime import date

from tasks import Task, by_due_day


def main():
    tasks = [Task("pay", date(2026, 3, 1)), Task("read", None), Task("call", date(2026, 2, 1))]
    for task in by_due_day(tasks):
        print(task.title)


main()
