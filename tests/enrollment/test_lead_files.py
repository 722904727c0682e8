"""Files of a lead: what is taken, who reads them, and that they leave the disk."""

from pathlib import Path

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from pytest_django import DjangoCaptureOnCommitCallbacks

from accounts.models import User
from enrollment.models import DataAccess, Lead, LeadFile
from tests.conftest import signed_in
from tests.factories.enrollment import LeadFactory

pytestmark = pytest.mark.django_db

PDF = b"%PDF-1.7\n<script>alert(1)</script>"


@pytest.fixture
def lead(site: object) -> Lead:
    return LeadFactory(reference="ENQ-FILE-22")


@pytest.fixture
def desk(admissions: User) -> Client:
    return signed_in(admissions)


def upload(client: Client, lead: Lead, *, name: str = "Mark sheet.PDF", content: bytes = PDF) -> object:
    file = SimpleUploadedFile(name, content)
    return client.post(f"/cms/leads/file/{lead.pk}/", {"file": file}, follow=True)


def test_a_file_is_kept_under_a_name_that_tells_nothing_and_read_as_a_download(
    desk: Client, lead: Lead, admissions: User
) -> None:
    page = upload(desk, lead).content.decode()
    file = LeadFile.objects.get()
    assert "Mark sheet.PDF" in page
    assert "Mark" not in file.file.name

    response = desk.get(f"/cms/leads/{lead.pk}/files/{file.pk}/")
    assert b"".join(response.streaming_content) == PDF
    assert response.headers["Content-Disposition"] == 'attachment; filename="Mark sheet.PDF"'
    assert response.headers["Content-Type"] == "application/octet-stream"
    assert response.headers["X-Content-Type-Options"] == "nosniff"
    assert "no-store" in response.headers["Cache-Control"]
    access = DataAccess.objects.get()
    assert (access.actor, access.kind, access.person) == (admissions, DataAccess.Kind.FILE, lead.person)
    assert access.query == "ENQ-FILE-22: Mark sheet.PDF"


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("run.exe", b"MZ", "This isn't a PDF, picture"),
        ("page.html", b"<script>", "This isn't a PDF, picture"),
        ("fake.pdf", b"<html><script>", "This isn't a PDF, picture"),
        ("fake.txt", b"a\0b", "This isn't a PDF, picture"),
        ("empty.pdf", b"", "This file is empty"),
        ("big.pdf", PDF + b"x" * 10 * 1024 * 1024, "Choose one of at most 10"),
    ],
)
def test_other_files_are_refused(desk: Client, lead: Lead, name: str, content: bytes, said: str) -> None:
    response = upload(desk, lead, name=name, content=content)

    assert response.status_code == 422
    assert said in response.content.decode().replace("&#x27;", "'")
    assert not LeadFile.objects.exists()


def test_a_form_without_a_file_says_so(desk: Client, lead: Lead) -> None:
    assert "Choose a file" in desk.post(f"/cms/leads/file/{lead.pk}/").content.decode()


def test_upload_pressed_twice_keeps_one(desk: Client, lead: Lead) -> None:
    for _ in range(2):
        upload(desk, lead)

    assert LeadFile.objects.count() == 1


def test_authors_and_learners_read_no_file(desk: Client, lead: Lead, author: User, learner: User) -> None:
    upload(desk, lead)
    file = LeadFile.objects.get()
    for user in (author, learner):
        assert signed_in(user).get(f"/cms/leads/{lead.pk}/files/{file.pk}/").status_code == 302
    assert not DataAccess.objects.exists()


def test_a_file_is_read_through_its_own_lead_while_that_is_worked(desk: Client, lead: Lead) -> None:
    upload(desk, lead)
    file = LeadFile.objects.get()
    assert desk.get(f"/cms/leads/{LeadFactory().pk}/files/{file.pk}/").status_code == 404

    Lead.everything.filter(pk=lead.pk).update(set_aside=Lead.SetAside.RESTRICTED)
    assert desk.get(f"/cms/leads/{lead.pk}/files/{file.pk}/").status_code == 404


def test_a_deleted_file_leaves_the_disk(
    desk: Client, lead: Lead, django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks
) -> None:
    upload(desk, lead)
    file = LeadFile.objects.get()
    path = Path(file.file.path)
    assert path.exists()

    with django_capture_on_commit_callbacks(execute=True):
        page = desk.post(
            f"/cms/leads/unfile/{lead.pk}/", {"file": str(file.pk)}, follow=True
        ).content.decode()
    assert "Deleted: Mark sheet.PDF" in page
    assert not path.exists()


def test_a_file_of_another_lead_is_not_deleted(desk: Client, lead: Lead) -> None:
    upload(desk, lead)
    response = desk.post(f"/cms/leads/unfile/{LeadFactory().pk}/", {"file": str(LeadFile.objects.get().pk)})

    assert response.status_code == 422
    assert LeadFile.objects.exists()


def test_the_file_of_a_lead_that_is_gone_leaves_the_disk(
    desk: Client, lead: Lead, django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks
) -> None:
    upload(desk, lead)
    path = Path(LeadFile.objects.get().file.path)
    with django_capture_on_commit_callbacks(execute=True):
        lead.delete()

    assert not path.exists()
