"""Writes expectations.txt: what cron strings mean, by `croniter` and `zoneinfo`, which share no code with us.

    pip install croniter==7.0.0 tzdata==2026.6
    python3 expectations.py > expectations.txt

Lines of `croniter` rows are what it says itself, in UTC. Lines of `clock` rows are found by looking at the local
clock at every minute; there croniter only reads the cron string. A minute that the clock shows twice counts twice
where the later showing is behind UTC, and else only the second time, unless the cron string has all hours.
"""

import random
from datetime import datetime, timedelta, timezone
from zoneinfo import ZoneInfo

from croniter import croniter

MINUTE = timedelta(minutes=1)
UTC = timezone.utc

ZONES = ["America/New_York", "Europe/London", "Australia/Lord_Howe", "Africa/Cairo", "Australia/Sydney"]
AROUND_CHANGES = [
    "30 1 * * *", "30 2 * * *", "45 1 * * *", "15 2 * * *", "0 0 * * *", "30 23 * * *", "0 2 * * *", "0 3 * * *",
    "*/20 * * * *", "0 * * * *", "0,30 0-3 * * *", "30 1,2 * * 0", "0 0 1-7 * 0",
]


def changes(zone: ZoneInfo, year: int) -> list[datetime]:
    """Moments from which on the clock runs otherwise."""
    found = []
    at = datetime(year, 1, 1, tzinfo=UTC)
    while at.year == year:
        if at.astimezone(zone).utcoffset() != (at - 15 * MINUTE).astimezone(zone).utcoffset():
            found.append(at)
        at += 15 * MINUTE
    return found


def expanded(cron: str) -> list[set[int]]:
    fields, _ = croniter.expand(cron)
    everything = [range(60), range(24), range(1, 32), range(1, 13), range(7)]
    return [set(all_of_it) if field == ["*"] else set(field) for field, all_of_it in zip(fields, everything)]


def is_repeated(local: datetime, zone: ZoneInfo) -> bool:
    again = local.replace(fold=1).utcoffset()
    return local.fold == 0 and local.utcoffset() != again and again >= timedelta(0)


def by_the_clock(cron: str, zone: ZoneInfo, after: datetime, until: datetime) -> list[datetime]:
    minutes, hours, days, months, weekdays = expanded(cron)
    found = []
    at = after + MINUTE
    while at <= until:
        local = at.astimezone(zone)
        if (
            local.minute in minutes
            and local.hour in hours
            and local.day in days
            and local.month in months
            and local.isoweekday() % 7 in weekdays
            and (len(hours) == 24 or not is_repeated(local, zone))
        ):
            found.append(at)
        at += MINUTE
    return found


def line(kind: str, zone: str, cron: str, after: datetime, until: datetime | None, times: list[datetime]) -> str:
    text = lambda at: at.strftime("%Y-%m-%dT%H:%M") if at else "-"
    return " | ".join([kind, zone, cron, text(after), text(until), " ".join(map(text, times))])


def random_field(rng: random.Random, least: int, most: int) -> str:
    one = lambda: rng.randint(least, most)
    match rng.randrange(6):
        case 0 | 1:
            return "*"
        case 2:
            return str(one())
        case 3:
            return f"*/{rng.randint(2, (most - least) // 2 + 2)}"
        case 4:
            # croniter reads `5-5/2` in a way of its own: no such ranges.
            start, end = sorted(rng.sample(range(least, most + 1), 2))
            return f"{start}-{end}" + (f"/{rng.randint(1, 5)}" if rng.random() < 0.5 else "")
        case _:
            return ",".join(str(one()) for _ in range(rng.randint(2, 4)))


def random_cron(rng: random.Random) -> str:
    bounds = [(0, 59), (0, 23), (1, 28), (1, 12), (0, 6)]
    return " ".join(random_field(rng, least, most) for least, most in bounds)


def main() -> None:
    for name in ZONES:
        zone = ZoneInfo(name)
        for change in changes(zone, 2026):
            after, until = change - timedelta(hours=26), change + timedelta(hours=26)
            for cron in AROUND_CHANGES:
                print(line("clock", name, cron, after, until, by_the_clock(cron, zone, after, until)))
    rng = random.Random(2026)
    for _ in range(60):
        name = rng.choice([*ZONES, "America/Santiago", "Asia/Kolkata", "Pacific/Apia"])
        cron = random_cron(rng)
        after = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(minutes=rng.randrange(525_600))
        until = after + timedelta(days=40)
        found = by_the_clock(cron, ZoneInfo(name), after, until)[:8]
        print(line("clock", name, cron, after, until, found))
    for kind, day_or in [("croniter-and", False), ("croniter-or", True)]:
        for _ in range(120):
            cron = random_cron(rng)
            after = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(minutes=rng.randrange(525_600))
            times = croniter(cron, after, day_or=day_or, max_years_between_matches=100)
            print(line(kind, "UTC", cron, after, None, [times.get_next(datetime) for _ in range(4)]))


main()
