"""The small table of facts that the simulator knows. All data: to teach it more, add a row.

Numbers are rounded as an encyclopedia's first sentence has them. Names are in English.
"""

from __future__ import annotations

from typing import NamedTuple

__all__ = [
    "AUTHORS",
    "CONSTANTS",
    "COUNTRIES",
    "ELEMENTS",
    "EVENTS",
    "LANGUAGES",
    "LISTS",
    "MONTH_DAYS",
    "PLANETS",
    "QUANTITIES",
    "RECORDS",
    "Country",
    "Element",
    "Event",
    "Language",
    "Planet",
    "Record",
]


class Country(NamedTuple):
    capital: str
    continent: str
    currency: str
    language: str
    note: str = ""


COUNTRIES: dict[str, Country] = {
    "Argentina": Country("Buenos Aires", "South America", "the Argentine peso", "Spanish"),
    "Australia": Country("Canberra", "Oceania", "the Australian dollar", "English", "Sydney is larger."),
    "Austria": Country("Vienna", "Europe", "the euro", "German"),
    "Belgium": Country("Brussels", "Europe", "the euro", "Dutch, French and German"),
    "Brazil": Country("Brasília", "South America", "the real", "Portuguese", "It replaced Rio de Janeiro in 1960."),
    "Bulgaria": Country("Sofia", "Europe", "the euro", "Bulgarian"),
    "Canada": Country("Ottawa", "North America", "the Canadian dollar", "English and French", "Toronto is larger."),
    "Chile": Country("Santiago", "South America", "the Chilean peso", "Spanish"),
    "China": Country("Beijing", "Asia", "the renminbi", "Mandarin Chinese", "Shanghai is larger."),
    "Colombia": Country("Bogotá", "South America", "the Colombian peso", "Spanish"),
    "Croatia": Country("Zagreb", "Europe", "the euro", "Croatian"),
    "Cuba": Country("Havana", "North America", "the Cuban peso", "Spanish"),
    "Czech Republic": Country("Prague", "Europe", "the koruna", "Czech"),
    "Denmark": Country("Copenhagen", "Europe", "the Danish krone", "Danish"),
    "Egypt": Country("Cairo", "Africa", "the Egyptian pound", "Arabic"),
    "Estonia": Country("Tallinn", "Europe", "the euro", "Estonian"),
    "Ethiopia": Country("Addis Ababa", "Africa", "the birr", "Amharic"),
    "Finland": Country("Helsinki", "Europe", "the euro", "Finnish and Swedish"),
    "France": Country("Paris", "Europe", "the euro", "French", "It lies on the Seine."),
    "Germany": Country("Berlin", "Europe", "the euro", "German", "It lies on the Spree."),
    "Ghana": Country("Accra", "Africa", "the cedi", "English"),
    "Greece": Country("Athens", "Europe", "the euro", "Greek"),
    "Hungary": Country("Budapest", "Europe", "the forint", "Hungarian", "It lies on the Danube."),
    "Iceland": Country("Reykjavík", "Europe", "the króna", "Icelandic"),
    "India": Country("New Delhi", "Asia", "the Indian rupee", "Hindi and English", "Mumbai is larger."),
    "Indonesia": Country("Jakarta", "Asia", "the rupiah", "Indonesian"),
    "Iran": Country("Tehran", "Asia", "the rial", "Persian"),
    "Ireland": Country("Dublin", "Europe", "the euro", "Irish and English"),
    "Israel": Country("Jerusalem", "Asia", "the new shekel", "Hebrew"),
    "Italy": Country("Rome", "Europe", "the euro", "Italian", "It lies on the Tiber."),
    "Jamaica": Country("Kingston", "North America", "the Jamaican dollar", "English"),
    "Japan": Country("Tokyo", "Asia", "the yen", "Japanese", "It was called Edo until 1868."),
    "Kenya": Country("Nairobi", "Africa", "the Kenyan shilling", "Swahili and English"),
    "Latvia": Country("Riga", "Europe", "the euro", "Latvian"),
    "Lithuania": Country("Vilnius", "Europe", "the euro", "Lithuanian"),
    "Mexico": Country("Mexico City", "North America", "the Mexican peso", "Spanish"),
    "Morocco": Country("Rabat", "Africa", "the dirham", "Arabic and Tamazight", "Casablanca is larger."),
    "Nepal": Country("Kathmandu", "Asia", "the Nepalese rupee", "Nepali"),
    "Netherlands": Country("Amsterdam", "Europe", "the euro", "Dutch", "The government sits in The Hague."),
    "New Zealand": Country("Wellington", "Oceania", "the New Zealand dollar", "English and Māori"),
    "Nigeria": Country("Abuja", "Africa", "the naira", "English", "Lagos is larger."),
    "Norway": Country("Oslo", "Europe", "the Norwegian krone", "Norwegian"),
    "Pakistan": Country("Islamabad", "Asia", "the Pakistani rupee", "Urdu and English"),
    "Peru": Country("Lima", "South America", "the sol", "Spanish"),
    "Philippines": Country("Manila", "Asia", "the Philippine peso", "Filipino and English"),
    "Poland": Country("Warsaw", "Europe", "the złoty", "Polish", "It lies on the Vistula."),
    "Portugal": Country("Lisbon", "Europe", "the euro", "Portuguese"),
    "Romania": Country("Bucharest", "Europe", "the leu", "Romanian"),
    "Russia": Country("Moscow", "Europe", "the rouble", "Russian"),
    "Saudi Arabia": Country("Riyadh", "Asia", "the riyal", "Arabic"),
    "Serbia": Country("Belgrade", "Europe", "the dinar", "Serbian"),
    "Singapore": Country("Singapore", "Asia", "the Singapore dollar", "English, Malay, Mandarin and Tamil"),
    "Slovakia": Country("Bratislava", "Europe", "the euro", "Slovak"),
    "Slovenia": Country("Ljubljana", "Europe", "the euro", "Slovene"),
    "South Africa": Country(
        "Pretoria", "Africa", "the rand", "English, Zulu and ten others", "Parliament is in Cape Town."
    ),
    "South Korea": Country("Seoul", "Asia", "the won", "Korean"),
    "Spain": Country("Madrid", "Europe", "the euro", "Spanish"),
    "Sweden": Country("Stockholm", "Europe", "the Swedish krona", "Swedish"),
    "Switzerland": Country("Bern", "Europe", "the Swiss franc", "German, French, Italian and Romansh"),
    "Thailand": Country("Bangkok", "Asia", "the baht", "Thai"),
    "Tunisia": Country("Tunis", "Africa", "the Tunisian dinar", "Arabic"),
    "Turkey": Country("Ankara", "Asia", "the Turkish lira", "Turkish", "Istanbul is larger."),
    "Ukraine": Country("Kyiv", "Europe", "the hryvnia", "Ukrainian"),
    "United Kingdom": Country("London", "Europe", "the pound sterling", "English", "It lies on the Thames."),
    "United States": Country("Washington, D.C.", "North America", "the US dollar", "English", "New York is larger."),
    "Vietnam": Country("Hanoi", "Asia", "the dong", "Vietnamese"),
}


