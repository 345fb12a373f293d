"""What the simulator can explain: topics of Python with a short program each, and other terms with a sentence each.

All data. A topic is found by any of its names in a question.
"""

from __future__ import annotations

from typing import NamedTuple

__all__ = ["ACRONYMS", "TERMS", "TOPICS", "Term", "Topic"]


class Topic(NamedTuple):
    """A topic of Python: what it is (two phrasings), why it is useful, and a short program."""

    names: tuple[str, ...]
    what: tuple[str, str]
    why: str
    code: str


class Term(NamedTuple):
    """Another term: what it is (two phrasings), and one thing more."""

    what: tuple[str, str]
    more: str


ACRONYMS: dict[str, str] = {
    "AI": "artificial intelligence",
    "API": "application programming interface",
    "CPU": "central processing unit",
    "CSS": "Cascading Style Sheets",
    "DNA": "deoxyribonucleic acid",
    "EU": "European Union",
    "GPU": "graphics processing unit",
    "HTML": "HyperText Markup Language",
    "HTTP": "Hypertext Transfer Protocol",
    "JSON": "JavaScript Object Notation",
    "LLM": "large language model",
    "NASA": "National Aeronautics and Space Administration",
    "RAM": "random-access memory",
    "SDK": "software development kit",
    "SQL": "Structured Query Language",
    "UN": "United Nations",
    "URL": "uniform resource locator",
    "USA": "United States of America",
    "XML": "Extensible Markup Language",
}

