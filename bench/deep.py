"""Images of 16-bit samples beside JPEG XL -e 9 and PNG: whole files, by level.

There are few free photographs of more than 8 bits, so they are made, always the same, of 8-bit ones of the
training set: the samples are made linear by the sRGB curve and averaged over squares of 2 x 2 pixels, which gives
them fractions (and, where the squares lie one pixel apart, the softness of a sensor's picture); then a sensor looks
at it: electrons are drawn by Poisson's law for a given full well, Gaussian read noise is added, an ADC of 12, 14 or
16 bits cuts. What it says is kept as

    linear   RGB, stretched to 16 bits
    gamma    RGB of 16 bits through the sRGB curve
    gray     luminance of 16 bits
    mosaic   one colour a pixel, RGGB, of as many bits as the ADC has

Run: ARCODEC_TRAIN=... python -m bench.deep --markdown
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from time import process_time
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
from PIL import Image

import arcodec
from bench import report

LEVELS = (1, 5, 9)
_READ_NOISE = 3.0  # electrons
_LUMINANCE = np.array([0.2126, 0.7152, 0.0722])
_SEED = 16

Samples = npt.NDArray[np.uint16]


class Recipe(NamedTuple):
    """How an image is made: of which photograph, how it is kept, bits of the ADC, full well, step between squares."""

    photograph: str
    kept: str
    bits: int
    electrons: int
    step: int


# Photographs by the beginnings of their names.
RECIPES = {
    "linear-12": Recipe("budgie_backgrounds_casa_mila_s3_768", "linear", 12, 40_000, 1),
    "linear-14": Recipe("budgie_backgrounds_extreme_desert_hike_s3", "linear", 14, 60_000, 1),
    "linear-14-dark": Recipe("budgie_backgrounds_roman_colosseum_s5", "linear", 14, 5_000, 1),
    "linear-16": Recipe("drone_images_DJI_0024_s3_0_", "linear", 16, 2_000_000, 2),
    "gamma-12": Recipe("budgie_backgrounds_high_trestle_trail_s3", "gamma", 12, 20_000, 1),
    "gamma-14": Recipe("apers_16_04_usr_share_backgrounds_greentock", "gamma", 14, 60_000, 1),
    "gamma-16": Recipe("_usr_share_wallpapers_ColorfulCups", "gamma", 16, 500_000, 2),
    "gray-16": Recipe("budgie_backgrounds_tea_gardens_s3_0_", "gray", 16, 200_000, 1),
    "mosaic-12": Recipe("budgie_backgrounds_perched_osprey_s3", "mosaic", 12, 20_000, 1),
    "mosaic-14": Recipe("deepin_nonfree_unsplash_com_zetong_li_TbHYpbi_Gbc_unsplash_s3", "mosaic", 14, 50_000, 1),
}


def images() -> Iterator[tuple[str, Samples]]:
    """Names and samples, uint16 (rows, columns, 1 or 3)."""
    folder = Path(os.environ["ARCODEC_TRAIN"]) / "images" / "photo"
    for number, (name, recipe) in enumerate(RECIPES.items()):
        path = next(path for path in sorted(folder.iterdir()) if path.name.startswith(recipe.photograph))
        yield name, make(np.asarray(Image.open(path).convert("RGB")), recipe, _SEED + number)


def make(pixels: npt.NDArray[np.uint8], recipe: Recipe, seed: int) -> Samples:
    """What a sensor makes of a photograph, uint8 (rows, columns, 3)."""
    random = np.random.default_rng(seed)
    v = pixels / 255
    light = np.where(v <= 0.04045, v / 12.92, ((v + 0.055) / 1.055) ** 2.4)
    light = (light[:-1, :-1] + light[:-1, 1:] + light[1:, :-1] + light[1:, 1:]) / 4
    light = light[:: recipe.step, :: recipe.step]
    light = light[: len(light) & ~1, : light.shape[1] & ~1]
    if recipe.kept == "gray":
        light = light @ _LUMINANCE[:, None]
    if recipe.kept == "mosaic":
        light = _mosaic(light)
    electrons = random.poisson(light * recipe.electrons) + random.normal(0, _READ_NOISE, light.shape)
    top = (1 << recipe.bits) - 1
    said = np.clip(np.rint(electrons * top / recipe.electrons), 0, top)
    if recipe.kept == "gamma":
        v = said / top
        said = np.rint(65535 * np.where(v <= 0.0031308, 12.92 * v, 1.055 * v ** (1 / 2.4) - 0.055))
    elif recipe.kept != "mosaic":
        said = np.rint(said * 65535 / top)
    return said.astype(np.uint16)


def _mosaic(light: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Of each pixel the colour that an RGGB sensor sees: (rows, columns, 1)."""
    seen: npt.NDArray[np.float64] = light[..., 1:2].copy()
    seen[::2, ::2] = light[::2, ::2, 0:1]
    seen[1::2, 1::2] = light[1::2, 1::2, 2:3]
    return seen


