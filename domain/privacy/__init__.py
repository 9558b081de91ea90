"""Privacy: a person is erased across all modules, and what has served its time is forgotten.

Owns no table: each module erases what is its own, this one calls them in order. Relies on identity and
notifications; the log holds no names, and what stands beside it goes with the person. What an organisation has proved
about itself, its owners included, is the organisation's and stays.
"""

from domain.privacy.erasing import erase_person, forget_old

__all__ = ["erase_person", "forget_old"]
