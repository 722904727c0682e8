"""Merging two leads side by side, and taking it back, as admissions leads do in the CMS."""

import re
from datetime import timedelta
from threading import Barrier, Thread

import pytest
import time_machine
from django.apps import apps
from django.core.files.base import ContentFile
from django.db import connection, connections, transaction
from django.db.models import ForeignKey, Model
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from accounts.models import User
from enrollment import unmerging
from enrollment.desk import add_note, change_stage, plan_next_action
from enrollment.errors import EnrollmentError
from enrollment.merge_choices import CHOICES, KEPT, OTHER
from enrollment.merge_rows import LEAD_ROWS, PERSON_ROWS
from enrollment.merging import merge
from enrollment.models import (
    ClosingReason,
    Consent,
    ContactPoint,
    DataAccess,
    DuplicateSuggestion,
    Enrollment,
    Lead,
    LeadEvent,
    LeadFile,
    LeadTag,
    Merge,
    Person,
    StageChange,
    Submission,
    WaitingPlace,
)
from enrollment.tasks import compare
from tests.conftest import SmallCourse, signed_in
from tests.factories.accounts import UserFactory
from tests.factories.courses import CohortFactory
from tests.factories.enrollment import (
    ConsentFactory,
    ContactPointFactory,
    LeadFactory,
    PersonFactory,
    SubmissionFactory,
)

pytestmark = pytest.mark.django_db
PHONE = "+919876543210"


@pytest.fixture
def desk(admissions_lead: User) -> Client:
    return signed_in(admissions_lead)


@pytest.fixture
def two(course: SmallCourse, admissions: User) -> tuple[Lead, Lead]:
    """A lead of the site, and a later one that has everything a lead can have."""
    kept = LeadFactory(
        person=PersonFactory(name="Kavitha Selvam", email="kavitha@example.com", phone=PHONE),
        created_at=timezone.now() - timedelta(days=3),
        message="When does it start?",
        attribution={"first": {"page": "/a/"}, "last": {"page": "/b/"}},
    )
    account = UserFactory(email="learner@example.com")
    other = LeadFactory(
        person=PersonFactory(name="Kavi S", email="kavi@example.com", phone=PHONE, user=account),
        course=course.page,
        owner=admissions,
        source=Lead.Source.CAMPAIGN,
        campaign="autumn",
        next_action="Call back",
        next_action_at=timezone.now() + timedelta(days=1),
        details={"skills": "SQL"},
        attribution={"first": {"page": "/c/"}, "last": {"page": "/d/"}},
    )
    change_stage(lead=other, stage="qualified", actor=admissions)
    other.refresh_from_db()
    add_note(lead=other, text="Called, likes evenings.", actor=admissions)
    other.tags.add(LeadTag.objects.create(name="evening"))
    LeadFile.objects.create(lead=other, file=ContentFile(b"x", name="x.pdf"), name="x.pdf", size=1)
    SubmissionFactory(lead=other, reference=other.reference, outcome=Submission.Outcome.LEAD)
    ConsentFactory(person=other.person)
    Enrollment.objects.create(learner=account, course=course.page, lead=other)
    cohort = CohortFactory(course=course.page)
    WaitingPlace.objects.create(lead=other, cohort=cohort)
    WaitingPlace.objects.create(lead=kept, cohort=cohort, joined_at=timezone.now() - timedelta(days=1))
    LeadFactory(person=other.person, interest=Lead.Interest.PLACEMENT, reference="ENQ-MORE-22")
    LeadFactory(person=PersonFactory(name="Their mother", email="mother@example.com", phone=PHONE))
    compare()
    return kept, other


IGNORED = {"compared_at", "search_text"}
"""When was looked for duplicates, and a text that is made anew from the rest."""


def snapshot() -> dict[str, list[tuple]]:
    """Return every row of what a merge touches, without what says that there was one."""
    models: list[type[Model]] = [
        Person, ContactPoint, Lead, DuplicateSuggestion, Lead.tags.through, *LEAD_ROWS, *PERSON_ROWS,
    ]  # fmt: skip
    told = {LeadEvent: "merge", DataAccess: "duplicates"}
    return {
        model._meta.label: [
            tuple(row)
            for row in model._base_manager.exclude(**({"kind": told[model]} if model in told else {"pk": 0}))
            .order_by("pk")
            .values_list(*(f.attname for f in model._meta.concrete_fields if f.attname not in IGNORED))
        ]
        for model in models
    }


