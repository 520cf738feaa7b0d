"""Arrays and histories of honest files load unchanged; dangerous ones are refused."""
import io
import pickle
from collections import OrderedDict

import numpy as np
import pytest
import torch
from evil_files import EVIL, Call, attribute, evil, history
from mmaction.registry import DATASETS
from mmengine.logging import HistoryBuffer

from vididi_transforms.mmaction2.compat.safe_unpickling import PlainDtype
from vididi_transforms.mmaction2.datasets.ava import ArrayUnpickler, read_proposals

VALUES = [np.array([]), np.zeros((0, 3)), np.array(3.0), np.arange(6).reshape(2, 3), np.array([True, False]),
          np.asfortranarray(np.arange(6.0).reshape(2, 3)), np.array([1, 2], ">f4"), np.array([1 + 2j], np.complex64),
          np.array(["a", "bcd"]), np.array([b"x"]), np.float64(0.5), np.float16(2), np.bool_(True), np.int8(-3),
          np.str_(""), np.str_("ab"), np.longdouble(1) / 3]
SCALAR, RECONSTRUCT = (value.__reduce__()[0] for value in (np.float64(0), np.array(0)))


def through_torch(content):
    file = io.BytesIO()
    torch.save(content, file)
    file.seek(0)
    return torch.load(file, weights_only=True)


def through_pickle(content, protocol=4):
    return ArrayUnpickler(io.BytesIO(pickle.dumps(content, protocol))).load()


READERS = [through_torch, *(lambda content, protocol=protocol: through_pickle(content, protocol)
                            for protocol in range(2, pickle.HIGHEST_PROTOCOL + 1))]


@pytest.mark.parametrize("read", READERS)
@pytest.mark.parametrize("value", VALUES, ids=repr)
def test_values_load_unchanged(value, read):
    loaded = read(read([value]))[0]  # what was loaded can be saved and loaded again
    assert isinstance(loaded, np.ndarray) == isinstance(value, np.ndarray)
    assert np.asarray(loaded).dtype.newbyteorder("=") == np.asarray(value).dtype.newbyteorder("=")
    np.testing.assert_array_equal(loaded, value)
    assert np.shape(loaded) == np.shape(value)


def test_loaded_arrays_are_pickled_as_arrays():
    loaded = through_torch([np.arange(3.0)])[0]
    assert pickle.dumps(loaded) == pickle.dumps(np.arange(3.0))


def test_histories_load_unchanged():
    buffer = HistoryBuffer([1.0, 3.0], [1, 1], max_length=3)
    loaded = through_torch(through_torch(dict(loss=buffer)))["loss"]
    assert type(loaded) is HistoryBuffer
    assert type(loaded.data[0]) is np.ndarray
    loaded.update(5.0)
    loaded.update(7.0)
    assert loaded.data[0].tolist() == [3, 5, 7]
    assert (loaded.mean(), loaded.statistics("max", 2), loaded.current()) == (5, 7, 7)


class Build:
    """Pickled as a call, and a state that is set on its result."""

    def __init__(self, state, function, *arguments):
        self.reduced = function, arguments, state

    def __reduce__(self):
        return self.reduced


def float_dtype(names, fields, size=8, flags=0):
    """A float dtype with fields that are objects or lie outside of the array."""
    return Build((3, "<", None, names, fields, size, 1, flags), np.dtype, "f8", False, True)


def array(dtype, content=b"\x00" * 8, shape=(1,)):
    return Build((1, shape, dtype, False, content), RECONSTRUCT, np.ndarray, (0,), b"b")


FLOAT = np.dtype("f8")
MEMORY = {
    "pointers as objects": (Call(np.ndarray, (1,), "O", bytes(8)), "arrays must come from NumPy's _reconstruct"),
    "memory of other objects": (Call(np.ndarray, (1,), "f8", bytes(8)), "arrays must come from NumPy's _reconstruct"),
    "objects": (np.array([None]), "arrays must hold numbers, booleans or text: got 'O8'"),
    "records": (np.zeros(1, "i4,f4"), "arrays must hold numbers, booleans or text: got 'V8'"),
    "fields of objects": (array(float_dtype(("a",), {"a": (FLOAT, 0)}, flags=1)), "neither fields nor sub-arrays"),
    "fields outside": (array(float_dtype(("a",), {"a": (FLOAT, 4096)})), "neither fields nor sub-arrays"),
    "no dtype": (array("f8"), "arrays must hold numbers, booleans or text: got 'f8'"),
    "too few bytes": (array(FLOAT, b"1234"), r"shape \(1,\) and dtype float64 needs 8 bytes: got b'1234'"),
    "numbers for bytes": (array(FLOAT, [1.0]), r"shape \(1,\) and dtype float64 needs 8 bytes"),
    "negative lengths": (array(FLOAT, b"\x00" * 64, (-1, -8)), r"a shape must have lengths >= 0: got \(-1, -8\)"),
    "scalar of objects": (Call(SCALAR, np.dtype("O"), None), "arrays must hold numbers, booleans or text: got 'O8'"),
    "scalar of few bytes": (Call(SCALAR, FLOAT, b"1234"), r"shape \(\) and dtype float64 needs 8 bytes"),
}