TOPICS: tuple[Topic, ...] = (
    Topic(
        ("hello world", "hello, world"),
        (
            "Hello world is the smallest program that shows something: it prints a greeting.",
            "Hello world is the first program that most people write.",
        ),
        "It proves that the language is installed and works.",
        'print("Hello, world!")',
    ),
    Topic(
        ("generator expression",),
        (
            "A generator expression is a comprehension in round brackets that makes its values one at a time.",
            "A generator expression looks like a list comprehension in round brackets, and builds no list.",
        ),
        "It keeps only one value in memory, so sums over millions of items cost nothing extra.",
        "total = sum(n * n for n in range(1_000))\nprint(total)",
    ),
    Topic(
        ("generator", "yield"),
        (
            "A generator is a function that uses yield to hand out values one at a time, and goes on where it paused.",
            "A generator is a function with yield in it: each value is made only when the caller asks for the "
            "next one.",
        ),
        "Values are made only when they are needed, so a generator can run over data that doesn't fit in memory.",
        "def countdown(n):\n    while n > 0:\n        yield n\n        n -= 1\n\nprint(list(countdown(3)))  # "
        "[3, 2, 1]",
    ),
    Topic(
        ("decorator",),
        (
            "A decorator is a function that takes a function and returns another one that wraps it.",
            "A decorator wraps a function to add behaviour to it, and is written with an @ above it.",
        ),
        "Logging, caching or timing is written once and put on any function with one line.",
        "import functools\n\ndef shout(function):\n    @functools.wraps(function)\n    def wrapper(*args):\n"
        "        return function(*args).upper()\n    return wrapper\n\n@shout\ndef greet(name):\n"
        '    return f"hello {name}"\n\nprint(greet("Ada"))  # HELLO ADA',
    ),
    Topic(
        ("list comprehension", "comprehension"),
        (
            "A list comprehension builds a list from a loop, and an optional condition, in one expression.",
            "A list comprehension is a loop written inside square brackets that makes a list.",
        ),
        "It says what the list holds instead of how to fill it, and it runs a little faster than append in a loop.",
        "squares = [n * n for n in range(5) if n % 2 == 0]\nprint(squares)  # [0, 4, 16]",
    ),
    Topic(
        ("lambda",),
        (
            "A lambda is a small function without a name, made of one expression.",
            "A lambda is a one-line function: arguments, a colon, and the value it returns.",
        ),
        "It is handy where a function is wanted just once, such as the key of a sort.",
        'words = ["pear", "fig", "banana"]\nprint(sorted(words, key=lambda word: len(word)))  # fig, pear, banana',
    ),
    Topic(
        ("dictionary", "dict"),
        (
            "A dict maps keys to values, and finds the value of a key in about constant time.",
            "A dict is Python's table of keys and values; it keeps the order in which they were added.",
        ),
        "Looking up a key doesn't get slower as the dict grows.",
        'ages = {"Ada": 36, "Alan": 41}\nages["Grace"] = 85\nfor name, age in ages.items():\n    print(name, age)',
    ),
    Topic(
        ("tuple",),
        (
            "A tuple is a sequence that can't be changed after it was made.",
            "A tuple holds a fixed number of values in order, and is immutable.",
        ),
        "Because it can't change, it can be a key of a dict and be shared without worry.",
        "point = (3, 4)\nx, y = point\nprint(x + y)  # 7",
    ),
    Topic(
        ("set",),
        (
            "A set is a collection in which every value occurs once, without an order.",
            "A set holds distinct values and answers quickly whether a value is in it.",
        ),
        "Testing membership takes about the same time however large the set is.",
        'seen = {"a", "b"} | {"b", "c"}\nprint("c" in seen, len(seen))  # True 3',
    ),
    Topic(
        ("list",),
        (
            "A list is an ordered sequence that can grow and change.",
            "A list holds values in order; you can add to it, remove from it and index it.",
        ),
        "It is the everyday container: cheap to append to and to read by position.",
        "numbers = [3, 1, 2]\nnumbers.append(5)\nnumbers.sort()\nprint(numbers[0], numbers[-1])  # 1 5",
    ),
    Topic(
        ("context manager", "with statement"),
        (
            "A context manager sets something up for a with block and cleans it up at the end, whatever happens.",
            "A context manager is an object that with enters and leaves, so that clean-up is never forgotten.",
        ),
        "Files and locks are released even when the block raises.",
        "from contextlib import contextmanager\n\n@contextmanager\ndef tag(name):\n"
        '    print(f"<{name}>")\n    yield\n    print(f"</{name}>")\n\nwith tag("p"):\n    print("hello")',
    ),
    Topic(
        ("f-string", "f string"),
        (
            "An f-string is a string with an f before it, in which {expressions} are replaced by their values.",
            "An f-string puts values straight into text: f before the quote, braces around the value.",
        ),
        "The value stands where it appears in the text, so it is easy to read.",
        'name = "Ada"\nprint(f"{name} has {len(name)} letters")',
    ),
    Topic(
        ("dataclass",),
        (
            "A dataclass is a class whose __init__, __repr__ and __eq__ are written for you from its fields.",
            "A dataclass lists its fields with types, and Python writes the boilerplate.",
        ),
        "You state the fields once and get a class that prints and compares well.",
        "from dataclasses import dataclass\n\n@dataclass\nclass Point:\n    x: int\n    y: int = 0\n\nprint(Point(3))",
    ),
    Topic(
        ("async", "await", "asyncio", "coroutine"),
        (
            "An async function can pause at await, so one thread can wait for many things at once.",
            "async and await let a program do other work while it waits for the network or a timer.",
        ),
        "Hundreds of slow requests can be in flight together without hundreds of threads.",
        "import asyncio\n\nasync def main():\n    await asyncio.sleep(0.1)\n    return "
        "42\n\nprint(asyncio.run(main()))",
    ),
    Topic(
        ("exception", "try", "error handling"),
        (
            "An exception is an error that travels up the calls until something catches it.",
            "An exception stops the normal flow; try and except say where it is dealt with.",
        ),
        "Errors can't be overlooked, and they are handled where it makes sense.",
        'try:\n    number = int("seven")\nexcept ValueError as error:\n    print("not a number:", error)',
    ),
    Topic(
        ("inheritance", "subclass"),
        (
            "Inheritance lets a class take over the methods of another one and change some of them.",
            "With inheritance a subclass has everything its parent has, plus what it adds.",
        ),
        "Shared behaviour lives in one place.",
        'class Animal:\n    def speak(self):\n        return "..."\n\nclass Dog(Animal):\n    def speak(self):\n'
        '        return "woof"\n\nprint(Dog().speak())',
    ),
    Topic(
        ("class", "object"),
        (
            "A class describes a kind of object: the data it holds and what it can do.",
            "A class is a plan for objects; each object made from it has its own data.",
        ),
        "Data and the functions that belong to it stay together.",
        "class Counter:\n    def __init__(self):\n        self.n = 0\n\n    def up(self):\n        self.n += 1\n"
        "        return self.n\n\ncounter = Counter()\nprint(counter.up(), counter.up())  # 1 2",
    ),
    Topic(
        ("for loop", "while loop", "loop"),
        (
            "A loop runs the same lines again: for walks over the items of something, while goes on as long as "
            "a test holds.",
            "A for loop takes each item in turn; a while loop repeats until its condition is false.",
        ),
        "The work is written once, however many items there are.",
        'for number in range(3):\n    print("line", number)',
    ),
    Topic(
        ("iterator", "iterable"),
        (
            "An iterator hands out the items of something one at a time, each time next is called.",
            "An iterator is an object with __next__, which gives the next item or raises StopIteration.",
        ),
        "Every for loop uses one, so your own objects can be looped over too.",
        'letters = iter("ab")\nprint(next(letters), next(letters))  # a b',
    ),
    Topic(
        ("type hint", "annotation"),
        (
            "A type hint says of which type an argument or a result is meant to be; Python itself doesn't enforce it.",
            "Type hints are notes on types that checkers such as mypy and editors read.",
        ),
        "Mistakes are found before the program runs.",
        'def repeat(text: str, times: int = 2) -> str:\n    return text * times\n\nprint(repeat("ab"))  # abab',
    ),
    Topic(
        ("virtual environment", "venv"),
        (
            "A virtual environment is a folder with a Python of its own, so that projects don't share packages.",
            "A virtual environment keeps the packages of one project apart from all others.",
        ),
        "Two projects can need different versions of the same package.",
        "import sys\n\nprint(sys.prefix != sys.base_prefix)  # True inside a virtual environment",
    ),
    Topic(
        ("slice", "slicing"),
        (
            "A slice takes a part of a sequence: the start, the end (left out), and a step.",
            "Slicing cuts a piece out of a list or string with [start:end:step].",
        ),
        "One short expression replaces a loop and its off-by-one errors.",
        'word = "simulator"\nprint(word[:3], word[-3:], word[::-1])',
    ),
    Topic(
        ("recursion", "recursive"),
        (
            "Recursion is when a function calls itself on a smaller part of the problem, until it is trivial.",
            "In recursion a function solves a problem by solving a smaller one of the same kind.",
        ),
        "Trees and nested data are described most simply in terms of themselves.",
        "def factorial(n):\n    return 1 if n <= 1 else n * factorial(n - 1)\n\nprint(factorial(5))  # 120",
    ),
    Topic(
        ("function",),
        (
            "A function is a named piece of code that takes arguments and returns a value.",
            "A function gives a name to some steps, so that they can be run again with other arguments.",
        ),
        "The same steps need to be written, tested and understood only once.",
        "def area(width, height):\n    return width * height\n\nprint(area(3, 4))  # 12",
    ),
    Topic(
        ("variable",),
        (
            "A variable is a name that refers to a value.",
            "A variable is a label on a value; assigning moves the label to another value.",
        ),
        "Names make a program readable, and the value can change while the name stays.",
        "total = 3\ntotal = total + 1\nprint(total)  # 4",
    ),
    Topic(
        ("module", "import"),
        (
            "A module is a file of Python code that other files can import.",
            "A module groups functions and classes in one file under one name.",
        ),
        "A large program stays in pieces that can be read one at a time.",
        "import math\n\nprint(math.sqrt(16))  # 4.0",
    ),
    Topic(
        ("string", "str"),
        (
            "A string is a sequence of characters, and can't be changed in place.",
            "A string holds text; every method that seems to change it returns a new one.",
        ),
        "Text is safe to share, because nobody can change it under you.",
        'name = "ada lovelace"\nprint(name.title(), name.split())',
    ),
)

