"""Settings of the program, as an editor saved them."""
import json
from pathlib import Path


def load(path):
    text = Path(path).read_text(encoding="utf-8")
    return json.loads(text)
