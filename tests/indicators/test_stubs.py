from quantperf.indicators.stubs import stubs


def test_the_type_stubs_are_what_the_catalogue_gives():
    stale = [str(path) for path, text in stubs().items() if not path.exists() or path.read_text() != text]

    assert stale == [], "run python -m quantperf.indicators.stubs"