TERMS: dict[str, Term] = {
    "api": Term(
        (
            "An API is a set of rules by which one program asks another for something.",
            "An API is the door through which programs talk to each other.",
        ),
        "It says which requests can be made and what comes back.",
    ),
    "http": Term(
        (
            "HTTP is the protocol by which browsers and servers exchange requests and answers.",
            "HTTP is how the web asks for things: a request goes out, an answer with a status comes back.",
        ),
        "A status of 200 means that all went well, 404 that nothing was found.",
    ),
    "json": Term(
        (
            "JSON is a text format for data: objects, lists, strings, numbers, true, false and null.",
            "JSON writes data as text that both people and programs can read.",
        ),
        "Most web APIs speak it.",
    ),
    "algorithm": Term(
        (
            "An algorithm is a list of steps that solves a problem, and ends.",
            "An algorithm is a recipe that a computer can follow.",
        ),
        "How its time grows with its input says how good it is.",
    ),
    "database": Term(
        (
            "A database keeps data in an order that makes it quick to find and safe to change.",
            "A database is an organised store of data with a language for asking questions.",
        ),
        "Transactions make sure that a change happens whole or not at all.",
    ),
    "machine learning": Term(
        (
            "Machine learning is programming by examples: a model finds the rule in the data by itself.",
            "In machine learning a program improves at a task by seeing data instead of being told the rules.",
        ),
        "The same method can learn to read digits, to translate and to play games.",
    ),
    "neural network": Term(
        (
            "A neural network is a model made of layers of simple units whose weights are learned from data.",
            "A neural network turns inputs to outputs through layers of weighted sums.",
        ),
        "Training nudges every weight a little, millions of times.",
    ),
    "large language model": Term(
        (
            "A large language model predicts the next token of a text, and so can write, answer and reason.",
            "A large language model is a neural network that has learned from much text how text goes on.",
        ),
        "It reads and writes in tokens, which are pieces of words.",
    ),
    "llm": Term(
        (
            "An LLM, a large language model, predicts the next token of a text, and so can write and answer.",
            "LLM stands for large language model: a network that has learned how text goes on.",
        ),
        "It reads and writes in tokens, which are pieces of words.",
    ),
    "token": Term(
        (
            "A token is a piece of text, often a word or a part of one, that a language model reads as one unit.",
            "Tokens are the pieces in which a language model reads and writes text.",
        ),
        "In English a token is about four characters.",
    ),
    "photosynthesis": Term(
        (
            "Photosynthesis is how plants make sugar and oxygen out of light, water and carbon dioxide.",
            "In photosynthesis plants use sunlight to turn water and carbon dioxide into sugar and oxygen.",
        ),
        "It happens in the chloroplasts, whose chlorophyll makes leaves green.",
    ),
    "gravity": Term(
        (
            "Gravity is the attraction between all things that have mass.",
            "Gravity is the force that pulls masses towards each other; on Earth it makes things fall.",
        ),
        "Einstein described it as the bending of space and time.",
    ),
    "dna": Term(
        (
            "DNA is the molecule that carries the genes of living things, written in four bases.",
            "DNA is a double helix that stores how a living thing is built.",
        ),
        "Its bases are adenine, thymine, cytosine and guanine.",
    ),
    "black hole": Term(
        (
            "A black hole is a region where gravity is so strong that not even light gets out.",
            "A black hole is mass packed so tightly that nothing can leave it.",
        ),
        "Its edge is called the event horizon.",
    ),
    "inflation": Term(
        (
            "Inflation is a general rise of prices, so that money buys less over time.",
            "Inflation means that the same money buys less than a year ago.",
        ),
        "Central banks fight it with higher interest rates.",
    ),
    "democracy": Term(
        (
            "Democracy is a form of government in which the people choose who governs.",
            "In a democracy power comes from the people, through free elections.",
        ),
        "The word is Greek: demos is the people, kratos is power.",
    ),
    "climate change": Term(
        (
            "Climate change is the long-term warming of the Earth, today mostly because we burn coal, oil and gas.",
            "Climate change is the shift of the Earth's weather over decades, driven now by greenhouse gases.",
        ),
        "The world is more than one degree warmer than before industry.",
    ),
    "quantum computing": Term(
        (
            "Quantum computing uses qubits, which can be in a mix of 0 and 1, to solve some problems faster.",
            "A quantum computer works with qubits, whose states can be added and cancelled like waves.",
        ),
        "Factoring large numbers is the best-known problem for which it would help.",
    ),
    "blockchain": Term(
        (
            "A blockchain is a list of records that many computers keep together, each linked to the one before.",
            "A blockchain is a shared ledger in which an old record can't be changed unnoticed.",
        ),
        "Bitcoin was the first large one, in 2009.",
    ),
    "git": Term(
        (
            "Git is a version control system: it remembers every state of your files that you commit.",
            "Git keeps the history of a project, and lets many people work on it at once.",
        ),
        "Linus Torvalds wrote it in 2005 for Linux.",
    ),
    "docker": Term(
        (
            "Docker runs programs in containers, which bring along everything that they need.",
            "Docker packs a program with its files and libraries, so it runs alike everywhere.",
        ),
        "Containers share the host's kernel, so they start quickly.",
    ),
    "regular expression": Term(
        (
            "A regular expression is a pattern that describes a set of strings.",
            "A regular expression finds text by its form, such as digits followed by a dot.",
        ),
        "In Python they live in the re module.",
    ),
    "python": Term(
        (
            "Python is a programming language made by Guido van Rossum, known for being easy to read.",
            "Python is a general-purpose programming language, first released in 1991.",
        ),
        "It is named after Monty Python.",
    ),
}
