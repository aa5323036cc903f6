"""Rules over bars: a program of operations on blocks, and what makes a condition a signal.

A truth is 1.0, 0.0 or NaN (unknown) while it is computed, and int8 when it is given out.
"""

from __future__ import annotations

import numpy as np

from quantperf.kernels._jit import kernel, step
from quantperf.kernels.candle_parts import UNKNOWN

FIRED, HELD = 1, 2  # a signal; the condition holds but something keeps it from being one
CHUNK = 4096  # values of a register: some 30 of them stay in the second cache
# What an operation does. Columns of a program: which, where to, up to four operands, first row of state, count.
(
    ADD, SUB, MUL, DIV, NEG, ABS, MIN, MAX, LT, LE, GT, GE, EQ, NE, AND, OR, NOT, CROSS_UP, CROSS_DOWN, PREV, COUNT,
    RULE,
) = range(22)  # fmt: skip
# Columns of a rule.
FAMILY, CLEAR, VALUE, STRENGTH, SEEN, HOLD, ONCE, COOLDOWN = range(8)
LATCH = (0.0, np.nan, 1.0, 0.0)  # how a rule's rows of state start: held so far, last, armed, wait
CONSTANT = 1 << 20  # the first operand that is a constant


@step
def _unknown_or(truth, known):
    """A truth as a number, NaN where a side of it was."""
    return (1.0 if truth else 0.0) if known else np.nan


@step
def _arithmetic(op, a, b, out):
    """Two numbers to one; what is divided by 0 is unknown."""
    if op == ADD:
        for i in range(out.size):
            out[i] = a[i] + b[i]
    elif op == SUB:
        for i in range(out.size):
            out[i] = a[i] - b[i]
    elif op == MUL:
        for i in range(out.size):
            out[i] = a[i] * b[i]
    elif op == DIV:
        for i in range(out.size):
            out[i] = a[i] / b[i] if b[i] != 0.0 else np.nan
    elif op == NEG:
        for i in range(out.size):
            out[i] = -a[i]
    elif op == ABS:
        for i in range(out.size):
            out[i] = abs(a[i])
    elif op == MIN:
        for i in range(out.size):
            out[i] = a[i] if a[i] <= b[i] or a[i] != a[i] else b[i]
    else:
        for i in range(out.size):
            out[i] = a[i] if a[i] >= b[i] or a[i] != a[i] else b[i]


@step
def _comparison(op, a, b, out):
    """Two numbers to a truth."""
    if op == LT:
        for i in range(out.size):
            out[i] = _unknown_or(a[i] < b[i], (a[i] == a[i]) & (b[i] == b[i]))
    elif op == LE:
        for i in range(out.size):
            out[i] = _unknown_or(a[i] <= b[i], (a[i] == a[i]) & (b[i] == b[i]))
    elif op == GT:
        for i in range(out.size):
            out[i] = _unknown_or(a[i] > b[i], (a[i] == a[i]) & (b[i] == b[i]))
    elif op == GE:
        for i in range(out.size):
            out[i] = _unknown_or(a[i] >= b[i], (a[i] == a[i]) & (b[i] == b[i]))
    elif op == EQ:
        for i in range(out.size):
            out[i] = _unknown_or(a[i] == b[i], (a[i] == a[i]) & (b[i] == b[i]))
    else:
        for i in range(out.size):
            out[i] = _unknown_or(a[i] != b[i], (a[i] == a[i]) & (b[i] == b[i]))


@step
def _logic(op, a, b, out):
    """Kleene's logic: what is false whatever the unknown part may be is false."""
    if op == AND:
        for i in range(out.size):
            out[i] = 0.0 if (a[i] == 0.0) | (b[i] == 0.0) else a[i] * b[i]
    elif op == OR:
        for i in range(out.size):
            out[i] = 1.0 if (a[i] == 1.0) | (b[i] == 1.0) else a[i] + b[i]
    else:
        for i in range(out.size):
            out[i] = 1.0 - a[i]


