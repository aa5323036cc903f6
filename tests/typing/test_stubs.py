import runpy
from pathlib import Path


def test_the_type_stubs_are_what_the_catalogue_gives():
    stubs = runpy.run_path(str(Path(__file__).with_name("build_stubs.py")))["stubs"]

    stale = [str(path) for path, text in stubs().items() if not path.exists() or path.read_text() != text]

    assert stale == [], "run python tests/typing/build_stubs.py"
