"""Sums: expressions in signs or in words, and a few questions about numbers."""

from __future__ import annotations

import ast
import math
import operator
import re
from collections.abc import Callable
from fractions import Fraction

from ringup.simulator.conversation import Conversation, Draft, small_number

__all__ = ["answer", "evaluate", "show"]

MAX_BITS = 2000
"""Larger numbers than this many bits aren't worked out."""

_WORDS = (
    (r"\bto the power of\b|\braised to(?: the power of)?\b|\^", "**"),
    (r"\bdivided by\b|÷|\bover\b", "/"),
    (r"\bmultiplied by\b|\btimes\b|×|·|(?<=\d)\s*x\s*(?=\d)", "*"),
    (r"\bplus\b", "+"),
    (r"\bminus\b|−|–", "-"),
    (r"\bmodulo\b|\bmod\b", "%"),
    (r"\bsquared\b|²", "**2"),
    (r"\bcubed\b|³", "**3"),
)
_OPERATORS: dict[type[ast.operator], Callable[[Fraction, Fraction], Fraction]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.FloorDiv: lambda a, b: Fraction(a // b),
    ast.Mod: operator.mod,
}
_NUMBER = r"-?\d[\d,]*(?:\.\d+)?"


def answer(talk: Conversation) -> Draft | None:
    """The result, if a sum is asked for."""
    low = _digits(talk.low)
    for skill in (_percent, _named_sum, _root, _about_number, _several, _compare):
        if found := skill(low):
            return found
    return _expression(low)


def show(value: Fraction) -> str:
    """A number as people write it: whole, or with at most six decimals."""
    if value.denominator == 1:
        return f"{value.numerator:,}" if abs(value) >= 100_000 else str(value.numerator)
    return f"{float(value):.6f}".rstrip("0").rstrip(".")


def evaluate(text: str) -> Fraction | None:
    """The value of an expression of numbers, + - * / // % ** and brackets; None when it is none.

    Raises ZeroDivisionError.
    """
    try:
        return _value(ast.parse(text.strip(), mode="eval").body)
    except (SyntaxError, ValueError, OverflowError, RecursionError, MemoryError):
        return None


def _value(node: ast.expr) -> Fraction:
    match node:
        case ast.Constant(value=int() | float() as number) if not isinstance(number, bool):
            return Fraction(str(number))
        case ast.UnaryOp(op=ast.USub()):
            return -_value(node.operand)
        case ast.UnaryOp(op=ast.UAdd()):
            return _value(node.operand)
        case ast.BinOp(op=ast.Pow()):
            return _power(_value(node.left), _value(node.right))
        case ast.BinOp() if type(node.op) in _OPERATORS:
            return _OPERATORS[type(node.op)](_value(node.left), _value(node.right))
    raise ValueError("not a sum")


def _power(base: Fraction, exponent: Fraction) -> Fraction:
    size = max(base.numerator.bit_length(), base.denominator.bit_length()) * abs(exponent)
    if size > MAX_BITS:
        raise OverflowError
    if exponent.denominator == 1:
        return base ** int(exponent)
    result = float(base) ** float(exponent)
    if isinstance(result, complex):
        raise ValueError("not a real number")
    return Fraction(repr(result))


def _digits(low: str) -> str:
    """Number words to digits, and no commas inside numbers: "two plus 1,000" is "2 plus 1000"."""
    low = re.sub(r"(?<=\d),(?=\d{3}\b)", "", low)
    return re.sub(r"\b[a-z]+\b", lambda word: str(_word(word[0])), low)


def _word(word: str) -> int | str:
    number = None if word in ("a", "an") else small_number(word)
    return word if number is None else number


def _result(shown: str, value: Fraction) -> Draft:
    result = show(value)
    if shown.startswith("The "):
        return Draft((f"{shown} is {result}.", f"It is {result}.", f"The result is {result}."), result)
    near = "≈" if Fraction(result.replace(",", "")) != value else "="
    return Draft((f"{shown} {near} {result}.", f"{shown} is {result}.", f"The result is {result}."), result)


def _expression(low: str) -> Draft | None:
    text = low
    for pattern, sign in _WORDS:
        text = re.sub(pattern, f" {sign} ", text)
    for found in re.finditer(r"[-(]*\d[\d\s.+*/%()-]*", text):
        shown = " ".join(found[0].rstrip(" .").split())
        shown = re.sub(r"\s*(\*\*|//|[*/+%])\s*", r" \1 ", shown)
        if not re.search(r"[\d)]\s*(?:\*\*|//|[-+*/%])\s*[-(]*\d", shown) or re.search(r"\d-\d\d?-\d", shown):
            continue
        try:
            value = evaluate(shown)
        except ZeroDivisionError:
            return Draft((f"{shown} is undefined: a number can't be divided by zero.",), "undefined")
        if value is not None:
            return _result(shown, value)
    return None


def _percent(low: str) -> Draft | None:
    if found := re.search(rf"({_NUMBER}) ?(?:%|percent|per cent) of ({_NUMBER})", low):
        return _result(f"{found[1]}% of {found[2]}", Fraction(found[1]) * Fraction(found[2]) / 100)
    if found := re.search(rf"\b(half|double|twice|a third|a quarter) (?:of )?({_NUMBER})", low):
        factor = {"half": Fraction(1, 2), "a third": Fraction(1, 3), "a quarter": Fraction(1, 4)}.get(found[1])
        return _result(f"{found[1].capitalize()} of {found[2]}", Fraction(found[2]) * (factor or 2))
    return None


def _named_sum(low: str) -> Draft | None:
    pattern = (
        r"\b(sum|product|difference|quotient|add|multiply|subtract|divide)\b(?: of| between)? "
        rf"({_NUMBER}) (?:and|from|by|to|with) ({_NUMBER})"
    )
    found = re.search(pattern, low)
    if not found:
        return None
    left, right = found[2], found[3]
    if found[1] == "subtract" and f" from {right}" in found[0]:
        left, right = right, left
    sign = {"sum": "+", "add": "+", "product": "*", "multiply": "*", "quotient": "/", "divide": "/"}.get(found[1], "-")
    return _expression(f"{left} {sign} {right}")


def _root(low: str) -> Draft | None:
    found = re.search(rf"(square|cube) root of ({_NUMBER})", low)
    if not found:
        return None
    number, degree = Fraction(found[2]), 2 if found[1] == "square" else 3
    if number < 0 and degree == 2:
        return Draft((f"{found[2]} has no real square root.",), "none")
    near = round(float(abs(number)) ** (1 / degree))
    exact = Fraction(near if number >= 0 else -near)
    value = (
        exact if exact**degree == number else Fraction(repr(math.copysign(float(abs(number)) ** (1 / degree), number)))
    )
    return _result(f"The {found[1]} root of {found[2]}", value)


def _is_prime(number: int) -> bool:
    return number > 1 and all(number % divisor for divisor in range(2, math.isqrt(number) + 1))


def _about_number(low: str) -> Draft | None:
    if found := re.search(r"factorial of (\d{1,3})\b|\b(\d{1,3}) factorial\b|\b(\d{1,3})!", low):
        number = int(found[1] or found[2] or found[3])
        return _result(f"{number}!", Fraction(math.factorial(number))) if number <= 100 else None
    if found := re.search(r"is (\d{1,12}) (?:a |an )?(prime|even|odd)", low):
        number, kind = int(found[1]), found[2]
        yes = {"prime": _is_prime(number), "even": number % 2 == 0, "odd": number % 2 == 1}[kind]
        told = f"{number} is {'' if yes else 'not '}{'a prime number' if kind == 'prime' else kind}"
        return Draft((f"{'Yes' if yes else 'No'}, {told}.",), "Yes" if yes else "No")
    return None


def _several(low: str) -> Draft | None:
    numbers = [Fraction(number) for number in re.findall(r"(?<![\w.])-?\d+(?:\.\d+)?", low)]
    if len(numbers) < 2:
        return None
    if re.search(r"\b(?:average|mean) of\b", low):
        return _result("The average", sum(numbers, Fraction(0)) / len(numbers))
    if re.search(r"\b(?:sum|total) of\b|\badd up\b", low) and len(numbers) > 2:
        return _result("The sum", sum(numbers, Fraction(0)))
    if found := re.search(r"\b(largest|biggest|greatest|maximum|smallest|least|minimum)\b", low):
        largest = found[1] in ("largest", "biggest", "greatest", "maximum")
        return _result(f"The {found[1]}", max(numbers) if largest else min(numbers))
    if re.search(r"\bsort\b|\bin (?:ascending|descending|numerical) order", low):
        down = "descending" in low or "largest to smallest" in low
        ordered = ", ".join(show(number) for number in sorted(numbers, reverse=down))
        return Draft((ordered,), ordered, exact=True)
    return None


def _compare(low: str) -> Draft | None:
    found = re.search(rf"is ({_NUMBER}) (greater|larger|bigger|more|smaller|less|lower|higher) than ({_NUMBER})", low)
    if found:
        left, right = Fraction(found[1]), Fraction(found[3])
        yes = left > right if found[2] in ("greater", "larger", "bigger", "more", "higher") else left < right
        told = f"{found[1]} is {'' if yes else 'not '}{found[2]} than {found[3]}"
        return Draft((f"{'Yes' if yes else 'No'}, {told}.",), "Yes" if yes else "No")
    which = r"(?:greater|larger|bigger|more)"
    found = re.search(rf"(?:which|what)(?: number)? is {which},? ({_NUMBER}) or ({_NUMBER})", low)
    found = found or re.search(rf"({_NUMBER}) or ({_NUMBER}),? (?:which|what)(?: one)? is {which}", low)
    if found:
        largest = show(max(Fraction(found[1]), Fraction(found[2])))
        return Draft((f"{largest} is larger.",), largest)
    return None
