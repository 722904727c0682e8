"""Places in courses: taken once, never too many, given back, and told about by mail."""

from threading import Barrier, Thread

import pytest
from django.db import connection, connections

from accounts.models import User
from courses.models import Cohort
from enrollment.enrolling import activate_invited, enroll, place_lead, withdraw
from enrollment.errors import AccountDisabled, CohortFull, NoEmailAddress, WrongCohort
from enrollment.models import Enrollment, Lead, LeadEvent, Person
from outbox.models import Message
from tests.conftest import SmallCourse, signed_in
from tests.factories.accounts import UserFactory
from tests.factories.courses import CohortFactory, make_course
from tests.factories.enrollment import LeadFactory, PersonFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def cohort(course: SmallCourse) -> Cohort:
    return CohortFactory(course=course.page, seats=1)


@pytest.fixture
def lead(course: SmallCourse) -> Lead:
    return LeadFactory(person=PersonFactory(name="Asha Devi", email="Asha@Example.com"), course=course.page)


def test_enrolling_twice_is_one_place_and_one_seat(cohort: Cohort, stranger: User) -> None:
    first = enroll(learner=stranger, course=cohort.course, cohort=cohort)
    second = enroll(learner=stranger, course=cohort.course, cohort=cohort)

    assert first == second
    cohort.refresh_from_db()
    assert cohort.seats_taken == 1


def test_a_full_cohort_takes_nobody(cohort: Cohort, stranger: User) -> None:
    enroll(learner=stranger, course=cohort.course, cohort=cohort)

    with pytest.raises(CohortFull):
        enroll(learner=UserFactory(), course=cohort.course, cohort=cohort)

    cohort.refresh_from_db()
    assert cohort.seats_taken == 1
    assert Enrollment.objects.count() == 1


def test_a_withdrawn_learner_gives_the_seat_back_once_and_can_return(cohort: Cohort, stranger: User) -> None:
    enrollment = enroll(learner=stranger, course=cohort.course, cohort=cohort)
    withdraw(enrollment)
    withdraw(enrollment)

    cohort.refresh_from_db()
    assert cohort.seats_taken == 0

    back = enroll(learner=stranger, course=cohort.course, cohort=cohort)
    assert back.pk == enrollment.pk
    assert back.state == Enrollment.State.ACTIVE
    cohort.refresh_from_db()
    assert cohort.seats_taken == 1


def test_a_completed_course_is_not_withdrawn(course: SmallCourse, stranger: User) -> None:
    enrollment = enroll(learner=stranger, course=course.page, state=Enrollment.State.COMPLETED)

    assert withdraw(enrollment).state == Enrollment.State.COMPLETED


def test_enrolling_a_lead_makes_an_account_and_sends_an_invitation(
    lead: Lead, cohort: Cohort, admissions: User
) -> None:
    enrollment = place_lead(lead=lead, course=cohort.course, cohort=cohort, actor=admissions).enrollment

    learner = User.objects.get(email="asha@example.com")
    assert enrollment.learner == learner
    assert learner.name == "Asha Devi"
    assert not learner.has_usable_password()
    assert enrollment.state == Enrollment.State.INVITED
    lead.refresh_from_db()
    assert lead.stage_id == Lead.Stage.ENROLLED
    assert lead.person.user == learner
    message = Message.objects.get()
    assert message.key == f"enrolment:{enrollment.pk}:invitation"
    assert message.to == "asha@example.com"
    assert "[[set_password_url]]" in message.text
    assert "[[set_password_url]]" in message.html
    assert message.private["set_password_url"].startswith("http://testserver/accounts/")
    assert message.private["set_password_url"] not in message.text
    assert len(message.subject) <= 50
    kinds = set(lead.events.values_list("kind", flat=True))
    assert kinds == {LeadEvent.Kind.ENROLMENT, LeadEvent.Kind.STAGE, LeadEvent.Kind.MESSAGE}


