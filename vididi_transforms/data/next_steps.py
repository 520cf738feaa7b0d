"""The commands that other commands print as the next step."""
import shlex
from pathlib import Path


def verify_command(ann_file: Path, root: Path, *options: str) -> str:
    """The command that checks the videos of an annotation list.

    Example:
        >>> verify_command(Path("train.txt"), Path("my videos"))
        "vididi verify train.txt --root 'my videos'"
    """
    return shlex.join(("vididi", "verify", str(ann_file), "--root", str(root), *options))


def train_command(config: str, ann_file: Path, root: Path, *options: str) -> str:
    """The command that trains with an installed config on the videos of a list.

    Args:
        config: file name of the config.
        ann_file: annotation list.
        root: folder of the videos.
        options: more options ``key=value`` of the config.
    """
    dataset = "train_dataloader.dataset"
    return shlex.join(("mim", "train", "vididi_transforms", config, "--launcher", "none", "--cfg-options",
                       f"{dataset}.ann_file={ann_file}", f"{dataset}.data_prefix.video={root}", *options))