class Planet(NamedTuple):
    moons: str
    day: str
    note: str


PLANETS: dict[str, Planet] = {
    "Mercury": Planet("no moons", "176 Earth days", "It is the smallest planet and the nearest to the Sun."),
    "Venus": Planet("no moons", "117 Earth days", "Its thick air makes it the hottest planet."),
    "Earth": Planet("one moon", "24 hours", "It is the only place where life is known."),
    "Mars": Planet("two moons, Phobos and Deimos", "24.7 hours", "Rust in its dust makes it the red planet."),
    "Jupiter": Planet("at least 95 moons", "9.9 hours", "It is the largest planet."),
    "Saturn": Planet("at least 145 moons", "10.7 hours", "Its rings are mostly ice."),
    "Uranus": Planet("at least 27 moons", "17.2 hours", "It rolls around the Sun on its side."),
    "Neptune": Planet("at least 14 moons", "16.1 hours", "It is the farthest planet, and the windiest."),
}


class Language(NamedTuple):
    year: int
    author: str
    note: str


LANGUAGES: dict[str, Language] = {
    "Ada": Language(1980, "Jean Ichbiah", "It is named after Ada Lovelace."),
    "ALGOL": Language(1958, "a committee in Zürich", "Nearly every later language borrowed from it."),
    "BASIC": Language(1964, "John Kemeny and Thomas Kurtz", "It was made for beginners at Dartmouth."),
    "C": Language(1972, "Dennis Ritchie", "Unix was rewritten in it."),
    "C++": Language(1985, "Bjarne Stroustrup", "It began as C with classes."),
    "C#": Language(2000, "Anders Hejlsberg", "It is Microsoft's language for .NET."),
    "Clojure": Language(2007, "Rich Hickey", "It is a Lisp on the Java machine."),
    "COBOL": Language(1959, "the CODASYL committee, after work by Grace Hopper", "Banks still run on it."),
    "Dart": Language(2011, "Lars Bak and Kasper Lund", "Flutter is written in it."),
    "Elixir": Language(2012, "José Valim", "It runs on Erlang's machine."),
    "Erlang": Language(1986, "Joe Armstrong, Robert Virding and Mike Williams", "It was made for telephone exchanges."),
    "Fortran": Language(1957, "John Backus", "It was the first widely used high-level language."),
    "Go": Language(2009, "Robert Griesemer, Rob Pike and Ken Thompson", "It compiles fast and likes simplicity."),
    "Haskell": Language(1990, "a committee of researchers", "It is purely functional and lazy."),
    "Java": Language(1995, "James Gosling", "Its motto was: write once, run anywhere."),
    "JavaScript": Language(1995, "Brendan Eich", "The first version was written in ten days."),
    "Julia": Language(2012, "Jeff Bezanson, Stefan Karpinski, Viral Shah and Alan Edelman", "It is fast at numbers."),
    "Kotlin": Language(2011, "JetBrains", "It is the main language of Android apps."),
    "Lisp": Language(1958, "John McCarthy", "Its code and its data have the same shape."),
    "Lua": Language(1993, "Roberto Ierusalimschy, Waldemar Celes and Luiz Henrique de Figueiredo", "Games embed it."),
    "MATLAB": Language(1984, "Cleve Moler", "It began as a front end to matrix libraries."),
    "Objective-C": Language(1984, "Brad Cox and Tom Love", "Apple used it before Swift."),
    "OCaml": Language(1996, "Xavier Leroy and colleagues", "It descends from ML."),
    "Pascal": Language(1970, "Niklaus Wirth", "It was made for teaching."),
    "Perl": Language(1987, "Larry Wall", "It is at home with text."),
    "PHP": Language(1995, "Rasmus Lerdorf", "It began as tools for a personal home page."),
    "Prolog": Language(1972, "Alain Colmerauer and Philippe Roussel", "Programs in it are facts and rules."),
    "Python": Language(1991, "Guido van Rossum", "It is named after Monty Python."),
    "R": Language(1993, "Ross Ihaka and Robert Gentleman", "Statisticians use it."),
    "Ruby": Language(1995, "Yukihiro Matsumoto", "It was made for the programmer's happiness."),
    "Rust": Language(2015, "Graydon Hoare", "Its compiler proves that memory is safe."),
    "Scala": Language(2004, "Martin Odersky", "It joins objects and functions on the Java machine."),
    "Smalltalk": Language(1972, "Alan Kay, Dan Ingalls and Adele Goldberg", "Everything in it is an object."),
    "SQL": Language(1974, "Donald Chamberlin and Raymond Boyce", "It asks questions of relational databases."),
    "Swift": Language(2014, "Chris Lattner", "It is Apple's language."),
    "TypeScript": Language(2012, "Anders Hejlsberg", "It is JavaScript with types."),
    "Zig": Language(2016, "Andrew Kelley", "It has no hidden control flow."),
}