def test_enrolling_a_lead_twice_changes_nothing_the_second_time(
    lead: Lead, cohort: Cohort, admissions: User
) -> None:
    place_lead(lead=lead, course=cohort.course, cohort=cohort, actor=admissions)
    events = lead.events.count()
    place_lead(lead=lead, course=cohort.course, cohort=cohort, actor=admissions)

    assert Message.objects.count() == 1
    assert lead.events.count() == events
    assert User.objects.filter(email__iexact="asha@example.com").count() == 1


def test_a_person_with_a_password_is_active_at_once_and_told(
    lead: Lead, course: SmallCourse, admissions: User
) -> None:
    learner = UserFactory(email="asha@example.com")
    enrollment = place_lead(lead=lead, course=course.page, actor=admissions).enrollment

    assert enrollment.learner == learner
    assert enrollment.state == Enrollment.State.ACTIVE
    message = Message.objects.get()
    assert message.key == f"enrolment:{enrollment.pk}:enrolled"
    assert "http://testserver/learn/" in message.text
    assert message.private == {}


def test_answers_to_the_mail_reach_the_owner_of_the_lead(
    lead: Lead, course: SmallCourse, admissions: User
) -> None:
    lead.owner = admissions
    lead.save(update_fields=["owner"])
    place_lead(lead=lead, course=course.page, actor=admissions)

    assert Message.objects.get().reply_to == admissions.email


def test_who_comes_back_after_withdrawing_is_written_to_again(
    lead: Lead, course: SmallCourse, admissions: User
) -> None:
    withdraw(place_lead(lead=lead, course=course.page, actor=admissions).enrollment, actor=admissions)
    place_lead(lead=lead, course=course.page, actor=admissions)

    assert Message.objects.count() == 2


def test_each_return_after_withdrawing_is_written_to(
    lead: Lead, course: SmallCourse, admissions: User
) -> None:
    other = LeadFactory(person=lead.person, course=course.page)
    for asked in (lead, other, lead, other):
        withdraw(place_lead(lead=asked, course=course.page, actor=admissions).enrollment, actor=admissions)

    assert Message.objects.count() == 4


def test_another_cohort_asked_for_moves_the_seat_and_is_told(
    lead: Lead, cohort: Cohort, admissions: User
) -> None:
    later = CohortFactory(course=cohort.course, seats=1, mode=Cohort.Mode.CLASSROOM)
    first = place_lead(lead=lead, course=cohort.course, cohort=cohort, actor=admissions)
    moved = place_lead(lead=lead, course=cohort.course, cohort=later, actor=admissions)
    same = place_lead(lead=lead, course=cohort.course, cohort=later, actor=admissions)
    unasked = place_lead(lead=lead, course=cohort.course, actor=admissions)

    assert [placement.outcome.value for placement in (first, moved, same, unasked)] == [
        "new", "moved", "same", "same",
    ]  # fmt: skip
    enrollment = Enrollment.objects.get()
    assert enrollment.cohort == later
    cohort.refresh_from_db()
    later.refresh_from_db()
    assert (cohort.seats_taken, later.seats_taken) == (0, 1)
    texts = list(lead.events.filter(kind=LeadEvent.Kind.ENROLMENT).values_list("text", flat=True))
    assert texts[0] == f"Moved from {cohort} to {later}"
    assert Message.objects.count() == 2


def test_a_full_cohort_takes_nobody_from_another(cohort: Cohort, stranger: User) -> None:
    full = CohortFactory(course=cohort.course, mode=Cohort.Mode.CLASSROOM, seats=1, seats_taken=1)
    enroll(learner=stranger, course=cohort.course, cohort=cohort)

    with pytest.raises(CohortFull):
        enroll(learner=stranger, course=cohort.course, cohort=full)

    cohort.refresh_from_db()
    assert cohort.seats_taken == 1
    assert Enrollment.objects.get().cohort == cohort


