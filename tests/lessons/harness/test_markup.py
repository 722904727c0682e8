"""Pages as trees, the selectors that checks use, and forms as a browser sends them."""

import pytest

from lessons.harness.expecting import CheckFailed
from lessons.harness.forms import fill_in
from lessons.harness.markup import BadSelector, read_page

PAGE = """<!doctype html>
<title>Jobs &amp; more</title>
<nav class="main top"><a href="/">Home</a> <a href="/jobs/?page=2">Next</a></nav>
<ul id="jobs">
  <li class="job new" data-city="Madurai">Developer <b>now</b>
  <li class="job">Tester<br>soon
</ul>
<div><section><p>One<p>Two</section></div>
<script>var hidden = "<p>no</p>";</script>
<input disabled value=x>
"""


@pytest.mark.parametrize(
    ("selector", "texts"),
    [
        ("title", ["Jobs & more"]),
        ("li", ["Developer now", "Tester soon"]),
        ("ul > li.new", ["Developer now"]),
        ("#jobs .job", ["Developer now", "Tester soon"]),
        ("li.job.new b", ["now"]),
        ("nav.top a[href='/']", ["Home"]),
        ('a[href^="/jobs/"]', ["Next"]),
        ("a[href*=page]", ["Next"]),
        ("a[href$='2'], b", ["Next", "now"]),
        ("[data-city]", ["Developer now"]),
        ("nav[class~=main] > a", ["Home", "Next"]),
        ("div p", ["One", "Two"]),
        ("div > p", []),
        ("section > *", ["One", "Two"]),
        ("LI.new", ["Developer now"]),
        ("script p", []),
    ],
)
def test_selector_finds(selector: str, texts: list[str]) -> None:
    assert [element.text for element in read_page(PAGE).select(selector)] == texts


def test_attributes_are_read_in_any_case() -> None:
    (field,) = read_page(PAGE).select("input[disabled]")
    assert (field.get("VALUE"), field.get("disabled"), field.get("name"), field.get("name", "none")) == (
        "x", "", None, "none",
    )  # fmt: skip


@pytest.mark.parametrize("selector", ["li:first-child", "ul >", "", "a[", "li + li"])
def test_selector_beyond_the_subset_is_refused(selector: str) -> None:
    with pytest.raises(BadSelector):
        read_page(PAGE).select(selector)


@pytest.mark.parametrize(
    "text", ["", "<", "<p", "</p></div>", "<a href=x<b>>", "&#xffffffff;<p>ok</p>", "<div>" * 3_000]
)
def test_untidy_page_is_read_all_the_same(text: str) -> None:
    page = read_page(text)
    assert isinstance(page.select("p"), list)
    assert isinstance(page.text, str)


FORM = """
<form><input name="q"></form>
<form method="POST" action="/save/">
  <input type="hidden" name="token" value="t&amp;1"><input name="title" value="Old">
  <input type="checkbox" name="open" checked>
  <input type="checkbox" name="paid" value="yes">
  <input type="radio" name="kind" value="a"><input type="radio" name="kind" value="b" checked>
  <select name="city"><option>Madurai<option value="ch" selected>Chennai</select>
  <select name="level"><option value="">Any<option>High</select>
  <select name="tags" multiple><option>x<option>y</select>
  <textarea name="text">
two
lines</textarea>
  <input name="off" value="1" disabled><button name="go" value="1">Save</button>
</form>
"""


def test_form_is_sent_as_a_person_leaves_it() -> None:
    assert fill_in(read_page(FORM), "/", {"title": "New", "tags": ["x", "y"]}) == (
        "POST",
        "/save/",
        [("token", "t&1"), ("open", "on"), ("kind", "b"), ("city", "ch"), ("level", ""),
         ("text", "two\nlines"), ("title", "New"), ("tags", "x"), ("tags", "y")],
    )  # fmt: skip
    assert fill_in(read_page(FORM), "/", {"q": "tester"}) == ("GET", "", [("q", "tester")])


def test_page_without_the_form_fails_the_check() -> None:
    with pytest.raises(CheckFailed, match="The page /new/ has no form"):
        fill_in(read_page("<p>Soon</p>"), "/new/", {})
    with pytest.raises(CheckFailed, match="no field called salary"):
        fill_in(read_page(FORM), "/", {"salary": "1"})
