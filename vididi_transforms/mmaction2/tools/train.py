"""``mim train vididi_transforms CONFIG.py`` runs this: MMAction2's tools/train.py."""
from vididi_transforms.mmaction2.tools.stock import run_stock_tool

if __name__ == "__main__":
    run_stock_tool("train.py")
