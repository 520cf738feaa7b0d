"""``vididi features``: what it runs, and the step that it names next."""
import subprocess

import pytest
from commands import exit_code


@pytest.mark.parametrize(("code", "written", "printed"), [
    (0, True, "Next: vididi retrieval-page {0}, vididi cluster {0}\n"),
    (0, False, "No features.npz in {0}: add DumpFeatures to test_evaluator\nNext: vididi report {0}\n"),
    (3, True, ""),
])
def test_the_next_step_depends_on_the_features(code, written, printed, tmp_path, monkeypatch, capsys):
    def mim(command, check):
        if written:
            (tmp_path / "features.npz").touch()
        return subprocess.CompletedProcess(command, code)

    monkeypatch.setattr(subprocess, "run", mim)
    assert exit_code("features", "config.py", "checkpoint.pth", "--work-dir", tmp_path, "--gpus", "0") == code
    command, _, rest = capsys.readouterr().out.partition("\n")
    assert command == ("mim test mmaction2 config.py --checkpoint checkpoint.pth --work-dir "
                       f"{tmp_path} --launcher none --gpus 0")
    assert rest == printed.format(tmp_path)
