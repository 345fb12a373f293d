"""Holds a value against a schema of a vendor's document: what is wrong with it, and which fields nobody has named."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

from jsonschema import Draft202012Validator, validators
from jsonschema.exceptions import ValidationError

from conformance.specs import ROOT

__all__ = ["UNKNOWN", "Complaint", "Judge"]

Schema = dict[str, Any]
Place = tuple[str | int, ...]

UNKNOWN = "unknown field"
_TAGS = ("type", "role", "object")


class Complaint(NamedTuple):
    """What is wrong, and where: the path of the field, with * for every place in a list."""

    where: str
    what: str

    def __str__(self) -> str:
        return f"{self.where or '(the whole)'}: {self.what}"


class Judge:
    """Judges values by the schemas of one document."""

    def __init__(self, document: dict[str, Any]) -> None:
        self._document = document
        self._named: dict[str, Schema] = {}
        extend: Any = validators.extend
        self._kind = extend(Draft202012Validator, {"$ref": self._check_ref})
        self._validators: dict[int, Any] = {}

    def complaints(self, schema: Schema, value: Any) -> list[Complaint]:
        """All that is wrong with a value: what the schema forbids, and fields that the schema doesn't name."""
        wrong = [told for error in self._validator(schema).iter_errors(value) for told in _told(error)]
        wrong += [Complaint(_path(place), UNKNOWN) for place in self._unknown([schema], value, ())]
        return list(dict.fromkeys(wrong))

    def _validator(self, schema: Schema) -> Any:
        found = self._validators.get(id(schema))
        if found is None or found.schema is not schema:
            found = self._validators[id(schema)] = self._kind(schema)
        return found

    def _check_ref(self, validator: Any, ref: str, instance: Any, _: Schema) -> Iterator[ValidationError]:
        """References lead nowhere but into the document, and so are found faster than the library would."""
        yield from validator.descend(instance, self._find(ref))

    def _find(self, ref: str) -> Schema:
        found = self._named.get(ref)
        if found is None:
            found = self._document
            for step in ref.removeprefix(f"{ROOT}#/").split("/"):
                found = found[step.replace("~1", "/").replace("~0", "~")]
            self._named[ref] = found
        return found

    def _unknown(self, schemas: Iterable[Schema], value: Any, place: Place) -> Iterator[Place]:
        """The fields that none of the schemas names which apply to the value, however deep."""
        if not isinstance(value, (dict, list)):
            return
        flat = [part for schema in schemas for part in self._applying(schema, value)]
        if isinstance(value, list):
            items = [part["items"] for part in flat if isinstance(part.get("items"), dict)]
            for at, item in enumerate(value):
                yield from self._unknown(items, item, (*place, at))
            return
        closed = any("properties" in part for part in flat)
        others = [part["additionalProperties"] for part in flat if part.get("additionalProperties", False) is not False]
        for name, inner in value.items():
            named = [part["properties"][name] for part in flat if name in part.get("properties", ())]
            if named or others or not closed:
                yield from self._unknown(
                    named or [other for other in others if other is not True], inner, (*place, name)
                )
            else:
                yield (*place, name)

    def _applying(self, schema: Schema, value: Any) -> Iterator[Schema]:
        """The schema, and those that it brings with it: by reference, all of `allOf`, what fits of `anyOf`."""
        if "$ref" in schema:
            yield from self._applying(self._find(schema["$ref"]), value)
        yield schema
        for part in schema.get("allOf", ()):
            yield from self._applying(part, value)
        for part in schema.get("anyOf", ()):
            if self._validator(part).is_valid(value):
                yield from self._applying(part, value)


def _path(place: Iterable[str | int]) -> str:
    return ".".join("*" if isinstance(step, int) else step for step in place)


def _told(error: ValidationError) -> list[Complaint]:
    """An error in plain words. Of several variants, the one that was meant is complained of, where that shows."""
    if error.validator == "anyOf" and error.context:
        meant = _meant(error)
        if meant:
            return [told for inner in meant for told in _told(inner)]
        variants = {inner.schema_path[0] for inner in error.context}
        return [Complaint(_path(error.absolute_path), f"fits none of {len(variants)} variants")]
    if error.validator == "additionalProperties" and error.validator_value is False:
        return [Complaint(_path([*error.absolute_path, name]), UNKNOWN) for name in _unnamed(error)]
    return [Complaint(_path(error.absolute_path), _short(error))]


def _unnamed(error: ValidationError) -> list[str]:
    given: Any = error.instance
    schema: Any = error.schema
    return [name for name in given if name not in schema.get("properties", ())]


def _short(error: ValidationError) -> str:
    """The message without the value, which may be long; of a missing field its name."""
    match error.validator:
        case "required":
            return error.message
        case "type":
            return f"{type(error.instance).__name__} instead of {error.validator_value}"
        case "enum" | "const":
            return f"{str(error.instance)[:40]!r} is none of the words that it may be"
    return f"breaks {error.validator} {str(error.validator_value)[:60]}"


def _meant(error: ValidationError) -> list[ValidationError]:
    """The errors of the one variant that a value was meant to be: of its type, with its tag."""
    variants: dict[Any, list[ValidationError]] = {}
    for inner in error.context or ():
        variants.setdefault(inner.schema_path[0], []).append(inner)
    for test in (_only_null, _other_kind, _other_tag):
        left = {key: errors for key, errors in variants.items() if not any(test(inner, error) for inner in errors)}
        variants = left or variants
    return next(iter(variants.values())) if len(variants) == 1 else []


def _only_null(inner: ValidationError, outer: ValidationError) -> bool:
    return inner.validator_value == "null" and inner.absolute_path == outer.absolute_path


def _other_kind(inner: ValidationError, outer: ValidationError) -> bool:
    return inner.validator == "type" and inner.absolute_path == outer.absolute_path


def _other_tag(inner: ValidationError, outer: ValidationError) -> bool:
    """Whether a variant is out of the question, because its tag has another word."""
    path = list(inner.absolute_path)
    return inner.validator in ("enum", "const") and path[:-1] == list(outer.absolute_path) and path[-1] in _TAGS
