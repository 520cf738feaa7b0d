"""Silhouette against its formula, best classes, t-SNE, colours, the command."""
import csv
import json
import subprocess
import sys
from xml.etree import ElementTree

import numpy as np
import pytest
from commands import command
from feature_files import save, toy
from PIL import Image

from vididi_transforms.evaluation.clustering import Panel, best_retrieved_classes, compare, draw, silhouette, tsne
from vididi_transforms.evaluation.clustering.figure import COLOURS, MARKERS
from vididi_transforms.evaluation.features import read_features, read_runs
from vididi_transforms.evaluation.neighbours import find_neighbours

main = command("cluster")


def by_formula(features, labels, distance):
    """Mean silhouette by the formula of Rousseeuw 1987, video by video."""
    scores = []
    for x, label in zip(features, labels, strict=True):
        to = {other: [distance(x, y) for y, its in zip(features, labels, strict=True) if its == other]
              for other in set(labels)}
        own = to.pop(label)
        a = sum(own) / (len(own) - 1) if len(own) > 1 else None  # the distance of a video to itself is 0
        b = min(np.mean(distances) for distances in to.values())
        scores.append(0 if a is None else (b - a) / max(a, b))
    return np.mean(scores)


DISTANCES = {
    "euclidean": lambda x, y: np.sqrt(((x - y) ** 2).sum()),
    "cosine": lambda x, y: 1 - x @ y / np.sqrt((x @ x) * (y @ y)) if x is not y else 0.0,
}


@pytest.mark.parametrize("metric", DISTANCES)
def test_silhouette_equals_the_formula(metric):
    rng = np.random.default_rng(0)
    labels = rng.integers(4, size=40)
    labels[0] = 4  # alone in its class
    features = rng.normal(size=(40, 5)) + rng.normal(size=(5, 5))[labels]
    assert silhouette(features, labels, metric) == pytest.approx(by_formula(features, labels, DISTANCES[metric]))


def test_silhouette_of_float32_features_far_from_the_origin():
    features, labels = toy()["features"], toy()["labels"]
    exact = by_formula(features.astype(np.float64), labels, DISTANCES["euclidean"])
    assert silhouette(features, labels) == pytest.approx(exact, abs=1e-6)


def test_best_retrieved_classes_of_the_toy_dataset(tmp_path):
    recalls = find_neighbours(read_features(save(tmp_path / "features.npz", **toy()))).class_recalls()
    assert recalls[1] == (1, 1, 1)
    assert recalls[2][0] == 0
    assert 0.3 < recalls[0][0] <= 1
    assert best_retrieved_classes(recalls)[0] == 1
    assert best_retrieved_classes(recalls)[-1] == 2


@pytest.mark.parametrize(("recalls", "order"), [
    ([{3: (0.5, 0.5, 0.5), 1: (0.6, 0.6, 0.6), 2: (0.4, 1.0, 1.0)}], [1, 3, 2]),
    ([{3: (0.5, 0.5, 0.9), 1: (0.5, 0.5, 0.8), 2: (0.5, 0.6, 0.6)}], [2, 3, 1]),
    ([{3: (0.5, 0.5, 0.5), 1: (0.5, 0.5, 0.5)}], [1, 3]),
    ([{3: (0.0, 0.0, 0.0), 1: (0.3, 0.3, 0.3)}, {3: (0.9, 0.9, 0.9), 1: (0.4, 0.4, 0.4)}], [3, 1]),
    ([{3: (0.0, 0.0, 0.0), 1: (0.4, 0.4, 0.4)}, {3: (0.7, 0.7, 0.7), 1: (0.4, 0.4, 0.4)}], [1, 3]),
])
def test_best_retrieved_classes(recalls, order):
    assert best_retrieved_classes(*recalls) == order


def test_scores_are_of_the_best_classes_of_each_split(tmp_path):
    run = read_features(save(tmp_path / "features.npz", **toy()))
    comparison = compare([run])
    best = comparison.own[run.name]
    assert best == comparison.shared
    for split in ("gallery", "query"):
        assert list(comparison.own_scores[run.name][split]) == [3, 4]
        for count in (3, 4):
            kept = (run.splits == split) & np.isin(run.labels, best[:count])
            expected = by_formula(run.features[kept].astype(float), run.labels[kept], DISTANCES["euclidean"])
            assert comparison.own_scores[run.name][split][count] == pytest.approx(expected, abs=1e-6)


