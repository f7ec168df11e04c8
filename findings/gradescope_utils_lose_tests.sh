#!/usr/bin/env bash
# gradescope-utils 0.5.0: a test with a failing subTest is missing from results.json.
#
# One would expect each test of a unittest suite to be listed with its score, 0 where it failed. JSONTestRunner writes a
# test when unittest reports its success, failure or error. A test whose subTest fails is reported as none of these, and
# so are a skipped test and an expected failure: they are in no list, their points are neither given nor asked for, and
# the student sees a shorter sheet on which all is well.
# Do: write one test method for each case, or collect the failures and raise once at the end of the method.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install -q gradescope-utils==0.5.0 2>/dev/null
cat > "$folder/seen.py" <<'PYTHON'
import importlib.metadata
import io
import json
import unittest

from gradescope_utils.autograder_utils.decorators import weight
from gradescope_utils.autograder_utils.json_test_runner import JSONTestRunner


class Sheet(unittest.TestCase):
    @weight(5)
    def test_right(self):
        self.assertEqual(2 + 2, 4)

    @weight(5)
    def test_wrong(self):
        self.assertEqual(2 + 2, 5)

    @weight(5)
    def test_cases_all_right(self):
        for n in range(3):
            with self.subTest(n=n):
                self.assertEqual(n + n, 2 * n)

    @weight(5)
    def test_cases_one_wrong(self):
        for n in range(3):
            with self.subTest(n=n):
                self.assertEqual(n + n, n * n)

    @weight(5)
    @unittest.skip("not for this machine")
    def test_skipped(self):
        pass


stream = io.StringIO()
JSONTestRunner(stream=stream, visibility="visible").run(unittest.defaultTestLoader.loadTestsFromTestCase(Sheet))
results = json.loads(stream.getvalue())
print("gradescope-utils", importlib.metadata.version("gradescope-utils"))
for test in results["tests"]:
    print(test["name"].split()[0], f"{test['score']:g} of {test['max_score']:g}")
print("score", f"{results['score']:g}", "of", f"{sum(test['max_score'] for test in results['tests']):g}")
PYTHON
"$folder/venv/bin/python" "$folder/seen.py" | tee "$folder/seen.txt"
diff - "$folder/seen.txt" <<'SEEN'
gradescope-utils 0.5.0
test_cases_all_right 5 of 5
test_right 5 of 5
test_wrong 0 of 5
score 10 of 15
SEEN
echo "As described."
