"""Pictures of a course: found again by what is in them, so that nothing is uploaded twice."""

import hashlib
import re
from collections.abc import Iterable
from io import BytesIO
from pathlib import PurePosixPath

from django.core.files.images import ImageFile
from django.utils.text import slugify

from content.errors import CourseFileError
from courses.models import SiteImage

_COURSE_PATH = re.compile(r"images/[A-Za-z0-9_][A-Za-z0-9_./-]*")


def load_images(files: dict[str, bytes]) -> tuple[dict[str, int], int]:
    """Store the pictures that aren't there yet; return the key of each by its path, and how many are new."""
    hashes = {path: hashlib.sha1(data, usedforsecurity=False).hexdigest() for path, data in files.items()}
    known = dict(
        SiteImage.objects.filter(file_hash__in=hashes.values()).order_by("-pk").values_list("file_hash", "pk")
    )
    added = 0
    for path, data in files.items():
        if hashes[path] not in known:
            known[hashes[path]] = _store(path, data, hashes[path]).pk
            added += 1
    return {path: known[digest] for path, digest in hashes.items()}, added


def _store(path: str, data: bytes, digest: str) -> SiteImage:
    image = SiteImage(title=path, file_hash=digest, file_size=len(data))
    try:
        image.file = ImageFile(BytesIO(data), name=PurePosixPath(path).name)
        image.save()
    except Exception as error:  # the image library raises its own kinds for each format
        raise CourseFileError(path, 0, f"This picture can't be read ({error}). Save it again.") from error
    return image


def paths_of(keys: Iterable[int]) -> tuple[dict[int, str], dict[str, bytes]]:
    """Return where each picture goes below a course folder, and the files by that path."""
    paths: dict[int, str] = {}
    files: dict[str, bytes] = {}
    for image in SiteImage.objects.filter(pk__in=set(keys)).order_by("pk"):
        with image.open_file() as opened:
            data = opened.read()
        path = _free_path(image, data, files)
        paths[image.pk], files[path] = path, data
    return paths, files


def _free_path(image: SiteImage, data: bytes, taken: dict[str, bytes]) -> str:
    """Return the path that the picture came from, or one made from its title."""
    if _COURSE_PATH.fullmatch(image.title) and ".." not in image.title:
        wanted = PurePosixPath(image.title)
    else:
        suffix = PurePosixPath(image.file.name).suffix.lower()
        wanted = PurePosixPath("images") / f"{slugify(PurePosixPath(image.title).stem) or 'picture'}{suffix}"
    path, number = wanted, 2
    while str(path) in taken and taken[str(path)] != data:
        path, number = wanted.with_stem(f"{wanted.stem}-{number}"), number + 1
    return str(path)
