"""A Runner with a model of one weight, which improves with every epoch."""
import torch
from mmengine.evaluator import BaseMetric
from mmengine.model import BaseModel
from mmengine.runner import Runner
from torch import nn
from torch.utils.data import Dataset


class Model(BaseModel):
    """One weight, trained towards 0."""

    def __init__(self):
        super().__init__()
        self.backbone = nn.Linear(1, 1)
        nn.init.ones_(self.backbone.weight)
        nn.init.zeros_(self.backbone.bias)

    def forward(self, inputs, data_samples=None, mode="tensor"):
        square = self.backbone(inputs).square()
        return dict(loss=square.mean()) if mode == "loss" else [dict(error=error.item()) for error in square]


class Numbers(Dataset):
    """The numbers 0 to 3."""

    def __len__(self):
        return 4

    def __getitem__(self, index):
        return dict(inputs=torch.tensor([float(index)]))


class Accuracy(BaseMetric):
    """The negative sum of errors."""

    def process(self, data_batch, data_samples):
        self.results.extend(sample["error"] for sample in data_samples)

    def compute_metrics(self, results):
        return dict(accuracy=-sum(results))


def small_run(folder, epochs=1, hook=None, **settings):
    """A run that validates and keeps the best checkpoint."""
    loader = dict(batch_size=2, dataset=Numbers(), sampler=dict(type="DefaultSampler", shuffle=False),
                  collate_fn=dict(type="default_collate"))
    hook = dict(type="CheckpointHook", interval=1, save_best="accuracy", rule="greater", **(hook or {}))
    return Runner(
        model=Model(), work_dir=str(folder), train_dataloader=loader, val_dataloader=loader, val_evaluator=[Accuracy()],
        train_cfg=dict(by_epoch=True, max_epochs=epochs), val_cfg=dict(), default_hooks=dict(checkpoint=hook),
        optim_wrapper=dict(optimizer=dict(type="SGD", lr=0.01, momentum=0.9)), randomness=dict(seed=0),
        experiment_name=f"{folder}-{epochs}", log_level="WARNING", **settings)