def test_each_run_has_its_own_best_classes_and_all_runs_share_some(tmp_path):
    """In the second run, other classes are separated."""
    swapped = toy(1)
    swapped["labels"] = (swapped["labels"] + 1) % 4
    runs = read_runs([save(tmp_path / name / "features.npz", **content, classes=np.array(list("abcd")))
                      for name, content in (("one", toy(0)), ("two", swapped))])
    comparison = compare(runs)
    recalls = [find_neighbours(run).class_recalls() for run in runs]
    assert comparison.shared == best_retrieved_classes(*recalls)
    for run, recall in zip(runs, recalls, strict=True):
        own = best_retrieved_classes(recall)
        assert comparison.own[run.name] == own != comparison.shared
        for scores, classes in ((comparison.own_scores, own), (comparison.shared_scores, comparison.shared)):
            part = run.part("query", classes[:3])
            assert scores[run.name]["query"][3] == silhouette(part.features, part.labels)


def test_tsne_keeps_neighbourhoods_and_is_repeatable():
    content = toy()
    points = tsne(content["features"][:24])  # run and jump, which are separated
    assert points.shape == (24, 2)
    assert silhouette(points, content["labels"][:24]) > 0.5
    assert np.array_equal(points, tsne(content["features"][:24]))


def lab(rgb):
    """CIELAB colour of a linear RGB colour."""
    xyz = rgb @ np.array([[0.4124, 0.2126, 0.0193], [0.3576, 0.7152, 0.1192], [0.1805, 0.0722, 0.9505]])
    xyz = xyz / (0.9505, 1.0, 1.089)
    f = np.where(xyz > 0.008856, np.cbrt(np.maximum(xyz, 1e-9)), 7.787 * xyz + 16 / 116)
    return np.array([116 * f[1] - 16, 500 * (f[0] - f[1]), 200 * (f[1] - f[2])])


# Matrices for full dichromacy from Machado, Oliveira and Fernandes 2009, for linear RGB.
SIGHT = {
    "trichromat": np.eye(3),
    "protanopia": np.array([[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216],
                            [-0.003882, -0.048116, 1.051998]]),
    "deuteranopia": np.array([[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413],
                              [-0.011820, 0.042940, 0.968881]]),
    "tritanopia": np.array([[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602],
                            [0.004733, 0.691367, 0.303900]]),
}


def least_difference(colours, sight):
    """Smallest distance between two colours in CIELAB.

    About 2 is just noticeable side by side.
    """
    values = np.array([[int(colour[i:i + 2], 16) / 255 for i in (1, 3, 5)] for colour in colours])
    linear = np.where(values > 0.04045, ((values + 0.055) / 1.055) ** 2.4, values / 12.92)
    seen = [lab(np.clip(sight @ rgb, 0, 1)) for rgb in linear]
    return min(np.linalg.norm(x - y) for i, x in enumerate(seen) for y in seen[:i])


@pytest.mark.parametrize("sight", SIGHT)
def test_colours_can_be_told_apart(sight):
    assert least_difference(COLOURS[:5], SIGHT[sight]) > 15
    assert least_difference(COLOURS, SIGHT[sight]) > 5
    assert len(set(MARKERS)) == len(MARKERS) == len(COLOURS) == 10


def test_the_measure_of_colours_finds_similar_ones():
    assert least_difference(("#7f9f00", "#cf7f00"), SIGHT["deuteranopia"]) < 15