def address(kept: Lead, other: Lead) -> str:
    return f"/cms/leads/merge/{kept.pk}/{other.pk}/"


def filled(desk: Client, kept: Lead, other: Lead) -> dict[str, list[str]]:
    """Return the form as the page shows it."""
    page = desk.get(address(kept, other)).content.decode()
    data: dict[str, list[str]] = {"shown": re.findall(r'name="shown" value="(\w+)"', page)}
    for name, value, checked in re.findall(
        r'<input type="(?:radio|checkbox)" name="(\w+)" value="(\w+)"( checked)?>', page
    ):
        if checked:
            data.setdefault(name, []).append(value)
    return data


def undo(desk: Client, done: Merge) -> str:
    return desk.post(f"/cms/leads/merge/{done.pk}/undo/", follow=True).content.decode()


def test_the_page_offers_each_difference_with_the_likely_value_marked(
    desk: Client, two: tuple[Lead, Lead]
) -> None:
    data = filled(desk, *two)

    assert {name: values for name, values in data.items() if name not in {"shown", "points"}} == {
        "name": ["kept"],
        "course": ["other"],
        "stage": ["other"],
        "owner": ["other"],
        "next_action": ["other"],
        "source": ["kept"],
        "message": ["kept"],
    }
    assert len(data["points"]) == 3
    page = desk.get(address(*two)).content.decode()
    assert "Lines of the timeline: 2" in page
    assert "Other leads of the person: 1" in page


def test_two_people_with_nothing_in_common_are_merged_after_a_warning_only(
    desk: Client, two: tuple[Lead, Lead]
) -> None:
    kept, other = two
    said = "neither a name nor an address nor a number in common"
    assert said not in desk.get(address(kept, other)).content.decode()

    stranger = LeadFactory(person=PersonFactory(name="Ravi Kumar", email="ravi@example.net", phone=""))
    assert said in desk.get(address(kept, stranger)).content.decode()


def test_a_merge_moves_everything_and_leaves_one_lead_of_one_person(
    desk: Client, two: tuple[Lead, Lead], course: SmallCourse, admissions: User
) -> None:
    kept, other = two

    page = desk.post(address(kept, other), filled(desk, kept, other), follow=True).content.decode()

    assert "is part of this lead now" in page
    lead = Lead.objects.get(pk=kept.pk)
    assert (lead.course, lead.owner, lead.stage_id) == (course.page, admissions, "qualified")
    assert (lead.next_action, lead.message, lead.source) == ("Call back", "When does it start?", "website")
    assert lead.attribution == {"first": {"page": "/a/"}, "last": {"page": "/d/"}}
    assert lead.created_at == kept.created_at
    assert lead.answered_at is not None
    assert lead.details == {"skills": "SQL"}
    assert [tag.name for tag in lead.tags.all()] == ["evening"]
    assert {"note", "stage", "merge"} <= set(lead.events.values_list("kind", flat=True))
    for model in (LeadFile, StageChange, Submission, Enrollment):
        assert model.objects.get().lead == lead
    states = set(lead.waiting_places.values_list("joined_at__date", "state"))
    assert {state for _day, state in states} == {"waiting", "left"}
    assert Consent.objects.get().person == lead.person
    assert lead.person.user.email == "learner@example.com"
    values = lead.person.contact_points.values_list("value", flat=True)
    assert sorted(values) == [PHONE, "kavi@example.com", "kavitha@example.com"]
    assert Lead.objects.get(reference="ENQ-MORE-22").person == lead.person
    assert not ContactPoint.objects.filter(person=other.person_id).exists()
    assert not Lead.objects.filter(pk=other.pk).exists()
    assert f"{other.reference} (Kavi S) was merged into this lead." in lead.events.get(kind="merge").text