class Element(NamedTuple):
    symbol: str
    number: int


ELEMENTS: dict[str, Element] = {
    "hydrogen": Element("H", 1),
    "helium": Element("He", 2),
    "lithium": Element("Li", 3),
    "carbon": Element("C", 6),
    "nitrogen": Element("N", 7),
    "oxygen": Element("O", 8),
    "fluorine": Element("F", 9),
    "neon": Element("Ne", 10),
    "sodium": Element("Na", 11),
    "magnesium": Element("Mg", 12),
    "aluminium": Element("Al", 13),
    "silicon": Element("Si", 14),
    "phosphorus": Element("P", 15),
    "sulfur": Element("S", 16),
    "chlorine": Element("Cl", 17),
    "argon": Element("Ar", 18),
    "potassium": Element("K", 19),
    "calcium": Element("Ca", 20),
    "titanium": Element("Ti", 22),
    "iron": Element("Fe", 26),
    "nickel": Element("Ni", 28),
    "copper": Element("Cu", 29),
    "zinc": Element("Zn", 30),
    "silver": Element("Ag", 47),
    "tin": Element("Sn", 50),
    "iodine": Element("I", 53),
    "tungsten": Element("W", 74),
    "platinum": Element("Pt", 78),
    "gold": Element("Au", 79),
    "mercury": Element("Hg", 80),
    "lead": Element("Pb", 82),
    "uranium": Element("U", 92),
}

