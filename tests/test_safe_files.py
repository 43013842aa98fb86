"""Files are written whole or not at all, and not through links."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from simsales.report.files import save_tables
from simsales.safe_files import oddity, replacing


def test_the_new_file_takes_the_place_of_the_old_one(tmp_path: Path) -> None:
    path = tmp_path / ("é" * 120 + ".txt")
    for text in ("one", "two"):
        with replacing(path) as draft:
            draft.write_text(text)
        assert path.read_text() == text
    assert list(tmp_path.iterdir()) == [path]


def test_what_fails_leaves_the_old_file_and_nothing_else(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_text("old")
    with pytest.raises(UnicodeEncodeError), replacing(path) as draft:
        draft.write_bytes(b"new" + "\udcff".encode())
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("what", ["a link", "a broken link", "a pipe", "a draft that is a link"])
def test_nothing_is_written_through(tmp_path: Path, what: str) -> None:
    folder, victim = tmp_path / "results", tmp_path / "victim"
    folder.mkdir()
    path = folder / "kpis.csv"
    if what == "a pipe":
        os.mkfifo(path)
    elif what == "a draft that is a link":
        with replacing(path) as draft:
            pass
        draft.symlink_to(victim)
    else:
        path.symlink_to(victim)
    if what != "a broken link":
        victim.write_text("somebody else's")
    save_tables({"kpis": (["a"], [[1]])}, folder)
    assert path.read_text() == "a\n1\n"
    assert not path.is_symlink()
    assert victim.exists() == (what != "a broken link")
    assert not victim.exists() or victim.read_text() == "somebody else's"


def test_what_is_no_plain_file_is_called_by_its_name(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    (tmp_path / "link").symlink_to(tmp_path / "file")
    os.mkfifo(tmp_path / "pipe")
    said = {path.name: oddity(path) for path in (*tmp_path.iterdir(), tmp_path, tmp_path / "file" / "none")}
    assert said == {
        "file": "",
        "link": "a symbolic link",
        "pipe": "a named pipe",
        tmp_path.name: "a folder",
        "none": "",
    }
    assert oddity(Path(os.devnull)) == "a device"
