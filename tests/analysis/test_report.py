"""The report of work dirs that are written by hand.

test_analysis_runs.py has real ones.
"""
import json

import pytest
from commands import command
from feature_files import save, toy
from work_dirs import PIXEL, Page, retrieval_result, rows, write_json, write_test, write_training

from vididi_transforms.analysis.report import read_run, write_report
from vididi_transforms.analysis.report.figures import curves, orders, recall_curves
from vididi_transforms.analysis.report.overview import overview_rows
from vididi_transforms.evaluation.clustering import Comparison
from vididi_transforms.evaluation.neighbours import chance_recalls

main = command("report")


@pytest.fixture
def runs(tmp_path):
    """A run with everything, and runs that lack parts."""
    whole, plain, log, file = (tmp_path / name for name in ("<whole>", "plain", "log", "file"))
    write_training(whole, 1, 6)
    write_test(whole, retrieval_result(0.5))
    save(whole / "features.npz", **toy(0))
    write_json(whole / "saliency.json", {"attention_on_motion": {"mean": 0.256, "chance": 0.0519,
                                                                "mask_at_map_resolution": 0.114, "videos": 24}})
    (whole / "saliency.png").write_bytes(PIXEL)
    write_training(plain, 1, 4, orders=False)
    write_test(plain, retrieval_result(0.25, "retrieval-centred"))
    save(plain / "features.npz", **toy(1))
    write_training(log, 1, 2)
    save(file / "features.npz", **toy(0, gallery=1, query=1))
    return [whole, plain, log, file]


def test_table_of_all_runs(runs, tmp_path):
    table = rows(write_report(runs, tmp_path / "report.html"))
    assert list(table) == ["<whole>", "plain", "log", "file"]
    whole, plain, log, file = (table[run.name] for run in runs)
    assert (whole["R@1"], whole["R@5"], whole["R@10"]) == ("51.0 %", "55.0 %", "60.0 %")
    assert (whole["attention on motion"], whole["steps"], whole["last loss"]) == ("25.6 %", "6", "0.1667")
    assert float(whole["of all"]) == pytest.approx(0.3, abs=0.3)
    assert (plain["R@1"], plain["attention on motion"], plain["last loss"]) == ("26.0 %", "-", "0.25")
    assert (log["R@1"], log["of all"], log["steps"]) == ("-", "-", "2")
    assert (file["R@1"], file["of all"], file["last loss"]) == ("-", "-", "-")


def test_overview_has_the_scores_of_the_test_videos(runs):
    scores = {split: {3: sign * 0.3, 5: sign * 0.5, 8: sign * 0.8} for split, sign in (("query", 1), ("gallery", -1))}
    one = Comparison({"log": []}, {"log": scores}, [], {}, "euclidean")
    for run, cells in ((runs[2], ("0.500", "0.800")), (runs[1], ("-", "-"))):
        row, = overview_rows(read_run(run), [(one, [])], [1, 5, 10])
        assert row[4:6] == cells


def test_page_has_all_parts_and_says_what_runs_lack(runs, tmp_path):
    write_report(runs, tmp_path / "report.html")
    page = Page((tmp_path / "report.html").read_text())
    for text in ("log has no retrieval result: mim test with its --work-dir writes it.",
                 "log has no features.npz: mim test with DumpFeatures in test_evaluator writes it.",
                 "Not computed for file: a silhouette needs at least two classes, and one of them with two videos: got "
                 "3 classes of 3 videos",
                 "plain has no saliency.json: vididi saliency with --out set to its work dir writes it.",
                 "file has no training log.",
                 "plain was trained without ViDiDiHook: frames only."):
        assert text in page.texts
    assert not any(text.startswith("<whole> has no") for text in page.texts)
    assert {"retrieval-centred", "5.2 %", "11.4 %"} <= set(page.texts)
    assert page.texts.count("25.0 %") == 2  # by chance, of four classes
    pictures = page.of("img")
    assert len(pictures) == 4  # t-SNE, attention, losses, orders
    assert all(picture["src"].startswith("data:image/png;base64,") for picture in pictures)


def test_page_is_accessible_and_loads_nothing(runs, tmp_path):
    write_report(runs, tmp_path / "report.html")
    html = (tmp_path / "report.html").read_text()
    page = Page(html)
    assert page.open == []
    assert page.of("html") == [dict(lang="en")]
    assert [tag for tag, _ in page.tags if tag in ("h1", "h2", "h3")] == ["h1", *["h2"] * 6]
    assert all(len(picture["alt"]) > 20 for picture in page.of("img"))
    assert len(page.of("caption")) == len(page.of("table")) == 5
    assert all(cell["scope"] in ("row", "col") for cell in page.of("th"))
    assert not {"script", "link", "iframe"} & {tag for tag, _ in page.tags}
    assert "http" not in html.replace("http-equiv", "")
    assert "<whole>" not in html


