"""Exact answers and exact ranges of a few games of LeNet, by Clarabel: the fixture of crates/interactions/tests/exact_games.rs.

    python tests/peers/exact.py crates/interactions/tests/fixtures/lenet-games.f32 crates/interactions/tests/fixtures/lenet-exact.json

Of each game: the smallest L1 norm P; the canonical answer's mean order and share of orders of 3 and more, and for the first two its effects; and between
what sum f |x| / t lies for all |x|_1 <= t = 1.005 P, for f the order and the indicator of orders of 3 and more. About 3 minutes.
"""
import json
import sys

import clarabel
import numpy as np
import scipy.sparse as sp

ORDER_WEIGHT, CURVATURE, NEAR_OPTIMAL, NOISE_RATIO, WITH_EFFECTS = 0.1, 0.1, 5e-3, 0.02, 2
CHOSEN = [0, 1, 2, 3, 6, 7]  # two before training, two at the boundary, two at the end


class Problem:
    """|Z a + Z_B b - v| <= tau, written sparsely: Z_B b = sum of all b - Z b at the complement."""

    def __init__(self, v, tau):
        n = len(v).bit_length() - 1
        masks = len(v)
        self.order = np.array([bin(mask).count("1") for mask in range(masks)])
        zeta = sp.csc_matrix([[1.0]])
        for _ in range(n):
            zeta = sp.kron(np.array([[1.0, 0.0], [1.0, 1.0]]), zeta, format="csc")
        self.or_masks = np.where(self.order >= 2)[0]
        missed = zeta[::-1, :].tocsc()[:, self.or_masks]
        count = len(self.or_masks)
        self.effects = 2 * (masks + count)
        # Variables: a+, a-, b+, b-, the sum of all b, the noise.
        ones = np.ones((1, count))
        explain = sp.hstack([zeta, -zeta, -missed, missed, np.ones((masks, 1)), -sp.eye(masks)])
        total = sp.hstack([sp.csc_matrix((1, 2 * masks)), ones, -ones, [[-1.0]], sp.csc_matrix((1, masks))])
        positive = sp.hstack([-sp.eye(self.effects), sp.csc_matrix((self.effects, 1 + masks))])
        noise = sp.hstack([sp.csc_matrix((masks, self.effects + 1)), sp.eye(masks)])
        self.rows = sp.vstack([explain, total, positive, noise, -noise]).tocsc()
        self.right = np.concatenate([v, [0.0], np.zeros(self.effects), np.full(2 * masks, tau)])
        self.masks, self.columns = masks, self.rows.shape[1]
        self.orders = np.concatenate([self.order, self.order, self.order[self.or_masks], self.order[self.or_masks]])

    def solve(self, weights, curvature=0.0, limit=None):
        """Objective and effects (and, or) that minimise sum weights |x| + curvature/2 |x|^2."""
        rest = self.columns - self.effects
        cost = np.concatenate([weights[self.orders], np.zeros(rest)])
        square = sp.diags(np.concatenate([np.full(self.effects, curvature), np.zeros(rest)])).tocsc()
        rows, right = self.rows, self.right
        if limit is not None:
            norm = sp.csc_matrix(np.concatenate([np.ones(self.effects), np.zeros(rest)])[None, :])
            rows, right = sp.vstack([rows, norm]).tocsc(), np.append(right, limit)
        cones = [clarabel.ZeroConeT(self.masks + 1), clarabel.NonnegativeConeT(rows.shape[0] - self.masks - 1)]
        settings = clarabel.DefaultSettings()
        settings.verbose = False
        if curvature > 0:
            settings.tol_gap_abs = settings.tol_gap_rel = settings.tol_feas = 1e-10
        found = clarabel.DefaultSolver(square, cost, rows, right, cones, settings).solve()
        x = np.array(found.x)
        m, c = self.masks, len(self.or_masks)
        either = np.zeros(m)
        either[self.or_masks] = x[2 * m : 2 * m + c] - x[2 * m + c : self.effects]
        return found.obj_val, x[:m] - x[m : 2 * m], either


def of_game(outputs, with_effects):
    v = np.asarray(outputs, float) - outputs[0]
    unit = np.abs(v).max()
    v, tau = v / unit, NOISE_RATIO * abs(v[-1] / unit)
    problem = Problem(v, tau)
    n = len(v).bit_length() - 1
    k = np.arange(n + 1.0)
    smallest, *_ = problem.solve(np.ones(n + 1))
    weights = 1 + ORDER_WEIGHT * k
    _, a, b = problem.solve(weights, CURVATURE)
    strength = np.bincount(problem.order, np.abs(a) + np.abs(b), minlength=n + 1)[1:]
    limit = (1 + NEAR_OPTIMAL) * smallest
    high = (k >= 3).astype(float)
    least = lambda f: problem.solve(np.where(k > 0, f, 0.0), limit=limit)[0] / limit
    found = {
        "smallest_norm": smallest * unit,
        "mean_order": float(strength @ k[1:] / strength.sum()),
        "share": float(strength[2:].sum() / strength.sum()),
        "mean_order_range": [least(k), n + 1 - least(n + 1 - k)],
        "share_range": [least(high), 1 - least(1 - high)],
    }
    if with_effects:
        pairs = [("and", a), ("or", b)]
        found["effects"] = [[kind, int(s), float(x[s] * unit)] for kind, x in pairs for s in np.where(np.abs(x) > 1e-7)[0]]
    return found


if __name__ == "__main__":
    games, out = sys.argv[1:]
    games = np.fromfile(games, "<f4").reshape(-1, 1024)
    found = [dict(game=game, **of_game(games[game], i < WITH_EFFECTS)) for i, game in enumerate(CHOSEN)]
    with open(out, "w") as file:
        json.dump(found, file, indent=1)
        file.write("\n")
