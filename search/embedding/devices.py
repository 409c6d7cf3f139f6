"""What a model may run on: the choice of the settings against what this machine has."""

from __future__ import annotations

import importlib.metadata
from collections.abc import Collection
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from search.errors import N_, EmbedderUnavailableError

_BFLOAT16 = {"avx512_bf16", "amx_bf16", "bf16"}  # the last as ARM's kernel names it
NO_BFLOAT16 = N_(
    "This machine's processor has no bfloat16 arithmetic (AVX512_BF16 or AMX), which TRITHUC_EMBEDDER_DEVICE=cpu-bf16 "
    "asks for. Choose cpu or auto."
)
NO_CUDA = N_(
    "TRITHUC_EMBEDDER_DEVICE=cuda asks for an NVIDIA graphics card, and this machine has none that PyTorch can use "
    "(a card, its driver and a PyTorch with CUDA are needed). Choose cpu or auto."
)


class DeviceChoice(StrEnum):
    """`AUTO`: the graphics card where there is one, else bfloat16 where the processor has it. Machines of different
    kinds then give different vectors: name the device where several of them share an index."""

    AUTO = "auto"
    CPU = "cpu"
    CPU_BF16 = "cpu-bf16"
    CUDA = "cuda"


@dataclass(frozen=True, slots=True)
class Machine:
    """As far as embedding is concerned."""

    processor_flags: Collection[str]
    has_cuda: bool

    @property
    def has_bfloat16(self) -> bool:
        return not _BFLOAT16.isdisjoint(self.processor_flags)


@dataclass(frozen=True, slots=True)
class Device:
    """`name` as PyTorch calls it. The card counts in float32, so that its vectors may stand beside those of `cpu`."""

    name: str
    has_bfloat16: bool

    @property
    def precision(self) -> str:
        return "bf16" if self.has_bfloat16 else "fp32"


def choose_device(choice: DeviceChoice, machine: Machine) -> Device:
    """Raises EmbedderUnavailableError when what was asked for is not there."""
    match choice:
        case DeviceChoice.CPU:
            return Device("cpu", has_bfloat16=False)
        case DeviceChoice.CPU_BF16:
            if not machine.has_bfloat16:
                raise EmbedderUnavailableError(NO_BFLOAT16)
            return Device("cpu", has_bfloat16=True)
        case DeviceChoice.CUDA:
            if not machine.has_cuda:
                raise EmbedderUnavailableError(NO_CUDA)
            return Device("cuda", has_bfloat16=False)
        case DeviceChoice.AUTO:
            if machine.has_cuda:
                return Device("cuda", has_bfloat16=False)
            return Device("cpu", has_bfloat16=machine.has_bfloat16)


def this_machine() -> Machine:
    """Without PyTorch, which takes seconds and a gigabyte to import."""
    flags: set[str] = set()
    info = Path("/proc/cpuinfo")
    if info.exists():
        for line in info.read_text(encoding="utf-8", errors="replace").splitlines():
            name, _, values = line.partition(":")
            if name.strip() in ("flags", "Features"):
                flags = set(values.split())
                break
    return Machine(flags, has_cuda=Path("/dev/nvidiactl").exists() and not _torch_version().endswith("+cpu"))


def _torch_version() -> str:
    try:
        return importlib.metadata.version("torch")
    except importlib.metadata.PackageNotFoundError:
        return "+cpu"
