"""Which field a column fills, guessed from its heading in the spellings that other programs use."""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TypedDict

import phonenumbers
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from enrollment.phones import parse_phone

ROUND_ROBIN = "round-robin"


@dataclass(frozen=True)
class ImportField:
    """Something that a column may fill; spellings without blanks and signs."""

    label: Promise
    spellings: str


class Values(TypedDict, total=False):
    """What every row gets unless a column says something else; keys of records as text."""

    source: str
    course: str
    owner: str
    """A user's key, ROUND_ROBIN, or empty for nobody."""
    tag: str
    stage: str


class Mapping(TypedDict):
    """How a table is read: the field of each column by its heading, and values for every row."""

    columns: dict[str, str]
    values: Values


FIELDS: dict[str, ImportField] = {
    "name": ImportField(
        _("Name"),
        "name fullname firstname givenname studentname student candidatename candidate learnername "
        "contactname leadname applicantname customername person",
    ),
    "last_name": ImportField(_("Last name"), "lastname surname familyname"),
    "email": ImportField(
        _("E-mail address"), "email emailid emailaddress mail mailid eaddress emails primaryemail workemail"
    ),
    "phone": ImportField(
        _("Phone number"),
        "phone phoneno phonenumber mobile mobileno mobilenumber mobilephone contact contactno contactnumber "
        "whatsapp whatsappno whatsappnumber cell cellphone telephone tel primaryphone mob mobno mobnumber "
        "phone1 mobile1 phonemobile contactphone contactmobile studentmobile studentphone",
    ),
    "course": ImportField(
        _("Course"),
        "course coursename courseinterested courseinterestedin interestedcourse program programme "
        "programname product interestedin",
    ),
    "message": ImportField(
        _("Message or remarks"),
        "message remark remarks comment comments note notes query enquiry inquiry description "
        "details question",
    ),
    "source": ImportField(_("Source"), "source leadsource channel origin howdidyouhear"),
    "campaign": ImportField(_("Campaign"), "campaign campaignname utmcampaign adname adsetname"),
    "contact_by": ImportField(
        _("Contact by"), "contactby contactvia preferredcontact preferredchannel contactmethod"
    ),
    "best_time": ImportField(_("Best time"), "besttime besttimetocall preferredtime calltime"),
    "owner": ImportField(_("Owner"), "owner leadowner assignedto counsellor counselor assignee"),
    "created_at": ImportField(
        _("Asked on"),
        "date createdat createdtime createdon createddate enquirydate inquirydate leaddate askedat askedon "
        "submittedat submittedon timestamp datetime addedon dateofenquiry dateofinquiry enquiredon",
    ),
    "consent": ImportField(
        _("Agreed to course news"),
        "consent consentnews optin newsletter marketingconsent agreed subscribe subscribed",
    ),
}

_SIGNS = re.compile(r"[\W_]+")
_FIELD_OF = {spelling: name for name, field in FIELDS.items() for spelling in field.spellings.split()}


def guess_fields(headings: list[str], *, sample: Iterable[list[str]] = ()) -> dict[str, str]:
    """Return the field of each heading that is known in some spelling; the first column of a kind wins.

    Addresses and numbers under a heading that nobody foresaw are known by the cells of the sample, so that
    they aren't left out unnoticed.
    """
    guessed: dict[str, str] = {}
    for heading in headings:
        field = _FIELD_OF.get(_SIGNS.sub("", heading.casefold()))
        if field and field not in guessed.values():
            guessed[heading] = field
    rows = list(sample)
    for field, looks_right in _LOOKS.items():
        free = [] if field in guessed.values() else [name for name in headings if name not in guessed]
        for heading in free:
            at = headings.index(heading)
            cells = [row[at] for row in rows if at < len(row) and row[at]]
            if cells and 2 * sum(map(looks_right, cells)) > len(cells):
                guessed[heading] = field
                break
    return guessed


def _is_address(cell: str) -> bool:
    return re.fullmatch(r"[^@\s]+@[^@\s]+\.\w+", cell) is not None


def _is_number(cell: str) -> bool:
    """Whether the cell is a number that could be called; short ones are amounts and dates more often."""
    number = parse_phone(cell) if sum(map(str.isdigit, cell)) >= 10 else None
    return number is not None and phonenumbers.is_valid_number(phonenumbers.parse(number))


_LOOKS: dict[str, Callable[[str], bool]] = {"email": _is_address, "phone": _is_number}
