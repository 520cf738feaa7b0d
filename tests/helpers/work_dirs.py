"""Work dirs like those of MMAction2, and a reader of HTML and Markdown tables."""
import json
from collections import ChainMap
from html.parser import HTMLParser

PIXEL = bytes.fromhex("89504e470d0a1a0a0000000d4948445200000001000000010802000000907753de0000000c49444154789c63f8"
                      "cfc00000030101009c3b0b8a0000000049454e44ae426082")


def write_json(path, content):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(content))


def write_training(work_dir, start, steps, time="20260101_000000", orders=True):
    """A log with two steps per epoch; the loss of step n is 1/n."""
    path = work_dir / time / "vis_data/scalars.json"
    path.parent.mkdir(parents=True)
    lines = [dict(loss=1 / step, loss_variance=2 / step, epoch=(step + 1) // 2, step=step)
             | (dict(vididi_phase=0, vididi_order1=step % 3, vididi_order2=1) if orders else {})
             for step in range(start, start + steps)]
    path.write_text("".join(f"{json.dumps(line)}\n" for line in lines))


def retrieval_result(top1, prefix="retrieval", topk=(1, 5, 10)):
    """What VideoRetrievalMetric reports; the recall at k is ``top1 + k / 100``."""
    return ({f"{prefix}/top{k}": top1 + k / 100 for k in topk}
            | {f"{prefix}/gallery": 48.0, f"{prefix}/queries": 24.0})


def write_test(work_dir, *results, time="20260102_000000"):
    write_json(work_dir / time / f"{time}.json", {"time": 0.1, "data_time": 0.01} | dict(ChainMap(*results)))


class Page(HTMLParser):
    """Tags and texts of a page, and the tags that are not closed."""

    def __init__(self, html):
        super().__init__()
        self.tags, self.open, self.texts = [], [], []
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))
        if tag not in ("meta", "img"):
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.texts.append(data.strip())

    def of(self, tag):
        return [attrs for name, attrs in self.tags if name == tag]


def rows(markdown):
    """The rows of the first table by their first cells.

    Each row is a dict by the names of the columns.
    """
    table = markdown[markdown.index("| run |"):].split("\n\n")[0]
    header, _, *lines = ([cell.strip() for cell in line.split("|")[1:-1]] for line in table.splitlines()
                         if line.startswith("|"))
    return {cells[0]: dict(zip(header, cells, strict=True)) for cells in lines}
