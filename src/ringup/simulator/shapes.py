"""Values that fit a JSON schema, taken from the words of a text as far as they can be found there.

It knows the keywords that structured outputs and tools use: type, properties, required, items, enum, const, anyOf,
oneOf, allOf, $ref, the bounds of numbers, strings and arrays, and the common formats. It doesn't know `pattern`.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from random import Random
from typing import Any

from ringup.simulator.conversation import words
from ringup.simulator.facts import COUNTRIES
from ringup.simulator.skills.wording import feeling

__all__ = ["Shaper", "places"]

MAX_DEPTH = 12

_NAME = r"[A-Z][\w'’-]+(?:[ ](?:[A-Z][\w'’.-]+|van|von|de|der))*"
_NOT_A_NAME = frozenset(
    words(
        "I A An The What Who Where When Why How Which Is Are Do Does Did Can Could Please Extract Give Tell Get "
        "Find Show Return List Name Hello Hi My Weather In On At For And Or It Parse Write Use Call Book Set Send "
        "Create Make Check"
    )
)
_CITIES = {country.capital for country in COUNTRIES.values()}
_EMAIL = r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+"
_DATE = r"\b\d{4}-\d\d-\d\d\b"
_FORMATS = {
    "email": "someone@example.com",
    "date": "2026-01-31",
    "date-time": "2026-01-31T12:00:00Z",
    "time": "12:00:00Z",
    "duration": "PT1H",
    "uuid": "00000000-0000-4000-8000-000000000000",
    "uri": "https://example.com/",
    "url": "https://example.com/",
    "hostname": "example.com",
    "ipv4": "192.0.2.1",
    "ipv6": "2001:db8::1",
}
_IN_TEXT = {
    "email": _EMAIL,
    "date": _DATE,
    "date-time": _DATE + r"T[\d:.]+Z?",
    "uri": r"https?://\S+",
    "url": r"https?://\S+",
}


def _names(text: str) -> list[str]:
    found = re.findall(_NAME, text)
    cut = [" ".join(word for word in name.split() if word not in _NOT_A_NAME) for name in found]
    return [name for name in cut if name]


def places(text: str) -> list[str]:
    """The places that a text names: known capitals, and capitalised words after "in", "to", "for" and the like."""
    known = [name for name in _names(text) if name in _CITIES or name in COUNTRIES]
    after = re.findall(rf"\b(?:in|to|for|at|from|near|and|or|,)\s+({_NAME})", text)
    found = known or [name for name in after if name.split()[0] not in _NOT_A_NAME]
    return list(dict.fromkeys(name for name in found if len(name) > 2))


class Shaper:
    """Makes values for a schema out of one text. `answer` gives what the model would say to the text in words."""

    def __init__(self, text: str, chance: Random, answer: Callable[[], str] = str) -> None:
        self._text = text
        self._chance = chance
        self._answer = answer
        self._root: dict[str, Any] = {}
        self._numbers = [float(found.replace(",", "")) for found in re.findall(r"-?\d[\d,]*(?:\.\d+)?", text)]
        self._people = [name for name in _names(text) if name not in _CITIES and name not in COUNTRIES]

    def fill(self, schema: dict[str, Any] | None) -> Any:
        """A value that fits. Without a schema: an object that holds the answer."""
        if not schema:
            return {"answer": self._answer()}
        self._root = schema
        return self._value(schema, "answer", 0)

    def _value(self, schema: Any, name: str, depth: int) -> Any:
        if not isinstance(schema, dict) or depth > MAX_DEPTH:
            return None
        schema = self._resolve(schema)
        if "const" in schema:
            return schema["const"]
        if schema.get("enum"):
            return self._choice(schema["enum"])
        match _kind(schema):
            case "object":
                return self._object(schema, depth)
            case "array":
                return self._array(schema, name, depth)
            case "string":
                return self._string(schema, name)
            case "integer" | "number" as kind:
                return self._number(schema, name, kind)
            case "boolean":
                return feeling(self._text) != "negative" and not re.search(
                    r"(?i)\b(?:not|no|never|without)\b", self._text
                )
        return None

    def _resolve(self, schema: dict[str, Any]) -> dict[str, Any]:
        for _ in range(MAX_DEPTH):
            if isinstance(reference := schema.get("$ref"), str):
                schema = {**self._follow(reference), **{key: value for key, value in schema.items() if key != "$ref"}}
            elif options := schema.get("anyOf") or schema.get("oneOf"):
                rest = {key: value for key, value in schema.items() if key not in ("anyOf", "oneOf")}
                schema = rest | next((option for option in options if option.get("type") != "null"), options[0])
            elif parts := schema.get("allOf"):
                schema = {key: value for key, value in schema.items() if key != "allOf"}
                for part in (self._follow(part["$ref"]) if "$ref" in part else part for part in parts):
                    merged = {**schema.get("properties", {}), **part.get("properties", {})}
                    schema = {**schema, **part} | ({"properties": merged} if merged else {})
            else:
                break
        return schema

    def _follow(self, reference: str) -> dict[str, Any]:
        found: Any = self._root
        for step in reference.removeprefix("#").strip("/").split("/"):
            found = found.get(step, {}) if isinstance(found, dict) and step else found
        return found if isinstance(found, dict) else {}

    def _choice(self, options: list[Any]) -> Any:
        low = self._text.lower()
        named = [
            option
            for option in options
            if isinstance(option, str) and re.search(rf"\b{re.escape(option.lower())}\b", low)
        ]
        felt = [option for option in options if str(option).lower() == feeling(self._text)]
        return (named or felt or options)[0]

    def _object(self, schema: dict[str, Any], depth: int) -> dict[str, Any]:
        properties = schema.get("properties")
        if not isinstance(properties, dict):
            return {}
        required = schema.get("required", list(properties))
        return {
            name: self._value(inner, name, depth + 1)
            for name, inner in properties.items()
            if name in required or depth < 2
        }

    def _array(self, schema: dict[str, Any], name: str, depth: int) -> list[Any]:
        items = schema.get("items") or {"type": "string"}
        inner = self._resolve(items) if isinstance(items, dict) else {}
        parts = [
            part.strip() for part in re.split(r"[;\n]", self._text.partition(":")[2] or self._text) if part.strip()
        ]
        if _kind(inner) == "object":
            found = [Shaper(part, self._chance, self._answer)._under(self._root, inner, name, depth) for part in parts]
        elif _kind(inner) in ("integer", "number"):
            found = [self._bounded(inner, number) for number in self._numbers]
        elif inner.get("enum"):
            found = [option for option in inner["enum"] if str(option).lower() in self._text.lower()]
        else:
            found = _listed(self._text) or self._people or [self._value(items, name.rstrip("s"), depth + 1)]
        while len(found) < max(schema.get("minItems", 0), 0 if found else 1):
            found.append(self._value(items, name.rstrip("s"), depth + 1))
        return found[: schema.get("maxItems", 50)]

    def _under(self, root: dict[str, Any], schema: dict[str, Any], name: str, depth: int) -> Any:
        self._root = root
        return self._value(schema, name, depth + 1)

    def _number(self, schema: dict[str, Any], name: str, kind: str) -> int | float:
        low = name.lower()
        fits = [number for number in self._numbers if kind == "number" or number == int(number)]
        if "age" in low.split("_"):
            fits = [number for number in fits if 0 < number < 130] or fits
        elif "year" in low:
            fits = [number for number in fits if 1000 <= number < 3000] or fits
        if not fits:
            return self._bounded(schema, 1)
        if len(self._numbers) > 1:
            self._numbers.remove(fits[0])
        return self._bounded(schema, fits[0])

    def _bounded(self, schema: dict[str, Any], value: float) -> int | float:
        integer = _kind(schema) == "integer"
        low, high = schema.get("minimum"), schema.get("maximum")
        step = 1 if integer else 1e-6
        if isinstance(above := schema.get("exclusiveMinimum"), int | float):
            low = max(low, above + step) if low is not None else above + step
        if isinstance(below := schema.get("exclusiveMaximum"), int | float):
            high = min(high, below - step) if high is not None else below - step
        value = value if low is None else max(value, low)
        value = value if high is None else min(value, high)
        if multiple := schema.get("multipleOf"):
            value = math.ceil(value / multiple) * multiple
        return int(value) if integer or value == int(value) else value

    def _string(self, schema: dict[str, Any], name: str) -> str:
        text = self._words(schema.get("format"), name.lower())
        shortest, longest = schema.get("minLength", 0), schema.get("maxLength")
        text = text[:longest] if longest is not None else text
        return text if len(text) >= shortest else text.ljust(shortest, ".")

    def _words(self, form: str | None, name: str) -> str:
        if form in _FORMATS:
            found = re.search(_IN_TEXT.get(form, r"(?!)"), self._text)
            return found[0] if found else _FORMATS[form]
        if "email" in name or "date" in name or name in ("url", "link", "website"):
            return self._words("email" if "email" in name else "date" if "date" in name else "url", "")
        if re.search(r"city|town|location|place|destination|where|origin|region|address", name):
            found_places = places(self._text) or self._people[-1:]
            return found_places[0] if found_places else "Paris"
        if "country" in name:
            return next((country for country in COUNTRIES if country in self._text), "France")
        if "sentiment" in name or "feeling" in name or "mood" in name:
            return feeling(self._text)
        if (
            re.search(r"(?:^|_)(?:name|person|author|customer|user|who|recipient|sender|contact)", name)
            and self._people
        ):
            return _part_of_name(self._people[0], name)
        if re.search(r"expression|formula|equation|calculation", name):
            found = re.search(r"[-(]*\d[\d\s.+*/%^()-]*\d\)?", self._text)
            return found[0].strip() if found else "1 + 1"
        if re.search(r"query|question|prompt|text|input|message|content|topic|subject|search|keyword", name):
            return self._text.strip()
        return self._answer()


def _kind(schema: dict[str, Any]) -> str:
    kind = schema.get("type")
    if isinstance(kind, list):
        kind = next((one for one in kind if one != "null"), "null")
    if isinstance(kind, str):
        return kind
    return "object" if "properties" in schema else "array" if "items" in schema else "string"


def _listed(text: str) -> list[str]:
    """The items of "apples, pears and plums"."""
    found = re.search(
        r"(?:^|[:\s])((?:[\w'’ -]{1,30}, )+[\w'’ -]{1,30}?(?:,? (?:and|or) [\w'’ -]{1,30})?)[.?!]?$", text.strip()
    )
    if not found:
        return []
    items = [item.strip() for item in re.split(r",\s*(?:and |or )?|\s+(?:and|or)\s+", found[1]) if item.strip()]
    return [items[0].rpartition(" ")[2], *items[1:]]


def _part_of_name(name: str, field: str) -> str:
    first, _, last = name.partition(" ")
    return (
        first
        if "first" in field or "given" in field
        else (last or first)
        if "last" in field or "family" in field
        else name
    )
