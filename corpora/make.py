"""Draw and write the sample files of this folder: `python corpora/make.py [FOLDER]`.

Every machine makes the same bytes: floats are only added, multiplied, divided, rooted and compared, element by
element, which IEEE 754 defines to the bit, and random numbers come from the Mersenne Twister. Hence no exp, no sin,
no sums by numpy, no normal deviates, whose last bits depend on libraries.
"""

from __future__ import annotations

import struct
import sys
from collections.abc import Callable
from pathlib import Path
from random import Random

import numpy as np
from numpy.typing import NDArray
from texts import orders, server_log, stations

Plane = NDArray[np.float64]
Bytes = NDArray[np.uint8]


# --- hills.ppm: terrain seen by a camera with lens, sensor, colour filter and gamma ---

WIDTH, HEIGHT = 288, 216
LAND = 1024  # the terrain is a square of so many cells, periodic
STEPS = 900  # distances at which a ray of sight is tested
SEA = 0.30
EYE = (649.0, 362.0, 45.0)  # the camera: east, north, above the ground
SUN = (-0.62, -0.30, 0.72)  # direction to the sun: east, north, up


def fractal(rng: np.random.RandomState, coarsest: int, finest: int, fading: float) -> Plane:
    """Periodic value noise of (LAND, LAND) in 0 ... 1: octaves of `coarsest` ... `finest` cells across."""
    total = np.zeros((LAND, LAND))
    cells, amplitude, sum_of_amplitudes = coarsest, 1.0, 0.0
    while cells <= finest:
        place = np.arange(LAND) * cells / LAND
        low = place.astype(int)
        part = place - low
        weight = part * part * (3 - 2 * part)
        high = (low + 1) % cells
        lattice = rng.random_sample((cells, cells))
        rows = lattice[low] + weight[:, None] * (lattice[high] - lattice[low])
        total += amplitude * (rows[:, low] + weight * (rows[:, high] - rows[:, low]))
        sum_of_amplitudes += amplitude
        cells, amplitude = 2 * cells, amplitude * fading
    return total / sum_of_amplitudes


def between(value: Plane, low: float, high: float) -> Plane:
    """0 below `low`, 1 above `high`, smooth in between."""
    part = np.clip((value - low) / (high - low), 0, 1)
    return part * part * (3 - 2 * part)


def sampled(field: Plane, east: Plane, north: Plane) -> Plane:
    """`field` of (LAND, LAND, ...) between its cells, bilinear."""
    column, row = np.floor(east), np.floor(north)
    right, down = east - column, north - row
    if field.ndim == 3:
        right, down = right[..., None], down[..., None]
    x, y = column.astype(int) % LAND, row.astype(int) % LAND
    x1, y1 = (x + 1) % LAND, (y + 1) % LAND
    above = field[y, x] + right * (field[y, x1] - field[y, x])
    below = field[y1, x] + right * (field[y1, x1] - field[y1, x])
    result: Plane = above + down * (below - above)
    return result


def terrain(rng: np.random.RandomState) -> tuple[Plane, Plane]:
    """Heights in cells (LAND, LAND) and linear sunlit colours (LAND, LAND, 3)."""
    shape = fractal(rng, 4, 512, 0.47)
    relief = between(shape, 0.2, 0.85)
    woods = between(fractal(rng, 16, 256, 0.6), 0.47, 0.55) * (1 - between(relief, 0.5, 0.66))
    crowns = fractal(rng, 256, 512, 0.8)
    heights = 150 * np.maximum(relief, SEA) + 3.5 * woods * crowns

    slope_east = (np.roll(heights, -1, 1) - np.roll(heights, 1, 1)) / 2
    slope_north = (np.roll(heights, -1, 0) - np.roll(heights, 1, 0)) / 2
    steep = slope_east * slope_east + slope_north * slope_north
    facing = (SUN[2] - SUN[0] * slope_east - SUN[1] * slope_north) / np.sqrt(1 + steep)
    shadow = np.zeros((LAND, LAND))
    for step in range(1, 60):
        east, north = round(SUN[0] * 2 * step), round(SUN[1] * 2 * step)
        blocking = np.roll(heights, (-north, -east), (0, 1)) - heights - SUN[2] * 2 * step
        shadow = np.maximum(shadow, between(blocking, -1.0, 3.0 + step / 8))
    light = np.maximum(facing, 0) * (1 - shadow)

    grain = fractal(rng, 128, 512, 0.9)[..., None]
    dry = between(fractal(rng, 8, 256, 0.6), 0.4, 0.6)[..., None]
    wet = (relief <= SEA)[..., None]
    bare = between(relief + 0.22 * np.sqrt(steep) - 0.12, 0.5, 0.72)[..., None]
    snow = (between(relief, 0.72, 0.82) * (1 - between(steep, 0.4, 1.4)))[..., None]
    colour = np.array([0.15, 0.21, 0.055]) + dry * np.array([0.10, 0.03, 0.03])
    colour = colour + woods[..., None] * (np.array([0.045, 0.085, 0.03]) - colour)
    colour = colour + bare * (np.array([0.27, 0.235, 0.20]) - colour)
    colour = colour + snow * (np.array([0.85, 0.87, 0.92]) - colour)
    colour = colour * (0.55 + 0.9 * grain)
    sunlit = light[..., None] * np.array([1.30, 1.20, 1.02]) + np.array([0.20, 0.26, 0.36])
    return heights, np.where(wet, np.array([0.10, 0.17, 0.25]) + 0.02 * grain, colour * sunlit)


