"""Health endpoints, and the headers that every response carries."""

import pytest
from django.db import OperationalError
from django.test import Client

from accounts.models import User
from lms import health
from tests.conftest import SmallCourse, signed_in

pytestmark = pytest.mark.django_db


def test_live_and_ready(visitor: Client) -> None:
    assert visitor.get("/healthz/live").json() == {"status": "ok"}
    assert visitor.get("/healthz/ready").json()["database"] == "ok"


def test_not_ready_without_database(visitor: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    class NoConnection:
        def cursor(self) -> None:
            raise OperationalError

    monkeypatch.setattr(health, "connection", NoConnection())

    response = visitor.get("/healthz/ready")

    assert response.status_code == 503
    assert response.json()["database"] == "no answer"


def test_public_pages_allow_no_inline_script_and_no_other_host(visitor: Client, course: SmallCourse) -> None:
    for address in ("/", "/courses/", course.free.url, course.locked.url, "/enquire/", "/accounts/login/"):
        response = visitor.get(address)
        policy = response.headers["Content-Security-Policy"]
        assert "unsafe" not in policy, address
        assert "http" not in policy, address
        assert response.headers["X-Content-Type-Options"] == "nosniff"
        assert "camera=()" in response.headers["Permissions-Policy"]
        assert response.headers["Referrer-Policy"]
        page = response.content.decode()
        assert "//cdn" not in page
        assert 'src="http' not in page


def test_only_the_cms_has_the_relaxed_policy(author: User, course: SmallCourse) -> None:
    client = signed_in(author)

    assert "unsafe-inline" in client.get("/cms/").headers["Content-Security-Policy"]
    assert "unsafe" not in client.get(course.free.url).headers["Content-Security-Policy"]


def test_an_uploaded_picture_can_run_nothing(visitor: Client, settings: object, tmp_path: object) -> None:
    settings.MEDIA_ROOT = tmp_path
    (tmp_path / "x.svg").write_text("<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>")

    response = visitor.get("/media/x.svg")

    assert response.status_code == 200
    assert "sandbox" in response.headers["Content-Security-Policy"]
    assert b"<svg" in b"".join(response.streaming_content)
    assert visitor.get("/media/").status_code == 404
    assert visitor.get("/media/../manage.py").status_code in {400, 404}


@pytest.mark.parametrize(
    "path", ["documents/n.pdf", "x/../documents/n.pdf", "./documents/n.pdf", "/documents/n.pdf"]
)
def test_a_document_is_not_reached_past_its_own_address(
    visitor: Client, settings: object, tmp_path: object, path: str
) -> None:
    settings.MEDIA_ROOT = tmp_path
    (tmp_path / "documents").mkdir()
    (tmp_path / "documents" / "n.pdf").write_text("for learners")

    assert visitor.get(f"/media/{path}").status_code == 404


def test_the_theme_is_kept_and_goes_back_to_the_page(visitor: Client, course: SmallCourse) -> None:
    response = visitor.post("/theme/", {"theme": "dark", "next": "/courses/"})
    assert response.url == "/courses/"
    assert 'data-theme="dark"' in visitor.get("/courses/").content.decode()

    visitor.post("/theme/", {"theme": "", "next": "/courses/"})
    assert "data-theme" not in visitor.get("/courses/").content.decode().split("<head>")[0]


def test_the_theme_form_sends_nobody_elsewhere(visitor: Client, course: SmallCourse) -> None:
    assert visitor.post("/theme/", {"theme": "dark", "next": "https://evil.example/"}).url == "/"
