"""Step 5: a deposit is in the store, read back, recorded, and only then acknowledged.

```
survey ─> identify ─> held already? ─no─> store and prove ─> image index ─> ledger ─> receipt
                            └─yes───────────────────────────────────────────────────────┘
```

It may be killed anywhere and run again: each step finds what is done already and goes on.
"""

from __future__ import annotations

import time
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from urllib.parse import unquote, urlsplit

from archive.bag import Intent
from archive.identify import Identified, identify
from archive.naming import base_id, versions_of
from archive.receipt import Receipt
from archive.recognising import FINGERPRINT, Content, Held, find_held, is_known
from archive.recording import new_event, new_run
from archive.storing import StoredBag, store_bag
from archive.survey import survey
from holdings.catalogue.interface import Entry
from holdings.errors import BadInput
from holdings.house import House
from holdings.ledger import copy_after
from holdings.records import EventType, check_collection_id
from holdings.settings import Settings


def deposit(house: House, source: Path, *, collection: str) -> Receipt:
    """Bag the folder `source`, store it, read it back, record it, and say what became of every file.

    The same content again is recognised; the same names and sizes with other content become
    a new version (`-v2`, …) beside the old.

    Raises BadInput where the source cannot be deposited as it is; then nothing is left behind.
    """
    began = time.monotonic()
    check_collection_id(collection)
    check_apart(source, house.settings)
    found = identify(survey(source))
    held, already = _hold(house, found, collection)
    return Receipt(
        package_id=held.package.package_id,
        collection=collection,
        images=held.images,
        sidecars=[file.path for file in found.sidecars],
        left_out=found.left_out,
        store=held.store,
        size_bytes=held.package.size_bytes,
        seconds=time.monotonic() - began,
        already_held=already,
    )


def check_apart(source: Path, settings: Settings) -> None:
    """BadInput where the source holds a store or the catalogue, or lies inside a store."""
    root = source.resolve()
    for name, store in settings.stores.items():
        parts = urlsplit(store.url)
        folder = Path(unquote(parts.path)).resolve()
        if parts.scheme == "file" and (root.is_relative_to(folder) or folder.is_relative_to(root)):
            raise BadInput(
                f"The source {source} and the folder of the store '{name}' lie one inside the other.",
                hint="Deposit a folder that has nothing to do with the stores.",
            )
    if settings.catalogue.path.resolve().is_relative_to(root):
        raise BadInput(
            f"The source {source} holds the catalogue itself.", hint="Deposit the images' own folder."
        )


def _hold(house: House, found: Identified, collection: str) -> tuple[Held, bool]:
    """The package that holds `found`, and whether it did so before."""
    store = house.store(house.settings.bags.store)
    content = Content(root=found.root, files=found.files, observer=house.observer)
    for package_id in versions_of(base_id(collection, content.files)):
        if not is_known(house, package_id):
            intent = _intent(house, package_id, collection)
            stored = store_bag(store, found, intent, observer=house.observer)
            if stored is not None:
                _record(house, stored, store.name)
                return Held(package=stored.package, images=stored.images, store=store.name), False
        # Asked afresh: a deposit of the same source may have recorded itself just now.
        if is_known(house, package_id) and (held := find_held(house, package_id, content)):
            return held, True
    raise AssertionError("the versions of a package do not end")


def _intent(house: House, package_id: str, collection: str) -> Intent:
    return Intent(
        package_id=package_id,
        collection=collection,
        started_at=house.clock.now(),
        algorithms=house.settings.bags.algorithms,
        software=f"Holdfast {_software_version()}",
        agent=house.agent,
        organization=house.settings.bags.source_organization,
    )


def _software_version() -> str:
    try:
        return version("holdfast")
    except PackageNotFoundError:
        return "(not installed)"


def _record(house: House, stored: StoredBag, store: str) -> None:
    """Image index first: alone it claims nothing, while a recorded package without one would be a gap."""
    package = stored.package
    run = new_run(house, "deposit")
    created = new_event(house, EventType.PACKAGE_CREATION, package.package_id, run=run)
    hashed = new_event(
        house,
        EventType.MESSAGE_DIGEST,
        package.package_id,
        run=run,
        detail={"algorithms": ", ".join(stored.intent.algorithms), FINGERPRINT: stored.fingerprint},
    )
    # What planning measures rates from; the small objects beside the tar weigh nothing.
    measured = {} if stored.seconds is None else {"seconds": round(stored.seconds, 6)}
    ingested = new_event(
        house,
        EventType.INGESTION,
        package.package_id,
        store=store,
        run=run,
        detail={"size_bytes": package.size_bytes, "images": package.images, **measured},
    )
    house.catalogue.images.add(package.package_id, stored.index)
    house.ledger.record(
        Entry(packages=[package], copies=[copy_after(ingested)], events=[created, hashed, ingested])
    )
