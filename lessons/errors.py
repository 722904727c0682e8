"""What lessons refuse, in words for the person who asked."""

from django.utils.functional import Promise


class WorkRefused(Exception):
    """Work that can't be taken; `message` says what to do, `wait` the seconds after which it may be."""

    def __init__(self, message: str | Promise, *, wait: int = 0) -> None:
        super().__init__(str(message))
        self.message = str(message)
        self.wait = wait


class PublicationRefused(Exception):
    """This revision is unfinished, or a reference solution of it fails its checks."""

    def __init__(self, revision_id: int) -> None:
        super().__init__(f"revision {revision_id}")
        self.revision_id = revision_id