def test_old_addresses_and_the_old_reference_lead_to_the_kept_lead(
    desk: Client, two: tuple[Lead, Lead]
) -> None:
    kept, other = two
    merge(kept=kept, other=other, actor=None)

    page = f"/cms/leads/inspect/{kept.pk}/"
    assert desk.get(f"/cms/leads/inspect/{other.pk}/").url == page
    assert desk.get(address(kept, other)).url == page
    assert kept.reference in desk.get("/cms/leads/", {"q": other.reference}).content.decode()
    noted = desk.post(f"/cms/leads/note/{other.pk}/", {"text": "Written on an old page"})
    assert noted.url.startswith(page)
    assert Lead.objects.get(pk=kept.pk).events.filter(text="Written on an old page").exists()


def test_undo_restores_every_row(desk: Client, two: tuple[Lead, Lead]) -> None:
    kept, other = two
    before, found_by = snapshot(), Lead.objects.get(pk=other.pk).search_text
    desk.post(address(kept, other), filled(desk, kept, other))
    assert snapshot() != before
    compare()

    said = undo(desk, Merge.objects.get())
    compare()

    assert "is a lead of its own again" in said
    assert snapshot() == before
    assert Lead.objects.get(pk=other.pk).search_text == found_by
    after = Merge.objects.values()
    undo(desk, Merge.objects.get())
    assert snapshot() == before
    assert list(Merge.objects.values()) == list(after)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_whatever_is_chosen_undo_is_the_way_back(
    two: tuple[Lead, Lead], admissions: User, data: st.DataObject
) -> None:
    kept, other = two if data.draw(st.booleans()) else two[::-1]
    lead = st.fixed_dictionaries(
        {
            "interest": st.sampled_from(Lead.Interest.values),
            "stage": st.sampled_from(["new", "contacted", "applied", "enrolled"]),
            "owner": st.sampled_from([None, admissions]),
            "best_time": st.sampled_from(["", *Lead.BestTime.values]),
            "message": st.text(
                st.characters(exclude_characters="\x00", exclude_categories=["Cs"]), max_size=9
            ),
            "answered_at": st.sampled_from([None, timezone.now() - timedelta(days=2)]),
            "details": st.dictionaries(st.sampled_from(["skills", "status"]), st.text("ab", max_size=2)),
            "attribution": st.sampled_from([None, {"last": {"page": "/x/"}}]),
        }
    )
    with transaction.atomic():
        for row in two:
            Lead.objects.filter(pk=row.pk).update(**data.draw(lead))
        Person.objects.filter(pk=kept.person_id).update(under_18=data.draw(st.booleans()))
        before = snapshot()
        points = ContactPoint.objects.filter(person__in=[kept.person_id, other.person_id])
        done = merge(
            kept=kept,
            other=other,
            actor=admissions,
            chosen=data.draw(st.dictionaries(st.sampled_from(NAMES), st.sampled_from([KEPT, OTHER]))),
            points=data.draw(st.sets(st.sampled_from([point.pk for point in points]), min_size=1)),
        )
        assert unmerging.undo(done, actor=admissions) == []
        assert snapshot() == before
        transaction.set_rollback(True)


NAMES = [choice.name for choice in CHOICES]


def test_what_was_unticked_or_chosen_otherwise_comes_back_too(desk: Client, two: tuple[Lead, Lead]) -> None:
    kept, other = two
    before = snapshot()
    data = filled(desk, kept, other) | {name: ["other"] for name in ("name", "message", "source", "stage")}
    data["points"] = [str(other.person.contact_points.get(kind="email").pk)]

    desk.post(address(kept, other), data)

    person = Lead.objects.get(pk=kept.pk).person
    assert person.name == "Kavi S"
    assert [point.value for point in person.contact_points.all()] == ["kavi@example.com"]
    undo(desk, Merge.objects.get())
    assert snapshot() == before


def test_undo_keeps_what_came_and_what_changed_since_and_says_so(
    desk: Client, two: tuple[Lead, Lead], admissions: User
) -> None:
    kept, other = two
    done = merge(kept=kept, other=other, actor=admissions)
    add_note(lead=kept, text="Written after the merge", actor=admissions)
    change_stage(lead=kept, stage="applied", actor=admissions)
    plan_next_action(lead=kept, action="Send papers", at=None, actor=admissions)

    said = undo(desk, done)

    lead = Lead.objects.get(pk=kept.pk)
    assert (lead.stage_id, lead.next_action) == ("applied", "Send papers")
    assert lead.owner is None
    assert lead.events.filter(text="Written after the merge").exists()
    assert not Lead.objects.get(pk=other.pk).events.filter(text="Written after the merge").exists()
    assert "Changed since and therefore kept: stage" in said
    assert "next action" in lead.events.filter(kind="merge").first().text
    assert Lead.objects.get(pk=other.pk).stage_id == "qualified"