CONSTANTS: dict[str, tuple[str, str]] = {
    r"boiling point of water|(?:temperature )?(?:does|at which) water boils?": (
        "100 °C",
        "Water boils at 100 °C (212 °F) at sea level.",
    ),
    r"freezing point of water|melting point of ice|(?:temperature )?(?:does|at which) water freezes?": (
        "0 °C",
        "Water freezes at 0 °C (32 °F) at sea level.",
    ),
    r"speed of light|how fast (?:is|does) light": (
        "299,792,458 m/s",
        "The speed of light in a vacuum is 299,792,458 metres per second, about 300,000 km/s.",
    ),
    r"speed of sound|how fast (?:is|does) sound": (
        "343 m/s",
        "The speed of sound in air at 20 °C is about 343 metres per second.",
    ),
    r"absolute zero": ("-273.15 °C", "Absolute zero is -273.15 °C, or 0 kelvin."),
    r"avogadro": ("6.02214076 × 10²³", "The Avogadro constant is 6.02214076 × 10²³ per mole."),
    r"value of pi\b|^what(?:'s| is) pi\b|digits of pi\b": ("3.14159", "Pi is about 3.14159265."),
    r"golden ratio": ("1.618", "The golden ratio is about 1.618."),
    r"acceleration (?:of|due to) gravity|gravity on earth": (
        "9.81 m/s²",
        "The acceleration of gravity on Earth is about 9.81 m/s².",
    ),
    r"(?:formula|symbol) (?:of|for) water": ("H₂O", "The chemical formula of water is H₂O."),
    r"formula (?:of|for) (?:table )?salt": ("NaCl", "The chemical formula of table salt is NaCl."),
    r"meaning of life": ("42", "The answer to life, the universe and everything is 42, says Douglas Adams."),
    r"distance (?:from|between|to).*\bmoon|how far.*\bmoon": (
        "384,400 km",
        "The Moon is about 384,400 km from Earth.",
    ),
    r"distance (?:from|between|to).*\bsun|how far.*\bsun": (
        "150 million km",
        "The Sun is about 150 million km from Earth.",
    ),
    r"(?:height|tall|high).*\beverest": ("8,849 m", "Mount Everest is 8,849 metres high."),
    r"(?:height|tall|high).*\beiffel tower": ("330 m", "The Eiffel Tower is 330 metres tall."),
    r"where is the eiffel tower|eiffel tower located": ("Paris", "The Eiffel Tower stands in Paris, France."),
    r"why is the sky blue|sky blue\W*$": (
        "Rayleigh scattering",
        "The sky is blue because air scatters the short waves of sunlight, the blue ones, more than the long red ones.",
    ),
    r"why is the (?:sea|ocean) salty": (
        "Minerals",
        "The sea is salty because rivers carry minerals from the rocks into it, and only the water evaporates.",
    ),
    r"why do leaves change": (
        "Less chlorophyll",
        "Leaves change colour because their green chlorophyll breaks down in autumn, and other pigments show.",
    ),
    r"population of (?:the )?(?:earth|world)|how many people.*(?:earth|world)": (
        "about 8 billion",
        "The population of the world is about 8 billion.",
    ),
}

