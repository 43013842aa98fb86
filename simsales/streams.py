"""Named random streams: the only place in simsales that makes random generators.

A stream is made from its *name*, never from the order in which streams are asked for: the same
``(seed, replication, name)`` gives the same numbers in any process, on any machine, whatever other streams
exist. That is what lets the same lead have the same draws in every alternative (common random numbers).

The key of a stream is the 128-bit BLAKE2b hash of ``"seed/replication/name"``; the generator is numpy's
Philox4x64, a counter-based generator made to be keyed like this (Salmon et al., "Parallel random numbers:
as easy as 1, 2, 3", SC 2011).
"""

from __future__ import annotations

from hashlib import blake2b

import numpy as np

from simsales.errors import ModelError


class Streams:
    """The random streams of one replication."""

    def __init__(self, seed: int, replication: int) -> None:
        self._prefix = f"{seed}/{replication}/"
        self._names: set[str] = set()

    def generator(self, name: str) -> np.random.Generator:
        """Return the generator called ``name``, at its beginning.

        Raises:
            ModelError: if the name was asked for before: two users of one stream would share their numbers.
        """
        if name in self._names:
            raise ModelError(f"the random stream {name!r} was made twice; every use needs a name of its own")
        self._names.add(name)
        digest = blake2b((self._prefix + name).encode(), digest_size=16).digest()
        return np.random.Generator(np.random.Philox(key=int.from_bytes(digest, "little")))
