"""Export the encoder of a training checkpoint.

    vididi weights work_dirs/RUN/epoch_400.pth encoder.pth --layout torchvision

Writes its tensors, under the names that another program expects, and a few facts about the training. No code in the
checkpoint is run.
"""
import argparse


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Options of ``vididi weights``."""
    parser.add_argument("checkpoint", metavar="CHECKPOINT", help="checkpoint that mmengine wrote in training")
    parser.add_argument("out", metavar="OUT", help="file to write: .safetensors, or any other name for torch.load")
    parser.add_argument("--layout", default="mmaction2", choices=("mmaction2", "torchvision", "plain"),
                        help="names of the tensors: mmaction2 (backbone.*, for load_from), torchvision, or plain (the "
                        "encoder's own); default: %(default)s")


def run(args: argparse.Namespace) -> None:
    """Export the encoder and print how to load it."""
    from ..mmaction2.models.weights import run

    run(args)