def scene(rng: np.random.RandomState, width: int, height: int) -> Plane:
    """Linear light (height, width, 3) that falls onto the sensor."""
    heights, colours = terrain(rng)
    columns = (np.arange(width) - width / 2) / width
    rows = np.arange(height)[:, None] / height
    horizon = 0.40
    eye_height = EYE[2] + sampled(heights, np.array(EYE[0]), np.array(EYE[1]))

    near, growth = 6.0, 1.0062
    distance = np.full(STEPS, growth).cumprod() * near  # geometric, so that steps look alike
    east = EYE[0] + distance[:, None] * columns * 1.15
    north = np.broadcast_to(EYE[1] + distance[:, None], east.shape)
    seen_at = horizon + (eye_height - sampled(heights, east, north)) / distance[:, None]
    skyline = np.minimum.accumulate(seen_at)
    first = np.stack([np.searchsorted(-skyline[:, x], -rows[:, 0]) for x in range(width)], axis=1)
    ground = first < STEPS
    hit = np.minimum(first, STEPS - 1)
    across = np.broadcast_to(np.arange(width), hit.shape)
    east, north = east[hit, across], north[hit, across]
    grain = fractal(rng, 32, 512, 0.95)
    rough = sampled(grain, 5 * east, 5 * north) + sampled(grain, 17 * east, 13 * north)
    light = sampled(colours, east, north) * (0.1 + 0.9 * rough)[..., None]

    up = np.clip((horizon + 0.1 - rows) / (horizon + 0.1), 0, 1)
    blue = np.array([0.62, 0.70, 0.80]) + up[..., None] * (
        np.array([0.16, 0.32, 0.62]) - np.array([0.62, 0.70, 0.80])
    )
    flat = 90 / (up + 0.12)  # clouds lie on a plane, so they crowd towards the horizon
    cloud = sampled(fractal(rng, 4, 256, 0.55), 3 * flat * columns, 5 * flat + 0 * columns)
    cover = (between(cloud, 0.50, 0.72) * (0.35 + 0.65 * between(up, 0.05, 0.35)))[..., None]
    sky = blue + cover * (np.array([0.93, 0.92, 0.92]) * (1.1 - 0.35 * between(cloud, 0.6, 0.9))[..., None] - blue)

    haze = (distance[hit] / 1100)[..., None]
    haze = haze * haze / (1 + haze * haze)
    light = light + haze * (np.array([0.60, 0.68, 0.79]) - light)
    return np.where(ground[..., None], light, sky)


def blurred(light: Plane) -> Plane:
    """Binomial lens blur of 3 x 3."""
    for axis in (0, 1):
        light = (2 * light + np.roll(light, 1, axis) + np.roll(light, -1, axis)) / 4
    return light


