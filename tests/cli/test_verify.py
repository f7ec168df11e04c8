"""`minprune verify` is there with its options. (What it does is tested in tests/grading.)"""


def test_it_tries_a_formula(call, tmp_path):
    (tmp_path / "mine.py").write_text("def slope(do):\n    return do\n")
    code, printed, _ = call("verify", f"{tmp_path / 'mine.py'}:slope", "--equals", "dL/do", "--trials", "2")
    assert code == 0 and "it holds" in printed


def test_a_bad_call_gets_one_line(refused):
    assert "expected FILE.py:FUNCTION" in refused("verify", "mine.py", "--equals", "dL/do")