def netpbm(samples: Samples) -> bytes:
    """The PGM or PPM of an image."""
    rows, columns, channels = samples.shape
    kind = 5 if channels == 1 else 6
    return b"P%d\n%d %d\n65535\n" % (kind, columns, rows) + samples.astype(">u2").tobytes()


def jpeg_xl(samples: Samples | npt.NDArray[np.uint8]) -> bytes:
    """The image by JPEG XL's reference encoder, lossless, effort 9."""
    import imagecodecs

    data = bytes(imagecodecs.jpegxl_encode(samples.squeeze(), effort=9, lossless=True))
    assert np.array_equal(imagecodecs.jpegxl_decode(data), samples.squeeze())
    return data


def png(samples: Samples) -> bytes:
    """The image as PNG."""
    import imagecodecs

    return bytes(imagecodecs.png_encode(samples.squeeze(), level=9))


def _row(name: str, samples: Samples) -> dict[str, Any]:
    """Sizes, and processor seconds both ways, one core."""
    file = netpbm(samples)
    row: dict[str, Any] = {"image": name, "samples": samples.size, "raw": len(file)}
    row |= {"png": len(png(samples)), "jxl": len(jpeg_xl(samples))}
    for level in LEVELS:
        begun = process_time()
        packed = arcodec.compress(file, level=level, threads=1)
        between = process_time()
        assert arcodec.decompress(packed, threads=1) == file
        row[str(level)] = [len(packed), between - begun, process_time() - between]
    return row


def main() -> None:
    """Measure, print, save."""
    arguments = report.options(__doc__).parse_args()
    origin = report.origin()
    for level in LEVELS:  # kernels are compiled or loaded before anything is timed
        arcodec.compress(netpbm(np.arange(300, dtype=np.uint16).reshape(10, 30, 1) * 9), level=level)
    rows = []
    for name, samples in images():
        rows.append(_row(name, samples[:64] if arguments.quick else samples))
    if arguments.json:
        report.save(arguments.json, origin, images=rows)
    if arguments.markdown:
        print(report.headline(origin), end="\n\n")
        head = ["image", "raw", "PNG", "JPEG XL -e 9", *(f"arcodec -{level}" for level in LEVELS)]
        print(report.table(head, [_line(row) for row in [*rows, _total(rows)]]))
        speeds = []
        for level in LEVELS:
            samples = sum(row["samples"] for row in rows)
            times = [sum(row[str(level)][k] for row in rows) for k in (1, 2)]
            speeds.append([f"-{level}", *(f"{samples / time / 1000:.0f}" for time in times)])
        print(report.table(["thousand samples a second", "compress and check", "decompress"], speeds))


def _total(rows: list[dict[str, Any]]) -> dict[str, Any]:
    total: dict[str, Any] = {"image": "all"} | {key: sum(row[key] for row in rows) for key in ("raw", "png", "jxl")}
    return total | {str(level): [sum(row[str(level)][0] for row in rows)] for level in LEVELS}


def _line(row: dict[str, Any]) -> list[str]:
    ours = [row[str(level)][0] for level in LEVELS]
    return [
        row["image"],
        *(f"{row[key]:,}" for key in ("raw", "png", "jxl")),
        *(f"{size:,} ({size / row['jxl'] - 1:+.1%})" for size in ours),
    ]


if __name__ == "__main__":
    main()