@step
def _crossing(op, a, beyond, a_before, b_before, out):
    """Whether a line came from one side to beyond the other; unknown if one of the four values is."""
    if op == CROSS_UP:
        for i in range(out.size):
            total = (a[i] - a[i]) + (beyond[i] - beyond[i]) + (a_before[i] - a_before[i]) + (b_before[i] - b_before[i])
            out[i] = _unknown_or((a_before[i] <= b_before[i]) & (a[i] > beyond[i]), total == total)
    else:
        for i in range(out.size):
            total = (a[i] - a[i]) + (beyond[i] - beyond[i]) + (a_before[i] - a_before[i]) + (b_before[i] - b_before[i])
            out[i] = _unknown_or((a_before[i] >= b_before[i]) & (a[i] < beyond[i]), total == total)


@step
def _previous(state, a, count, lanes, out):
    """The value of `count` bars before. state (count, L): the last values, oldest first, NaN before the first."""
    bars = out.size // lanes
    for t in range(bars):
        for j in range(lanes):
            out[t * lanes + j] = state[t, j] if t < count else a[(t - count) * lanes + j]
    kept = count - bars if bars < count else 0
    for r in range(kept):
        for j in range(lanes):
            state[r, j] = state[r + bars, j]
    for r in range(kept, count):
        for j in range(lanes):
            state[r, j] = a[(bars - count + r) * lanes + j]


