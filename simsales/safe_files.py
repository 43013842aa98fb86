"""Files written aside and renamed: whole or not at all, however a process ends, and through no link."""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from threading import get_native_id

DRAFT = ".draft-"
"""How the name of a file begins that is being written; a kill may leave it behind."""


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """Give the path of a new, empty file beside ``path``, which takes its place when the block has ended.

    What stood at ``path`` before, be it a file, a link or a pipe, stays until then, and for good if the block
    fails. A folder there is refused (IsADirectoryError).
    """
    if path.is_dir() and not path.is_symlink():
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), str(path))
    # A short name, since file systems take 255 bytes; the suffix stays, since it decides a picture's format.
    draft = path.with_name(f"{DRAFT}{os.getpid()}-{get_native_id()}{path.suffix}")
    with suppress(FileNotFoundError):
        draft.unlink()
    # O_EXCL: a file of its own, whatever stands there by now.
    os.close(os.open(draft, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o666))
    try:
        yield draft
        draft.replace(path)
    except BaseException:
        with suppress(OSError):
            draft.unlink()
        raise


def oddity(path: Path) -> str:
    """What stands at ``path``, if it is anything but a plain file or nothing: ``a symbolic link``."""
    try:
        mode = path.lstat().st_mode
    except (FileNotFoundError, NotADirectoryError):
        return ""
    for test, said in (
        (stat.S_ISREG, ""),
        (stat.S_ISLNK, "a symbolic link"),
        (stat.S_ISDIR, "a folder"),
        (stat.S_ISFIFO, "a named pipe"),
        (stat.S_ISSOCK, "a socket"),
    ):
        if test(mode):
            return said
    return "a device"
