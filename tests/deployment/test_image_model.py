"""The model that the image brings along, by its name, where nothing can be fetched and nothing written."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

from service.settings import Settings
from tests.deployment.compose import ours
from tests.deployment.conftest import ROOT
from tests.deployment.test_files import filled_in
from tests.language_models import NEEDED, minilm

DOCKERFILE = (ROOT / "Dockerfile").read_text("utf-8")
NAME = "intfloat/multilingual-e5-small"
EMBED = """
from search.embedding.devices import DeviceChoice
from search.embedding.sentence_transformer import SentenceTransformerEmbedder
embedder = SentenceTransformerEmbedder({name!r}, DeviceChoice.CPU)
print(embedder.embedder_id, embedder.embed_queries(["nuôi cá lồng bè"]).shape)
embedder.close()
"""


@NEEDED
def test_a_model_in_the_images_cache_is_found_by_its_name_without_a_network(tmp_path: Path) -> None:
    home = tmp_path / "huggingface"
    kept = home / "hub" / f"models--{NAME.replace('/', '--')}"
    revision = "0" * 40
    (kept / "refs").mkdir(parents=True)
    (kept / "refs" / "main").write_text(revision)
    shutil.copytree(minilm(), kept / "snapshots" / revision)
    of_the_image = dict(re.findall(r"^\s+(HF_\w+)=(\S+)", DOCKERFILE, re.M))
    before = sorted(home.rglob("*"))
    done = subprocess.run(
        [sys.executable, "-c", EMBED.format(name=NAME)],
        cwd=ROOT,
        env={"PATH": os.environ["PATH"], **of_the_image, "HF_HOME": str(home)},
        capture_output=True,
        text=True,
        check=False,
    )

    assert of_the_image == {"HF_HOME": "/opt/huggingface", "HF_HUB_OFFLINE": "1"}
    assert done.returncode == 0, done.stderr
    assert re.fullmatch(r"\S*multilingual-e5-small\S* \(1, 384\)\n", done.stdout)
    assert sorted(home.rglob("*")) == before


def test_the_model_that_is_built_in_is_the_one_that_is_named() -> None:
    example = (ROOT / "deploy" / "env.example").read_text("utf-8")
    (embedder,) = re.findall(r"^# TRITHUC_EMBEDDER=(\S+)", example, re.M)

    assert re.findall(r"^ARG MODEL=(\S+)", DOCKERFILE, re.M) == [NAME]
    assert re.findall(r"^# MODEL=(\S+)", example, re.M) == [NAME]
    assert embedder == f"sentence-transformers:{NAME}"
    assert Settings.from_env({"TRITHUC_EMBEDDER": embedder}).embedder == embedder
    assert filled_in(ours()["web"]["build"]["args"]) == {
        "WITH_SENTENCE_TRANSFORMERS": "0",
        "MODEL": NAME,
        "TORCH_INDEX": "",
    }
