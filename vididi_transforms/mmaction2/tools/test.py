"""``mim test vididi_transforms CONFIG.py`` runs this: MMAction2's tools/test.py."""
from vididi_transforms.mmaction2.tools.stock import run_stock_tool

if __name__ == "__main__":
    run_stock_tool("test.py")
