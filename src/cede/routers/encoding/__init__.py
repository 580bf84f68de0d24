"""What people bring as numbers: texts, categories, dates, and numbers with holes.

Each kind is one file and one small estimator; the encoder puts them together. What they learn are
arrays, so that a router that holds one is saved and loaded as any other.
"""

from __future__ import annotations

from typing import Any

from cede.routers.encoding._categories import Categories as Categories
from cede.routers.encoding._dates import Dates as Dates
from cede.routers.encoding._encoder import Encoder as Encoder
from cede.routers.encoding._form import form_of as form_of
from cede.routers.encoding._numbers import Numbers as Numbers
from cede.routers.encoding._texts import Texts as Texts
from cede.routers.encoding._words import Words as Words

__all__ = ["ENCODINGS", "Categories", "Dates", "Encoder", "Numbers", "Texts", "Words", "form_of"]

#: What learns an encoding, by name: saved ones are looked up here.
ENCODINGS: dict[str, type[Any]] = {
    kind.__name__: kind for kind in (Categories, Dates, Encoder, Numbers, Texts, Words)
}
