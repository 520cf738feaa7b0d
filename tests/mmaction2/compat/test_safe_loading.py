"""Plain values of a checkpoint with which mmengine would run code or delete files are dropped."""
import logging

import pytest
import torch
from small_run import small_run

from vididi_transforms.mmaction2.compat import safe_loading
from vididi_transforms.mmaction2.compat.safe_loading import plain_checkpoint


@pytest.fixture
def logged(monkeypatch):
    lines = []
    monkeypatch.setattr(safe_loading, "print_log", lambda text, logger, level: lines.append((level, text)))
    return lines


@pytest.fixture
def change(tmp_path):
    """Train one epoch and change values in the checkpoint; returns its path."""
    def changed(**values):
        small_run(tmp_path / "work").train()
        path = tmp_path / "work/epoch_1.pth"
        checkpoint = torch.load(path, weights_only=True)
        for part, content in values.items():
            (checkpoint["meta"] if part == "meta" else checkpoint["message_hub"][part]).update(content)
        torch.save(checkpoint, path)
        return path
    return changed


def resumed(path, epochs=2, **hook):
    run = small_run(path.parent, epochs, hook, load_from=str(path), resume=True)
    run.train()
    return run


def test_a_text_in_a_checkpoint_is_not_run(change, tmp_path, logged):
    """A resume in mmengine runs meta['config'] as Python."""
    path = change(meta=dict(config=f"x = open({str(tmp_path / 'marker')!r}, 'w').close()"))
    assert resumed(path).iter == 4
    assert not (tmp_path / "marker").exists()
    assert logged == [
        (logging.WARNING, f"dropped 'config' from the checkpoint {path}: a resume would run it as Python")]


@pytest.mark.parametrize("name", ["folder", "file", "best_file"])
def test_a_checkpoint_names_no_files_to_delete(change, tmp_path, logged, name):
    """A resumed run deletes the best checkpoint so far, a file or a folder, once it has a better one."""
    victim = tmp_path / "precious" / name
    victim.parent.mkdir()
    victim.mkdir() if name == "folder" else victim.write_text("precious")
    path = change(runtime_info=dict(best_ckpt=str(victim), best_score=-1e9))
    resumed(path)
    assert victim.exists()
    assert logged == [(logging.WARNING, f"dropped 'best_ckpt' from the checkpoint {path}: a resumed run would delete "
                       f"{str(victim)!r}")]


def test_other_files_next_to_the_checkpoint_are_safe_too(change, logged):
    path = change()
    path.with_name("notes.txt").write_text("precious")
    info = dict(best_ckpt=str(path.with_name("notes.txt")), best_ckpt_loss=None)
    plain_checkpoint(dict(message_hub=dict(runtime_info=info)), str(path))
    assert info == {}
    assert len(logged) == 2


def test_the_best_checkpoint_of_an_honest_run_is_replaced(change, logged):
    path = change()
    assert path.with_name("best_accuracy_epoch_1.pth").exists()
    resumed(path, epochs=3)
    assert [file.name for file in path.parent.glob("best_*")] == ["best_accuracy_epoch_3.pth"]
    assert logged == []


@pytest.mark.parametrize(("ids", "kept"), [(["../../precious"], []), ({"a": 1}, []), ([1], [1])])
def test_numbers_of_files_to_delete_are_numbers(change, logged, ids, kept):
    path = change(runtime_info=dict(keep_ckpt_ids=ids))
    run = resumed(path, max_keep_ckpts=2)
    assert run.message_hub.get_info("keep_ckpt_ids") == [*kept, 2]
    assert len(logged) == (not kept)


@pytest.mark.parametrize("checkpoint", [{}, [], None, dict(meta=None, message_hub=[]), dict(message_hub=dict(a=1)),
                                        dict(meta=dict(epoch=1), message_hub=dict(runtime_info=dict(epoch=1)))])
def test_other_checkpoints_stay_as_they_are(checkpoint, logged):
    before = repr(checkpoint)
    assert plain_checkpoint(checkpoint, "x.pth") is checkpoint
    assert (repr(checkpoint), logged) == (before, [])


@pytest.mark.parametrize(("value", "version", "text"), [
    ("1", "2.15.0", "TORCH_FORCE_NO_WEIGHTS_ONLY_LOAD is set"),
    ("yes", "2.10.0", "TORCH_FORCE_NO_WEIGHTS_ONLY_LOAD is set"),
    ("0", "2.9.1+cpu", "the safe loader of torch 2.9.1+cpu is vulnerable"),
    ("0", "2.10.0", None)])
def test_insecure_settings_of_torch_are_logged(monkeypatch, logged, value, version, text):
    monkeypatch.setenv("TORCH_FORCE_NO_WEIGHTS_ONLY_LOAD", value)
    monkeypatch.setattr(torch, "__version__", version)
    safe_loading._warn()
    assert [line.startswith(str(text)) for _, line in logged] == [True] * (text is not None)
