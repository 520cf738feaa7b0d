"""Two ranks with half a batch each equal one process with the whole batch.

Loss and gradients are compared. Batch normalisation needs SyncBatchNorm for this, which torch offers for accelerators
only.
"""
import pytest
import torch
import torch.multiprocessing as mp
from torch import nn
from torch.nn.parallel import DistributedDataParallel

import vididi_transforms as vt

OBJECTIVES = {"vicreg": lambda a, b: sum(vt.vicreg_loss(a, b).values()), "info_nce": vt.info_nce_loss}


def views():
    return torch.randn(2, 8, 6, generator=torch.Generator().manual_seed(0), dtype=torch.float64)


def encoder(*normalisation):
    torch.manual_seed(1)
    return nn.Sequential(nn.Linear(6, 5), *normalisation, nn.Tanh(), nn.Linear(5, 4)).double()


def normalised():
    return encoder(nn.BatchNorm1d(5))


def synchronised():
    return nn.SyncBatchNorm.convert_sync_batchnorm(normalised())


def step(model, batch, objective, gather, parts=1):
    """Loss and gradients. The model gets the batch in ``parts``, one after the other."""
    z1, z2 = torch.cat([model(part.flatten(0, 1)).unflatten(0, (2, -1)) for part in batch.chunk(parts, 1)], dim=1)
    loss = OBJECTIVES[objective](vt.gather_batch(z1), vt.gather_batch(z2)) if gather else OBJECTIVES[objective](z1, z2)
    loss.backward()
    return loss.item(), [p.grad.cpu() for p in model.parameters()]


def worker(rank, folder):
    torch.set_num_threads(1)
    torch.distributed.init_process_group("gloo", init_method=f"file://{folder}/store", rank=rank, world_size=2)
    half = views()[:, rank * 4:rank * 4 + 4]
    results = {(name, gather): step(DistributedDataParallel(encoder()), half, name, gather)
               for name in OBJECTIVES for gather in (True, False)}
    results["normalised"] = step(DistributedDataParallel(normalised()), half, "vicreg", True)
    results["synchronised"] = synchronised_step(half)
    torch.save(results, folder / f"{rank}.pt")
    torch.distributed.destroy_process_group()


def synchronised_step(half):
    device = "cuda" if torch.cuda.is_available() else "cpu"
    try:
        return step(DistributedDataParallel(synchronised().to(device)), half.to(device), "vicreg", True)
    except ValueError as error:
        return str(error)


@pytest.fixture(scope="module")
def ranks(tmp_path_factory):
    folder = tmp_path_factory.mktemp("ranks")
    mp.spawn(worker, args=(folder,), nprocs=2)
    return [torch.load(folder / f"{rank}.pt", weights_only=True) for rank in (0, 1)]


def assert_same(result, loss, gradients):
    assert result[0] == pytest.approx(loss, rel=1e-12)
    for ours, one in zip(result[1], gradients, strict=True):
        torch.testing.assert_close(ours, one)


@pytest.mark.slow
@pytest.mark.parametrize("name", OBJECTIVES)
def test_gathered_value_and_gradient_are_those_of_the_global_batch(ranks, name):
    loss, gradients = step(encoder(), views(), name, gather=False)
    for results in ranks:
        assert_same(results[name, True], loss, gradients)


@pytest.mark.slow
@pytest.mark.parametrize("name", OBJECTIVES)
def test_without_gathering_each_rank_compares_its_own_batch(ranks, name):
    halves = [step(encoder(), views()[:, rank * 4:rank * 4 + 4], name, gather=False) for rank in (0, 1)]
    for results, (loss, _) in zip(ranks, halves, strict=True):
        assert results[name, False][0] == pytest.approx(loss, rel=1e-12)
    means = [(a + b) / 2 for a, b in zip(halves[0][1], halves[1][1], strict=True)]
    for ours, mean in zip(ranks[0][name, False][1], means, strict=True):
        torch.testing.assert_close(ours, mean)
    assert ranks[0][name, False][0] != pytest.approx(ranks[0][name, True][0])


@pytest.mark.slow
def test_batch_normalisation_uses_the_statistics_of_each_rank(ranks):
    """As in the recipes on CPUs, with ``sync_bn=None``."""
    for results in ranks:
        assert_same(results["normalised"], *step(normalised(), views(), "vicreg", gather=False, parts=2))
    assert ranks[0]["normalised"][0] != pytest.approx(step(normalised(), views(), "vicreg", gather=False)[0])


@pytest.mark.slow
def test_synchronised_batch_normalisation_uses_the_statistics_of_the_global_batch(ranks):
    for results in ranks:
        if torch.cuda.is_available():
            assert_same(results["synchronised"], *step(normalised(), views(), "vicreg", gather=False))
        else:
            assert results["synchronised"] == "SyncBatchNorm layers only work with GPU modules"