def test_a_cohort_of_another_course_gives_no_place(cohort: Cohort, stranger: User) -> None:
    with pytest.raises(WrongCohort, match="another course"):
        enroll(learner=stranger, course=make_course(), cohort=cohort)

    assert not Enrollment.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_two_leads_of_one_address_enrolled_at_once_link_the_account_once(
    course: SmallCourse, admissions: User
) -> None:
    UserFactory(email="asha@example.com")
    leads = [LeadFactory(person=PersonFactory(email="asha@example.com")) for _ in range(4)]
    start = Barrier(len(leads))
    enrolled: list[Enrollment] = []

    def place(asked: Lead) -> None:
        start.wait()
        try:
            enrolled.append(place_lead(lead=asked, course=course.page, actor=admissions).enrollment)
        finally:
            connections.close_all()

    threads = [Thread(target=place, args=[asked]) for asked in leads]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(enrolled) == len(leads)
    assert Person.objects.filter(user__isnull=False).count() == 1
    assert Enrollment.objects.count() == Message.objects.count() == 1


def test_a_lead_without_an_address_cannot_be_enrolled(course: SmallCourse, admissions: User) -> None:
    lead = LeadFactory(person=PersonFactory(email="", phone="+919500481067"))

    with pytest.raises(NoEmailAddress, match="no e-mail address"):
        place_lead(lead=lead, course=course.page, actor=admissions)

    assert not Enrollment.objects.exists()


def test_a_disabled_account_is_not_enrolled(lead: Lead, course: SmallCourse, admissions: User) -> None:
    User.objects.create_user("asha@example.com", is_active=False)

    with pytest.raises(AccountDisabled):
        place_lead(lead=lead, course=course.page, actor=admissions)

    lead.refresh_from_db()
    assert lead.stage_id == Lead.Stage.NEW


def test_a_full_cohort_leaves_the_lead_and_the_accounts_alone(
    lead: Lead, cohort: Cohort, stranger: User, admissions: User
) -> None:
    enroll(learner=stranger, course=cohort.course, cohort=cohort)

    with pytest.raises(CohortFull):
        place_lead(lead=lead, course=cohort.course, cohort=cohort, actor=admissions)

    lead.refresh_from_db()
    assert lead.stage_id == Lead.Stage.NEW
    assert not User.objects.filter(email="asha@example.com").exists()
    assert not Message.objects.exists()


def test_an_account_of_another_person_is_enrolled_but_not_taken_over(
    lead: Lead, course: SmallCourse, admissions: User
) -> None:
    learner = UserFactory(email="asha@example.com")
    other = PersonFactory(user=learner, email="")
    place_lead(lead=lead, course=course.page, actor=admissions)

    lead.person.refresh_from_db()
    assert lead.person.user is None
    other.refresh_from_db()
    assert other.user == learner


def test_an_invited_learner_becomes_active_at_the_first_sign_in(
    lead: Lead, course: SmallCourse, admissions: User
) -> None:
    enrollment = place_lead(lead=lead, course=course.page, actor=admissions).enrollment
    signed_in(enrollment.learner)

    enrollment.refresh_from_db()
    assert enrollment.state == Enrollment.State.ACTIVE
    assert "Signed in for the first time" in lead.events.first().text


def test_a_sign_in_without_invitations_costs_one_query(
    learner: User, django_assert_num_queries: object
) -> None:
    with django_assert_num_queries(1):
        assert activate_invited(learner=learner) == 0


@pytest.mark.django_db(transaction=True)
def test_many_who_want_the_last_seat_at_once_get_one(cohort: Cohort) -> None:
    learners = [UserFactory() for _ in range(6)]
    start = Barrier(len(learners))
    outcomes: list[str] = []

    def take(learner: User) -> None:
        start.wait()
        try:
            enroll(learner=learner, course=cohort.course, cohort=cohort)
            outcomes.append("seat")
        except CohortFull:
            outcomes.append("full")
        finally:
            connections.close_all()

    threads = [Thread(target=take, args=[learner]) for learner in learners]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(outcomes) == ["full"] * 5 + ["seat"]
    cohort.refresh_from_db()
    assert cohort.seats_taken == Enrollment.objects.filter(cohort=cohort).count() == 1
    assert connection.is_usable()


def test_a_place_in_another_course_is_another_place(course: SmallCourse, learner: User) -> None:
    other = make_course()
    enroll(learner=learner, course=other)

    assert Enrollment.objects.filter(learner=learner).count() == 2