@step
def _counted(seen, a, lanes, out):
    """How many known values there have been."""
    for t in range(out.size // lanes):
        for j in range(lanes):
            i = t * lanes + j
            seen[j] += 1.0 if a[i] == a[i] else 0.0
            out[i] = seen[j]


@step
def _latch(state, truth, clear, cleared, hold, once, cooldown, run):
    """Whether a bar fires. state of one lane: 1 after the condition held long enough, 0 after it failed, NaN before.

    Then whether it is armed, and how many bars to wait. Returns these three and whether the bar fires. `cleared`:
    whether there is a condition that arms it again.
    """
    last, armed, wait = state
    if wait > 0.0:
        wait -= 1.0
    if cleared & (clear == 1.0):
        armed = 1.0
    ripe = (truth == 1.0) & (run >= hold)
    entered = ripe & ((last == 0.0) | (not once))
    fires = entered & (wait <= 0.0) & ((armed == 1.0) | (not cleared))
    if fires:
        armed, wait = 0.0, float(cooldown) + 1.0 if cooldown > 0 else 0.0
    if truth == 0.0:
        last = 0.0
    elif ripe:
        last = 1.0
    return last, armed, wait, fires


@step
def _apply(rule, truth, clear, latch, lanes, taken, run, codes):
    """Make a condition a code on every bar. latch (4, L): bars that it has held, and what `_latch` keeps."""
    hold, once, cooldown = rule[HOLD], rule[ONCE] == 1, rule[COOLDOWN]
    cleared = rule[CLEAR] != 0
    plainly = (hold == 1) & (not once) & (cooldown == 0) & (not cleared)
    for t in range(codes.size // lanes):
        for j in range(lanes):
            i = t * lanes + j
            held = truth[i]
            latch[0, j] = latch[0, j] + 1.0 if held == 1.0 else 0.0
            run[i] = latch[0, j]
    if plainly:
        for i in range(codes.size):
            on = truth[i] == 1.0
            fires = on & (taken[i] == 0)
            taken[i] = 1 if fires else taken[i]
            codes[i] = (FIRED if fires else HELD if on else 0) if truth[i] == truth[i] else UNKNOWN
        return
    for t in range(codes.size // lanes):
        for j in range(lanes):
            i = t * lanes + j
            rows = (latch[1, j], latch[2, j], latch[3, j])
            latch[1, j], latch[2, j], latch[3, j], fires = _latch(
                rows, truth[i], clear[i], cleared, hold, once, cooldown, run[i]
            )
            fires = fires & (taken[i] == 0)
            taken[i] = 1 if fires else taken[i]
            codes[i] = (FIRED if fires else HELD if truth[i] == 1.0 else 0) if truth[i] == truth[i] else UNKNOWN


@step
def _operand(room, flat, place, registers, start, n):
    """The values of an operand: a register, an input, or a constant."""
    if place < 0:
        return flat[-1 - place, start : start + n]
    if place >= CONSTANT:
        return room[registers + place - CONSTANT, :n]
    return room[place, :n]


@step
def _collect(number, first, lanes, codes, run, seen, worth, strength, mood, found, counts, places, values):
    """Count the codes of a rule, and put its signals after the `found` ones; returns how many there are now."""
    before, known = found, 0
    for i in range(codes.size):
        known += 1 if codes[i] != UNKNOWN else 0
        if codes[i] == FIRED:
            places[0, found] = number
            places[1, found] = first + i // lanes
            places[2, found] = i % lanes
            places[3, found] = int(run[i])
            places[4, found] = int(seen[i])
            values[0, found] = worth[i]
            values[1, found] = strength[i]
            values[2, found] = mood[i]
            found += 1
    counts[number, 0] += found - before
    counts[number, 1] += known
    counts[number, 2] += codes.size - known
    return found


@kernel
def evaluate(state, lines, constants, registers, program, rules, market, counts, codes, places, values):
    """Run a program over blocks, and collect its signals; returns how many there are.

    state (slots, L). lines (inputs, bars, L). constants (numbers,). An operand is a register (0 and up), an input
    (-1 - input) or, from `CONSTANT` up, a constant. rules (rules, 8). market: operand whose value goes with
    each signal. counts (rules, 3): fired, known, unknown. codes (rules, bars, L), or (rules, 0, L): not wanted. places
    (5, room): rule, bar, lane, bars that the condition has held, whole bars seen. values (3, room): value, strength,
    market.
    """
    inputs, bars, lanes = lines.shape
    size = max(1, CHUNK // lanes)
    flat = lines.reshape(inputs, bars * lanes)
    room = np.empty((registers + constants.size, size * lanes))
    for c in range(constants.size):
        room[registers + c] = constants[c]
    families = 0
    for r in range(rules.shape[0]):
        families = max(families, rules[r, FAMILY] + 1)
    taken = np.empty((families, size * lanes), dtype=np.int8)
    run = np.empty(size * lanes)
    short = np.empty(size * lanes, dtype=np.int8)
    found = 0
    for lo in range(0, bars, size):
        n = min(size, bars - lo) * lanes
        start = lo * lanes
        taken[:, :n] = 0
        for p in range(program.shape[0]):
            op = program[p, 0]
            a = _operand(room, flat, program[p, 2], registers, start, n)
            b = _operand(room, flat, program[p, 3], registers, start, n)
            if op == RULE:
                rule = rules[program[p, 1]]
                row = program[p, 6]
                mine = codes[program[p, 1]].reshape(-1)[start : start + n] if codes.shape[1] else short[:n]
                _apply(rule, a, b, state[row : row + 4], lanes, taken[rule[FAMILY], :n], run[:n], mine)
                worth = _operand(room, flat, rule[VALUE], registers, start, n)
                strength = _operand(room, flat, rule[STRENGTH], registers, start, n)
                seen = _operand(room, flat, rule[SEEN], registers, start, n)
                mood = _operand(room, flat, market, registers, start, n)
                found = _collect(
                    program[p, 1], lo, lanes, mine, run, seen, worth, strength, mood, found, counts, places, values
                )
                continue
            out = room[program[p, 1], :n]
            if op <= MAX:
                _arithmetic(op, a, b, out)
            elif op <= NE:
                _comparison(op, a, b, out)
            elif op <= NOT:
                _logic(op, a, b, out)
            elif op <= CROSS_DOWN:
                c = _operand(room, flat, program[p, 4], registers, start, n)
                d = _operand(room, flat, program[p, 5], registers, start, n)
                _crossing(op, a, b, c, d, out)
            elif op == PREV:
                row, count = program[p, 6], program[p, 7]
                _previous(state[row : row + count], a, count, lanes, out)
            else:
                _counted(state[program[p, 6]], a, lanes, out)
    return found