def test_figures_show_the_logged_values(runs):
    whole, plain = map(read_run, runs[:2])
    figure = curves([whole, plain])
    assert [axis.get_title() for axis in figure.axes] == ["loss", "loss_variance"]
    lines = {line.get_label(): line.get_xydata().tolist() for line in figure.axes[0].lines}
    assert lines == {"<whole>": [[n, 1 / n] for n in range(1, 7)], "plain": [[n, 1 / n] for n in range(1, 5)]}
    first, second = orders([whole]).axes[0].lines
    assert first.get_xdata().tolist() == [n / 2 for n in range(1, 7)]  # epochs
    assert first.get_ydata().round().tolist() == [n % 3 for n in range(1, 7)]
    assert second.get_ydata().round().tolist() == [1] * 6


@pytest.mark.parametrize(("order", "ticks"), [(1, [0, 1, 2]), (3, [0, 1, 2, 3]), (5, [0, 1, 2, 3, 4, 5])])
def test_every_order_is_on_the_axis(tmp_path, order, ticks):
    """``Schedule(((2, 2),), p_extra=0.5)`` reaches order 3."""
    write_training(tmp_path / "run", 1, 2)
    path, = (tmp_path / "run").glob("*/vis_data/scalars.json")
    path.write_text(path.read_text().replace('"vididi_order2": 1', f'"vididi_order2": {order}'))
    axis, = orders([read_run(tmp_path / "run")]).axes
    assert axis.get_yticks().tolist() == ticks
    assert axis.get_ylim()[1] > ticks[-1]


def validated(work_dir, *recalls, every=8):
    """A log with validations after some epochs."""
    write_training(work_dir, 1, 4)
    with next(work_dir.glob("*/vis_data/scalars.json")).open("a") as file:
        file.writelines(f"{json.dumps({'retrieval/top1': recall, 'step': every * (number + 1)})}\n"
                        for number, recall in enumerate(recalls))
    return work_dir


def test_recalls_during_training_are_curves(tmp_path):
    first, second = validated(tmp_path / "first", 0.1, 0.3, 0.8), validated(tmp_path / "second", 0.1, 0.125)
    write_training(tmp_path / "third", 1, 2)
    save(second / "features.npz", **toy(0))
    runs = [read_run(folder) for folder in (first, second, tmp_path / "third")]
    axis, = recall_curves(runs).axes
    *lines, chance = axis.lines
    assert [line.get_xydata().tolist() for line in lines] == [[[8, 10], [16, 30], [24, 80]], [[8, 10], [16, 12.5]]]
    assert [text.get_text() for text in axis.texts] == ["first\n80.0 %", "second\n12.5 %", "chance"]
    assert chance.get_ydata() == [pytest.approx(100 * chance_recalls(runs[1].features)[0])] * 2
    assert axis.get_xlabel() == "epoch"
    write_report([first, second], tmp_path / "report.html")
    assert "at the end: first 80.0 %, second 12.5 %" in (tmp_path / "report.html").read_text()


def test_one_validation_is_no_curve(tmp_path):
    write_report([validated(tmp_path / "run", 0.5)], tmp_path / "report.html")
    assert "during training" not in (tmp_path / "report.html").read_text()


def test_a_resumed_run_is_one_run(tmp_path):
    write_training(tmp_path / "run", 1, 4)
    write_training(tmp_path / "run", 3, 4, time="20260103_000000")
    with next((tmp_path / "run").glob("20260103*/vis_data/scalars.json")).open("a") as file:
        file.write('{"loss": 0.1, "st')  # the run was killed while writing
    assert [line["step"] for line in read_run(tmp_path / "run").training] == [1, 2, 3, 4, 5, 6]


def test_the_last_test_counts_or_else_the_last_validation(tmp_path):
    path = tmp_path / "run/20260101_000000/vis_data/scalars.json"
    path.parent.mkdir(parents=True)
    path.write_text("".join(json.dumps(retrieval_result(value, topk=(1,)) | {"acc/top1": value, "step": 1}) + "\n"
                            for value in (0.1, 0.2)))
    run = read_run(tmp_path / "run")
    assert (run.retrieval["retrieval"].recalls, run.metrics, run.training) == (
        {1: pytest.approx(0.21)}, {"acc/top1": 0.2}, [])
    for time, value in (("20260103_000000", 0.4), ("20260102_000000", 0.3)):
        write_test(tmp_path / "run", retrieval_result(value), {"acc/top1": value}, time=time)
    run = read_run(tmp_path / "run")
    assert run.retrieval["retrieval"].recalls[1] == pytest.approx(0.41)
    assert run.metrics == {"acc/top1": 0.4}


