"""`minprune grade` is there with its options. (What it does is tested in tests/grading.)"""


def test_it_lists_the_assignments(call):
    code, printed, _ = call("grade")
    assert code == 0 and printed.startswith("01_the_neuron")


def test_a_bad_call_gets_one_line(refused):
    assert "expects a whole number at least 0, got '-1'" in refused("grade", "--seed", "-1")
