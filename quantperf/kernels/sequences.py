"""Sequences of signals: how often each one occurs where the types are turned against each other in time.

Events come sorted by group, type and place, a group being one symbol in one timeframe and a place the number of one of
its bars. To turn a type is to move all of its events along the bars from its first place on, by one share of their
number; those that pass the last bar come in again at the first place. Sorted by type, they fall into the order of
(place, type) in one counting sort.
"""

from __future__ import annotations

import numpy as np

from quantperf.kernels._jit import kernel, natural, step

SPREAD = natural(0x9E3779B97F4A7C15)  # 2**64 / golden ratio: neighbouring codes land far apart
HIGH = natural(32)


@step
def _arrange(place, kind, begin, end, bars, opens, shares, moved, tally, places, kinds):
    """Put the turned events of one group into the order of their places, those of one place by type."""
    tally[: bars + 1] = 0
    for e in range(begin, end):
        room = bars - opens[kind[e]]
        p = place[e] + int(shares[kind[e]] * room)
        if p >= bars:
            p -= room
        moved[e - begin] = p
        tally[p + 1] += 1
    for p in range(bars):
        tally[p + 1] += tally[p]
    for e in range(begin, end):
        seat = tally[moved[e - begin]]
        tally[moved[e - begin]] += 1
        places[seat] = moved[e - begin]
        kinds[seat] = kind[e]


@step
def _links(places, near, base, gap, apart, i):
    """Whether event i follows the one before it closely enough."""
    if apart and places[i] == places[i - 1]:
        return False
    return near[base + places[i]] - near[base + places[i - 1]] <= gap


@step
def _slot(table, bits, code):
    """Where a code stands in the table, or is to stand; an entry of 0 is free.

    An entry is a code above some bits, and its count in them: half the memory of two columns, so fewer misses.
    """
    last = natural(table.size - 1)
    slot = ((natural(code) * SPREAD) >> HIGH) & last
    while table[slot] != 0 and table[slot] >> bits != code:
        slot = (slot + natural(1)) & last
    return slot


@step
def _surprise(code, count, radix, links, own):
    """By how much a count exceeds what the pairs of neighbours let expect: twice this is a likelihood ratio."""
    after = code % radix - 1
    code //= radix
    expected = 0.0
    while code > 0:
        kind = code % radix - 1
        code //= radix
        expected += links[kind, after]
        if code > 0:
            expected -= own[kind]
        after = kind
    excess = count * (np.log(count) - expected) - (count - np.exp(expected))
    return excess if np.log(count) > expected else 0.0


@kernel
def turned_pairs(place, kind, first, bars, opens, base, near, far, gap, span, apart, digits, shares, pairs):
    """Count neighbours of each two types, over all draws. opens (types,): the first place of each type.

    shares (draws, types), digits (types,): the place of a type in pairs (frequent, frequent) plus 1, 0 for rare ones.
    """
    most = np.max(np.diff(first))
    moved, places, kinds = (np.empty(most, np.int64), np.empty(most, np.int64), np.empty(most, np.int64))
    tally = np.empty(np.max(bars) + 1, np.int64)
    for d in range(shares.shape[0]):
        for g in range(bars.size):
            _arrange(place, kind, first[g], first[g + 1], bars[g], opens, shares[d], moved, tally, places, kinds)
            for i in range(1, first[g + 1] - first[g]):
                close = far[base[g] + places[i]] - far[base[g] + places[i - 1]] <= span
                both = digits[kinds[i - 1]] > 0 and digits[kinds[i]] > 0
                if close and both and _links(places, near, base[g], gap, apart, i):
                    pairs[digits[kinds[i - 1]] - 1, digits[kinds[i]] - 1] += 1


@kernel
def turned_counts(
    place, kind, first, bars, opens, base, near, far, gap, span, apart, shortest, longest, least, digits, shares, links,
    own, wanted, bits, table, used, found, top,
):  # fmt: skip
    """Count the wanted sequences in each draw, and note the greatest surprise of any sequence at all.

    A sequence has the code of the digits of its types, which go from 1 to the number of frequent types; a type that is
    too rare for a sequence of at least `least` has the digit 0, and no sequence is counted beyond it. links (frequent,
    frequent): log of the expected pairs; own (frequent,): log of the events of a type. table: zeros, a power of two of
    them; used: half as many; bits: of a count in the table. found (draws, wanted), top (draws,). Returns whether the
    table was large enough.
    """
    most = np.max(np.diff(first))
    moved, places, kinds = (np.empty(most, np.int64), np.empty(most, np.int64), np.empty(most, np.int64))
    tally = np.empty(np.max(bars) + 1, np.int64)
    radix, ones = own.size + 1, (1 << bits) - 1
    for d in range(shares.shape[0]):
        entries = 0
        for g in range(bars.size):
            _arrange(place, kind, first[g], first[g + 1], bars[g], opens, shares[d], moved, tally, places, kinds)
            events = first[g + 1] - first[g]
            for i in range(events):
                code = 0
                for j in range(i, min(i + longest, events)):
                    if j > i and not _links(places, near, base[g], gap, apart, j):
                        break
                    if far[base[g] + places[j]] - far[base[g] + places[i]] > span:
                        break
                    digit = digits[kinds[j]]
                    if digit == 0:
                        break
                    code = code * radix + digit
                    if j - i + 1 >= shortest:
                        slot = _slot(table, bits, code)
                        if table[slot] == 0:
                            if entries == used.size:
                                return False
                            table[slot] = code << bits
                            used[entries] = slot
                            entries += 1
                        table[slot] += 1
        for w in range(wanted.size):
            found[d, w] = table[_slot(table, bits, wanted[w])] & ones
        greatest = 0.0
        for e in range(entries):
            entry = table[used[e]]
            table[used[e]] = 0
            if entry & ones >= least:
                greatest = max(greatest, _surprise(entry >> bits, entry & ones, radix, links, own))
        top[d] = greatest
    return True


@kernel
def turned_successes(place, group, side, first, bars, base, signs, shares, wins, known):
    """Count what a set of places would have won, were all turned along the bars. Sets: first (sets + 1,).

    signs: of the return from each bar on, 1, 0 or -1; any other is unknown. wins, known (draws, sets).
    """
    for d in range(shares.size):
        for s in range(first.size - 1):
            won, seen = 0, 0
            for e in range(first[s], first[s + 1]):
                count = bars[group[e]]
                p = place[e] + int(shares[d] * count)
                if p >= count:
                    p -= count
                sign = signs[base[group[e]] + p]
                if -1 <= sign <= 1:
                    seen += 1
                    won += sign * side[e] > 0
            wins[d, s], known[d, s] = won, seen


@kernel
def moves(high, low, entry, leave, up, down):
    """Take the highest high and lowest low of the bars from entry to leave; NaN where one lacks or there is none."""
    for i in range(entry.size):
        highest, lowest = -np.inf, np.inf
        whole = 0 <= entry[i] <= leave[i]
        if whole:
            for t in range(entry[i], leave[i] + 1):
                if high[t] != high[t] or low[t] != low[t]:
                    whole = False
                    break
                highest, lowest = max(highest, high[t]), min(lowest, low[t])
        up[i] = highest if whole else np.nan
        down[i] = lowest if whole else np.nan
