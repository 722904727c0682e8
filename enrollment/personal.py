"""Everything about one person in one file, for whoever asks what is known about them."""

import json
from io import BytesIO
from typing import Any
from zipfile import ZIP_DEFLATED, ZipFile

from django.core.serializers.json import DjangoJSONEncoder
from django.template.loader import render_to_string
from django.utils import timezone

from accounts.personal import account_data, addresses_of
from enrollment.consents import wording
from enrollment.models import Enrollment, Lead, LeadFile, Person, WaitingPlace
from lessons.personal import learner_data
from outbox.personal import message_data, messages_to, replies_from, reply_data


def everything_about(person: Person) -> dict[str, Any]:
    """Return what the institute holds about a person, in parts; about 16 queries."""
    leads = list(
        Lead.everything.filter(person=person)
        .select_related("course", "stage", "closing_reason", "owner")
        .prefetch_related("tags", "events", "submissions", "runs__sequence")
        .order_by("created_at")
    )
    points = list(person.contact_points.order_by("pk"))
    addresses = {point.value for point in points}
    if person.user:
        addresses |= addresses_of(person.user)
    return {
        "made_at": timezone.now(),
        "person": {
            "name": person.name,
            "under_18": person.under_18,
            "guardian_name": person.guardian_name,
            "guardian_contact": person.guardian_contact,
            "known_since": person.created_at,
            "contacts": [{"kind": point.kind, "value": point.as_typed} for point in points],
        },
        "enquiries": [_lead_data(lead) for lead in leads],
        "consents": [
            {
                "purpose": consent.get_purpose_display(),
                "granted": consent.granted,
                "wording": wording(consent),
                "notice_version": consent.notice_version,
                "at": consent.created_at,
            }
            for consent in person.consents.order_by("created_at", "pk")
        ],
        "messages": message_data(messages_to(addresses)) if addresses else [],
        "answers": reply_data(replies_from(addresses)) if addresses else [],
        "enrolments": _enrolments(person, leads),
        "account": account_data(person.user) if person.user else None,
        "learning": learner_data(person.user) if person.user else None,
    }


def as_archive(person: Person) -> bytes:
    """Return a ZIP with the data to read (HTML), to reuse (JSON), and the person's files."""
    data = everything_about(person)
    out = BytesIO()
    with ZipFile(out, "w", ZIP_DEFLATED) as archive:
        text = json.dumps(data, cls=DjangoJSONEncoder, ensure_ascii=False, indent=2)
        archive.writestr("data.json", text)
        readable = json.loads(text)
        archive.writestr("data.html", render_to_string("enrollment/personal_data.html", {"parts": readable}))
        for lead_file in LeadFile.objects.filter(lead__person=person):
            with lead_file.file.open("rb") as content:
                archive.writestr(f"files/{lead_file.pk}-{lead_file.name}", content.read())
    return out.getvalue()


def _lead_data(lead: Lead) -> dict[str, Any]:
    return {
        "reference": lead.reference,
        "interest": lead.get_interest_display(),
        "course": lead.course.title if lead.course else None,
        "stage": lead.stage.name,
        "closing_reason": lead.closing_reason.name if lead.closing_reason else None,
        "looked_after_by": str(lead.owner) if lead.owner else None,
        "source": lead.get_source_display(),
        "attribution": lead.attribution,
        "message": lead.message,
        "details": lead.details,
        "tags": [tag.name for tag in lead.tags.all()],
        "asked_at": lead.created_at,
        "answered_at": lead.answered_at,
        "forms": [
            {
                "reference": post.reference,
                "received_at": post.received_at,
                "fields": json.loads(post.payload),
                "network_address": post.address,
            }
            for post in lead.submissions.all()
        ],
        "follow_ups": [
            {
                "name": run.sequence.name,
                "state": run.get_state_display(),
                "why_it_stopped": run.get_why_display() or None,
                "messages_sent": run.steps_done,
                "began_at": run.entered_at,
                "ended_at": run.ended_at,
            }
            for run in lead.runs.all()
        ],
        "history": [
            {"at": event.created_at, "kind": event.get_kind_display(), "text": event.text}
            for event in lead.events.all()
        ],
    }


def _enrolments(person: Person, leads: list[Lead]) -> list[dict[str, Any]]:
    rows = Enrollment.objects.filter(learner=person.user) if person.user else Enrollment.objects.none()
    places = WaitingPlace.objects.filter(lead__in=leads).select_related("cohort__course")
    return [
        *(
            {
                "course": row.course.title,
                "cohort": str(row.cohort) if row.cohort else None,
                "state": row.get_state_display(),
                "price_agreed": row.price_agreed,
                "at": row.created_at,
            }
            for row in rows.select_related("course", "cohort__course")
        ),
        *(
            {"waiting_for": str(place.cohort), "state": place.get_state_display(), "at": place.joined_at}
            for place in places
        ),
    ]
