"""The Library of Congress suite: every bag judged, and for the right reason."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from archive.validating import Report, Severity, validate
from tests.kit.shared import shared_data

OUTSIDE = {"path-outside"}
REASONS: dict[str, set[str]] = {
    "v0.97/invalid/baginfo-missing-encoding": {"declaration-lines"},
    "v0.97/invalid/bom-in-bagit.txt": {"declaration-bom"},
    "v0.97/invalid/corrupt-data-file": {"checksum-mismatch", "oxum-mismatch"},
    "v0.97/invalid/corrupt-tag-file": {"checksum-mismatch"},
    "v0.97/invalid/extra-file-in-bag": {"file-unlisted", "oxum-mismatch"},
    "v0.97/invalid/invalid-version-number": {"version-unknown"},
    "v0.97/invalid/missing-baginfo": {"file-missing"},
    "v0.97/invalid/missing-bagit.txt": {"declaration-missing", "file-missing"},
    "v0.97/invalid/out-of-scope-file-paths-using-dot-notation": OUTSIDE,
    "v0.97/invalid/out-of-scope-file-paths-using-dot-notation-for-fetch": OUTSIDE,
    "v0.97/invalid/same-filename-listed-twice-with-different-hashes": {"manifest-conflict"},
    "v0.97/linux-only/out-of-scope-file-paths-using-absolute-path": OUTSIDE,
    "v0.97/linux-only/out-of-scope-file-paths-using-absolute-path-for-fetch": OUTSIDE,
    "v0.97/linux-only/out-of-scope-file-paths-using-shortcut": OUTSIDE,
    "v0.97/linux-only/out-of-scope-file-paths-using-shortcut-for-fetch": OUTSIDE,
    "v0.97/linux-only/out-of-scope-file-paths-using-shortcut-username": OUTSIDE,
    "v0.97/linux-only/out-of-scope-file-paths-using-shortcut-username-for-fetch": OUTSIDE,
    "v0.97/windows-only/out-of-scope-file-paths-using-absolute-path": OUTSIDE,
    "v0.97/windows-only/out-of-scope-file-paths-using-absolute-path-for-fetch": OUTSIDE,
    "v0.97/windows-only/out-of-scope-file-paths-using-shortcut": OUTSIDE,
    "v0.97/windows-only/out-of-scope-file-paths-using-shortcut-for-fetch": OUTSIDE,
    "v0.97/windows-only/out-of-scope-file-paths-using-unc": OUTSIDE,
    "v0.97/windows-only/out-of-scope-file-paths-using-unc-for-fetch": OUTSIDE,
    "v1.0/invalid/bagit-with-invalid-whitespace": {"declaration-line"},
    "v1.0/invalid/notAllManifestsListAllFiles": {"file-unlisted"},
    "v1.0/invalid/same-filename-listed-twice-with-different-hashes": {
        "declaration-line",
        "manifest-conflict",
    },
    "v1.0/invalid/same-filename-listed-twice-with-the-same-hash": {"manifest-duplicate"},
}
"""Every code of severity error, exactly."""
WARNINGS: dict[str, set[str]] = {
    "v0.97/warning/duplicate-file-with-different-case": {"name-case"},
    "v0.97/warning/made-with-md5sum-tools": {"manifest-asterisk"},
    "v0.97/warning/relative-path": {"manifest-dot-slash"},
    "v0.97/warning/same-filename-listed-twice-with-different-normalization": {
        "unicode-form",
        "manifest-duplicate",
    },
    "v0.97/warning/same-filename-listed-twice-with-the-same-hash": {"manifest-duplicate"},
    "v0.97/warning/special-system-files": {"system-file"},
}
NOT_VALID_HERE = {
    # The suite was made on a Mac, where HELLO.txt is hello.txt; here it is another file, not there.
    "v0.97/warning/duplicate-file-with-different-case": {"file-missing"},
    "v0.97/warning/special-system-files": {"file-missing", "oxum-mismatch"},
}
"""Warned about, and wrong as well where files differ in case or the copy lost its .DS_Store."""


def the_suite() -> Path:
    return shared_data("bagit-conformance")


def codes(report: Report, severity: Severity) -> set[str]:
    return {finding.code for finding in report.findings if finding.severity is severity}


def names(kind: str) -> list[str]:
    suite = Path(__file__).resolve().parents[4] / "shared/data/bagit-conformance"
    return sorted(str(bag.relative_to(suite)) for bag in suite.glob(f"*/{kind}/*"))


@pytest.mark.parametrize("name", names("valid") or ["absent"])
def test_what_the_suite_calls_valid_is_accepted(name: str) -> None:
    report = validate(the_suite() / name)
    assert codes(report, Severity.ERROR) == set()
    assert report.valid
    assert report.complete
    assert report.version == Path(name).parts[0][1:]


def test_all_27_valid_bags_are_there() -> None:
    the_suite()
    assert len(names("valid")) == 27


@pytest.mark.parametrize(("name", "reasons"), REASONS.items())
def test_what_the_suite_calls_invalid_is_rejected_for_that_reason(name: str, reasons: set[str]) -> None:
    report = validate(the_suite() / name)
    assert not report.valid
    assert reasons <= codes(report, Severity.ERROR)
    assert all(finding.rule and finding.sentence.endswith(".") for finding in report.findings)


def test_every_invalid_bag_of_the_suite_has_its_reason_here() -> None:
    the_suite()
    assert sorted(REASONS) == sorted(names("invalid") + names("linux-only") + names("windows-only"))


@pytest.mark.parametrize(("name", "warnings"), WARNINGS.items())
def test_what_the_suite_warns_of_is_warned_of(name: str, warnings: set[str]) -> None:
    bag = the_suite() / name
    report = validate(bag)
    assert warnings <= codes(report, Severity.WARNING)
    assert codes(report, Severity.ERROR) <= NOT_VALID_HERE.get(name, set())


def test_nothing_in_the_suite_is_changed_or_fetched(monkeypatch: pytest.MonkeyPatch) -> None:
    suite = the_suite()
    monkeypatch.chdir(suite)
    before = Path.cwd()
    validate(Path("v0.97/valid/holey-bag"))
    assert Path.cwd() == before


def test_the_two_that_are_rejected_here_are_what_their_manifests_say_once_their_files_are_there(
    tmp_path: Path,
) -> None:
    system_files = shutil.copytree(the_suite() / "v0.97/warning/special-system-files", tmp_path / "system")
    (system_files / "data").chmod(0o755)
    (system_files / "data/.DS_Store").write_bytes(b"")
    report = validate(system_files)
    assert (report.valid, codes(report, Severity.WARNING)) == (True, {"system-file"})
    two_names = shutil.copytree(
        the_suite() / "v0.97/warning/duplicate-file-with-different-case", tmp_path / "two"
    )
    (two_names / "data").chmod(0o755)
    shutil.copy(two_names / "data/hello.txt", two_names / "data/HELLO.txt")
    assert "name-case" in codes(validate(two_names), Severity.ERROR), "no Mac can hold both"