QUANTITIES: dict[str, tuple[int, str]] = {
    r"days.*\bleap year": (366, "There are 366 days in a leap year."),
    r"days.*\byear": (365, "There are 365 days in a year, and 366 in a leap year."),
    r"days.*\bweek": (7, "There are 7 days in a week."),
    r"weeks.*\byear": (52, "There are 52 weeks in a year, and a day or two more."),
    r"months.*\byear": (12, "There are 12 months in a year."),
    r"hours.*\bday": (24, "There are 24 hours in a day."),
    r"hours.*\bweek": (168, "There are 168 hours in a week."),
    r"minutes.*\bhour": (60, "There are 60 minutes in an hour."),
    r"minutes.*\bday": (1440, "There are 1,440 minutes in a day."),
    r"seconds.*\bminute": (60, "There are 60 seconds in a minute."),
    r"seconds.*\bhour": (3600, "There are 3,600 seconds in an hour."),
    r"seconds.*\bday": (86400, "There are 86,400 seconds in a day."),
    r"letters.*\balphabet": (26, "There are 26 letters in the English alphabet."),
    r"planets": (8, "There are 8 planets in the solar system."),
    r"continents": (7, "There are 7 continents."),
    r"oceans": (5, "There are 5 oceans."),
    r"colou?rs.*\brainbow": (7, "There are 7 colours in a rainbow."),
    r"legs.*\bspider": (8, "A spider has 8 legs."),
    r"legs.*\binsect|legs.*\bant\b|legs.*\bbee\b": (6, "An insect has 6 legs."),
    r"legs.*\b(?:dog|cat|horse|cow)\b": (4, "It has 4 legs."),
    r"(?:arms|legs|tentacles).*\boctopus": (8, "An octopus has 8 arms."),
    r"hearts.*\boctopus": (3, "An octopus has 3 hearts."),
    r"bones.*\b(?:body|human|adult)": (206, "An adult human has 206 bones."),
    r"teeth.*\b(?:human|adult|person)": (32, "An adult human has 32 teeth."),
    r"sides.*\btriangle": (3, "A triangle has 3 sides."),
    r"sides.*\b(?:square|rectangle)": (4, "It has 4 sides."),
    r"sides.*\bpentagon": (5, "A pentagon has 5 sides."),
    r"sides.*\bhexagon": (6, "A hexagon has 6 sides."),
    r"sides.*\boctagon": (8, "An octagon has 8 sides."),
    r"degrees.*\bcircle": (360, "There are 360 degrees in a circle."),
    r"degrees.*\btriangle": (180, "The angles of a triangle add up to 180 degrees."),
    r"keys.*\bpiano": (88, "A piano has 88 keys."),
    r"strings.*\bguitar": (6, "A guitar has 6 strings."),
    r"strings.*\bviolin": (4, "A violin has 4 strings."),
    r"players.*\b(?:football|soccer)": (11, "A football team has 11 players on the field."),
    r"cards.*\bdeck": (52, "There are 52 cards in a deck."),
    r"squares.*\bchess": (64, "There are 64 squares on a chessboard."),
    r"states.*\b(?:us|usa|united states|america)\b": (50, "The United States has 50 states."),
    r"bits.*\bbyte": (8, "There are 8 bits in a byte."),
    r"bytes.*\bkilobyte": (1000, "There are 1,000 bytes in a kilobyte, and 1,024 in a kibibyte."),
    r"cent(?:s|imetres|imeters).*\bmet(?:re|er)": (100, "There are 100 centimetres in a metre."),
    r"met(?:re|er)s.*\bkilomet(?:re|er)": (1000, "There are 1,000 metres in a kilometre."),
    r"grams.*\bkilogram": (1000, "There are 1,000 grams in a kilogram."),
}

MONTH_DAYS: dict[str, int] = {
    "January": 31,
    "February": 28,
    "March": 31,
    "April": 30,
    "May": 31,
    "June": 30,
    "July": 31,
    "August": 31,
    "September": 30,
    "October": 31,
    "November": 30,
    "December": 31,
}


class Record(NamedTuple):
    name: str
    note: str


