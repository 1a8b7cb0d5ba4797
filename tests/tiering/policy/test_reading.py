from __future__ import annotations

from pathlib import Path

import pytest

from holdings.errors import BadInput
from holdings.settings.template import write_template
from tests.tiering.builders import ELSE_HOT, OLD_BAGS_ALSO_COLD
from tiering.policy import Guards, RemovalCeilings, RunCeilings, read_policy

SOUND = """
[guards]
min_copies = 1
min_domains = 1
verified_within_days = 90

[[rules]]
name = "old bags also rest in cold"
where = "kind = 'bag' and age_days >= 365"
copies = { hot = 1, cold = 1 }
domains = 2
because = "a year after its deposit a bag must survive the loss of a site"

[[rules]]
name = "everything else is hot"
where = "true"
copies = { hot = 1 }
domains = 1
because = "it is being worked with"
"""


def read(folder: Path, text: str | bytes) -> object:
    path = folder / "policy.toml"
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return read_policy(path)


def refusal(folder: Path, text: str | bytes) -> str:
    with pytest.raises(BadInput) as caught:
        read(folder, text)
    assert "policy.toml" in caught.value.sentence
    return caught.value.sentence


def test_a_sound_policy_is_read(tmp_path: Path) -> None:
    (tmp_path / "policy.toml").write_text(SOUND)
    policy = read_policy(tmp_path / "policy.toml")
    assert policy.rules == (OLD_BAGS_ALSO_COLD, ELSE_HOT)
    assert policy.guards == Guards()
    assert policy.tiers == ("hot", "cold")


def test_comments_and_spacing_do_not_change_what_it_says(tmp_path: Path) -> None:
    (tmp_path / "a.toml").write_text(SOUND)
    (tmp_path / "b.toml").write_text("# reviewed in March\n" + SOUND.replace("\n\n", "\n\n\n"))
    (tmp_path / "c.toml").write_text(SOUND.replace("365", "366"))
    a, b, c = (read_policy(tmp_path / f"{name}.toml").sha256 for name in "abc")
    assert a == b != c


FAULTS = {
    "an unknown key, with the nearest": (SOUND.replace("domains = 2", "domain = 2"), "domains"),
    "an unknown guard": (SOUND.replace("min_copies", "min_copy"), "min_copies"),
    "an unknown table": (SOUND + "[limits]\nx = 1\n", "limits"),
    "no rules": ("[guards]\nmin_copies = 1\n", "rules"),
    "an empty list of rules": ("rules = []\n", "rules"),
    "no reason": (SOUND.replace('because = "it is being worked with"', ""), "because"),
    "an empty reason": (SOUND.replace("it is being worked with", " "), "because"),
    "no tiers": (SOUND.replace("{ hot = 1 }", "{ }"), "copies"),
    "a negative number of copies": (SOUND.replace("cold = 1 }", "cold = -1 }"), "cold"),
    "copies as text": (SOUND.replace("cold = 1 }", "cold = '1' }"), "cold"),
    "copies as a fraction": (SOUND.replace("cold = 1 }", "cold = 1.0 }"), "cold"),
    "copies as a truth": (SOUND.replace("cold = 1 }", "cold = true }"), "cold"),
    "a tier that is no word": (SOUND.replace("cold = 1 }", "'../x' = 1 }"), "copies"),
    "an unknown column": (SOUND.replace("age_days", "idle_weeks"), "'idle_weeks', which is not a column"),
    "a file behind a condition": (
        SOUND.replace("kind = 'bag'", "read_text('/etc/passwd') = ''"),
        "read_text",
    ),
    "fewer copies than the guard": (SOUND.replace("min_copies = 1", "min_copies = 2"), "min_copies = 2"),
    "fewer domains than the guard": (SOUND.replace("min_domains = 1", "min_domains = 2"), "min_domains = 2"),
    "more domains than copies": (SOUND.replace("domains = 2", "domains = 3"), "can never lie in"),
    "two rules of one name": (
        SOUND.replace("everything else is hot", "old bags also rest in cold"),
        "another rule",
    ),
    "a last rule that leaves some": (
        SOUND.replace('where = "true"', "where = \"kind = 'bag'\""),
        "last rule",
    ),
    "a rule that can never decide": (
        SOUND.replace("kind = 'bag' and age_days >= 365", "true"),
        "can ever decide",
    ),
    "a date far away": (SOUND.replace("= 90", "= 1e99"), "verified_within_days"),
    "not TOML": ("rules = [", "TOML"),
    "not text": (b"\xff\xfe\x00", "UTF-8"),
}


