"""Time the outbox against a persistent smtplib loop that builds the same mails for the same server.

    DATABASE_URL=postgres://… REDIS_URL=redis://… .venv/bin/python bench/outbox.py

Works in a database of its own, which it makes and deletes. The server runs in a process of its own and notes
each mail before it answers. Rounds of loop and outbox take turns, so that only their ratio counts:
`outbox_ratio` is the median of the rounds' ratios with one sender, `outbox_ratio_2` with two side by side.
`claim_share` is the part of a sender's CPU time that goes into claiming. `outbox_p95_s` is the time from the
commit that queues a message to its arrival, through Redis and a real worker. Prints `name: value` lines.
"""

import argparse
import os
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median, quantiles
from urllib.parse import urlsplit, urlunsplit

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

TEXT = "Dear Kavitha,\n\n" + "Thank you for asking about the Python full-stack course.\n" * 20
HTML = f"<!doctype html><html lang=en><body><p>{TEXT}</p></body></html>"
SERVER = """
import sys, time
from aiosmtpd.controller import Controller

class Server:
    async def handle_DATA(self, server, session, envelope):
        key = envelope.content.partition(b"Message-ID: ")[2].partition(b"\\r")[0].decode()
        arrivals.write(f"{key} {time.time()}\\n")
        return "250 OK"

with open(sys.argv[2], "w", buffering=1) as arrivals:
    controller = Controller(Server(), hostname="127.0.0.1", port=int(sys.argv[1]))
    controller.start()
    print("ready", flush=True)
    sys.stdin.read()
    controller.stop()
"""
WORKER = [sys.executable, "-m", "celery", "-A", "lms", "worker", "--pool=prefork", "--concurrency=2"]


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--messages", type=int, default=1000, help="in each round")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--single", type=int, default=100, help="messages queued one by one for the worker")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, running_server(Path(folder)) as port:
        os.environ |= {
            "DJANGO_SETTINGS_MODULE": "lms.settings.demo",
            "EMAIL_URL": f"smtp://127.0.0.1:{port}",
            "VAR_DIR": folder,
            "LOG_LEVEL": "WARNING",
        }
        import django

        django.setup()
        from django.test.runner import DiscoverRunner

        runner = DiscoverRunner(verbosity=0, interactive=False)
        databases = runner.setup_databases()
        try:
            measure_speed(port, messages=options.messages, rounds=options.rounds)
            if os.environ.get("REDIS_URL"):
                measure_delay(Path(folder), messages=options.single)
        finally:
            runner.teardown_databases(databases)


def measure_speed(port: int, *, messages: int, rounds: int) -> None:
    """Print how many messages leave in a second, beside the loop."""
    loops, ones, twos, shares = [], [], [], []
    for number in range(rounds + 1):
        queue(messages, name=f"one:{number}")
        loop = messages / timed(lambda: send_plainly(port))
        spent: list[float] = []
        with watched_claims(spent):
            busy = time.process_time()
            one = messages / timed(drain)
            busy = time.process_time() - busy
        queue(messages, name=f"two:{number}")
        two = messages / timed(lambda: side_by_side(drain, processes=2))
        if number:  # the first warms up
            loops.append(loop)
            ones.append(one)
            twos.append(two)
            shares.append(sum(spent) / busy)
    print(f"smtplib_per_s: {median(loops):.0f}")
    print(f"outbox_per_s: {median(ones):.0f}")
    print(f"outbox_ratio: {median(one / loop for one, loop in zip(ones, loops, strict=True)):.2f}")
    print(f"outbox_ratio_2: {median(two / loop for two, loop in zip(twos, loops, strict=True)):.2f}")
    print(f"claim_share: {median(shares):.3f}", flush=True)