RECORDS: dict[str, Record] = {
    r"(?:largest|biggest) ocean": Record("the Pacific Ocean", "It covers about a third of the Earth."),
    r"(?:deepest) ocean": Record("the Pacific Ocean", "The Mariana Trench in it is almost 11 km deep."),
    r"smallest ocean": Record("the Arctic Ocean", "Much of it is under ice."),
    r"(?:largest|biggest) continent": Record("Asia", "It has more than half of all people."),
    r"smallest continent": Record("Australia", "With the islands around it, it is called Oceania."),
    r"(?:largest|biggest) country": Record("Russia", "It spans eleven time zones."),
    r"smallest country": Record("Vatican City", "It is smaller than half a square kilometre."),
    r"most (?:populous|populated) country": Record("India", "It passed China in 2023."),
    r"(?:tallest|highest) mountain": Record("Mount Everest", "It is 8,849 metres high."),
    r"longest river": Record("the Nile", "It is about 6,650 km long; some measure the Amazon longer."),
    r"(?:largest|biggest) river": Record("the Amazon", "It carries a fifth of all river water."),
    r"(?:largest|biggest) lake": Record("the Caspian Sea", "Its water is salty."),
    r"deepest lake": Record("Lake Baikal", "It is 1,642 metres deep."),
    r"(?:largest|biggest) (?:hot )?desert": Record("the Sahara", "Counting cold deserts, Antarctica is larger."),
    r"(?:largest|biggest) island": Record("Greenland", "It belongs to Denmark."),
    r"(?:largest|biggest) planet": Record("Jupiter", "More than 1,300 Earths would fit in it."),
    r"smallest planet": Record("Mercury", "It is little larger than our Moon."),
    r"hottest planet": Record("Venus", "Its surface has about 465 °C."),
    r"coldest planet": Record("Uranus", "Its air goes down to -224 °C."),
    r"(?:closest|nearest) planet to the sun|planet (?:is )?(?:closest|nearest) to the sun": Record(
        "Mercury", "A year there has 88 days."
    ),
    r"(?:farthest|furthest|most distant) planet": Record("Neptune", "A year there lasts 165 of ours."),
    r"red planet": Record("Mars", "Rust in its dust gives the colour."),
    r"(?:closest|nearest) star": Record("the Sun", "After it comes Proxima Centauri, 4.2 light-years away."),
    r"(?:largest|biggest) animal": Record("the blue whale", "It grows to 30 metres."),
    r"(?:tallest) animal": Record("the giraffe", "It grows to more than 5 metres."),
    r"fastest (?:land )?animal": Record("the cheetah", "It runs at more than 100 km/h."),
    r"(?:largest|biggest) mammal": Record("the blue whale", "It grows to 30 metres."),
    r"(?:largest|biggest) organ": Record("the skin", "An adult has about two square metres of it."),
    r"hardest (?:natural )?(?:material|substance|mineral)": Record("diamond", "It is pure carbon."),
    r"lightest element": Record("hydrogen", "Its atom has one proton."),
    r"most (?:abundant|common) (?:gas|element) in (?:the |earth's )?(?:air|atmosphere)": Record(
        "nitrogen", "It makes up 78 % of the air."
    ),
    r"most (?:abundant|common) element": Record("hydrogen", "It makes up three quarters of ordinary matter."),
    r"smallest prime": Record("2", "It is the only even prime."),
    r"powerhouse of the cell": Record("the mitochondrion", "It turns food into energy."),
    r"first programmer": Record("Ada Lovelace", "She wrote a program for Babbage's engine in 1843."),
    r"father of (?:modern )?computer science": Record("Alan Turing", "He described the universal machine in 1936."),
    r"longest bone": Record("the femur", "It is the bone of the thigh."),
}


class Event(NamedTuple):
    year: str
    who: str
    what: str


