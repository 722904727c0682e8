"""Quizzes as somebody with a browser fills them in, with and without scripts."""

from typing import Any

from bs4 import BeautifulSoup, Tag
from django.http import HttpResponse
from django.test import Client

from lessons.models import LessonPage

SCRIPTED = {"X-Requested-With": "fetch"}


class QuizPage:
    """One quiz on a lesson page, read from the HTML that the browser got."""

    def __init__(
        self, client: Client, lesson: LessonPage, block_id: str = "check-yourself", *, scripts: bool = False
    ) -> None:
        self.client, self.lesson, self.block_id = client, lesson, block_id
        self.scripts = scripts
        self.load()

    def load(self) -> "QuizPage":
        """Open the lesson."""
        self.read(self.client.get(self.lesson.url))
        return self

    def read(self, response: HttpResponse) -> None:
        assert response.status_code == 200, response.status_code
        self.html = response.content.decode()
        section = BeautifulSoup(self.html, "html.parser").find("section", id=f"quiz-{self.block_id}")
        assert section, "the quiz isn't on the page"
        self.section: Tag = section

    @property
    def text(self) -> str:
        return " ".join(self.section.get_text(" ").split())

    @property
    def titles(self) -> list[str]:
        """The questions in their order."""
        return [" ".join(legend.get_text(" ").split()[1:]) for legend in self.section.select("legend")]

    def question(self, question_id: str) -> Tag:
        return self.section.find("fieldset", id=f"quiz-{self.block_id}-{question_id}")

    def said(self, question_id: str) -> str:
        return " ".join(self.question(question_id).get_text(" ").split())

    def struck(self, question_id: str) -> list[str]:
        """What the red pen has struck."""
        return [item.get_text() for item in self.question(question_id).select("s")]

    def marked(self, question_id: str) -> list[str]:
        """What the highlighter has marked."""
        return [item.get_text() for item in self.question(question_id).select("mark")]

    def options(self, question_id: str) -> list[str]:
        """The options or items as they are offered."""
        return [item.get_text(strip=True) for item in self.question(question_id).select(".answer")]

    def fields(self) -> dict[str, Any]:
        """What the browser would send now."""
        data: dict[str, Any] = {}
        for form in self.section.select("form.quiz-form"):
            for field in form.select("input[name], textarea[name], select[name]"):
                if field.find_parent("fieldset", disabled=True) or field.has_attr("disabled"):
                    continue
                _take(data, field)
        return data

    def filled(self, question_id: str, answer: Any) -> dict[str, Any]:
        """The fields of an answer that is given by what can be read on the page."""
        name = f"answer-{question_id}"
        if isinstance(answer, list) and self.question(question_id).select("select"):
            places = {
                item.select_one(".answer").get_text(strip=True): item.select_one("select")["name"]
                for item in self.question(question_id).select("li")
            }
            return {places[text]: str(place) for place, text in enumerate(answer, start=1)}
        if isinstance(answer, list):
            return {name: [self._value_of(question_id, text) for text in answer]}
        if isinstance(answer, int):
            return {name: str(answer)}
        is_text = self.question(question_id).select("textarea, input[type=text]")
        return {name: answer if is_text else self._value_of(question_id, answer)}

    def _value_of(self, question_id: str, text: str) -> str:
        for label in self.question(question_id).select("label.choice"):
            if label.get_text(strip=True) == text:
                return label.input["value"]
        raise AssertionError(f"{text} isn't offered")

    def send(self, action: str, data: dict[str, Any]) -> HttpResponse:
        """Post a form of the quiz and look at what comes."""
        address = f"{self.lesson.url}quiz/{self.block_id}/{action}/"
        if self.scripts:
            response = self.client.post(address, data, headers=SCRIPTED)
            self.read(response)
            return response
        response = self.client.post(address, data)
        assert response.status_code == 302, response.status_code
        self.read(self.client.get(response["Location"]))
        return response

    def check(self, question_id: str, answer: Any = None) -> HttpResponse:
        """Answer a question and press "Check answer"."""
        data = self.fields() | ({} if answer is None else self.filled(question_id, answer))
        return self.send("answer", data | {"check": question_id})

    def show(self, question_id: str) -> HttpResponse:
        """Press "Show answer"."""
        return self.send("answer", self.fields() | {"show": question_id})

    def start(self) -> HttpResponse:
        """Press "Start the quiz" or "Try again"."""
        return self.send("start", {"key": self.start_key})

    @property
    def start_key(self) -> str:
        form = self.section.find("form", action=f"{self.lesson.url}quiz/{self.block_id}/start/")
        assert form, "there is no button to start"
        return form.find("input", attrs={"name": "key"})["value"]

    def answers(self, given: dict[str, Any]) -> dict[str, Any]:
        """The whole form with these answers in it."""
        data = self.fields()
        for question_id, answer in given.items():
            data |= self.filled(question_id, answer)
        return data

    def save(self, given: dict[str, Any]) -> HttpResponse:
        return self.send("answer", self.answers(given))

    def finish(self, given: dict[str, Any]) -> HttpResponse:
        return self.send("finish", self.answers(given))


def _take(data: dict[str, Any], field: Tag) -> None:
    """Add what a browser would send of one field."""
    if field.name == "select":
        value = field.select_one("option[selected]").get_text()
    elif field.name == "textarea":
        value = field.get_text().removeprefix("\n")
    elif field.get("type") in {"radio", "checkbox"} and not field.has_attr("checked"):
        return
    else:
        value = field.get("value", "")
    data.setdefault(field["name"], []).append(value)
