"""What there is in a course, counted, and how hard it is to read."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from html import unescape

from django.utils.html import strip_tags

from courses import markdown
from lessons.examples import HasBody, examples_of
from lessons.models import LessonPage
from lessons.review import reading_minutes

LONG_SENTENCE = 25
"""Words; longer sentences are counted apart."""
LONG_WORD = 6
"""Letters; longer words are what LIX counts."""

_NOT_PROSE = re.compile(r"<pre.*?</pre>|<table.*?</table>", re.DOTALL)
_CODE_WORD = re.compile(r"<code>.*?</code>", re.DOTALL)
_BLOCK_END = re.compile(r"</(?:p|li|h\d)>")
_SENTENCE_END = re.compile(r"(?<=[.!?])\s+|\n+")
_WORD = re.compile(r"[^\W\d_]+(?:['\u2019-][^\W\d_]+)*")


def figures_of(lesson: LessonPage) -> Counter[str]:
    """Return the counts of one lesson; counters of several are added up.

    `examples` are blocks that run, a pair counting once; `pairs` are Django and Flask side by side, of
    which `matched` have numbered lines with a sentence on each; `both` are the exercises that can be
    solved in both frameworks. `minutes` are those of the lesson's head, `read` those of text and code alone.
    """
    found = Counter(lessons=1, minutes=lesson.minutes, read=reading_minutes(lesson))
    found["sources"] = len(lesson.source_list)
    for block in lesson.body:
        found.update(_figures_of_block(block.block_type, block.value))
    found["examples"] = len({example.block_id for example in examples_of(lesson)})
    found["programs"] = len(examples_of(lesson))
    found.update(_reading(sentences_of(lesson.intro, lesson)))
    return found


def _figures_of_block(kind: str, value: object) -> Counter[str]:
    match kind, value:
        case "parallel", {"matches": matches}:
            return Counter(pairs=1, matched=1 if len(matches) else 0)
        case "exercise", {"tracks": tracks, "milestone": milestone}:
            frameworks = {track["framework"] for track in tracks}
            return Counter(
                exercises=1, both=int({"django", "flask"} <= frameworks), milestones=int(milestone)
            )
        case "quiz", {"questions": questions}:
            return Counter(quizzes=1, questions=len(questions))
        case "interview", {"questions": questions}:
            return Counter(interview=len(questions))
    return Counter()


def sentences_of(intro: str, lesson: HasBody) -> Iterator[str]:
    """Yield the sentences of running text, without code, tables and quizzes."""
    texts = [intro]
    for block in lesson.body:
        match block.block_type:
            case "prose":
                texts.append(block.value)
            case "callout":
                texts.append(block.value["text"])
            case "exercise":
                texts.append(block.value["statement"])
            case "parallel":
                texts += [match["text"] for match in block.value["matches"]]
    for text in texts:
        prose = _CODE_WORD.sub("x", _NOT_PROSE.sub("", str(markdown.render(text))))
        for sentence in _SENTENCE_END.split(unescape(strip_tags(_BLOCK_END.sub("\n", prose)))):
            if _WORD.search(sentence):
                yield sentence


def _reading(sentences: Iterable[str]) -> Counter[str]:
    found: Counter[str] = Counter()
    for sentence in sentences:
        words = _WORD.findall(sentence)
        found["sentences"] += 1
        found["words"] += len(words)
        found["long_sentences"] += len(words) > LONG_SENTENCE
        found["long_words"] += sum(len(word) > LONG_WORD for word in words)
    return found


def lix(figures: Counter[str]) -> float:
    """Return the readability index of Björnsson: words a sentence and the share of words over six letters.

    Below 30 is for children, 40 an ordinary newspaper, above 50 an official text; 0 without words.
    """
    words, sentences = figures["words"], figures["sentences"]
    return words / sentences + 100 * figures["long_words"] / words if words else 0.0
