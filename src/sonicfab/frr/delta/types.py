"""What a delta says."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class SessionReset:
    """A BGP session that the delta ends and starts again, and why."""

    peer: str
    why: str


@dataclass(frozen=True, slots=True)
class SessionLater:
    """A BGP session that stays as it is until it starts the next time: what changes for it then."""

    peer: str
    why: str


@dataclass(frozen=True, slots=True)
class Restart:
    """Which sessions a delta is to start anew, beside those that its lines reset.

    Attributes:
        later: those for which something counts only from their next start.
        shut: sessions that bgpd has shut for too many prefixes; of these, those whose limit changes: bgpd would leave
            them shut whatever the limit becomes (FRR#20068).
    """

    later: bool = False
    shut: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class FrrDelta:
    """How to get from the running config to the intended one.

    Attributes:
        commands: the text for `vtysh -f`; empty when there is nothing to do, and when the delta is refused. It may
            hold passwords, so it is in no repr.
        then: the text for a second `vtysh -f` right after the first; nearly always empty. Only with it is the intended
            config reached to the letter; what it means is reached before, so another delta would do as well.
        resets: the sessions that will be reset, each once.
        removed: the peers that there will be no more.
        added: the peers that there were not before.
        freed: the sessions that a limit had shut and that are started anew.
        later: the sessions that stay up, with something that counts only from their next start.
        refused: why no delta can be trusted, a sentence for each reason.
    """

    commands: str = field(default="", repr=False)
    then: str = field(default="", repr=False)
    resets: tuple[SessionReset, ...] = ()
    removed: tuple[str, ...] = ()
    added: tuple[str, ...] = ()
    later: tuple[SessionLater, ...] = ()
    freed: tuple[str, ...] = ()
    refused: tuple[str, ...] = ()
