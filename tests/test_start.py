"""Starts: they keep what was learnt, fit the variants that have them, and are made of the data alone."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from arcodec.kernels import apm
from arcodec.kernels.tables import APM_ORDER1, Tables, copied, fresh_tables
from arcodec.models import bytes as byte_models
from arcodec.models import start as starts
from arcodec.models.bytes import Bytes
from arcodec.training import start as training
from arcodec.training.prior import PRIORS
from tests import laws
from tests.test_variants import MARKUP, PROSE, model_of

STARTED = [variant for variant in model_of("bytes-2").variants if variant.start]


@pytest.fixture(scope="module")
def learnt() -> Tables:
    """Tables after a document."""
    variant = STARTED[0]
    tables = variant.studied()
    variant.learn(tables, PROSE)
    return tables


def test_a_start_is_what_was_learnt_but_for_rounding(learnt: Tables) -> None:
    variant = STARTED[0]
    tables = fresh_tables(variant.tier, 1 << 20)
    starts.begin(tables, starts.packed(learnt))
    for name in ("states", "runs", "matches", "order0"):
        assert np.array_equal(getattr(tables, name), getattr(learnt, name))
    assert np.array_equal(tables.visits, np.minimum(learnt.visits, starts.VISITS))
    seen = np.repeat(learnt.visits > 0, variant.tier.width)
    off = np.abs(tables.weights - learnt.weights)[seen] > 1 << starts.WEIGHT >> 1
    assert (np.abs(learnt.weights[seen][off]) > 127 << starts.WEIGHT).all()
    assert off.mean() < 0.01
    assert np.abs(tables.final - learnt.final).max() < 1 << starts.FINAL
    refined, exact = (table.apm.reshape(-1, apm.STRIDE) for table in (tables, learnt))
    kept = np.flatnonzero(refined.sum(1))
    assert min(kept) < APM_ORDER1 < max(kept)
    assert np.abs(refined - exact)[kept].max() <= 1 << starts.APM >> 1


def test_a_start_is_the_same_every_time(learnt: Tables) -> None:
    first, again = starts.packed(learnt), starts.packed(copied(learnt))
    assert first.keys() == again.keys()
    assert all(np.array_equal(first[name], again[name]) for name in first)


@pytest.mark.parametrize("number", range(len(STARTED)))
def test_the_package_has_starts_that_fit_and_help(number: int) -> None:
    variant = STARTED[number]
    without = Bytes(variant.tier, variant.net, variant.prior)
    sample = laws.array(Path(__file__).read_bytes()[:3000])
    assert variant.bits(sample).sum() < without.bits(sample).sum()
    laws.check_model(variant, sample)


def test_documents_come_from_the_data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    random = np.random.default_rng(2)
    lines = b"".join(bytes(random.integers(97, 123, 40, np.uint8)) + b"\n" for _ in range(1000))
    monkeypatch.setattr(training, "sources", lambda folder, names: {name: laws.array(lines) for name in names})
    monkeypatch.setattr(training, "DOCUMENTS", 9)
    found = list(training.documents(tmp_path))
    assert [prior for prior, _ in found].count("prior-prose.bin") == 2
    assert {prior for prior, _ in found} == set(PRIORS) == set(training.OTHERS)
    for _, document in found:
        assert training.SIZES[0] <= len(document) <= training.SIZES[1]
        assert b"\n" + document.tobytes() in lines
    assert not any(set(training.OTHERS[name]) & set(PRIORS[name][1]) for name in PRIORS)


def test_learning_goes_on_from_document_to_document() -> None:
    variants = {"prior-prose.bin": STARTED[0], "prior-markup.bin": STARTED[1]}
    some = [("prior-prose.bin", PROSE), ("prior-markup.bin", MARKUP)]
    one, two = training.learnt(variants, some[:1]), training.learnt(variants, some)
    assert len(one["rows"]) < len(two["rows"])
    assert two["visits"].sum() > one["visits"].sum()
    assert byte_models._kept(STARTED[0]).table.any()
