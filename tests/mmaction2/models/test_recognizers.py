"""Two forward passes, losses of the heads, the momentum encoder, features for retrieval, and LARS."""
import numpy as np
import pytest
import reference
import torch
import torch.nn.functional as F
from mmaction.registry import MODELS, OPTIMIZERS
from mmaction.structures import ActionDataSample
from recognizers import byol_recognizer, recognizer

from vididi_transforms.mmaction2 import JointEmbeddingHead, MomentumHead


@pytest.fixture
def views():
    return torch.randn(4, 2, 3, 6, 16, 16, generator=torch.Generator().manual_seed(1))


def test_each_view_has_its_own_forward_pass(views):
    model = recognizer().train()
    (map1, map2), _ = model.extract_feat(views)
    torch.testing.assert_close(map1, model.backbone(views[:, 0]))
    torch.testing.assert_close(map2, model.backbone(views[:, 1]))
    together = model.backbone(views.flatten(0, 1)).unflatten(0, (4, 2))
    assert not torch.allclose(map1, together[:, 0], atol=1e-3)


def test_loss_is_the_objective_of_the_projections(views):
    model = recognizer(head=dict(weights=(2.0, 3.0, 0.5))).train()
    losses = model(views, [ActionDataSample()] * 4, mode="loss")
    z1, z2 = (model.cls_head.projector(model.backbone(views[:, i]).mean((2, 3, 4))).detach().numpy() for i in (0, 1))
    expected = np.multiply(reference.vicreg(z1, z2), (2.0, 3.0, 0.5))
    assert list(losses) == ["loss_invariance", "loss_variance", "loss_covariance"]
    np.testing.assert_allclose([losses[name].item() for name in losses], expected, rtol=1e-4)


def embed(model, view):
    return model.cls_head.projector(model.backbone(view).mean((2, 3, 4)))


@pytest.mark.parametrize("temperature", [0.1, 0.5])
def test_simclr_head(views, temperature):
    model = recognizer(head=dict(type="SimCLRHead", temperature=temperature)).train()
    losses = model(views, [], mode="loss")
    expected = reference.info_nce(*(embed(model, views[:, i]).detach().numpy() for i in (0, 1)), temperature)
    assert {name: loss.item() for name, loss in losses.items()} == {"loss_info_nce": pytest.approx(expected, rel=1e-4)}


@pytest.mark.parametrize("symmetric", [True, False])
def test_byol_head(views, symmetric):
    model = byol_recognizer(symmetric=symmetric).train()
    losses = model(views, [], mode="loss")
    z = [embed(model, views[:, i]) for i in (0, 1)]  # the momentum encoder starts as a copy of the online network
    one, two = (reference.byol(model.cls_head.predictor(z[i]).detach().numpy(), z[1 - i].detach().numpy())
                for i in (0, 1))
    expected = (one + two) / 2 if symmetric else one
    assert {name: loss.item() for name, loss in losses.items()} == {"loss_byol": pytest.approx(expected, rel=1e-4)}


def test_the_momentum_encoder_is_the_moving_average_and_has_no_gradient(views):
    model = byol_recognizer().train()
    sum(model(views, [], mode="loss").values()).backward()
    assert all(p.grad is None for p in model.target.parameters())
    learned = {name for name, p in model.named_parameters() if p.grad is not None and p.grad.abs().sum() > 0}
    assert learned == {name for name, _ in model.named_parameters() if not name.startswith("target.")}
    before = {name: p.clone() for name, p in model.target.module.named_parameters()}
    with torch.no_grad():
        for p in model.online().parameters():
            p.add_(torch.randn_like(p))
    for progress, tau in ((0.0, 0.99), (0.5, 0.995), (1.0, 1.0)):
        model.update_target(progress)
        for name, p in model.online().named_parameters():
            before[name] = tau * before[name] + (1 - tau) * p
    for name, p in model.target.module.named_parameters():
        torch.testing.assert_close(p, before[name])


def test_reset_copies_the_online_network():
    model = byol_recognizer()
    with torch.no_grad():
        for tensor in model.online().state_dict().values():
            tensor.add_(1)
    model.reset_target()
    target = model.target.module
    torch.testing.assert_close(target.state_dict(), model.online().state_dict(), rtol=0, atol=0)
    assert {p.data_ptr() for p in target.parameters()}.isdisjoint(p.data_ptr() for p in model.online().parameters())


@MODELS.register_module(force=True)
class MoCoV3Head(MomentumHead):
    """Max pooling, negatives from the batch, and a logged value that is not a loss."""

    def pool(self, maps):
        return maps.amax((2, 3, 4))

    def objective(self, prediction, target):
        logits = F.normalize(prediction, dim=1) @ F.normalize(target, dim=1).T / 0.2
        return {"loss_moco": F.cross_entropy(logits, torch.arange(len(logits))), "norm": prediction.norm()}


@MODELS.register_module(force=True)
class AlignmentHead(JointEmbeddingHead):
    def pool(self, maps):
        return maps.amax((2, 3, 4))

    def objective(self, z1, z2):
        return {"loss_alignment": (z1 - z2).square().mean()}


