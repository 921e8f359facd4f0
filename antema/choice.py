# mypy: ignore-errors
"""The best set of candidates: few particles that explain much, by local search, in compiled loops.

Every item (a point of the outline, a cell of the region) has a weight that is gained once by all
candidates that hold it, every candidate has its price: a weighted set cover with a gain. The
search adds what pays best, then exchanges single candidates, and takes one out and fills up again,
until nothing pays any more.
"""

import numpy as np
from numba import njit

_ROUNDS = 60
_PAYS = 1e-6
# As typed numbers: a literal in a call would be compiled a second time for its value.
_NONE = np.int64(-1)
_ABSENT, _ALONE = np.int64(0), np.int64(1)
_OUT, _IN = np.int64(-1), np.int64(1)


@njit(cache=True, nogil=True)
def choose(begin, item, weight, price, clash):
    """Choose among candidates.

    Parameters
    ----------
    begin : ndarray of int64, shape (n + 1,)
        Where the items of each candidate begin in `item`.
    item : ndarray of int64
    weight : ndarray of float64
        Of each item.
    price : ndarray of float64, shape (n,)
    clash : ndarray of bool, shape (n, n)
        Which candidates must not be chosen together.

    Returns
    -------
    ndarray of bool, shape (n,)
    """
    n = len(price)
    cover = np.zeros(len(weight), np.int32)
    blocked = np.zeros(n, np.int32)
    chosen = np.zeros(n, np.bool_)
    _fill(begin, item, weight, price, clash, chosen, blocked, cover, _NONE)
    for _ in range(_ROUNDS):
        better = False
        best, which = _PAYS, _NONE
        for k in range(n):
            if not chosen[k]:
                gain = _exchange(begin, item, weight, price, clash, chosen, cover, k)
                if gain > best:
                    best, which = gain, k
        if which >= 0:
            for j in range(n):
                if chosen[j] and clash[which, j]:
                    _switch(begin, item, clash, chosen, blocked, cover, j)
            _switch(begin, item, clash, chosen, blocked, cover, which)
            _drop(begin, item, weight, price, clash, chosen, blocked, cover, which)
            _fill(begin, item, weight, price, clash, chosen, blocked, cover, _NONE)
            better = True
        for j in range(n):
            if not chosen[j]:
                continue
            before = chosen.copy()
            gain = -_worth(begin, item, weight, price, cover, j, _ALONE)
            _switch(begin, item, clash, chosen, blocked, cover, j)
            gain += _fill(begin, item, weight, price, clash, chosen, blocked, cover, j)
            gain += _drop(begin, item, weight, price, clash, chosen, blocked, cover, _NONE)
            if gain > _PAYS:
                better = True
                continue
            for k in range(n):
                if chosen[k] != before[k]:
                    _switch(begin, item, clash, chosen, blocked, cover, k)
        if not better:
            break
    return chosen


@njit(cache=True, nogil=True)
def _worth(begin, item, weight, price, cover, k, count):
    """Gain of a candidate whose items count where they are held so many times."""
    gain = -price[k]
    for i in range(begin[k], begin[k + 1]):
        if cover[item[i]] == count:
            gain += weight[item[i]]
    return gain


@njit(cache=True, nogil=True)
def _switch(begin, item, clash, chosen, blocked, cover, k):
    """Take a candidate in, or out."""
    chosen[k] = not chosen[k]
    sign = 1 if chosen[k] else -1
    for i in range(begin[k], begin[k + 1]):
        cover[item[i]] += sign
    for j in range(len(chosen)):
        if clash[k, j]:
            blocked[j] += sign


@njit(cache=True, nogil=True)
def _fill(begin, item, weight, price, clash, chosen, blocked, cover, banned):
    """Take in what pays best, again and again; return the gain."""
    n = len(price)
    bound = np.full(n, np.inf)  # worths only shrink meanwhile
    total = 0.0
    while True:
        best, which = _PAYS, _NONE
        for k in range(n):
            if chosen[k] or k == banned or blocked[k] or bound[k] <= best:
                continue
            bound[k] = _worth(begin, item, weight, price, cover, k, _ABSENT)
            if bound[k] > best:
                best, which = bound[k], k
        if which < 0:
            return total
        total += best
        _switch(begin, item, clash, chosen, blocked, cover, which)


@njit(cache=True, nogil=True)
def _drop(begin, item, weight, price, clash, chosen, blocked, cover, kept):
    """Take out what does not pay any more; return the gain."""
    total = 0.0
    for j in range(len(price)):
        if chosen[j] and j != kept:
            worth = _worth(begin, item, weight, price, cover, j, _ALONE)
            if worth < 0:
                total -= worth
                _switch(begin, item, clash, chosen, blocked, cover, j)
    return total


@njit(cache=True, nogil=True)
def _exchange(begin, item, weight, price, clash, chosen, cover, k):
    """Gain of taking one in and those out that clash with it or do not pay beside it."""
    removed = np.empty(len(price), np.int64)
    size = 0
    gain = 0.0
    for j in range(len(price)):
        if chosen[j] and clash[k, j]:
            gain -= _worth(begin, item, weight, price, cover, j, _ALONE)
            _add(begin, item, cover, j, _OUT)
            removed[size] = j
            size += 1
    gain += _worth(begin, item, weight, price, cover, k, _ABSENT)
    _add(begin, item, cover, k, _IN)
    for j in range(len(price)):
        if chosen[j] and not clash[k, j]:
            worth = _worth(begin, item, weight, price, cover, j, _ALONE)
            if worth < 0:
                gain -= worth
                _add(begin, item, cover, j, _OUT)
                removed[size] = j
                size += 1
    _add(begin, item, cover, k, _OUT)
    for i in range(size):
        _add(begin, item, cover, removed[i], _IN)
    return gain


@njit(cache=True, nogil=True)
def _add(begin, item, cover, k, count):
    for i in range(begin[k], begin[k + 1]):
        cover[item[i]] += count