def photograph(rng: np.random.RandomState, light: Plane) -> Bytes:
    """What a camera makes of linear light: Bayer mosaic, shot and read noise, demosaic, white balance, gamma."""
    rows, columns, _ = light.shape
    gains = np.array([1.8, 1.0, 1.5])
    filters = np.zeros((rows, columns, 3))
    filters[::2, ::2, 0] = filters[::2, 1::2, 1] = filters[1::2, ::2, 1] = filters[1::2, 1::2, 2] = 1
    exposed = light / gains * filters
    signal = exposed[..., 0] + exposed[..., 1] + exposed[..., 2]
    bell = np.sqrt(3.0) * (sum(rng.random_sample(signal.shape) for _ in range(4)) - 2)
    signal = signal + bell * np.sqrt(0.000055 * signal + 0.0000012)
    signal = np.floor(np.clip(signal, 0, 1) * 4095 + 0.5) / 4095

    mosaic, present = signal[..., None] * filters, filters
    weights = np.zeros_like(filters)
    filled = np.zeros_like(filters)
    for down in (-1, 0, 1):
        for right in (-1, 0, 1):
            weight = 1 / (1 + 2 * (abs(down) + abs(right)))
            weights += weight * np.roll(present, (down, right), (0, 1))
            filled += weight * np.roll(mosaic, (down, right), (0, 1))
    colours = np.where(filters > 0, mosaic, filled / weights) * gains
    gray = ((colours[..., 0] + 2 * colours[..., 1] + colours[..., 2]) / 4)[..., None]
    colours = np.clip(gray + 1.25 * (colours - gray), 0, 1)
    toned = np.sqrt(colours)
    toned = toned + 0.25 * toned * (1 - toned) * (2 * toned - 0.9)
    picture: Bytes = np.floor(255 * np.clip(toned, 0, 1) + 0.5).astype(np.uint8)
    return picture


def hills() -> bytes:
    """A landscape as PPM."""
    rng = np.random.RandomState(1868)
    margin = 4  # filters wrap around at the borders, which are cut off
    fine = blurred(scene(rng, 2 * (WIDTH + 2 * margin), 2 * (HEIGHT + 2 * margin)))
    light = (fine[::2, ::2] + fine[1::2, ::2] + fine[::2, 1::2] + fine[1::2, 1::2]) / 4
    picture = photograph(rng, light)[margin:-margin, margin:-margin]
    return b"P6\n%d %d\n255\n" % (WIDTH, HEIGHT) + picture.tobytes()


# --- chart.bmp: a window with a bar chart ---

# Letters of 3 x 5 dots, a row per octal digit.
FONT = {
    "\"": 0o55000, "#": 0o57575, "(": 0o12221, ")": 0o42224, "*": 0o05250, "+": 0o02720, ",": 0o00024, "-": 0o00700,
    "/": 0o11244, "=": 0o07070, "[": 0o32223, "]": 0o62226, "_": 0o00007,
    " ": 0o00000, "%": 0o51245, ".": 0o00002, "0": 0o75557, "1": 0o26227, "2": 0o71747, "3": 0o71317, "4": 0o55711,
    "5": 0o74717, "6": 0o74757, "7": 0o71122, "8": 0o75757, "9": 0o75717, ":": 0o02020, "A": 0o25755, "B": 0o65656,
    "C": 0o34443, "D": 0o65556, "E": 0o74647, "F": 0o74644, "G": 0o34553, "H": 0o55755, "I": 0o72227, "J": 0o11152,
    "K": 0o55655, "L": 0o44447, "M": 0o57755, "N": 0o65555, "O": 0o25552, "P": 0o65644, "Q": 0o25563, "R": 0o65655,
    "S": 0o34216, "T": 0o72222, "U": 0o55557, "V": 0o55522, "W": 0o55775, "X": 0o55255, "Y": 0o55222, "Z": 0o71247,
}  # fmt: skip
INK, PAPER, GRID, FRAME, TITLE, PANEL = 0x20242C, 0xFFFFFF, 0xDDE1E6, 0x5B6573, 0x2F5D9B, 0xF0F2F5
SERIES = (0x3C78C8, 0xE08A2C, 0x4FA35A)


def write(canvas: Bytes, x: int, y: int, text: str, colour: int) -> None:
    """Set `text` in FONT with its upper left corner at x, y."""
    for place, letter in enumerate(text):
        dots = FONT[letter]
        for row in range(5):
            for column in range(3):
                if dots >> (3 * (4 - row) + 2 - column) & 1:
                    fill(canvas, x + 4 * place + column, y + row, 1, 1, colour)


def fill(canvas: Bytes, x: int, y: int, width: int, height: int, colour: int) -> None:
    """Fill a rectangle with 0xRRGGBB."""
    canvas[y : y + height, x : x + width] = list(colour.to_bytes(3, "big"))