@pytest.mark.parametrize(("text", "says"), FAULTS.values(), ids=FAULTS.keys())
def test_a_fault_is_told_with_its_place(tmp_path: Path, text: str | bytes, says: str) -> None:
    assert says in refusal(tmp_path, text)


def test_all_faults_are_told_at_once(tmp_path: Path) -> None:
    said = refusal(tmp_path, SOUND.replace("age_days", "age").replace("domains = 1\n", "domains = 9\n"))
    assert "'age', which is not a column" in said
    assert "can never lie in" in said


def test_a_policy_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(BadInput) as caught:
        read_policy(tmp_path / "none.toml")
    assert "none.toml" in caught.value.sentence


def test_a_folder_is_no_policy(tmp_path: Path) -> None:
    with pytest.raises(BadInput):
        read_policy(tmp_path)


def test_the_policy_that_init_writes_is_sound(tmp_path: Path) -> None:
    write_template(tmp_path)
    policy = read_policy(tmp_path / "policy.toml")
    assert [rule.copies for rule in policy.rules] == [{"hot": 1, "cold": 1}, {"hot": 1}]


def test_the_columns_are_told_where_a_condition_is_wrong_and_nowhere_else(tmp_path: Path) -> None:
    with pytest.raises(BadInput) as condition:
        read(tmp_path, SOUND.replace("age_days", "agedays"))
    assert "age_days" in (condition.value.hint or "")
    with pytest.raises(BadInput) as domains:
        read(tmp_path, SOUND.replace("domains = 2", "domains = 5"))
    assert domains.value.hint is None


GUARDS = "verified_within_days = 90\nremoval = {{ {removal} }}\nrun = {{ {run} }}"


def with_guards(removal: str = "", run: str = "") -> str:
    return SOUND.replace("verified_within_days = 90", GUARDS.format(removal=removal, run=run))


def test_guards_of_removals_and_runs(tmp_path: Path) -> None:
    text = with_guards(
        'packages = 7, size = "2 TB", share = 0.05', 'size = "1 GB", spend = 50, hours = "20:00-06:30"'
    )
    (tmp_path / "policy.toml").write_text(text)
    guards = read_policy(tmp_path / "policy.toml").guards
    assert guards.removal == RemovalCeilings(packages=7, size_bytes=2 * 10**12, share=0.05)
    assert guards.run == RunCeilings(size_bytes=10**9, spend=50, hours=(1200, 390))
    assert [guards.run.open_at(minute) for minute in (1199, 1200, 0, 389, 390)] == [
        *(False, True, True, True, False)
    ]


@pytest.mark.parametrize(
    ("removal", "run", "word"),
    [
        ("share = 1.5", "", "share"),
        ("packages = -1", "", "packages"),
        ('size = "much"', "", "size"),
        ("bytes = 5", "", "bytes"),
        ("", 'hours = "25:00-06:00"', "two times of the day"),
        ("", 'hours = "06:00-06:00"', "hours"),
        ("", "spend = -1", "spend"),
    ],
)
def test_guards_that_cannot_be_meant(tmp_path: Path, removal: str, run: str, word: str) -> None:
    assert word in refusal(tmp_path, with_guards(removal, run))


def test_more_domains_than_copies_above_all_rules(tmp_path: Path) -> None:
    text = SOUND.replace("min_domains = 1", "min_domains = 2").replace(
        "copies = { hot = 1 }\ndomains = 1", "copies = { hot = 2 }\ndomains = 2"
    )
    assert "can never lie in" in refusal(tmp_path, text)
