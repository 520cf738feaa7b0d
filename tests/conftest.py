"""Triton's interpreter where there is no GPU, a time limit for every test, and a tiny dataset of encoded videos."""
import gc
import os

import pytest
import torch
from waiting import limit

if not torch.cuda.is_available():
    os.environ.setdefault("TRITON_INTERPRET", "1")  # Triton reads it when it is imported

os.register_at_fork(after_in_child=gc.freeze)  # a child that freed a test's decoders would wait for their threads


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item):
    with limit(1800, item.nodeid):
        return (yield)


@pytest.fixture(scope="session")
def motion(tmp_path_factory):
    """Folder with 16 training and 8 test videos."""
    from vididi_transforms.data.motion_videos import write_dataset

    folder = tmp_path_factory.mktemp("motion")
    write_dataset(folder, train=16, test=8, size=32, frames=26)
    return folder