def test_a_new_momentum_objective_is_one_method(views):
    model = byol_recognizer(type="MoCoV3Head").train()
    losses = model(views, [], mode="loss")
    head = model.cls_head
    z = [head.projector(model.backbone(views[:, i]).amax((2, 3, 4))) for i in (0, 1)]
    expected = [head.objective(head.predictor(z[i]), z[1 - i]) for i in (0, 1)]
    assert list(losses) == ["loss_moco", "norm"]
    for name in losses:
        torch.testing.assert_close(losses[name], (expected[0][name] + expected[1][name]) / 2)
    losses["loss_moco"].backward()
    assert all(p.grad is None for p in model.target.parameters())


def test_a_new_joint_embedding_objective_is_one_method(views):
    model = recognizer(head=dict(type="AlignmentHead", num_layers=2)).train()
    losses = model(views, [], mode="loss")
    z1, z2 = (model.cls_head.projector(model.backbone(views[:, i]).amax((2, 3, 4))) for i in (0, 1))
    torch.testing.assert_close(losses, {"loss_alignment": (z1 - z2).square().mean()})


def test_predicted_features_are_pooled_by_the_head(views):
    model = recognizer(head=dict(type="AlignmentHead", num_layers=2)).eval()
    model.backbone.eval()
    with torch.no_grad():
        sample, = model(views[:1], [ActionDataSample()], mode="predict")
        torch.testing.assert_close(sample.feature, model.backbone(views[0]).amax((2, 3, 4)).mean(0))


def test_byol_without_momentum_updates_is_an_error(views):
    model = byol_recognizer().train()
    model(views, [], mode="loss")
    with pytest.raises(RuntimeError, match="add default_hooks = dict"):
        model(views, [], mode="loss")
    model.has_update_hook = True
    model._training_forwards = 0
    for _ in range(3):
        model(views, [], mode="loss")


def test_byol_features_are_the_online_encoders(views):
    model = byol_recognizer().eval()
    model.backbone.eval()
    with torch.no_grad():
        model.target.module["backbone"].conv1.conv.weight.zero_()
        sample, = model(views[:1], [ActionDataSample()], mode="predict")
        expected = model.backbone(views[0]).mean((2, 3, 4)).mean(0)
    torch.testing.assert_close(sample.feature, expected)


def test_a_list_of_views_gives_the_same_losses(views):
    model = recognizer().train()
    stacked, listed = (model(x, [], mode="loss") for x in (views, list(views.unbind(1))))
    for name in stacked:
        torch.testing.assert_close(stacked[name], listed[name])


def test_every_parameter_learns(views):
    model = recognizer().train()
    sum(model(views, [], mode="loss").values()).backward()
    assert [name for name, p in model.named_parameters() if p.grad is None or not p.grad.abs().sum() > 0] == []


@pytest.mark.parametrize("build", [recognizer, byol_recognizer])
@pytest.mark.parametrize("precision", [torch.float32, torch.float64])
def test_losses_are_float32_under_autocast_and_float64_in_a_float64_model(build, precision, views):
    model = build().train().to(precision)
    with torch.autocast("cpu", dtype=torch.bfloat16, enabled=precision == torch.float32):
        losses = model(views.to(precision), [], mode="loss")
    assert {loss.dtype for loss in losses.values()} == {precision}


@pytest.mark.parametrize("test_cfg", [None, dict(max_testing_views=2)])
def test_feature_is_the_mean_over_clips(test_cfg):
    model = recognizer(test_cfg=test_cfg).eval()
    model.backbone.eval()
    clips = torch.randn(1, 5, 3, 6, 32, 32)  # the last feature map is 2 x 2
    with torch.no_grad():
        sample, = model(clips, [ActionDataSample()], mode="predict")
        expected = model.backbone(clips[0]).mean((2, 3, 4)).mean(0)
    torch.testing.assert_close(sample.feature, expected)


def test_features_do_not_depend_on_the_other_videos():
    model = recognizer().eval()
    clips = torch.randn(3, 2, 3, 6, 16, 16)
    with torch.no_grad():
        together = model(clips, [ActionDataSample() for _ in range(3)], mode="predict")
        alone = [model(clips[i:i + 1], [ActionDataSample()], mode="predict")[0] for i in range(3)]
    for a, b in zip(together, alone, strict=True):
        torch.testing.assert_close(a.feature, b.feature, rtol=1e-4, atol=1e-5)


def test_one_view_is_refused(views):
    with pytest.raises(ValueError, match=r"needs inputs \[B, 2, C, T, H, W\].* got \(4, 1, 3, 6, 16, 16\)"):
        recognizer()(views[:, :1], [], mode="loss")


def test_lars_scales_updates_of_matrices_only():
    matrix, vector = torch.nn.Parameter(torch.ones(2, 2)), torch.nn.Parameter(torch.ones(4))
    groups = [dict(params=[matrix], weight_decay=1e-6), dict(params=[vector], weight_decay=0.0)]
    optimizer = OPTIMIZERS.build(dict(type="LARS", params=groups, lr=1.0, momentum=0.9))
    matrix.grad, vector.grad = torch.ones(2, 2), torch.ones(4)
    optimizer.step()
    torch.testing.assert_close(matrix.data, torch.full((2, 2), 1 - 0.001), rtol=1e-5, atol=0)  # trust 0.001 * 2 / 2
    torch.testing.assert_close(vector.data, torch.zeros(4))