EVENTS: dict[str, Event] = {
    r"moon landing|land(?:ed)? on the moon|walk(?:ed)? on the moon|first (?:man|person|human) on the moon": Event(
        "1969", "Neil Armstrong", "Neil Armstrong and Buzz Aldrin landed on the Moon on 20 July 1969"
    ),
    r"first (?:man|human|person) in space": Event("1961", "Yuri Gagarin", "Yuri Gagarin flew into space in 1961"),
    r"(?:second world war|world war (?:2|ii|two)|ww2|wwii).*(?:end|over)|(?:end|over).*(?:world war (?:2|ii)|"
    r"ww2)": Event("1945", "the Allies", "the Second World War ended in 1945"),
    r"(?:second world war|world war (?:2|ii|two)|ww2|wwii)": Event(
        "1939", "", "the Second World War lasted from 1939 to 1945"
    ),
    r"(?:first world war|world war (?:1|i|one)|ww1|wwi)\b": Event(
        "1914", "", "the First World War lasted from 1914 to 1918"
    ),
    r"berlin wall.*(?:fall|fell|came down|torn)|fall of the berlin wall": Event(
        "1989", "", "the Berlin Wall fell on 9 November 1989"
    ),
    r"french revolution": Event("1789", "", "the French Revolution began in 1789"),
    r"titanic": Event("1912", "", "the Titanic sank in April 1912"),
    r"declaration of independence": Event(
        "1776",
        "Thomas Jefferson",
        "the American Declaration of Independence was signed in 1776, written by Thomas Jefferson",
    ),
    r"columbus|discover(?:ed)? america": Event("1492", "Christopher Columbus", "Columbus reached America in 1492"),
    r"penicillin": Event("1928", "Alexander Fleming", "Alexander Fleming discovered penicillin in 1928"),
    r"telephone": Event("1876", "Alexander Graham Bell", "Alexander Graham Bell patented the telephone in 1876"),
    r"light ?bulb": Event("1879", "Thomas Edison", "Thomas Edison showed a lasting light bulb in 1879"),
    r"printing press": Event("1440", "Johannes Gutenberg", "Johannes Gutenberg built his press around 1440"),
    r"world wide web|\bthe web\b": Event(
        "1989", "Tim Berners-Lee", "Tim Berners-Lee proposed the World Wide Web in 1989"
    ),
    r"\blinux\b": Event("1991", "Linus Torvalds", "Linus Torvalds released Linux in 1991"),
    r"\bunix\b": Event("1969", "Ken Thompson and Dennis Ritchie", "Ken Thompson and Dennis Ritchie began Unix in 1969"),
    r"\bgit\b": Event("2005", "Linus Torvalds", "Linus Torvalds wrote Git in 2005"),
    r"relativity": Event("1915", "Albert Einstein", "Albert Einstein published general relativity in 1915"),
    r"gravity": Event("1687", "Isaac Newton", "Isaac Newton published the law of gravity in 1687"),
    r"evolution|origin of species": Event(
        "1859", "Charles Darwin", "Charles Darwin published On the Origin of Species in 1859"
    ),
    r"radium|radioactivity": Event("1898", "Marie Curie", "Marie Curie discovered radium in 1898"),
    r"air ?plane|first flight": Event("1903", "the Wright brothers", "the Wright brothers flew in 1903"),
    r"\btransistor": Event(
        "1947", "John Bardeen, Walter Brattain and William Shockley", "the transistor was made in 1947"
    ),
    r"iphone": Event("2007", "Apple", "Apple released the first iPhone in 2007"),
}

AUTHORS: dict[str, tuple[str, str]] = {
    "1984": ("George Orwell", "1949"),
    "animal farm": ("George Orwell", "1945"),
    "brave new world": ("Aldous Huxley", "1932"),
    "don quixote": ("Miguel de Cervantes", "1605"),
    "dune": ("Frank Herbert", "1965"),
    "faust": ("Johann Wolfgang von Goethe", "1808"),
    "foundation": ("Isaac Asimov", "1951"),
    "frankenstein": ("Mary Shelley", "1818"),
    "hamlet": ("William Shakespeare", "around 1600"),
    "harry potter": ("J. K. Rowling", "1997"),
    "macbeth": ("William Shakespeare", "1606"),
    "moby-dick": ("Herman Melville", "1851"),
    "moby dick": ("Herman Melville", "1851"),
    "neuromancer": ("William Gibson", "1984"),
    "pride and prejudice": ("Jane Austen", "1813"),
    "romeo and juliet": ("William Shakespeare", "1597"),
    "the hobbit": ("J. R. R. Tolkien", "1937"),
    "the lord of the rings": ("J. R. R. Tolkien", "1954"),
    "the great gatsby": ("F. Scott Fitzgerald", "1925"),
    "the odyssey": ("Homer", "the 8th century BC"),
    "the iliad": ("Homer", "the 8th century BC"),
    "to kill a mockingbird": ("Harper Lee", "1960"),
    "ulysses": ("James Joyce", "1922"),
    "war and peace": ("Leo Tolstoy", "1869"),
    "the mona lisa": ("Leonardo da Vinci", "around 1503"),
    "mona lisa": ("Leonardo da Vinci", "around 1503"),
    "the starry night": ("Vincent van Gogh", "1889"),
    "starry night": ("Vincent van Gogh", "1889"),
    "guernica": ("Pablo Picasso", "1937"),
    "the scream": ("Edvard Munch", "1893"),
    "the ninth symphony": ("Ludwig van Beethoven", "1824"),
    "the magic flute": ("Wolfgang Amadeus Mozart", "1791"),
    "the four seasons": ("Antonio Vivaldi", "1725"),
}

