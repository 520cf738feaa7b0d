"""Triton's interpreter where there is no GPU, and a tiny dataset of real encoded videos."""
import os

import pytest
import torch

if not torch.cuda.is_available():
    os.environ.setdefault("TRITON_INTERPRET", "1")  # Triton reads it when it is imported


@pytest.fixture(scope="session")
def motion(tmp_path_factory):
    """Folder with 16 training and 8 test videos."""
    from vididi_transforms.data.motion_videos import write_dataset

    folder = tmp_path_factory.mktemp("motion")
    write_dataset(folder, train=16, test=8, size=32, frames=26)
    return folder