@pytest.mark.parametrize("read", [through_torch, through_pickle])
@pytest.mark.parametrize("name", MEMORY)
def test_memory_is_out_of_reach(name, read):
    content, text = MEMORY[name]
    with pytest.raises(pickle.UnpicklingError, match=text):
        read([content])


def test_an_array_is_filled_once():
    """A second filling would free memory that a tensor still uses."""
    loaded = through_torch([np.zeros(1)])[0]
    with pytest.raises(pickle.UnpicklingError, match="an array must be filled once"):
        loaded.__setstate__((1, (2,), PlainDtype("f8"), False, bytes(16)))


def test_only_arrays_are_reconstructed():
    with pytest.raises(pickle.UnpicklingError, match=r"NumPy's _reconstruct must make an array: got .*torch\.Tensor"):
        through_torch([Call(RECONSTRUCT, torch.Tensor, (0,), b"b")])


def array_elsewhere():
    """A dict that NumPy would convert to an array of any memory."""
    content = OrderedDict()
    content.__array_interface__ = dict(data=(4096, False), shape=(1,), typestr="|O8", version=3)
    return content


@pytest.mark.parametrize("content", [
    history(array_elsewhere()), history([1.0]), history(np.array([None])), Call(HistoryBuffer, array_elsewhere(), [1]),
    Build("text", HistoryBuffer), Build(dict(max_length=3), HistoryBuffer)], ids=range(6))
def test_histories_hold_arrays(content):
    with pytest.raises(pickle.UnpicklingError, match=r"a HistoryBuffer must have two arrays|arrays must hold numbers"):
        through_torch([content])


def test_statistics_are_those_of_this_process():
    """A checkpoint cannot add functions to the class or attributes to the buffer."""
    known = dict(HistoryBuffer._statistics_methods)
    state = dict(history(np.array([1.0])).__dict__, statistics_methods=dict(mean=set, evil=set), mean=set)
    loaded = through_torch([Build(state, HistoryBuffer)])[0]
    assert HistoryBuffer._statistics_methods == known
    assert (loaded.mean(), loaded.statistics("mean")) == (1, 1)


@pytest.mark.parametrize("name", ["__init__", "update", "__globals__", "statistics", "__class__"])
def test_getattr_is_for_names_of_statistics(name):
    assert through_torch([attribute(HistoryBuffer, "mean")]) == ["mean"]
    for owner in (HistoryBuffer, np.ndarray):
        with pytest.raises(pickle.UnpicklingError, match="getattr must name a statistic of HistoryBuffer: got"):
            through_torch([attribute(owner, name)])


@pytest.mark.parametrize("name", EVIL)
def test_proposals_run_no_code(name, tmp_path):
    (tmp_path / "proposals.pkl").write_bytes(pickle.dumps({"video,0902": evil(name, tmp_path)}))
    with pytest.raises(ValueError, match=r"no code of their file is run: .*proposals.pkl was refused, "):
        read_proposals(str(tmp_path / "proposals.pkl"))
    assert not (tmp_path / "marker").exists()


@pytest.mark.parametrize("protocol", range(2, pickle.HIGHEST_PROTOCOL + 1))
def test_proposals_are_read(protocol, tmp_path):
    (tmp_path / "proposals.pkl").write_bytes(pickle.dumps({"a,0902": np.full((2, 5), 0.5)}, protocol))
    (tmp_path / "list.pkl").write_bytes(pickle.dumps([1], protocol))
    (tmp_path / "ava.csv").write_text("a,0902,0.1,0.1,0.5,0.5,1,0\n")
    dataset = DATASETS.build(dict(type="SafeAVADataset", ann_file=str(tmp_path / "ava.csv"), pipeline=[],
                                  proposal_file=str(tmp_path / "proposals.pkl"), data_prefix=dict(img="")))
    assert type(dataset.proposals["a,0902"]) is np.ndarray
    assert dataset[0]["proposals"].tolist() == [[0.5] * 4] * 2
    with pytest.raises(ValueError, match=r"proposals must be a dict of arrays: .*list\.pkl contains list"):
        read_proposals(str(tmp_path / "list.pkl"))