def test_recalls_are_below_their_own_k(tmp_path):
    """The columns are the union of all ``topk``."""
    for name, topk in (("usual", (1, 5, 10)), ("other", (20, 1, 10))):
        write_test(tmp_path / name, retrieval_result(0.5, topk=topk))
    table = rows(write_report([tmp_path / "usual", tmp_path / "other"], tmp_path / "report.html"))
    columns = ("R@1", "R@5", "R@10", "R@20")
    assert [name for name in table["usual"] if name.startswith("R@")] == list(columns)
    assert [table["usual"][name] for name in columns] == ["51.0 %", "55.0 %", "60.0 %", "-"]
    assert [table["other"][name] for name in columns] == ["51.0 %", "-", "60.0 %", "70.0 %"]
    texts = [text for text in Page((tmp_path / "report.html").read_text()).texts if text]
    start = texts.index("Share of queries with a video of their class among the k nearest gallery videos")
    assert texts[start + 1:start + 9] == ["run", "protocol", *columns, "gallery", "queries"]
    assert texts[start + 19:start + 27] == ["other", "retrieval", "51.0 %", "-", "60.0 %", "70.0 %", "48", "24"]


def test_each_protocol_has_its_own_row(tmp_path):
    write_test(tmp_path / "run", retrieval_result(0.5), retrieval_result(0.25, "retrieval-centred"))
    table = rows(write_report([tmp_path / "run"], tmp_path / "report.html"))
    assert {name: row["R@1"] for name, row in table.items()} == {
        "run (retrieval)": "51.0 %", "run (retrieval-centred)": "26.0 %"}
    texts = [text for text in Page((tmp_path / "report.html").read_text()).texts if text]
    for protocol, recall in (("retrieval", "51.0 %"), ("retrieval-centred", "26.0 %")):
        assert texts[texts.index(protocol) - 1:texts.index(protocol) + 2] == ["run", protocol, recall]


def test_a_protocol_may_have_any_prefix(tmp_path):
    write_test(tmp_path / "run", retrieval_result(0.5, "mine/of ucf101"))
    assert rows(write_report([tmp_path / "run"], tmp_path / "report.html"))["run"]["R@1"] == "51.0 %"
    html = (tmp_path / "report.html").read_text()
    assert "<td>mine/of ucf101</td>" in html
    assert "has no retrieval result" not in html


def test_other_metrics_appear_by_their_keys(tmp_path):
    """Accuracy, mAP, a user's own metric; times, steps and lists are left out."""
    write_test(tmp_path / "fine-tuned", {"acc/top1": 0.625, "acc/top5": 0.75, "confusion": [[1, 0], [0, 1]]})
    write_test(tmp_path / "detector", {"mAP/overall": 0.21375, "speed": 12, "features/videos": 8.0})
    write_test(tmp_path / "retrieval", retrieval_result(0.5))
    text = write_report([tmp_path / name for name in ("fine-tuned", "detector", "retrieval")], tmp_path / "report.html")
    assert text.split("\n\n")[1].splitlines() == [
        "| run | acc/top1 | acc/top5 | mAP/overall | speed |", "|---|---|---|---|---|",
        "| fine-tuned | 0.625 | 0.75 | - | - |", "| detector | - | - | 0.2137 | 12 |"]
    texts = Page((tmp_path / "report.html").read_text()).texts
    assert texts.count("Other metrics") == 2  # in the contents, and as a heading
    assert {"mAP/overall", "0.2137"} <= set(texts)
    assert "fine-tuned has no retrieval result: mim test with its --work-dir writes it." in texts


def test_without_scikit_learn_the_other_parts_are_shown(runs, tmp_path, monkeypatch):
    monkeypatch.setattr("vididi_transforms.analysis.report.clusters.find_spec", lambda name: None)
    table = rows(write_report(runs[:2], tmp_path / "report.html"))
    assert (table["<whole>"]["R@1"], table["<whole>"]["of all"]) == ("51.0 %", "-")
    assert "vididi-transforms[analysis]" in (tmp_path / "report.html").read_text()


def test_command(runs, tmp_path, capsys):
    main([str(runs[2]), "--out", str(tmp_path / "pages/one.html")])
    assert (tmp_path / "pages/one.html").exists()
    assert capsys.readouterr().out.startswith("| run | R@1 |")
    for arguments, message in (([runs[2], runs[2]], "work dirs need different names: got log more than once"),
                               ([tmp_path], "a work dir needs logs of mim train or mim test"),
                               (["no"], "a work dir must be a folder: no is not one")):
        with pytest.raises(SystemExit):
            main(list(map(str, arguments)))
        assert message in capsys.readouterr().err
