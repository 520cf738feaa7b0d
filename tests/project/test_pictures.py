"""The picture of the schedules shows every derivative order that occurs."""
import runpy

import numpy as np
import pytest
from matplotlib import pyplot as plt
from paths import ROOT

import vididi_transforms as vt

PICTURES = runpy.run_path(str(ROOT / "docs/tools/pictures.py"))


@pytest.mark.parametrize(("schedules", "orders"), [
    (vt.SCHEDULES, 3), ({"third": vt.Schedule(((2, 2),), p_extra=0.5)}, 4), ({"base": vt.SCHEDULES["base"]}, 1)])
def test_every_order_has_a_colour_of_its_own(schedules, orders):
    figure = PICTURES["schedules"](schedules)
    assert [text.get_text() for text in figure.legends[0].get_texts()] == [f"order {order}" for order in range(orders)]
    for axis, name in zip(figure.axes, schedules, strict=True):
        image, selector = axis.images[0], vt.PairSelector(schedules[name])
        expected = [selector.orders(epoch, step) for epoch in range(PICTURES["EPOCHS"])
                    for step in range(PICTURES["STEPS"])]
        assert np.array_equal(image.get_array().T, expected)
        assert len({image.cmap(image.norm(order)) for order in range(orders)}) == orders
    plt.close(figure)
