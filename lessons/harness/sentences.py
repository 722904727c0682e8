"""One plain sentence or two for each kind of fault: what it means and what to do."""

import re
import traceback
from collections.abc import Callable
from difflib import get_close_matches
from typing import Any

from .framework_sentences import FRAMEWORK_SENTENCES
from .workspace import module_name

Files = dict[str, str]
Sentence = Callable[[Any, str, Files], str]


def say(error: BaseException, message: str, files: Files) -> str:
    """Return what a beginner is told about an exception."""
    for kind in type(error).__mro__:
        found = SENTENCES.get(kind.__name__) or FRAMEWORK_SENTENCES.get(kind.__name__)
        if found is None:
            continue
        told = found if isinstance(found, str) else found(error, message, files)
        if told:
            return told
    named = type(error).__name__
    return f"The program stopped with {named}: {message}" if message else f"The program stopped with {named}."


def _own_words(error: Any, message: str, files: Files) -> str:
    return message


# Reading the source ----------------------------------------------------------------------------


def _syntax(error: Any, message: str, files: Files) -> str:
    said = (error.msg or "").removeprefix("invalid syntax. ")
    for pattern, told in SYNTAX.items():
        if re.search(pattern, said):
            return told
    if said == "invalid syntax":
        return "Python can't read this line. Is a bracket, quote, comma or colon missing here or just above?"
    return f"Python can't read this line: {said}."


SYNTAX = {
    r"expected ':'": "A colon is missing at the end of this line.",
    r"was never closed": "A bracket opened on this line is never closed. Add the closing one.",
    r"unmatched": "There is a closing bracket here that was never opened. Remove it, or open one before it.",
    r"unterminated .*string": "A text that starts on this line has no closing quote. Add it.",
    r"Maybe you meant '=='": "A single = gives a value a name. To compare two values, write ==.",
    r"Perhaps you forgot a comma": "A comma is missing between two things on this line.",
    r"Missing parentheses in call to 'print'": "print needs brackets: print(…).",
    r"'return' outside function": "return stands outside a function. Indent it so that it belongs to one.",
    r"'await' outside": "await works only inside a function that begins with “async def”.",
    r"invalid non-printable character|invalid character": (
        "There is a character here that Python can't read, perhaps a curly quote or a space copied "
        "from elsewhere. Type it again."
    ),
    r"cannot assign to": "The left side of = must be a name. Look at what stands before the =.",
}


def _indentation(error: Any, message: str, files: Files) -> str:
    if "expected an indented block" in message:
        return "The line above ends with a colon, so this line must be indented by four spaces."
    if "unexpected indent" in message:
        return "This line is indented further than the lines around it. Remove the extra spaces."
    return "The indentation of this line fits none of the lines above. Line it up with its block."


# Names and values ------------------------------------------------------------------------------


def _suggestion(error: BaseException) -> str:
    line = "".join(traceback.TracebackException.from_exception(error).format_exception_only())
    found = re.search(r"Did you mean:? '?([^'?]+)'?\?", line)
    return found[1] if found else ""


def _name(error: Any, message: str, files: Files) -> str:
    name = getattr(error, "name", None) or (re.findall(r"'(\w+)'", message) or ["this"])[0]
    meant = _suggestion(error)
    if meant:
        return f"Python doesn't know the name “{name}”. Did you mean “{meant}”?"
    return (
        f"Python doesn't know the name “{name}”. Check its spelling, or define or import it above this line."
    )


def _unbound(error: Any, message: str, files: Files) -> str:
    name = getattr(error, "name", None) or (re.findall(r"'(\w+)'", message) or ["this"])[0]
    return f"“{name}” is used in this function before it has a value. Give it one first."


def _module(error: Any, message: str, files: Files) -> str:
    name = error.name or ""
    known = sorted({module_name(path).partition(".")[0] for path in files if path.endswith(".py")})
    whole = sorted({module_name(path) for path in files if path.endswith(".py")})
    if near := get_close_matches(name, [*known, *whole], n=1):
        return f"There is no module “{name}”. Did you mean “{near[0]}”?"
    return (
        f"There is no module “{name}” here. Check its spelling: you can import your own files, "
        "Python's own modules and the framework of this lesson."
    )


def _import(error: Any, message: str, files: Files) -> str:
    found = re.search(r"cannot import name '(\w+)' from (partially initialized module )?'([\w.]+)'", message)
    if not found:
        return ""
    if found[2]:
        return f"Two files import each other, so “{found[1]}” isn't there yet. Move it to a third file."
    meant = _suggestion(error)
    hint = f" Did you mean “{meant}”?" if meant else " Check the spelling of both."
    return f"There is no “{found[1]}” in “{found[3]}”.{hint}"


def _attribute(error: Any, message: str, files: Files) -> str:
    found = re.search(
        r"(?:'([\w.]+)' object|module '([\w.]+)'|type object '(\w+)') has no attribute '(\w+)'", message
    )
    if not found:
        return ""
    kind, name, meant = found[1] or found[2] or found[3], found[4], _suggestion(error)
    if kind == "NoneType":
        return f"The value before “.{name}” is None. Find out where that value comes from."
    hint = (
        f" Did you mean “{meant}”?"
        if meant
        else " Check the spelling, and what kind of value stands before the dot."
    )
    return f"“{kind}” has nothing called “{name}”.{hint}"


def _type(error: Any, message: str, files: Files) -> str:
    for pattern, told in TYPES.items():
        if found := re.search(pattern, message):
            return told.format(*found.groups())
    return f"A value has the wrong type for this line: {message}."


