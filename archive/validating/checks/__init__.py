"""What is asked of a bag, in this order; the list is our policy.

Each check is a function of the opened bag that yields findings, and may write down in it what
those after it rely on. All of them run, whatever the earlier ones found.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from archive.validating.checks import (
    bag_info,
    container,
    declaration,
    encoding,
    fetch,
    fixity,
    manifests_syntax,
    names,
    payload_complete,
    payload_oxum,
    profile,
    tag_manifests,
)
from archive.validating.interface import Finding
from archive.validating.opened import OpenedBag

Check = Callable[[OpenedBag], Iterator[Finding]]

CHECKS: tuple[Check, ...] = (
    container.check,  # nothing leads outside, nothing is there twice, nothing lies about its size
    declaration.check,  # bagit.txt: which version, which encoding
    encoding.check,  # an encoding that can be read
    manifests_syntax.check,  # every line of every manifest means one file inside the bag
    bag_info.check,  # labels and values
    fetch.check,  # what is still to be fetched, and from where
    payload_complete.check,  # every payload file in every payload manifest, and the other way round
    tag_manifests.check,  # the manifests themselves are vouched for
    payload_oxum.check,  # as many files and bytes as were promised
    names.check,  # every system can hold every name
    profile.check,  # what the receiver asks for beyond the standard
    fixity.check,  # every byte; last, as it takes by far the longest
)
