"""The mail that says an enquiry has arrived."""

from datetime import datetime

from courses.models import InstituteSettings
from enrollment.mails import render_mail
from enrollment.models import Lead, LeadEvent, Submission
from outbox.models import Message
from outbox.personal import allow_again
from outbox.queue import enqueue


def acknowledge(submission: Submission, lead: Lead, *, answers: dict, answer_by: datetime) -> None:
    """Queue the mail that says the enquiry has arrived, with the lead's reference, and note it.

    Nothing is sent to somebody without an address, or when the desk chose to send nothing. Who was
    erased and asks again wants an answer again.
    """
    if not answers["email"] or not answers.get("acknowledge", True):
        return
    allow_again(answers["email"])
    institute = InstituteSettings.current()
    context = {"lead": lead, "institute": institute, "answer_by": answer_by}
    mail = render_mail("acknowledgement", context)
    message = enqueue(
        key=f"enquiry:{submission.key}:acknowledgement",
        to=answers["email"],
        subject=mail.subject,
        text=mail.text,
        html=mail.html,
        purpose=Message.Purpose.ACKNOWLEDGEMENT,
        reply_to=institute.email,
    )
    LeadEvent.objects.create(lead=lead, kind=LeadEvent.Kind.MESSAGE, message=message)