TYPES = {
    r"(\S+) missing \d+ required positional arguments?: (.+)": (
        "The call of {0} leaves out {1}. Give it a value."
    ),
    r"(\S+) takes (?:from )?(\d+)(?: to \d+)? positional arguments? but (\d+) (?:was|were) given": (
        "{0} takes {1} values, but {2} were given. Compare the call with the line that begins with def."
    ),
    r"(\S+) got an unexpected keyword argument '(\w+)'": (
        "{0} has no parameter “{1}”. Compare the call with the line that begins with def."
    ),
    r"(\w+)\(\) got unexpected keyword arguments: (.+)": "{0} has nothing called {1}. Compare the names.",
    r"can only concatenate (\w+) \(not \"(\w+)\"\)": (
        "+ can't join {0} and {1}. Convert one of them first, for example with str(…) or int(…)."
    ),
    r"unsupported operand type\(s\) for (\S+): '(\w+)' and '(\w+)'": (
        "{0} doesn't work between {1} and {2}. Convert one of them first, for example with int(…) or str(…)."
    ),
    r"'NoneType' object is not (?:subscriptable|iterable|callable)": (
        "This value is None: nothing was found or returned. Find out where it comes from."
    ),
    r"'(\w+)' object is not callable": (
        "A {0} can't be called. Remove the brackets behind it, or look whether a function was given "
        "another value."
    ),
    r"'(\w+)' object is not subscriptable": "A {0} has no items to take out with square brackets.",
    r"'(\w+)' object is not iterable": "A {0} can't be walked through; a list or a text can.",
    r"Object of type (\S+) is not JSON serializable": (
        "{0} can't be written as JSON. Turn it into texts, numbers, lists and dictionaries first."
    ),
    r"The view function for '(\w+)' did not return a valid response": (
        "The view “{0}” returned nothing, or something that is no response. Does every way through it "
        "end with return?"
    ),
    r"'(\S+)' not supported between instances of '(\w+)' and '(\w+)'": (
        "{0} can't compare {1} with {2}. Convert one of them first."
    ),
}


def _key(error: Any, message: str, files: Files) -> str:
    return f"There is no key {message} in this dictionary. Check the spelling, or use .get({message})."


def _value(error: Any, message: str, files: Files) -> str:
    if found := re.search(r"invalid literal for int\(\) with base \d+: (.*)", message):
        return f"int() can't read {found[1]} as a whole number."
    if found := re.search(r"could not convert string to float: (.*)", message):
        return f"float() can't read {found[1]} as a number."
    if found := re.search(r"The view (\S+) didn't return an HttpResponse object", message):
        name = found[1].rpartition(".")[2]
        return f"The view “{name}” must return a response. Does every way through it end with return?"
    if "unpack" in message:
        return f"The number of names left of = doesn't fit the number of values: {message}."
    return f"A value has the right type but can't be used here: {message}."


def _missing_file(error: Any, message: str, files: Files) -> str:
    return f"There is no file “{error.filename}”. Check the name and the folder."


def _runtime(error: Any, message: str, files: Files) -> str:
    if "can't start new thread" in message:
        return "Threads can't be started here. Run this program on your own computer."
    if "outside of application context" in message or "outside of request context" in message:
        return "Flask's request and app can be used only while a request is answered: inside a view function."
    if "Settings already configured" in message:
        return "Django can be set up once only. Start the lesson's Python again."
    if "doesn't declare an explicit app_label" in message:
        return "This model's app is missing from INSTALLED_APPS in settings.py. Add the app's name."
    return f"The program stopped: {message}"


def _os(error: Any, message: str, files: Files) -> str:
    return f"The system refused this: {message}. A lesson can't reach the network or start other programs."


def _exit(error: Any, message: str, files: Files) -> str:
    if error.code in {None, 0}:
        return "The program ended itself before it could answer. Remove the call of exit()."
    return f"The program ended itself with sys.exit({error.code!r}). Only 0 means that all went well."


def _end_of_input(error: Any, message: str, files: Files) -> str:
    return "The program asks for more input than it was given. Write one line of input for each input()."


SENTENCES: dict[str, str | Sentence] = {
    # of this package: their messages are written for learners
    "BadFiles": _own_words, "BadRequest": _own_words, "NoApp": _own_words, "SecondProject": _own_words,
    "NotStarted": _own_words, "NotHere": _own_words, "NeverEnds": _own_words,
    # Python
    "IndentationError": _indentation, "SyntaxError": _syntax,
    "TabError": "Tabs and spaces are mixed in this block. Use spaces only.",
    "UnboundLocalError": _unbound, "NameError": _name,
    "ModuleNotFoundError": _module, "ImportError": _import, "AttributeError": _attribute,
    "TypeError": _type, "KeyError": _key, "ValueError": _value,
    "IndexError": "This list or text is shorter than the position that is asked for. Positions start at 0.",
    "ZeroDivisionError": "This line divides by zero. Check the number below the line first.",
    "RecursionError": "A function calls itself without end. Give it a case in which it stops.",
    "MemoryError": "The program used up its memory. Does a list or a text grow without end?",
    "KeyboardInterrupt": "The program was interrupted.",
    "SystemExit": _exit, "EOFError": _end_of_input, "FileNotFoundError": _missing_file,
    "NotImplementedError": "This part is still to be written.",
    "AssertionError": "An assert in the program failed: what it says must be true is not.",
    "RuntimeError": _runtime, "OSError": _os,
}  # fmt: skip
