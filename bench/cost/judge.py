"""Holds the counted instructions to the budget, to their growth, and to what is promised of them.

Arguments: the mode of bench/instructions; the budget; the counts; where to write how the costs grow.
"""

import re
import sys

TOLERANCE = 0.03

# What does not grow at all, however much there is of what.
CONSTANT = {"read", "write"}
CONSTANT_PAIRS = {("event", "sessions")}


def read(path):
    with open(path, encoding="utf-8") as lines:
        fields = (line.rstrip("\n").split("\t") for line in lines if line.strip() and not line.startswith("#"))
        return {name: int(count) for name, count in fields}


def over_budget(counts, budget):
    for name in budget.keys() - counts.keys():
        yield f"{name}: in the budget, and not counted"
    for name, count in counts.items():
        allowed = budget.get(name)
        if allowed is None:
            yield f"{name}: {count} instructions, and no budget"
            continue
        change = count / allowed - 1
        mark = ""
        if change > TOLERANCE:
            mark = "  OVER BUDGET"
            yield f"{name}: {count} instructions, {change:+.1%} of its budget of {allowed}"
        elif change < -TOLERANCE:
            mark = "  well below: run bench/instructions --update"
        print(f"{count:>12} {change:>+7.1%}  {name}{mark}")


def families(counts):
    """The points of each curve: (how many, instructions), by (what, of what)."""
    found = {}
    for name, count in counts.items():
        if match := re.fullmatch(r"scale (\w+) (\w+) (\d+)", name):
            found.setdefault(match.group(1, 2), []).append((int(match[3]), count))
    return {family: sorted(points) for family, points in found.items()}


def growing(curves):
    for (what, of), points in curves.items():
        if what in CONSTANT or (what, of) in CONSTANT_PAIRS:
            least = min(count for _, count in points)
            for size, count in points:
                if count > (1 + TOLERANCE) * least:
                    yield f"{what} with {size} {of}: {count} instructions, with fewer {least}: it should not grow"
        # What each one more adds must not be more than what each added before. Counts waver a little, by more digits to
        # print for one.
        for (fewest, least), (few, low), (many, high) in zip(points, points[1:], points[2:]):
            each = max(0, (low - least) / (few - fewest))
            if high > low + 1.05 * each * (many - few) + TOLERANCE * high:
                added = (high - low) / (many - few)
                yield f"{what} with {many} {of}: each adds {added:.0f} instructions, with {few} {each:.0f}: worse than linear"


def broken(counts):
    """What is promised and does not hold."""
    if "floor curve operations of Pair Verify" in counts and "verify M1" in counts:
        verify = counts["verify M1"] + counts["verify M3 sixteen times"] / 16
        curve = counts["floor curve operations of Pair Verify"]
        if verify > 1.6 * curve:
            yield f"Pair Verify takes {verify / curve:.2f} of its curve operations, more than 1.6"
        power = counts["floor 256-bit power mod N"]
        if counts["setup M3"] > 1.4 * power:
            yield "Pair Setup M3 takes more than 1.4 powers"
        if counts["setup M1"] > power / 100:
            yield "Pair Setup M1 is not prepared"
    # What a stranger could learn from the time that a refusal takes. What the check of a signature costs depends on the
    # signature's bits: sixteen together still differ a little.
    one, other = "verify M3 of an unknown controller sixteen times", "verify M3 with a bad signature sixteen times"
    if one in counts and other in counts:
        difference = abs(counts[one] / counts[other] - 1)
        if difference > 0.005:
            yield f"{one} differs from {other} by {difference:.3%}"
    wrong_codes = {name: count for name, count in counts.items() if name.startswith("setup M3 with wrong code ")}
    if len(set(wrong_codes.values())) > 1:
        yield f"wrong setup codes are told apart: {wrong_codes}"


def main():
    mode, budget_path, counts_path, scale_path = sys.argv[1:]
    counts = read(counts_path)
    assert counts and all(counts.values()), "nothing was counted"
    curves = families(counts)
    faults = []
    if mode == "compare":
        faults += over_budget(counts, read(budget_path))
    else:
        for name, count in counts.items():
            print(f"{count:>12}  {name}")
    if mode != "only":
        faults += [*growing(curves), *broken(counts)]
        with open(scale_path, "w", encoding="utf-8") as out:
            out.write("# what\tof what\thow many\tinstructions\n")
            for (what, of), points in curves.items():
                out.writelines(f"{what}\t{of}\t{size}\t{count}\n" for size, count in points)
    if mode == "update":
        with open(budget_path, "w", encoding="utf-8") as out:
            out.write("# Instructions of each case of bench/cost on x86-64; written by bench/instructions --update.\n")
            out.writelines(f"{name}\t{count}\n" for name, count in counts.items())
    for fault in faults:
        print(f"bench/instructions: {fault}", file=sys.stderr)
    sys.exit(1 if faults else 0)


main()