def test_after_thirty_days_a_merge_stays(desk: Client, two: tuple[Lead, Lead]) -> None:
    done = merge(kept=two[0], other=two[1], actor=None)
    Merge.objects.update(created_at=timezone.now() - timedelta(days=30))

    said = undo(desk, done)

    assert "A merge can be taken back for 30 days" in said
    assert not Lead.objects.filter(pk=two[1].pk).exists()
    assert f"merge/{done.pk}/undo" not in said


def test_merges_that_build_on_each_other_are_taken_back_the_newest_first(
    desk: Client, two: tuple[Lead, Lead]
) -> None:
    kept, other = two
    third = LeadFactory(person=PersonFactory(name="Kavitha S."))
    before = snapshot()
    first = merge(kept=other, other=kept, actor=None)
    second = merge(kept=third, other=Lead.objects.get(pk=other.pk), actor=None)

    assert desk.get(f"/cms/leads/inspect/{kept.pk}/").url == f"/cms/leads/inspect/{third.pk}/"
    assert f"Take the newer merge of {other.reference} back first" in undo(desk, first)
    undo(desk, second)
    undo(desk, first)

    assert snapshot() == before


def test_two_leads_of_one_person_merge_without_touching_the_person(
    desk: Client, two: tuple[Lead, Lead]
) -> None:
    other = two[1]
    more = Lead.objects.get(reference="ENQ-MORE-22")
    before = snapshot()
    page = desk.get(address(other, more)).content.decode()
    assert "Addresses and numbers" not in page

    desk.post(address(other, more), filled(desk, other, more))

    assert Lead.objects.filter(person=other.person).count() == 1
    assert other.person.contact_points.count() == 2
    undo(desk, Merge.objects.get())
    assert snapshot() == before


def test_two_accounts_are_refused_with_the_reason(desk: Client, two: tuple[Lead, Lead]) -> None:
    kept, other = two
    data = filled(desk, kept, other)
    Person.objects.filter(pk=kept.person_id).update(user=UserFactory())
    before = snapshot()

    page = desk.get(address(kept, other)).content.decode()
    response = desk.post(address(kept, other), data)

    assert "Both people have an account of their own" in page
    assert 'type="submit">Merge' not in page
    assert response.status_code == 422
    assert snapshot() == before


def test_two_offered_seats_of_one_cohort_are_refused(desk: Client, two: tuple[Lead, Lead]) -> None:
    now = timezone.now()
    data = filled(desk, *two)
    WaitingPlace.objects.update(state="offered", offered_at=now, offer_until=now + timedelta(days=2))

    response = desk.post(address(*two), data)

    assert response.status_code == 422
    assert "Take one off the waiting list first" in response.content.decode()


def test_the_person_must_stay_reachable_and_the_choices_are_kept(
    desk: Client, two: tuple[Lead, Lead]
) -> None:
    data = filled(desk, *two) | {"points": [], "message": ["other"]}

    response = desk.post(address(*two), data)

    page = response.content.decode()
    assert response.status_code == 422
    assert "Keep at least one way to reach the person" in page
    assert 'name="message" value="other" checked' in page
    assert 'name="points" value="' in page
    assert not re.search(r'name="points" value="\d+" checked', page)


def test_a_lead_changed_since_it_was_shown_is_looked_at_again(
    desk: Client, two: tuple[Lead, Lead], admissions: User
) -> None:
    data = filled(desk, *two) | {"name": ["other"]}
    change_stage(lead=two[0], stage="applied", actor=admissions)

    response = desk.post(address(*two), data)

    page = response.content.decode()
    assert response.status_code == 409
    assert "changed meanwhile" in page
    assert "Applied" in page
    assert 'name="name" value="other" checked' in page
    assert not Merge.objects.exists()
    again = dict(data, shown=re.findall(r'name="shown" value="(\w+)"', page))
    assert desk.post(address(*two), again).status_code == 302


