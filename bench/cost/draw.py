"""Draws how the costs grow: one field for each thing that there may be more of, both axes logarithmic.

Arguments: what bench/instructions wrote about it; the drawing to write.
"""

import math
import sys

# What grows, its words, how many there are of what the file counts, and one more word about it.
FIELDS = [
    ("bridged", "bridged accessories", lambda count: count),
    ("services", "characteristics, in 149 accessories", lambda count: 149 * (7 + 3 * count)),
    ("pairings", "pairings", lambda count: count),
    ("sessions", "sessions, one of them watching", lambda count: count),
    ("watchers", "sessions that watch", lambda count: count),
]
WORDS = {"read": "read", "write": "write", "accessories": "/accessories", "event": "event", "verify": "Pair Verify M3",
         "list": "List Pairings"}
WIDTH, HEIGHT, COLUMNS = 300, 220, 3
LEFT, RIGHT, TOP, BOTTOM = 46, 14, 34, 30
LEAST, MOST = 3.5, 8.2

STYLE = """  <style>
    :root { color-scheme: light dark }
    .paper { fill: #fbfaf7 } .ink { fill: #1d2329 } .soft { fill: #5b6670 } .grid { stroke: #d6dade }
    .curve { fill: none; stroke-width: 2 } text { font: 12px system-ui, "DejaVu Sans", sans-serif }
    .head { font-size: 13px; font-weight: 600 } .end { text-anchor: end } .mid { text-anchor: middle }
    .read { stroke: #1f5fb4 } .write { stroke: #b3261e } .accessories { stroke: #2f7d4f } .event { stroke: #8a5a00 }
    .verify { stroke: #6b3fa0 } .list { stroke: #00727d }
    @media (prefers-color-scheme: dark) {
      .paper { fill: #161b20 } .ink { fill: #e8ecef } .soft { fill: #a3afb9 } .grid { stroke: #36404a }
      .read { stroke: #8ab8ff } .write { stroke: #ff8a80 } .accessories { stroke: #6cc593 } .event { stroke: #e5b45c }
      .verify { stroke: #c0a2ec } .list { stroke: #5fc9d3 }
    }
  </style>
"""


def read(path):
    curves = {}
    with open(path, encoding="utf-8") as lines:
        for line in lines:
            if not line.startswith("#"):
                what, of, size, count = line.rstrip("\n").split("\t")
                curves.setdefault(of, {}).setdefault(what, []).append((int(size), int(count)))
    return curves


def instructions(power):
    return {4: "10 k", 5: "100 k", 6: "1 M", 7: "10 M", 8: "100 M"}[power]


def field(words, curves, left, top):
    """One field. Zero of something stands where one is."""
    sizes = sorted({max(size, 1) for points in curves.values() for size, _ in points})
    least, most = math.log10(sizes[0]), math.log10(sizes[-1])

    def across(size):
        share = (math.log10(max(size, 1)) - least) / (most - least)
        return left + LEFT + share * (WIDTH - LEFT - RIGHT)

    def down(count):
        share = (math.log10(count) - LEAST) / (MOST - LEAST)
        return top + HEIGHT - BOTTOM - share * (HEIGHT - TOP - BOTTOM)

    yield f'  <text class="ink head" x="{left + LEFT}" y="{top + 20}">{words}</text>'
    for power in range(math.ceil(LEAST), math.floor(MOST) + 1):
        y = down(10**power)
        yield f'  <path class="grid" d="M{left + LEFT} {y:.1f}H{left + WIDTH - RIGHT}"/>'
        yield f'  <text class="soft end" x="{left + LEFT - 5}" y="{y + 4:.1f}">{instructions(power)}</text>'
    for size in {sizes[0], sizes[len(sizes) // 2], sizes[-1]}:
        text = f"{size:,}".replace(",", " ")
        yield f'  <text class="soft mid" x="{across(size):.1f}" y="{top + HEIGHT - 12}">{text}</text>'
    for what, points in curves.items():
        path = "L".join(f"{across(size):.1f} {down(count):.1f}" for size, count in sorted(points))
        yield f'  <path class="curve {what}" d="M{path}"/>'


def main():
    source, drawing = sys.argv[1:]
    curves = read(source)
    rows = math.ceil((len(FIELDS) + 1) / COLUMNS)
    width, height = COLUMNS * WIDTH, rows * HEIGHT
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" role="img" aria-labelledby="title desc">',
        '  <title id="title">Instructions of each step, and how they grow with what there is</title>',
        '  <desc id="desc">Both axes are logarithmic. Reads and writes are flat lines everywhere; /accessories, List Pairings',
        "    and events rise with what they tell of and with who watches, in proportion at most. The points are written to",
        "    target/scale.tsv by bench/instructions.</desc>",
        STYLE + f'  <rect class="paper" width="{width}" height="{height}" rx="10"/>',
    ]
    for nth, (of, words, amount) in enumerate(FIELDS):
        scaled = {what: [(amount(size), count) for size, count in points] for what, points in curves[of].items()}
        lines += field(words, scaled, nth % COLUMNS * WIDTH, nth // COLUMNS * HEIGHT)
    left, top = len(FIELDS) % COLUMNS * WIDTH + LEFT, len(FIELDS) // COLUMNS * HEIGHT
    lines.append(f'  <text class="ink head" x="{left}" y="{top + 20}">instructions of</text>')
    for nth, (what, words) in enumerate(WORDS.items()):
        y = top + 44 + 24 * nth
        lines.append(f'  <path class="curve {what}" d="M{left} {y - 4}h30"/>')
        lines.append(f'  <text class="ink" x="{left + 40}" y="{y}">{words}</text>')
    lines.append("</svg>\n")
    with open(drawing, "w", encoding="utf-8") as out:
        out.write("\n".join(lines))


main()