def chart() -> bytes:
    """A window with a bar chart, a line and a legend as BMP of 24 bits."""
    rng = Random(1891)
    canvas = np.zeros((144, 192, 3), np.uint8)
    fill(canvas, 0, 0, 192, 144, FRAME)
    fill(canvas, 1, 1, 190, 142, PANEL)
    fill(canvas, 1, 1, 190, 11, TITLE)
    write(canvas, 5, 4, "REQUESTS PER HOUR", PAPER)
    for place, colour in enumerate((0xD9534F, 0xF0C24B, 0x5CB85C)):
        fill(canvas, 164 + 9 * place, 4, 5, 5, colour)
    fill(canvas, 24, 18, 162, 96, PAPER)
    for step in range(7):
        fill(canvas, 24, 18 + 16 * step, 162, 1, GRID)
        write(canvas, 7, 16 + 16 * step, f"{(6 - step) * 50:4d}", INK)
    for hour in range(0, 24, 4):
        write(canvas, 25 + hour * 27 // 4, 117, f"{hour:02d}:00", INK)
    before = 60
    for hour in range(24):
        busy = 26 - abs(hour - 14)
        heights = [busy * weight // 16 + rng.randrange(9) for weight in (30, 14, 7)]
        x, y = 26 + hour * 27 // 4, 113
        for colour, height in zip(SERIES, heights, strict=True):
            y -= height
            fill(canvas, x, y, 5, height, colour)
        after = 40 + rng.randrange(40)
        top = min(before, after)
        fill(canvas, x - 2, top, 1, abs(after - before) + 1, INK)
        fill(canvas, x - 2, after, 8, 1, INK)
        before = after
    for place, (colour, name) in enumerate(zip(SERIES, ("READ", "WRITE", "ERROR"), strict=True)):
        fill(canvas, 28 + 44 * place, 130, 6, 6, colour)
        write(canvas, 37 + 44 * place, 131, name, INK)
    write(canvas, 148, 131, "P99 99.2%", INK)
    return bmp(canvas)


def bmp(canvas: Bytes) -> bytes:
    """A BMP of 24 bits; `canvas`: (rows, columns, 3), rows of a multiple of 4 bytes."""
    rows, columns, _ = canvas.shape
    header = struct.pack("<2sIIIIiiHHIIiiII", b"BM", 54 + canvas.size, 0, 54, 40, columns, rows, 1, 24, 0,
                         canvas.size, 2835, 2835, 0, 0)  # fmt: skip
    return header + canvas[::-1, :, ::-1].tobytes()


# --- screen.bmp: a desktop with windows ---

CODE = [
    (0, "DEF CODE(PORT, WORDS, SYMBOLS):", 0x8A3FA0), (1, "FOR I IN RANGE(LEN(SYMBOLS)):", 0x8A3FA0),
    (2, "CONTEXT = SYMBOLS[I - 1] + 256 * ORDER", INK), (2, "P = PREDICT(CONTEXT)", INK),
    (2, "# LEARN AFTER CODING", 0x6A8759), (2, "BIT = CODE_BIT(PORT, WORDS, P)", INK), (2, "IF BIT:", 0x8A3FA0),
    (3, "TABLE[CONTEXT] += (65535 - P) / 16", INK), (2, "ELSE:", 0x8A3FA0), (3, "TABLE[CONTEXT] -= P / 16", INK),
    (1, "RETURN LEN(SYMBOLS)", 0x8A3FA0), (0, "", INK), (0, "DEF TEST_IT_COMES_BACK():", 0x8A3FA0),
    (1, "DATA = \"TO BE OR NOT TO BE\"", 0x2A6FB0), (1, "ASSERT DECODE(ENCODE(DATA)) == DATA", INK),
]  # fmt: skip
FOLDER = ["ALICE.TXT", "BUDGET 2024.CSV", "DRAFT-3.TXT", "HILLS.PPM", "LOGS", "NOTES.TXT", "PHOTOS", "SERVER.LOG",
          "STATIONS.CSV", "TODO.TXT"]  # fmt: skip


def shade(canvas: Bytes, x: int, y: int, width: int, height: int, top: int, bottom: int) -> None:
    """Fill a rectangle with colours from `top` to `bottom`, 0xRRGGBB."""
    first, last = np.array([list(colour.to_bytes(3, "big")) for colour in (top, bottom)])
    steps = np.arange(height)[:, None]
    canvas[y : y + height, x : x + width] = ((first * (height - 1 - steps) + last * steps) // (height - 1))[:, None]


def disc(canvas: Bytes, x: int, y: int, radius: int, colour: int) -> None:
    """A filled circle about x, y with smooth edges: each pixel is the mean of 8 x 8."""
    fine = (np.arange(16 * (radius + 1)) - 8 * radius - 8) * 2 + 1  # sixteenths of a pixel from the middle
    inside = fine[:, None] * fine[:, None] + fine * fine <= (16 * radius) ** 2
    parts = inside.reshape(2 * radius + 2, 8, 2 * radius + 2, 8).sum((1, 3))[..., None]
    place = canvas[y - radius - 1 : y + radius + 1, x - radius - 1 : x + radius + 1]
    ink = np.array(list(colour.to_bytes(3, "big")))
    place[:] = (place * (64 - parts) + ink * parts + 32) // 64


def window(canvas: Bytes, x: int, y: int, width: int, height: int, title: str) -> None:
    """An empty window with a title bar, buttons and a soft shadow."""
    for depth in range(6):
        below = canvas[y + depth : y + height + 6 - depth, x + depth : x + width + 6 - depth]
        below[:] = below.astype(int) * 15 // 16
    fill(canvas, x, y, width, height, FRAME)
    shade(canvas, x + 1, y + 1, width - 2, 13, 0x4A7EBB, TITLE)
    write(canvas, x + 6, y + 5, title, PAPER)
    for place, colour in enumerate((0x5CB85C, 0xF0C24B, 0xD9534F)):
        disc(canvas, x + width - 30 + 11 * place, y + 8, 4, colour)
    fill(canvas, x + 1, y + 14, width - 2, height - 15, PAPER)


def screen() -> bytes:
    """A desktop with an editor, a file manager and a task bar as BMP of 24 bits."""
    rng = Random(1968)
    canvas = np.zeros((216, 360, 3), np.uint8)
    shade(canvas, 0, 0, 360, 216, 0x2B4C6F, 0x9CB8C8)
    for place in range(5):  # hills far and near
        for x in range(360):
            height = 70 - 13 * place + (x + 97 * place) * (360 - x + 61 * place) // (1500 + 2500 * place)
            fill(canvas, x, 216 - height, 1, height, 0x6F93A8 - 0x101814 * place)

    window(canvas, 14, 10, 218, 172, "KERNEL.PY - EDITOR")
    fill(canvas, 15, 24, 22, 157, PANEL)
    for number in range(19):
        write(canvas, 19, 29 + 8 * number, f"{number + 1:3d}", 0x9AA4B0)
        if number == 5:
            fill(canvas, 37, 27 + 8 * number, 190, 8, 0xFFF6D6)
        if number < len(CODE):
            indent, line, colour = CODE[number]
            write(canvas, 41 + 12 * indent, 29 + 8 * number, line, colour)
    fill(canvas, 227, 24, 4, 157, PANEL)
    fill(canvas, 227, 30, 4, 60, 0xB9C2CC)

    window(canvas, 196, 62, 152, 122, "FILES")
    fill(canvas, 197, 76, 150, 10, PANEL)
    write(canvas, 214, 79, "NAME", FRAME)
    write(canvas, 316, 79, "SIZE", FRAME)
    for row, name in enumerate(FOLDER):
        y = 88 + 9 * row
        if row == 3:
            fill(canvas, 197, y - 1, 150, 9, 0xCFE2F7)
        folder = "." not in name
        fill(canvas, 201, y, 7, 7, 0xD9A93C if folder else 0xC4CCD4)
        fill(canvas, 202, y + 1, 5, 5, 0xF3CE74 if folder else PAPER)
        write(canvas, 214, y + 1, name, INK)
        write(canvas, 308, y + 1, "" if folder else f"{rng.randrange(200, 400000):6d}", FRAME)
        fill(canvas, 340, y, 3, 7, PANEL)

    shade(canvas, 0, 198, 360, 18, 0x3A4350, 0x20242C)
    disc(canvas, 11, 207, 6, 0x4FA35A)
    for place, name in enumerate(("EDITOR", "FILES", "TERMINAL")):
        shade(canvas, 24 + 52 * place, 201, 48, 12, 0x6A7584, 0x4A5462)
        disc(canvas, 32 + 52 * place, 207, 3, SERIES[place])
        write(canvas, 39 + 52 * place, 205, name, PAPER)
    write(canvas, 330, 205, "14:27", PAPER)
    return bmp(canvas)


FILES: dict[str, Callable[[], bytes]] = {
    "chart.bmp": chart,
    "hills.ppm": hills,
    "orders.json": orders,
    "screen.bmp": screen,
    "server.log": server_log,
    "stations.csv": stations,
}


def main() -> None:
    """Write all files into the folder given, or into that of this script."""
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parent
    for name, make in FILES.items():
        (folder / name).write_bytes(make())


if __name__ == "__main__":
    main()