def measure_delay(folder: Path, *, messages: int) -> None:
    """Print how long a message takes from its commit to the server, queued one by one beside a worker."""
    from django.db import connection, transaction

    from outbox.models import Message
    from outbox.queue import enqueue

    url = urlsplit(os.environ["DATABASE_URL"])
    database = urlunsplit(url._replace(path=f"/{connection.settings_dict['NAME']}"))
    committed = {}
    with subprocess.Popen(
        WORKER,
        cwd=ROOT,
        env=os.environ | {"DATABASE_URL": database},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    ) as worker:
        try:
            for number in range(-1, messages):
                with transaction.atomic():
                    message = enqueue(
                        key=f"single:{number}", to="asha@example.com", subject="Hello", text=TEXT, html=HTML,
                        purpose=Message.Purpose.ACKNOWLEDGEMENT,
                    )  # fmt: skip
                if number >= 0:
                    committed[message.message_id] = time.time()
                    time.sleep(0.1)
                else:  # the first waits for the worker to be there
                    wait_until_sent(timeout=60)
            wait_until_sent(timeout=60)
        finally:
            worker.terminate()
    arrived = dict(line.split() for line in (folder / "arrivals").read_text().splitlines())
    delays = [float(arrived[key]) - moment for key, moment in committed.items()]
    print(f"outbox_p95_s: {quantiles(delays, n=20)[-1]:.2f}")


def wait_until_sent(*, timeout: float) -> None:
    from outbox.models import Message

    end = time.monotonic() + timeout
    while Message.objects.exclude(state=Message.State.SENT).exists():
        if time.monotonic() > end:
            raise TimeoutError("The worker sends nothing.")
        time.sleep(0.1)


def queue(messages: int, *, name: str) -> None:
    """Have so many messages due and nothing else."""
    from outbox.models import DeliveryAttempt, Message

    DeliveryAttempt.objects.all().delete()
    Message.objects.all().delete()
    Message.objects.bulk_create(
        Message(
            key=f"{name}:{number}",
            to=f"reader{number}@example.com",
            subject="Your place in the Python full-stack course",
            text=TEXT,
            html=HTML,
            purpose=Message.Purpose.MARKETING,
            message_id=f"<{name}.{number}@example.com>".replace(":", "."),
        )
        for number in range(messages)
    )


def send_plainly(port: int) -> None:
    """What a script would do: build and hand over one after the other, remembering nothing."""
    from email.policy import SMTP as POLICY
    from smtplib import SMTP

    from outbox.mime import build_email
    from outbox.models import Message

    waiting = list(Message.objects.order_by("pk"))
    with SMTP("127.0.0.1", port) as server:
        for message in waiting:
            mail = build_email(message)
            server.sendmail(mail.from_email, mail.to, mail.message(policy=POLICY).as_bytes())


def drain() -> None:
    from outbox import delivery

    delivery.drain(seconds=600)


def side_by_side(work: Callable[[], None], *, processes: int) -> None:
    """Run the same work in forked processes and wait for all."""
    from django.db import connections

    connections.close_all()
    children = []
    for _ in range(processes):
        child = os.fork()
        if child == 0:
            work()
            os._exit(0)
        children.append(child)
    for child in children:
        os.waitpid(child, 0)


def timed(work: Callable[[], None]) -> float:
    begun = time.perf_counter()
    work()
    return time.perf_counter() - begun


@contextmanager
def watched_claims(spent: list[float]) -> Iterator[None]:
    """Note the CPU time of each claim."""
    from outbox import delivery

    claim = delivery.claim

    def watched(*args, **options):
        begun = time.process_time()
        try:
            return claim(*args, **options)
        finally:
            spent.append(time.process_time() - begun)

    delivery.claim = watched
    try:
        yield
    finally:
        delivery.claim = claim


@contextmanager
def running_server(folder: Path) -> Iterator[int]:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port = listener.getsockname()[1]
    command = [sys.executable, "-c", SERVER, str(port), str(folder / "arrivals")]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as server:
        server.stdout.readline()
        try:
            yield port
        finally:
            server.stdin.close()


if __name__ == "__main__":
    main()
