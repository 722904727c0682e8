"""Which field a column fills, guessed from its heading in the spellings that other programs use."""

import re
from dataclasses import dataclass
from typing import TypedDict

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

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
        "whatsapp whatsappno whatsappnumber cell cellphone telephone tel primaryphone",
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
        "submittedat submittedon timestamp datetime addedon",
    ),
    "consent": ImportField(
        _("Agreed to course news"),
        "consent consentnews optin newsletter marketingconsent agreed subscribe subscribed",
    ),
}

_SIGNS = re.compile(r"[\W_]+")
_FIELD_OF = {spelling: name for name, field in FIELDS.items() for spelling in field.spellings.split()}


def guess_fields(headings: list[str]) -> dict[str, str]:
    """Return the field of each heading that is known in some spelling; the first column of a kind wins."""
    guessed: dict[str, str] = {}
    for heading in headings:
        field = _FIELD_OF.get(_SIGNS.sub("", heading.casefold()))
        if field and field not in guessed.values():
            guessed[heading] = field
    return guessed
