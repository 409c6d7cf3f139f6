"""What a model may run on."""

from __future__ import annotations

import pytest

from search.embedding.devices import Device, DeviceChoice, Machine, choose_device
from search.errors import EmbedderUnavailableError
from service.i18n import translate

OLD = Machine({"avx2", "fma"}, has_cuda=False)
NEW = Machine({"avx2", "fma", "avx512_bf16"}, has_cuda=False)
ARM = Machine({"asimd", "bf16"}, has_cuda=False)
WITH_CARD = Machine({"avx2"}, has_cuda=True)


@pytest.mark.parametrize(
    ("choice", "machine", "device"),
    [
        (DeviceChoice.AUTO, OLD, Device("cpu", has_bfloat16=False)),
        (DeviceChoice.AUTO, NEW, Device("cpu", has_bfloat16=True)),
        (DeviceChoice.AUTO, ARM, Device("cpu", has_bfloat16=True)),
        (DeviceChoice.AUTO, WITH_CARD, Device("cuda", has_bfloat16=False)),
        (DeviceChoice.CPU, NEW, Device("cpu", has_bfloat16=False)),
        (DeviceChoice.CPU, WITH_CARD, Device("cpu", has_bfloat16=False)),
        (DeviceChoice.CPU_BF16, NEW, Device("cpu", has_bfloat16=True)),
        (DeviceChoice.CUDA, WITH_CARD, Device("cuda", has_bfloat16=False)),
    ],
)
def test_a_choice_is_kept_and_auto_takes_the_fastest(choice: DeviceChoice, machine: Machine, device: Device) -> None:
    assert choose_device(choice, machine) == device


@pytest.mark.parametrize(
    ("choice", "machine", "english", "vietnamese"),
    [
        (DeviceChoice.CPU_BF16, OLD, "has no bfloat16 arithmetic", "bộ xử lý của máy này không có"),
        (DeviceChoice.CUDA, NEW, "asks for an NVIDIA graphics card", "cần card đồ họa NVIDIA"),
    ],
)
def test_what_is_not_there_is_said_in_both_languages(
    choice: DeviceChoice, machine: Machine, english: str, vietnamese: str
) -> None:
    with pytest.raises(EmbedderUnavailableError) as refused:
        choose_device(choice, machine)

    assert english in translate(refused.value.message, refused.value.details, "en")
    assert vietnamese in translate(refused.value.message, refused.value.details, "vi")


def test_a_card_may_fill_an_index_that_a_plain_processor_asks() -> None:
    card, processor = choose_device(DeviceChoice.CUDA, WITH_CARD), choose_device(DeviceChoice.CPU, OLD)

    assert card.precision == processor.precision == "fp32"
