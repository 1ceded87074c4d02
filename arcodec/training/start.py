"""The starts of models: what their mixers, maps and APMs know when a file begins after a prior.

    python -m arcodec.training.start DATA OUT

reads the folder DATA, which `arcodec.training.data` has written, and writes OUT/start-default-DIGITS.safetensors and
OUT/start-max-DIGITS.safetensors.

Documents of 250 to 7,000 bytes are modelled one after the other. Each begins with the slots, positions and history
that its prior leaves, as a file would; everything else goes on learning. Half of them are of the sources of the
prior, half of others, for what a mixer has to learn is how far it may trust a prior that fits more or less.
"""

from __future__ import annotations

import hashlib
import sys
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from arcodec.kernels.tables import copied
from arcodec.models import built_in, store
from arcodec.models import start as starts
from arcodec.models.bytes import Bytes
from arcodec.models.variants import Variants
from arcodec.training.data import TrainingDataError
from arcodec.training.prior import PRIORS, sources

MODELS = {"default": "bytes-2", "max": "bytes-2-max"}
DOCUMENTS = 4000
SIZES = (250, 7000)  # bytes; their logarithms are evenly spread
SEED = 1

# Sources that no prior has, and how many of the documents are of each, in any unit, by the prior that goes before.
OTHERS = {
    "prior-prose.bin": {
        "prose_en/changelogs_copyright.txt": 1,
        "prose_en/perl_pod_vim_help.txt": 2,
        "prose_en/wikitext2_valid_test.txt": 3,
    },
    "prior-markup.bin": {
        "code/elisp_vim_perl_shell.txt": 8,
        "html_xml/gimp_help_ko_el.html": 1,
        "html_xml/installation_guide_many_lang.html": 4,
        "html_xml/osinfo_and_shared_mime.xml": 4,
        "json_csv/iso_codes_ieee_hwdata.txt": 3,
        "json_csv/package_json_node.json": 4,
        "json_csv/vega_datasets.json_csv": 4,
        "prose_en/changelogs_copyright.txt": 4,
        "prose_en/git_docs.txt": 6,
        "prose_en/manpages_en.roff": 4,
        "prose_en/perl_pod_vim_help.txt": 4,
    },
}
SLOTS = ("table", "heads", "history")  # what a prior leaves

Document = tuple[str, NDArray[np.uint8]]  # and the prior before it


def documents(folder: Path) -> Iterator[Document]:
    """The documents, the same ones every time.

    Raises:
        TrainingDataError: the data is not there, or a source is not in it.
    """
    random = np.random.default_rng(SEED)
    texts: dict[str, NDArray[np.uint8]] = {}
    for shares in (*OTHERS.values(), *(shares for _, shares in PRIORS.values())):
        texts |= sources(folder, shares)
    for k in range(DOCUMENTS):
        prior = "prior-prose.bin" if k % 4 == 3 else "prior-markup.bin"
        shares = OTHERS[prior] if k // 4 % 2 else PRIORS[prior][1]
        names, worth = list(shares), np.array(list(shares.values()), float)
        text = texts[names[random.choice(len(names), p=worth / worth.sum())]]
        size = int(np.exp(random.uniform(*np.log(SIZES))))
        begin = int(random.integers(len(text) - 2 * SIZES[1]))
        begin += int(np.argmax(text[begin : begin + SIZES[1]] == ord("\n"))) + 1
        yield prior, text[begin : begin + size]


def learnt(variants: Mapping[str, Bytes], some: Iterable[Document]) -> starts.Arrays:
    """The start for variants of one tier and one net, by their priors, after some documents."""
    after = {name: variant.studied() for name, variant in variants.items()}
    tables = copied(next(iter(after.values())))
    for prior, document in some:
        for name in SLOTS:
            getattr(tables, name)[:] = getattr(after[prior], name)
        variants[prior].learn(tables, document)
    return starts.packed(tables)


def main(arguments: list[str]) -> int:
    """Write the starts from the first argument's folder to the second's."""
    if len(arguments) != 2:
        print("usage: python -m arcodec.training.start DATA OUT", file=sys.stderr)
        return 2
    folder, out = map(Path, arguments)
    header = {
        "architecture": "start",
        "symbols": "bytes",
        "provenance": "the texts of train/bytes without what models are measured on (arcodec.training.data)",
        "licence": "Apache-2.0",
        "command": "runs/priors.sh",
    }
    for short, name in MODELS.items():
        model = built_in(name)
        assert isinstance(model, Variants)
        variants = {_plain_name(variant.prior): variant for variant in model.variants if variant.prior}
        try:
            data = store.pack(learnt(variants, documents(folder)), header)
        except TrainingDataError as error:
            print(error, file=sys.stderr)
            return 1
        path = out / f"start-{short}-{hashlib.sha256(data).hexdigest()[:12]}{store.SUFFIX}"
        path.write_bytes(data)
        print(f"{path.name}: {len(data):,} bytes")
    return 0


def _plain_name(prior: str) -> str:
    """A prior's name in PRIORS: without the digits that it has in the package."""
    return prior.rpartition("-")[0] + ".bin"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
