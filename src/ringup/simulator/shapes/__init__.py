"""Values that fit a JSON schema, and what can be read from a text to fill them."""

from ringup.simulator.shapes.finder import items_for
from ringup.simulator.shapes.reading import numbers, places, quotations
from ringup.simulator.shapes.series import listed
from ringup.simulator.shapes.shaper import Shaper
from ringup.simulator.shapes.strings import Strings

__all__ = ["Shaper", "Strings", "items_for", "listed", "numbers", "places", "quotations"]
