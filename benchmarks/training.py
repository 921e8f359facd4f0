"""How long a step of training takes in float32 and in bfloat16. Run: python benchmarks/training.py

Forward and backward of two tiles on one thread, medians of processor times of runs that take turns,
so that their ratio holds on a busy machine, too.
"""

import statistics
import time
from concurrent.futures import ThreadPoolExecutor

import torch

from antema.training.copies import Copies, bfloat16_is_faster
from antema.training.dataset import TILE_PX
from antema.training.model import ENCODERS, Segmenter, to_channels_last

ROUNDS = 4


def main() -> None:
    torch.set_num_threads(1)
    print("bfloat16 is used here:", bfloat16_is_faster("cpu"))
    grey = torch.rand(2, 1, TILE_PX, TILE_PX)
    truth = (torch.rand(grey.shape) > 0.5).float()
    with ThreadPoolExecutor(1, initializer=torch.set_num_threads, initargs=(1,)) as executor:
        for encoder in ENCODERS:
            kinds = {}
            for bfloat16 in (False, True):
                model = Segmenter(encoder)
                to_channels_last(model)
                kinds[bfloat16] = Copies(model, 1, bfloat16, frozen=False)
            seconds: dict[bool, list[float]] = {kind: [] for kind in kinds}
            for _ in range(ROUNDS + 1):
                for kind, copies in kinds.items():
                    start = time.process_time()
                    copies.backward(executor, grey, truth)
                    seconds[kind].append(time.process_time() - start)
            exact, rounded = (statistics.median(times[1:]) for times in seconds.values())
            print(
                f"{encoder}: float32 {exact:.2f} s, bfloat16 {rounded:.2f} s, "
                f"ratio {rounded / exact:.2f}",
                flush=True,
            )


if __name__ == "__main__":
    main()
