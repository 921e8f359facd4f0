"""Time and memory of the whole chain, and of starting up. Run: python benchmarks/chain.py

Every figure is the median of five runs in fresh or warm processes, as its name says.
"""

import argparse
import resource
import statistics
import subprocess
import sys
import time

# Side of the picture and diameter of its particles in px; small images of small particles are also
# seen magnified.
CASES = ((1024, 30), (1024, 100), (2048, 100), (4096, 100))


def started(*command: str) -> float:
    """Return the seconds a fresh process takes, the median of five after one to warm the disk."""
    times = []
    for _ in range(6):
        start = time.perf_counter()
        subprocess.run(command, check=True, capture_output=True)
        times.append(time.perf_counter() - start)
    return statistics.median(times[1:])


def chain(side: int, diameter_px: int) -> None:
    """Print the warm time of each stage and the peak memory of a process that analyses one size."""
    from antema import Settings, analyze, simulate
    from antema.analysis import Analysis

    simulated = simulate(
        seed=1,
        rows_px=side,
        columns_px=side,
        nm_per_pixel=0.05,
        diameter_nm=0.05 * diameter_px,
        count=(side // 64) ** 2 // 4,
    )
    stages: dict[str, list[float]] = {}

    def run() -> Analysis:
        marks = [(time.perf_counter(), "")]
        analysis = analyze(
            simulated.micrograph,
            Settings(),
            progress=lambda fraction, message: marks.append((time.perf_counter(), message)),
        )
        marks.append((time.perf_counter(), "end"))
        for (begin, message), (end, _) in zip(marks, marks[1:], strict=False):
            stages.setdefault(message.split(",")[0], []).append(end - begin)
        return analysis

    run()
    stages.clear()
    totals = []
    for _ in range(5):
        start = time.perf_counter()
        analysis = run()
        totals.append(time.perf_counter() - start)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024**2
    parts = ", ".join(f"{name} {sum(times) / 5:.2f}" for name, times in stages.items() if name)
    sys.stdout.write(
        f"| {side} x {side}, {diameter_px} px | {len(analysis.particles)} "
        f"| {statistics.median(totals):.2f} s | {peak:.2f} GB | {parts} |\n"
    )


def main() -> None:
    """Print all the figures as a table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--case", type=int, nargs=2, help="only this one, in this process")
    called = parser.parse_args()
    if called.case:
        chain(*called.case)
        return
    sys.stdout.write(
        f"import antema: {started(sys.executable, '-c', 'import antema'):.2f} s, "
        f"of which Python alone {started(sys.executable, '-c', ''):.2f} s\n"
        f"antema --help: {started(sys.executable, '-m', 'antema', '--help'):.2f} s\n\n"
        "| image, particles | found | warm, median of 5 | peak memory | of which, seconds |\n"
        "|---|---|---|---|---|\n"
    )
    sys.stdout.flush()
    for case in CASES:
        subprocess.run([sys.executable, __file__, "--case", *map(str, case)], check=True)


if __name__ == "__main__":
    main()
