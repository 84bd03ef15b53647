"""Three days of everything going wrong; `benchmarks/soak.py` lives through a month."""

import subprocess
import sys
from pathlib import Path

import pytest

SOAK = Path(__file__).parent.parent / "benchmarks" / "soak.py"


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere only 127.0.0.1 is the loopback")
def test_three_days_of_trouble_lose_nothing() -> None:
    command = [sys.executable, str(SOAK), "--days", "3", "--sources", "8", "--seed", "1"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    held = {line[:24].strip() for line in done.stdout.splitlines() if line[24:27] == "ok "}
    assert held >= {"every article", "none twice", "alarms rose and fell", "every source asked", "database sound"}