def test_a_class_looks_the_same_in_every_panel(tmp_path):
    runs = read_runs([save(tmp_path / name / "features.npz", **toy(seed)) for seed, name in enumerate("ab")])
    parts = [(run.part(split, [2, 0]), split) for split in ("query", "gallery") for run in runs]
    figure = draw([Panel(part, split, part.features, 0.1) for part, split in parts], [2, 0])
    assert [axis.get_title() for axis in figure.axes] == [
        f"{name}, {split}\nsilhouette 0.100" for split in ("query", "gallery") for name in "ab"]
    assert [text.get_text() for text in figure.legends[0].get_texts()] == ["rest", "run"]
    for axis, (part, _) in zip(figure.axes, parts, strict=True):
        for collection, label, colour in zip(axis.collections, (2, 0), COLOURS, strict=False):
            assert np.array_equal(collection.get_offsets(), part.features[part.labels == label])
            assert tuple(np.round(collection.get_facecolor()[0][:3] * 255)) == tuple(
                int(colour[i:i + 2], 16) for i in (1, 3, 5))


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    folder = tmp_path_factory.mktemp("clustering")
    for seed, name in enumerate(("vicreg", "vididi")):
        save(folder / name / "features.npz", **toy(seed))
    result = subprocess.run([sys.executable, "-m", "vididi_transforms", "cluster", "vicreg", "vididi/features.npz",
                             "--out", "out", "--projector", "logs"], cwd=folder, capture_output=True, text=True,
                            check=False)
    assert result.returncode == 0, result.stderr
    return folder, result.stdout


def test_command_prints_the_table(written):
    folder, printed = written
    lines = (folder / "out/clustering.md").read_text().splitlines()
    assert lines == printed.splitlines()[:len(lines)]
    assert lines[0] == "| silhouette (euclidean) | videos | classes | 3 | all 4 |"
    scores = json.loads((folder / "out/clustering.json").read_text())
    assert lines[2] == "| vicreg | test | its own best | " + " | ".join(
        f"{score:.3f}" for score in scores["own_scores"]["vicreg"]["query"].values()) + " |"
    assert len(lines) == 2 + 2 * 2 * 2


def test_command_writes_points_and_pictures(written):
    folder, _ = written
    with (folder / "out/tsne-4.csv").open() as file:
        points = list(csv.DictReader(file))
    assert len(points) == 2 * 4 * (12 + 6)
    assert {(row["run"], row["split"]) for row in points} == {
        (run, split) for run in ("vicreg", "vididi") for split in ("test", "train")}
    assert {(row["label"], row["class"]) for row in points} == {("0", "run"), ("1", "jump"), ("2", "rest"),
                                                                 ("3", "walk")}
    assert all(row["video"].startswith(row["class"]) and float(row["x"]) != float(row["y"]) for row in points)
    with Image.open(folder / "out/tsne-4.png") as picture:
        assert min(picture.size) > 500
    texts = {"".join(text.itertext()) for text in ElementTree.parse(folder / "out/tsne-4.svg").iter(
        "{http://www.w3.org/2000/svg}text")}
    assert {"run", "jump", "rest", "walk", "vididi, train"} <= texts


def test_projector_has_every_video(written):
    folder, _ = written
    for name in ("vicreg", "vididi"):
        vectors = np.loadtxt(folder / f"logs/00000/{name}/tensors.tsv", delimiter="\t")
        assert vectors == pytest.approx(read_features(folder / name).features)
        rows = (folder / f"logs/00000/{name}/metadata.tsv").read_text().splitlines()
        assert rows[:2] == ["class\tsplit\tvideo", "run\ttrain\trun/0.avi"]
        assert len(rows) == 1 + len(vectors)
    assert (folder / "logs/projector_config.pbtxt").read_text().count("embeddings {") == 2


@pytest.mark.parametrize(("arguments", "message"), [
    (["no"], "no feature file at no: add DumpFeatures to test_evaluator and run mim test"),
    (["--metric", "dot"], "argument --metric: invalid choice: 'dot'"),
])
def test_errors_of_the_command(arguments, message, capsys):
    with pytest.raises(SystemExit) as end:
        main([*arguments, "x"] if arguments[0].startswith("-") else arguments)
    assert end.value.code == 2
    assert message in capsys.readouterr().err


def test_command_names_the_extra_to_install(tmp_path, monkeypatch, capsys):
    monkeypatch.setitem(sys.modules, "sklearn.metrics", None)
    with pytest.raises(SystemExit):
        main([str(save(tmp_path / "features.npz", **toy())), "--out", str(tmp_path)])
    assert "pip install 'vididi-transforms[analysis]'" in capsys.readouterr().err
