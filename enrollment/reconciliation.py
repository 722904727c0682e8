"""Whether every post at the door came to a known end: posts counted against what became of them."""

import json
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

import structlog
from django.db import transaction
from django.db.models import Count, Exists, OuterRef, Q
from django.db.models.functions import TruncDate
from django.utils import timezone

from courses import wall_clock
from courses.models import InstituteSettings
from enrollment.access import admissions_leads
from enrollment.mails import render_mail
from enrollment.models import ContactPoint, Lead, Submission
from enrollment.phones import parse_phone
from outbox.models import Message
from outbox.queue import enqueue

CHECKED_DAYS = 7
"""How many past days the nightly check looks at."""
NEWEST_POSTS = 50

log = structlog.get_logger(__name__)


@dataclass
class DayCount:
    """One day's posts of one form, and what became of them, counted from other rows than the posts."""

    day: date
    form: str
    posts: int = 0
    leads: int = 0
    added: int = 0
    spam: int = 0
    rejected: int = 0
    waiting: int = 0
    unexplained: list[str] = field(default_factory=list)
    """References of posts that fit nowhere."""

    @property
    def form_name(self) -> str:
        return str(Submission.Form(self.form).label)

    @property
    def difference(self) -> int:
        return self.posts - self.leads - self.added - self.spam - self.rejected - self.waiting


def count_days(first: date, last: date) -> list[DayCount]:
    """Return a count for each day and form with posts, the newest day first; two or three queries.

    Posts are counted from submissions. Leads are counted from leads: those that carry the reference
    of a post, also when they are merged away or set aside since; one erased since still counts.
    """
    made = Exists(Lead.everything.filter(reference=OuterRef("reference")))
    erased = Q(outcome=Submission.Outcome.LEAD, payload=Submission.EMPTIED) & ~made
    outcome = {
        name: Count("pk", filter=Q(outcome=name)) for name in ("repeated", "spam", "rejected", "received")
    }
    rows = (
        _received(first, last)
        .values("form", day=_day())
        .annotate(posts=Count("pk"), leads=Count("pk", filter=made | erased), **outcome)
        .order_by("-day", "form")
    )
    days = [
        DayCount(
            day=row["day"],
            form=row["form"],
            posts=row["posts"],
            leads=row["leads"],
            added=row["repeated"],
            spam=row["spam"],
            rejected=row["rejected"],
            waiting=row["received"],
        )
        for row in rows
    ]
    if any(day.difference for day in days):
        _explain(days, first, last)
    return days


@transaction.atomic
def tell_differences() -> int:
    """Tell admissions leads which of the last days, today left out, don't come out even; return how many.

    One mail a person and night, and none when all is even. Repeating it sends nothing more.
    """
    today = wall_clock.today()
    counts = count_days(today - timedelta(days=CHECKED_DAYS), today - timedelta(days=1))
    days = [day for day in counts if day.difference]
    if not days:
        return 0
    count = sum(abs(day.difference) for day in days)
    log.error(
        "posts_unaccounted_for", count=count, references=[ref for day in days for ref in day.unexplained]
    )
    mail = render_mail(
        "reconciliation", {"institute": InstituteSettings.current(), "days": days, "count": count}
    )
    for recipient in admissions_leads():
        enqueue(
            key=f"reconciliation:{today}:{recipient.pk}",
            to=recipient.email,
            subject=mail.subject,
            text=mail.text,
            html=mail.html,
            purpose=Message.Purpose.NOTICE,
        )
    return len(days)


@dataclass(frozen=True)
class UnusedPost:
    """A post that made no lead, with what identifies its sender hidden but for a hint."""

    submission: Submission
    name: str
    email: str
    phone: str
    known_lead: Lead | None
    """A lead with the same address or number: probably the corrected post."""


def unused_posts() -> list[UnusedPost]:
    """Return the newest posts taken for spam or refused that aren't emptied; three queries."""
    kept = Submission.objects.filter(outcome__in=Submission.UNUSED).exclude(payload=Submission.EMPTIED)
    posts = list(kept.order_by("-received_at", "-pk")[:NEWEST_POSTS])
    said = {
        post.pk: {name: values[-1] for name, values in json.loads(post.payload).items() if values}
        for post in posts
    }
    values = {value for fields in said.values() for value in _ways(fields)}
    points = ContactPoint.objects.filter(value__in=values).order_by("-person").values_list("value", "person")
    people = dict(points)
    leads = {
        lead.person_id: lead
        for lead in Lead.objects.filter(person__in=people.values()).order_by("created_at", "pk")
    }
    known = {value: leads[person] for value, person in people.items() if person in leads}
    return [_masked(post, said[post.pk], known) for post in posts]


def mask(text: str, *, shown: int = 1) -> str:
    """Return the first letters of each part with the rest hidden: enough to recognise, not to use."""
    return " ".join(f"{part[:shown]}…" if len(part) > shown else part for part in text.split()[:3])[:60]


def _masked(post: Submission, fields: dict[str, str], known: dict[str, Lead]) -> UnusedPost:
    email, phone = fields.get("email", ""), fields.get("phone", "")
    user, _at, host = email.strip().partition("@")
    return UnusedPost(
        submission=post,
        name=mask(fields.get("name", "")),
        email=f"{mask(user)}@{mask(host, shown=3)}" if host else mask(user),
        phone=f"…{phone.strip()[-3:]}" if phone.strip() else "",
        known_lead=next((known[value] for value in _ways(fields) if value in known), None),
    )


def _ways(fields: dict[str, str]) -> list[str]:
    email, phone = fields.get("email", "").strip().lower(), parse_phone(fields.get("phone", "")[:40])
    return [value.replace("\x00", "").encode("utf-8", "ignore").decode() for value in (email, phone) if value]


def _explain(days: list[DayCount], first: date, last: date) -> None:
    """Name the posts that don't fit: said to be a lead without one, or a lead said to be something else."""
    made = Exists(Lead.everything.filter(reference=OuterRef("reference")))
    said = Q(outcome=Submission.Outcome.LEAD)
    misfits = _received(first, last).filter((said & ~made & ~Q(payload=Submission.EMPTIED)) | (~said & made))
    by_day = {(day.day, day.form): day for day in days}
    for day, form, reference in misfits.order_by("pk").values_list(_day(), "form", "reference"):
        by_day[day, form].unexplained.append(reference)


def _day() -> TruncDate:
    """The institute's day of a post, whatever time zone a member of staff has set."""
    return TruncDate("received_at", tzinfo=timezone.get_default_timezone())


def _received(first: date, last: date) -> Any:
    start, end = wall_clock.midnight(first), wall_clock.midnight(last + timedelta(days=1))
    return Submission.objects.filter(received_at__gte=start, received_at__lt=end)
