"""What the README shows runs as it stands, one block after the other."""

import pathlib
import re

import numpy as np
import pytest

README = pathlib.Path(__file__).parent.parent / "README.md"


@pytest.fixture(scope="module")
def blocks():
    found = re.findall(r"^```python\n(.*?)^```", README.read_text(encoding="utf-8"), re.M | re.S)
    assert len(found) >= 5
    return found


def test_every_block_runs(blocks, capsys):
    """One epoch of each training: what the networks have learned is not looked at."""
    names = {}
    for place, block in enumerate(blocks):
        quick = re.sub(r"\bepochs=\d+", "epochs=1", block)
        exec(compile(quick, f"README.md, block {place + 1}", "exec"), names)
    printed = capsys.readouterr().out
    assert "mine equals dL/dz: it holds on all of 200" in printed and "mine equals dL/dz: it fails on" in printed
    assert re.search(r"^hidden neurons +48 +24 +-50.0 %", printed, re.M)
    net, small, mp = names["net"], names["small"], names["mp"]      # of the last block, with residual blocks
    kept = mp.decide(names["scores"], remove=0.5)
    assert list(kept) == ["conv1+conv3+conv5", "conv2", "conv4"]
    x = names["data"].x_test[:5]
    np.testing.assert_allclose(small.predict(x), mp.mask(net, kept).predict(x), rtol=1e-10, atol=1e-12)


def test_every_file_that_is_named_exists():
    text = README.read_text(encoding="utf-8")
    for path in re.findall(r"\]\(([\w/.-]+)\)|^\[\w+\]: (\S+)", text, re.M):
        assert (README.parent / "".join(path)).exists(), path
    rows = re.findall(r"^\| .* \| .* \| (`.*) \|$", text, re.M)
    files = [name for row in rows for name in re.findall(r"`([\w/]+(?:\.py|/))`", row)]
    assert len(files) > 15 and all((README.parent / "minprune" / name).exists() for name in files)
