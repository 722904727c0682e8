"""The control: one Celery task a message, which sends it, then sets a flag, and is tried again after errors.

What many products do, and what the suite must catch: Celery's defaults, smtplib, a column `sent_at`.
"""

import os
import smtplib
from email.message import EmailMessage

import psycopg
from celery import Celery

app = Celery("naive", broker=os.environ["REDIS_URL"])
app.conf.update(task_ignore_result=True, broker_connection_retry_on_startup=True)


@app.task(autoretry_for=(Exception,), max_retries=5, default_retry_delay=1)
def send(key: str) -> None:
    """Send one message, then say so."""
    mail = EmailMessage()
    mail["Message-ID"] = f"<{key}@example.com>"
    mail["Subject"], mail["From"], mail["To"] = "Your enquiry", "admissions@example.com", "reader@example.com"
    mail.set_content("We will answer by Monday at 11:00.\n" * 20)
    with smtplib.SMTP("127.0.0.1", int(os.environ["EMAIL_URL"].rpartition(":")[2]), timeout=10) as server:
        server.send_message(mail)
    with psycopg.connect(os.environ["DATABASE_URL"]) as database:
        database.execute("UPDATE naive_message SET sent_at = now() WHERE key = %s", [key])
