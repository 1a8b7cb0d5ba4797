"""What `holdfast init` writes is whole, true, and never in the way of what was there."""

from __future__ import annotations

from pathlib import Path

import pytest

from holdings.errors import BadInput, Conflict
from holdings.settings import read_settings, template
from holdings.settings.prices_reading import read_price_sheet
from holdings.settings.template import template_text, write_template
from holdings.stores.opening import open_store


def tree(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.mark.parametrize("s3", [False, True], ids=["folders", "s3"])
def test_everything_it_names_is_there_and_can_be_read(tmp_path: Path, s3: bool) -> None:
    written = write_template(tmp_path / "new" / "house", s3=s3)
    settings = read_settings(tmp_path / "new" / "house" / "holdfast.toml")
    assert written[-1] == settings.path
    assert settings.policy in written
    for name, path in settings.price_sheets.items():
        assert path in written
        assert read_price_sheet(path, name=name).amount("storage_per_gb_month") > 0
    assert [spec.tier for spec in settings.stores.values()] == ["hot", "cold"]
    assert len({spec.domain for spec in settings.stores.values()}) == 2


def test_the_local_stores_are_made(tmp_path: Path) -> None:
    write_template(tmp_path)
    for spec in read_settings(tmp_path / "holdfast.toml").stores.values():
        assert list(open_store(spec).list()) == []


def test_no_folder_is_made_for_s3(tmp_path: Path) -> None:
    write_template(tmp_path, s3=True)
    assert not (tmp_path / "stores").exists()


def test_the_text_for_s3_names_what_s3_needs_and_no_secret() -> None:
    text = template_text(s3=True)
    for word in ("endpoint", "region", "profile", "AWS_ACCESS_KEY_ID", "s3://"):
        assert word in text
    assert template_text() != text


def test_settings_that_are_there_are_left_alone(tmp_path: Path) -> None:
    (tmp_path / "holdfast.toml").write_text("mine")
    with pytest.raises(BadInput, match="there already; nothing was changed"):
        write_template(tmp_path)
    assert tree(tmp_path) == {"holdfast.toml": b"mine"}


def test_another_file_under_a_name_of_ours_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "policy.toml").write_text("mine")
    with pytest.raises(BadInput, match=r"policy\.toml; nothing was changed"):
        write_template(tmp_path)
    assert tree(tmp_path) == {"policy.toml": b"mine"}


def test_a_link_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "policy.toml").symlink_to(tmp_path / "elsewhere.toml")
    with pytest.raises(BadInput, match=r"policy\.toml"):
        write_template(tmp_path)
    assert not (tmp_path / "elsewhere.toml").exists()


def test_a_store_folder_that_holds_something_else_leaves_nothing_behind(tmp_path: Path) -> None:
    (tmp_path / "stores" / "cold").mkdir(parents=True)
    (tmp_path / "stores" / "cold" / "thesis.doc").write_text("mine")
    with pytest.raises(Conflict):
        write_template(tmp_path)
    assert not (tmp_path / "holdfast.toml").exists()
    assert not (tmp_path / "policy.toml").exists()
    assert (tmp_path / "stores" / "cold" / "thesis.doc").read_text() == "mine"


def test_a_run_that_was_killed_can_be_run_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class Killed(BaseException):
        pass

    def killed(path: Path) -> None:
        if path.name == "holdfast.toml.new":
            raise Killed

    with monkeypatch.context() as patched:
        patched.setattr(template, "read_settings", killed)
        patched.setattr(Path, "unlink", lambda *_, **__: None)  # a kill tidies nothing
        with pytest.raises(Killed):
            write_template(tmp_path)
    left = tree(tmp_path)
    assert "policy.toml" in left
    assert "holdfast.toml" not in left
    write_template(tmp_path)
    assert read_settings(tmp_path / "holdfast.toml").stores
    assert not list(tmp_path.glob("*.new"))


def test_a_folder_that_cannot_be_made(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("mine")
    with pytest.raises(BadInput, match=r"cannot be written|not a folder"):
        write_template(tmp_path / "file" / "house")
    with pytest.raises(BadInput, match="not a folder"):
        write_template(tmp_path / "file")
    assert (tmp_path / "file").read_text() == "mine"
