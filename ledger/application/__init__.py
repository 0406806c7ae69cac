"""The one door to the store: the `eventsourcing` Application of this ledger, its clock and its codecs."""

from ledger.application.clock import Chance, Clock, SystemChance, system_clock
from ledger.application.ledger import Ledger, LedgerSettings

__all__ = ["Chance", "Clock", "Ledger", "LedgerSettings", "SystemChance", "system_clock"]