LISTS: dict[str, tuple[str, ...]] = {
    r"planets": tuple(PLANETS),
    r"days(?: of the week)?": ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"),
    r"months(?: of the year)?": tuple(MONTH_DAYS),
    r"seasons": ("spring", "summer", "autumn", "winter"),
    r"primary colou?rs": ("red", "yellow", "blue"),
    r"colou?rs (?:of|in) (?:the|a) rainbow|rainbow colou?rs": (
        "red",
        "orange",
        "yellow",
        "green",
        "blue",
        "indigo",
        "violet",
    ),
    r"continents": ("Africa", "Antarctica", "Asia", "Europe", "North America", "Oceania", "South America"),
    r"oceans": ("Pacific", "Atlantic", "Indian", "Southern", "Arctic"),
    r"noble gas(?:es)?": ("helium", "neon", "argon", "krypton", "xenon", "radon"),
    r"vowels": ("A", "E", "I", "O", "U"),
    r"(?:cardinal )?directions|points of the compass": ("north", "east", "south", "west"),
    r"senses": ("sight", "hearing", "touch", "taste", "smell"),
    r"states of matter": ("solid", "liquid", "gas", "plasma"),
    r"greek letters": ("alpha", "beta", "gamma", "delta", "epsilon", "zeta", "eta", "theta"),
    r"(?:letters of the )?alphabet|letters": tuple("ABCDEFGHIJKLMNOPQRSTUVWXYZ"),
    r"prime numbers|primes": ("2", "3", "5", "7", "11", "13", "17", "19", "23", "29"),
    r"even numbers": ("2", "4", "6", "8", "10", "12", "14", "16", "18", "20"),
    r"odd numbers": ("1", "3", "5", "7", "9", "11", "13", "15", "17", "19"),
    r"fibonacci(?: numbers| sequence)?": ("0", "1", "1", "2", "3", "5", "8", "13", "21", "34"),
    r"programming languages": ("Python", "JavaScript", "Java", "C", "Go", "Rust", "Ruby", "Kotlin", "Swift", "Haskell"),
    r"colou?rs": ("red", "blue", "green", "yellow", "orange", "purple", "white", "black", "brown", "pink"),
    r"fruits?": ("apple", "banana", "orange", "pear", "grape", "cherry", "mango", "peach", "plum", "kiwi"),
    r"vegetables?": ("carrot", "potato", "tomato", "onion", "cabbage", "pea", "bean", "leek", "beet", "spinach"),
    r"animals?": ("dog", "cat", "horse", "elephant", "lion", "penguin", "whale", "owl", "fox", "rabbit"),
    r"countries": ("France", "Japan", "Brazil", "Kenya", "Canada", "India", "Norway", "Egypt", "Chile", "Spain"),
    r"(?:cities|capitals)": (
        "Paris",
        "Tokyo",
        "London",
        "Nairobi",
        "Ottawa",
        "Delhi",
        "Oslo",
        "Cairo",
        "Lima",
        "Madrid",
    ),
    r"books": ("Dune", "Emma", "Ulysses", "Middlemarch", "The Hobbit", "Frankenstein", "Walden", "Beloved"),
    r"musical instruments|instruments": ("piano", "violin", "guitar", "flute", "drum", "cello", "trumpet", "harp"),
    r"sports?": ("football", "tennis", "swimming", "cycling", "chess", "rowing", "basketball", "skiing"),
    r"trees?": ("oak", "birch", "pine", "maple", "willow", "beech", "cedar", "ash"),
    r"flowers?": ("rose", "tulip", "daisy", "lily", "orchid", "poppy", "violet", "sunflower"),
    r"birds?": ("robin", "eagle", "sparrow", "owl", "swan", "crow", "heron", "wren"),
}
