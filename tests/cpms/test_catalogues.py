"""What people read is marked, gathered, translated, and compiled."""

import re
from string import ascii_letters

import pytest
from django.utils import translation

from tools import catalogue, messages

ROOT = messages.ROOT
PLACEHOLDER = re.compile(r"%\(\w+\)[0-9]*[sd]|%[sd]|%%|<[^>]+>")
LANGUAGES = [path.parent.parent.name for path in messages.catalogues()]


@pytest.fixture(scope="module")
def found():
    return messages.gather()


@pytest.fixture(params=LANGUAGES)
def path(request):
    return ROOT / "locale" / request.param / "LC_MESSAGES" / "django.po"


def test_italian_is_there():
    assert "it" in LANGUAGES


def test_each_message_of_the_sources_is_in_the_catalogue_and_no_other(path, found):
    """Else: `make messages`, and translate what it lists."""
    known = {entry.message for key, entry in catalogue.read(path).items() if key}

    assert {
        "missing": sorted(found.keys() - known),
        "gone": sorted(known - found.keys()),
    } == {"missing": [], "gone": []}


def test_nothing_is_untranslated_or_doubtful(path):
    entries = catalogue.read(path).values()

    assert [
        entry.message.text for entry in entries if entry.is_fuzzy or not all(entry.translations)
    ] == []


def test_a_translation_keeps_placeholders_and_what_frames_a_text(path):
    wrong = []
    for key, entry in catalogue.read(path).items():
        texts = {entry.message.text, entry.message.plural or entry.message.text}
        allowed = [sorted(PLACEHOLDER.findall(text)) for text in texts]
        for one in entry.translations if key else []:
            frames = {frame_of(text) for text in texts}
            if sorted(PLACEHOLDER.findall(one)) not in allowed or frame_of(one) not in frames:
                wrong.append((entry.message.text, one))

    assert wrong == []


def frame_of(text):
    """Blanks and lines at the ends, and whether more follows."""
    return text[: len(text) - len(text.lstrip())], text[len(text.rstrip()) :], text.endswith("…")


def test_what_is_shipped_is_what_the_catalogue_says(path):
    compiled = catalogue.compiled(catalogue.read(path))

    assert path.with_suffix(".mo").read_bytes() == compiled


def test_a_catalogue_that_is_written_reads_the_same(path, tmp_path):
    entries = catalogue.read(path)
    catalogue.write(tmp_path / "again.po", entries.values())

    assert (tmp_path / "again.po").read_bytes() == path.read_bytes()


def test_gathering_again_keeps_what_is_translated(path, found):
    entries = catalogue.read(path)

    assert messages.updated(entries, found) == entries


def test_a_new_message_waits_for_its_translation_and_one_that_is_gone_leaves(path, found):
    entries = catalogue.read(path)
    (first, _), *others = found.items()
    changed = {**dict(others), catalogue.Message("%d cow", "%d cows"): ["cows.py"]}

    after = messages.updated(entries, changed)

    assert first.key not in after
    assert after["%d cow"].translations == ["", ""]
    assert "%d cow" not in str(catalogue.compiled(after))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{% translate 'To' %}", ("To", "", "")),
        ("{% translate 'To' context 'time' %}", ("To", "", "time")),
        ("{% translate 'To' as x %}", ("To", "", "")),
        ('{{ x|default:_("none") }}', ("none", "", "")),
        ("{% blocktranslate with n=x|length %}of {{ n }}{% endblocktranslate %}",
         ("of %(n)s", "", "")),
        ("{% blocktranslate count n=x %}one{% plural %}{{ n }}{% endblocktranslate %}",
         ("one", "%(n)s", "")),
    ],
)  # fmt: skip
def test_templates_are_read_as_django_reads_them(text, message):
    assert list(messages.in_template(text)) == [catalogue.Message(*message)]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('_("To " "you")', ("To you", "", "")),
        ('gettext_lazy("To")', ("To", "", "")),
        ('ngettext("%d day", "%d days", n)', ("%d day", "%d days", "")),
        ('pgettext("time", "To")', ("To", "", "time")),
        ('class Gone(Conflict):\n    code, message = "gone", "It is gone."', ("It is gone.", "", "")),
        ('class Gone(Conflict):\n    message: ClassVar[str] = "It is gone."',
         ("It is gone.", "", "")),
        ('raise Gone("It is\\n" "gone.", by="us")', ("It is\ngone.", "", "")),
    ],
)  # fmt: skip
def test_modules_are_read_as_python_reads_them(text, message):
    assert list(messages.in_module(text)) == [catalogue.Message(*message)]


def test_plurals_and_singulars_are_found_at_run_time():
    with translation.override("it"):
        assert [
            translation.ngettext("%d day ago", "%d days ago", n) % n for n in (0, 1, 2)
        ] == ["0 giorni fa", "1 giorno fa", "2 giorni fa"]  # fmt: skip
        assert translation.gettext("Session") == "Sessione"


# What a template may say without a mark: names, units and protocols' words.
PLAIN = {
    "eMall CPMS", "OCPI", "OCPP", "EVSE", "UTC", "kW", "kWh", "MWh", "Wh", "A", "V", "W", "s", "ms",
    "min", "h", "kg", "L", "x", "Base64", "CSV", "EUR", "CO₂", "X", "T", "PDF", "XLSX", "SoC",
    "X-Request-ID", "HTTP",
}  # fmt: skip
HIDDEN = re.compile(
    r"{%\s*comment.*?endcomment\s*%}|{#.*?#}|{%\s*blocktranslate.*?endblocktranslate\s*%}|<!--.*?-->|"
    r"<(svg|script|style|code)\b.*?</\1>|{%.*?%}",
    re.DOTALL,
)
SPOKEN_ATTRIBUTE = re.compile(r"\b(?:aria-label|title|placeholder|alt|data-say)=\"([^\"]*)\"")
VARIABLE = re.compile(r"{{.*?}}", re.DOTALL)
TAG = re.compile(r"<[^>]*>", re.DOTALL)


@pytest.mark.parametrize(
    "template",
    [one for one in sorted(ROOT.glob("templates/**/*.*")) if one.parent.name != "api"],
    ids=lambda path: path.relative_to(ROOT / "templates").as_posix(),
)
def test_a_template_says_nothing_without_a_mark(template):
    assert unmarked(template.read_text()) == []


def unmarked(text):
    """Runs of text between tags, and in attributes that are read out, that hold words."""
    shown = VARIABLE.sub("\ue000", HIDDEN.sub("\ue000", text))
    runs = TAG.sub("\ue000", shown).split("\ue000")
    runs += [run for said in SPOKEN_ATTRIBUTE.findall(shown) for run in said.split("\ue000")]
    bare = [re.sub(r"&\w+;", " ", run).strip(" \n()[]·:,.*/+–-%×") for run in runs]
    return [run for run in bare if set(run) & set(ascii_letters) and run not in PLAIN]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (
            '<p title="A {% icon "x" %} word">{% translate "marked" %} bare</p>',
            ["bare", "A", "word"],
        ),
        ('<p class="small">{{ x }} kW{% if x > 1 %}{% endif %}{# no #} · </p>', []),
        ("{% blocktranslate %}marked{% endblocktranslate %}<b>bare</b>", ["bare"]),
    ],
)
def test_words_without_a_mark_are_seen(text, words):
    assert [word for word in unmarked(text) if word != "A"] == [w for w in words if w != "A"]