def test_a_closed_lead_gives_no_stage_but_can_be_chosen(desk: Client) -> None:
    reason = ClosingReason.objects.first()
    kept = LeadFactory()
    other = LeadFactory(stage_id=Lead.Stage.CLOSED, closing_reason=reason)
    data = filled(desk, kept, other)
    assert data["stage"] == ["kept"]

    desk.post(address(kept, other), data | {"stage": ["other"]})

    lead = Lead.objects.get(pk=kept.pk)
    assert (lead.stage_id, lead.closing_reason) == ("closed", reason)


def test_a_dismissed_pair_stays_dismissed_for_the_kept_person(two: tuple[Lead, Lead]) -> None:
    kept, other = two
    mother = Person.objects.get(name="Their mother")
    DuplicateSuggestion.objects.filter(person=mother).update(dismissed_at=timezone.now())

    done = merge(kept=kept, other=other, actor=None)
    compare()

    row = DuplicateSuggestion.objects.get()
    assert {row.person_id, row.other_id} == {kept.person_id, mother.pk}
    assert row.dismissed_at is not None
    unmerging.undo(done, actor=None)
    compare()
    assert DuplicateSuggestion.objects.filter(dismissed_at=None).count() == 1
    assert DuplicateSuggestion.objects.count() == 3


@pytest.mark.django_db(transaction=True)
def test_of_two_opposite_merges_at_once_one_happens(two: tuple[Lead, Lead]) -> None:
    kept, other = two
    barrier, answers = Barrier(2), []

    def run(one: Lead, another: Lead) -> None:
        try:
            barrier.wait()
            merge(kept=one, other=another, actor=None)
            answers.append("merged")
        except EnrollmentError as error:
            answers.append(type(error).__name__)
        finally:
            connections.close_all()

    threads = [Thread(target=run, args=pair) for pair in ((kept, other), (other, kept))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(answers) == ["NotWorkedAnyMore", "merged"]
    assert Merge.objects.count() == 1
    assert Lead.objects.filter(pk__in=[kept.pk, other.pk]).count() == 1


def test_the_comparison_costs_the_same_whatever_the_leads_have(desk: Client, two: tuple[Lead, Lead]) -> None:
    counts = []
    for number in range(3):
        ContactPointFactory(person=two[0].person, value=f"more{number}@example.com")
        ConsentFactory(person=two[1].person)
        LeadFactory(person=two[1].person)
        with CaptureQueriesContext(connection) as queries:
            desk.get(address(*two))
        counts.append(len(queries))

    assert counts[1] == counts[2] <= 25


def test_every_table_about_leads_or_people_says_what_a_merge_does_with_it() -> None:
    """A new table either follows a merge or is named here with its reason."""
    settled = {
        "Lead.person", "Lead.merged_into",
        "ContactPoint.person",  # as chosen
        "DuplicateSuggestion.person", "DuplicateSuggestion.other",  # looked for anew
        "Merge.kept", "Merge.absorbed",
        "ImportedRow.lead",  # says what the import made
    }  # fmt: skip
    settled |= {f"{model.__name__}.lead" for model in LEAD_ROWS}
    settled |= {f"{model.__name__}.person" for model in PERSON_ROWS}
    found = {
        f"{model.__name__}.{field.name}"
        for model in apps.get_models()
        if not model._meta.auto_created
        for field in model._meta.get_fields()
        if isinstance(field, ForeignKey) and field.related_model in (Lead, Person)
    }
    assert found == settled


def test_leads_that_are_gone_are_not_found(desk: Client, two: tuple[Lead, Lead]) -> None:
    assert desk.get(f"/cms/leads/merge/{two[0].pk}/999999/").status_code == 404
    assert desk.get(address(two[0], two[0])).status_code == 404


def test_the_list_offers_to_undo_what_was_merged(desk: Client, two: tuple[Lead, Lead]) -> None:
    done = merge(kept=two[0], other=two[1], actor=None)

    page = desk.get("/cms/leads/duplicates/").content.decode()

    assert f"{two[1].reference} into" in page
    assert f"/cms/leads/merge/{done.pk}/undo/" in page
    with time_machine.travel(timezone.now() + timedelta(days=31)):
        later = desk.get("/cms/leads/duplicates/").content.decode()
    assert f"/cms/leads/merge/{done.pk}/undo/" not in later
