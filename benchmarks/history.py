"""A scan of whole histories beside a bare ``git cat-file --batch`` of the same objects, as ratios.

    python benchmarks/history.py [--runs N] REPOSITORY...

Runs are interleaved, the median counts.  Memory is the peak of all processes of a scan
together, and of the largest of them; what they share is divided among them.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path


def listed(repository: str) -> dict[str, list[bytes]]:
    """The ids of the objects of *repository*, by type, as they lie in the packs."""
    said = subprocess.run(
        ["git", "cat-file", "--batch-all-objects", "--unordered", "--batch-check=%(objectname) %(objecttype)"],
        cwd=repository,
        capture_output=True,
        check=True,
    ).stdout
    found: dict[str, list[bytes]] = {}
    for line in said.splitlines():
        oid, _, kind = line.partition(b" ")
        found.setdefault(kind.decode(), []).append(oid)
    return found


def bare(repository: str, oids: list[bytes]) -> float:
    """Seconds that one git takes to write *oids* to nowhere."""
    with tempfile.TemporaryFile() as requests, open(os.devnull, "wb") as nowhere:
        requests.write(b"\n".join(oids) + b"\n")
        requests.seek(0)
        began = time.perf_counter()
        subprocess.run(
            ["git", "cat-file", "--batch", "--buffer"], cwd=repository, stdin=requests, stdout=nowhere, check=True
        )
        return time.perf_counter() - began


def proportional(group: int) -> list[int]:
    """The bytes of each process of a group in memory, those that it shares divided among the sharers."""
    sizes = []
    for entry in Path("/proc").glob("[0-9]*/stat"):
        try:
            if int(entry.read_text().rpartition(")")[2].split()[2]) == group:
                rollup = (entry.parent / "smaps_rollup").read_text()
                sizes.append(int(rollup.partition("\nPss:")[2].split()[0]) << 10)
        except (OSError, ValueError, IndexError):
            continue
    return sizes


def start(repository: str) -> subprocess.Popen[bytes]:
    """A scan, in a process group of its own."""
    return subprocess.Popen(
        [sys.executable, "-m", "cencori_guard", "scan", "--history", "--no-config", repository],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )


def scan(repository: str) -> tuple[float, str]:
    """Seconds, and the last line that the scan prints."""
    began = time.perf_counter()
    said, _ = start(repository).communicate()
    return time.perf_counter() - began, said.decode().strip().splitlines()[-1]


def memory(repository: str) -> tuple[int, int]:
    """The peak bytes of all processes together, and of the largest; to look takes time, so this run is not timed."""
    process = start(repository)
    together = largest = 0
    while process.poll() is None:
        sizes = proportional(process.pid)
        together, largest = max(together, sum(sizes)), max(largest, *sizes, 0)
        time.sleep(0.02)
    return together, largest


def main() -> None:
    """Print a line for each repository."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("repositories", nargs="+", metavar="REPOSITORY")
    options = parser.parse_args()
    print(f"{os.cpu_count()} processors, median of {options.runs}")
    print("repository  blobs  objects  MB | bare blobs s  bare all s  scan s | x blobs  x all | MB together  largest")
    for repository in options.repositories:
        objects = listed(repository)
        everything = [oid for oids in objects.values() for oid in oids]
        blobs, alls, scans = [], [], []
        for _ in range(options.runs):
            blobs.append(bare(repository, objects["blob"]))
            alls.append(bare(repository, everything))
            scans.append(scan(repository))
        of_blobs, of_all = statistics.median(blobs), statistics.median(alls)
        ours = statistics.median(seconds for seconds, _ in scans)
        together, largest = memory(repository)
        name = Path(repository).resolve().parent.name if repository.endswith("repo") else Path(repository).name
        print(
            f"{name}  {len(objects['blob'])}  {len(everything)}  {scans[-1][1]} | "
            f"{of_blobs:.2f}  {of_all:.2f}  {ours:.2f} | {ours / of_blobs:.2f}  {ours / of_all:.2f} | "
            f"{together >> 20}  {largest >> 20}"
        )


if __name__ == "__main__":
    main()
