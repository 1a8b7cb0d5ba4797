"""What is the server's own; what every catalogue promises is in `test_contract.py`."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import psycopg
import pytest

from holdings.catalogue import migrating
from holdings.catalogue.checking import check_catalogue
from holdings.catalogue.index import index_bytes
from holdings.catalogue.index_query import ImageQuery
from holdings.catalogue.interface import Entry
from holdings.catalogue.postgresql.catalogue import PostgresCatalogue
from holdings.catalogue.postgresql.database import lock_of
from holdings.catalogue.postgresql.sessions import Sessions
from holdings.catalogue.postgresql.telling import Address
from holdings.catalogue.rebuilding import rebuild_catalogue
from holdings.errors import AccessDenied, BadInput, CatalogueBusy, Conflict, NotFound, Unavailable
from holdings.observing import Happening, Waiting
from holdings.opening import open_house
from holdings.records import Copy, CopyStatus
from holdings.settings import read_settings
from tests.holdings.catalogue.fakes import a_package, hold
from tests.holdings.catalogue.light import a_bare_package, a_copy, an_event
from tests.kit import houses
from tests.kit.engines import Engine, an_engine, in_a_schema
from tests.kit.houses import TEST_TIME, a_house
from tests.kit.postgres import OWNER, Postgres, running_postgres


@pytest.fixture
def engine(postgres: Postgres, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Engine:
    monkeypatch.setattr(houses, "CATALOGUE", in_a_schema(postgres))
    return an_engine(tmp_path / "engine", "postgres", postgres)


@pytest.fixture(scope="module")
def fragile() -> Iterator[Postgres]:
    """A server that tests may stop."""
    with running_postgres() as server:
        yield server


def schema_of(engine: Engine) -> str:
    return engine.settings.catalogue.schema_name


def on(server: Postgres, schema: str, folder: Path, **words: object) -> PostgresCatalogue:
    """A catalogue as another machine opens it."""
    address = Address(url=server.url(), schema=schema)
    return PostgresCatalogue(Sessions(address, **{"wait_seconds": 5.0, **words}), folder)  # type: ignore[arg-type]


class TestTheConnection:
    def test_no_server_is_one_sentence(self, engine: Engine, postgres: Postgres) -> None:
        path = engine.settings.path
        path.write_text(path.read_text().replace(f":{engine.server.port}/", ":1/"))  # type: ignore[union-attr]
        with pytest.raises(
            Unavailable, match=r"postgresql://holdfast@127\.0\.0\.1:1/.* cannot be reached: .*efused"
        ) as caught:
            houses.a_house(path.parent)
        assert "\n" not in caught.value.sentence
        assert caught.value.hint is not None

    def test_a_wrong_password_is_not_repeated(self, engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("PGPASSWORD", "wrong-secret")
        with pytest.raises(AccessDenied, match="password authentication failed") as caught:
            engine.keeper().exists()
        assert "wrong-secret" not in f"{caught.value.sentence}{caught.value.hint}{caught.value.detail}"
        assert "PGPASSFILE" in str(caught.value.hint)

    def test_a_server_that_was_started_again_is_asked_again(
        self, fragile: Postgres, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        catalogue = made_on(fragile, tmp_path, monkeypatch)
        with closing(catalogue):
            catalogue.record(Entry(packages=[a_bare_package("nhm-a")]))
            fragile.stop()
            fragile.start()
            assert [each.package_id for each in catalogue.packages()] == ["nhm-a"]

    def test_a_server_that_dies_loses_nothing_that_was_acknowledged_and_the_rest_is_unavailable(
        self, fragile: Postgres, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        catalogue = made_on(fragile, tmp_path, monkeypatch, wait_seconds=0.3)
        with closing(catalogue):
            catalogue.record(Entry(packages=[a_bare_package("nhm-a")]))
            try:
                with pytest.raises(Unavailable, match="connection was lost") as caught:
                    lease_and(catalogue, lambda _: fragile.stop())
                assert "\n" not in caught.value.sentence
                with pytest.raises(Unavailable, match="cannot be reached"):
                    catalogue.packages()
            finally:
                fragile.start()
            assert [each.package_id for each in catalogue.packages()] == ["nhm-a"]
            assert catalogue._rows("SELECT * FROM leases") == []

    def test_a_session_that_is_ended_in_the_middle_leaves_nothing(
        self, catalogue: PostgresCatalogue, engine: Engine, postgres: Postgres
    ) -> None:
        def end(session: int) -> None:
            postgres.ask("SELECT pg_terminate_backend(%s)", session)

        with pytest.raises(Unavailable, match="connection was lost"):
            lease_and(catalogue, end)
        assert catalogue._rows("SELECT * FROM leases") == []
        catalogue.record(Entry(events=[an_event("nhm-a")]))

    def test_a_text_that_no_database_holds_is_bad_input(self, catalogue: PostgresCatalogue) -> None:
        with pytest.raises(BadInput, match="cannot hold"):
            catalogue.package("nhm-\0")


def lease_and(catalogue: PostgresCatalogue, disturb: Callable[[int], None]) -> None:
    """Write, and be disturbed before it is committed."""
    with catalogue._visit(write=True) as database, database.transaction():
        database.insert("leases", [("nhm-a", "us", "reading", TEST_TIME.replace(tzinfo=None))])
        disturb(database.rows("SELECT pg_backend_pid()")[0][0])


def made_on(
    server: Postgres, folder: Path, monkeypatch: pytest.MonkeyPatch, **words: object
) -> PostgresCatalogue:
    for name, value in server.environment.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(houses, "CATALOGUE", in_a_schema(server))
    made = an_engine(folder, "postgres", server)
    with closing(made.keeper()) as keeper:
        keeper.create("0" * 32)
    return on(server, schema_of(made), folder, **words)


class TestTwoAtOnce:
    def test_of_many_that_decide_at_once_one_is_right(
        self, open_catalogue: Callable[[], PostgresCatalogue]
    ) -> None:
        hot, cold = a_copy("nhm-a", "hot"), a_copy("nhm-a", "cold")
        machines = [open_catalogue() for _ in range(6)]
        machines[0].record(Entry(copies=[hot, cold]))

        def give_up_one(number: int) -> Copy | None:
            copy = (hot, cold)[number % 2]
            gone = replace(copy, status=CopyStatus.RETIRED)
            try:
                machines[number].record(Entry(copies=[gone], expecting=[hot, cold]))
            except Conflict:
                return None
            return gone

        with ThreadPoolExecutor(6) as pool:
            done = [each for each in pool.map(give_up_one, range(6)) if each]
        statuses = [copy.status for copy in machines[1].copies()]
        assert len(done) == 1
        assert sorted(statuses) == [CopyStatus.RETIRED, CopyStatus.VERIFIED]

    def test_readers_see_nothing_half_and_do_not_wait(
        self, open_catalogue: Callable[[], PostgresCatalogue]
    ) -> None:
        writer, reader = open_catalogue(), open_catalogue()
        with writer._visit(write=True) as database, database.transaction():
            database.insert("copies", [("nhm-a", "hot", "verified", None, "x")])
            assert reader.copies() == []
        assert len(reader.copies()) == 1

    def test_several_questions_are_about_one_moment(
        self, open_catalogue: Callable[[], PostgresCatalogue]
    ) -> None:
        writer, reader = open_catalogue(), open_catalogue()
        with reader.moment():
            before = reader.packages()
            writer.record(Entry(packages=[a_bare_package("nhm-a")]))
            assert reader.packages() == before == []
        assert len(reader.packages()) == 1

    def test_the_second_waits_says_so_and_gives_up(
        self, engine: Engine, catalogue: PostgresCatalogue, postgres: Postgres, tmp_path: Path
    ) -> None:
        told: list[Happening] = []
        second = on(postgres, schema_of(engine), tmp_path, wait_seconds=1.5, observer=told.append)
        at = f"host={postgres.folder} port={postgres.port} user=postgres"
        with closing(second), psycopg.connect(at) as other:
            other.execute("SELECT pg_advisory_lock(%s)", (lock_of(schema_of(engine)),))
            with pytest.raises(CatalogueBusy, match=r"more than 1\.5 seconds"):
                second.record(Entry(events=[an_event("nhm-a")]))
            assert second.events() == []
        waits = [each for each in told if isinstance(each, Waiting)]
        assert waits
        assert "another command" in waits[0].what

    def test_what_another_machine_recorded_is_found_at_once(
        self, open_catalogue: Callable[[], PostgresCatalogue]
    ) -> None:
        one, other = open_catalogue(), open_catalogue()
        for name in ("nhm-a", "nhm-b"):
            for _ in range(3):
                assert found(other, f"{name}.1") == 0
            record(one, name)
            assert found(other, f"{name}.1") == 1


def record(catalogue: PostgresCatalogue, name: str) -> None:
    package, _, images = a_package(name, at=TEST_TIME)
    catalogue.images.add(name, index_bytes(images))
    catalogue.record(Entry(packages=[package]))


def found(catalogue: PostgresCatalogue, identifier: str) -> int:
    return sum(batch.num_rows for batch in catalogue.images.search(ImageQuery(identifier=identifier)))


class TestTheTables:
    def test_a_large_batch_comes_back_and_comes_twice(self, catalogue: PostgresCatalogue) -> None:
        names = [f"nhm-{number}" for number in range(2_500)]
        entry = Entry(
            packages=[a_bare_package(name) for name in names],
            copies=[a_copy(name) for name in names],
            events=[an_event(name) for name in names],
        )
        for _ in range(2):
            catalogue.record(entry)
        assert catalogue.packages() == sorted(entry.packages, key=lambda each: each.package_id)
        assert catalogue.copies() == sorted(entry.copies, key=lambda each: each.package_id)
        assert len(catalogue.events()) == len(names)
        assert catalogue.package_table().num_rows == len(names)
        spoiled = replace(entry.copies[0], made_by='a "quote", a tab\t and a \\N')
        catalogue.record(Entry(copies=[spoiled]))
        assert catalogue.copies(package_id=names[0]) == [spoiled]
        assert spoiled.made_by in catalogue.copy_table().column("made_by").to_pylist()

    def test_texts_are_sorted_as_bytes(self, engine: Engine, catalogue: PostgresCatalogue) -> None:
        query = """SELECT DISTINCT collation_name FROM information_schema.columns
                   WHERE table_schema = %s AND data_type = 'character varying'"""
        assert engine.server is not None
        assert engine.server.ask(query, schema_of(engine)) == [("C",)]

    def test_an_older_schema_is_brought_forward(
        self, engine: Engine, catalogue: PostgresCatalogue, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        catalogue.record(Entry(packages=[a_bare_package("nhm-a")]))
        newest = max(migrating.migrations())
        after = {**migrating.migrations(), newest + 1: "ALTER TABLE packages ADD COLUMN words VARCHAR"}
        monkeypatch.setattr(migrating, "migrations", lambda: after)
        assert len(catalogue.packages()) == 1
        assert catalogue._rows("SELECT words FROM packages") == [(None,)]
        assert catalogue._rows("SELECT max(version) FROM schema_version") == [(newest + 1,)]

    def test_a_migration_that_fails_leaves_the_tables_as_they_were(
        self, catalogue: PostgresCatalogue, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        newest = max(migrating.migrations())
        half = "CREATE TABLE half (x INTEGER); INSERT INTO half VALUES ('no number')"
        with monkeypatch.context() as patched:
            patched.setattr(migrating, "migrations", lambda: {newest: "", newest + 1: half})
            with pytest.raises(BadInput):
                catalogue.packages()
        assert catalogue.packages() == []
        assert catalogue._rows("SELECT to_regclass('half')::VARCHAR") == [(None,)]

    def test_a_newer_schema_is_refused(self, catalogue: PostgresCatalogue) -> None:
        with catalogue._visit(write=True) as database, database.transaction():
            database.rows("INSERT INTO schema_version VALUES (99, now()::TIMESTAMP)")
        with pytest.raises(BadInput, match=r"schema version 99; this Holdfast knows up to \d+"):
            catalogue.packages()

    def test_a_missing_catalogue_is_never_made_by_looking(self, engine: Engine) -> None:
        with closing(engine.keeper()) as keeper, closing(keeper.open()) as looked:
            with pytest.raises(BadInput, match="no catalogue") as caught:
                looked.packages()
            assert not keeper.exists()
        assert "rebuild" in str(caught.value.hint)

    def test_a_schema_of_others_is_left_alone(self, engine: Engine, postgres: Postgres) -> None:
        schema = schema_of(engine)
        postgres.ask(f"CREATE SCHEMA {schema} AUTHORIZATION {OWNER}")
        postgres.ask(f"CREATE TABLE {schema}.theirs (x INTEGER)")
        with closing(engine.keeper()) as keeper:
            with pytest.raises(BadInput, match=r"is not Holdfast's \(theirs\)"):
                keeper.create("0" * 32)
            with pytest.raises(BadInput, match="not Holdfast's"), keeper.replacing():
                raise AssertionError("not reached")
            postgres.ask(f"DROP TABLE {schema}.theirs")
            keeper.create("0" * 32)
            assert keeper.exists(), "an empty schema that somebody made for us is taken"


class TestWhoMayOnlyRead:
    def test_finds_everything_and_changes_nothing_also_after_a_rebuild(
        self, engine: Engine, postgres: Postgres, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        with a_house(tmp_path / "house") as house:
            hold(house, "nhm-a", "hot", "cold")
            settings = house.settings
        schema = settings.catalogue.schema_name
        reader = f"reader_{schema}"
        postgres.ask(f"CREATE ROLE {reader} LOGIN PASSWORD '{postgres.password}'")
        postgres.ask(f"GRANT USAGE ON SCHEMA {schema} TO {reader}")
        postgres.ask(f"GRANT SELECT ON ALL TABLES IN SCHEMA {schema} TO {reader}")
        path = settings.path
        for _ in range(2):
            owners = path.read_text()
            path.write_text(owners.replace(f"//{OWNER}@", f"//{reader}@"))
            with a_house(path.parent) as house:
                assert len(house.catalogue.packages()) == 1
                assert house.catalogue.images.query().num_rows == 2
                with pytest.raises(AccessDenied, match="does not let us do that: permission denied"):
                    house.catalogue.record(Entry(events=[an_event("nhm-a")]))
            path.write_text(owners)
            rebuild_catalogue(settings)


class TestTheIndexes:
    def test_another_machine_finds_and_keeps_what_it_has_looked_into(
        self, engine: Engine, tmp_path: Path
    ) -> None:
        with a_house(tmp_path / "house") as house:
            hold(house, "nhm-a", "hot")
            hold(house, "nhm-b", "hot")
            text = house.settings.path.read_text()
            path = tmp_path / "house" / "other.toml"
            path.write_text(text.replace("[catalogue]", '[catalogue]\nfolder = "other"'))
        with open_house(read_settings(path)) as other:
            assert other.catalogue.images.image("nhm-a.2").package_id == "nhm-a"
            kept = tmp_path / "house" / "other" / "index"
            assert [each.name for each in kept.iterdir()] == ["nhm-a.parquet"]
            assert other.catalogue.images.query().num_rows == 4
            assert len(list(kept.iterdir())) == 2
            (kept / "nhm-b.parquet").write_bytes(b"rotten")
            assert check_catalogue(other).ok
            assert other.catalogue.images.query().num_rows == 4

    def test_what_is_added_and_not_recorded_is_not_found_and_may_change(
        self, open_catalogue: Callable[[], PostgresCatalogue]
    ) -> None:
        catalogue, other = open_catalogue(), open_catalogue()
        package, _, images = a_package("nhm-a", at=TEST_TIME)
        catalogue.images.add("nhm-a", index_bytes(images[:1]))
        with pytest.raises(NotFound):
            catalogue.images.images("nhm-a")
        other.images.add("nhm-a", index_bytes(images))
        other.record(Entry(packages=[package]))
        assert len(catalogue.images.images("nhm-a")) == 2

    def test_a_damaged_one_in_the_database_is_named_and_fetched_from_the_stores(
        self, engine: Engine, postgres: Postgres, tmp_path: Path
    ) -> None:
        with a_house(tmp_path / "house") as house:
            hold(house, "nhm-a", "hot")
            postgres.ask(f"UPDATE {house.settings.catalogue.schema_name}.indexes SET parquet = 'rotten'")
            assert [each.kind for each in check_catalogue(house).findings] == ["missing-index"]
            assert rebuild_catalogue(house.settings).findings == ()
            assert check_catalogue(house).ok
            assert house.catalogue.images.query().num_rows == 2


def test_a_damaged_catalogue_is_replaced_and_kept(engine: Engine, postgres: Postgres, tmp_path: Path) -> None:
    with a_house(tmp_path / "house") as house:
        hold(house, "nhm-a", "hot")
        postgres.ask(f"DROP TABLE {house.settings.catalogue.schema_name}.indexes")
        postgres.ask(f"DROP TABLE {house.settings.catalogue.schema_name}.objects")
        with pytest.raises(BadInput):
            house.catalogue.packages()
        rebuilt = rebuild_catalogue(house.settings)
        assert (rebuilt.packages, rebuilt.findings) == (1, ())
        assert rebuilt.backup is not None
        assert house.catalogue.images.query().num_rows == 2
